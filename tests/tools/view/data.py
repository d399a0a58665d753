"""Results of the trend tools to draw, and what their figures should read as, worked out without the view's script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Point = dict[str, Any]

NAMES = (
    "서울특별시 강남구",
    "서울특별시 마포구",
    "경기도 성남시 분당구",
    "부산광역시 해운대구",
    "충청남도 천안시 서북구",
)
_SHORT = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
ORIGIN = {"source": "Ministry of Land, data.go.kr 15126469", "data_as_of": "2026-11-22T09:30:00+09:00"}


def months(count: int, last: str = "202611") -> list[str]:
    end = int(last[:4]) * 12 + int(last[4:]) - 1
    return [f"{month // 12:04d}{month % 12 + 1:02d}" for month in range(end - count + 1, end + 1)]


def points(count: int, *, base: int = 200_000, gaps: Sequence[int] = (), reported: int = 2) -> list[Point]:
    """``count`` months that rise and fall; those at ``gaps`` have no deal, the last ``reported`` are incomplete."""
    made = []
    for i, month in enumerate(months(count)):
        price = None if i in gaps else base + (i * 7919 % 31) * 50 - i * 25
        made.append(
            {
                "year_month": month,
                "median_price_10k": price,
                "median_price_per_sqm_10k": None if price is None else round(price / 84.7, 1),
                "sample_count": 0 if price is None else 40 + i * 37 % 160,
                "yoy_pct": None if price is None or i < 12 else round((i * 13 % 40 - 15) / 3, 1),
                "incomplete": i >= count - reported,
            }
        )
    return made


def trend(count: int = 24, *, gaps: Sequence[int] = (7,), **fields: Any) -> dict[str, Any]:
    return {
        "region_code": "11680",
        "region_name": NAMES[0],
        "house_type": "apartment",
        "deal": "sale",
        "points": points(count, gaps=gaps),
        "incomplete": True,
        "sample": False,
        **ORIGIN,
        **fields,
    }


def comparison(regions: int, count: int = 12, **fields: Any) -> dict[str, Any]:
    listed = [
        {"region_code": f"1{i}000", "region_name": NAMES[i], "points": points(count, base=240_000 - i * 45_000)}
        for i in range(regions)
    ]
    return {"house_type": "apartment", "deal": "jeonse", "regions": listed, "sample": False, **ORIGIN, **fields}


def drawn(point: Mapping[str, Any], *, sqm: bool = False) -> float | None:
    value = point["median_price_per_sqm_10k" if sqm else "median_price_10k"]
    return None if value is None else float(value)


def won(value: float, locale: str = "en") -> str:
    """An amount of 10,000 won in words: millions in English, 억 and 만 in Korean."""
    if locale == "en":
        return f"₩{_plain((Decimal(str(value)) / 100).quantize(Decimal('.01'), ROUND_HALF_UP))}M"
    eok, rest = divmod(Decimal(str(value)).quantize(Decimal(".1"), ROUND_HALF_UP), 10_000)
    words = ([f"{_plain(eok)}억"] if eok else []) + ([f"{_plain(rest)}만"] if rest or not eok else [])
    return " ".join(words) + "원"


def percent(value: float) -> str:
    return f"{'+' if value > 0 else ''}{_plain(Decimal(str(value)))}%"


def month_name(month: str, locale: str = "en") -> str:
    if locale == "ko":
        return f"{month[:4]}년 {int(month[4:])}월"
    return f"{_SHORT[int(month[4:]) - 1]} {month[:4]}"


def row(point: Mapping[str, Any], locale: str = "en") -> list[str]:
    """The table's row of one month."""
    price, sqm, year = drawn(point), drawn(point, sqm=True), point["yoy_pct"]
    reporting = {"en": "still being reported", "ko": "신고 진행 중"}[locale]
    return [
        month_name(point["year_month"], locale) + (f" {reporting}" if point["incomplete"] else ""),
        "–" if price is None else won(price, locale),
        "–" if sqm is None else won(sqm, locale),
        f"{point['sample_count']:,}",
        "–" if year is None else percent(year),
    ]


def _plain(number: Decimal) -> str:
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
