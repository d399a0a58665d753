"""The public auctions of the stand-in: envelopes in all their shapes, and objects that go from round to round."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest

from tests.demo.test_portal import ENCODED, KEY, ask, get, portal

BASE = "/B010003/"
RESULTS = f"{BASE}OnbidCltrBidRsltListSrvc2/getCltrBidRsltList2"
RESULT = f"{BASE}OnbidCltrBidRsltDtlSrvc2/getCltrBidRsltDtl2"
OFFERS = f"{BASE}OnbidRlstListSrvc2/getRlstCltrList2"
OFFER = f"{BASE}OnbidRlstDtlSrvc2/getRlstDtlInf2"
USES = f"{BASE}OnbidCodeSrvc/getOnbidUsgCodeInfo"
PLACES = f"{BASE}OnbidCodeSrvc/getOnbidDtlAddrInfo"
EVERY_KIND = "0002,0003,0004,0005,0006,0007,0008,0010,0011,0013"
OCTOBER = {
    "pageNo": 1,
    "numOfRows": 1000,
    "resultType": "json",
    "cltrTypeCd": "0001",
    "prptDivCd": EVERY_KIND,
    "opbdDtStart": "20261001",
    "opbdDtEnd": "20261031",
}
OPEN = {"pageNo": 1, "numOfRows": 1000, "resultType": "json", "prptDivCd": EVERY_KIND, "pvctTrgtYn": "N"}
LISTS = [(RESULTS, OCTOBER), (OFFERS, OPEN)]


def items(path: str, params: dict[str, Any], state: Any = None) -> list[dict[str, Any]]:
    found = get(path, state, **params).json()["body"]["items"]
    item = found["item"] if found else []
    return [item] if isinstance(item, dict) else item


def code(path: str, params: dict[str, Any], state: Any = None) -> str:
    return str(get(path, state, **params).json()["result"]["resultCode"])


@pytest.mark.parametrize(("path", "params"), [*LISTS, (USES, {"resultType": "json"}), (PLACES, {"resultType": "json"})])
def test_the_envelope_has_its_odd_shapes(path: str, params: dict[str, Any]) -> None:
    many = get(path, **params | {"numOfRows": 2}).json()
    assert many["header"] == {"resultCode": "00", "resultMsg": "NORMAL_CODE"}
    assert set(many["body"]) == {"items", "pageNo", "numOfRows", "totalCount"}
    assert len(many["body"]["items"]["item"]) == 2
    one = get(path, **params | {"numOfRows": 1}).json()
    assert isinstance(one["body"]["items"]["item"], dict)
    beyond = params | {"numOfRows": 10, "pageNo": 99_999}
    assert get(path, **beyond).json()["body"]["items"] == ""
    assert code(path, beyond, portal(onbid_no_data_code=True)) == "03"
    assert get(path, portal(onbid_wrapped=True), **params | {"numOfRows": 2}).json() == {"response": many}


@pytest.mark.parametrize(("path", "params"), LISTS)
def test_json_comes_only_for_the_right_word(path: str, params: dict[str, Any]) -> None:
    asked = {name: value for name, value in params.items() if name != "resultType"} | {"numOfRows": 3}
    as_json = items(path, asked | {"resultType": "JSON"})
    for other in ({}, {"type": "json"}, {"_type": "json"}, {"resultType": "xml"}):
        root = ElementTree.fromstring(get(path, **asked | other).text)
        shown = [{field.tag: field.text for field in item} for item in root.iter("item")]
        assert shown == [{tag: None if v is None else str(v) for tag, v in item.items()} for item in as_json]
    missing = ElementTree.fromstring(get(path, pageNo=1).text)
    assert (missing.tag, missing.findtext("resultCode")) == ("result", "11")


@pytest.mark.parametrize(
    ("path", "params", "required"),
    [
        (RESULTS, OCTOBER, ("pageNo", "numOfRows", "cltrTypeCd", "prptDivCd", "opbdDtStart", "opbdDtEnd")),
        (OFFERS, OPEN, ("pageNo", "numOfRows", "prptDivCd", "pvctTrgtYn")),
        (RESULT, {"resultType": "json", "cltrMngNo": "x", "pbctCdtnNo": "1"}, ("cltrMngNo", "pbctCdtnNo")),
        (OFFER, {"resultType": "json", "cltrMngNo": "x", "pbctCdtnNo": "1"}, ("cltrMngNo", "pbctCdtnNo")),
    ],
)
def test_each_required_parameter_is_required(path: str, params: dict[str, Any], required: tuple[str, ...]) -> None:
    for name in required:
        assert code(path, params | {name: ""}) == "11"
        assert code(path, {key: value for key, value in params.items() if key != name}) == "11"
    answer = get(path, **params).json()
    assert answer.get("result", {}).get("resultCode") in (None, "03")


@pytest.mark.parametrize(
    "wrong",
    [
        {"opbdDtEnd": "20261123"},
        {"opbdDtEnd": "2026-10-31"},
        {"opbdDtStart": "20260231"},
        {"opbdDtStart": "x"},
        {"apslEvlAmtStart": "many"},
        {"lowstBidPrcEnd": "-1"},
    ],
)
def test_a_value_that_cannot_be_is_refused(wrong: dict[str, str]) -> None:
    assert code(RESULTS, OCTOBER | wrong) == "10"


def test_today_is_no_future() -> None:
    assert get(RESULTS, **OCTOBER | {"opbdDtEnd": "20261122"}).json()["header"]["resultCode"] == "00"
    assert items(RESULTS, OCTOBER | {"opbdDtStart": "20261031", "opbdDtEnd": "20261001"}) == []


@pytest.mark.parametrize(
    "path",
    [
        f"{BASE}OnbidCltrBidRsltListSrvc/getCltrBidRsltList",
        f"{BASE}OnbidCltrBidRsltDtlSrvc/getCltrBidRsltDtl",
        f"{BASE}OnbidCltrBidRsltListSrvc2/getCltrBidRsltList",
        f"{BASE}OnbidCodeSrvc",
    ],
)
def test_the_first_version_and_wrong_paths_answer_code_12(path: str) -> None:
    assert code(path, OCTOBER) == "12"
    assert "NO_OPENAPI_SERVICE_ERROR" in get(path).text


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (quote(ENCODED, safe=""), "NO_MANDATORY_REQUEST_PARAMETERS_ERROR"),
        (KEY, "NO_MANDATORY_REQUEST_PARAMETERS_ERROR"),
        ("wrong", "SERVICE_KEY_IS_NOT_REGISTERED_ERROR"),
        ("", "SERVICE_KEY_IS_NULL"),
    ],
)
def test_a_key_in_the_wrong_encoding_looks_like_a_missing_parameter(key: str, text: str) -> None:
    query = "&".join(f"{name}={value}" for name, value in OCTOBER.items())
    answer = ask(query, portal(error_generation="C"), path=RESULTS, key=key)
    assert text in answer.text
    assert answer.json()


def test_other_errors_are_worded_as_the_gateway_words_them() -> None:
    assert get(OFFERS, portal(fault="quota"), **OPEN).text == "API token quota exceeded"
    assert get(OFFERS, portal(not_permitted={"OnbidRlstListSrvc2"}), **OPEN).status_code == 403
    short = get(OFFERS, portal(fault="missing_rows"), **OPEN).json()["body"]
    assert len(short["items"]["item"]) == short["totalCount"] - 3
