"""What the tools over listings (subscriptions, public auctions) share.

Saved prompts send empty texts for arguments that they do not use, so an empty text counts as not given. Rows are passed
on as they came, but bounded: they are untrusted. Refusals are worded in the caller's language.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from functools import partial
from itertools import islice
from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import AfterValidator, BeforeValidator, StringConstraints

from app.errors import ToolError
from app.tools.base import Locale

T = TypeVar("T", date, int)

MOST_PAGE = 10_000
MOST_ROWS = 1_000
LONGEST_ARGUMENT = 100
LONGEST_VALUE = 1_000
MOST_FIELDS = 150
DEEPEST = 4


def none_if_blank(value: object) -> object:
    """Take an empty text for an argument that was not given."""
    return None if isinstance(value, str) and not value.strip() else value


def or_default(default: str) -> BeforeValidator:
    """Take an empty text or a null for ``default``."""
    return BeforeValidator(lambda value: default if none_if_blank(value) is None else value)


Blank = BeforeValidator(none_if_blank)
ShortText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=LONGEST_ARGUMENT),
    AfterValidator(partial(unicodedata.normalize, "NFC")),  # some systems send syllables in pieces
]
Text = Annotated[ShortText | None, Blank]
"""An optional text argument."""


def refuse(locale: Locale, english: str, korean: str) -> NoReturn:
    """Raise a :class:`ToolError` in the caller's language."""
    raise ToolError(korean if locale == "ko" else english)


def parse_day(argument: str, value: str | None, locale: Locale) -> date | None:
    """Read YYYY-MM-DD or YYYYMMDD; a wrong date is refused under the name of its ``argument``."""
    if value is None:
        return None
    parts = re.fullmatch(r"(20[0-9]{2})(-?)([0-9]{2})\2([0-9]{2})", value)
    try:
        if parts:
            return date(int(parts[1]), int(parts[3]), int(parts[4]))
    except ValueError:
        pass
    refuse(
        locale,
        f"{argument}: must be a date of this century, as 2026-10-30 or 20261030.",
        f"{argument}: 2000년대의 날짜여야 합니다. 예: 2026-10-30 또는 20261030.",
    )


def iso(day: date | None) -> str | None:
    """Return YYYY-MM-DD."""
    return day.isoformat() if day else None


def check_order(first: str, start: T | None, last: str, end: T | None, locale: Locale) -> None:
    """Refuse a range that ends before it starts."""
    if start is not None and end is not None and start > end:
        refuse(
            locale,
            f"{first}: is after {last}, so that nothing can match. Exchange the two.",
            f"{first}: {last}보다 뒤여서 맞는 자료가 있을 수 없습니다. 두 값을 바꾸세요.",
        )


def raw_rows(rows: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Return rows as they came: only what is too long or too deep is cut."""
    return tuple(_mapping(row, 0) for row in rows)


def _mapping(value: Mapping[str, Any], depth: int) -> dict[str, Any]:
    return {str(key)[:LONGEST_ARGUMENT]: _bounded(inner, depth) for key, inner in islice(value.items(), MOST_FIELDS)}


def _bounded(value: object, depth: int) -> Any:
    if isinstance(value, str):
        return value[:LONGEST_VALUE]
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth < DEEPEST and isinstance(value, Mapping):
        return _mapping(value, depth + 1)
    if depth < DEEPEST and isinstance(value, list | tuple):
        return [_bounded(inner, depth + 1) for inner in value[:MOST_FIELDS]]
    return None


def one_line(value: object, longest: int = 40) -> str:
    """Return upstream text for the readable part of a result: printable, on one line, short."""
    text = "".join(character if character.isprintable() else " " for character in str(value or "")[:LONGEST_VALUE])
    return " ".join(text.split())[:longest]
