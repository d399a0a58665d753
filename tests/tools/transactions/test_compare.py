"""Several districts side by side: each as its own trend, and in the right order."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tools.transactions.rows import Row, made_up
from tests.tools.transactions.world import GANGNAM, SEOCHO, SONGPA, ListedSources, call

NUMBERS = {"sale": ("15126469", "get_apartment_trades"), "jeonse": ("15126474", "get_apartment_rent")}
MONTHS = [f"{year}{month:02}" for year in (2024, 2025, 2026) for month in range(1, 13)]


def compare(sources: ListedSources, *codes: str, **arguments: Any) -> dict[str, Any]:
    return call("compare_regions", sources, {"region_codes": list(codes), "house_type": "apartment", **arguments})


@pytest.mark.parametrize("deal", ["sale", "jeonse"])
def test_each_district_has_the_points_and_the_summary_of_its_own_trend(deal: str) -> None:
    number, tool = NUMBERS[deal]
    sources = ListedSources(
        {
            (number, code, month): made_up(tool, 20, f"{code} {month}", month)
            for code in (GANGNAM, SEOCHO, SONGPA)
            for month in MONTHS
        }
    )
    asked = {"deal": deal, "months": 18, "area_band": "40_to_60"}
    comparison = compare(sources, SONGPA, GANGNAM, SEOCHO, **asked)
    assert [region["region_code"] for region in comparison["regions"]] == [SONGPA, GANGNAM, SEOCHO]
    assert len(sources.asked) == 3 * 18
    for region in comparison["regions"]:
        trend = call(
            "get_price_trend", sources, {"region_code": region["region_code"], "house_type": "apartment", **asked}
        )
        for point in trend["points"][:12]:
            point["yoy_pct"] = None  # the comparison reads no months before its period
        for name in ("region_name", "points", "summary", "total_count", "sample_count", "filtered_out_count"):
            assert region[name] == trend[name]
    for name in ("total_count", "sample_count", "filtered_out_count", "cancelled_count", "unparsed_count"):
        assert comparison[name] == sum(region[name] for region in comparison["regions"])


MAPO = "11440"


def sale(price: int) -> Row:
    return {"dealAmount": str(price), "excluUseAr": "100"}


@pytest.mark.parametrize(
    ("prices", "by_price", "by_change"),
    [
        (
            {GANGNAM: (1000, 1100), SEOCHO: (1000, 1500), SONGPA: (3000, 2700)},
            [(1, SONGPA, 27.0), (2, SEOCHO, 15.0), (3, GANGNAM, 11.0)],
            [(1, SEOCHO, 50.0), (2, GANGNAM, 10.0), (3, SONGPA, -10.0)],
        ),
        (
            {GANGNAM: (1000, 1500), SEOCHO: (1000, 1500), SONGPA: (1000, 1400)},
            [(1, GANGNAM, 15.0), (1, SEOCHO, 15.0), (3, SONGPA, 14.0)],
            [(1, GANGNAM, 50.0), (1, SEOCHO, 50.0), (3, SONGPA, 40.0)],
        ),
        ({GANGNAM: (1000, None), SEOCHO: (None, None)}, [(1, GANGNAM, 10.0)], []),
        ({GANGNAM: (None, None), SEOCHO: (None, None)}, [], []),
    ],
)
def test_the_order_is_by_the_last_complete_month_and_by_the_change(
    prices: dict[str, tuple[int | None, int | None]], by_price: list[Any], by_change: list[Any]
) -> None:
    rows = {
        ("15126469", code, month): [sale(price)] * 3
        for code, pair in prices.items()
        for month, price in zip(("202601", "202609"), pair, strict=True)
        if price
    }
    rows |= {("15126469", code, "202611"): [sale(99999)] for code in prices}
    comparison = compare(ListedSources(rows), *prices)
    for ranking, expected in (("ranking_by_price_per_sqm", by_price), ("ranking_by_change", by_change)):
        assert [(ranked["rank"], ranked["region_code"], ranked["value"]) for ranked in comparison[ranking]] == expected


def test_regions_of_other_months_or_of_too_few_deals_are_left_out_of_the_order() -> None:
    def months(code: str, **deals: tuple[int, int]) -> dict[tuple[str, str, str], list[Row]]:
        return {("15126469", code, month[1:]): [sale(price)] * count for month, (price, count) in deals.items()}

    rows = {
        **months(GANGNAM, m202601=(1000, 3), m202609=(1100, 3)),
        **months(SONGPA, m202601=(1000, 3), m202609=(1200, 3)),
        **months(SEOCHO, m202608=(1000, 3), m202609=(5000, 3)),
        **months(MAPO, m202601=(1000, 3), m202609=(9000, 2)),
    }
    comparison = compare(ListedSources(rows), GANGNAM, SONGPA, SEOCHO, MAPO)
    by_price, by_change = comparison["ranking_by_price_per_sqm"], comparison["ranking_by_change"]
    assert [ranked["region_code"] for ranked in by_price] == [SEOCHO, SONGPA, GANGNAM]
    assert [ranked["region_code"] for ranked in by_change] == [SONGPA, GANGNAM]
