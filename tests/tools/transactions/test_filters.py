"""Filters on complex, legal dong and area: what they leave out is counted, and the figures are of what is left."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from tests.tools.transactions import rows as oracle
from tests.tools.transactions.rows import Row, made_up, of_kind
from tests.tools.transactions.world import GANGNAM, ListedSources, call, one_month

TOOL = "get_apartment_trades"
ROWS = made_up(TOOL, 600, "filters")


def fits(row: Row, *, name: str = "", dong: str = "", band: str = "", low: str = "0", high: str = "1000000") -> bool:
    area = oracle.size(row, TOOL)
    by_area = band or (low, high) != ("0", "1000000")
    return (
        name in row["aptNm"]
        and dong in row.get("umdNm", "" if not dong else "?")
        and (not band or oracle.band(area) == band)
        and (not by_area or (area is not None and Fraction(low) <= area <= Fraction(high)))
    )


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ({}, {}),
        ({"name": "한빛"}, {"name": "한빛"}),
        ({"name": "노들센트럴1차"}, {"name": "노들센트럴 1차"}),
        ({"name": "가온빌 a동"}, {"name": "가온빌(A동)"}),
        ({"dong": "역삼동"}, {"dong": "역삼동"}),
        ({"dong": "역삼"}, {"dong": "역삼동"}),
        ({"dong": "강남구 역삼동"}, {"dong": "역삼동"}),
        ({"dong": "서울 강남구 역삼동"}, {"dong": "역삼동"}),
        ({"dong": "성수동"}, {"dong": "성수동2가"}),
        ({"dong": "성수동2가"}, {"dong": "성수동2가"}),
        ({"dong": "만천리"}, {"dong": "동면 만천리"}),
        ({"dong": "동면"}, {"dong": "동면 만천리"}),
        ({"area_band": "60_to_85"}, {"band": "60_to_85"}),
        ({"area_band": "over_135"}, {"band": "over_135"}),
        ({"area_min_sqm": 60}, {"low": "60"}),
        ({"area_max_sqm": 84.97}, {"high": "84.97"}),
        ({"area_min_sqm": 40.01, "area_max_sqm": 60}, {"low": "40.01", "high": "60"}),
        (
            {"name": "솔", "dong": "대치동", "area_band": "40_to_60"},
            {"name": "솔", "dong": "대치동", "band": "40_to_60"},
        ),
    ],
)
def test_only_the_rows_that_fit_are_counted_listed_and_summed_up(asked: dict[str, Any], meant: dict[str, str]) -> None:
    chosen = [row for row in ROWS if fits(row, **meant)]
    assert chosen
    answer = one_month(TOOL, ROWS, num_of_rows=1000, **asked)
    sales = of_kind(chosen, TOOL, "sale")
    assert answer["total_count"] == len(ROWS)
    assert answer["filtered_out_count"] == len(ROWS) - len(chosen)
    assert answer["cancelled_count"] == len(of_kind(chosen, TOOL, "cancelled"))
    assert answer["unparsed_count"] == len(of_kind(chosen, TOOL, "unparsed"))
    assert answer["summary"]["sample_count"] == len(sales) == answer["items_returned"]
    prices = [oracle.money(row, "dealAmount") for row in sales]
    assert answer["summary"]["median_price_10k"] == oracle.middle(prices)
    assert answer["filters"] == asked
    trend = call("get_price_trend", kept(), {"region_code": GANGNAM, "house_type": "apartment", **PERIOD, **asked})
    [point] = trend["points"]
    assert (point["sample_count"], point["median_price_10k"]) == (len(sales), oracle.middle(prices))
    assert point["filtered_out_count"] == answer["filtered_out_count"]


PERIOD = {"months": 1, "end_year_month": "202509"}


def kept() -> ListedSources:
    return ListedSources({("15126469", GANGNAM, "202509"): ROWS})


@pytest.mark.parametrize(
    "asked", [{"name": "없는 이름"}, {"dong": "없는동"}, {"area_min_sqm": 9999}, {"dong": "서초구 역삼동"}]
)
def test_filters_that_nothing_fits_give_an_empty_answer_that_says_what_was_left_out(asked: dict[str, Any]) -> None:
    answer = one_month(TOOL, ROWS, **asked)
    assert (answer["filtered_out_count"], answer["items"]) == (len(ROWS), [])
    assert (answer["summary"]["sample_count"], answer["summary"]["median_price_10k"]) == (0, None)
