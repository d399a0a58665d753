"""AUTH_MODE, whatever it holds: only the exact words open anything, and never to a stranger without log-in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.caddy import Caddy, free_port, open_caddy
from tests.support.world import World, open_world

OUTSIDE, INSIDE = "203.0.113.5", "192.168.1.20"
CLOSED = [
    None,
    "",
    " ",
    "oauth ",
    " oauth",
    "OAuth",
    "OAUTH",
    "oauht",
    "None",
    "NONE",
    "none ",
    "non",
    "off",
    "false",
    "0",
    "*",
    "o*",
    "n*",
    "?????",
    "n[o]ne",
    "{o,n}*",
    "oauth none",
    "oauth,none",
    "oauth\nnone",
    "none\n}\nrespond 200\nhandle {",
    'none" } handle { respond "in" 200',
    "{env.HOME}",
    "{http.request.header.X-Mode}",
    "{$X_MODE:none}",
    "../none",
]
PATHS = ["/mcp", "/healthz", "/d/real_estate/x", "/admin", "/.well-known/oauth-protected-resource", "/metrics"]
CALL = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"in"}}}'
JSON = ("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream")
HIDDEN = [
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/mcp",
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
]


@contextmanager
def door(app_mode: str, caddy_mode: str | None, *, believed: bool = True) -> Iterator[tuple[World, Caddy]]:
    port = free_port()
    with (
        open_world(public_base_url=f"https://localhost:{port}", auth_mode=app_mode) as world,
        open_caddy(int(world.url.rpartition(":")[2]), port, auth_mode=caddy_mode, believed=believed) as caddy,
    ):
        yield world, caddy


def call_from(caddy: Caddy, address: str, token: str = "", port: int | None = None) -> int:
    headers = [*JSON, ("X-Forwarded-For" if port else "X-Test-Address", address)]
    if token:
        headers.append(("Authorization", f"Bearer {token}"))
    return caddy.ask("/mcp", *headers, method="POST", body=CALL, port=port).status


@pytest.fixture(scope="module")
def open_app() -> Iterator[tuple[World, int]]:
    """The worst case behind the door: an app that asks nobody to log in."""
    port = free_port()
    with open_world(public_base_url=f"https://localhost:{port}", auth_mode="none") as world:
        yield world, port


@pytest.mark.parametrize("value", CLOSED, ids=repr)
def test_any_other_value_closes_the_door_for_everybody(open_app: tuple[World, int], value: str | None) -> None:
    world, port = open_app
    with open_caddy(int(world.url.rpartition(":")[2]), port, auth_mode=value, X_MODE="none") as caddy:
        for address in (OUTSIDE, INSIDE):
            asked = [caddy.ask(path, ("X-Test-Address", address), ("X-Mode", "none")) for path in PATHS]
            assert [one.status for one in asked] == [503] * len(PATHS)
            assert call_from(caddy, address) == 503
        assert call_from(caddy, INSIDE, port=caddy.tunnel_port) == 503
        assert b"AUTH_MODE must be oauth or none" in asked[0].body
    assert world.probe.calls == 0


def test_with_log_in_nobody_gets_in_without_a_token_and_everybody_with_one() -> None:
    with door("oauth", "oauth") as (world, caddy):
        assert [call_from(caddy, address) for address in (OUTSIDE, INSIDE)] == [401, 401]
        assert call_from(caddy, OUTSIDE, port=caddy.tunnel_port) == 401
        assert world.probe.calls == 0
        token = world.token(aud=f"{caddy.url}/mcp")
        assert [call_from(caddy, address, token) for address in (OUTSIDE, INSIDE)] == [200, 200]
        assert call_from(caddy, OUTSIDE, token, caddy.tunnel_port) == 200
        assert [caddy.ask(path).status for path in HIDDEN] == [200] * 4


def test_without_log_in_only_the_house_may_enter_and_nothing_speaks_of_logging_in() -> None:
    with door("none", "none") as (world, caddy):
        assert [call_from(caddy, address) for address in (INSIDE, "10.1.2.3", "172.20.0.9", "::1", "fd00::7")] == [
            200
        ] * 5
        calls = world.probe.calls
        strangers = [
            OUTSIDE,
            "8.8.8.8",
            "2001:db8::1",
            "172.32.0.1",
            "192.169.0.1",
            "100.64.0.1",
            f"{INSIDE}, {OUTSIDE}",
        ]
        assert [call_from(caddy, address) for address in strangers] == [403] * len(strangers)
        assert [caddy.ask(path, ("X-Test-Address", OUTSIDE)).status for path in PATHS] == [403] * len(PATHS)
        assert [caddy.ask(path, ("X-Test-Address", INSIDE)).status for path in HIDDEN] == [404] * 4
        assert call_from(caddy, INSIDE, port=caddy.tunnel_port) == 503
        assert world.probe.calls == calls == 5


@pytest.mark.parametrize(
    ("app_mode", "caddy_mode", "outside", "inside"), [("none", "oauth", 403, 200), ("oauth", "none", 403, 401)]
)
def test_when_app_and_door_differ_the_stricter_one_counts(
    app_mode: str, caddy_mode: str, outside: int, inside: int
) -> None:
    with door(app_mode, caddy_mode) as (_, caddy):
        assert (call_from(caddy, OUTSIDE), call_from(caddy, INSIDE)) == (outside, inside)


RELAYED = ["X-Forwarded-For", "Forwarded", "X-Real-IP", "CF-Connecting-IP"]


@pytest.mark.parametrize("value", [OUTSIDE, INSIDE, "for=198.51.100.7", "unknown"])
def test_without_log_in_a_call_that_another_proxy_passed_on_is_refused(value: str) -> None:
    """The proxy may stand in the house while its caller does not, and there is no telling which."""
    with door("none", "none", believed=False) as (world, caddy):
        for name in RELAYED:
            assert caddy.ask("/mcp", *JSON, (name, value), method="POST", body=CALL).status == 403
        assert world.probe.calls == 0
        assert caddy.ask("/mcp", *JSON, method="POST", body=CALL).status == 200


def test_with_log_in_forwarding_headers_of_clients_change_nothing() -> None:
    with door("oauth", "oauth", believed=False) as (world, caddy):
        token = ("Authorization", f"Bearer {world.token(aud=f'{caddy.url}/mcp')}")
        forged = [(name, OUTSIDE) for name in RELAYED]
        assert caddy.ask("/mcp", *JSON, *forged, token, method="POST", body=CALL).status == 200
