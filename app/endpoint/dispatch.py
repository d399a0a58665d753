"""The one dispatcher: every MCP request of every transport goes through what is built here.

It decides (``app/access``) before it calls (``app/tools``). Errors of tools become ``isError`` results; unexpected ones
show a reference code and nothing else. What a caller may not use is not listed to them; a tool that is for this very
machine only, or that declares no scope, is answered as one that was never there.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mcp.server.caching import CacheHint
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListResourcesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    TextContent,
    TextResourceContents,
)
from mcp_types import Resource as ResourceDefinition
from mcp_types import Tool as ToolDefinition

from app import __version__
from app.access.policy import Decision
from app.auth.principal import Principal
from app.errors import NeverAllowed, ToolError
from app.journal.visit import Visit, current
from app.people.guard import Guard
from app.people.words import never_allowed
from app.tools.base import CallContext, Locale, Pages, Resource, Tool, Toolset

log = logging.getLogger("gatehouse.tools")

LIST_TTL_MS = 60_000
APPS_EXTENSION = "io.modelcontextprotocol/ui"
SCHEMES = "securitySchemes"


class Dispatcher:
    """Answers ``tools/*`` and ``resources/*`` for the principal of the visit that is :data:`current`.

    ``link(principal, page)`` makes the address of a page that opens for that person; without ``log_in`` the tools say
    that they need none.
    """

    def __init__(self, guard: Guard, link: Callable[[Principal, str], str], *, log_in: bool = True) -> None:
        self._guard = guard
        self._link = link
        self._log_in = log_in
        self._tools: dict[str, Tool] = {}
        self._definitions: dict[str, ToolDefinition] = {}
        self._resources: dict[str, Resource] = {}
        self._mirrored: set[str] = set()
        self.pages: dict[str, Pages] = {}
        """By the name of their toolset."""
        self.server: Server[Any] = Server(
            "gatehouse",
            version=__version__,
            title="Gatehouse",
            cache_hints={
                name: CacheHint(LIST_TTL_MS, "private")
                for name in ("tools/list", "server/discover", "resources/list", "resources/read")
            },
            get_tool_input_schema=self._mirrored_schema,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=self._list_resources,
            on_read_resource=self._read_resource,
        )
        self.server.middleware.append(_schemes_on_top)

    def offer(self, toolsets: Sequence[Toolset]) -> None:
        """Take up the tools of the opened toolsets. Raises :class:`ValueError` when two tools share a name."""
        for toolset in toolsets:
            for tool in toolset.tools:
                if tool.definition.name in self._tools:
                    raise ValueError(f"two tools are named {tool.definition.name}")
                self._tools[tool.definition.name] = tool
                self._definitions[tool.definition.name] = self._defined(tool)
                if '"x-mcp-header"' in json.dumps(tool.definition.input_schema):
                    self._mirrored.add(tool.definition.name)
            self._resources.update({one.uri: one for one in toolset.resources})
            if toolset.pages:
                self.pages[toolset.name] = toolset.pages
        self.server.instructions = "\n".join(one.instructions for one in toolsets if one.instructions) or None
        if any(one.mime_type == "text/html;profile=mcp-app" for one in self._resources.values()):
            self.server.extensions[APPS_EXTENSION] = {}

    @property
    def names(self) -> list[str]:
        """The names of all tools."""
        return list(self._tools)

    def is_plain(self, name: str) -> bool:
        """Whether calls of this tool need no look at headers that repeat arguments."""
        return name not in self._mirrored

    def allows(self, principal: Principal, name: str) -> bool:
        """Whether the principal may call the tool of this name."""
        return self._guard.decide(principal, self._tools.get(name)).allowed

    async def call(self, visit: Visit, name: str, arguments: Mapping[str, Any], context: CallContext) -> CallToolResult:
        """Decide, then call. Raises :class:`~app.errors.InsufficientScope`, or ``MCPError`` for a tool that is not
        there."""
        tool = self._tools.get(name)
        decision = self._guard.decide(visit.principal, tool)
        if tool is None or not decision.allowed:
            return self._denied(visit, name, tool, decision)
        try:
            return await tool.call(arguments, context)
        except ToolError as error:
            log.info("tool %s could not do its work: %s", name, error)
            visit.ends("tool_error")
            return _failed(str(error))
        except (Exception, asyncio.CancelledError) as error:
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                raise  # the request itself was cancelled, not something inside the tool
            reference = visit.fails("error", "internal_error")
            log.exception("internal error reference=%s tool=%s", reference, name)
            return _failed(f"internal error, reference {reference}")

    def _denied(self, visit: Visit, name: str, tool: Tool | None, decision: Decision) -> CallToolResult:
        try:
            if tool is not None:
                self._guard.refuse(visit.principal, tool, decision)
        except NeverAllowed as never:
            reference = visit.fails("denied", never.reason)
            line = "denied reason=%s reference=%s tool=%s sub=%s"
            log.warning(line, never.reason, reference, name[:100], visit.principal.sub)
            return _failed(never_allowed(never.reason, never.scope, name, reference))
        visit.ends("error" if tool is None else "denied", decision.reason)
        raise MCPError(INVALID_PARAMS, f"Unknown tool: {name[:100]}")

    def _defined(self, tool: Tool) -> ToolDefinition:
        """The definition with what a client must bring to call the tool (ChatGPT's ``securitySchemes``)."""
        scheme = {"type": "oauth2", "scopes": [tool.scope]} if self._log_in else {"type": "noauth"}
        return tool.definition.model_copy(update={"meta": {**(tool.definition.meta or {}), SCHEMES: [scheme]}})

    def context(self, principal: Principal, meta: Mapping[str, Any] | None, **more: Any) -> CallContext:
        """What a tool is told of a call: the language that the client hints at, and how to link to pages."""
        return CallContext(locale=_locale(meta), link=lambda page: self._link(principal, page), **more)

    def _mirrored_schema(self, name: str) -> Mapping[str, Any] | None:
        """The schema of a tool that wants arguments repeated in headers. Nobody learns of one they may not call."""
        if name not in self._mirrored or not self.allows(current.get().principal, name):
            return None
        return self._tools[name].definition.input_schema

    async def _list_tools(
        self, ctx: ServerRequestContext[Any, Any], params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        principal = current.get().principal
        return ListToolsResult(tools=[one for name, one in self._definitions.items() if self.allows(principal, name)])

    async def _call_tool(self, ctx: ServerRequestContext[Any, Any], params: CallToolRequestParams) -> CallToolResult:
        visit = current.get()
        context = self.context(visit.principal, ctx.meta, progress=ctx.session.report_progress)
        return await self.call(visit, params.name, params.arguments or {}, context)

    async def _list_resources(
        self, ctx: ServerRequestContext[Any, Any], params: PaginatedRequestParams | None
    ) -> ListResourcesResult:
        return ListResourcesResult(resources=[_definition(one) for one in self._readable().values()])

    async def _read_resource(
        self, ctx: ServerRequestContext[Any, Any], params: ReadResourceRequestParams
    ) -> ReadResourceResult:
        one = self._readable().get(params.uri)
        if one is None:
            raise MCPError(INVALID_PARAMS, f"Unknown resource: {params.uri[:100]}")
        meta = dict(one.meta) if one.meta else None
        text = TextResourceContents(uri=one.uri, mime_type=one.mime_type, text=one.text, _meta=meta)
        return ReadResourceResult(contents=[text])

    def _readable(self) -> Mapping[str, Resource]:
        """The resources, for whoever may call any tool at all."""
        principal = current.get().principal
        return self._resources if any(self.allows(principal, name) for name in self._tools) else {}


async def _schemes_on_top(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Repeat each tool's ``securitySchemes`` at its top level, where the SDK's types have no room for it."""
    result = await call_next(ctx)
    if ctx.method == "tools/list" and isinstance(result, dict):
        for tool in result["tools"]:
            tool[SCHEMES] = tool["_meta"][SCHEMES]
    return result


def _definition(one: Resource) -> ResourceDefinition:
    return ResourceDefinition(
        uri=one.uri, name=one.name, mime_type=one.mime_type, _meta=dict(one.meta) if one.meta else None
    )


def _locale(meta: Mapping[str, Any] | None) -> Locale:
    """Korean when the client says so (``openai/locale``, an IETF BCP 47 tag), else English. A hint, nothing more."""
    hint = meta.get("openai/locale") if meta else None
    return "ko" if isinstance(hint, str) and hint[:2].lower() == "ko" else "en"


def _failed(message: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=message)], is_error=True)
