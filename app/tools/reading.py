"""Resources, resource templates and prompts: those of Gatehouse's own, and those that servers behind the door hold.

What a caller may not use is not listed to them, and is answered as what was never there. Who may use what is
decided elsewhere: whoever serves this says so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar

from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    GetPromptRequestParams,
    GetPromptResult,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    ResourceTemplate,
    TextResourceContents,
)
from mcp_types import Resource as ResourceDefinition

from app.errors import ToolError
from app.tools.base import CallContext, Resource, Tool
from app.tools.catalog import Catalog, address
from app.tools.elsewhere import Elsewhere, Prompt

T = TypeVar("T", Tool, Elsewhere, Prompt)
R = TypeVar("R")
Context = ServerRequestContext[Any, Any]


class Reading:
    """Answers ``resources/*`` and ``prompts/*`` from a catalog.

    ``may(thing)`` says whether whoever asks may use it, ``heard(ctx)`` what the request tells to whoever does the work;
    ``noted`` is told whose thing is used.
    """

    def __init__(
        self,
        catalog: Catalog,
        may: Callable[[Tool | Elsewhere | Prompt], bool],
        heard: Callable[[Context], CallContext],
        noted: Callable[[str], None],
    ) -> None:
        self._catalog = catalog
        self._may = may
        self._heard = heard
        self._noted = noted

    def serve(self, server: Server[Any]) -> None:
        """Answer for the resources."""
        server.add_request_handler("resources/list", PaginatedRequestParams, self._list_resources)
        server.add_request_handler("resources/read", ReadResourceRequestParams, self._read_resource)

    def serve_what_others_hold(self, server: Server[Any]) -> None:
        """Answer for templates and prompts, which only servers behind the door have."""
        server.add_request_handler("prompts/list", PaginatedRequestParams, self._list_prompts)
        server.add_request_handler("prompts/get", GetPromptRequestParams, self._get_prompt)
        server.add_request_handler("resources/templates/list", PaginatedRequestParams, self._list_templates)

    async def _list_resources(self, ctx: Context, params: PaginatedRequestParams | None) -> ListResourcesResult:
        others = [one.definition for one in self._allowed(self._catalog.elsewhere.values())]
        theirs = [one for one in others if isinstance(one, ResourceDefinition)]
        return ListResourcesResult(resources=[*(_definition(one) for one in self._readable().values()), *theirs])

    async def _list_templates(self, ctx: Context, params: PaginatedRequestParams | None) -> ListResourceTemplatesResult:
        others = [one.definition for one in self._allowed(self._catalog.elsewhere.values())]
        return ListResourceTemplatesResult(
            resource_templates=[one for one in others if isinstance(one, ResourceTemplate)]
        )

    async def _list_prompts(self, ctx: Context, params: PaginatedRequestParams | None) -> ListPromptsResult:
        return ListPromptsResult(prompts=[one.definition for one in self._allowed(self._catalog.prompts.values())])

    async def _get_prompt(self, ctx: Context, params: GetPromptRequestParams) -> GetPromptResult:
        prompt = self._catalog.prompts.get(params.name)
        if prompt and self._may(prompt):
            self._noted(self._catalog.owner("prompt", params.name))
            return await _or_error(prompt.get(params.arguments or {}, self._heard(ctx)))
        raise MCPError(INVALID_PARAMS, f"Unknown prompt: {params.name[:100]}")

    async def _read_resource(self, ctx: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        if own := self._readable().get(params.uri):
            meta = dict(own.meta) if own.meta else None
            text = TextResourceContents(uri=own.uri, mime_type=own.mime_type, text=own.text, _meta=meta)
            return ReadResourceResult(contents=[text])
        for one in self._allowed(self._catalog.holders(params.uri)):
            self._noted(self._catalog.owner("resource", address(one)))
            return await _or_error(one.read(params.uri, self._heard(ctx)))
        raise MCPError(INVALID_PARAMS, f"Unknown resource: {params.uri[:100]}")

    def _allowed(self, things: Iterable[T]) -> list[T]:
        """Those of them that the caller may use."""
        return [one for one in things if self._may(one)]

    def _readable(self) -> Mapping[str, Resource]:
        """Our own resources, for whoever may call any tool at all."""
        return self._catalog.resources if any(map(self._may, self._catalog.tools.values())) else {}


async def _or_error(work: Awaitable[R]) -> R:
    """What only tools can say in a result, others say in an error of the protocol."""
    try:
        return await work
    except ToolError as error:
        raise MCPError(INTERNAL_ERROR, str(error)) from None


def _definition(one: Resource) -> ResourceDefinition:
    return ResourceDefinition(
        uri=one.uri, name=one.name, mime_type=one.mime_type, _meta=dict(one.meta) if one.meta else None
    )
