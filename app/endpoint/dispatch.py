"""The one dispatcher: every MCP request of every transport goes through what is built here.

It decides (``app/access``) before it calls (``app/tools``). Errors of tools become ``isError`` results; unexpected ones
show a reference code and nothing else. What a caller may not use is not listed to them; a tool that is for this very
machine only, or that declares no scope, is answered as one that was never there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cachetools import LRUCache
from mcp.server.caching import CacheHint
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
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
from mcp_types import Tool as ToolDefinition
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from app import __version__
from app.access.policy import Decision, Guarded
from app.auth.principal import Principal
from app.errors import NeverAllowed, ToolError
from app.journal.visit import Visit, current
from app.people.guard import Guard
from app.people.words import never_allowed
from app.tools.base import CallContext, Caller, Locale, Pages, Tool, Toolset
from app.tools.catalog import Catalog
from app.tools.reading import Reading

log = logging.getLogger("gatehouse.tools")

LIST_TTL_MS = 60_000
APPS_EXTENSION = "io.modelcontextprotocol/ui"
MAX_FINISHED = 16
"""Lists that are kept: one for each revision and each set of tools that somebody may call."""

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
        self._definitions: dict[str, ToolDefinition] = {}
        self.changed: Callable[[], None] = lambda: None
        """Called when other tools are offered than before."""
        self._catalog = Catalog(self._take)
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
        )
        self._reading = Reading(self._catalog, self._may, self._heard, self._note)
        self._reading.serve(self.server)
        self.server.middleware.append(self._finish_list)
        self._finished: LRUCache[tuple[str, tuple[str, ...]], dict[str, Any]] = LRUCache(MAX_FINISHED)

    def offer(self, toolsets: Sequence[Toolset]) -> None:
        """Take up opened toolsets. Raises :class:`~app.tools.catalog.NameTaken` when two tools share a name."""
        self._catalog.offer(toolsets)
        self.server.instructions = self._catalog.instructions
        if any(one.changes for one in toolsets):
            self._reading.serve_what_others_hold(self.server)

    def _take(self) -> None:
        self._definitions = {name: self._defined(tool) for name, tool in self._catalog.tools.items()}
        self._finished.clear()
        if self._catalog.has_apps:
            self.server.extensions[APPS_EXTENSION] = {}
        self.changed()

    @property
    def names(self) -> list[str]:
        """The names of all tools."""
        return list(self._catalog.tools)

    @property
    def toolsets(self) -> tuple[Toolset, ...]:
        """What is offered at present."""
        return self._catalog.toolsets

    @property
    def pages(self) -> Mapping[str, Pages]:
        """By the name of their toolset."""
        return self._catalog.pages

    def is_plain(self, name: str) -> bool:
        """Whether calls of this tool need no look at headers that repeat arguments."""
        return name not in self._catalog.mirrored

    def allows(self, principal: Principal, name: str) -> bool:
        """Whether the principal may call the tool of this name."""
        return self._guard.decide(principal, self._catalog.tools.get(name)).allowed

    async def call(self, visit: Visit, name: str, arguments: Mapping[str, Any], context: CallContext) -> CallToolResult:
        """Decide, then call. Raises :class:`~app.errors.InsufficientScope`, or ``MCPError`` for a tool that is not
        there."""
        tool = self._catalog.tools.get(name)
        visit.server = self._catalog.owner("tool", name)
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
        caller = Caller(principal.iss, principal.sub, principal.client_id)
        return CallContext(locale=_locale(meta), link=lambda page: self._link(principal, page), caller=caller, **more)

    def _mirrored_schema(self, name: str) -> Mapping[str, Any] | None:
        """The schema of a tool that wants arguments repeated in headers. Nobody learns of one they may not call."""
        if name not in self._catalog.mirrored or not self.allows(current.get().principal, name):
            return None
        return self._catalog.tools[name].definition.input_schema

    async def _list_tools(
        self, ctx: ServerRequestContext[Any, Any], params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        return ListToolsResult(tools=[self._definitions[name] for name in self._callable()])

    def _callable(self) -> tuple[str, ...]:
        """The names of the tools that the caller may call."""
        return tuple(name for name, tool in self._catalog.tools.items() if self._may(tool))

    def _may(self, thing: Guarded) -> bool:
        return self._guard.decide(current.get().principal, thing).allowed

    def _note(self, server: str) -> None:
        current.get().server = server

    async def _finish_list(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Repeat each tool's ``securitySchemes`` at its top level, where the SDK's types have no room for it.

        What came out is kept for others who may call the same tools: to check and write hundreds of schemas takes long.
        """
        if ctx.method != "tools/list":
            return await call_next(ctx)
        key = (ctx.protocol_version, self._callable())
        params = ctx.params or {}
        plain = not params or (params.keys() == {"_meta"} and ctx.protocol_version in MODERN_PROTOCOL_VERSIONS)
        if plain and (known := self._finished.get(key)):
            return known
        result = await call_next(ctx)
        if isinstance(result, dict):
            for tool in result["tools"]:
                tool[SCHEMES] = tool["_meta"][SCHEMES]
            if plain:
                self._finished[key] = result
        return result

    async def _call_tool(self, ctx: ServerRequestContext[Any, Any], params: CallToolRequestParams) -> CallToolResult:
        return await self.call(current.get(), params.name, params.arguments or {}, self._heard(ctx))

    def _heard(self, ctx: ServerRequestContext[Any, Any]) -> CallContext:
        """The context of a call whose progress may go to the client, if it asked for it."""
        asked = {"progress": ctx.session.report_progress} if "progress_token" in (ctx.meta or {}) else {}
        return self.context(current.get().principal, ctx.meta, **asked)


def _locale(meta: Mapping[str, Any] | None) -> Locale:
    """Korean when the client says so (``openai/locale``, an IETF BCP 47 tag), else English. A hint, nothing more."""
    hint = meta.get("openai/locale") if meta else None
    return "ko" if isinstance(hint, str) and hint[:2].lower() == "ko" else "en"


def _failed(message: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=message)], is_error=True)
