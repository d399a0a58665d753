"""Bad HTTP and bad JSON-RPC: each has a stated answer, and no tool runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import raw
from tests.support.world import World, open_world

CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "echo", "arguments": {"text": "x"}}}
GOOD = json.dumps(CALL).encode()
JSON: list[tuple[str, str | bytes]] = [("Content-Type", "application/json")]
Headers = list[tuple[str, str | bytes]]


@pytest.fixture(scope="module")
def bad() -> Iterator[World]:
    with open_world() as world:
        assert world.call(world.token()).status_code == 200
        yield world


def nested(depth: int) -> bytes:
    return (
        json.dumps({**CALL, "params": 0}).encode().replace(b'"params": 0', b'"params": ' + b"[" * depth + b"]" * depth)
    )


# fmt: off
MESSAGES: list[tuple[str, bytes, int, int]] = [
    ("empty body", b"", 400, -32700),
    ("truncated JSON", GOOD[:-5], 400, -32700),
    ("not JSON", b"hello", 400, -32700),
    ("not UTF-8", b'{"jsonrpc":"2.0","id":1,"method":"\xff"}', 400, -32700),
    ("UTF-16", GOOD.decode().encode("utf-16"), 400, -32700),
    ("NaN", GOOD.replace(b'"x"', b"NaN"), 400, -32700),
    ("an integer of 10,000 digits", GOOD.replace(b'"id": 1', b'"id": ' + b"9" * 10_000), 400, -32700),
    ("nested 100,000 deep", nested(100_000), 400, -32700),
    ("nested 200 deep", nested(200), 400, -32600),
    ("a batch", json.dumps([CALL, CALL]).encode(), 400, -32600),
    ("an empty batch", b"[]", 400, -32600),
    ("a text", b'"tools/call"', 400, -32600),
    ("null", b"null", 400, -32600),
    ("no jsonrpc", json.dumps({"id": 1, "method": "ping"}).encode(), 400, -32600),
    ("jsonrpc 1.0", json.dumps({**CALL, "jsonrpc": "1.0"}).encode(), 400, -32600),
    ("id null", json.dumps({**CALL, "id": None}).encode(), 400, -32600),
    ("id an object", json.dumps({**CALL, "id": {}}).encode(), 400, -32600),
    ("method a number", json.dumps({**CALL, "method": 5}).encode(), 400, -32600),
    ("params a list", json.dumps({**CALL, "params": []}).encode(), 400, -32600),
    ("unknown method", json.dumps({**CALL, "method": "tools/destroy"}).encode(), 200, -32601),
    ("unknown tool", json.dumps({**CALL, "params": {"name": "nope"}}).encode(), 200, -32602),
    ("tool name a number", json.dumps({**CALL, "params": {"name": 5}}).encode(), 200, -32602),
    ("no tool name", json.dumps({**CALL, "params": {}}).encode(), 200, -32602),
    ("arguments a list", json.dumps({**CALL, "params": {"name": "echo", "arguments": []}}).encode(), 200, -32602),
]
# fmt: on


@pytest.mark.parametrize(("name", "body", "status", "code"), MESSAGES, ids=[row[0] for row in MESSAGES])
def test_bad_message_gets_its_json_rpc_error(bad: World, name: str, body: bytes, status: int, code: int) -> None:
    bad.probe.calls = 0
    answer = raw.send(bad.url, [*JSON, ("Authorization", f"Bearer {bad.token()}")], body)
    assert (answer.status, answer.json()["error"]["code"]) == (status, code), answer.body[:300]
    assert answer.headers["content-type"] == "application/json"
    assert bad.probe.calls == 0


# fmt: off
REQUESTS: list[tuple[str, dict[str, Any], int, str]] = [
    ("no content type", {"headers": []}, 415, "unsupported_media_type"),
    ("a form", {"headers": [("Content-Type", "application/x-www-form-urlencoded")]}, 415, "unsupported_media_type"),
    ("plain text", {"headers": [("Content-Type", "text/plain")]}, 415, "unsupported_media_type"),
    ("multipart", {"headers": [("Content-Type", "multipart/form-data; boundary=x")]}, 415, "unsupported_media_type"),
    ("only event streams wanted", {"headers": [*JSON, ("Accept", "text/event-stream")]}, 406, "not_acceptable"),
    ("only HTML wanted", {"headers": [*JSON, ("Accept", "text/html")]}, 406, "not_acceptable"),
    ("a body of 10 MB", {"body": b"x" * 10_000_000}, 413, "content_too_large"),
    ("one byte too many", {"body": b" " * (4 * 1024 * 1024 + 1)}, 413, "content_too_large"),
    ("a length that lies upwards", {"body": b"x", "length": 99_999_999_999}, 413, "content_too_large"),
    ("another host", {"host": "evil.example"}, 421, "misdirected_request"),
    ("a host that only begins right", {"host": "127.0.0.1.evil.example"}, 421, "misdirected_request"),
    ("a host with log-in data", {"host": "127.0.0.1@evil.example"}, 421, "misdirected_request"),
    ("an empty host", {"host": ""}, 421, "misdirected_request"),
    ("a foreign origin", {"headers": [*JSON, ("Origin", "https://evil.example")]}, 403, "origin_not_allowed"),
    ("origin null", {"headers": [*JSON, ("Origin", "null")]}, 403, "origin_not_allowed"),
    ("an origin that only begins right", {"headers": [*JSON, ("Origin", "https://chatgpt.com.evil.example")]}, 403, "origin_not_allowed"),
    ("an origin with other letters", {"headers": [*JSON, ("Origin", "https://CHATGPT.com")]}, 403, "origin_not_allowed"),
    ("PUT", {"method": "PUT"}, 405, "method_not_allowed"),
    ("PATCH", {"method": "PATCH"}, 405, "method_not_allowed"),
    ("DELETE", {"method": "DELETE"}, 405, "method_not_allowed"),
    ("GET", {"method": "GET", "body": b""}, 405, "method_not_allowed"),
]
# fmt: on


@pytest.mark.parametrize(("name", "how", "status", "error"), REQUESTS, ids=[row[0] for row in REQUESTS])
def test_bad_request_gets_its_status(bad: World, name: str, how: dict[str, Any], status: int, error: str) -> None:
    bad.probe.calls = 0
    headers = [*how.get("headers", JSON), ("Authorization", f"Bearer {bad.token()}")]
    options = {key: value for key, value in how.items() if key not in {"headers", "body"}}
    answer = raw.send(bad.url, headers, how.get("body", GOOD), **options)
    assert (answer.status, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]
    if status == 405:
        assert answer.headers["allow"] == "POST"
    assert bad.probe.calls == 0


def test_a_token_in_the_query_string_is_not_looked_at_and_not_logged(
    bad: World, caplog: pytest.LogCaptureFixture
) -> None:
    bad.probe.calls = 0
    token = bad.token()
    with caplog.at_level("DEBUG"):
        answer = raw.send(bad.url, JSON, GOOD, path=f"/mcp?access_token={token}")
    assert (answer.status, bad.probe.calls) == (401, 0)
    assert "error=" not in answer.headers["www-authenticate"]
    assert token not in caplog.text


@pytest.mark.parametrize("path", ["/", "/mcp/extra", "/MCP", "/.well-known/", "/docs", "/openapi.json"])
def test_other_paths_do_not_exist(bad: World, path: str) -> None:
    answer = raw.send(bad.url, [], method="GET", path=path)
    assert (answer.status, answer.json()["error"]) == (404, "not_found")


def test_forged_forwarding_headers_change_nothing(bad: World) -> None:
    lies: Headers = [
        ("X-Forwarded-For", "10.0.0.1"),
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Proto", "gopher"),
        ("X-Auth-Subject", "auth0|owner"),
        ("Authorization", f"Bearer {bad.token()}"),
    ]
    answer = raw.send(bad.url, [*JSON, *lies], GOOD)
    assert (answer.status, answer.json()["result"]["structuredContent"]) == (200, {"text": "x"})


def test_non_ascii_header_values_do_no_harm(bad: World) -> None:
    headers: Headers = [*JSON, ("User-Agent", "에코".encode()), ("Authorization", f"Bearer {bad.token()}")]
    assert raw.send(bad.url, headers, GOOD).status == 200


def test_notifications_and_stray_replies_are_accepted_and_dropped(bad: World) -> None:
    bad.probe.calls = 0
    headers = {"authorization": f"Bearer {bad.token()}"}
    for message in (
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "method": "tools/call", "params": CALL["params"]},
        {"jsonrpc": "2.0", "id": 7, "result": {}},
        {"jsonrpc": "2.0", "id": 7, "error": {"code": 1, "message": "x"}},
    ):
        answer = bad.http.post(bad.mcp, json=message, headers=headers)
        assert (answer.status_code, answer.content) == (202, b"")
    assert bad.probe.calls == 0


MODERN = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}

# fmt: off
MODERN_ROWS: list[tuple[str, dict[str, str], dict[str, Any], int, int]] = [
    ("no envelope", {}, {"_meta": None}, 400, -32602),
    ("no capabilities", {}, {"_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}}, 400, -32602),
    ("method header missing", {"mcp-method": ""}, {}, 400, -32020),
    ("method header of another method", {"mcp-method": "tools/list"}, {}, 400, -32020),
    ("name header of another tool", {"mcp-name": "write_note"}, {}, 400, -32020),
    ("name header missing", {"mcp-name": ""}, {}, 400, -32020),
    ("another version in the body", {}, {"_meta": {**MODERN, "io.modelcontextprotocol/protocolVersion": "2025-11-25"}}, 400, -32020),
    ("a version of the future", {"mcp-protocol-version": "2031-01-01"}, {"_meta": {**MODERN, "io.modelcontextprotocol/protocolVersion": "2031-01-01"}}, 400, -32022),
    ("unknown tool", {"mcp-name": "nope"}, {"name": "nope"}, 400, -32602),
]
# fmt: on


@pytest.mark.parametrize(("name", "headers", "params", "status", "code"), MODERN_ROWS, ids=[r[0] for r in MODERN_ROWS])
def test_bad_message_of_the_newest_version_gets_its_error(
    bad: World, name: str, headers: dict[str, str], params: dict[str, Any], status: int, code: int
) -> None:
    bad.probe.calls = 0
    sent = {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "echo", **headers}
    body = {**CALL, "params": {"name": "echo", "arguments": {}, "_meta": MODERN, **params}}
    auth = {"authorization": f"Bearer {bad.token()}"}
    answer = bad.http.post(bad.mcp, json=body, headers={**{k: v for k, v in sent.items() if v}, **auth})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert bad.probe.calls == 0


def test_an_unknown_method_of_the_newest_version_is_404(bad: World) -> None:
    headers = {
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/destroy",
        "authorization": f"Bearer {bad.token()}",
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/destroy", "params": {"_meta": MODERN}}
    answer = bad.http.post(bad.mcp, json=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, -32601)


def test_a_repeated_routing_header_is_refused(bad: World) -> None:
    headers: Headers = [
        *JSON,
        ("Mcp-Protocol-Version", "2026-07-28"),
        ("Mcp-Method", "tools/call"),
        ("Mcp-Method", "tools/list"),
        ("Mcp-Name", "echo"),
        ("Authorization", f"Bearer {bad.token()}"),
    ]
    body = {**CALL, "params": {"name": "echo", "_meta": MODERN}}
    answer = raw.send(bad.url, headers, json.dumps(body).encode())
    assert (answer.status, answer.json()["error"]["code"]) == (400, -32020)


def test_a_body_that_does_not_come_is_not_waited_for(bad: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.endpoint.message.BODY_SECONDS", 0.05)
    answer = raw.send(bad.url, [*JSON, ("Authorization", f"Bearer {bad.token()}")], b'{"jsonrpc"', length=500)
    assert (answer.status, answer.json()["error"]) == (408, "request_timeout")


def test_accept_may_be_empty_or_spread_over_several_headers(bad: World) -> None:
    for accept in ([("Accept", "")], [("Accept", "text/event-stream"), ("Accept", "application/json")]):
        assert raw.send(bad.url, [*JSON, *accept, ("Authorization", f"Bearer {bad.token()}")], GOOD).status == 200


@pytest.mark.parametrize("protocol", ["websocket", "h2c", "x" * 300])
def test_an_upgrade_to_another_protocol_is_not_taken_up(bad: World, protocol: str) -> None:
    upgrade: Headers = [
        ("Connection", "Upgrade, HTTP2-Settings"),
        ("Upgrade", protocol),
        ("HTTP2-Settings", "AAMAAABkAAQAAP__"),
        ("Authorization", f"Bearer {bad.token()}"),
    ]
    answer = raw.send(bad.url, [*JSON, *upgrade], GOOD)
    assert (answer.status, answer.json()["id"]) == (200, json.loads(GOOD)["id"])


@pytest.mark.parametrize("method", ["BREW", "CONNECT", "PRI", ""])
def test_a_method_that_is_not_served_by_any_web_server_is_refused_by_the_parser(bad: World, method: str) -> None:
    answer = raw.send(bad.url, [*JSON, ("Authorization", f"Bearer {bad.token()}")], GOOD, method=method)
    assert (answer.status, answer.body) == (400, b"Invalid HTTP request received.")


@pytest.mark.parametrize("head", [[("X-Long", "x" * 70_000)], [(f"X-{n}", "x" * 1_000) for n in range(70)]])
def test_headers_that_are_too_large_get_431(bad: World, head: Headers) -> None:
    assert raw.send(bad.url, [*JSON, *head, ("Authorization", f"Bearer {bad.token()}")], GOOD).status == 431
    assert bad.call(bad.token()).status_code == 200
