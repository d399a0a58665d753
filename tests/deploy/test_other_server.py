"""A second MCP server, which asks nobody to log in, behind the same door (examples/another-server)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.caddy import Caddy, free_port, free_ports, open_caddy
from tests.support.world import World, open_world

EXAMPLE = Path(__file__).parents[2] / "examples/another-server"
JSON = ("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream")
CALL = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"who","arguments":{}}}'
PRM = "/.well-known/oauth-protected-resource/other/mcp"


@contextmanager
def other_server() -> Iterator[int]:
    port = free_port()
    environment = {**os.environ, "OTHER_HOST": "127.0.0.1", "OTHER_PORT": str(port)}
    process = subprocess.Popen([sys.executable, EXAMPLE / "server.py"], env=environment)
    try:
        until = time.monotonic() + 30
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/")
                break
            except httpx.ConnectError:
                assert time.monotonic() < until
                assert process.poll() is None
        yield port
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def two_servers(mode: str = "oauth") -> Iterator[tuple[World, Caddy]]:
    (port,) = free_ports(1)
    base = f"https://localhost:{port}"
    with (
        other_server() as other,
        open_world(
            public_base_url=base, auth_mode=mode, other_resources=("/other/mcp",), resources=("/mcp", "/other/mcp")
        ) as world,
        open_caddy(
            urlsplit(world.url).port or 0,
            port,
            auth_mode=mode,
            OTHER_SERVERS=str(EXAMPLE / "other.caddy"),
            OTHER_UPSTREAM=f"127.0.0.1:{other}",
        ) as caddy,
    ):
        yield world, caddy


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[World, Caddy]]:
    with two_servers() as opened:
        yield opened


def token_for(
    world: World, caddy: Caddy, path: str = "/other/mcp", scope: str = "read", **claims: object
) -> tuple[str, str]:
    token = world.tenant.issue_access_token(world.person, caddy.url + path, scope, "test-client", **claims)
    return "Authorization", f"Bearer {token}"


def test_its_own_metadata_leads_to_the_log_in(both: tuple[World, Caddy]) -> None:
    world, caddy = both
    reply = caddy.ask("/other/mcp", *JSON, method="POST", body=CALL)
    assert reply.status == 401
    assert reply.headers["www-authenticate"] == f'Bearer resource_metadata="{caddy.url}{PRM}", scope="read"'
    metadata = json.loads(caddy.ask(PRM).body)
    assert metadata["resource"] == f"{caddy.url}/other/mcp"
    assert metadata["authorization_servers"] == [world.tenant.issuer]


def test_whoever_logged_in_for_it_gets_through_and_it_learns_who_but_not_the_token(both: tuple[World, Caddy]) -> None:
    world, caddy = both
    forged = [(name, "auth0|mallory") for name in ("X-Auth-Subject", "X_Auth_Subject", "X-Auth-Client")]
    forged.append(("Connection", "close, X-Auth-Subject, X-Auth-Client, X-Auth-Scopes"))
    for path in ("/other/mcp", "/other/mcp/"):
        reply = caddy.ask(path, *JSON, *forged, token_for(world, caddy), method="POST", body=CALL)
        assert reply.status == 200, reply.body
        (content,) = json.loads(reply.body)["result"]["content"]
        assert content["text"] == f"{world.person.sub} through test-client with read write, token None"


def refused_cases() -> dict[str, tuple[int, str]]:
    return {
        "of the first server": (401, "invalid_token"),
        "expired": (401, "invalid_token"),
        "of another signer": (401, "invalid_token"),
        "sent twice": (400, "invalid_request"),
    }


@pytest.mark.parametrize("case", refused_cases())
def test_a_token_that_is_not_for_it_is_refused_with_its_own_challenge(both: tuple[World, Caddy], case: str) -> None:
    world, caddy = both
    headers = {
        "of the first server": [token_for(world, caddy, "/mcp")],
        "expired": [token_for(world, caddy, exp=world.clock() - 3600)],
        "of another signer": [(name, value[:-8] + "AAAAAAAA") for name, value in [token_for(world, caddy)]],
        "sent twice": [token_for(world, caddy)] * 2,
    }[case]
    reply = caddy.ask("/other/mcp", *JSON, *headers, method="POST", body=CALL)
    status, error = refused_cases()[case]
    assert (reply.status, json.loads(reply.body)["error"]) == (status, error)
    assert f'resource_metadata="{caddy.url}{PRM}"' in reply.headers["www-authenticate"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_no_method_gets_past_the_question(both: tuple[World, Caddy], method: str) -> None:
    _, caddy = both
    reply = caddy.ask("/other/mcp", *JSON, method=method, body=CALL if method in {"PUT", "PATCH"} else b"")
    assert reply.status == (204 if method == "OPTIONS" else 401)


def test_a_token_for_it_opens_nothing_else(both: tuple[World, Caddy]) -> None:
    world, caddy = both
    assert caddy.ask("/mcp", *JSON, token_for(world, caddy), method="POST", body=CALL).status == 401
    assert world.probe.calls == 0


def test_pages_of_strange_origins_are_kept_out_and_allowed_ones_may_ask_first(both: tuple[World, Caddy]) -> None:
    world, caddy = both
    evil = ("Origin", "https://evil.example")
    assert caddy.ask("/other/mcp", *JSON, evil, token_for(world, caddy), method="POST", body=CALL).status == 403
    asked = caddy.ask("/other/mcp", ("Origin", "https://claude.ai"), method="OPTIONS")
    assert (asked.status, asked.headers["access-control-allow-origin"]) == (204, "https://claude.ai")


def test_without_log_in_it_too_is_for_the_house_only() -> None:
    with two_servers("none") as (_, caddy):
        ask = {"method": "POST", "body": CALL}
        inside = caddy.ask("/other/mcp", *JSON, ("X-Test-Address", "192.168.1.9"), **ask)  # type: ignore[arg-type]
        assert inside.status == 200
        assert b"anonymous through None with read, token None" in inside.body
        assert caddy.ask("/other/mcp", *JSON, ("X-Test-Address", "203.0.113.5"), **ask).status == 403  # type: ignore[arg-type]
        assert caddy.ask(PRM).status == 404


def test_while_the_log_in_service_is_down_newcomers_are_told_to_wait() -> None:
    with two_servers() as (world, caddy):
        world.tenant_app.stop()
        world.tenant.rotate_keys()
        world.tenant.rotate_keys()  # signed by a key that nobody could look up yet
        reply = caddy.ask("/other/mcp", *JSON, token_for(world, caddy), method="POST", body=CALL)
        assert (reply.status, "www-authenticate" in reply.headers) == (503, False)
        assert int(reply.headers["retry-after"]) > 0
