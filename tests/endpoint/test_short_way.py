"""The short way answers what the SDK's own transport answers, byte for byte; what is unusual does not take it.

Both stand over one and the same dispatcher: the SDK's Streamable HTTP transport (stateless, JSON), and our endpoint
with the short way. Each request of the corpus goes to both, and a counter tells which of them took the short way.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.inbound import encode_header_value
from mcp_types import CallToolResult, EmbeddedResource, ImageContent, TextContent, TextResourceContents
from mcp_types import Tool as ToolDefinition
from starlette.types import Receive, Scope, Send

from app.access.policy import State
from app.auth.principal import Principal
from app.endpoint.dispatch import Dispatcher
from app.endpoint.gate import Gate
from app.endpoint.limits import Limits
from app.endpoint.mcp import McpEndpoint
from app.endpoint.refusals import Refusals
from app.endpoint.short_way import OrdinaryCall, ShortWay
from app.errors import ToolError
from app.journal.visit import Visit, Visits, current
from app.people.guard import Guard
from app.tools.base import Arguments, CallContext, Tool, Toolset

PERSON = Principal("https://as.test/", "auth0|1", "client", frozenset({"read"}), 9e9)
STRUCTURED = {"a": None, "b": [1, 2.5, 1e16, True, None], "말": "마포구 \u2028 </script>", "z": {"y": {}, "x": []}}
RESULTS: dict[str, CallToolResult] = {
    "plain": CallToolResult(content=[TextContent(type="text", text="hello 마포구 \u0000 \u2028 \"'")]),
    "structured": CallToolResult(content=[TextContent(type="text", text="x")], structured_content=STRUCTURED),
    "nothing": CallToolResult(content=[]),
    "empty": CallToolResult(content=[TextContent(type="text", text="")], structured_content={}),
    "several": CallToolResult(content=[TextContent(type="text", text=str(number)) for number in range(3)]),
    "failed": CallToolResult(content=[TextContent(type="text", text="no")], is_error=True),
    "meta": CallToolResult(content=[TextContent(type="text", text="x")], _meta={"b": 1, "a": {"c": None}}),
    "block_meta": CallToolResult(content=[TextContent(type="text", text="x", _meta={"k": "v"})]),
    "image": CallToolResult(content=[ImageContent(type="image", data="AAAA", mime_type="image/png")]),
    "resource": CallToolResult(
        content=[
            EmbeddedResource(
                type="resource", resource=TextResourceContents(uri="x://y", text="t", mime_type="text/plain")
            )
        ]
    ),
}
CAPABILITIES, CLIENT = "io.modelcontextprotocol/clientCapabilities", "io.modelcontextprotocol/clientInfo"
ENVELOPE = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}


def _tool(name: str, scope: Any = "read", schema: dict[str, Any] | None = None) -> Tool:
    async def call(arguments: Arguments, _: CallContext) -> CallToolResult:
        if name == "refuses":
            raise ToolError("closed today; try tomorrow")
        if name == "echo":
            return CallToolResult(content=[TextContent(type="text", text="e")], structured_content=dict(arguments))
        return RESULTS[name]

    return Tool(ToolDefinition(name=name, description=name, input_schema=schema or {"type": "object"}), scope, call)


class Counting(ShortWay):
    """Notes which requests were taken."""

    taken = 0

    def take(self, *arguments: Any) -> OrdinaryCall | None:
        call = super().take(*arguments)
        self.taken += call is not None
        return call


class BothWays:
    """One dispatcher behind the SDK's transport and behind ours."""

    def __init__(self) -> None:
        mirrored = {"type": "object", "properties": {"q": {"type": "string", "x-mcp-header": "Q"}}}
        tools = [_tool(name) for name in (*RESULTS, "refuses", "echo")]
        guard = Guard(State())
        self.dispatcher = Dispatcher(guard, lambda principal, page: page)
        self.dispatcher.offer([Toolset("t", (*tools, _tool("hidden", "nobody"), _tool("mirrored", schema=mirrored)))])
        self.short = Counting(self.dispatcher)

        async def authenticate(_: Scope) -> Principal:
            return PERSON

        limits = Limits("1000000/minute", "1000000/minute")
        refusals = Refusals(None, limits, lambda: 0.0)
        visits = Visits(lambda entry: None, lambda: 0.0)
        gate = Gate("http://127.0.0.1", ())
        rooms = (guard, gate, limits, refusals, visits)
        self.ours = McpEndpoint(self.dispatcher.server, authenticate, *rooms, self.short)

    @asynccontextmanager
    async def clients(self) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
        manager = StreamableHTTPSessionManager(self.dispatcher.server, json_response=True, stateless=True)

        async def sdk(scope: Scope, receive: Receive, send: Send) -> None:
            token = current.set(Visit(PERSON))
            try:
                await manager.handle_request(scope, receive, send)
            finally:
                current.reset(token)

        async with (
            manager.run(),
            httpx.AsyncClient(transport=httpx.ASGITransport(sdk), base_url="http://127.0.0.1") as theirs,
            httpx.AsyncClient(transport=httpx.ASGITransport(self.ours), base_url="http://127.0.0.1") as ours,
        ):
            yield theirs, ours


def message(name: Any = "plain", *, number: Any = 1, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {"name": name, **params}}


def modern(body: dict[str, Any], **meta: Any) -> dict[str, Any]:
    params = body["params"]
    return {**body, "params": {**params, "_meta": {**ENVELOPE, **params.get("_meta", {}), **meta}}}


def headers_of(version: str, body: dict[str, Any]) -> dict[str, str]:
    common = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
    if version == "2026-07-28":
        name = {"mcp-name": encode_header_value(str(body.get("params", {}).get("name")))}
        return {**common, "mcp-protocol-version": version, "mcp-method": str(body.get("method")), **name}
    return {**common, **({"mcp-protocol-version": version} if version else {})}


async def _compare(ways: BothWays, requests: list[tuple[str, dict[str, Any]]]) -> list[bool]:
    """Send each request both ways; return which took the short way."""
    short = []
    async with ways.clients() as (theirs, ours):
        for version, body in requests:
            content, headers = json.dumps(body).encode(), headers_of(version, body)
            before = ways.short.taken
            mine = await ours.post("/mcp", content=content, headers=headers)
            other = await theirs.post("/mcp", content=content, headers=headers)
            assert (mine.status_code, mine.content) == (other.status_code, other.content), (version, body)
            assert mine.headers["content-type"] == other.headers["content-type"] == "application/json"
            short.append(ways.short.taken > before)
    return short


def compare(*requests: tuple[str, dict[str, Any]]) -> list[bool]:
    return asyncio.run(_compare(BothWays(), list(requests)))


VERSIONS = ("2025-06-18", "2025-11-25", "2026-07-28")


@pytest.mark.parametrize("version", VERSIONS)
def test_every_kind_of_result_is_the_same_both_ways(version: str) -> None:
    bodies = [message(name, arguments={}) for name in (*RESULTS, "refuses", "unknown", "없는 도구", "hidden")]
    bodies += [message("echo", arguments=STRUCTURED), message("plain"), message("plain", number="text-id")]
    bodies += [message("plain", arguments={}, _meta={"openai/locale": "ko-KR", "openai/userAgent": "x"})]
    if version == "2026-07-28":
        bodies = [modern(body) for body in bodies]
    encoded = [version == "2026-07-28" and not body["params"]["name"].isascii() for body in bodies]  # in its header
    assert compare(*((version, body) for body in bodies)) == [not one for one in encoded]


UNUSUAL: list[tuple[str, str, dict[str, Any]]] = [
    ("an older revision", "2025-03-26", message()),
    ("no revision", "", message()),
    ("another method", "2025-11-25", {**message(), "method": "tools/list", "params": {}}),
    ("ping", "2025-11-25", {"jsonrpc": "2.0", "id": 1, "method": "ping"}),
    ("no name", "2025-11-25", message(None)),
    ("a number for a name", "2025-11-25", message(5)),
    ("null arguments", "2025-11-25", message(arguments=None)),
    ("a list of arguments", "2025-11-25", message(arguments=[])),
    ("null meta", "2025-11-25", message(_meta=None)),
    ("a request without capabilities", "2026-07-28", modern(message(), **{CAPABILITIES: 5})),
    ("a client of no name", "2026-07-28", modern(message(), **{CLIENT: {}})),
    ("capabilities of a wrong kind", "2026-07-28", modern(message(), **{CAPABILITIES: {"roots": 1}})),
]


@pytest.mark.parametrize(("name", "version", "body"), UNUSUAL, ids=[row[0] for row in UNUSUAL])
def test_what_is_unusual_goes_the_long_way_and_gets_the_same_answer(
    name: str, version: str, body: dict[str, Any]
) -> None:
    assert compare((version, body)) == [False]


def test_what_could_need_a_stream_a_second_look_or_a_span_is_not_taken() -> None:
    short, plain = ShortWay(BothWays().dispatcher), {"mcp-protocol-version": "2025-11-25"}
    assert short.take(message(), plain, ()) is not None
    for body in (
        message(_meta={"progressToken": 1}),
        message(_meta={"io.modelcontextprotocol/logLevel": "info"}),
        message("mirrored"),
        message(task={}),
        {**message(), "extra": 1},
        {**message(), "id": True},
        {**message(), "id": None},
        {**message(), "id": 1.5},
        {**message(), "jsonrpc": "1.0"},
        [message()],
    ):
        assert short.take(body, plain, ()) is None, body
    short._open = False  # somebody collects traces
    assert short.take(message(), plain, ()) is None


def test_headers_of_the_newest_revision_that_disagree_or_repeat_are_not_taken() -> None:
    short, body = ShortWay(BothWays().dispatcher), modern(message())
    good = headers_of("2026-07-28", body)

    def taken(headers: dict[str, str], *more: tuple[bytes, bytes]) -> bool:
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        return short.take(body, headers, [*raw, *more]) is not None

    assert taken(good)
    assert not taken({**good, "mcp-name": "echo"})
    assert not taken({**good, "mcp-method": "tools/list"})
    assert not taken({name: value for name, value in good.items() if name != "mcp-name"})
    assert not taken(good, (b"mcp-name", b"plain"))
    assert not taken(good, (b"mcp-method", b"tools/list"))


@pytest.mark.parametrize("version", VERSIONS)
def test_half_letters_and_numbers_that_json_does_not_have_are_written_all_the_same(version: str) -> None:
    async def go() -> Any:
        ways = BothWays()
        RESULTS["odd"] = CallToolResult(content=[], structured_content={"a": "\ud800", "b": float("nan")})
        ways.dispatcher.offer([Toolset("odd", (_tool("odd"),))])
        body = message("odd", arguments={"c": "\ud800"})
        body = modern(body) if version == "2026-07-28" else body
        async with ways.clients() as (_, ours):
            content = json.dumps(body).encode()
            return (await ours.post("/mcp", content=content, headers=headers_of(version, body))).json()

    try:
        assert asyncio.run(go())["result"]["structuredContent"] == {"a": "\ud800", "b": None}
    finally:
        del RESULTS["odd"]


def deep(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"a": value}
    return value


STRANGE: dict[str, Any] = {"a date": {"d": date(2026, 1, 2)}, "an object": {"o": object()}, "3,000 levels": deep(3_000)}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", STRANGE)
def test_what_a_tool_should_not_have_answered_is_still_answered_in_json(version: str, name: str) -> None:
    async def go() -> httpx.Response:
        ways = BothWays()
        RESULTS["odd"] = CallToolResult(content=[], structured_content=STRANGE[name])
        ways.dispatcher.offer([Toolset("odd", (_tool("odd"),))])
        body = modern(message("odd")) if version == "2026-07-28" else message("odd")
        async with ways.clients() as (_, ours):
            return await ours.post("/mcp", json=body, headers=headers_of(version, body))

    try:
        answer = asyncio.run(go())
    finally:
        del RESULTS["odd"]
    told = answer.json()
    if name == "a date":
        assert told["result"]["structuredContent"] == {"d": "2026-01-02"}
    else:
        assert told["error"]["code"] == -32603
        assert "reference" in told["error"]["message"]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",)), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(
    arguments=st.dictionaries(st.text(st.characters(exclude_categories=("Cs",)), max_size=8), json_values, max_size=4),
    version=st.sampled_from(VERSIONS),
    number=st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=("Cs",)), max_size=8),
)
def test_whatever_json_goes_in_comes_out_the_same_both_ways(arguments: Any, version: str, number: Any) -> None:
    body = message("echo", number=number, arguments=arguments)
    compare((version, modern(body) if version == "2026-07-28" else body))
