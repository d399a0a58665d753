"""Reading single values of the portal's rows. What cannot be read is None, never 0.

Upstream text is untrusted: it is bounded in length and stripped of control characters. The wording of the values is
that of the ministry's documents: amounts with commas, dates in parts or as ``YY.MM.DD``.
"""

from __future__ import annotations

import re
from datetime import date

from app.tools.real_estate.contract import Row

LONGEST_TEXT = 120
_INTEGER = re.compile(r"-?(?:[0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})")
_DECIMAL = re.compile(r"(?:[0-9]{1,9}|[0-9]{1,3}(?:,[0-9]{3}){1,2})(?:\.[0-9]{1,6})?")
_SHORT_DATE = re.compile(r"([0-9]{2})\.([0-9]{2})\.([0-9]{2})")


def text(row: Row, tag: str) -> str | None:
    """Return printable text on one line, at most :data:`LONGEST_TEXT` characters."""
    value = row.get(tag)
    if not isinstance(value, str):
        return None
    if not value.isprintable():
        value = "".join(character if character.isprintable() else " " for character in value)
    return " ".join(value.split())[:LONGEST_TEXT].rstrip() or None


def integer(row: Row, tag: str) -> int | None:
    """Return a whole number, which may have commas; negative ones are basements."""
    value = text(row, tag) or ""
    return int(value.replace(",", "")) if _INTEGER.fullmatch(value) else None


def amount(row: Row, tag: str) -> int | None:
    """Return an amount of money in 10,000 won; zero is one, a negative number is not."""
    value = integer(row, tag)
    return value if value is not None and value >= 0 else None


def area(row: Row, tag: str) -> float | None:
    """Return an area in square metres; there is none of zero."""
    value = text(row, tag) or ""
    return (float(value.replace(",", "")) or None) if _DECIMAL.fullmatch(value) else None


def year(row: Row, tag: str) -> int | None:
    """Return a year of four digits."""
    value = integer(row, tag)
    return value if value is not None and 1000 <= value <= 9999 else None


def contract_date(row: Row) -> str | None:
    """Return the contract date, YYYY-MM-DD, if the three parts make one."""
    parts = [integer(row, tag) for tag in ("dealYear", "dealMonth", "dealDay")]
    try:
        return date(*(part or 0 for part in parts)).isoformat()
    except (ValueError, OverflowError):
        return None


def short_date(row: Row, tag: str) -> str | None:
    """Return a date that is written ``YY.MM.DD``, as YYYY-MM-DD."""
    found = _SHORT_DATE.fullmatch(text(row, tag) or "")
    try:
        return date.fromisoformat(f"20{'-'.join(found.groups())}").isoformat() if found else None
    except ValueError:
        return None
