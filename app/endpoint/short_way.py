"""The short way of an ordinary tool call: past the SDK's driver, to the same dispatcher and the same bytes.

Ordinary is what clients send all day: one ``tools/call`` of a current revision, a name and arguments, nothing that
could need a stream or a second look. Whatever is unusual in the least goes the SDK's way. A test holds both ways equal,
byte for byte, over a corpus of requests and against the SDK's own transport.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    LOG_LEVEL_META_KEY,
    PROTOCOL_VERSION_META_KEY,
    SERVER_INFO_META_KEY,
    CallToolResult,
    TextContent,
)
from mcp_types.methods import serialize_server_result, validate_client_request
from opentelemetry import trace
from pydantic import ValidationError

from app.endpoint.dispatch import Dispatcher
from app.journal.visit import Visit

HANDSHAKE_VERSIONS = frozenset({"2025-06-18", "2025-11-25"})
"""Earlier revisions know no structured results and are rare."""

ENVELOPE_VERSION = "2026-07-28"

_REQUEST = frozenset({"jsonrpc", "id", "method", "params"})
_PARAMS = frozenset({"name", "arguments", "_meta"})
_STREAMING = frozenset({"progressToken", LOG_LEVEL_META_KEY})
_ROUTING = frozenset({b"mcp-protocol-version", b"mcp-method", b"mcp-name"})


@dataclass(frozen=True, slots=True)
class OrdinaryCall:
    """A tool call that needs nothing but its answer."""

    id: str | int
    name: str
    arguments: Mapping[str, Any]
    meta: Mapping[str, Any]
    version: str

    @property
    def modern(self) -> bool:
        """Whether it is of the revision without a handshake."""
        return self.version == ENVELOPE_VERSION


class ShortWay:
    """Recognises ordinary calls and answers them."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        # Somebody who collects traces wants a span of every request: those are the SDK's to make.
        self._open = isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)

    def take(
        self, message: Any, headers: Mapping[str, str], raw_headers: Iterable[tuple[bytes, bytes]]
    ) -> OrdinaryCall | None:
        """The call, when everything about the message is ordinary."""
        if not self._open or not isinstance(message, dict) or message.keys() != _REQUEST:
            return None
        number, params = message["id"], message["params"]
        plain = message["method"] == "tools/call" and message["jsonrpc"] == "2.0" and type(number) in (int, str)
        if not plain or not isinstance(params, dict) or not params.keys() <= _PARAMS:
            return None
        name, arguments, meta = params.get("name"), params.get("arguments", {}), params.get("_meta", {})
        if not (isinstance(name, str) and isinstance(arguments, dict) and isinstance(meta, dict)):
            return None
        if not _STREAMING.isdisjoint(meta) or not self._dispatcher.is_plain(name):
            return None
        version = headers.get("mcp-protocol-version", "")
        if version in HANDSHAKE_VERSIONS or (version == ENVELOPE_VERSION and _agrees(params, headers, raw_headers)):
            return OrdinaryCall(number, name, arguments, meta, version)
        return None

    async def answer(self, call: OrdinaryCall, visit: Visit) -> dict[str, Any]:
        """The result as it goes over the wire. Raises what the dispatcher raises."""
        context = self._dispatcher.context(visit.principal, call.meta)
        result = await self._dispatcher.call(visit, call.name, call.arguments, context)
        plain = result.meta is None and isinstance(result.structured_content, dict | None)
        if not plain or result.result_type != "complete" or not all(_is_plain_text(one) for one in result.content):
            return self._sieved(result, call)
        wire: dict[str, Any] = {"content": [{"text": one.text, "type": "text"} for one in result.content]}  # type: ignore[union-attr]
        wire["isError"] = result.is_error
        if call.modern:
            wire["resultType"] = "complete"
        if result.structured_content is not None:
            wire["structuredContent"] = result.structured_content
        if call.modern:
            wire["_meta"] = {SERVER_INFO_META_KEY: self._stamp}
        return wire

    def _sieved(self, result: CallToolResult, call: OrdinaryCall) -> dict[str, Any]:
        """Anything but plain text goes through the SDK's own schemas of the revision."""
        try:
            dumped = result.model_dump(by_alias=True, mode="json", exclude_none=True)
            wire = serialize_server_result("tools/call", call.version, dumped)
        except ValidationError:
            raise MCPError(INTERNAL_ERROR, "Handler returned an invalid result") from None
        if call.modern:
            wire["_meta"] = {**(wire.get("_meta") or {}), SERVER_INFO_META_KEY: self._stamp}
        return wire

    @cached_property
    def _stamp(self) -> dict[str, Any]:
        return self._dispatcher.server.server_info_stamp


def _agrees(params: Mapping[str, Any], headers: Mapping[str, str], raw_headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether the headers that route a request say what its body says, once each, and the envelope is well formed."""
    name, version = params["name"], params.get("_meta", {}).get(PROTOCOL_VERSION_META_KEY)
    if version != ENVELOPE_VERSION or headers.get("mcp-method") != "tools/call" or headers.get("mcp-name") != name:
        return False
    if name.startswith("=?") or sum(key in _ROUTING for key, _ in raw_headers) != len(_ROUTING):
        return False
    try:
        validate_client_request("tools/call", ENVELOPE_VERSION, params)
    except ValidationError:
        return False
    return True


def _is_plain_text(block: object) -> bool:
    return isinstance(block, TextContent) and block.annotations is None and block.meta is None
