"""Made-up apartment sales, the same on every start: what a district and a month hold depends on nothing else.

Districts and legal dongs are real names of the official table; complexes, lots and prices are invented. The rows
are raw, as the portal words them: comma-separated and sometimes padded amounts, single spaces for blanks, no leading
zeros in dates, fields that exist only since a certain year.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files
from random import Random

Row = dict[str, str]

FIRST_MONTH = "200601"
BUSY = {("11710", "202506"): 1730, ("11680", "202506"): 1260, ("41135", "202506"): 1090}
"""Months with far more sales than usual, for paging."""

_BLANK = " "
_AREAS = (39.6, 49.94, 59.8, 59.97, 74.51, 84.82, 84.97, 101.83, 114.7, 134.99)
_AREA_WEIGHTS = (4, 6, 18, 16, 10, 16, 18, 5, 5, 2)
_NAMES = (
    "한빛",
    "솔내음",
    "노들",
    "가람",
    "미리내",
    "늘푸른",
    "새솔",
    "온누리",
    "달빛",
    "별하",
    "다솔",
    "초롱",
    "해오름",
    "하늘채움",
)
_KINDS = ("마을", "타운", "파크", "센트럴", "리버", "숲", "1차", "2차", "3단지")
_PRICE_PER_SQM = {"11": 1250, "26": 560, "27": 480, "28": 520, "30": 480, "31": 420, "36": 560, "41": 640, "12": 300}
"""In 10,000 won, by the first two digits of the code; elsewhere 260."""
_PRICE_OF_DISTRICT = {
    "11680": 2900,
    "11650": 2750,
    "11710": 2350,
    "11170": 2400,
    "11440": 1750,
    "41135": 1700,
    "41290": 2000,
}
_MONTHLY_SALES = {"11": 210, "41": 260, "28": 180, "26": 140, "36": 190}


@dataclass(frozen=True)
class _Complex:
    name: str
    dong: str
    jibun: str
    build_year: int
    price_per_sqm: float


@lru_cache(maxsize=1)
def _dongs() -> dict[str, list[str]]:
    """Read the legal dongs of every living district; of a county only those down to the ri."""
    data = files("app") / "tools" / "real_estate" / "data"
    leaves: dict[str, str] = {}
    for line in (data / "sigungu.tsv").read_text("utf-8").splitlines()[1:]:
        code, name, level = line.split("\t")
        if level == "leaf":
            leaves[code] = name
    dongs: dict[str, list[str]] = {code: [] for code in leaves}
    for line in gzip.decompress((data / "legal_dong_names.tsv.gz").read_bytes()).decode("utf-8").splitlines()[1:]:
        code, name = line.split("\t")
        inside = name[len(leaves[code]) :].strip()
        if inside and inside[-1] not in "읍면":
            dongs[code].append(inside)
    return dongs


@lru_cache(maxsize=64)
def _complexes(region: str) -> tuple[_Complex, ...]:
    chance = Random(f"complexes of {region}")  # noqa: S311  (made-up data, not a secret)
    base = _PRICE_OF_DISTRICT.get(region) or _PRICE_PER_SQM.get(region[:2], 260) * chance.uniform(0.75, 1.3)
    dongs = _dongs()[region]
    return tuple(
        _Complex(
            name=f"{chance.choice(_NAMES)}{chance.choice(_KINDS)}",
            dong=chance.choice(dongs),
            jibun=_jibun(chance),
            build_year=chance.randint(1983, 2024),
            price_per_sqm=base * chance.uniform(0.7, 1.35),
        )
        for _ in range(chance.randint(25, 60))
    )


def _jibun(chance: Random) -> str:
    lot = f"{chance.randint(1, 1400)}"
    if chance.random() < 0.6:
        lot += f"-{chance.randint(1, 40)}"
    return f"산{lot}" if chance.random() < 0.02 else lot


def sales(region: str, month: str, today: date) -> Sequence[Row]:
    """Return the raw rows of a district and contract month as known on ``today``; none for anything malformed."""
    if not re.fullmatch(r"[0-9]{4}(0[1-9]|1[0-2])", month) or month < FIRST_MONTH or region not in _dongs():
        return ()
    return tuple(row for day, row in _month(region, month) if day <= today)


@lru_cache(maxsize=32)
def _month(region: str, month: str) -> tuple[tuple[date, Row], ...]:
    chance = Random(f"{region} {month}")  # noqa: S311
    usual = _MONTHLY_SALES.get(region[:2], 70) * Random(f"size of {region}").uniform(0.4, 1.7)  # noqa: S311
    count = BUSY.get((region, month)) or round(usual * chance.uniform(0.6, 1.4))
    first = date(int(month[:4]), int(month[4:]), 1)
    days = ((first + timedelta(days=31)).replace(day=1) - first).days
    built = [home for home in _complexes(region) if home.build_year <= first.year]
    if not built:
        return ()
    return tuple(
        (day, _row(region, chance.choice(built), day, chance))
        for day in (first + timedelta(days=chance.randrange(days)) for _ in range(count))
    )


def _row(region: str, home: _Complex, day: date, chance: Random) -> Row:
    area = chance.choices(_AREAS, _AREA_WEIGHTS)[0]
    floor = -1 if chance.random() < 0.003 else chance.randint(1, 25)
    cancelled = chance.random() < 0.06
    registered = day.year >= 2023 and not cancelled and chance.random() < 0.6
    direct = chance.random() < 0.08
    return {
        "aptDong": f"{chance.randint(101, 118)}" if registered else _BLANK,
        "aptNm": home.name,
        "buildYear": _BLANK if chance.random() < 0.004 else f"{home.build_year}",
        "buyerGbn": _party(day, chance),
        "cdealDay": f"{day + timedelta(days=chance.randint(1, 40)):%y.%m.%d}" if cancelled else _BLANK,
        "cdealType": "O" if cancelled else _BLANK,
        "dealAmount": _amount(home, area, floor, day, chance),
        "dealDay": f"{day.day}",
        "dealMonth": f"{day.month}",
        "dealYear": f"{day.year}",
        "dealingGbn": _BLANK if day < date(2021, 11, 1) else "직거래" if direct else "중개거래",
        "estateAgentSggNm": _BLANK,
        "excluUseAr": f"{area}",
        "floor": _BLANK if chance.random() < 0.004 else f"{floor}",
        "jibun": _BLANK if chance.random() < 0.01 else home.jibun,
        "landLeaseholdGbn": "N",
        "rgstDate": f"{day + timedelta(days=chance.randint(30, 90)):%y.%m.%d}" if registered else _BLANK,
        "sggCd": region,
        "slerGbn": _party(day, chance),
        "umdNm": home.dong,
    }


def _party(day: date, chance: Random) -> str:
    return chance.choices(("개인", "법인", "공공기관", "기타"), (92, 6, 1, 1))[0] if day.year >= 2024 else _BLANK


def _amount(home: _Complex, area: float, floor: int, day: date, chance: Random) -> str:
    """Write a price: dearer when high up and new, growing by the year, rounded to five million won."""
    trend = 1.045 ** (day.year + day.month / 12 - 2026)
    age = 1 - min(day.year - home.build_year, 30) * 0.006
    height = 0.93 + min(max(floor, 0), 15) * 0.007
    price = home.price_per_sqm * area * trend * age * height * chance.uniform(0.94, 1.06)
    text = f"{max(500, round(price / 500) * 500):,}"
    return text.rjust(10) if chance.random() < 0.15 else text
