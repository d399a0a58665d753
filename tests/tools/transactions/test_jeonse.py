"""The jeonse ratio: within bands of area, weighted, and null with a reason when there is too little."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from app.tools.base import CallContext
from app.tools.real_estate.house_types import HOUSE_TYPES
from tests.tools.transactions import rows as oracle
from tests.tools.transactions.rows import Row, made_up, of_kind
from tests.tools.transactions.world import GANGNAM, ListedSources, call, call_raw, number_of

HOUSES = [house for house in HOUSE_TYPES.values() if house.lease_tool]
MONTHS = ["202606", "202607", "202608", "202609", "202610", "202611"]
BANDS = ("up_to_40", "40_to_60", "60_to_85", "85_to_102", "102_to_135", "over_135")


@pytest.mark.parametrize("house", HOUSES, ids=lambda house: house.key)
def test_the_ratio_is_what_the_raw_rows_give(house: Any) -> None:
    rows: dict[tuple[str, str, str], list[Row]] = {}
    for tool in (house.sale_tool, house.lease_tool):
        rows |= {(number_of(tool), GANGNAM, month): made_up(tool, 25, month, month) for month in MONTHS}
    answer = call("get_jeonse_ratio", ListedSources(rows), {"region_code": GANGNAM, "house_type": house.key})
    assert (answer["first_year_month"], answer["last_year_month"]) == (MONTHS[0], MONTHS[-1])

    pooled = {
        tool: [row for (number, _, _), listed in rows.items() if number == number_of(tool) for row in listed]
        for tool in (house.sale_tool, house.lease_tool)
    }
    sales = of_kind(pooled[house.sale_tool], house.sale_tool, "sale")
    jeonse = of_kind(pooled[house.lease_tool], house.lease_tool, "jeonse")
    sold, let = oracle.in_bands(sales, house.sale_tool), oracle.in_bands(jeonse, house.lease_tool)
    weighted, weights = Fraction(0), 0
    assert [band["area_band"] for band in answer["by_area_band"]] == [name for name in BANDS if name in {*sold, *let}]
    for band in answer["by_area_band"]:
        here, there = sold.get(band["area_band"], []), let.get(band["area_band"], [])
        price = oracle.middle(oracle.money(row, "dealAmount") for row in here)
        deposit = oracle.middle(oracle.money(row, "deposit") for row in there)
        assert (band["median_price_10k"], band["sale_count"]) == (price, len(here))
        assert (band["median_deposit_10k"], band["jeonse_count"]) == (deposit, len(there))
        if len(here) < 3 or len(there) < 3:
            assert band["ratio_pct"] is None
            continue
        ratio = Fraction(deposit) / Fraction(price) * 100
        assert oracle.close(band["ratio_pct"], float(ratio), step=0.1)
        weighted, weights = weighted + ratio * (len(here) + len(there)), weights + len(here) + len(there)
    assert oracle.close(answer["ratio_pct"], float(weighted / weights), step=0.1)
    assert answer["reason"] is None
    for side, tool, kind in (("sales", house.sale_tool, "sale"), ("leases", house.lease_tool, "jeonse")):
        every = pooled[tool]
        sample = of_kind(every, tool, kind)
        assert answer[side] == {
            "total_count": len(every),
            "filtered_out_count": 0,
            "cancelled_count": len(of_kind(every, tool, "cancelled")),
            "unparsed_count": len(of_kind(every, tool, "unparsed")),
            "excluded_count": len(of_kind(every, tool, "share", "monthly")),
            "sample_count": len(sample),
            "area_unknown_count": sum(oracle.AREA_TAGS[tool] not in row for row in sample),
        }
    for name in ("total", "cancelled", "unparsed", "excluded", "sample"):
        assert answer[f"{name}_count"] == answer["sales"][f"{name}_count"] + answer["leases"][f"{name}_count"]


def ratio_of(sales: list[Row], leases: list[Row], **arguments: Any) -> dict[str, Any]:
    rows = {("15126469", GANGNAM, "202609"): sales, ("15126474", GANGNAM, "202609"): leases}
    return call(
        "get_jeonse_ratio", ListedSources(rows), {"region_code": GANGNAM, "house_type": "apartment", **arguments}
    )


def sale(price: int, area: str = "84.9") -> Row:
    return {"dealAmount": str(price), "excluUseAr": area, "aptNm": "한빛" if price < 2000 else "솔내음"}


def lease(deposit: int, area: str = "84.9", rent: str = "0") -> Row:
    return {"deposit": str(deposit), "excluUseAr": area, "monthlyRent": rent, "aptNm": "한빛"}


SMALL = "39"
TABLE: list[tuple[list[Row], list[Row], float | None]] = [
    ([sale(1000)] * 3, [lease(600)] * 3, 60.0),
    ([sale(1000)] * 3, [lease(600)] * 2, None),
    ([sale(1000)] * 2, [lease(600)] * 3, None),
    ([sale(1000)] * 3, [lease(600, SMALL)] * 3, None),
    ([sale(1000)] * 3, [lease(600)] * 2 + [lease(600, rent="5")], None),
    ([sale(1000)] * 3 + [sale(500, SMALL)] * 3, [lease(600)] * 3 + [lease(400, SMALL)] * 9, 73.3),
    ([{"dealAmount": "1000"}] * 3, [{"deposit": "600"}] * 3, None),
    ([], [], None),
]


@pytest.mark.parametrize(("sales", "leases", "ratio"), TABLE)
def test_three_deals_on_each_side_of_a_band_make_a_ratio(
    sales: list[Row], leases: list[Row], ratio: float | None
) -> None:
    answer = ratio_of(sales, leases)
    assert answer["ratio_pct"] == ratio
    assert (answer["reason"] is None) is (ratio is not None)


def test_filters_hold_for_sales_and_leases_alike() -> None:
    answer = ratio_of([sale(1000)] * 3 + [sale(9000)] * 5, [lease(600)] * 3, name="한빛")
    assert (answer["ratio_pct"], answer["sales"]["filtered_out_count"], answer["sample_count"]) == (60.0, 5, 6)


def test_the_method_is_told_and_warns_of_houses() -> None:
    assert "weighted" in ratio_of([], [])["method"]
    assert "Caution" not in ratio_of([], [])["method"]
    arguments = {"region_code": GANGNAM, "house_type": "single_house"}
    assert "Caution" in call("get_jeonse_ratio", ListedSources(), arguments)["method"]


def test_both_datasets_are_named_and_progress_only_grows() -> None:
    told: list[float] = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        assert total == 8
        told.append(done)

    arguments = {"region_code": GANGNAM, "house_type": "apartment", "months": 4}
    result = call_raw("get_jeonse_ratio", ListedSources(), arguments, CallContext(progress=progress))
    assert result.structured_content is not None
    assert "15126469" in result.structured_content["source"]
    assert "15126474" in result.structured_content["lease_source"]
    assert (result.structured_content["portal_calls_today"], result.structured_content["lease_portal_calls_today"]) == (
        4,
        4,
    )
    assert told == [1, 2, 3, 4, 5, 6, 7, 8]
