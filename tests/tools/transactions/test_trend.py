"""The trend of one district: each month's figures, the changes, and what is incomplete."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.tools.base import CallContext
from app.tools.real_estate import ledger
from app.tools.real_estate.house_types import HOUSE_TYPES
from tests.tools.transactions import rows as oracle
from tests.tools.transactions.rows import Row, made_up, of_kind
from tests.tools.transactions.world import GANGNAM, ListedSources, call, call_raw, number_of, tools

YEARS = [f"{year}{month:02}" for year in range(2019, 2027) for month in range(1, 13)]
KINDS = [(house.key, "sale", house.sale_tool) for house in HOUSE_TYPES.values()] + [
    (house.key, "jeonse", house.lease_tool) for house in HOUSE_TYPES.values() if house.lease_tool
]


def market(tool: str, months: list[str], seed: str = "trend") -> tuple[ListedSources, dict[str, list[Row]]]:
    rows = {month: made_up(tool, 8 + index % 30, f"{seed} {month}", month) for index, month in enumerate(months)}
    number = number_of(tool)
    return ListedSources({(number, GANGNAM, month): listed for month, listed in rows.items()}), rows


def before(month: str) -> str:
    return f"{int(month[:4]) - 1}{month[4:]}"


def percent(old: Any, new: Any) -> float | None:
    return None if not old or new is None else float((new - old) * 100 / old)


@pytest.mark.parametrize(("house", "deal", "tool"), KINDS)
def test_each_point_is_what_the_raw_rows_of_its_month_give(house: str, deal: str, tool: str) -> None:
    months = YEARS[YEARS.index("202312") - 3 : YEARS.index("202611") + 1]
    sources, rows = market(tool, months)
    trend = call("get_price_trend", sources, {"region_code": GANGNAM, "house_type": house, "deal": deal, "months": 36})
    assert [point["year_month"] for point in trend["points"]] == months[-36:]
    amount = "dealAmount" if deal == "sale" else "deposit"
    for point in trend["points"]:
        month = rows[point["year_month"]]
        sample = of_kind(month, tool, deal)
        median = oracle.middle(oracle.money(row, amount) for row in sample)
        assert point["median_price_10k"] == median
        assert oracle.close(point["median_price_per_sqm_10k"], oracle.per_sqm(sample, tool, amount))
        assert (point["total_count"], point["sample_count"]) == (len(month), len(sample))
        assert point["cancelled_count"] == len(of_kind(month, tool, "cancelled"))
        assert point["unparsed_count"] == len(of_kind(month, tool, "unparsed"))
        assert point["excluded_count"] == len(of_kind(month, tool, "share", "monthly"))
        earlier = before(point["year_month"])
        year_before = of_kind(rows[earlier], tool, deal) if earlier in months[-36:] else []
        base = oracle.middle(oracle.money(row, amount) for row in year_before)
        late = point["year_month"] >= "202610"
        assert oracle.close(point["yoy_pct"], None if late else percent(base, median), step=0.1)
        assert point["incomplete"] is (point["year_month"] >= "202610")
    for name in ("total", "filtered_out", "cancelled", "unparsed", "excluded", "sample"):
        assert trend[f"{name}_count"] == sum(point[f"{name}_count"] for point in trend["points"])
    assert trend["summary"]["sample_count"] == trend["sample_count"]


def one_sale(price: int) -> Row:
    return {"dealAmount": f"{price:,}", "excluUseAr": "50", "dealYear": "2026", "dealMonth": "1", "dealDay": "1"}


def priced(prices: dict[str, int]) -> ListedSources:
    return ListedSources({("15126469", GANGNAM, month): [one_sale(price)] for month, price in prices.items()})


def trend_of(sources: ListedSources, **arguments: Any) -> dict[str, Any]:
    return call("get_price_trend", sources, {"region_code": GANGNAM, "house_type": "apartment", **arguments})


def test_the_summary_compares_the_first_and_last_complete_month_that_has_deals() -> None:
    summary = trend_of(priced({"202603": 1000, "202608": 1250, "202610": 9999, "202611": 1}), months=10)["summary"]
    assert summary == {
        "first_year_month": "202603",
        "first_median_price_10k": 1000,
        "first_median_price_per_sqm_10k": 20.0,
        "first_sample_count": 1,
        "last_year_month": "202608",
        "last_median_price_10k": 1250,
        "last_median_price_per_sqm_10k": 25.0,
        "last_sample_count": 1,
        "change_pct": 25.0,
        "change_per_sqm_pct": 25.0,
        "sample_count": 4,
    }


@pytest.mark.parametrize("prices", [{}, {"202610": 10, "202611": 20}])
def test_without_a_complete_month_that_has_deals_there_is_nothing_to_compare(prices: dict[str, int]) -> None:
    summary = trend_of(priced(prices), months=3)["summary"]
    assert {value for name, value in summary.items() if not name.endswith("_count")} == {None}
    assert (summary["first_sample_count"], summary["last_sample_count"]) == (0, 0)


def test_one_complete_month_is_no_change() -> None:
    summary = trend_of(priced({"202609": 10}), months=3)["summary"]
    assert (summary["first_year_month"], summary["last_year_month"]) == ("202609", "202609")
    assert (summary["change_pct"], summary["change_per_sqm_pct"]) == (None, None)


@pytest.mark.parametrize("months", [1, 12, 13, 36, 60])
def test_exactly_the_months_of_the_period_are_read(months: int) -> None:
    sources, _ = market("get_apartment_trades", YEARS)
    points = trend_of(sources, months=months)["points"]
    assert len(sources.asked) == months == len(set(sources.asked))
    assert [point["yoy_pct"] is None for point in points] == [
        number < 12 or number >= months - 2 for number in range(months)
    ]


def test_the_default_is_thirty_six_months_of_sales_up_to_now_in_korea() -> None:
    trend = trend_of(ListedSources())
    assert (trend["deal"], len(trend["points"])) == ("sale", 36)
    assert (trend["points"][0]["year_month"], trend["points"][-1]["year_month"]) == ("202312", "202611")
    assert (trend["incomplete"], trend["reporting_deadline"]) == (True, "2026-12-30")


def test_a_period_that_has_ended_is_complete() -> None:
    trend = trend_of(ListedSources(), end_year_month="202609", months=2)
    assert (trend["incomplete"], trend["reporting_deadline"]) == (False, "2026-10-30")


def test_months_before_the_data_begins_are_not_asked_for() -> None:
    sources = ListedSources()
    assert len(trend_of(sources, end_year_month="200606", months=6)["points"]) == 6
    assert {month for _, _, month in sources.asked} == {f"2006{month:02}" for month in range(1, 7)}


def test_the_months_of_one_call_are_asked_for_at_once_and_progress_only_grows() -> None:
    told: list[tuple[float, float | None]] = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        told.append((done, total))

    sources, _ = market("get_apartment_trades", YEARS)
    arguments = {"region_code": GANGNAM, "house_type": "apartment", "months": 6}
    call_raw("get_price_trend", sources, arguments, CallContext(progress=progress))
    assert told == [(done, 6) for done in range(1, 7)]


def test_a_month_is_read_anew_only_when_the_portal_was_asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    plain = ledger.read_deals
    monkeypatch.setattr(ledger, "read_deals", lambda rows, *rest: (read.append(len(rows)), plain(rows, *rest))[1])
    sources = priced({"202609": 1000})
    tool = tools(sources)["get_price_trend"]
    arguments = {"region_code": GANGNAM, "house_type": "apartment", "months": 1, "end_year_month": "202609"}

    def median() -> Any:
        structured = asyncio.run(tool.call(arguments, CallContext())).structured_content
        assert structured is not None
        return structured["points"][0]["median_price_10k"]

    assert (median(), median(), len(read)) == (1000, 1000, 1)
    sources.rows[("15126469", GANGNAM, "202609")] = [one_sale(2000)]
    sources.as_of = sources.as_of.replace(hour=10)
    assert (median(), len(read)) == (2000, 2)
