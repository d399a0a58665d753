"""Whatever the rows are: none is lost, no figure is out of place, and no answer breaks its schema."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tools.transactions import rows as oracle
from tests.tools.transactions.rows import AREA_TAGS, LEASES, SALES, Row, of_kind
from tests.tools.transactions.world import GANGNAM, ListedSources, call, number_of, one_month


def ask(name: str, tool: str, rows: list[Row], arguments: dict[str, Any]) -> dict[str, Any]:
    """Call the tool ``name`` while the dataset of ``tool`` holds ``rows``."""
    sources = ListedSources({(number_of(tool), GANGNAM, "202509"): rows})
    return call(name, sources, {"region_code": GANGNAM, **arguments})


AMOUNTS = st.one_of(
    st.integers(-5, 10**7).map(str), st.integers(0, 10**9).map("{:,}".format), st.sampled_from(["", "-", "1,2", "십억"])
)
AREAS = st.one_of(
    st.decimals(0, 400, places=4).map(str), st.sampled_from(["40", "60.0000", "85", "102", "135", "", "x"])
)
FILTERS = st.sampled_from(
    [{}, {"area_band": "60_to_85"}, {"area_min_sqm": 40}, {"area_max_sqm": 85.5}, {"dong": "역삼동"}]
)


@st.composite
def rows_of(draw: st.DrawFn, tool: str) -> Row:
    row = {AREA_TAGS[tool]: draw(AREAS), "umdNm": draw(st.sampled_from(["역삼동", "대치동", ""]))}
    if tool in SALES:
        row |= {"dealAmount": draw(AMOUNTS), draw(st.sampled_from(["cdealType", "cdealtype"])): draw(FLAGS)}
        if tool in oracle.WITH_SHARES:
            row["shareDealingType"] = draw(st.sampled_from(["", "", "지분"]))
    else:
        row |= {"deposit": draw(AMOUNTS), "monthlyRent": draw(st.one_of(AMOUNTS, st.just("0")))}
    row |= {"dealYear": "2025", "dealMonth": "9", "dealDay": str(draw(st.integers(0, 40)))}
    return {tag: text for tag, text in row.items() if text}


FLAGS = st.sampled_from(["", "", "", "O"])


@st.composite
def months(draw: st.DrawFn, among: tuple[str, ...]) -> tuple[str, list[Row]]:
    tool = draw(st.sampled_from(among))
    return tool, draw(st.lists(rows_of(tool), max_size=30))


@settings(max_examples=100, deadline=None)
@given(months(SALES), FILTERS)
def test_no_sale_is_lost_between_the_counts(month: tuple[str, list[Row]], filters: dict[str, Any]) -> None:
    tool, rows = month
    answer = one_month(tool, rows, **filters)
    parts = ("filtered_out_count", "cancelled_count", "unparsed_count", "share_count")
    summary = answer["summary"]
    assert answer["total_count"] == len(rows) == sum(answer[part] for part in parts) + summary["sample_count"]
    in_bands = sum(band["sample_count"] for band in summary["by_area_band"])
    assert in_bands + summary["area_unknown_count"] == summary["sample_count"]
    if not filters:
        prices = [oracle.money(row, "dealAmount") for row in of_kind(rows, tool, "sale")]
        assert summary["median_price_10k"] == oracle.middle(prices)
        assert answer["cancelled_count"] == len(of_kind(rows, tool, "cancelled"))
    if summary["sample_count"]:
        assert summary["min_price_10k"] <= summary["median_price_10k"] <= summary["max_price_10k"]


@settings(max_examples=100, deadline=None)
@given(months(LEASES), FILTERS)
def test_no_lease_is_lost_between_the_counts(month: tuple[str, list[Row]], filters: dict[str, Any]) -> None:
    tool, rows = month
    answer = one_month(tool, rows, **filters)
    summary = answer["summary"]
    jeonse, monthly = summary["jeonse"]["count"], summary["monthly"]["count"]
    assert answer["total_count"] == len(rows)
    assert len(rows) == answer["filtered_out_count"] + answer["unparsed_count"] + jeonse + monthly
    assert summary["sample_count"] == jeonse + monthly
    in_bands = sum(band["jeonse_count"] + band["monthly_count"] for band in summary["by_area_band"])
    assert in_bands + summary["area_unknown_count"] == summary["sample_count"]
    if not filters:
        deposits = [oracle.money(row, "deposit") for row in of_kind(rows, tool, "jeonse")]
        assert summary["jeonse"]["median_deposit_10k"] == oracle.middle(deposits)


@settings(max_examples=60, deadline=None)
@given(months((*SALES, *LEASES)), FILTERS)
def test_no_row_is_lost_in_a_trend(month: tuple[str, list[Row]], filters: dict[str, Any]) -> None:
    tool, rows = month
    deal = "sale" if tool in SALES else "jeonse"
    asked = {"house_type": HOUSE_OF[tool], "deal": deal, "months": 1, "end_year_month": "202509"}
    [point] = ask("get_price_trend", tool, rows, {**asked, **filters})["points"]
    parts = ("filtered_out", "cancelled", "unparsed", "excluded", "sample")
    assert point["total_count"] == len(rows) == sum(point[f"{part}_count"] for part in parts)
    if not filters:
        amount = "dealAmount" if deal == "sale" else "deposit"
        sample = of_kind(rows, tool, deal)
        assert point["median_price_10k"] == oracle.middle(oracle.money(row, amount) for row in sample)


HOUSE_OF = {
    "get_apartment_trades": "apartment",
    "get_officetel_trades": "officetel",
    "get_villa_trades": "villa",
    "get_single_house_trades": "single_house",
    "get_commercial_trade": "commercial",
    "get_presale_right_trades": "presale_right",
    "get_land_trades": "land",
    "get_factory_warehouse_trades": "factory_warehouse",
    "get_apartment_rent": "apartment",
    "get_officetel_rent": "officetel",
    "get_villa_rent": "villa",
    "get_single_house_rent": "single_house",
}
ANY_TAG = st.sampled_from(sorted({*oracle.TEXT_TAGS, *AREA_TAGS.values(), *oracle.NAME_TAGS.values()}))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([*SALES, *LEASES]),
    st.lists(st.dictionaries(ANY_TAG, st.text(max_size=200) | AMOUNTS, max_size=12), max_size=8),
)
def test_any_text_from_upstream_is_answered_within_the_schema(tool: str, rows: list[Row]) -> None:
    answer = one_month(tool, rows)
    assert answer["total_count"] == len(rows)
    assert all(len(value) <= 120 for item in answer["items"] for value in item.values() if isinstance(value, str))
