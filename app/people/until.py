"""Until when: what an owner types for an end of access, turned into a moment."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FORMS = "a day (2026-12-31), a moment (2026-12-31T18:00), a weekday (friday), or a time from now (12h, 7d, 3w)"

_SPAN = re.compile(r"([1-9][0-9]{0,4})([hdw])")
_HOURS = {"h": 1, "d": 24, "w": 168}


def span(text: str) -> timedelta:
    """A length of time such as ``12h``, ``7d`` or ``3w``. Raises :class:`ValueError` with a sentence for the owner."""
    matched = _SPAN.fullmatch(text.strip().lower())
    if not matched:
        raise ValueError(f"{text!r} is not a length of time. Write one like 12h, 7d or 3w.")
    return timedelta(hours=int(matched[1]) * _HOURS[matched[2]])


def moment(text: str, now: float) -> float:
    """The end that ``text`` names, in seconds since the epoch; days end at midnight of this machine's time zone.

    A weekday is the next one, today included. Raises :class:`ValueError` with a sentence for the owner.
    """
    today = datetime.fromtimestamp(now).astimezone()
    word = text.strip().lower()
    if word in DAYS:
        end = _end_of(today + timedelta(days=(DAYS.index(word) - today.weekday()) % 7))
    elif _SPAN.fullmatch(word):
        end = today + span(word)
    else:
        end = _given(text.strip())
    if end.timestamp() <= now:
        raise ValueError(f"{text!r} is over already. Name a time that is to come: {FORMS}.")
    return end.timestamp()


def _given(text: str) -> datetime:
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a time. Write {FORMS}.") from None
    if re.fullmatch(r"\d{4}-?\d{2}-?\d{2}", text):
        return _end_of(given)
    return given.astimezone()


def _end_of(day: datetime) -> datetime:
    """Midnight after a day, on this machine's clock."""
    try:
        return datetime.combine(day.date() + timedelta(days=1), time.min).astimezone()
    except OverflowError:
        raise ValueError(f"{day.date()} is too far away. For no end at all, leave it out.") from None
