"""The one dispatcher: every MCP request of every transport goes through what is built here.

It decides (``app/access``) before it calls (``app/tools``). Errors of tools become ``isError`` results; unexpected ones
show a reference code and nothing else. What a caller may not use is not listed to them; a tool that is for this very
machine only, or that declares no scope, is answered as one that was never there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from mcp.server.caching import CacheHint
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    GetPromptRequestParams,
    GetPromptResult,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    ResourceTemplate,
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
from app.tools.base import CallContext, Caller, Elsewhere, Locale, Pages, Prompt, Resource, Tool, Toolset
from app.tools.catalog import Catalog, address

log = logging.getLogger("gatehouse.tools")

LIST_TTL_MS = 60_000
APPS_EXTENSION = "io.modelcontextprotocol/ui"
APP = "text/html;profile=mcp-app"
SCHEMES = "securitySchemes"

T = TypeVar("T", Tool, Elsewhere, Prompt)
R = TypeVar("R")


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
            on_list_resources=self._list_resources,
            on_read_resource=self._read_resource,
        )
        self.server.middleware.append(_schemes_on_top)

    def offer(self, toolsets: Sequence[Toolset]) -> None:
        """Take up opened toolsets. Raises :class:`~app.tools.catalog.NameTaken` when two tools share a name."""
        self._catalog.offer(toolsets)
        self.server.instructions = self._catalog.instructions
        if any(one.mime_type == APP for one in self._catalog.resources.values()):
            self.server.extensions[APPS_EXTENSION] = {}
        if any(one.changes for one in toolsets):  # these may have prompts and templates: nobody else is asked for them
            serve = self.server.add_request_handler
            serve("prompts/list", PaginatedRequestParams, self._list_prompts)
            serve("prompts/get", GetPromptRequestParams, self._get_prompt)
            serve("resources/templates/list", PaginatedRequestParams, self._list_templates)
            self.server.extensions[APPS_EXTENSION] = {}

    def _take(self) -> None:
        self._definitions = {name: self._defined(tool) for name, tool in self._catalog.tools.items()}
        self.changed()

    @property
    def names(self) -> list[str]:
        """The names of all tools."""
        return list(self._catalog.tools)

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
        visit.server = self._catalog.servers.get(name, "") if tool else ""
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
        principal = current.get().principal
        return ListToolsResult(tools=[one for name, one in self._definitions.items() if self.allows(principal, name)])

    async def _call_tool(self, ctx: ServerRequestContext[Any, Any], params: CallToolRequestParams) -> CallToolResult:
        visit = current.get()
        return await self.call(visit, params.name, params.arguments or {}, self._heard(ctx, visit))

    def _heard(self, ctx: ServerRequestContext[Any, Any], visit: Visit) -> CallContext:
        """The context of a call whose progress may go to the client, if it asked for it."""
        asked = bool(ctx.meta) and "progress_token" in (ctx.meta or {})
        return self.context(visit.principal, ctx.meta, **({"progress": ctx.session.report_progress} if asked else {}))

    async def _list_resources(
        self, ctx: ServerRequestContext[Any, Any], params: PaginatedRequestParams | None
    ) -> ListResourcesResult:
        others = [one.definition for one in self._allowed(self._catalog.elsewhere.values())]
        theirs = [one for one in others if isinstance(one, ResourceDefinition)]
        return ListResourcesResult(resources=[*(_definition(one) for one in self._readable().values()), *theirs])

    async def _list_templates(
        self, ctx: ServerRequestContext[Any, Any], params: PaginatedRequestParams | None
    ) -> ListResourceTemplatesResult:
        others = [one.definition for one in self._allowed(self._catalog.elsewhere.values())]
        return ListResourceTemplatesResult(
            resource_templates=[one for one in others if isinstance(one, ResourceTemplate)]
        )

    async def _list_prompts(
        self, ctx: ServerRequestContext[Any, Any], params: PaginatedRequestParams | None
    ) -> ListPromptsResult:
        return ListPromptsResult(prompts=[one.definition for one in self._allowed(self._catalog.prompts.values())])

    async def _get_prompt(self, ctx: ServerRequestContext[Any, Any], params: GetPromptRequestParams) -> GetPromptResult:
        visit, prompt = current.get(), self._catalog.prompts.get(params.name)
        for one in self._allowed([prompt] if prompt else []):
            visit.server = self._catalog.servers.get(params.name, "")
            return await _or_error(one.get(params.arguments or {}, self._heard(ctx, visit)))
        raise MCPError(INVALID_PARAMS, f"Unknown prompt: {params.name[:100]}")

    async def _read_resource(
        self, ctx: ServerRequestContext[Any, Any], params: ReadResourceRequestParams
    ) -> ReadResourceResult:
        if own := self._readable().get(params.uri):
            meta = dict(own.meta) if own.meta else None
            text = TextResourceContents(uri=own.uri, mime_type=own.mime_type, text=own.text, _meta=meta)
            return ReadResourceResult(contents=[text])
        visit = current.get()
        for one in self._allowed(self._catalog.holders(params.uri)):
            visit.server = self._catalog.servers.get(address(one), "")
            return await _or_error(one.read(params.uri, self._heard(ctx, visit)))
        raise MCPError(INVALID_PARAMS, f"Unknown resource: {params.uri[:100]}")

    def _allowed(self, things: Iterable[T]) -> list[T]:
        """Those of them that the caller may use."""
        principal = current.get().principal
        return [one for one in things if self._guard.decide(principal, one).allowed]

    def _readable(self) -> Mapping[str, Resource]:
        """Our own resources, for whoever may call any tool at all."""
        principal = current.get().principal
        return self._catalog.resources if any(self.allows(principal, name) for name in self.names) else {}


async def _or_error(work: Awaitable[R]) -> R:
    """What only tools can say in a result, others say in an error of the protocol."""
    try:
        return await work
    except ToolError as error:
        raise MCPError(INTERNAL_ERROR, str(error)) from None


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
