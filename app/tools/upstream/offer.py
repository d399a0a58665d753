"""A server's list as a toolset: each tool, prompt and resource under its public name, with the permission it needs.

Results, errors of tools and progress go through as they come. What the server changes later is told to the owner.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, cast

from mcp.client.session import ClientSession
from mcp_types import (
    CallToolRequest,
    CallToolRequestParams,
    CallToolResult,
    GetPromptRequest,
    GetPromptRequestParams,
    GetPromptResult,
    ReadResourceRequest,
    ReadResourceRequestParams,
    ReadResourceResult,
    ResourceTemplate,
)
from mcp_types import Prompt as PromptDefinition
from mcp_types import Resource as ResourceDefinition
from mcp_types import Tool as ToolDefinition

from app.tools.base import Arguments, CallContext, Tool, Toolset, unheard
from app.tools.elsewhere import Elsewhere, Prompt
from app.tools.upstream import rules
from app.tools.upstream.connection import Connection
from app.tools.upstream.entry import ServerEntry
from app.tools.upstream.memory import Listing, digest
from app.tools.upstream.rules import Known, Permission

CALLER_META = "gatehouse/caller"
"""Where a server finds who is calling, with ``forward_identity``: iss, sub and client_id."""

MAX_TOLD = 1_000
"""Lines of the log about what one server lists: it could list something else each second."""

log = logging.getLogger("gatehouse.upstream")


class Offer:
    """Makes toolsets of what one server lists, and tells the owner what is odd about it."""

    def __init__(self, server: ServerEntry, connection: Connection) -> None:
        self._server = server
        self._connection = connection
        self._told: set[str] = set()

    def toolset(self, listing: Listing, accepted: Mapping[str, Known]) -> Toolset:
        """The toolset of a list. ``accepted`` is what was accepted of its tools, by their own names."""
        server = self._server
        tools: dict[str, Tool] = {}
        for tool in self._tools(listing, accepted):
            if tools.setdefault(tool.definition.name, tool) is not tool:
                self._tell(logging.WARNING, f"a second tool comes out as {tool.definition.name}; it is left out")
        names = [one["name"] for part in listing for one in part]
        for rule in rules.unused_rules(server, names) if names else ():
            self._tell(logging.WARNING, f"its rule {rule!r} fits none of its tools")
        return Toolset(
            name=server.name,
            tools=tuple(tools.values()),
            elsewhere=(
                *self._elsewhere(listing.resources, ResourceDefinition),
                *self._elsewhere(listing.templates, ResourceTemplate),
            ),
            prompts=tuple(self._prompts(listing)),
        )

    def _tools(self, listing: Listing, accepted: Mapping[str, Known]) -> Iterator[Tool]:
        for raw in listing.tools:
            name, public = raw["name"], self._public(raw["name"])
            if not public:
                continue
            claimed = rules.claimed_scope(raw.get("annotations"))
            need = rules.permission(self._server, name, claimed, digest(raw), accepted.get(name))
            if need.note:
                self._tell(logging.WARNING, f"its tool {name!r} is {need.note} since it was accepted{self._look(need)}")
            definition = ToolDefinition.model_validate({**raw, "name": public})
            local = rules.is_local_only(self._server, name)
            call = partial(self._call, name, public)
            yield Tool(definition, cast(Any, need.scope), call, local, need.origin, need.note)

    def _look(self, need: Permission) -> str:
        withheld = ", and withheld" if need.scope == "deny" else ""
        return f"{withheld}; look at it with: gatehouse tools, and accept it with: gatehouse tools --accept NAME"

    def _public(self, name: str) -> str:
        """The name it has here; blank when no client could call it by that."""
        public = rules.public_name(self._server, name)
        if not name or len(public) > rules.MAX_NAME_CHARS:
            what = f"its tool {name[:100]!r} is left out: with the prefix, its name is over {rules.MAX_NAME_CHARS} long"
            self._tell(logging.WARNING, what)
            return ""
        return public

    def _prompts(self, listing: Listing) -> Iterator[Prompt]:
        for raw in listing.prompts:
            name, public = raw["name"], self._public(raw["name"])
            if public:
                definition = PromptDefinition.model_validate({**raw, "name": public})
                scope = rules.offered_permission(self._server, name).scope
                local = rules.is_local_only(self._server, name)
                yield Prompt(definition, cast(Any, scope), partial(self._get, name, public), local)

    def _elsewhere(
        self, raws: list[dict[str, Any]], kind: type[ResourceDefinition | ResourceTemplate]
    ) -> Iterator[Elsewhere]:
        for raw in raws:
            name = raw["name"]
            definition = kind.model_validate({**raw, "name": rules.public_name(self._server, name)})
            scope = rules.offered_permission(self._server, name).scope
            local = rules.is_local_only(self._server, name)
            yield Elsewhere(definition, cast(Any, scope), partial(self._read, name), local)

    def _tell(self, level: int, what: str) -> None:
        """Tell the owner once, however often the list comes."""
        if what not in self._told and len(self._told) < MAX_TOLD:
            self._told.add(what)
            log.log(level, "upstream %s: %s", self._server.name, what)

    async def _call(self, name: str, public: str, arguments: Arguments, context: CallContext) -> CallToolResult:
        params = CallToolRequestParams(name=name, arguments=dict(arguments), _meta=self._meta(context))
        listens = context.progress if context.progress is not unheard else None

        async def ask(session: ClientSession) -> CallToolResult:
            return await session.send_request(CallToolRequest(params=params), CallToolResult, progress_callback=listens)

        return await self._connection.ask(public, ask)

    async def _get(self, name: str, public: str, arguments: Mapping[str, str], context: CallContext) -> GetPromptResult:
        params = GetPromptRequestParams(name=name, arguments=dict(arguments), _meta=self._meta(context))

        async def ask(session: ClientSession) -> GetPromptResult:
            return await session.send_request(GetPromptRequest(params=params), GetPromptResult)

        return await self._connection.ask(public, ask)

    async def _read(self, name: str, uri: str, context: CallContext) -> ReadResourceResult:
        params = ReadResourceRequestParams(uri=uri, _meta=self._meta(context))

        async def ask(session: ClientSession) -> ReadResourceResult:
            return await session.send_request(ReadResourceRequest(params=params), ReadResourceResult)

        return await self._connection.ask(name, ask)

    def _meta(self, context: CallContext) -> Any:
        if not self._server.options.forward_identity or context.caller is None:
            return None
        return {CALLER_META: context.caller._asdict()}
