"""One line of the journal, as plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. ``time`` is in seconds since the epoch; ``client`` is the caller's address."""

    time: float
    outcome: str
    reason: str
    reference: str
    status: int
    client: str
    detail: str = ""
    expected: str = ""
    received: str = ""
