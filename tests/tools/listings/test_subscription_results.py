"""Subscription statistics: six kinds, filters that exist, figures untouched."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from app.errors import ToolError
from tests.tools.listings.fakes import FakeSources, call, call_raw, text_of

RESULTS = "get_apt_subscription_results"
OPERATIONS = {
    "reqst_area": "getAPTReqstAreaStat",
    "reqst_age": "getAPTReqstAgeStat",
    "przwner_area": "getAPTPrzwnerAreaStat",
    "przwner_age": "getAPTPrzwnerAgeStat",
    "cmpetrt_area": "getAPTCmpetrtAreaStat",
    "aps_przwner": "getAPTApsPrzwnerStat",
}
RATES = [
    {
        "STAT_DE": month,
        "SUBSCRPT_AREA_CODE": area,
        "SUBSCRPT_AREA_CODE_NM": name,
        "SPSPLY_CMPET_RATE": "40.1",
        "SUPLY_CMPET_RATE": "120",
        "SUPLY_HSHLDCO": 260,
        "SPSPLY_REQ_CNT": None,
    }
    for month in ("202608", "202609", 202610)
    for area, name in (("100", "서울"), ("410", "경기"))
]
SCORES = [
    {"STAT_DE": "202609", "SUBSCRPT_AREA_CODE": "100", "RESIDE_SECD": residence, "AVRG_SCORE": "61.20"}
    for residence in ("01", "02")
]


def over(**switches: Any) -> FakeSources:
    return FakeSources({"getAPTCmpetrtAreaStat": RATES, "getAPTApsPrzwnerStat": SCORES}, **switches)


@pytest.mark.parametrize(("kind", "operation"), OPERATIONS.items())
def test_each_kind_is_its_own_operation(kind: str, operation: str) -> None:
    sources = FakeSources({operation: [{"STAT_DE": "202609", "AGE_30": "1204"}]})
    answer = call(sources, RESULTS, stat_kind=kind)
    assert sources.asked == [(f"/api/ApplyhomeStatSvc/v1/{operation}", {}, 1, 100)]
    assert answer["items"] == [{"STAT_DE": "202609", "AGE_30": "1204"}]
    assert answer["stat_kind"] == kind
    assert "data.go.kr 15110812" in answer["source"]


@pytest.mark.parametrize(
    ("arguments", "conditions", "rows"),
    [
        ({}, {}, RATES),
        ({"stat_year_month": "202609"}, {"STAT_DE::EQ": "202609"}, RATES[2:4]),
        ({"stat_year_month": "202610"}, {"STAT_DE::EQ": "202610"}, RATES[4:]),
        ({"area_code": "100"}, {"SUBSCRPT_AREA_CODE::EQ": "100"}, RATES[::2]),
        ({"area_code": "경기도"}, {"SUBSCRPT_AREA_CODE::EQ": "410"}, RATES[1::2]),
        (
            {"area_code": "서울", "stat_year_month": "202608"},
            {"STAT_DE::EQ": "202608", "SUBSCRPT_AREA_CODE::EQ": "100"},
            RATES[:1],
        ),
        ({"area_code": "", "stat_year_month": " ", "reside_secd": "", "return_type": ""}, {}, RATES),
        ({"area_code": None, "stat_year_month": None, "reside_secd": None}, {}, RATES),
        ({"stat_year_month": "202611"}, {"STAT_DE::EQ": "202611"}, []),
    ],
)
def test_filters_are_equalities_and_rows_come_back_untouched(
    arguments: dict[str, Any], conditions: dict[str, str], rows: list[dict[str, Any]]
) -> None:
    sources = over()
    answer = call(sources, RESULTS, stat_kind="cmpetrt_area", **arguments)
    assert sources.asked[0][1] == conditions
    assert answer["items"] == rows
    assert (answer["match_count"], answer["current_count"], answer["total_count"]) == (len(rows), len(rows), len(RATES))
    assert answer["area_code"] == conditions.get("SUBSCRPT_AREA_CODE::EQ")
    assert answer["stat_year_month"] == conditions.get("STAT_DE::EQ")


def test_the_page_asked_for_is_the_page_fetched() -> None:
    sources = over()
    answer = call(sources, RESULTS, stat_kind="cmpetrt_area", page=2, per_page=4)
    assert sources.asked[0][2:] == (2, 4)
    assert answer["items"] == RATES[4:]
    assert (answer["page"], answer["per_page"], answer["current_count"], answer["match_count"]) == (2, 4, 2, 6)


def test_residence_is_a_filter_of_the_winning_scores() -> None:
    answer = call(over(), RESULTS, stat_kind="aps_przwner", reside_secd="01", area_code="서울")
    assert answer["items"] == SCORES[:1]
    assert answer["reside_secd"] == "01"


@pytest.mark.parametrize("filters", [{"stat_year_month": "202609"}, {"area_code": "100"}])
def test_a_filter_that_the_portal_ignored_is_no_answer(filters: dict[str, str]) -> None:
    with pytest.raises(ToolError, match="The portal ignored a filter"):
        call(over(deaf=True), RESULTS, stat_kind="cmpetrt_area", **filters)


def test_the_month_is_that_of_korea() -> None:
    new_year = datetime(2026, 12, 31, 15, 30, tzinfo=UTC)  # half past midnight of January in Seoul
    call_raw(over(), RESULTS, {"stat_kind": "reqst_age", "stat_year_month": "202701"}, now=new_year)
    with pytest.raises(ToolError, match="stat_year_month: is in the future; it is 202701 in Korea"):
        call_raw(over(), RESULTS, {"stat_kind": "reqst_age", "stat_year_month": "202702"}, now=new_year)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"stat_kind": "winners"}, "stat_kind: .*'reqst_area', 'reqst_age', .*'cmpetrt_area' or 'aps_przwner'"),
        ({"stat_kind": ""}, "stat_kind: "),
        ({"stat_kind": None}, "stat_kind: "),
        ({"stat_kind": "x" * 10_000}, "stat_kind: "),
        ({"stat_year_month": "2026-09"}, "stat_year_month: must be a month as YYYYMM"),
        ({"stat_year_month": "202613"}, "stat_year_month: "),
        ({"stat_year_month": "202600"}, "stat_year_month: "),
        ({"stat_year_month": "20269"}, "stat_year_month: "),
        ({"stat_year_month": "190001"}, "stat_year_month: "),
        ({"stat_year_month": "20٢٦09"}, "stat_year_month: must be a month as YYYYMM"),
        ({"stat_year_month": "202612"}, "stat_year_month: is in the future"),
        ({"stat_year_month": "209901"}, "stat_year_month: is in the future"),
        ({"stat_year_month": "x" * 10_000}, "stat_year_month: "),
        ({"stat_year_month": 202609}, "stat_year_month: "),
        ({"area_code": "01"}, "area_code: .*01 matches nothing.*100 서울"),
        ({"area_code": "11"}, "area_code: "),
        ({"area_code": "Seoul"}, "area_code: "),
        ({"area_code": "x" * 10_000}, "area_code: "),
        ({"stat_kind": "reqst_age", "area_code": "100"}, "area_code: reqst_age has no areas"),
        ({"stat_kind": "przwner_age", "area_code": "100"}, "area_code: przwner_age has no areas"),
        ({"reside_secd": "01"}, "reside_secd: exists only for the stat_kind aps_przwner"),
        ({"stat_kind": "aps_przwner", "reside_secd": "1"}, "reside_secd: must be two digits"),
        ({"stat_kind": "aps_przwner", "reside_secd": "해당지역"}, "reside_secd: must be two digits"),
        ({"stat_kind": "aps_przwner", "reside_secd": "x" * 10_000}, "reside_secd: "),
        ({"page": 0}, "page: "),
        ({"page": 10**9}, "page: "),
        ({"per_page": 0}, "per_page: "),
        ({"per_page": -5}, "per_page: "),
        ({"per_page": 10**9}, "per_page: "),
        ({"return_type": "XML"}, "return_type: only JSON works"),
        ({"region": "서울"}, "region: "),
    ],
)
def test_unusable_arguments_are_refused_by_name_before_the_portal_is_asked(
    arguments: dict[str, Any], said: str
) -> None:
    sources = over()
    with pytest.raises(ToolError, match=said) as refusal:
        call(sources, RESULTS, **{"stat_kind": "cmpetrt_area", **arguments})
    assert not sources.asked
    assert len(str(refusal.value)) < 500


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"stat_kind": "reqst_age", "area_code": "100"}, "지역이 없습니다"),
        ({"stat_kind": "reqst_age", "reside_secd": "01"}, "aps_przwner일 때만"),
        ({"stat_kind": "aps_przwner", "reside_secd": "1"}, "두 자리 숫자"),
        ({"stat_kind": "reqst_age", "stat_year_month": "x"}, "YYYYMM 형식"),
        ({"stat_kind": "reqst_age", "stat_year_month": "202612"}, "미래의 달"),
    ],
)
def test_refusals_are_korean_for_korean_callers(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ToolError, match=said):
        call_raw(over(), RESULTS, arguments, locale="ko")


def test_the_text_counts_and_says_when_an_empty_month_may_come() -> None:
    assert text_of(over(), RESULTS, {"stat_kind": "cmpetrt_area"}) == "cmpetrt_area: 6 rows fit; page 1: 6."
    assert text_of(over(), RESULTS, {"stat_kind": "cmpetrt_area"}, locale="ko") == (
        "cmpetrt_area: 조건에 맞는 6건 중 1쪽 6건."
    )
    empty = {"stat_kind": "cmpetrt_area", "stat_year_month": "202611"}
    assert text_of(over(), RESULTS, empty).endswith("published about the 26th; an earlier one may be there.")
    assert "26일 무렵" in text_of(over(), RESULTS, empty, locale="ko")
    assert text_of(over(), RESULTS, empty, sample=True).startswith("SAMPLE DATA, not real. ")
