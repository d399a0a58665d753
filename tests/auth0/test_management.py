"""What comes back from the Management API is understood, or said to be unreadable; nothing else happens."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest
from auth0.management.client import Auth0

from app.auth0.credentials import Credentials
from app.auth0.management import Management, open_management
from app.auth0.place import place_of
from app.errors import Auth0Failed

PLACE = place_of("tenant.us.auth0.com")


def management(answer: httpx.Response | Exception) -> Management:
    def handle(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "tenant.us.auth0.com"
        assert request.headers["authorization"] == "Bearer s3cret"
        if isinstance(answer, Exception):
            raise answer
        return answer

    http = httpx.Client(transport=httpx.MockTransport(handle))
    return Management(PLACE, Auth0(base_url=PLACE.api, token="s3cret", httpx_client=http, max_retries=0))


def refusal(status: int, code: str, message: str) -> httpx.Response:
    return httpx.Response(status, json={"statusCode": status, "errorCode": code, "message": message})


ANSWERS: list[tuple[Any, int, str, str]] = [
    (refusal(400, "invalid_body", "Payload validation error"), 400, "did not take it", "newer Gatehouse"),
    (refusal(401, "invalid_token", "Bad"), 401, "did not accept the management token", "new token"),
    (refusal(403, "insufficient_scope", "Insufficient scope"), 403, "Insufficient scope", "permission"),
    (refusal(403, "too_many_entities", "Limit"), 403, "did not allow it", "gatehouse clients prune"),
    (refusal(404, "inexistent", "No"), 404, "does not know it", "again"),
    (refusal(409, "conflict", "Exists"), 409, "has one already", "looks first"),
    (refusal(429, "too_many_requests", "Slow"), 429, "slow down", "in a minute"),
    (refusal(503, "down", "Down"), 503, "a problem of its own", "few minutes"),
    (httpx.Response(502, text="<html>"), 502, "a problem of its own", "few minutes"),
    (httpx.Response(200, text="<html>"), 200, "cannot be read", "newer Gatehouse"),
    (httpx.Response(200, json={"clients": "none"}), 200, "in a form unknown here", "newer Gatehouse"),
    (httpx.Response(200, json=[]), 200, "cannot be read", "newer Gatehouse"),
    (httpx.Response(302, headers={"location": "https://evil.example/"}), 302, "cannot be read", "newer Gatehouse"),
    (httpx.ConnectError("no"), 0, "did not answer (ConnectError)", "goes on where it stopped"),
    (httpx.ReadTimeout("no"), 0, "did not answer (ReadTimeout)", "goes on where it stopped"),
]


@pytest.mark.parametrize(("answer", "status", "said", "advice"), ANSWERS)
def test_each_failure_says_what_was_done_what_happened_and_what_to_do(
    answer: Any, status: int, said: str, advice: str
) -> None:
    with pytest.raises(Auth0Failed) as failed:
        management(answer).pages("reading the applications", lambda api, page: api.clients.list(page=page))
    assert failed.value.status == status
    assert failed.value.what.startswith("While reading the applications: tenant.us.auth0.com ")
    assert said in failed.value.what
    assert advice in failed.value.next_step
    assert "s3cret" not in f"{failed.value!r} {failed.value} {failed.value.__cause__}"


def paged(count: int) -> tuple[Management, list[str]]:
    """A tenant with so many connections, and what it was asked."""
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params.get("from", ""))
        start = int(asked[-1] or 0)
        rows = [{"id": f"c{number}", "name": "x"} for number in range(start, min(start + 100, count))]
        return httpx.Response(
            200, json={"connections": rows} | ({"next": str(start + 100)} if start + 100 < count else {})
        )

    http = httpx.Client(transport=httpx.MockTransport(handle))
    return Management(PLACE, Auth0(base_url=PLACE.api, token="s3cret", httpx_client=http, max_retries=0)), asked


def test_a_chain_is_followed_to_its_end() -> None:
    api, asked = paged(250)
    found = api.chain("reading", "connections", lambda api, start: api.connections.list(from_=start, take=100))
    assert [one["id"] for one in found] == [f"c{number}" for number in range(250)]
    assert asked == ["", "100", "200"]


def test_a_chain_without_an_end_is_an_error() -> None:
    api, asked = paged(10**9)
    with pytest.raises(Auth0Failed, match="While reading: there are 1,000 or more"):
        api.chain("reading", "connections", lambda api, start: api.connections.list(from_=start, take=100))
    assert len(asked) == 10


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed_with_the_token_nor_with_the_secret(
    monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(status, headers={"location": "https://tenant.us.auth0.com.evil.example/"})

    monkeypatch.setattr("app.auth0.pace.httpx.HTTPTransport", lambda: httpx.MockTransport(handle))
    claims = base64.urlsafe_b64encode(json.dumps({"aud": PLACE.audience, "scope": "x"}).encode()).decode().rstrip("=")
    with (
        pytest.raises(Auth0Failed, match="cannot be read"),
        open_management(PLACE, Credentials(f"e30.{claims}.x"), ["x"], lambda: 0.0, lambda _: None) as api,
    ):
        api.ask("asking", lambda api: api.tenants.settings.get())
    machine = Credentials(client_id="id", client_secret="s3cret")
    with (
        pytest.raises(Auth0Failed, match="no token"),
        open_management(PLACE, machine, ["x"], lambda: 0.0, lambda _: None),
    ):
        pass
    assert asked == ["tenant.us.auth0.com"] * 2


def test_a_long_or_strange_message_of_auth0_is_kept_short() -> None:
    with pytest.raises(Auth0Failed) as failed:
        management(refusal(400, "x", "y" * 5_000)).ask("asking", lambda api: api.tenants.settings.get())
    assert len(failed.value.what) < 500
