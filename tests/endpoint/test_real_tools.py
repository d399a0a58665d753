"""The real tools through the real door: a token, an MCP call over HTTP, and a portal asked over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import jsonschema
import pytest

from app.demo.portal import Portal, create_portal_app
from app.demo.serving import ServedApp
from app.tools.real_estate import open_real_estate
from tests.support.world import World, open_world

KEY = "aB+c/dEf9Zz=="


@pytest.fixture(scope="module")
def portal() -> Iterator[tuple[Portal, str]]:
    served, stand_in = ServedApp(), Portal(api_key=KEY)
    served.start(create_portal_app(stand_in))
    yield stand_in, served.url
    served.stop()


@pytest.fixture(scope="module")
def house(portal: tuple[Portal, str]) -> Iterator[World]:
    with open_world(toolset=partial(open_real_estate, api_key=KEY, base_url=portal[1], sample=True)) as world:
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


def test_every_tool_says_that_it_only_reads_and_what_it_returns(house: World) -> None:
    for tool in house.call(house.token(), "tools/list").json()["result"]["tools"]:
        assert tool["annotations"]["readOnlyHint"] is True
        assert tool["inputSchema"]["type"] == "object"
        assert tool["outputSchema"]["type"] == "object"


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
    with open_world(toolset=partial(open_real_estate, api_key="", base_url=portal[1])) as world:
        result = call(world, "get_apartment_trades", region_code="11710", year_month="202505")
    assert result["isError"] is True
    assert "DATA_GO_KR_API_KEY" in result["content"][0]["text"]
    assert "data.go.kr" in result["content"][0]["text"]
