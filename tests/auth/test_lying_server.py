"""The authorization server slow, broken or lying: never a 500, never a 401 for a token that may be good."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.demo.serving import ServedApp
from tests.support.world import World, open_world


@contextmanager
def lying(metadata: Any, jwks: Any = None) -> Iterator[World]:
    """A world whose authorization server answers with these responses; a callable is given the base address."""
    served = ServedApp()
    app = Starlette()

    async def answer(request: Request) -> Response:
        chosen = jwks if request.url.path.endswith("jwks.json") else metadata
        return chosen if isinstance(chosen, Response) else chosen(served.url)

    app.add_route("/{path:path}", answer)
    served.start(app)
    try:
        with open_world(oauth_issuer=f"{served.url}/") as world:
            world.tenant.issuer = f"{served.url}/"
            yield world
    finally:
        served.stop()


def honest(base: str, **changes: Any) -> Response:
    document = {"issuer": f"{base}/", "jwks_uri": f"{base}/.well-known/jwks.json", **changes}
    return Response(json.dumps(document), media_type="application/json")


METADATA = [
    ("a server error", Response("oops", 500), "status 500"),
    ("an HTML page", Response("<html>", media_type="text/html"), "did not answer with JSON"),
    ("an empty body", Response(""), "did not answer with JSON"),
    ("a JSON list", Response("[]"), "not an object"),
    ("NaN", Response('{"issuer": NaN}'), "names the issuer nan"),
    ("deep nesting", Response("[" * 100_000), "did not answer with JSON"),
    ("50 MB", Response(b"x" * 50_000_000), "more than 524288 bytes"),
    ("a redirect", RedirectResponse("https://evil.example/"), "status 307"),
    ("compressed without being asked", Response(b"\x1f\x8b", headers={"content-encoding": "gzip"}), "compressed"),
    ("another issuer", Response('{"issuer": "https://evil.example/"}'), "names the issuer"),
    ("no issuer", Response("{}"), "names the issuer None"),
]


@pytest.mark.parametrize(("name", "response", "logged"), METADATA, ids=[row[0] for row in METADATA])
def test_unusable_metadata_is_an_outage(
    name: str, response: Response, logged: str, caplog: pytest.LogCaptureFixture
) -> None:
    with lying(response) as world:
        answer = world.http.get(f"{world.url}/.well-known/oauth-authorization-server")
        assert answer.status_code == 503
        assert "retry-after" in answer.headers
        judged = world.call(world.token())
        assert judged.status_code == 503
        assert world.probe.calls == 0
        assert logged in caplog.text


KEYS = [
    ("a server error", Response("oops", 500), "status 500"),
    ("an empty set", Response('{"keys": []}'), "no usable signature key"),
    ("only symmetric keys", Response('{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}'), "no usable signature key"),
    ("an HTML page", Response("<html>"), "did not answer with JSON"),
    ("a redirect", RedirectResponse("https://evil.example/keys"), "status 307"),
]


@pytest.mark.parametrize(("name", "response", "logged"), KEYS, ids=[row[0] for row in KEYS])
def test_unusable_keys_are_an_outage(
    name: str, response: Response, logged: str, caplog: pytest.LogCaptureFixture
) -> None:
    with lying(honest, response) as world:
        assert world.call(world.token()).status_code == 503
        assert world.probe.calls == 0
        assert logged in caplog.text


@pytest.mark.parametrize("jwks_uri", [None, 7, "", "file:///etc/passwd", "ftp://127.0.0.1/keys", "//evil.example"])
def test_a_jwks_uri_that_is_not_http_is_never_followed(jwks_uri: Any) -> None:
    with lying(lambda base: honest(base, jwks_uri=jwks_uri)) as world:
        assert world.call(world.token()).status_code == 503


@pytest.mark.parametrize(
    ("methods", "published"),
    [(["plain"], None), ([], None), (["S256"], ["S256"]), (["plain", "S256", 7], ["S256"]), (None, None)],
)
def test_only_s256_is_published_and_only_if_offered(methods: Any, published: Any) -> None:
    with lying(lambda base: honest(base, code_challenge_methods_supported=methods)) as world:
        answer = world.http.get(f"{world.url}/.well-known/oauth-authorization-server")
        assert answer.json().get("code_challenge_methods_supported") == published


def test_fields_for_client_id_metadata_documents_are_passed_through() -> None:
    with lying(lambda base: honest(base, client_id_metadata_document_supported=True, x_unknown=[1])) as world:
        document = world.http.get(f"{world.url}/.well-known/openid-configuration").json()
    assert document["client_id_metadata_document_supported"] is True
    assert document["x_unknown"] == [1]


def test_a_server_that_never_answers_costs_a_bounded_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.auth.remote_document.FETCH_SECONDS", 0.2)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        open_world(oauth_issuer=f"http://127.0.0.1:{silent.getsockname()[1]}/") as world,
    ):
        answer = world.http.get(f"{world.url}/.well-known/oauth-authorization-server")
        assert answer.status_code == 503


def test_metadata_is_found_at_its_second_place_when_the_first_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.auth.authorization_server.FETCH_SECONDS", 0.4)
    hanging = asyncio.Event
    served = ServedApp()
    app = Starlette()

    async def hang(_: Request) -> Response:
        await hanging().wait()
        return Response()

    async def answer(_: Request) -> Response:
        return honest(served.url)

    app.add_route("/.well-known/oauth-authorization-server", hang)
    app.add_route("/.well-known/openid-configuration", answer)
    served.start(app)
    try:
        with open_world(oauth_issuer=f"{served.url}/") as world:
            found = world.http.get(f"{world.url}/.well-known/oauth-authorization-server")
            assert found.json()["issuer"] == f"{served.url}/"
    finally:
        served.stop()
