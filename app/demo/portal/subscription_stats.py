"""Monthly statistics of subscriptions (ApplyhomeStatSvc), made up: 36 months, the newest since the 26th of the next.

Some rows write their counts as numbers and some as strings, as the live service's clients have met both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import lru_cache, partial
from random import Random

from app.demo.portal.notices import AREAS, Row

MONTHS = 36
_PUBLISHED_ON = 26
_SHARES = {"AGE_30": 0.48, "AGE_40": 0.28, "AGE_50": 0.16, "AGE_60": 0.08}
_SIZES = {"서울": 30_000, "경기": 34_000, "인천": 12_000, "부산": 7_000, "세종": 4_000}


def published(today: date) -> Sequence[str]:
    """Return the months (YYYYMM) that are out on a day, newest first."""
    newest = today.year * 12 + today.month - 2 - (today.day < _PUBLISHED_ON)
    return [f"{month // 12}{month % 12 + 1:02d}" for month in range(newest, newest - MONTHS, -1)]


def _each(today: date, what: str) -> Iterator[tuple[Row, Random]]:
    for month in published(today):
        for code, name in AREAS:
            place: Row = {"STAT_DE": month, "SUBSCRPT_AREA_CODE": code, "SUBSCRPT_AREA_CODE_NM": name}
            yield place, Random(f"{what} {month} {code}")  # noqa: S311  (made-up data, not a secret)


def _written(counts: dict[str, int], chance: Random) -> Row:
    return {**counts} if chance.random() < 0.4 else {name: f"{number}" for name, number in counts.items()}


def _ages(place: Row, chance: Random, part: float) -> dict[str, int]:
    size = _SIZES.get(str(place["SUBSCRPT_AREA_CODE_NM"]), 1500) * part * chance.uniform(0.2, 1.6)
    return {name: int(size * share * chance.uniform(0.8, 1.2)) for name, share in _SHARES.items()}


@lru_cache(maxsize=4)
def _by_area(what: str, part: float, today: date) -> Sequence[Row]:
    return [place | _written(_ages(place, chance, part), chance) for place, chance in _each(today, what)]


@lru_cache(maxsize=4)
def _by_age(what: str, part: float, today: date) -> Sequence[Row]:
    """Add the areas up, so that both operations tell the same."""
    totals: dict[str, dict[str, int]] = {month: dict.fromkeys(_SHARES, 0) for month in published(today)}
    for row in _by_area(what, part, today):
        for name in _SHARES:
            totals[str(row["STAT_DE"])][name] += int(row[name] or 0)
    return [
        {"STAT_DE": month, **_written(counts, Random(f"writing {what} {month}"))}  # noqa: S311
        for month, counts in totals.items()
    ]


@lru_cache(maxsize=2)
def _competition(today: date) -> Sequence[Row]:
    return [place | _rates(place, chance) for place, chance in _each(today, "competition")]


def _rates(place: Row, chance: Random) -> Row:
    row: Row = {}
    for which, part in (("SPSPLY", 0.3), ("SUPLY", 0.5)):
        homes = int(chance.uniform(20, 900) * part) if chance.random() > 0.12 else 0
        asked = int(homes * chance.lognormvariate(1.2, 1.1))
        row |= _written({f"{which}_HSHLDCO": homes, f"{which}_REQ_CNT": asked}, chance)
        row[f"{which}_CMPET_RATE"] = f"{asked / homes:.1f}" if homes else None
    return row


@lru_cache(maxsize=2)
def _scores(today: date) -> Sequence[Row]:
    """Return the winners' scores by area and by where they lived."""
    found: list[Row] = []
    for place, chance in _each(today, "scores"):
        for code, name in (("01", "해당지역"), ("02", "기타지역")):
            low, spread = chance.randint(15, 55), chance.randint(8, 28)
            middle = low + spread / 2
            found.append(
                place
                | {
                    "RESIDE_SECD": code,
                    "RESIDE_SECD_NM": name,
                    "AVRG_SCORE": f"{middle + chance.uniform(-2, 2):.2f}",
                    "MED_SCORE": f"{middle:.1f}",
                    "TOP_SCORE": f"{min(84, low + spread)}",
                    "LWET_SCORE": f"{low}",
                }
            )
    return found


STATISTICS: dict[str, Callable[[date], Sequence[Row]]] = {
    "getAPTReqstAreaStat": partial(_by_area, "applicants", 1.0),
    "getAPTReqstAgeStat": partial(_by_age, "applicants", 1.0),
    "getAPTPrzwnerAreaStat": partial(_by_area, "winners", 0.06),
    "getAPTPrzwnerAgeStat": partial(_by_age, "winners", 0.06),
    "getAPTCmpetrtAreaStat": _competition,
    "getAPTApsPrzwnerStat": _scores,
}
