"""What the owner reads of a plan, what they paste into ChatGPT and Claude, and what they send to people."""

from __future__ import annotations

import json
import shlex
from typing import Any

from app.auth0.connecting import PROGRAMS
from app.auth0.plan import Difference, Plan

_SHORT = 90


def plan_lines(plan: Plan) -> list[str]:
    """A plan, row by row: current → desired, and why."""
    lines = []
    for part in plan.parts:
        word = {"nothing": "as it should be", "make": "will be made", "change": "will be changed"}[part.action]
        lines.append(f"{part.step.title}: {word}")
        for one in part.rows:
            if one.is_change:
                lines += [f"  ~ {one.row.what}: {_change(one)}", f"      {one.row.why}"]
            else:
                lines.append(f"  = {one.row.what}: {_value(one.current)}")
    return lines


def plan_facts(plan: Plan) -> dict[str, Any]:
    """A plan for machines."""
    parts = [
        {
            "part": part.step.part,
            "title": part.step.title,
            "action": part.action,
            "rows": [
                {
                    "what": one.row.what,
                    "why": one.row.why,
                    "current": one.current,
                    "desired": one.after,
                    "change": one.is_change,
                }
                for one in part.rows
            ],
        }
        for part in plan.parts
    ]
    return {
        "registration": plan.wanted.registration,
        "resource": plan.wanted.resource,
        "changes": plan.changes,
        "parts": parts,
        "problems": list(plan.problems),
        "notes": list(plan.notes),
    }


def connect_lines(server_url: str, client_id: str) -> list[str]:
    """What to click and to paste in ChatGPT and Claude; ``client_id`` is blank when programs register by themselves."""
    lines = []
    for program in PROGRAMS[:2]:
        told = program.told(server_url, client_id, lambda english, korean: english)
        before = [f"  {number}. {step}" for number, step in enumerate(told.before, 1)]
        after = [f"  {number}. {step}" for number, step in enumerate(told.after, len(before) + 1)]
        lines += [f"In {program.name}", *before, *(f"     {line}" for line in told.paste.splitlines()), *after]
    return lines


def _change(one: Difference) -> str:
    if isinstance(one.current, list) and isinstance(one.after, list):
        added = [item for item in one.after if item not in one.current]
        gone = [item for item in one.current if item not in one.after]
        words = [f"with {_value(added)} added"] if added else []
        words += [f"without {_value(gone)}"] if gone else []
        return f"{_value(one.current)} → {', '.join(words)}"
    if isinstance(one.current, dict) and isinstance(one.after, dict):
        changed = {name: value for name, value in one.after.items() if one.current.get(name) != value}
        return f"with {_value(changed)} set"
    return f"{_value(one.current)} → {_value(one.after)}"


def options_line(plan: Plan, domain: str, url: str) -> str:
    """The options that make ``apply`` do what a plan shows."""
    wanted = plan.wanted
    registration = "" if wanted.registration == "shared" else wanted.registration
    given = {"--registration": registration, "--domain": domain, "--url": url, "--connection": wanted.connection}
    words = [word for name, value in given.items() if value for word in (name, value)]
    words += [word for one in sorted(wanted.adopted) for word in ("--adopt", one)]
    return shlex.join(["gatehouse", "auth0", "apply", *words])


def _value(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, list):
        words = [str(one.get("value", one)) if isinstance(one, dict) else str(one) for one in value]
        return ", ".join(words) or "nothing"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_value(one)}" for name, one in value.items()) or "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"
