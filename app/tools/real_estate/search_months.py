"""The contract months that a search names: 2026-09, 2026년 9월, September 2026, 지난달, last month, 9월.

A month without a year is the newest one of that name that has begun. Spans of months are not understood: of
"July to September" the two named months are taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from app.tools.real_estate.months import shifted

_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAME = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_YEAR = r"(?P<year>(?:19|20)[0-9]{2})"
_RELATIVE = {
    r"지지난\s*달|저저번\s*달|month before last": -2,
    r"지난\s*달|저번\s*달|전월|(?:last|previous) month": -1,
    r"이번\s*달|이달|당월|(?:this|current) month": 0,
}
_YEARS = {r"재작년": -2, r"작년|지난해|last year": -1, r"올해|금년|this year": 0}

Found = Callable[[re.Match[str], datetime], str]


def _written(found: re.Match[str], now: datetime) -> str:
    """Read a month with its year; a thirteenth month stays one, and is refused with the others outside the data."""
    century = "20" if len(found["year"]) == 2 else ""
    return f"{century}{found['year']}{int(found['month']):02}"


def _named(found: re.Match[str], now: datetime) -> str:
    return f"{found['year']}{_NAMES.index(found['name'][:3]) + 1:02}"


def _newest(month: int, now: datetime) -> str:
    year = now.year if month <= now.month else now.year - 1
    return f"{year}{month:02}"


def _patterns() -> list[tuple[re.Pattern[str], Found]]:
    patterns: list[tuple[str, Found]] = [
        (r"(?P<year>(?:19|20)?[0-9]{2})\s*년도?\s*(?P<month>[0-9]{1,2})\s*월", _written),
        (rf"(?<![0-9]){_YEAR}\s*[-./]\s*(?P<month>[0-9]{{1,2}})(?:[-./][0-9]{{1,2}})?(?![0-9])", _written),
        (rf"(?<![0-9]){_YEAR}(?P<month>[0-9]{{2}})(?![0-9])", _written),
        (rf"\b{_NAME},?\s+(?:of\s+)?{_YEAR}(?![0-9])", _named),
        (rf"(?<![0-9]){_YEAR},?\s+{_NAME}", _named),
    ]
    for words, by in _YEARS.items():
        patterns.append((rf"(?:{words})\s*(?P<month>[0-9]{{1,2}})\s*월", _in_year(by)))
    for words, by in _RELATIVE.items():
        patterns.append((words, _months_ago(by)))
    patterns.append((r"(?<![0-9])(?P<month>0?[1-9]|1[0-2])\s*월", lambda found, now: _newest(int(found["month"]), now)))
    patterns.append((rf"\b(?!may\b){_NAME}", lambda found, now: _newest(_NAMES.index(found["name"][:3]) + 1, now)))
    return [(re.compile(pattern), reader) for pattern, reader in patterns]


def _in_year(by: int) -> Found:
    return lambda found, now: f"{now.year + by}{int(found['month']):02}"


def _months_ago(by: int) -> Found:
    return lambda _, now: shifted(f"{now:%Y%m}", by)


_PATTERNS = _patterns()
_WHAT_IS_LEFT = re.compile(rf"(?<![0-9]){_YEAR}(?:년도?)?(?![0-9])|[0-9]{{1,4}}\s*[년월]|{'|'.join(_YEARS)}")


def take_months(text: str, now: datetime) -> tuple[tuple[str, ...], str]:
    """Return the months, YYYYMM, that ``text`` (lower case) names, in its order, and the text without them.

    ``now`` is the time in Korea. The months can lie outside the data, and be no months at all (``202613``).
    """
    found: list[tuple[int, str]] = []
    for pattern, reader in _PATTERNS:
        for match in pattern.finditer(text):
            found.append((match.start(), reader(match, now)))
        text = pattern.sub(lambda match: " " * len(match[0]), text)
    months = dict.fromkeys(month for _, month in sorted(found))
    return tuple(months), _WHAT_IS_LEFT.sub(" ", text)
