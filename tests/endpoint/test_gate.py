"""Host, Origin and CORS; and the door without log-in."""

from __future__ import annotations

import tempfile
from typing import Any

import anyio
import pytest

from app.endpoint.gate import Gate
from app.errors import RequestRefused
from app.main import create_app
from app.settings import load_settings
from tests.support.world import Probe, World, open_world

ORIGINS = ("https://home.example.net", "https://chatgpt.com", "https://claude.ai")


@pytest.mark.parametrize(
    ("host", "served"),
    [
        ("home.example.net", True),
        ("HOME.example.NET", True),
        ("home.example.net:443", True),
        ("localhost", True),
        ("localhost:8000", True),
        ("127.0.0.1:9", True),
        ("[::1]:8000", True),
        ("home.example.net:8443", False),
        ("evil.example", False),
        ("home.example.net.evil.example", False),
        ("xhome.example.net", False),
        ("home.example.net@evil.example", False),
        ("evil.example/home.example.net", False),
        ("home.example.net:443:1", False),
        ("home.example.net:x", False),
        ("[::1", False),
        ("", False),
        (None, False),
    ],
)
def test_only_the_public_name_and_this_machine_are_served(host: str | None, served: bool) -> None:
    gate = Gate("https://home.example.net", ORIGINS)
    if served:
        gate.check_host(host)
    else:
        with pytest.raises(RequestRefused) as refused:
            gate.check_host(host)
        assert refused.value.status == 421


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        *[(origin, True) for origin in ORIGINS],
        ("http://localhost:6274", True),
        ("http://127.0.0.1", True),
        ("http://[::1]:3000", True),
        ("null", False),
        ("", False),
        ("https://evil.example", False),
        ("http://chatgpt.com", False),
        ("https://chatgpt.com:8443", False),
        ("https://chatgpt.com/", False),
        ("http://localhost.evil.example", False),
        ("http://localhost@evil.example", False),
        ("file://localhost", False),
        ("localhost", False),
    ],
)
def test_only_listed_and_loopback_origins_may_call(origin: str | None, allowed: bool) -> None:
    gate = Gate("https://home.example.net", ORIGINS)
    readable = any(name == b"access-control-allow-origin" for name, _ in gate.cors(origin))
    assert readable is (allowed and origin is not None)
    if allowed:
        gate.check_origin(origin)
    else:
        with pytest.raises(RequestRefused) as refused:
            gate.check_origin(origin)
        assert refused.value.status == 403


def test_a_browser_client_may_ask_first_and_read_the_challenge(shared_world: World) -> None:
    origin = {"origin": "http://localhost:6274"}
    preflight = shared_world.http.options(shared_world.mcp, headers=origin)
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == origin["origin"]
    for name in ("authorization", "content-type", "mcp-protocol-version", "mcp-method", "mcp-name", "mcp-session-id"):
        assert name in preflight.headers["access-control-allow-headers"]
    knock = shared_world.http.post(shared_world.mcp, headers=origin)
    assert knock.status_code == 401
    assert knock.headers["access-control-allow-origin"] == origin["origin"]
    assert "WWW-Authenticate" in knock.headers["access-control-expose-headers"]
    assert knock.headers["vary"] == "Origin"


def test_without_log_in_the_house_itself_may_enter_and_the_documents_are_gone() -> None:
    with open_world(auth_mode="none") as world:
        assert world.call(None).json()["result"]["structuredContent"] == {"text": "hello"}
        assert world.call(None, name="write_note", arguments={}).status_code == 403
        for path in ("oauth-protected-resource", "oauth-authorization-server", "openid-configuration"):
            assert world.http.get(f"{world.url}/.well-known/{path}").status_code == 404
        assert world.http.get(f"{world.url}/readyz").json()["status"] == "ready"


CALL = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{}}}'


def without_log_in(address: str | None, headers: dict[str, str], host: str = "127.0.0.1:1") -> tuple[int, int]:
    """Status and calls when this caller asks. The address is set as a server would: no socket here has a public one."""
    probe = Probe()
    with tempfile.TemporaryDirectory() as folder:
        values = {"auth_mode": "none", "public_base_url": "http://127.0.0.1:1", "data_dir": folder}
        app = create_app(load_settings(values), toolsets={"real_estate": probe.open})
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/mcp",
            "raw_path": b"/mcp",
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", host.encode()), (b"content-type", b"application/json")]
            + [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": (address, 5) if address else None,
        }
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": CALL}

        async def send(message: Any) -> None:
            sent.append(message)

        async def exchange() -> None:
            async with app.router.lifespan_context(app):
                await app(scope, receive, send)

        anyio.run(exchange)
    return sent[0]["status"], probe.calls


@pytest.mark.parametrize("address", ["192.168.1.20", "10.1.2.3", "::1", "::ffff:192.168.0.9", "fd00::1"])
def test_without_log_in_the_private_network_is_let_in(address: str) -> None:
    assert without_log_in(address, {}) == (200, 1)
    assert without_log_in(address, {"x-forwarded-for": "192.168.7.7, 10.0.0.2"}) == (200, 1)


@pytest.mark.parametrize(
    "address",
    ["203.0.113.5", "8.8.8.8", "::ffff:8.8.8.8", "2001:db8::1", "172.32.0.1", "100.64.0.1", "not an address", None],
)
def test_without_log_in_strangers_stay_outside(address: str | None) -> None:
    assert without_log_in(address, {}) == (403, 0)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-forwarded-for": "8.8.8.8"},
        {"x-forwarded-for": "10.0.0.1, 8.8.8.8"},
        {"x-forwarded-for": "8.8.8.8, 10.0.0.1"},
        {"x-forwarded-for": "unknown"},
        {"x-forwarded-for": ""},
        {"forwarded": "for=8.8.8.8"},
        {"forwarded": "for=10.0.0.1"},
    ],
)
def test_without_log_in_a_proxy_that_nobody_named_lets_no_stranger_in(headers: dict[str, str]) -> None:
    assert without_log_in("172.18.0.5", headers) == (403, 0)


@pytest.mark.parametrize(
    ("host", "status"),
    [("192.168.0.10:8000", 200), ("[fd00::1]:8000", 200), ("home.lan", 421), ("8.8.8.8", 421), ("evil.example", 421)],
)
def test_without_log_in_the_server_may_be_called_by_its_private_address(host: str, status: int) -> None:
    assert without_log_in("192.168.1.20", {}, host)[0] == status
