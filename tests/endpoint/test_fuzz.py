"""The HTTP surface under random input: whatever comes, never a 5xx, and never an answer without a stated shape."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import raw
from tests.support.world import World, open_world

FUZZ = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

PATHS = st.sampled_from(
    [
        "/mcp",
        "/mcp/",
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
        "/healthz",
        "/readyz",
    ]
) | st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#?"), max_size=40).map("/".__add__)
METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "BREW"])
VALUES = st.binary(max_size=60).map(lambda value: bytes(byte for byte in value if byte >= 32 and byte != 127))
NAMES = st.sampled_from(["Authorization", "Origin", "Accept", "Content-Type"]) | st.sampled_from(
    [
        "Mcp-Protocol-Version",
        "Mcp-Method",
        "Mcp-Name",
        "Mcp-Session-Id",
        "Last-Event-Id",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "Cookie",
        "Mcp-Param-X",
        "Accept-Encoding",
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
)
WORDS = st.sampled_from(["initialize", "ping", "tools/list", "tools/call", "server/discover"]) | st.sampled_from(
    ["resources/list", "prompts/get", "completion/complete", "logging/setLevel", "subscriptions/listen", "x/y", ""]
)
VERSIONS = st.sampled_from(
    ["", "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28", "2030-01-01", "x"]
)
META = st.sampled_from(
    [
        {},
        {"progressToken": 1},
        {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}},
    ]
)


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[World]:
    with open_world() as world:
        assert world.call(world.token()).status_code == 200
        yield world


@FUZZ
@given(method=METHODS, path=PATHS, headers=st.lists(st.tuples(NAMES, VALUES), max_size=6), body=st.binary(max_size=200))
def test_no_request_from_outside_is_answered_with_5xx(
    fuzzed: World, method: str, path: str, headers: list[tuple[str, str | bytes]], body: bytes
) -> None:
    fuzzed.probe.calls = 0
    answer = raw.send(fuzzed.url, headers, body, method=method, path=path)
    assert answer.status < 500, answer.body
    assert fuzzed.probe.calls == 0


@FUZZ
@given(
    method=WORDS,
    version=VERSIONS,
    params=st.none()
    | st.dictionaries(st.sampled_from(["name", "arguments", "cursor", "uri", "level"]), JSON, max_size=4),
    meta=META,
    request_id=st.integers() | st.text(max_size=5) | st.none(),
)
def test_no_message_with_a_good_token_is_answered_with_5xx_or_an_internal_error(
    fuzzed: World, method: str, version: str, params: dict[str, object] | None, meta: object, request_id: object
) -> None:
    headers: list[tuple[str, str | bytes]] = [
        ("Authorization", f"Bearer {fuzzed.token()}"),
        ("Content-Type", "application/json"),
        ("Mcp-Method", method),
    ]
    if version:
        headers.append(("Mcp-Protocol-Version", version))
    message = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": {**(params or {}), "_meta": meta}}
    answer = raw.send(fuzzed.url, headers, json.dumps(message).encode())
    assert answer.status < 500, answer.body
    assert b"internal error" not in answer.body
    assert answer.status == 202 or isinstance(answer.json(), dict)


@FUZZ
@given(body=st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_body_with_a_good_token_is_answered_with_5xx(fuzzed: World, body: bytes) -> None:
    headers: list[tuple[str, str | bytes]] = [
        ("Authorization", f"Bearer {fuzzed.token()}"),
        ("Content-Type", "application/json"),
    ]
    answer = raw.send(fuzzed.url, headers, body)
    assert answer.status in {202, 400}
