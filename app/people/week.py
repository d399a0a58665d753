"""What one person did lately, read from the request log."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, func, select

from app.store.tables import ISS_CHARS, SUB_CHARS, entries, fitting, sub_is

WEEK = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class Week:
    """Calls by tool and outcome, refusals by reason, and calls by client id; each with its count, most first."""

    calls: list[tuple[str, str, int]]
    refusals: list[tuple[str, int]]
    clients: list[tuple[str, int]]

    def of_tools(self) -> list[tuple[str, int, int]]:
        """Each tool with its calls and how many of them failed."""
        tools: dict[str, list[int]] = {}
        for tool, outcome, count in self.calls:
            figures = tools.setdefault(tool, [0, 0])
            figures[0] += count
            figures[1] += count if outcome != "ok" else 0
        return sorted(((name, all_, failed) for name, (all_, failed) in tools.items()), key=lambda row: -row[1])


def week_of(engine: Engine, iss: str, sub: str, now: float) -> Week:
    """The last seven days of one person. ``now`` is in seconds since the epoch."""
    iss, sub = fitting(iss, ISS_CHARS), fitting(sub, SUB_CHARS)
    theirs = sub_is(sub) & (entries.c.time >= now - WEEK) & (entries.c.iss == iss)
    count = func.count().label("count")
    called = theirs & (entries.c.method == "tools/call")
    by_tool = select(entries.c.tool, entries.c.outcome, count).where(called).group_by(entries.c.tool, entries.c.outcome)
    turned_away = theirs & entries.c.outcome.in_(("denied", "refused"))
    by_reason = select(entries.c.reason, count).where(turned_away).group_by(entries.c.reason)
    by_client = select(entries.c.client_id, count).where(theirs).group_by(entries.c.client_id)
    with engine.connect() as connection:
        return Week(
            *(
                [tuple(row) for row in connection.execute(query.order_by(count.desc()))]
                for query in (by_tool, by_reason, by_client)
            )
        )
