"""Call a real-estate tool against a stand-in or a lying portal, without a server around it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from mcp_types import CallToolResult

from app.demo.portal import Portal, create_portal_app
from app.tools.base import CallContext
from app.tools.real_estate import SourceSettings, open_real_estate

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=SEOUL)
KEY = "aB+c/dEf9Zz0123456789+/qwertyuiopASDFGH=="
BASE_URL = "http://portal.test"


def stand_in(**switches: Any) -> Portal:
    return Portal(api_key=KEY, clock=lambda: NOW, **switches)


def to_portal(portal: Portal) -> httpx.ASGITransport:
    return httpx.ASGITransport(app=create_portal_app(portal))


def answering(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.MockTransport:
    return httpx.MockTransport(answer)


def call_raw(
    name: str, arguments: dict[str, Any], transport: httpx.AsyncBaseTransport, **options: Any
) -> CallToolResult:
    context = options.pop("context", CallContext())
    options = {"clock": lambda: NOW, **options}
    sources = SourceSettings(data_go_kr_api_key=KEY, data_go_kr_base_url=BASE_URL, odcloud_base_url=BASE_URL)

    async def run() -> CallToolResult:
        async with open_real_estate(sources, transport=transport, **options) as toolset:
            tool = next(tool for tool in toolset.tools if tool.definition.name == name)
            return await tool.call(arguments, context)

    return asyncio.run(run())


def call(name: str, arguments: dict[str, Any], transport: httpx.AsyncBaseTransport, **options: Any) -> dict[str, Any]:
    structured = call_raw(name, arguments, transport, **options).structured_content
    assert isinstance(structured, dict)
    return structured


def trades(
    transport: httpx.AsyncBaseTransport, region: str = "11710", month: str = "202506", **options: Any
) -> dict[str, Any]:
    rows = options.pop("num_of_rows", 100)
    arguments = {"region_code": region, "year_month": month, "num_of_rows": rows}
    return call("get_apartment_trades", arguments, transport, **options)


def nowhere() -> httpx.MockTransport:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise AssertionError("the portal must not be asked")

    return httpx.MockTransport(refuse)


def region(query: str) -> dict[str, Any]:
    return call("get_region_code", {"query": query}, nowhere())


def envelope(rows: str, *, total: int, code: str = "000", number: int = 1) -> str:
    return (
        f"<response><header><resultCode>{code}</resultCode><resultMsg>OK</resultMsg></header><body>"
        f"<items>{rows}</items><numOfRows>1000</numOfRows><pageNo>{number}</pageNo><totalCount>{total}</totalCount>"
        "</body></response>"
    )


def saying(text: str | bytes, status: int = 200, content_type: str = "application/xml") -> httpx.MockTransport:
    return answering(lambda request: httpx.Response(status, content=text, headers={"content-type": content_type}))
