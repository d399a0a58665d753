"""The one dispatcher: every MCP request of every transport goes through the server built here.

It decides (``app/access``) before it calls (``app/tools``). Errors of tools become ``isError`` results; unexpected ones
show a reference code and nothing else.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import Any

from mcp.server.caching import CacheHint
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
)

from app import __version__
from app.access.policy import decide
from app.auth.principal import Principal
from app.errors import InsufficientScope, ToolError, new_reference
from app.tools.base import CallContext, Tool, Toolset

log = logging.getLogger("gatehouse.tools")

caller: ContextVar[Principal] = ContextVar("caller")
"""The authenticated principal of the request being served. Unset means that nobody was authenticated: no entry."""

LIST_TTL_MS = 60_000


class Dispatcher:
    """Answers ``tools/list`` and ``tools/call`` for whoever :data:`caller` names."""

    def __init__(self, default_scopes: frozenset[str]) -> None:
        self._default_scopes = default_scopes
        self._tools: dict[str, Tool] = {}
        self._mirrored: set[str] = set()
        self.server: Server[Any] = Server(
            "gatehouse",
            version=__version__,
            title="Gatehouse",
            cache_hints={
                "tools/list": CacheHint(LIST_TTL_MS, "private"),
                "server/discover": CacheHint(LIST_TTL_MS, "private"),
            },
            get_tool_input_schema=self._mirrored_schema,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
        )

    def offer(self, toolsets: Sequence[Toolset]) -> None:
        """Take up the tools of the opened toolsets. Raises :class:`ValueError` when two tools share a name."""
        for toolset in toolsets:
            for tool in toolset.tools:
                if tool.definition.name in self._tools:
                    raise ValueError(f"two tools are named {tool.definition.name}")
                self._tools[tool.definition.name] = tool
                if '"x-mcp-header"' in json.dumps(tool.definition.input_schema):
                    self._mirrored.add(tool.definition.name)
        self.server.instructions = "\n".join(one.instructions for one in toolsets if one.instructions) or None

    def _mirrored_schema(self, name: str) -> Mapping[str, Any] | None:
        """The schema of a tool that wants arguments repeated in headers. Nobody learns of one they may not call."""
        if name not in self._mirrored or not decide(caller.get(), self._tools[name], self._default_scopes).allowed:
            return None
        return self._tools[name].definition.input_schema

    async def _list_tools(
        self, ctx: ServerRequestContext[Any, Any], params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        principal = caller.get()
        usable = [tool for tool in self._tools.values() if decide(principal, tool, self._default_scopes).allowed]
        return ListToolsResult(tools=[tool.definition for tool in usable])

    async def _call_tool(self, ctx: ServerRequestContext[Any, Any], params: CallToolRequestParams) -> CallToolResult:
        principal = caller.get()
        tool = self._tools.get(params.name)
        decision = decide(principal, tool, self._default_scopes)
        if decision.required:
            raise InsufficientScope(decision.required, f"{params.name} needs {decision.required}, sub={principal.sub}")
        if tool is None or not decision.allowed:
            raise MCPError(INVALID_PARAMS, f"Unknown tool: {params.name[:100]}")
        try:
            return await tool.call(params.arguments or {}, CallContext())
        except ToolError as error:
            log.info("tool %s could not do its work: %s", params.name, error)
            return _failed(str(error))
        except Exception:
            reference = new_reference()
            log.exception("internal error reference=%s tool=%s", reference, params.name)
            return _failed(f"internal error, reference {reference}")


def _failed(message: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=message)], is_error=True)
