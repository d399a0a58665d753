"""How dear homes are and how many change hands: made up, but in proportion by district, month and kind.

Levels are 10,000 won for a square metre of an apartment in 2026. The course of prices and the seasons follow what
everybody remembers of 2006 to 2026; no figure is taken from a source.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from random import Random

_LEVEL = {"11": 1250, "26": 560, "27": 480, "28": 520, "30": 480, "31": 420, "36": 560, "41": 640, "12": 300}
_LEVEL_ELSEWHERE = 260
_LEVEL_OF_DISTRICT = {
    "11680": 2900,
    "11650": 2750,
    "11710": 2350,
    "11170": 2400,
    "11440": 1750,
    "41135": 1700,
    "41290": 2000,
}
_COURSE = (
    (2006.0, 0.38),
    (2008.5, 0.47),
    (2013.0, 0.45),
    (2016.0, 0.53),
    (2018.7, 0.66),
    (2020.0, 0.74),
    (2021.8, 0.98),
    (2023.1, 0.84),
    (2024.6, 0.91),
    (2026.0, 1.0),
    (2027.0, 1.04),
)
_SALE_SEASON = (0.84, 0.92, 1.16, 1.12, 1.1, 1.06, 0.98, 0.92, 0.9, 1.06, 1.0, 0.94)
_LEASE_SEASON = (1.02, 1.18, 1.08, 0.96, 0.92, 0.92, 0.96, 1.06, 1.04, 0.98, 0.94, 0.94)
_SLOW_YEARS = {2012: 0.75, 2013: 0.8, 2022: 0.5, 2023: 0.65}

_USUAL: dict[str, tuple[dict[str, int], int]] = {
    "AptTradeDev": ({"11": 210, "41": 260, "28": 180, "26": 140, "36": 190}, 70),
    "AptRent": ({"11": 480, "41": 420, "28": 300, "26": 230, "36": 330}, 90),
    "OffiTrade": ({"11": 38, "41": 25, "28": 22, "26": 26}, 6),
    "OffiRent": ({"11": 190, "41": 75, "28": 60, "26": 60}, 12),
    "RHTrade": ({"11": 80, "41": 50, "28": 70, "26": 25}, 9),
    "RHRent": ({"11": 270, "41": 90, "28": 80, "26": 25}, 12),
    "SHTrade": ({"11": 24, "41": 20, "28": 15, "26": 22}, 25),
    "SHRent": ({"11": 260, "41": 110, "28": 60, "26": 90}, 60),
    "NrgTrade": ({"11": 48, "41": 70, "28": 45, "26": 35}, 20),
    "SilvTrade": ({"11": 12, "41": 40, "28": 45, "26": 35}, 14),
    "LandTrade": ({"11": 15, "41": 120, "28": 40, "26": 30}, 150),
    "InduTrade": ({"11": 6, "41": 26, "28": 25, "26": 12}, 8),
}
_RICH = {"11440": {"SilvTrade": 30, "LandTrade": 36, "InduTrade": 18, "OffiTrade": 75, "OffiRent": 360}}
_BUSY = {
    ("AptTradeDev", "11710", "202506"): 1730,
    ("AptTradeDev", "11680", "202506"): 1260,
    ("AptTradeDev", "41135", "202506"): 1090,
    ("AptRent", "11680", "202506"): 2033,
    ("AptRent", "11710", "202506"): 1523,
}


@lru_cache(maxsize=512)
def level(region: str) -> float:
    """Return the price of a square metre of an apartment in 2026, in 10,000 won."""
    chance = Random(f"level of {region}")  # noqa: S311  (made-up data, not a secret)
    return _LEVEL_OF_DISTRICT.get(region) or _LEVEL.get(region[:2], _LEVEL_ELSEWHERE) * chance.uniform(0.75, 1.3)


@lru_cache(maxsize=512)
def course(year: int, month: int) -> float:
    """Return prices of a month as a part of those of January 2026, straight between the points of the course."""
    when = year + (month - 1) / 12
    after = min(max(bisect_right(_COURSE, (when, 99.0)), 1), len(_COURSE) - 1)
    (start, low), (end, high) = _COURSE[after - 1 : after + 1]
    return low + (high - low) * (when - start) / (end - start)


def count(service: str, region: str, month: str) -> int:
    """Return how many deals of a service a district and month have; a few months are far busier, for paging."""
    if busy := _BUSY.get((service, region, month)):
        return busy
    by_province, elsewhere = _USUAL[service]
    size = 1.2 if region in _RICH else Random(f"size of {region}").uniform(0.4, 1.7)  # noqa: S311
    usual = _RICH.get(region, {}).get(service) or by_province.get(region[:2], elsewhere)
    season = (_LEASE_SEASON if service.endswith("Rent") else _SALE_SEASON)[int(month[4:]) - 1]
    slow = 1.0 if service.endswith("Rent") else _SLOW_YEARS.get(int(month[:4]), 1.0)
    chance = Random(f"number of {service} {region} {month}")  # noqa: S311
    return round(usual * size * season * slow * chance.uniform(0.8, 1.2))
