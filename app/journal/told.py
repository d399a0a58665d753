"""Entries as others read them: JSON and CSV with the fields that are promised; and the times that a question may name.

What callers chose (tool names, user agents, arguments) can neither write another line nor, in a table, become a
formula. Times without a zone are those of this machine.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from unicodedata import normalize

from app.journal.entry import Entry
from app.logs import clean

OUTCOMES = ("ok", "tool_error", "denied", "refused", "error", "cancelled", "gap")
FORMS = "2026-12-31, 2026-12-31T18:00, 30m, 2h, 3d, 1w, today or yesterday"

FIELDS = (
    *("time", "iss", "sub", "client_id", "method", "tool", "outcome", "reason", "reference", "latency_ms"),
    *("server", "status", "client", "user_agent", "scopes", "request_bytes", "response_bytes", "arguments"),
    *("detail", "expected", "received"),
)
"""The order of fields in JSON and CSV; the first ten are promised."""

_SPAN = re.compile(r"([0-9]{1,5})([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def moment(text: str, now: float) -> float:
    """The time that ``text`` names, in seconds since the epoch. Raises :class:`ValueError` with what can be written."""
    word = text.strip().lower()
    if span := _SPAN.fullmatch(word):
        return now - int(span[1]) * _SECONDS[span[2]]
    today = datetime.fromtimestamp(now).astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    if word in {"today", "yesterday"}:
        return (today - timedelta(days=word == "yesterday")).timestamp()
    try:
        return datetime.fromisoformat(text.strip()).astimezone().timestamp()
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{text!r} is not a time. Write one of these forms: {FORMS}.") from None


def as_facts(entry: Entry) -> dict[str, object]:
    """What JSON says of an entry."""
    when = datetime.fromtimestamp(entry.time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {name: when if name == "time" else getattr(entry, name) for name in FIELDS}


def as_cells(entry: Entry) -> list[object]:
    """What a table says of an entry."""
    return [_cell(value) for value in as_facts(entry).values()]


def _cell(value: object) -> object:
    """A cell that no spreadsheet takes for a formula, whatever it passes over at the beginning or reads as wide."""
    if not isinstance(value, str):
        return value
    plain = clean(value)
    return f"'{plain}" if normalize("NFKC", plain.lstrip()[:1]) in {"=", "+", "-", "@"} else plain
