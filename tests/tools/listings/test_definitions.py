"""What a client reads of the listing tools before it calls one."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest

from app.tools.real_estate.auctions import AUCTION_DATASETS
from app.tools.real_estate.subscription import SUBSCRIPTION_DATASETS
from tests.tools.listings.fakes import FakeSources, call, tools_of

ONBID_OBJECT = {"cltr_mng_no": "2026-0700-011223", "pbct_cdtn_no": 4410021}
USES = [{"ctgrId": "10100", "ctgrNm": "토지", "upCtgrId": "10000", "upCtgrNm": "부동산"}]
PLACE = {"sdnm": "경기도", "sggnm": "김포시", "emdNm": "운양동", "dtlAddr": "1"}
PAGE = {"page", "per_page", "return_type"}
ONBID_PAGE = {"page_no", "num_of_rows"}

REQUIRED: dict[str, dict[str, Any]] = {
    "get_apt_subscription_info": {},
    "get_apt_subscription_results": {"stat_kind": "reqst_age"},
    "get_public_auction_items": {},
    "get_public_auction_item_detail": ONBID_OBJECT,
    "get_onbid_thing_info_list": {},
    "get_onbid_top_code_info": {},
    "get_onbid_middle_code_info": {"ctgr_id": "10000"},
    "get_onbid_bottom_code_info": {"ctgr_id": "10100"},
    "get_onbid_addr1_info": {},
    "get_onbid_addr2_info": {"addr1": "경기도"},
    "get_onbid_addr3_info": {"addr2": "김포시"},
    "get_onbid_dtl_addr_info": {"addr3": "운양동"},
}
ARGUMENTS: dict[str, set[str]] = {
    "get_apt_subscription_info": PAGE | {"area", "notice_from", "notice_to", "house_kind"},
    "get_apt_subscription_results": PAGE | {"stat_kind", "stat_year_month", "area_code", "reside_secd"},
    "get_public_auction_items": ONBID_PAGE
    | {"cltr_type_cd", "prpt_div_cd", "dsps_mthod_cd", "bid_div_cd", "lctn_sdnm", "lctn_sggnm", "lctn_emd_nm"}
    | {"opbd_dt_start", "opbd_dt_end", "apsl_evl_amt_start", "apsl_evl_amt_end"}
    | {"lowst_bid_prc_start", "lowst_bid_prc_end", "pbct_stat_cd", "onbid_cltr_nm"},
    "get_public_auction_item_detail": ONBID_PAGE | {"cltr_mng_no", "pbct_cdtn_no"},
    "get_onbid_thing_info_list": ONBID_PAGE
    | {"dpsl_mtd_cd", "ctgr_hirk_id", "ctgr_hirk_id_mid", "sido", "sgk", "emd", "goods_price_from", "goods_price_to"}
    | {"open_price_from", "open_price_to", "pbct_begn_dtm", "pbct_cls_dtm", "cltr_nm", "prpt_div_cd", "pvct_trgt_yn"},
    "get_onbid_top_code_info": ONBID_PAGE,
    "get_onbid_middle_code_info": ONBID_PAGE | {"ctgr_id"},
    "get_onbid_bottom_code_info": ONBID_PAGE | {"ctgr_id"},
    "get_onbid_addr1_info": ONBID_PAGE,
    "get_onbid_addr2_info": ONBID_PAGE | {"addr1"},
    "get_onbid_addr3_info": ONBID_PAGE | {"addr2", "addr1"},
    "get_onbid_dtl_addr_info": ONBID_PAGE | {"addr3", "addr1", "addr2"},
}
DEFAULTS = {"page": 1, "per_page": 100, "return_type": "JSON", "page_no": 1}
RESULT_KEYS = {
    "get_apt_subscription_info": PAGE - {"return_type"} | {"total_count", "items", "current_count", "match_count"},
    "get_apt_subscription_results": PAGE - {"return_type"}
    | {"stat_kind", "total_count", "items", "current_count", "match_count"},
}
STAMP = {"source", "data_as_of", "sample", "portal_calls_today", "portal_calls_per_day"}


def test_there_are_twelve_tools() -> None:
    assert set(tools_of()) == set(REQUIRED)


@pytest.mark.parametrize("name", REQUIRED)
def test_the_definition_tells_a_client_what_it_needs(name: str) -> None:
    tool = tools_of()[name]
    definition = tool.definition
    assert tool.scope == "read"
    assert definition.annotations is not None
    assert definition.annotations.model_dump(exclude_none=True) == {
        "read_only_hint": True,
        "destructive_hint": False,
        "idempotent_hint": True,
        "open_world_hint": True,
    }
    description = definition.description or ""
    assert description.startswith("Use this for ")
    assert not re.search(r"\b(must|always|never|call|first call|then call|do not|don't)\b", description, re.IGNORECASE)
    assert set(definition.input_schema["properties"]) == ARGUMENTS[name]
    required = set() if name == "get_onbid_addr3_info" else set(REQUIRED[name])  # there one of two is enough
    assert set(definition.input_schema.get("required", ())) == required
    jsonschema.Draft202012Validator.check_schema(definition.input_schema)
    jsonschema.Draft202012Validator.check_schema(definition.output_schema)


@pytest.mark.parametrize("name", REQUIRED)
def test_every_argument_is_described_bounded_and_has_the_usual_default(name: str) -> None:
    schema = tools_of()[name].definition.input_schema
    for argument, field in schema["properties"].items():
        assert field["description"], argument
        if argument not in schema.get("required", ()):
            assert field["default"] == DEFAULTS.get(argument, field["default"]), argument
        for kind in field.get("anyOf", [field]):
            bounded = {"enum", "maxLength", "maximum", "pattern"} & set(kind) or kind.get("type") in ("null", None)
            assert bounded or argument == "pbct_cdtn_no", (argument, kind)
    usual = 100 if "code_info" in name or "addr" in name else 20
    if "num_of_rows" in schema["properties"]:
        assert schema["properties"]["num_of_rows"]["default"] == usual


@pytest.mark.parametrize("name", REQUIRED)
def test_a_usual_call_keeps_both_schemas_and_says_where_the_data_is_from(name: str) -> None:
    operations = [dataset.path.rsplit("/", 1)[1] for dataset in SUBSCRIPTION_DATASETS]
    sources = FakeSources(
        {operation: [{"STAT_DE": "202609"}] for operation in operations},
        [{"cltrMngNo": "1"}],
        {"getOnbidUsgCodeInfo": USES, "getOnbidDtlAddrInfo": [PLACE]},
    )
    jsonschema.validate(REQUIRED[name], tools_of()[name].definition.input_schema)
    answer = call(sources, name, **REQUIRED[name])
    assert STAMP | RESULT_KEYS.get(name, ONBID_PAGE | {"total_count", "items"}) <= set(answer)
    assert re.fullmatch(r"Korea .* data\.go\.kr 15[0-9]{6}", answer["source"])
    assert answer["data_as_of"].endswith("+09:00")
    assert answer["portal_calls_today"] == len(sources.asked) == 1


@pytest.mark.parametrize("name", REQUIRED)
def test_the_examples_of_the_schema_are_usable_together(name: str) -> None:
    schema = tools_of()[name].definition.input_schema
    examples = {
        argument: field["examples"][0] for argument, field in schema["properties"].items() if "examples" in field
    }
    examples.pop("reside_secd", None)  # of one stat_kind only
    jsonschema.validate(examples, schema)
    sources = FakeSources(code_rows={"getOnbidUsgCodeInfo": USES, "getOnbidDtlAddrInfo": [PLACE]})
    if name == "get_onbid_bottom_code_info":
        examples["ctgr_id"] = "10100"
    call(sources, name, **examples)
    assert sources.asked


def test_the_two_totals_are_explained_where_they_are_read() -> None:
    for name in ("get_apt_subscription_info", "get_apt_subscription_results"):
        fields = tools_of()[name].definition.output_schema["properties"]  # type: ignore[index]
        assert "whole dataset" in fields["total_count"]["description"]
        assert "fit the filters" in fields["match_count"]["description"]


def test_the_datasets_are_the_living_ones() -> None:
    numbers = {dataset.path: dataset.number for dataset in (*SUBSCRIPTION_DATASETS, *AUCTION_DATASETS)}
    assert numbers == {
        **{
            f"/api/ApplyhomeInfoDetailSvc/v1/get{name}LttotPblancDetail": "15098547"
            for name in ("APT", "UrbtyOfctl", "PblPvtRent", "Remndr", "OPT")
        },
        **{
            f"/api/ApplyhomeStatSvc/v1/getAPT{name}Stat": "15110812"
            for name in ("ReqstArea", "ReqstAge", "PrzwnerArea", "PrzwnerAge", "CmpetrtArea", "ApsPrzwner")
        },
        "/B010003/OnbidCltrBidRsltListSrvc2/getCltrBidRsltList2": "15157252",
        "/B010003/OnbidCltrBidRsltDtlSrvc2/getCltrBidRsltDtl2": "15157254",
        "/B010003/OnbidRlstListSrvc2/getRlstCltrList2": "15157207",
        "/B010003/OnbidCodeSrvc/getOnbidUsgCodeInfo": "15157768",
        "/B010003/OnbidCodeSrvc/getOnbidDtlAddrInfo": "15157768",
    }
    assert {dataset.per_day for dataset in (*SUBSCRIPTION_DATASETS, *AUCTION_DATASETS)} == {1000}
