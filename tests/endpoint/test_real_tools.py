"""The real tools through the real door: a token, an MCP call over HTTP, and a portal asked over HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import jsonschema
import pytest

from app.demo.portal import Portal, create_portal_app
from app.demo.serving import ServedApp
from app.tools.real_estate import SourceSettings, open_real_estate
from tests.support.world import World, open_world

KEY = "aB+c/dEf9Zz=="


def sources(key: str, url: str, **more: Any) -> SourceSettings:
    return SourceSettings(data_go_kr_api_key=key, data_go_kr_base_url=url, odcloud_base_url=url, **more)


@pytest.fixture(scope="module")
def portal() -> Iterator[tuple[Portal, str]]:
    served, stand_in = ServedApp(), Portal(api_key=KEY)
    served.start(create_portal_app(stand_in))
    yield stand_in, served.url
    served.stop()


@pytest.fixture(scope="module")
def house(portal: tuple[Portal, str]) -> Iterator[World]:
    with open_world(toolset=partial(open_real_estate, sources(KEY, portal[1]), sample=True)) as world:
        yield world


def call(world: World, name: str, **arguments: Any) -> dict[str, Any]:
    return dict(world.call(world.token(), name=name, arguments=arguments).json()["result"])


def test_a_busy_month_comes_whole_and_its_numbers_reconcile(house: World, portal: tuple[Portal, str]) -> None:
    listed = house.call(house.token(), "tools/list").json()["result"]["tools"]
    schema = next(tool["outputSchema"] for tool in listed if tool["name"] == "get_apartment_trades")
    result = call(house, "get_apartment_trades", region_code="11710", year_month="202506")
    figures = result["structuredContent"]
    jsonschema.validate(figures, schema)
    assert result.get("isError") is not True
    assert figures["total_count"] > 1_500
    assert figures["cancelled_count"] > 0
    counted = figures["cancelled_count"] + figures["unparsed_count"] + figures["summary"]["sample_count"]
    assert counted == figures["total_count"]
    assert len(figures["items"]) == 100
    assert figures["sample"] is True
    assert sum(portal[0].requests.values()) >= 2


def test_a_place_and_the_month_are_found(house: World) -> None:
    assert call(house, "get_region_code", query="마포구")["structuredContent"]["region_code"] == "11440"
    ambiguous = call(house, "get_region_code", query="중구")["structuredContent"]
    assert ambiguous["region_code"] is None
    assert len(ambiguous["matches"]) > 3
    assert len(call(house, "get_current_year_month")["structuredContent"]["year_month"]) == 6


def listed_tools(house: World) -> dict[str, dict[str, Any]]:
    return {tool["name"]: tool for tool in house.call(house.token(), "tools/list").json()["result"]["tools"]}


def test_every_tool_says_that_it_only_reads_what_it_takes_and_what_it_returns(house: World) -> None:
    for name, tool in listed_tools(house).items():
        local = name in {"get_region_code", "get_current_year_month"} or name.startswith("calculate_")
        assert tool["annotations"]["readOnlyHint"] is True
        assert tool["annotations"]["openWorldHint"] is not local
        assert re.match(r"Use this (when|first|for|to|before|after|where)\b", tool["description"]), tool["description"]
        for schema in (tool["inputSchema"], tool["outputSchema"]):
            assert schema["type"] == "object"
            jsonschema.Draft202012Validator.check_schema(schema)
        described = tool["inputSchema"].get("properties", {}).values()
        assert all(one.get("description") for one in described), name


MONTH = {"region_code": "11440", "year_month": "202509"}
CALLS: dict[str, dict[str, Any]] = {
    **{
        name: {**MONTH, "num_of_rows": 5}
        for name in (
            "get_apartment_trades",
            "get_officetel_trades",
            "get_villa_trades",
            "get_single_house_trades",
            "get_commercial_trade",
            "get_presale_right_trades",
            "get_land_trades",
            "get_factory_warehouse_trades",
            "get_apartment_rent",
            "get_officetel_rent",
            "get_villa_rent",
            "get_single_house_rent",
        )
    },
    "get_region_code": {"query": "마포구"},
    "get_current_year_month": {},
    "get_price_trend": {"region_code": "11440", "house_type": "apartment", "months": 6},
    "get_jeonse_ratio": {"region_code": "11440", "house_type": "apartment", "months": 3},
    "compare_regions": {"region_codes": ["11440", "11680"], "house_type": "apartment", "months": 3},
    "get_apt_subscription_info": {"page": 1, "per_page": 10, "return_type": "JSON"},
    "get_apt_subscription_results": {"stat_kind": "cmpetrt_area", "page": 1, "per_page": 10, "return_type": "JSON"},
    "get_public_auction_items": {"page_no": 1, "num_of_rows": 20},
    "get_onbid_thing_info_list": {"page_no": 1, "num_of_rows": 20},
    "get_onbid_top_code_info": {"page_no": 1, "num_of_rows": 100},
    "get_onbid_middle_code_info": {"ctgr_id": "10000"},
    "get_onbid_bottom_code_info": {"ctgr_id": "10100"},
    "get_onbid_addr1_info": {},
    "get_onbid_addr2_info": {"addr1": "서울특별시"},
    "get_onbid_addr3_info": {"addr1": "서울특별시", "addr2": "마포구"},
    "calculate_loan_payment": {"principal_10k": 30000, "annual_rate_pct": 3.5, "years": 30},
    "calculate_compound_growth": {
        "initial_10k": 5000,
        "monthly_contribution_10k": 50,
        "annual_rate_pct": 5,
        "years": 10,
    },
    "calculate_monthly_cashflow": {"monthly_income_10k": 500, "monthly_loan_payment_10k": 100},
    "search": {"query": "마포구 아파트 2025-09"},
    "fetch": {"id": "month:apartment:sale:11440:202509"},
}


@pytest.mark.parametrize("name", CALLS)
def test_each_tool_answers_through_the_door_as_its_schema_says(house: World, name: str) -> None:
    result = call(house, name, **CALLS[name])
    assert result.get("isError") is not True, result["content"]
    jsonschema.validate(result["structuredContent"], listed_tools(house)[name]["outputSchema"])
    assert result["content"][0]["text"]
    if "sample" in result["structuredContent"]:
        assert result["structuredContent"]["sample"] is True


DETAILS = {"get_public_auction_item_detail", "get_onbid_dtl_addr_info"}


def test_there_is_a_call_for_each_tool_and_no_other(house: World) -> None:
    assert set(listed_tools(house)) == set(CALLS) | DETAILS


def test_an_object_of_a_list_opens_in_detail(house: World) -> None:
    item = call(house, "get_public_auction_items", num_of_rows=1)["structuredContent"]["items"][0]
    ids = {"cltr_mng_no": item["cltrMngNo"], "pbct_cdtn_no": str(item["pbctCdtnNo"])}
    detail = call(house, "get_public_auction_item_detail", **ids)
    assert detail.get("isError") is not True, detail["content"]
    assert detail["structuredContent"]["items"][0]["cltrMngNo"] == item["cltrMngNo"]


def test_korean_is_spoken_when_the_client_says_so(house: World) -> None:
    params = {"name": "get_apartment_trades", "arguments": MONTH, "_meta": {"openai/locale": "ko-KR"}}
    korean = house.call(house.token(), **params).json()["result"]
    english = call(house, "get_apartment_trades", **MONTH)
    assert korean["structuredContent"]["summary"] == english["structuredContent"]["summary"]
    assert "마포구" in korean["content"][0]["text"]
    assert "median" in english["content"][0]["text"].lower()
    assert "median" not in korean["content"][0]["text"].lower()


def test_the_instructions_tell_the_order_of_calls_in_the_first_512_characters(house: World) -> None:
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    start = house.call(house.token(), "initialize", **hello).json()["result"]["instructions"][:512]
    for name in ("get_region_code", "get_current_year_month", "get_price_trend", "compare_regions"):
        assert name in start


def test_the_chart_is_an_app_that_two_tools_show(house: World) -> None:
    with_picture = [
        name for name, tool in listed_tools(house).items() if tool.get("_meta", {}).get("ui", {}).get("resourceUri")
    ]
    assert sorted(with_picture) == ["compare_regions", "get_price_trend"]
    (listed,) = house.call(house.token(), "resources/list").json()["result"]["resources"]
    assert (listed["uri"], listed["mimeType"]) == ("ui://gatehouse/real-estate/chart", "text/html;profile=mcp-app")
    read = house.call(house.token(), "resources/read", uri=listed["uri"]).json()["result"]["contents"][0]
    assert read["text"].lower().startswith("<!doctype html>")
    assert read["_meta"]["ui"]["csp"] == {"connectDomains": [], "resourceDomains": []}
    unknown = house.call(house.token(), "resources/read", uri="ui://x/y").json()
    assert unknown["error"]["code"] == -32602


def test_a_trend_costs_its_months_once_and_reports_its_progress(house: World, portal: tuple[Portal, str]) -> None:
    arguments = {"region_code": "11560", "house_type": "apartment", "months": 36}
    before = sum(portal[0].requests.values())
    params = {"name": "get_price_trend", "arguments": arguments, "_meta": {"progressToken": "p"}}
    answer = house.call(house.token(), **params)
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
    told = [event["params"] for event in events if event.get("method") == "notifications/progress"]
    assert [one["progress"] for one in told] == list(range(1, len(told) + 1))
    assert told[-1]["progress"] == told[-1]["total"] == 36
    points = events[-1]["result"]["structuredContent"]["points"]
    cold = sum(portal[0].requests.values()) - before
    assert (len(points), cold) == (36, 36)
    assert call(house, "get_price_trend", **arguments)["structuredContent"]["points"] == points
    assert sum(portal[0].requests.values()) - before == cold


def test_what_search_finds_fetch_reads_and_a_browser_opens(house: World) -> None:
    found = call(house, "search", query="마포구 아파트 2025-09")
    assert json.loads(found["content"][0]["text"]) == found["structuredContent"]
    first = found["structuredContent"]["results"][0]
    assert set(first) == {"id", "title", "url"}
    document = call(house, "fetch", id=first["id"])["structuredContent"]
    assert {"id", "title", "text", "url"} <= set(document)
    assert document["url"].startswith(f"{house.url}/d/real_estate/")
    page = house.http.get(document["url"])
    assert page.status_code == 200
    assert "마포구" in page.text
    assert house.http.get(document["url"].partition("?")[0]).status_code == 401
    assert house.http.get(first["url"]).status_code == 200


def test_a_fault_of_the_portal_is_an_error_and_shows_no_key(
    house: World, portal: tuple[Portal, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    portal[0].fault = "quota"
    try:
        result = call(house, "get_apartment_trades", region_code="11710", year_month="202505")
    finally:
        portal[0].fault = None
    assert result["isError"] is True
    assert "midnight" in result["content"][0]["text"]
    for form in (KEY, "aB%2Bc%2FdEf9Zz%3D%3D"):
        assert form not in str(result) + caplog.text


def test_without_a_key_the_tool_says_how_to_get_one(portal: tuple[Portal, str]) -> None:
    with open_world(toolset=partial(open_real_estate, sources("", portal[1]))) as world:
        result = call(world, "get_apartment_trades", region_code="11710", year_month="202505")
    assert result["isError"] is True
    assert "DATA_GO_KR_API_KEY" in result["content"][0]["text"]
    assert "data.go.kr" in result["content"][0]["text"]
