"""The look-up of legal-district codes: its head and rows, as XML and as JSON."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from app.demo.portal import path_of
from app.demo.portal.stan_regin import PATH
from tests.demo.test_portal import get, portal, rows

FIELDS = [
    *("region_cd", "sido_cd", "sgg_cd", "umd_cd", "ri_cd", "locatjumin_cd", "locatjijuk_cd"),
    *("locatadd_nm", "locat_order", "locat_rm", "locathigh_cd", "locallow_nm", "adpt_de"),
]


def look_up(name: str, state: Any = None, **params: object) -> list[dict[str, Any]]:
    answer = get(PATH, state, type="json", locatadd_nm=name, **{"numOfRows": 1000} | params).json()
    return list(answer["StanReginCd"][1]["row"]) if "StanReginCd" in answer else []


def head(name: str, state: Any = None, **params: object) -> dict[str, Any]:
    parts = get(PATH, state, type="json", locatadd_nm=name, **params).json()["StanReginCd"][0]["head"]
    return {key: value for part in parts for key, value in part.items()}


def test_json_is_a_list_of_one_head_and_one_body() -> None:
    assert head("서울특별시 동작구 상도동", pageNo=1) == {
        "totalCount": 1,
        "numOfRows": "10",
        "pageNo": "1",
        "type": "JSON",
        "RESULT": {"resultCode": "INFO-0", "resultMsg": "NOMAL SERVICE"},
    }
    (row,) = look_up("서울특별시 동작구 상도동")
    assert list(row) == FIELDS
    assert row["region_cd"] == row["sido_cd"] + row["sgg_cd"] + row["umd_cd"] + row["ri_cd"] == "1159010200"
    assert (row["locathigh_cd"], row["locallow_nm"]) == ("1159000000", "상도동")


def test_xml_is_the_default_and_tells_the_same() -> None:
    for kind in ({}, {"type": "xml"}, {"_type": "json"}):
        root = ElementTree.fromstring(get(PATH, locatadd_nm="서울특별시 마포구", numOfRows=50, **kind).text)
        assert root.findtext("head/RESULT/resultCode") == "INFO-0"
        assert root.findtext("head/totalCount") == "27"
        shown = [{field.tag: field.text or "" for field in row} for row in root.iter("row")]
        assert shown == [{name: str(value) for name, value in row.items()} for row in look_up("서울특별시 마포구")]


def test_nothing_found_is_a_result_without_a_list() -> None:
    for name, page in (("없는곳", 1), ("서울특별시", 999)):
        answer = get(PATH, type="json", locatadd_nm=name, pageNo=page)
        assert (answer.status_code, set(answer.json())) == (200, {"RESULT"})
        assert answer.json()["RESULT"]["resultCode"] == "INFO-3"
        assert "<row>" not in get(PATH, locatadd_nm=name, pageNo=page).text


def test_the_whole_table_comes_in_pages_and_each_place_has_one_number_and_one_above_it() -> None:
    pages = [look_up("", pageNo=page) for page in range(1, 22)]
    found = {row["region_cd"]: row for page in pages for row in page}
    assert head("")["totalCount"] == len(found) == sum(map(len, pages)) > 20_000
    assert list(found) == sorted(found)
    for row in found.values():
        above = found.get(row["locathigh_cd"])
        if above is None:
            assert row["locathigh_cd"] == "0000000000"
            assert " " not in row["locatadd_nm"]
        else:
            assert row["locatadd_nm"] == f"{above['locatadd_nm']} {row['locallow_nm']}"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("서울특별시", "1100000000"),
        ("세종특별자치시", "3611000000"),
        ("경기도 수원시", "4111000000"),
        ("경기도 수원시 장안구", "4111100000"),
        ("전남광주통합특별시", "1200000000"),
        ("인천광역시 검단구", "2829000000"),
    ],
)
def test_places_above_the_dongs_have_their_official_codes(name: str, code: str) -> None:
    assert look_up(name)[0]["region_cd"] == code


@pytest.mark.parametrize("name", ["마포구", "시", "울특별시"])
def test_a_name_is_looked_up_from_its_beginning(name: str) -> None:
    assert look_up(name) == []


@pytest.mark.parametrize("name", ["광주광역시", "인천광역시 서구", "강원도 ", "세종특별자치시 세종특별자치시"])
def test_only_living_codes_are_there(name: str) -> None:
    assert look_up(name) == []


def test_a_short_page_is_told_by_the_larger_total() -> None:
    state = portal(fault="missing_rows")
    assert len(look_up("서울특별시 마포구", state)) == head("서울특별시 마포구", state, numOfRows=100)["totalCount"] - 3
    assert len(look_up("", portal(fault="missing_rows", fault_on_page=4), pageNo=4)) == 997
    assert len(look_up("", portal(page_cap=300))) == 300


def test_the_numbers_are_those_of_the_detailed_sales() -> None:
    names = {row["region_cd"]: row["locallow_nm"] for row in look_up("서울특별시 마포구")}
    sales = rows(get(path_of("AptTradeDev"), LAWD_CD="11440", DEAL_YMD="202506", numOfRows=1000))
    assert len(sales) > 100
    for sale in sales:
        assert names[sale["sggCd"] + sale["umdCd"]] == sale["umdNm"]
        main, _, sub = sale["jibun"].strip().removeprefix("산").partition("-")
        if main:
            assert (int(sale["bonbun"]), int(sale["bubun"])) == (int(main), int(sub or 0))
            assert (sale["landCd"] == "2") is sale["jibun"].startswith("산")
