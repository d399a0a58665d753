"""What lies beneath HTTP, and how trouble there is put into words."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from app.doctor.checks import CHECKS
from app.doctor.checks.authorize import _explained, _page_of, _words
from app.doctor.connector import OWN_REDIRECT, STABLE_REDIRECT, message_of, parameter, redirect_uri
from app.doctor.context import Answer, Context
from app.doctor.network import Network
from app.doctor.trouble import Unreachable
from tests.doctor.faults import closed_port
from tests.doctor.stage import examined

ROOT = Path(__file__).parents[2]


def test_a_name_with_both_kinds_of_addresses_is_reached_over_ipv4_as_chatgpt_does() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
        asyncio.run(Network(names={"both.example": ("::1", "127.0.0.1")}).connect("both.example", port))
    with pytest.raises(Unreachable, match=r"both\.example port \d+ refuses the connection"):
        asyncio.run(Network(names={"both.example": ("::1", "127.0.0.1")}).connect("both.example", closed_port()))


def test_a_resolver_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr("app.doctor.network.CONNECT_SECONDS", 0.1)
    monkeypatch.setattr("app.doctor.network.socket.getaddrinfo", lambda *_, **__: over.wait(60) and [])
    started = time.monotonic()
    try:
        report = asyncio.run(examined(CHECKS, Context("https://slow.example.net")))
    finally:
        over.set()
    assert time.monotonic() - started < 10
    assert report.results[0].check.id == "dns-missing"
    assert report.results[0].cause == "slow.example.net did not answer in time."


@pytest.mark.parametrize("name", ["nothing.invalid", "a" * 300, "bad..name"])
def test_a_name_that_cannot_be_looked_up_is_trouble_with_the_name(name: str) -> None:
    with pytest.raises(Unreachable):
        asyncio.run(Network().addresses(name))


@pytest.mark.parametrize(
    ("challenge", "name", "value"),
    [
        ('Bearer resource_metadata="https://a/b", scope="read"', "resource_metadata", "https://a/b"),
        ('Bearer scope="read", resource_metadata="https://a/b"', "scope", "read"),
        ("Bearer resource_metadata=https://a/b", "resource_metadata", "https://a/b"),
        ('Bearer realm="resource_metadata=x"', "resource_metadata", ""),
        ("Bearer", "resource_metadata", ""),
        ("", "scope", ""),
    ],
)
def test_a_parameter_of_a_challenge_is_read(challenge: str, name: str, value: str) -> None:
    assert parameter(challenge, name) == value


@pytest.mark.parametrize(
    ("named", "issuer", "iss", "uri"),
    [
        ("https://t/", "https://t/", True, STABLE_REDIRECT),
        ("https://t", "https://t/", True, OWN_REDIRECT),
        ("https://t/", "https://t/", False, OWN_REDIRECT),
        ("https://t/", "https://t/", "true", OWN_REDIRECT),
    ],
)
def test_chatgpt_uses_its_stable_redirect_only_with_iss_and_equal_issuers(
    named: str, issuer: str, iss: object, uri: str
) -> None:
    server = {"issuer": issuer, "authorization_response_iss_parameter_supported": iss}
    assert redirect_uri({"authorization_servers": [named]}, server) == uri


def answer(text: str, media: str = "text/event-stream") -> Answer:
    return Answer(200, httpx.Headers({"content-type": media}), text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('event: message\ndata: {"a": 1}\n\nevent: message\ndata: {"b": 2}\n\n', {"b": 2}),
        ('{"c": 3}', {"c": 3}),
        ("data: no json\n\n", {}),
        ("data: [1]\n\n", {}),
        ("", {}),
    ],
)
def test_the_last_message_of_a_stream_counts(text: str, message: dict[str, int]) -> None:
    assert message_of(answer(text)) == message


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        (
            "<html><head><style>x{}</style></head><body><h1>Callback URL mismatch.</h1></body></html>",
            "redirect-refused",
        ),
        ("<p>Unknown client: abc</p>", "client-unknown"),
        ("<p>Service not found: https://home.example.net/mcp</p>", "api-missing"),
        (
            "<p>Client &quot;tpc_x&quot; is not authorized to access resource server &quot;y&quot;.",
            "clients-not-granted",
        ),
        ("The userinfo audience is not allowed for third party clients", "resource-parameter-off"),
        ("no connections enabled for the client", "no-connection"),
        ("<p>Something else</p>", "log-in-page-missing"),
    ],
)
def test_what_auth0_says_instead_of_its_log_in_page_is_recognised(page: str, kind: str) -> None:
    assert _explained(_words(page)).kind == kind
    assert _page_of(answer(page, "text/html")).kind == kind


def test_the_server_loads_nothing_of_the_doctor_but_its_readiness() -> None:
    program = "import sys, app.main; print(*sorted(name for name in sys.modules if name.startswith('app.doctor')))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["app.doctor", "app.doctor.readiness"]
