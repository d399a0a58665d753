"""Public auctions: arguments that cannot be used, and arguments that would find nothing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import ToolError
from tests.tools.listings.fakes import NOW, FakeSources, call, call_raw

RESULTS, DETAIL, OFFER = "get_public_auction_items", "get_public_auction_item_detail", "get_onbid_thing_info_list"
OBJECT = {"cltr_mng_no": "2026-0700-011223", "pbct_cdtn_no": "4410021"}

BAD_EVERYWHERE = [
    ("page_no", 0),
    ("page_no", -1),
    ("page_no", 10**9),
    ("page_no", "x"),
    ("page_no", None),
    ("num_of_rows", 0),
    ("num_of_rows", 1001),
    ("num_of_rows", 2.5),
    ("surprise", 1),
]
BAD_RESULTS: list[tuple[str, Any]] = [
    ("cltr_type_cd", "0004"),
    ("cltr_type_cd", 1),
    ("prpt_div_cd", "0001"),
    ("prpt_div_cd", "0007;0010"),
    ("prpt_div_cd", ","),
    ("prpt_div_cd", 7),
    ("prpt_div_cd", "x" * 10_000),
    ("dsps_mthod_cd", "0003"),
    ("bid_div_cd", "인터넷"),
    ("bid_div_cd", "0" * 10_000),
    *(
        (field, value)
        for field in ("lctn_sdnm", "lctn_sggnm", "lctn_emd_nm", "onbid_cltr_nm")
        for value in (1, "x" * 10_000)
    ),
    ("opbd_dt_start", "20261301"),
    ("opbd_dt_start", "20260229"),
    ("opbd_dt_start", "00010101"),
    ("opbd_dt_start", "29991231"),
    ("opbd_dt_start", 20261001),
    ("opbd_dt_start", "20260823"),
    ("opbd_dt_start", "20261125"),
    ("opbd_dt_end", "20261125"),
    ("opbd_dt_end", "yesterday"),
    ("opbd_dt_end", "x" * 10_000),
    *(
        (field, value)
        for field in ("apsl_evl_amt_start", "apsl_evl_amt_end", "lowst_bid_prc_start", "lowst_bid_prc_end")
        for value in (-1, "-1", 10**16, 10**400, 1.5, "many", "x" * 10_000, float("inf"))
    ),
    ("pbct_stat_cd", "0101"),
    ("pbct_stat_cd", "낙찰"),
]
BAD_DETAIL: list[tuple[str, Any]] = [
    ("cltr_mng_no", ""),
    ("cltr_mng_no", None),
    ("cltr_mng_no", "2026 0700"),
    ("cltr_mng_no", "2026-0700&serviceKey=x"),
    ("cltr_mng_no", "1" * 41),
    ("cltr_mng_no", "1" * 10_000),
    ("cltr_mng_no", 5),
    ("pbct_cdtn_no", ""),
    ("pbct_cdtn_no", None),
    ("pbct_cdtn_no", -1),
    ("pbct_cdtn_no", 0),
    ("pbct_cdtn_no", 1.5),
    ("pbct_cdtn_no", True),
    ("pbct_cdtn_no", 10**400),
    ("pbct_cdtn_no", "44x"),
    ("pbct_cdtn_no", "4" * 10_000),
]
BAD_OFFER: list[tuple[str, Any]] = [
    ("dpsl_mtd_cd", "매각"),
    ("ctgr_hirk_id", "부동산"),
    ("ctgr_hirk_id", 10000),
    ("ctgr_hirk_id", "1" * 10_000),
    ("ctgr_hirk_id_mid", "10-200"),
    *((field, value) for field in ("sido", "sgk", "emd", "cltr_nm") for value in (1, [], "x" * 10_000)),
    *(
        (field, value)
        for field in ("goods_price_from", "goods_price_to", "open_price_from", "open_price_to")
        for value in (-1, "-5", 10**16, "1억", "x" * 10_000)
    ),
    ("pbct_begn_dtm", "202612"),
    ("pbct_begn_dtm", "20261232"),
    ("pbct_cls_dtm", "29991231"),
    ("pbct_cls_dtm", "x" * 10_000),
    ("prpt_div_cd", "0009"),
    ("pvct_trgt_yn", "yes"),
]


@pytest.mark.parametrize(
    ("tool", "argument", "value"),
    [
        *((tool, *bad) for tool in (RESULTS, DETAIL, OFFER) for bad in BAD_EVERYWHERE),
        *((RESULTS, *bad) for bad in BAD_RESULTS),
        *((DETAIL, *bad) for bad in BAD_DETAIL),
        *((OFFER, *bad) for bad in BAD_OFFER),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_unusable_arguments_are_refused_by_name_before_onbid_is_asked(tool: str, argument: str, value: Any) -> None:
    sources = FakeSources()
    arguments = {**OBJECT, argument: value} if tool == DETAIL else {argument: value}
    with pytest.raises(ToolError) as refusal:
        call(sources, tool, **arguments)
    assert f"{argument}: " in str(refusal.value)
    assert len(str(refusal.value)) < 300
    assert not sources.asked


@pytest.mark.parametrize(
    ("tool", "first", "last", "values"),
    [
        (RESULTS, "apsl_evl_amt_start", "apsl_evl_amt_end", (2, 1)),
        (RESULTS, "lowst_bid_prc_start", "lowst_bid_prc_end", (2, 0)),
        (RESULTS, "opbd_dt_start", "opbd_dt_end", ("20261002", "20261001")),
        (OFFER, "goods_price_from", "goods_price_to", (2, 1)),
        (OFFER, "open_price_from", "open_price_to", (2, 1)),
        (OFFER, "pbct_begn_dtm", "pbct_cls_dtm", ("20261202", "20261201")),
    ],
)
def test_a_range_that_ends_before_it_starts_is_refused(
    tool: str, first: str, last: str, values: tuple[Any, Any]
) -> None:
    sources = FakeSources()
    with pytest.raises(ToolError, match=f"{first}: is after {last}"):
        call(sources, tool, **{first: values[0], last: values[1]})
    with pytest.raises(ToolError, match=f"{first}: {last}보다 뒤"):
        call_raw(sources, tool, {first: values[0], last: values[1]}, locale="ko")
    assert not sources.asked


@pytest.mark.parametrize(
    ("arguments", "english", "korean"),
    [
        ({"opbd_dt_end": "20261125"}, "is in the future, and results are of the past. It is 20261124", "지금 20261124"),
        ({"opbd_dt_start": "20260101"}, "more than 92 days", "92일 넘게"),
        ({"prpt_div_cd": "0001"}, "0002 공유, .*0013 파산", "0002 공유, .*0013 파산"),
    ],
)
def test_refusals_say_the_limit_in_the_language_asked_for(arguments: dict[str, Any], english: str, korean: str) -> None:
    with pytest.raises(ToolError, match=english):
        call_raw(FakeSources(), RESULTS, arguments)
    with pytest.raises(ToolError, match=korean):
        call_raw(FakeSources(), RESULTS, arguments, locale="ko")


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 400), st.integers(0, 400))
def test_a_range_is_asked_exactly_when_it_is_past_ordered_and_at_most_92_days(ago: int, length: int) -> None:
    end = NOW.date() - timedelta(days=ago - 30)
    start = end - timedelta(days=length - 30)
    sources = FakeSources()
    arguments = {"opbd_dt_start": f"{start:%Y%m%d}", "opbd_dt_end": f"{end:%Y%m%d}"}
    if end <= date(2026, 11, 24) and 0 <= (end - start).days <= 92:
        assert call(sources, RESULTS, **arguments)["asked"]["opbdDtStart"] == f"{start:%Y%m%d}"
    else:
        with pytest.raises(ToolError, match=r"opbd_dt_(start|end): "):
            call(sources, RESULTS, **arguments)
        assert not sources.asked
