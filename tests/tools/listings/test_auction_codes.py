"""Onbid's hierarchies: every form of rows gives the same answers, and nothing known is no empty list."""

from __future__ import annotations

import random
from typing import Any

import pytest

from app.errors import ToolError
from tests.tools.listings.code_rows import FORMS, PLACES
from tests.tools.listings.fakes import FakeSources, call, call_raw, text_of

TOP, MIDDLE, BOTTOM = "get_onbid_top_code_info", "get_onbid_middle_code_info", "get_onbid_bottom_code_info"
ADDR1, ADDR2, ADDR3, LOTS = (
    "get_onbid_addr1_info",
    "get_onbid_addr2_info",
    "get_onbid_addr3_info",
    "get_onbid_dtl_addr_info",
)


def uses(rows: list[dict[str, Any]]) -> FakeSources:
    return FakeSources(code_rows={"getOnbidUsgCodeInfo": rows})


def places(names: tuple[str, ...] = ("sdnm", "sggnm", "emdNm", "dtlAddr")) -> FakeSources:
    rows = [dict(zip(names, place, strict=True)) for place in PLACES]
    random.Random(7).shuffle(rows)
    return FakeSources(code_rows={"getOnbidDtlAddrInfo": [*rows, rows[0]]})


def ids(answer: dict[str, Any]) -> list[str]:
    return [item["ctgr_id"] for item in answer["items"]]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", range(3))
def test_every_form_of_rows_in_any_order_gives_the_same_three_levels(form: str, seed: int) -> None:
    rows = list(FORMS[form])
    random.Random(seed).shuffle(rows)
    sources = uses(rows)
    assert sorted(ids(call(sources, TOP))) == ["10000", "12000"]
    assert sorted(ids(call(sources, MIDDLE, ctgr_id="10000"))) == ["10100", "10200"]
    assert sorted(ids(call(sources, MIDDLE, ctgr_id="12000"))) == ["12100"]
    assert sorted(ids(call(sources, BOTTOM, ctgr_id="10100"))) == ["10101", "10102"]
    item = call(sources, BOTTOM, ctgr_id="10200")["items"]
    assert item == [{"ctgr_id": "10201", "ctgr_nm": "아파트", "ctgr_hirk_id": "10200", "ctgr_hirk_nm": "주거용건물"}]
    top = next(item for item in call(sources, TOP)["items"] if item["ctgr_id"] == "10000")
    assert top == {"ctgr_id": "10000", "ctgr_nm": "부동산", "ctgr_hirk_id": None, "ctgr_hirk_nm": None}


def test_the_hierarchy_is_what_the_sources_keep_and_has_its_provenance() -> None:
    sources = uses(FORMS["one use a row"])
    answer = call(sources, TOP)
    assert sources.asked == [("/B010003/OnbidCodeSrvc/getOnbidUsgCodeInfo", {}, 0, 0)]
    assert "data.go.kr 15157768" in answer["source"]
    assert (answer["total_count"], answer["page_no"], answer["num_of_rows"]) == (2, 1, 100)


@pytest.mark.parametrize(
    ("tool", "arguments", "expected"),
    [
        (ADDR1, {}, [("경기도",), ("대구광역시",), ("서울특별시",), ("세종특별자치시",)]),
        (ADDR2, {"addr1": "경기도"}, [("경기도", "고양시 일산동구"), ("경기도", "김포시")]),
        (ADDR2, {"addr1": " 경기 "}, [("경기도", "고양시 일산동구"), ("경기도", "김포시")]),
        (ADDR2, {"addr1": "세종"}, []),
        (ADDR3, {"addr2": "김포시"}, [("경기도", "김포시", "운양동"), ("경기도", "김포시", "장기동")]),
        (ADDR3, {"addr2": "중구"}, [("대구광역시", "중구", "동성로"), ("서울특별시", "중구", "필동")]),
        (ADDR3, {"addr2": "중구", "addr1": "서울"}, [("서울특별시", "중구", "필동")]),
        (ADDR3, {"addr1": "세종"}, [("세종특별자치시", None, "나성동")]),
        (LOTS, {"addr3": "나성동", "addr1": "세종"}, [("세종특별자치시", None, "나성동", "745")]),
        (ADDR3, {"addr2": "중구", "addr1": ""}, [("대구광역시", "중구", "동성로"), ("서울특별시", "중구", "필동")]),
        (
            LOTS,
            {"addr3": "운양동"},
            [("경기도", "김포시", "운양동", "1305-2"), ("경기도", "김포시", "운양동", "1306")],
        ),
        (LOTS, {"addr3": "필동", "addr1": "서울특별시", "addr2": "중구"}, [("서울특별시", "중구", "필동", "3")]),
    ],
)
@pytest.mark.parametrize(
    "names",
    [
        ("sdnm", "sggnm", "emdNm", "dtlAddr"),
        ("lctnSdnm", "lctnSggnm", "lctnEmdNm", "lctnDtlAddr"),
        ("ADDR1", "ADDR2", "ADDR3", "DTL_ADDR"),
    ],
)
def test_places_are_listed_below_a_name_with_all_that_is_above_them(
    names: tuple[str, ...], tool: str, arguments: dict[str, Any], expected: list[tuple[str, ...]]
) -> None:
    answer = call(places(names), tool, **arguments)
    found = [tuple(item[level] for level in ("addr1", "addr2", "addr3", "dtl_addr")) for item in answer["items"]]
    assert found == [(*place, *[None] * (4 - len(place))) for place in expected]
    assert answer["total_count"] == len(expected)


def test_pages_are_cut_from_the_whole() -> None:
    pages = [call(places(), ADDR1, page_no=page, num_of_rows=3) for page in (1, 2, 3)]
    assert [[item["addr1"] for item in page["items"]] for page in pages] == [
        ["경기도", "대구광역시", "서울특별시"],
        ["세종특별자치시"],
        [],
    ]
    assert {page["total_count"] for page in pages} == {4}


@pytest.mark.parametrize(
    ("tool", "arguments", "rows"),
    [
        (TOP, {}, []),
        (TOP, {}, [{"code": "10000", "name": "부동산"}]),
        (TOP, {}, [{"ctgrId": "", "ctgrNm": "부동산"}, {"ctgrId": None}, {"ctgrId": True}, {"ctgrId": ["10000"]}]),
        (ADDR1, {}, []),
        (ADDR1, {}, [{"city": "서울특별시"}]),
        (BOTTOM, {"ctgr_id": "10100"}, [{"x": 1}]),
        (LOTS, {"addr3": "필동"}, [{"x": 1}]),
    ],
)
def test_rows_of_an_unknown_form_are_an_error_and_not_an_empty_list(
    tool: str, arguments: dict[str, Any], rows: list[dict[str, Any]]
) -> None:
    sources = FakeSources(code_rows={"getOnbidUsgCodeInfo": rows, "getOnbidDtlAddrInfo": rows})
    with pytest.raises(ToolError, match="a form this server does not know"):
        call(sources, tool, **arguments)
    with pytest.raises(ToolError, match="모르는 형식"):
        call_raw(sources, tool, arguments, locale="ko")


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        (MIDDLE, {"ctgr_id": "99999"}, "ctgr_id: .* get_onbid_top_code_info lists"),
        (MIDDLE, {"ctgr_id": "10100"}, "ctgr_id: .* get_onbid_top_code_info lists"),
        (BOTTOM, {"ctgr_id": "10000"}, "ctgr_id: .* get_onbid_middle_code_info lists"),
        (BOTTOM, {"ctgr_id": "10101"}, "ctgr_id: .* get_onbid_middle_code_info lists"),
        (BOTTOM, {"ctgr_id": "토지"}, "ctgr_id: "),
        (ADDR2, {"addr1": "경기북도"}, "addr1: .* get_onbid_addr1_info lists"),
        (ADDR3, {"addr2": "김포"}, "addr2: .* get_onbid_addr2_info lists"),
        (ADDR3, {"addr2": "중구", "addr1": "경기도"}, "addr2: "),
        (ADDR3, {"addr1": "경기북도"}, "addr1: .* get_onbid_addr1_info lists"),
        (LOTS, {"addr3": "역삼동"}, "addr3: .* get_onbid_addr3_info lists"),
        (LOTS, {"addr3": "필동", "addr2": "김포시"}, "addr3: "),
    ],
)
def test_a_name_that_is_not_there_is_an_error_and_not_an_empty_list(
    tool: str, arguments: dict[str, Any], said: str
) -> None:
    sources = places()
    sources.code_rows["getOnbidUsgCodeInfo"] = FORMS["one use a row"]
    with pytest.raises(ToolError, match=said):
        call(sources, tool, **arguments)
    with pytest.raises(ToolError, match="온비드 목록에 없습니다"):
        call_raw(sources, tool, arguments, locale="ko")


GOOD: dict[str, dict[str, Any]] = {
    TOP: {},
    MIDDLE: {"ctgr_id": "10000"},
    BOTTOM: {"ctgr_id": "10100"},
    ADDR1: {},
    ADDR2: {"addr1": "경기도"},
    ADDR3: {"addr2": "김포시", "addr1": None},
    LOTS: {"addr3": "필동", "addr1": None, "addr2": None},
}


@pytest.mark.parametrize(
    ("tool", "argument", "value"),
    [
        *(
            (tool, argument, value)
            for tool in GOOD
            for argument, value in (
                ("page_no", 0),
                ("page_no", 10**9),
                ("page_no", "x"),
                ("num_of_rows", 0),
                ("num_of_rows", 1001),
                ("surprise", 1),
            )
        ),
        *(
            (tool, argument, value)
            for tool, good in GOOD.items()
            for argument in good
            for value in (1, ["x"], "x" * 10_000, *(("", "  ", None) if good[argument] else ()))
        ),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_unusable_arguments_are_refused_by_name_before_onbid_is_asked(tool: str, argument: str, value: Any) -> None:
    sources = places()
    with pytest.raises(ToolError, match=f"{argument}: ") as refusal:
        call(sources, tool, **{**GOOD[tool], argument: value})
    assert len(str(refusal.value)) < 200
    assert not sources.asked


def test_circles_and_orphans_do_not_hang_or_crash() -> None:
    rows = [
        {"ctgrId": "20100", "ctgrNm": "가", "upCtgrId": "20200", "upCtgrNm": "나"},
        {"ctgrId": "20200", "ctgrNm": "나", "upCtgrId": "20100", "upCtgrNm": "가"},
        {"ctgrId": "30100", "ctgrNm": "다", "upCtgrId": "30000", "upCtgrNm": None},
    ]
    assert ids(call(uses(rows), TOP)) == ["30000"]
    assert ids(call(uses(rows), MIDDLE, ctgr_id="30000")) == ["30100"]
    with pytest.raises(ToolError, match="ctgr_id: "):
        call(uses(rows), MIDDLE, ctgr_id="20100")


def test_hostile_names_are_bounded() -> None:
    rows = [{"sdnm": "가" * 100_000, "sggnm": "나\n\x1b[31m다", "emdNm": {"a": 1}, "dtlAddr": True}]
    sources = FakeSources(code_rows={"getOnbidDtlAddrInfo": rows})
    assert [len(item["addr1"]) for item in call(sources, ADDR1)["items"]] == [200]
    text = text_of(sources, ADDR1, {})
    assert len(text) < 100
    assert text.isprintable()


def test_the_text_counts_and_names_in_both_languages() -> None:
    assert text_of(places(), ADDR1, {}) == "4 in all, page 1: 4. 경기도, 대구광역시, 서울특별시, 세종특별자치시"
    assert text_of(places(), ADDR2, {"addr1": "경기도"}, locale="ko") == "모두 2개, 1쪽 2개. 고양시 일산동구, 김포시"
    assert text_of(uses(FORMS["one use a row"]), TOP, {}) == "2 in all, page 1: 2. 10000 부동산, 12000 자동차"
    assert text_of(places(), ADDR1, {}, sample=True).startswith("SAMPLE DATA, not real. 4 in all")
