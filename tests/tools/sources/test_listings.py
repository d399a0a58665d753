"""Pages of api.odcloud.kr and of Onbid are read in every shape they come in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from app.tools.real_estate.contract import Listing
from app.tools.real_estate.sources import PortalSources
from tests.tools.sources.support import AUCTIONS, CODES, NOTICES, NOW, World, refused, saying

NOTICE = {"HOUSE_MANAGE_NO": "2026000712", "HOUSE_NM": "새봄더포레", "TOT_SUPLY_HSHLDCO": 412, "GNRL_RNK1": None}
RESULT = {"cltrMngNo": "2026-0700-011223", "apslEvlAmt": 182000000, "bldSqms": None, "scfbAmt": "139100000"}


def cloud_page(rows: list[Any], match: Any, **changes: Any) -> str:
    page = {"page": 1, "perPage": 10, "totalCount": 2884, "matchCount": match, "currentCount": len(rows), "data": rows}
    return json.dumps({**page, **changes})


def auction_page(items: Any, total: Any, *, wrapped: bool = False, code: str = "00", number: Any = 1) -> str:
    body = {"items": items, "pageNo": number, "numOfRows": 10, "totalCount": total}
    page = {"header": {"resultCode": code, "resultMsg": "NORMAL_CODE"}, "body": body}
    return json.dumps({"response": page} if wrapped else page)


def listed(world: World, parameters: Mapping[str, str] | None = None, page: int = 1, size: int = 10) -> Listing:
    return world.run(lambda sources: sources.onbid(AUCTIONS, parameters or {}, page, size))


def noticed(world: World, conditions: Mapping[str, str] | None = None, page: int = 1, size: int = 10) -> Listing:
    return world.run(lambda sources: sources.odcloud(NOTICES, conditions or {}, page, size))


def test_a_page_of_odcloud_has_both_counts_and_its_rows_as_they_came() -> None:
    assert noticed(World(saying(cloud_page([NOTICE], 1)))) == Listing((NOTICE,), 2884, 1, NOW)
    assert noticed(World(saying(cloud_page([], 0)))) == Listing((), 2884, 0, NOW)
    assert noticed(World(saying(cloud_page([NOTICE], "1", totalCount="2884")))).total_count == 2884


def test_conditions_and_pages_go_into_the_query_of_odcloud() -> None:
    world = World(saying(cloud_page([NOTICE] * 5, 25)))
    conditions = {"RCRIT_PBLANC_DE::GTE": "2026-10-01", "SUBSCRPT_AREA_CODE_NM::EQ": "경기 & 서울"}
    assert noticed(world, conditions, page=3, size=10).match_count == 25
    url = world.asked[0].url
    assert (url.host, url.path) == ("api.odcloud.kr", NOTICES.path)
    asked = {name: value for name, value in url.params.items() if name != "serviceKey"}
    assert asked == {
        "page": "3",
        "perPage": "10",
        "returnType": "JSON",
        "cond[RCRIT_PBLANC_DE::GTE]": "2026-10-01",
        "cond[SUBSCRPT_AREA_CODE_NM::EQ]": "경기 & 서울",
    }


ODCLOUD_ERRORS = [
    (401, {"code": -401, "msg": "인증키는 필수 항목 입니다."}, "saw no key"),
    (401, {"code": -4, "msg": "등록되지 않은 인증키 입니다."}, "does not know the key"),
    (400, {"code": -4, "msg": "등록되지 않은 인증키 입니다."}, "does not know the key"),
    (200, {"code": "-4", "msg": "?"}, "does not know the key"),
    (400, {"code": -1, "msg": "internal"}, "fault of its own"),
    (400, {"code": -2, "msg": "parameter"}, "Check the arguments"),
    (400, {"code": -3, "msg": "unregistered service"}, "ODCLOUD_BASE_URL"),
    (400, {"code": -9, "msg": "ended service"}, "15098547"),
    (400, {"code": -10, "msg": "traffic exceeded"}, "midnight"),
    (500, {"code": -999, "msg": "unknown"}, "fault of its own"),
    (400, {"code": "something else"}, "fault of its own"),
    (401, {}, "does not know the key"),
    (400, {}, "Check the arguments"),
    (403, {}, "not registered"),
    (404, {}, "no service at this address"),
    (500, {"data": []}, "fault of its own"),
]


@pytest.mark.parametrize(("status", "document", "said"), ODCLOUD_ERRORS)
def test_the_errors_of_odcloud_are_told_apart(status: int, document: dict[str, Any], said: str) -> None:
    world = World(saying(json.dumps(document), status))
    assert said in refused(world, lambda sources: sources.odcloud(NOTICES, {}, 1, 10))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (cloud_page([NOTICE], 5), "statistics on a part"),
        (cloud_page([], 5), "statistics on a part"),
        (cloud_page([NOTICE], 0), "statistics on a part"),
        (cloud_page([NOTICE], 1, currentCount=2), "statistics on a part"),
        (cloud_page([NOTICE], "many"), "other than"),
        (cloud_page([NOTICE], None), "other than"),
        (cloud_page(["text"], 1), "other than"),
        (cloud_page([], 0, data=None), "other than"),
        (cloud_page([], 0, data=7), "other than"),
        (cloud_page([], 0)[:-5], "other than"),
    ],
)
def test_no_other_answer_passes_for_a_page_of_odcloud(text: str, said: str) -> None:
    assert said in refused(World(saying(text)), lambda sources: sources.odcloud(NOTICES, {}, 1, 10))


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize(
    ("items", "rows"),
    [
        ({"item": [RESULT, RESULT]}, [RESULT, RESULT]),
        ({"item": RESULT}, [RESULT]),
        ([RESULT], [RESULT]),
        ("", []),
        (" ", []),
        (None, []),
        ({}, []),
        ([], []),
        ({"item": ""}, []),
        ({"item": []}, []),
        ({"item": None}, []),
    ],
)
def test_a_page_of_onbid_is_read_in_every_shape(wrapped: bool, items: Any, rows: list[Any]) -> None:
    for total in (len(rows), str(len(rows))):
        text = auction_page(items, total, wrapped=wrapped)
        assert listed(World(saying(text))) == Listing(tuple(rows), len(rows), len(rows), NOW)


def test_parameters_and_pages_go_into_the_query_of_onbid() -> None:
    world = World(saying(auction_page({"item": [RESULT] * 5}, 25, number="3")))
    listed(world, {"cltrTypeCd": "0001", "prptDivCd": "0007,0010"}, page=3)
    url = world.asked[0].url
    assert (url.host, url.path) == ("apis.data.go.kr", AUCTIONS.path)
    asked = {name: value for name, value in url.params.items() if name != "serviceKey"}
    expected = {"cltrTypeCd": "0001", "prptDivCd": "0007,0010", "pageNo": "3", "numOfRows": "10", "resultType": "json"}
    assert asked == expected


@pytest.mark.parametrize(
    "text",
    [
        '{"result": {"resultCode": "03", "resultMsg": "NODATA_ERROR"}}',
        '{"response": {"result": {"resultCode": "03", "resultMsg": "NODATA_ERROR"}}}',
        '{"header": {"resultCode": "03", "resultMsg": "NODATA_ERROR"}}',
        '{"result": {"resultCode": 3}}',
        "<response><header><resultCode>03</resultCode></header></response>",
    ],
)
def test_no_data_is_an_empty_list_in_onbid(text: str) -> None:
    assert listed(World(saying(text))) == Listing((), 0, 0, NOW)


ONBID_ERRORS = [
    (
        200,
        '{"result": {"resultCode": "11", "resultMsg": "NO_MANDATORY_REQUEST_PARAMETERS_ERROR"}}',
        "Check the arguments",
    ),
    (200, '{"result": {"resultCode": "12", "resultMsg": "NO_OPENAPI_SERVICE_ERROR"}}', "no service at this address"),
    (404, '{"result": {"resultCode": "12"}}', "no service at this address"),
    (200, '{"result": {"resultCode": "30"}}', "does not know the key"),
    (200, '{"response": {"header": {"resultCode": "22"}}}', "midnight"),
    (200, '{"header": {"resultCode": "99", "resultMsg": "UNKNOWN_ERROR"}}', "fault of its own"),
    (200, auction_page({"item": [RESULT]}, 5), "statistics on a part"),
    (200, auction_page("", 5), "statistics on a part"),
    (200, auction_page({"item": [RESULT]}, 0), "statistics on a part"),
    (200, auction_page({"item": [RESULT]}, 1, number=2), "statistics on a part"),
    (200, auction_page({"item": [RESULT]}, 1, number="one"), "other than"),
    (200, auction_page({"item": [RESULT]}, None), "other than"),
    (200, auction_page({"item": ["text"]}, 1), "other than"),
    (200, auction_page("text", 4), "other than"),
    (200, auction_page(7, 1), "other than"),
    (200, '{"header": {"resultCode": "00"}}', "other than"),
    (200, '{"header": {}}', "other than"),
    (200, '{"header": "00"}', "other than"),
    (200, '{"result": []}', "other than"),
    (200, '{"response": []}', "other than"),
    (500, auction_page("", 0), "fault of its own"),
]


@pytest.mark.parametrize(("status", "text", "said"), ONBID_ERRORS)
def test_the_errors_of_onbid_are_told_apart(status: int, text: str, said: str) -> None:
    assert said in refused(World(saying(text, status)), lambda sources: sources.onbid(AUCTIONS, {}, 1, 10))


def code_service(rows: int, cap: int = 1_000) -> World:
    all_rows = [{"code": f"{index:05d}", "name": "토지"} for index in range(rows)]

    def answer(request: httpx.Request) -> httpx.Response:
        size, number = min(int(request.url.params["numOfRows"]), cap), int(request.url.params["pageNo"])
        chosen = all_rows[(number - 1) * size : number * size]
        items = {"item": chosen[0] if len(chosen) == 1 else chosen}
        return httpx.Response(200, content=auction_page(items, rows, number=number))

    return World(answer)


@pytest.mark.parametrize(
    ("rows", "cap", "requests"), [(420, 1_000, 1), (17_744, 1_000, 18), (2_001, 1_000, 3), (250, 100, 3)]
)
def test_codes_come_whole(rows: int, cap: int, requests: int) -> None:
    world = code_service(rows, cap)
    found = world.run(lambda sources: sources.onbid_codes(CODES))
    assert [row["code"] for row in found.rows] == [f"{index:05d}" for index in range(rows)]
    assert (found.total_count, found.match_count) == (rows, rows)
    assert len(world.asked) == requests


def test_another_question_is_another_answer() -> None:
    world = World(saying(auction_page("", 0)))

    async def work(sources: PortalSources) -> None:
        for parameters in ({"a": "1"}, {"a": "2"}, {"b": "1"}, {"a": "1", "b": "1"}, {"b": "1", "a": "1"}):
            for page, size in ((1, 10), (1, 20)):
                await sources.onbid(AUCTIONS, parameters, page, size)
        await sources.onbid(CODES, {"a": "1"}, 1, 10)
        await sources.onbid_codes(CODES)

    world.run(work)
    assert len(world.asked) == 10


def test_an_older_list_stands_in_when_the_portal_is_down() -> None:
    world = World(saying(cloud_page([NOTICE], 1)))

    async def work(sources: PortalSources) -> Listing:
        await sources.odcloud(NOTICES, {}, 1, 10)
        world.clock.advance(hours=5)
        world.answer = saying("", 504)
        return await sources.odcloud(NOTICES, {}, 1, 10)

    assert world.run(work) == Listing((NOTICE,), 2884, 1, NOW)
