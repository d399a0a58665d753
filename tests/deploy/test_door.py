"""What Caddy lets through, what it adds and takes away, and what it writes down."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.demo.serving import ServedApp
from tests.support.caddy import CADDY, ROOT, Caddy, free_port, open_caddy
from tests.support.world import World, open_world

NOTHING = b"There is nothing here."


class Echo:
    """An app that answers with what reached it; ``/d/stream`` sends its second part when it is told to."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.go_on = threading.Event()  # set from the test's own thread

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        headers = [(name.decode(), value.decode("latin-1")) for name, value in scope["headers"]]
        while (await receive()).get("more_body"):
            pass
        self.seen.append({"path": scope["path"], "headers": headers})
        start = {"type": "http.response.start", "status": 200, "headers": [(b"x-frame-options", b"SAMEORIGIN")]}
        if scope["path"] == "/d/stream":
            await send({**start, "headers": [(b"content-type", b"text/event-stream")]})
            await send({"type": "http.response.body", "body": b"data: one\n\n", "more_body": True})
            await asyncio.to_thread(self.go_on.wait, 20)
            await send({"type": "http.response.body", "body": b"data: two\n\n"})
        else:
            await send(start)
            await send({"type": "http.response.body", "body": json.dumps(self.seen[-1]).encode()})


@pytest.fixture(scope="module")
def echo() -> Iterator[tuple[Caddy, Echo]]:
    app, served, port = Echo(), ServedApp(), free_port()
    served.start(app, lifespan="off")
    try:
        with open_caddy(served.port, port) as caddy:
            yield caddy, app
    finally:
        served.stop()


@pytest.fixture(scope="module")
def real() -> Iterator[tuple[Caddy, World]]:
    port = free_port()
    with (
        open_world(public_base_url=f"https://localhost:{port}") as world,
        open_caddy(urlsplit(world.url).port or 0, port) as caddy,
    ):
        yield caddy, world


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/metrics",
        "/readyz",
        "/auth/verify",
        "/auth/verify?resource=/mcp",
        "/mcp/../metrics",
        "/mcp/../auth/verify",
        "/mcp/%2e%2e/auth/verify",
        "/d/../metrics",
        "/d/%2e%2e/metrics",
        "/d/%2E%2E%2fmetrics",
        "/admin/../auth/verify",
        "//auth/verify",
        "/./auth/verify",
        "/%61uth/verify",
        "/AUTH/verify",
        "/mcpx",
        "/mcp/x",
        "/healthz/x",
        "/docs",
        "/openapi.json",
        "/.well-known/jwks.json",
        "/.well-known/oauth-authorization-server/x",
        "/.env",
    ],
)
def test_a_path_that_was_not_promised_never_reaches_the_app(echo: tuple[Caddy, Echo], path: str) -> None:
    caddy, app = echo
    seen = len(app.seen)
    reply = caddy.ask(path)
    assert (reply.status, reply.body) == (404, NOTHING)
    assert len(app.seen) == seen


@pytest.mark.parametrize(
    "path",
    [
        "/mcp",
        "/mcp/",
        "/d/real_estate/chart",
        "/admin",
        "/admin/people",
        "/healthz",
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-protected-resource/other/mcp",
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/mcp",
        "/.well-known/openid-configuration",
    ],
)
def test_a_promised_path_reaches_the_app_as_it_was_asked_for(echo: tuple[Caddy, Echo], path: str) -> None:
    caddy, _ = echo
    assert json.loads(caddy.ask(path).body)["path"] == path


def test_what_clients_say_of_themselves_does_not_reach_the_app(echo: tuple[Caddy, Echo]) -> None:
    caddy, app = echo
    forged = [
        "X-Auth-Subject",
        "x-auth-client",
        "X-AUTH-SCOPES",
        "X-Auth-Anything",
        "X_Auth_Subject",
        "x_auth_scopes",
        "X-Forwarded-Host",
        "X-Forwarded-Uri",
        "X-Forwarded-Method",
        "X-Forwarded-Prefix",
        "X_Forwarded_For",
        "Forwarded",
        "X-Real-IP",
        "True-Client-IP",
        "CF-Connecting-IP",
    ]
    caddy.ask(
        "/mcp",
        *[(name, "forged") for name in forged],
        ("X-Forwarded-For", "6.6.6.6"),
        ("X-Test-Address", "203.0.113.9"),
        ("X-Own", "kept"),
    )
    headers = app.seen[-1]["headers"]
    assert not [name for name, value in headers if "forged" in value]
    assert [value for name, value in headers if name == "x-forwarded-for"] == ["203.0.113.9"]
    assert ("x-own", "kept") in headers
    assert ("x-forwarded-proto", "https") in headers
    assert ("host", f"localhost:{caddy.port}") in headers


@pytest.mark.parametrize("told", ["203.0.113.9", "6.6.6.6, 203.0.113.9", "6.6.6.6, 203.0.113.9, 10.0.0.3"])
def test_through_a_tunnel_the_app_learns_the_address_that_the_tunnel_saw(echo: tuple[Caddy, Echo], told: str) -> None:
    caddy, app = echo
    assert caddy.ask("/mcp", ("X-Forwarded-For", told), port=caddy.tunnel_port).status == 200
    headers = app.seen[-1]["headers"]
    assert [value for name, value in headers if name == "x-forwarded-for"] == ["203.0.113.9"]


def test_the_answer_gets_security_headers_where_the_app_set_none(echo: tuple[Caddy, Echo]) -> None:
    caddy, _ = echo
    headers = caddy.ask("/mcp").headers
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert "server" not in headers
    assert caddy.ask("/").headers["x-frame-options"] == "DENY"


def test_an_event_stream_is_passed_on_as_it_comes(echo: tuple[Caddy, Echo]) -> None:
    caddy, app = echo
    app.go_on.clear()
    with caddy.connect() as connection:
        connection.sendall(f"GET /d/stream HTTP/1.1\r\nHost: localhost:{caddy.port}\r\n\r\n".encode())
        response = HTTPResponse(connection)
        response.begin()
        assert response.read(len(b"data: one\n\n")) == b"data: one\n\n"  # while the app has not sent the rest
        app.go_on.set()
        assert response.read(len(b"data: two\n\n")) == b"data: two\n\n"


def test_sizes_have_limits(real: tuple[Caddy, World]) -> None:
    caddy, world = real
    assert caddy.ask("/mcp", ("X-Long", "a" * 70_000)).status == 431
    token = ("Authorization", f"Bearer {world.token(aud=f'{caddy.url}/mcp')}")
    json_type = ("Content-Type", "application/json")
    for size in (4_200_000, 6_000_000, 9_000_000):
        assert caddy.ask("/mcp", token, json_type, method="POST", body=b" " * size).status == 413
    assert caddy.ask("/mcp", token, json_type, method="POST", body=b" " * 4_000_000).status == 400
    assert caddy.ask("/mcp", json_type, method="POST", body=b" " * 4_000_000).status == 401


def test_what_the_app_would_not_limit_is_limited_before_it(echo: tuple[Caddy, Echo]) -> None:
    caddy, _ = echo
    assert caddy.ask("/mcp", method="POST", body=b" " * 8_000_000).status == 200
    assert caddy.ask("/mcp", method="POST", body=b" " * 9_000_000).status == 413


def test_every_listener_has_its_limits() -> None:
    environment = {"PATH": os.environ["PATH"], "PUBLIC_BASE_URL": "https://home.example.net"}
    adapted = subprocess.run(
        [CADDY, "adapt", "--config", "Caddyfile"], cwd=ROOT, env=environment, capture_output=True, check=True
    )
    servers = json.loads(adapted.stdout)["apps"]["http"]["servers"]
    outside = {tuple(one["listen"]): one for one in servers.values() if one["listen"] != ["127.0.0.1:8081"]}
    assert set(outside) == {(":443",), (":80",), (":8080",)}
    second = 10**9
    for one in outside.values():
        assert (one["read_header_timeout"], one["read_timeout"]) == (15 * second, 30 * second)
        assert (one["idle_timeout"], one["max_header_bytes"]) == (120 * second, 64_000)


def test_a_broken_request_is_no_fault_of_the_app_and_nobody_else_waits_for_it(echo: tuple[Caddy, Echo]) -> None:
    caddy, _ = echo
    head = f"POST /mcp HTTP/1.1\r\nHost: localhost:{caddy.port}\r\nTransfer-Encoding: chunked\r\n\r\n"
    for _ in range(3):
        with caddy.connect() as connection:
            connection.sendall(f"{head}ZZ\r\n".encode())
            assert status_of(connection) in {400, 502}
    started = time.monotonic()
    assert caddy.ask("/mcp").status == 200
    assert time.monotonic() - started < 1.5  # it was over 2 seconds while the app counted as failed


def test_http_leads_to_https_and_other_names_lead_nowhere(echo: tuple[Caddy, Echo]) -> None:
    caddy, app = echo
    seen = len(app.seen)
    plain = caddy.ask("/mcp", host="localhost", port=caddy.http_port)
    assert (plain.status, plain.headers["location"]) == (308, "https://localhost/mcp")
    for port in (None, caddy.http_port):
        for path in ("/mcp", "/healthz", "/"):
            reply = caddy.ask(path, host="elsewhere.example", port=port)
            assert (reply.status, b"does not answer under this name" in reply.body) == (421, True)
    assert len(app.seen) == seen


def test_http_2_is_on_offer_and_http_3_is_announced(echo: tuple[Caddy, Echo]) -> None:
    caddy, _ = echo
    context = caddy.context
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", caddy.port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        assert secure.selected_alpn_protocol() == "h2"
    assert caddy.ask("/mcp").headers["alt-svc"].startswith(f'h3=":{caddy.port}"')


def test_the_access_log_tells_who_came_and_no_secret(echo: tuple[Caddy, Echo]) -> None:
    caddy, _ = echo
    secrets = ["sesame-1", "sesame-2", "sesame-3", "sesame-4"]
    caddy.ask(
        f"/d/real_estate/chart?key={secrets[0]}&code={secrets[1]}",
        ("Authorization", f"Bearer {secrets[2]}"),
        ("Cookie", f"session={secrets[3]}"),
        ("User-Agent", "openai-mcp/1.0.0"),
        ("X-Test-Address", "203.0.113.77"),
    )
    (line,) = wait_for_lines(caddy, "203.0.113.77")
    entry = json.loads(line)
    assert entry["request"]["client_ip"] == "203.0.113.77"
    assert entry["request"]["uri"] == "/d/real_estate/chart?…"
    assert (entry["status"], entry["user_agent"]) == (200, "openai-mcp/1.0.0")
    assert "headers" not in entry["request"]
    assert "resp_headers" not in entry
    assert not [secret for secret in secrets if any(secret in one for one in caddy.lines)]


def test_what_is_written_about_a_call_that_broke_off_holds_no_secret_either() -> None:
    def answer_and_die(listener: socket.socket) -> None:
        with listener.accept()[0] as connection:
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\nhalf")

    port = free_port()
    with socket.create_server(("127.0.0.1", 0)) as listener, open_caddy(listener.getsockname()[1], port) as caddy:
        threading.Thread(target=answer_and_die, args=(listener,), daemon=True).start()
        with caddy.connect() as connection:
            head = f"GET /d/x?key=sesame-5 HTTP/1.1\r\nHost: localhost:{port}\r\nX-Api-Key: sesame-6\r\n"
            connection.sendall(f"{head}Authorization: Bearer sesame-7\r\n\r\n".encode())
            while connection.recv(65_536):
                pass
        wait_for_lines(caddy, "aborting with incomplete response")
        wait_for_lines(caddy, "handled request")
        assert not [line for line in caddy.lines if "sesame" in line]


def wait_for_lines(caddy: Caddy, word: str) -> list[str]:
    for _ in range(500):
        if found := [line for line in caddy.lines if word in line]:
            return found
        threading.Event().wait(0.01)
    raise AssertionError(f"no line with {word}: {caddy.lines[-5:]}")


def test_while_the_app_starts_anew_requests_wait_and_none_fails() -> None:
    first, port = ServedApp(), free_port()
    first.start(Echo(), lifespan="off")
    with open_caddy(first.port, port) as caddy:
        assert caddy.ask("/mcp").status == 200
        first.stop()
        with contextlib.ExitStack() as stack:
            waiting = [stack.enter_context(caddy.connect()) for _ in range(10)]
            for one in waiting:
                one.sendall(f"POST /mcp HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: 1\r\n\r\nx".encode())
            second = ServedApp(first.port)
            stack.callback(second.stop)
            second.start(Echo(), lifespan="off")
            assert [status_of(one) for one in waiting] == [200] * 10


def status_of(connection: socket.socket) -> int:
    response = HTTPResponse(connection)
    response.begin()
    response.read()
    return response.status
