"""A tool call ends before clients give it up, and says in the caller's language what a portal refused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from mcp_types import CallToolResult
from mcp_types import Tool as ToolDefinition

from app.errors import ToolError
from app.tools.base import Arguments, CallContext, Locale, Tool
from app.tools.real_estate.call_budget import PortalError, limited
from tests.tools.toolbox import call_raw, stand_in, to_portal


def tool_that(work: Any) -> Tool:
    async def call(_: Arguments, __: CallContext) -> CallToolResult:
        return await work()

    return limited(Tool(ToolDefinition(name="t", input_schema={"type": "object"}), "read", call))


@pytest.mark.parametrize(("locale", "said"), [("en", "asked again goes on"), ("ko", "같은 질문을 다시")])
def test_a_call_that_takes_too_long_ends_and_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, locale: Locale, said: str
) -> None:
    monkeypatch.setattr("app.tools.real_estate.call_budget.TOOL_SECONDS", 0.02)
    ended = []

    async def work() -> CallToolResult:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)
        raise AssertionError("unreachable")

    with pytest.raises(ToolError, match=said):
        asyncio.run(tool_that(work).call({}, CallContext(locale=locale)))
    assert ended


@pytest.mark.parametrize(("locale", "said"), [("en", "closed"), ("ko", "닫힘")])
def test_a_refusal_of_a_portal_is_said_in_the_callers_language(locale: Locale, said: str) -> None:
    async def work() -> CallToolResult:
        raise PortalError("closed", "닫힘")

    with pytest.raises(ToolError, match=said):
        asyncio.run(tool_that(work).call({}, CallContext(locale=locale)))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("get_apt_subscription_info", {}),
        ("get_public_auction_items", {}),
        ("get_onbid_top_code_info", {}),
        ("get_apartment_trades", {"region_code": "11440", "year_month": "202509"}),
    ],
)
def test_every_kind_of_portal_tool_refuses_in_korean_when_asked_in_korean(name: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(ToolError, match=r"[가-힣]{2,} [가-힣]{2,}"):
        call_raw(name, arguments, to_portal(stand_in(fault="forbidden")), context=CallContext(locale="ko"))
