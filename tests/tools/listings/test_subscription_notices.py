"""Subscription notices: the newest first whatever order the portal has, and counts that mean what they say."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import ToolError
from app.tools.real_estate.subscription_areas import AREAS
from app.tools.real_estate.subscription_notices import MOST_UPSTREAM_PAGES, UPSTREAM_ROWS
from tests.tools.listings.fakes import FakeSources, call, call_raw, text_of

INFO = "get_apt_subscription_info"
APT = "getAPTLttotPblancDetail"
FIRST_DAY = date(2020, 2, 3)


def notice(number: int, day: str | None, area: str | int | None = "410", **fields: Any) -> dict[str, Any]:
    return {
        "HOUSE_MANAGE_NO": f"20260{number:05}",
        "PBLANC_NO": f"20260{number:05}",
        "HOUSE_NM": f"새봄더포레 {number}차",
        "SUBSCRPT_AREA_CODE": area,
        "SUBSCRPT_AREA_CODE_NM": AREAS.get(str(area)),
        "RCRIT_PBLANC_DE": day,
        "TOT_SUPLY_HSHLDCO": 412,
        "GNRL_RNK1_ETC_GG_RCPTDE": None,
        **fields,
    }


def many(count: int) -> list[dict[str, Any]]:
    """Notices in an order of no use: days and areas take turns."""
    areas = list(AREAS)
    return [
        notice(index, (FIRST_DAY + timedelta(days=index * 37 % 2400)).isoformat(), areas[index % len(areas)])
        for index in range(count)
    ]


def over(rows: list[dict[str, Any]], **switches: Any) -> FakeSources:
    return FakeSources(odcloud_rows={APT: rows}, **switches)


def test_without_filters_the_newest_page_of_everything_comes_first() -> None:
    rows = many(2_884)
    sources = over(rows)
    answer = call(sources, INFO)
    days = sorted((row["RCRIT_PBLANC_DE"] for row in rows), reverse=True)
    assert [item["RCRIT_PBLANC_DE"] for item in answer["items"]] == days[:100]
    assert (answer["total_count"], answer["match_count"], answer["current_count"]) == (2_884, 2_884, 100)
    assert (answer["page"], answer["per_page"], answer["house_kind"]) == (1, 100, "apt")
    assert [page for _, _, page, _ in sources.asked] == [1, 2, 3]
    assert {path for path, *_ in sources.asked} == {f"/api/ApplyhomeInfoDetailSvc/v1/{APT}"}


def test_the_pages_together_are_every_notice_once() -> None:
    sources = over(many(230))
    pages = [call(sources, INFO, page=page, per_page=50) for page in range(1, 7)]
    assert [page["current_count"] for page in pages] == [50, 50, 50, 50, 30, 0]
    assert {page["match_count"] for page in pages} == {230}
    numbers = [item["PBLANC_NO"] for page in pages for item in page["items"]]
    assert len(numbers) == len(set(numbers)) == 230


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from(["100", "410", None])), max_size=30),
    st.sampled_from([None, "100", "410"]),
    st.none() | st.integers(0, 60),
    st.none() | st.integers(0, 60),
    st.booleans(),
)
def test_filters_give_what_counting_by_hand_gives_even_when_the_portal_ignores_them(
    rows: list[tuple[int, str | None]], area: str | None, start: int | None, end: int | None, deaf: bool
) -> None:
    if start is not None and end is not None and start > end:
        start, end = end, start
    notices = [
        notice(index, (FIRST_DAY + timedelta(days=day)).isoformat(), code) for index, (day, code) in enumerate(rows)
    ]
    arguments: dict[str, Any] = {
        "area": area,
        "notice_from": None if start is None else (FIRST_DAY + timedelta(days=start)).isoformat(),
        "notice_to": None if end is None else (FIRST_DAY + timedelta(days=end)).isoformat(),
    }
    if deaf and area and notices and not any(code for _, code in rows):
        return  # refused, see below
    answer = call(over(notices, deaf=deaf), INFO, **arguments)
    by_hand = [
        index
        for index, (day, code) in enumerate(rows)
        if (area is None or code == area) and (start is None or day >= start) and (end is None or day <= end)
    ]
    assert sorted(item["PBLANC_NO"] for item in answer["items"]) == [f"20260{index:05}" for index in by_hand]
    assert answer["match_count"] == len(by_hand)
    assert answer["total_count"] == len(rows)


def test_the_filters_are_sent_to_the_portal_in_its_own_words() -> None:
    sources = over([notice(1, "2026-10-30")])
    call(sources, INFO, area="경기도", notice_from="2026-09-01", notice_to="20261031")
    assert sources.asked[0][1] == {
        "SUBSCRPT_AREA_CODE::EQ": "410",
        "RCRIT_PBLANC_DE::GTE": "2026-09-01",
        "RCRIT_PBLANC_DE::LTE": "2026-10-31",
    }


@pytest.mark.parametrize(
    ("kind", "operation"),
    [
        ("apt", "getAPTLttotPblancDetail"),
        ("", "getAPTLttotPblancDetail"),
        ("officetel", "getUrbtyOfctlLttotPblancDetail"),
        ("public_rental", "getPblPvtRentLttotPblancDetail"),
        ("remainder", "getRemndrLttotPblancDetail"),
        ("optional_supply", "getOPTLttotPblancDetail"),
    ],
)
def test_each_kind_of_house_is_its_own_operation(kind: str, operation: str) -> None:
    sources = FakeSources(odcloud_rows={operation: [notice(7, "2026-11-02")]})
    answer = call(sources, INFO, house_kind=kind)
    assert sources.asked[0][0] == f"/api/ApplyhomeInfoDetailSvc/v1/{operation}"
    assert answer["match_count"] == 1
    assert answer["house_kind"] == (kind or "apt")
    assert "data.go.kr 15098547" in answer["source"]
    assert "15101046" not in str(answer)


def test_a_code_that_comes_as_a_number_fits_too() -> None:
    assert call(over([notice(1, "2026-10-30", 410)]), INFO, area="410")["match_count"] == 1


def test_empty_texts_count_as_not_given() -> None:
    answer = call(over(many(3)), INFO, area="", notice_from=" ", notice_to="", house_kind="", return_type="")
    assert (answer["match_count"], answer["area_code"], answer["notice_from"]) == (3, None, None)


def test_undated_notices_are_kept_and_come_last() -> None:
    rows = [notice(1, None), notice(2, "2026-10-30"), notice(3, ""), notice(4, "2026-11-01")]
    assert [item["PBLANC_NO"][-1] for item in call(over(rows), INFO)["items"]][:2] == ["4", "2"]
    assert call(over(rows), INFO)["match_count"] == 4
    assert call(over(rows, deaf=True), INFO, notice_to="2026-10-31")["match_count"] == 1


def test_rows_come_back_as_they_came() -> None:
    row = notice(1, "2026-10-30", UNKNOWN="새 항목", PARCPRC_ULS_AT="Y", EMPTY="")
    assert call(over([row]), INFO)["items"] == [row]


def test_a_row_repeated_because_pages_shifted_is_counted_once() -> None:
    rows = many(UPSTREAM_ROWS)
    answer = call(over([*rows, rows[-1]]), INFO)
    assert (answer["match_count"], answer["total_count"]) == (UPSTREAM_ROWS, UPSTREAM_ROWS + 1)


def test_a_portal_that_caps_its_pages_in_silence_is_still_read_to_the_end() -> None:
    assert call(over(many(1_050), page_cap=100), INFO)["match_count"] == 1_050


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        (over(many(20), page_cap=10, short=10), "did not deliver the notices it counted"),
        (over(many(MOST_UPSTREAM_PAGES * 2 + 1), page_cap=2), "more notices fit than this server reads"),
    ],
)
def test_what_is_not_whole_is_no_answer(sources: FakeSources, said: str) -> None:
    with pytest.raises(ToolError, match=said):
        call(sources, INFO)


def test_the_oldest_page_dates_the_answer() -> None:
    sources = over(many(2_500))
    answer = call(sources, INFO)
    assert answer["data_as_of"] == "2026-11-24T00:27:00+09:00"  # the third page, in the fake the earliest
    assert (answer["portal_calls_today"], answer["portal_calls_per_day"], answer["sample"]) == (3, 1000, False)


@pytest.mark.parametrize(
    ("argument", "rows"),
    [("area", [{"PBLANC_NO": "1", "RCRIT_PBLANC_DE": "2026-10-30"}]), ("notice_from", [{"PBLANC_NO": "1"}])],
)
def test_a_filter_on_a_field_the_rows_do_not_have_is_refused(argument: str, rows: list[dict[str, Any]]) -> None:
    value = {"area": "100", "notice_from": "2026-01-01"}[argument]
    with pytest.raises(ToolError, match=f"{argument}.*: notices of this house_kind do not carry"):
        call(over(rows, deaf=True), INFO, **{argument: value})


def test_the_text_counts_and_names_the_newest_in_both_languages() -> None:
    rows = [notice(1, "2026-10-30"), notice(2, "2026-11-02"), notice(3, "2026-11-03", "100")]
    english = text_of(over(rows), INFO, {"area": "410"})
    assert english == (
        "2 notices fit (apt, 경기); page 1: 2, newest first. 2026-11-02 새봄더포레 2차 (경기); "
        "2026-10-30 새봄더포레 1차 (경기)"
    )
    assert text_of(over(rows), INFO, {"area": "410"}, locale="ko").startswith(
        "조건에 맞는 청약 공고, 경기 2건 중 1쪽 2건. "
    )


def test_sample_data_says_so_everywhere() -> None:
    result = call_raw(over(many(1)), INFO, {}, sample=True)
    assert result.structured_content is not None
    assert result.structured_content["sample"] is True
    assert "made-up" in result.structured_content["source"]
    assert text_of(over(many(1)), INFO, {}, sample=True).startswith("SAMPLE DATA, not real. ")
    assert text_of(over(many(1)), INFO, {}, sample=True, locale="ko").startswith("예시 데이터이며 실제가 아닙니다. ")
