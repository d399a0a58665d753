"""One call of a tool that asks a portal: within a time that clients wait for, refusals in the caller's language.

Sources keep a budget for each of their questions; a tool may ask several. Clients give a call up after about a minute,
so all of it together ends before.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from mcp_types import CallToolResult

from app.errors import ToolError
from app.tools.base import Arguments, CallContext, Locale, Tool

TOOL_SECONDS = 44.0

_LATE: dict[Locale, str] = {
    "en": "The open-data portal was too slow for this question. What it has answered so far is kept: the same question "
    "asked again goes on from there. Fewer months or districts are quicker.",
    "ko": "공공데이터 포털의 응답이 너무 느립니다. 지금까지 받은 것은 보관되어 있어, 같은 질문을 다시 하면 이어서 "
    "진행됩니다. 달이나 지역을 줄이면 더 빠릅니다.",
}


class PortalError(ToolError):
    """What a portal refused, in both languages."""

    def __init__(self, english: str, korean: str) -> None:
        super().__init__(english)
        self.korean = korean


def limited(tool: Tool) -> Tool:
    """The same tool, ended after ``TOOL_SECONDS``."""

    async def call(arguments: Arguments, context: CallContext) -> CallToolResult:
        try:
            async with asyncio.timeout(TOOL_SECONDS):
                return await tool.call(arguments, context)
        except TimeoutError:
            raise ToolError(_LATE[context.locale]) from None
        except PortalError as error:
            raise ToolError(error.korean if context.locale == "ko" else str(error)) from None

    return replace(tool, call=call)
