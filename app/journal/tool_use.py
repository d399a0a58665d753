"""How tools were used lately, read from the request log: a bounded number of their newest entries, and no more."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Engine, select

from app.store.tables import entries

CALLED = ("ok", "tool_error", "error", "cancelled")
FAILED = ("tool_error", "error")
"""Outcomes of calls that reached a tool, and of those that failed there."""

COUNTED, MEASURED = 2_000, 1_000
"""How many of a tool's newest entries are counted, and among how many of them calls are measured."""


class ToolUse(NamedTuple):
    """How a tool was used: calls that reached it, those of them that failed, and usual times in milliseconds.

    Only its newest ``COUNTED`` entries are looked at; ``more`` says that there may be others. ``p50_ms`` and ``p95_ms``
    are those of the calls among its newest ``MEASURED`` entries; None when there are none.
    """

    calls: int
    failed: int
    p50_ms: float | None
    p95_ms: float | None
    more: bool = False

    @property
    def error_rate(self) -> float:
        """The part of the calls that failed, 0 to 1."""
        return self.failed / self.calls if self.calls else 0.0


def tool_use(engine: Engine, tools: Iterable[str], since: float = 0.0) -> dict[str, ToolUse]:
    """How each of these tools was used since then."""
    with engine.connect() as connection:
        return {name: _use(connection, name, since) for name in tools}


def _use(connection: Connection, tool: str, since: float) -> ToolUse:
    newest = select(entries.c.outcome, entries.c.latency_ms)
    newest = newest.where(entries.c.tool == tool, entries.c.time >= since).order_by(entries.c.time.desc())
    rows = connection.execute(newest.limit(COUNTED)).all()
    counts = Counter(row[0] for row in rows)
    called, failed = (sum(counts[one] for one in kinds) for kinds in (CALLED, FAILED))
    times = sorted([row[1] for row in rows[:MEASURED] if row[0] in {"ok", "tool_error"}])
    return ToolUse(called, failed, _percentile(times, 0.5), _percentile(times, 0.95), len(rows) == COUNTED)


def _percentile(ordered: Sequence[float], part: float) -> float | None:
    """The smallest value that at least this part of all does not exceed (nearest rank)."""
    return ordered[math.ceil(part * len(ordered)) - 1] if ordered else None
