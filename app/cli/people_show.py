"""``gatehouse people show``: one person in plain words."""

from __future__ import annotations

import argparse
import time
from typing import Any

from sqlalchemy import Engine

from app.cli.common import complain, iso, local, say, show
from app.people.door import Door
from app.people.roster import Entry, Roster
from app.people.summary import facts_of, may_do, standing
from app.people.week import Week, week_of
from app.settings import Settings


def show_person(engine: Engine, iss: str, settings: Settings, arguments: argparse.Namespace) -> int:
    """Print what somebody did this week and what they may do. Exit code 1 when nobody has this subject."""
    now, sub = time.time(), arguments.subject
    entry = Roster(engine).find(iss, sub)
    if entry is None:
        complain(f"Nobody with the subject {sub} is known for the issuer {iss}. gatehouse people list shows all.")
        return 1
    week = week_of(engine, iss, sub, now)
    _, state = Door(engine).state(frozenset(settings.default_scopes))
    may = may_do(entry, settings.default_scopes, state.admission, now)
    if arguments.json:
        show(_facts(entry, week, may, settings, now))
        return 0
    say(f"{sub}{f' ({entry.name})' if entry.name else ''}: {standing(entry, now)}")
    about = [
        ("e-mail", entry.email),
        ("note", entry.note),
        ("issuer", entry.iss),
        ("first seen", local(entry.first_seen)),
        ("last seen", local(entry.last_seen)),
        ("until", local(entry.expires_at, "")),
        ("calls", f"{entry.calls} in all"),
    ]
    say(*(f"  {name:11} {text}" for name, text in about if text))
    say("", "What they may do", *(f"  {line}" for line in may))
    say("", "This week", *(f"  {line}" for line in _in_words(week)))
    return 0


def _in_words(week: Week) -> list[str]:
    lines = []
    for tool, calls, failed in week.of_tools():
        lines.append(f"called {tool} {_times(calls)}" + (f", {failed} of these without success" if failed else ""))
    lines += [f"was turned away {_times(count)}: {reason}" for reason, count in week.refusals]
    lines += [f"came {_times(count)} through {client or 'a program of no id'}" for client, count in week.clients]
    return lines or ["nothing: they were not here"]


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _facts(entry: Entry, week: Week, may: list[str], settings: Settings, now: float) -> dict[str, Any]:
    facts = facts_of(entry, settings.default_scopes, now)
    for name in ("expires_at", "first_seen", "last_seen"):
        facts[name] = iso(facts[name])
    tools = [{"tool": tool, "calls": calls, "failed": failed} for tool, calls, failed in week.of_tools()]
    refusals = [{"reason": reason, "count": count} for reason, count in week.refusals]
    clients = [{"client_id": client, "count": count} for client, count in week.clients]
    return {**facts, "may": may, "week": {"tools": tools, "refusals": refusals, "clients": clients}}
