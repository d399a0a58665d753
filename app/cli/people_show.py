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
from app.people.week import LOOKED_AT, Week, week_of
from app.settings import Settings

SHOWN = 20
"""How many tools, reasons and programs are listed one by one."""


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
    only = f" (of more than that only the newest {LOOKED_AT:,} entries)" if week.more else ""
    say("", f"This week{only}", *(f"  {line}" for line in _in_words(week)))
    return 0


def _in_words(week: Week) -> list[str]:
    tools = [
        f"called {tool} {_times(calls)}" + (f", {failed} of these without success" if failed else "")
        for tool, calls, failed in week.tools
    ]
    refusals = [f"was turned away {_times(count)}: {reason}" for reason, count in week.refusals]
    clients = [f"came {_times(count)} through {client or 'a program of no id'}" for client, count in week.clients]
    lines = [*_first(tools, "tools"), *_first(refusals, "reasons"), *_first(clients, "programs")]
    return lines or ["nothing: they were not here"]


def _first(lines: list[str], what: str) -> list[str]:
    others = len(lines) - SHOWN
    return lines if others <= 0 else [*lines[:SHOWN], f"and {others} other {what}: --json has all"]


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _facts(entry: Entry, week: Week, may: list[str], settings: Settings, now: float) -> dict[str, Any]:
    facts = facts_of(entry, settings.default_scopes, now)
    for name in ("expires_at", "first_seen", "last_seen"):
        facts[name] = iso(facts[name])
    tools = [{"tool": tool, "calls": calls, "failed": failed} for tool, calls, failed in week.tools]
    refusals = [{"reason": reason, "count": count} for reason, count in week.refusals]
    clients = [{"client_id": client, "count": count} for client, count in week.clients]
    return {**facts, "may": may, "week": {"tools": tools, "refusals": refusals, "clients": clients, "more": week.more}}
