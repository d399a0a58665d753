"""The authorization server goes wrong while tokens of known keys are in use: they go on, and nobody waits for it.

Each fault meets a server that has its keys. A token of a known key works at once, for a day; a token of an unknown key
gets 503, not 401; and when the authorization server is well again, the first token of a new key is accepted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator

import pytest
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.auth.remote_document import FETCH_SECONDS
from tests.support import world as support
from tests.support.world import World, open_world

DAY = 24 * 3_600


async def hang(_: Request) -> Response:
    await asyncio.Event().wait()
    raise AssertionError("unreachable")


def always(response: Callable[[], Response]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_: Request) -> Response:
        return response()

    return answer


FAULTS: dict[str, Callable[[Request], Awaitable[Response]]] = {
    "never answers": hang,
    "a server error": always(lambda: Response("oops", 500)),
    "an HTML page": always(lambda: Response("<html>", media_type="text/html")),
    "an empty key set": always(lambda: Response('{"keys": []}', media_type="application/json")),
    "a redirect": always(lambda: RedirectResponse("https://evil.example/keys")),
    "50 MB": always(lambda: Response(b"[" + b" " * 50_000_000 + b"]", media_type="application/json")),
}


class Switch:
    """The stand-in tenant, and a fault in its place while one is set."""

    def __init__(self, inner: ASGIApp) -> None:
        self.inner = inner
        self.fault: Callable[[Request], Awaitable[Response]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.fault is None or scope["type"] != "http":
            await self.inner(scope, receive, send)
        else:
            await (await self.fault(Request(scope, receive)))(scope, receive, send)


@pytest.fixture
def switched(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[World, Switch]]:
    made: list[Switch] = []
    build = support.create_tenant_app

    def behind_a_switch(*arguments: object) -> Switch:
        made.append(Switch(build(*arguments)))  # type: ignore[arg-type]
        return made[0]

    monkeypatch.setattr(support, "create_tenant_app", behind_a_switch)
    with open_world() as world:
        yield world, made[0]


@pytest.mark.parametrize("name", FAULTS)
def test_a_known_key_goes_on_for_a_day_whatever_the_authorization_server_does(
    switched: tuple[World, Switch], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, switch = switched
    assert world.call(world.token()).status_code == 200
    monkeypatch.setattr("app.auth.remote_document.FETCH_SECONDS", 0.3)
    switch.fault = FAULTS[name]
    for passed in (601, 3_600, DAY - 3_600 - 601 - 60):  # due for renewal; long due; the last minute
        world.clock.now += passed
        for number in range(3):
            assert world.call(world.token(jti=f"{passed} {number}")).status_code == 200
    world.clock.now += 61
    answer = world.call(world.token())
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1


def test_a_fetch_that_hangs_keeps_nobody_waiting_who_has_a_known_key(switched: tuple[World, Switch]) -> None:
    world, switch = switched
    assert world.call(world.token()).status_code == 200
    switch.fault = FAULTS["never answers"]
    world.clock.now += 601
    began = time.perf_counter()
    for number in range(20):
        assert world.call(world.token(jti=f"{number}")).status_code == 200
    assert time.perf_counter() - began < FETCH_SECONDS  # the fetch that the first of them began still hangs


@pytest.mark.parametrize("name", FAULTS)
def test_an_unknown_key_is_an_outage_until_the_server_is_back_and_then_works_at_once(
    switched: tuple[World, Switch], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, switch = switched
    assert world.call(world.token()).status_code == 200
    monkeypatch.setattr("app.auth.remote_document.FETCH_SECONDS", 0.3)
    world.clock.now += 60
    switch.fault = FAULTS[name]
    world.tenant.rotate_keys()
    world.tenant.rotate_keys()
    new = world.token()
    refused = world.call(new)
    assert (refused.status_code, refused.headers.get("www-authenticate")) == (503, None)
    switch.fault = None
    world.clock.now += 2
    assert world.call(new).status_code == 200


def test_a_fetch_that_hangs_since_before_the_return_does_not_keep_a_new_key_out(
    switched: tuple[World, Switch], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, switch = switched
    monkeypatch.setattr("app.auth.remote_document.FETCH_SECONDS", 0.6)
    assert world.call(world.token()).status_code == 200
    old = world.token()
    switch.fault = FAULTS["never answers"]
    world.tenant.rotate_keys()
    world.tenant.rotate_keys()
    world.clock.now += 601
    assert world.call(old).status_code == 200  # begins the renewal that hangs
    switch.fault = None  # the authorization server is back, but the fetch in flight does not know
    world.clock.now += 2
    assert world.call(world.token()).status_code == 200


def test_keys_are_renewed_although_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.auth.authorization_server.LOOK_SECONDS", 0.01)
    with open_world() as world:
        assert world.call(world.token()).status_code == 200
        before = world.tenant.requests["/.well-known/jwks.json"]
        world.clock.now += 601
        until = time.monotonic() + 10
        while world.tenant.requests["/.well-known/jwks.json"] == before and time.monotonic() < until:
            world.http.get(f"{world.url}/healthz")  # asks for no key
        assert world.tenant.requests["/.well-known/jwks.json"] == before + 1
