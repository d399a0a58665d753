"""Public auctions: what Onbid is asked, amounts in won, and arguments that would find nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.tools.real_estate.auctions_lists import won, won_list
from tests.tools.listings.fakes import FakeSources, call, call_raw, text_of

MANY = settings(max_examples=100, deadline=None)
RESULTS, DETAIL, OFFER = "get_public_auction_items", "get_public_auction_item_detail", "get_onbid_thing_info_list"
ALL_KINDS = "0002,0003,0004,0005,0006,0007,0008,0010,0011,0013"
USUAL = {"cltrTypeCd": "0001", "prptDivCd": ALL_KINDS, "opbdDtStart": "20261025", "opbdDtEnd": "20261124"}
ON_OFFER = {"prptDivCd": ALL_KINDS, "pvctTrgtYn": "N"}
OBJECT = {"cltr_mng_no": "2026-0700-011223", "pbct_cdtn_no": "4410021"}
ROW = {
    "cltrMngNo": "2026-0700-011223",
    "pbctCdtnNo": 4410021,
    "onbidCltrNm": "경기도 김포시 가람동 11 대지",
    "lctnSdnm": "경기도",
    "lctnSggnm": "김포시",
    "lctnEmdNm": "가람동",
    "bldSqms": None,
    "apslEvlAmt": 182000000,
    "lowstBidPrcIndctCont": "127400000",
    "scfbAmt": "139100000",
}


@pytest.mark.parametrize(
    ("given_", "asked"),
    [
        ({}, {}),
        ({"cltr_type_cd": "0003"}, {"cltrTypeCd": "0003"}),
        ({"prpt_div_cd": "0007"}, {"prptDivCd": "0007"}),
        ({"prpt_div_cd": " 0007, 0010 ,0007,"}, {"prptDivCd": "0007,0010"}),
        ({"dsps_mthod_cd": "0002"}, {"dspsMthodCd": "0002"}),
        ({"bid_div_cd": "0001"}, {"bidDivCd": "0001"}),
        ({"lctn_sdnm": "경기도", "lctn_sggnm": "김포시"}, {"lctnSdnm": "경기도", "lctnSggnm": "김포시"}),
        ({"lctn_sdnm": "서울", "lctn_emd_nm": "역삼동"}, {"lctnSdnm": "서울특별시", "lctnEmdNm": "역삼동"}),
        ({"lctn_sdnm": "전북"}, {"lctnSdnm": "전북특별자치도"}),
        ({"lctn_sdnm": "전남광주통합특별시"}, {"lctnSdnm": "전남광주통합특별시"}),
        ({"lctn_sdnm": "광주"}, {"lctnSdnm": "광주"}),
        ({"opbd_dt_start": "20261001"}, {"opbdDtStart": "20261001"}),
        (
            {"opbd_dt_start": "2026-10-01", "opbd_dt_end": "2026-10-31"},
            {"opbdDtStart": "20261001", "opbdDtEnd": "20261031"},
        ),
        ({"opbd_dt_end": "20260131"}, {"opbdDtStart": "20260101", "opbdDtEnd": "20260131"}),
        ({"opbd_dt_start": "20261124", "opbd_dt_end": "20261124"}, {"opbdDtStart": "20261124"}),
        ({"opbd_dt_start": "20260824"}, {"opbdDtStart": "20260824"}),
        ({"apsl_evl_amt_start": 100_000_000}, {"apslEvlAmtStart": "100000000"}),
        ({"apsl_evl_amt_end": "300,000,000"}, {"apslEvlAmtEnd": "300000000"}),
        ({"lowst_bid_prc_start": 0, "lowst_bid_prc_end": 0}, {"lowstBidPrcStart": "0", "lowstBidPrcEnd": "0"}),
        ({"pbct_stat_cd": "0010"}, {"pbctStatCd": "0010"}),
        ({"onbid_cltr_nm": " 아파트 "}, {"onbidCltrNm": "아파트"}),
        (
            dict.fromkeys(
                ("cltr_type_cd", "prpt_div_cd", "dsps_mthod_cd", "bid_div_cd", "lctn_sdnm", "pbct_stat_cd"), ""
            ),
            {},
        ),
        (dict.fromkeys(("lctn_sggnm", "lctn_emd_nm", "opbd_dt_start", "opbd_dt_end", "onbid_cltr_nm"), " "), {}),
        (dict.fromkeys(("apsl_evl_amt_start", "apsl_evl_amt_end", "lowst_bid_prc_start", "lowst_bid_prc_end"), ""), {}),
        (dict.fromkeys(("prpt_div_cd", "opbd_dt_end", "apsl_evl_amt_start", "onbid_cltr_nm")), {}),
    ],
)
def test_bid_results_are_asked_with_what_onbid_requires_and_what_was_given(
    given_: dict[str, Any], asked: dict[str, str]
) -> None:
    sources = FakeSources(onbid_rows=[ROW])
    answer = call(sources, RESULTS, **given_)
    assert sources.asked == [("/B010003/OnbidCltrBidRsltListSrvc2/getCltrBidRsltList2", {**USUAL, **asked}, 1, 20)]
    assert answer["asked"] == {**USUAL, **asked}
    assert "data.go.kr 15157252" in answer["source"]


def test_today_is_todays_date_in_korea() -> None:
    evening = datetime(2026, 11, 30, 15, 30, tzinfo=UTC)  # half past midnight of December in Seoul
    result = call_raw(FakeSources(), RESULTS, {}, now=evening)
    assert result.structured_content is not None
    assert result.structured_content["asked"]["opbdDtEnd"] == "20261201"
    assert result.structured_content["asked"]["opbdDtStart"] == "20261101"


@pytest.mark.parametrize("number", [4410021, "4410021"])
def test_a_detail_is_asked_by_its_two_numbers(number: int | str) -> None:
    sources = FakeSources(onbid_rows=[ROW])
    answer = call(sources, DETAIL, cltr_mng_no="2026-0700-011223", pbct_cdtn_no=number, page_no=2, num_of_rows=5)
    assert sources.asked == [
        (
            "/B010003/OnbidCltrBidRsltDtlSrvc2/getCltrBidRsltDtl2",
            {"cltrMngNo": "2026-0700-011223", "pbctCdtnNo": "4410021"},
            2,
            5,
        )
    ]
    assert (answer["page_no"], answer["num_of_rows"], answer["total_count"], answer["items"]) == (2, 5, 1, [])
    assert "data.go.kr 15157254" in answer["source"]


@pytest.mark.parametrize(
    ("given_", "asked"),
    [
        ({}, {}),
        ({"dpsl_mtd_cd": "0001"}, {"dspsMthodCd": "0001"}),
        (
            {"ctgr_hirk_id": "10000", "ctgr_hirk_id_mid": "10200"},
            {"cltrUsgLclsCtgrId": "10000", "cltrUsgMclsCtgrId": "10200"},
        ),
        (
            {"sido": "경기", "sgk": "김포시", "emd": "운양동"},
            {"lctnSdnm": "경기도", "lctnSggnm": "김포시", "lctnEmdNm": "운양동"},
        ),
        ({"goods_price_from": 1, "goods_price_to": 2}, {"apslEvlAmtStart": "1", "apslEvlAmtEnd": "2"}),
        ({"open_price_from": "1", "open_price_to": "2"}, {"lowstBidPrcStart": "1", "lowstBidPrcEnd": "2"}),
        (
            {"pbct_begn_dtm": "20261201", "pbct_cls_dtm": "2026-12-31"},
            {"bidPrdYmdStart": "20261201", "bidPrdYmdEnd": "20261231"},
        ),
        ({"pbct_begn_dtm": "20261201"}, {"bidPrdYmdStart": "20261201"}),
        ({"pbct_cls_dtm": "20261231"}, {"bidPrdYmdEnd": "20261231"}),
        ({"cltr_nm": "아파트"}, {"onbidCltrNm": "아파트"}),
        ({"prpt_div_cd": "0007", "pvct_trgt_yn": "Y"}, {"prptDivCd": "0007", "pvctTrgtYn": "Y"}),
        (dict.fromkeys(("dpsl_mtd_cd", "ctgr_hirk_id", "ctgr_hirk_id_mid", "sido", "sgk", "emd", "cltr_nm"), ""), {}),
        (dict.fromkeys(("goods_price_from", "open_price_to", "pbct_begn_dtm", "pbct_cls_dtm", "pvct_trgt_yn"), ""), {}),
    ],
)
def test_the_arguments_of_the_closed_service_reach_its_successor(given_: dict[str, Any], asked: dict[str, str]) -> None:
    sources = FakeSources(onbid_rows=[ROW])
    answer = call(sources, OFFER, **given_)
    assert sources.asked == [("/B010003/OnbidRlstListSrvc2/getRlstCltrList2", {**ON_OFFER, **asked}, 1, 20)]
    assert answer["items"][0]["cltrMngNo"] == ROW["cltrMngNo"]
    assert "data.go.kr 15157207" in answer["source"]


@pytest.mark.parametrize("tool", [RESULTS, OFFER])
def test_the_page_asked_for_is_the_page_fetched(tool: str) -> None:
    rows = [{**ROW, "pbctCdtnNo": number} for number in range(45)]
    sources = FakeSources(onbid_rows=rows)
    answer = call(sources, tool, page_no=3, num_of_rows=20)
    assert [item["pbctCdtnNo"] for item in answer["items"]] == [40, 41, 42, 43, 44]
    assert (answer["total_count"], answer["page_no"], answer["num_of_rows"]) == (45, 3, 20)
    assert (answer["portal_calls_today"], answer["portal_calls_per_day"]) == (1, 1000)


def test_rows_come_back_as_they_came_with_four_fields_beside() -> None:
    item = call(FakeSources(onbid_rows=[ROW]), RESULTS)["items"][0]
    beside = {
        "appraisal_won": 182_000_000,
        "minimum_bid_won": 127_400_000,
        "winning_bid_won": [139_100_000],
        "location_masked": False,
    }
    assert item == {**ROW, **beside}


@pytest.mark.parametrize(
    ("upstream", "field", "expected"),
    [
        ({"lowstBidPrcIndctCont": "비공개"}, "minimum_bid_won", None),
        ({"lowstBidPrcIndctCont": "127,400,000"}, "minimum_bid_won", 127_400_000),
        ({"lowstBidPrcIndctCont": 0}, "minimum_bid_won", 0),
        ({"apslEvlAmt": None}, "appraisal_won", None),
        ({"apslEvlAmt": "182000000"}, "appraisal_won", 182_000_000),
        ({"apslEvlAmt": 182000000.0}, "appraisal_won", 182_000_000),
        ({"apslEvlAmt": 0.5}, "appraisal_won", None),
        ({"apslEvlAmt": -1}, "appraisal_won", None),
        ({"apslEvlAmt": True}, "appraisal_won", None),
        ({"apslEvlAmt": float("nan")}, "appraisal_won", None),
        ({"apslEvlAmt": "9" * 400}, "appraisal_won", None),
        ({"apslEvlAmt": {"a": 1}}, "appraisal_won", None),
        ({"scfbAmt": None}, "winning_bid_won", None),
        ({"scfbAmt": ""}, "winning_bid_won", None),
        ({"scfbAmt": "-"}, "winning_bid_won", None),
        ({"scfbAmt": 139100000}, "winning_bid_won", [139_100_000]),
        ({"scfbAmt": "139100000|120,000,000"}, "winning_bid_won", [139_100_000, 120_000_000]),
        ({"scfbAmt": "139100000|비공개"}, "winning_bid_won", None),
        ({"lctnEmdNm": "가*동"}, "location_masked", True),
        ({"lctnSggnm": "***"}, "location_masked", True),
        ({"onbidCltrNm": "경기도 김포시 ○○동"}, "location_masked", True),
        ({"lctnEmdNm": None}, "location_masked", False),
        ({"appraisal_won": "not yours", "location_masked": "x"}, "appraisal_won", 182_000_000),
    ],
)
def test_what_cannot_be_read_is_null_and_never_zero(upstream: dict[str, Any], field: str, expected: Any) -> None:
    assert call(FakeSources(onbid_rows=[{**ROW, **upstream}]), RESULTS)["items"][0][field] == expected


@MANY
@given(st.lists(st.integers(0, 10**17), min_size=1, max_size=6))
def test_amounts_survive_being_written_with_and_without_commas(amounts: list[int]) -> None:
    assert [won(f"{amount:,}") for amount in amounts] == [won(str(amount)) for amount in amounts] == amounts
    assert won_list("|".join(map(str, amounts))) == tuple(amounts)


def test_the_text_counts_and_names_the_first_objects() -> None:
    rows = [ROW, {**ROW, "lowstBidPrcIndctCont": "비공개"}]
    assert text_of(FakeSources(onbid_rows=rows), RESULTS, {}) == (
        "2 objects fit; page 1: 2. Amounts are in won. 경기도 김포시 가람동 11 대지 (minimum bid 127,400,000); "
        "경기도 김포시 가람동 11 대지 (minimum bid -)"
    )
    assert text_of(FakeSources(onbid_rows=[ROW]), OFFER, {}, locale="ko") == (
        "조건에 맞는 공매 물건 1건 중 1쪽 1건(금액 단위: 원). 경기도 김포시 가람동 11 대지 (최저입찰가 127,400,000)"
    )
    assert text_of(FakeSources(), RESULTS, {}) == "0 objects fit; page 1: 0. Amounts are in won."
    assert text_of(FakeSources(), RESULTS, {}, sample=True).startswith("SAMPLE DATA, not real. ")


def test_an_empty_detail_says_why() -> None:
    assert "only for objects whose round has ended" in text_of(FakeSources(), DETAIL, OBJECT)
    assert "입찰이 끝난 물건" in text_of(FakeSources(), DETAIL, OBJECT, locale="ko")
