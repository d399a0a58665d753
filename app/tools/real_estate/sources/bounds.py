"""How much is taken, kept and waited for. Nothing that comes from a portal is without a bound."""

from __future__ import annotations

from dataclasses import dataclass

"""Gives the time, with its zone."""

CALL_SECONDS = 40.0
"""Longest time that one question to the sources may take, however many requests it needs."""

PAGE_ROWS = 1000
"""Rows asked for per page. The portals write down no most; a sister service caps at 1,000 in silence."""

MOST_PAGES = 200
MOST_ROWS = 30_000
MOST_BYTES = 8 * 1024 * 1024
MOST_ELEMENTS = 200_000


@dataclass(frozen=True)
class Limits:
    """The bounds that an owner or a test may move.

    ``at_once`` requests per host; ``attempts`` per request, the first one counted; ``disk_bytes`` of answers on disk;
    ``memory_rows`` in memory (about 1 kB each).
    """

    call_seconds: float = CALL_SECONDS
    at_once: int = 8
    attempts: int = 3
    disk_bytes: int = 200_000_000
    memory_rows: int = 60_000
