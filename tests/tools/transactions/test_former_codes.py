"""Old months of re-coded districts: the new code first, then the one former code, once."""

from __future__ import annotations

import pytest

from app.tools.base import CallContext
from app.tools.real_estate.months import former_code
from tests.tools.transactions.world import ListedSources, call, call_raw

SALE = {"dealAmount": "1,000"}


@pytest.mark.parametrize(
    ("code", "month", "former"),
    [
        ("51110", "202305", "42110"),
        ("51110", "202306", "42110"),  # re-coded on the 11th
        ("51110", "202307", None),
        ("12210", "202606", "29110"),
        ("12210", "202607", None),  # re-coded on the 1st
        ("27720", "202306", "47720"),
        ("28177", "201806", "28170"),
        ("28125", "202606", None),  # of two former districts
        ("28155", "202606", None),  # split off
        ("28275", "202606", None),
        ("41192", "202312", None),
        ("41597", "202601", None),
        ("11680", "200601", None),
    ],
)
def test_a_former_code_is_known_where_exactly_one_district_became_exactly_this_one(
    code: str, month: str, former: str | None
) -> None:
    assert former_code(code, month) == former


def ask(rows: dict[tuple[str, str, str], list[dict[str, str]]], code: str, month: str) -> tuple[int, list[str]]:
    sources = ListedSources(rows)
    answer = call("get_apartment_trades", sources, {"region_code": code, "year_month": month})
    assert answer["region_code"] == code
    return answer["total_count"], [asked for _, asked, _ in sources.asked]


def test_the_former_code_is_asked_only_when_the_new_one_holds_nothing() -> None:
    new, old = ("15126469", "51110", "202301"), ("15126469", "42110", "202301")
    assert ask({new: [SALE], old: [SALE, SALE]}, "51110", "202301") == (1, ["51110"])
    assert ask({old: [SALE, SALE]}, "51110", "202301") == (2, ["51110", "42110"])
    assert ask({}, "51110", "202301") == (0, ["51110", "42110"])
    assert ask({}, "51110", "202409") == (0, ["51110"])
    assert ask({}, "28125", "202301") == (0, ["28125"])


def test_progress_is_told_once_though_former_codes_are_asked_too() -> None:
    told: list[float] = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        told.append(done)

    arguments = {"region_code": "51110", "year_month": "202301"}
    call_raw("get_apartment_trades", ListedSources(), arguments, CallContext(progress=progress))
    assert told == [1]


def test_a_trend_over_the_change_takes_each_month_from_where_it_is() -> None:
    rows = {("15126469", "42110", "202305"): [{"dealAmount": "100"}], ("15126469", "51110", "202308"): [SALE]}
    sources = ListedSources(rows)
    arguments = {"region_code": "51110", "house_type": "apartment", "months": 5, "end_year_month": "202309"}
    trend = call("get_price_trend", sources, arguments)
    assert [point["median_price_10k"] for point in trend["points"]] == [100, None, None, 1000, None]
    asked = [month for _, code, month in sources.asked if code == "42110"]
    assert asked == sorted(set(asked))
    assert max(asked) == "202306"
