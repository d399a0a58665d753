"""What a server says it offers, taken in with bounds: one bad definition costs itself, never the rest of the list."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from mcp.client.session import ClientSession
from mcp.shared.dispatcher import CallOptions
from mcp.shared.jsonrpc_dispatcher import JSONRPCDispatcher
from mcp_types import PaginatedRequestParams
from mcp_types.methods import validate_server_result
from pydantic import BaseModel, ValidationError

from app.tools.upstream.entry import ServerEntry
from app.tools.upstream.memory import Listing

MAX_TOOLS = 1_000
"""How many definitions of each kind are taken; what a language model can look through is far less."""

MAX_DEFINITION_CHARS = 64 * 1024
MAX_PAGES = 100
MAX_TOLD = 100
"""Unusable definitions that the log tells of, for each connection."""

OLDEST_VERSION = "2025-06-18"
AT_ONCE = 50
"""How many definitions are looked at before everybody else gets a turn."""

CHALLENGE = "mcp/www_authenticate"
"""Where ChatGPT looks in a result for a reason to ask for a log-in. It is taken out: a client would take it for ours,
and a server behind the door could send people to a log-in of its own."""

LISTS = {
    "tools/list": "tools",
    "prompts/list": "prompts",
    "resources/list": "resources",
    "resources/templates/list": "resourceTemplates",
}

log = logging.getLogger("gatehouse.upstream")


class Sieve(JSONRPCDispatcher):
    """The SDK's connection, but unusable definitions are taken out of lists before anybody reads them."""

    def __init__(self, server: ServerEntry, reading: Any, writing: Any) -> None:
        super().__init__(reading, writing)
        self._server = server
        self._told = 0

    async def send_raw_request(
        self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None, **more: Any
    ) -> dict[str, Any]:
        """Send a request and wait for its answer."""
        answer = await super().send_raw_request(method, params, opts, **more)
        kind = LISTS.get(method)
        if kind and isinstance(answer.get(kind), list):
            answer[kind] = await self._sieved(method, kind, answer[kind])
        if isinstance(meta := answer.get("_meta"), dict):
            meta.pop(CHALLENGE, None)
        return _fit_to_pass_on(answer) if method == "tools/call" else answer

    async def _sieved(self, method: str, kind: str, found: list[Any]) -> list[Any]:
        kept: list[Any] = []
        for number, one in enumerate(found[:MAX_TOOLS]):
            if number % AT_ONCE == AT_ONCE - 1:
                await asyncio.sleep(0)
            usable = _usable(method, kind, one)
            if usable is not None:
                kept.append(usable)
            elif self._told < MAX_TOLD:  # a server could list as many others each second
                self._told += 1
                name = str(one.get("name", "?"))[:100] if isinstance(one, dict) else "?"
                log.warning("upstream %s: the definition of %r in its %s is unusable", self._server.name, name, kind)
        if len(found) > MAX_TOOLS:
            left_out = len(found) - MAX_TOOLS
            log.warning("upstream %s: %d of its %s are one too many and left out", self._server.name, left_out, kind)
        return kept


def _usable(method: str, kind: str, one: Any) -> Any:
    """The definition in a form that clients of every revision take; None when there is none."""
    try:
        if not isinstance(one, dict) or len(json.dumps(one)) > MAX_DEFINITION_CHARS:
            return None
        schema = one.get("outputSchema")
        if schema is not None and (not isinstance(schema, dict) or schema.get("type") != "object"):
            one = {key: value for key, value in one.items() if key != "outputSchema"}
        validate_server_result(method, OLDEST_VERSION, {kind: [one]})
    except (ValidationError, ValueError, RecursionError):
        return None
    return one


def _fit_to_pass_on(result: dict[str, Any]) -> dict[str, Any]:
    """A result as it is, unless clients of 2025 would refuse it: to them, structured content is an object.

    Anything else goes as text, as the specification wants it to stand there anyway.
    """
    if isinstance(result.get("structuredContent"), dict | None):
        return result
    text = json.dumps(result.pop("structuredContent"), ensure_ascii=False)
    return {**result, "content": result.get("content") or [{"type": "text", "text": text}]}


async def everything(session: ClientSession) -> Listing:
    """Ask for all that the server offers. Raises what the SDK does."""
    offers = session.server_capabilities
    if offers is None:
        return Listing([], [], [], [])
    tools = await _pages(session.list_tools, "tools") if offers.tools else []
    prompts = await _pages(session.list_prompts, "prompts") if offers.prompts else []
    resources = await _pages(session.list_resources, "resources") if offers.resources else []
    templates = await _pages(session.list_resource_templates, "resource_templates") if offers.resources else []
    return Listing(tools, prompts, resources, templates)


async def _pages(ask: Callable[..., Awaitable[Any]], field: str) -> list[dict[str, Any]]:
    found: dict[str, BaseModel] = {}
    cursor: str | None = None
    for _ in range(MAX_PAGES):
        page = await ask(params=PaginatedRequestParams(cursor=cursor) if cursor else None)
        for one in getattr(page, field):
            key = getattr(one, "uri", None) or getattr(one, "uri_template", None) or one.name
            if found.setdefault(str(key), one) is not one:
                log.warning("%s stands in the list twice; the first counts", str(key)[:100])
        if page.next_cursor in (None, "", cursor):
            break
        if len(found) >= MAX_TOOLS:
            log.warning("a list of %s goes on after %d: the rest is left out", field, MAX_TOOLS)
            break
        cursor = page.next_cursor
    kept = list(found.values())[:MAX_TOOLS]
    return [one.model_dump(by_alias=True, mode="json", exclude_none=True) for one in kept]
