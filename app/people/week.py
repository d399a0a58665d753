"""What one person did lately, read from the request log: the newest of it, when it was much."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, select

from app.store.tables import ISS_CHARS, NEWEST_FIRST, SUB_CHARS, entries, fitting, sub_is

WEEK = 7 * 86_400.0

LOOKED_AT = 10_000
"""How many entries of a person are looked at, newest first."""

_RAN = ("ok", "tool_error", "cancelled", "error")
_NO_TOOL = ("unknown_tool", "protocol_error")
"""Outcomes of calls that came as far as a tool, unless they have one of these reasons."""


@dataclass(frozen=True, slots=True)
class Week:
    """Tools with their calls and how many of them failed, refusals by reason, and entries by client id; most first.

    Only calls of tools that there are count as calls. ``more`` says that there may be older entries in the week, which
    were not looked at.
    """

    tools: list[tuple[str, int, int]]
    refusals: list[tuple[str, int]]
    clients: list[tuple[str, int]]
    more: bool = False


def week_of(engine: Engine, iss: str, sub: str, now: float) -> Week:
    """The last seven days of one person. ``now`` is in seconds since the epoch."""
    iss, sub = fitting(iss, ISS_CHARS), fitting(sub, SUB_CHARS)
    row = entries.c
    columns = [row.iss, row.method, row.tool, row.outcome, row.reason, row.client_id]
    newest = select(*columns).where(sub_is(sub), row.time >= now - WEEK).order_by(*NEWEST_FIRST)
    some = newest.limit(LOOKED_AT).subquery()
    looked, called, failed = 0, Counter[str](), Counter[str]()
    refusals, clients = Counter[str](), Counter[str]()
    with engine.connect() as connection:
        groups = [tuple(one) for one in connection.execute(select(*some.c, func.count()).group_by(*some.c))]
    for whose, method, tool, outcome, reason, client, count in groups:
        looked += count
        if whose != iss:  # a subject of another issuer is somebody else
            continue
        clients[client] += count
        if outcome in {"denied", "refused"}:
            refusals[reason] += count
        elif method == "tools/call" and outcome in _RAN and reason not in _NO_TOOL:
            called[tool] += count
            failed[tool] += count if outcome != "ok" else 0
    tools = [(tool, count, failed[tool]) for tool, count in called.most_common()]
    return Week(tools, refusals.most_common(), clients.most_common(), looked == LOOKED_AT)


def days_of(engine: Engine, iss: str, sub: str, now: float) -> list[int]:
    """How much somebody did on each of the last seven days, today last; of the newest ``LOOKED_AT`` entries.

    Days are those of this machine's time zone.
    """
    iss, sub = fitting(iss, ISS_CHARS), fitting(sub, SUB_CHARS)
    row = entries.c
    newest = select(row.iss, row.time).where(sub_is(sub), row.time > now - WEEK).order_by(*NEWEST_FIRST)
    days, today = [0] * 7, datetime.fromtimestamp(now).astimezone().date()
    with engine.connect() as connection:
        for whose, time in connection.execute(newest.limit(LOOKED_AT)):
            if whose == iss and time <= now:
                back = (today - datetime.fromtimestamp(time).astimezone().date()).days
                if back < 7:
                    days[6 - back] += 1
    return days
