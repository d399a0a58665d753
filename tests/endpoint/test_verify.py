"""``/auth/verify``, as a reverse proxy asks it: the answers of ``/mcp``, and who is calling."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

import httpx
import pytest

from app.demo.tenant import TenantSettings
from tests.support.world import World, open_world


@pytest.fixture(scope="module")
def opened() -> Iterator[World]:
    with open_world(other_resources=("/other/mcp",), resources=("/mcp", "/other/mcp")) as world:
        yield world


def verify(world: World, query: str = "", token: str | None = None, **headers: str) -> httpx.Response:
    known = {"authorization": f"Bearer {token}"} if token else {}
    return world.http.get(f"{world.url}/auth/verify{query}", headers={**known, **headers})


def test_it_says_who_is_calling_through_which_client_with_which_scopes(opened: World) -> None:
    answer = verify(opened, token=opened.token("write"))
    assert answer.status_code == 200
    assert answer.headers["x-auth-subject"] == opened.person.sub
    assert answer.headers["x-auth-client"] == "test-client"
    assert answer.headers["x-auth-scopes"] == "read write"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content == b""


@pytest.mark.parametrize(
    ("query", "scope", "status", "needs"),
    [
        ("", "read", 200, ""),
        ("?scope=write", "write", 200, ""),
        ("?scope=write", "admin", 200, ""),
        ("?scope=write", "read", 403, "write"),
        ("?scope=admin", "write", 403, "admin"),
    ],
)
def test_a_scope_may_be_asked_for_and_the_higher_includes_the_lower(
    opened: World, query: str, scope: str, status: int, needs: str
) -> None:
    answer = verify(opened, query, opened.token(scope, permissions=[]))
    assert answer.status_code == status
    if needs:
        assert answer.json()["error"] == "insufficient_scope"
        assert f'scope="{needs}"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("query", ["?resource=/elsewhere", "?resource=", "?resource=/mcp/", "?scope=root", "?scope="])
def test_what_it_does_not_know_it_refuses_whoever_asks(opened: World, query: str) -> None:
    answer = verify(opened, query, opened.token("admin"))
    assert (answer.status_code, answer.json()["error"]) == (403, "unknown_resource")


def test_the_refusals_are_those_of_the_endpoint(opened: World) -> None:
    missing = verify(opened)
    assert (missing.status_code, missing.json()["error"]) == (401, "unauthorized")
    assert missing.headers["www-authenticate"] == opened.call(None).headers["www-authenticate"]
    expired = verify(opened, token=opened.token(exp=opened.clock() - 1_000))
    assert (expired.status_code, expired.json()["error"]) == (401, "invalid_token")
    other = verify(opened, "?resource=/other/mcp", opened.token("admin"))
    assert other.status_code == 401
    assert f'"{opened.url}/.well-known/oauth-protected-resource/other/mcp"' in other.headers["www-authenticate"]
    assert verify(opened, token=opened.token(), origin="https://evil.example").status_code == 403
    assert verify(opened, token=opened.token(), host="evil.example").status_code == 421


def test_an_outage_is_no_refusal() -> None:
    with open_world() as world:
        world.tenant_app.stop()
        world.tenant.rotate_keys()
        world.tenant.rotate_keys()
        token = world.token()
        assert verify(world, token=token).status_code == 503


@pytest.mark.parametrize(
    "sub", ["auth0|abc", "a b", "100%", "김민수", 'q"uote', "a,b", " lead", "x" * 1_000, "é|ü", "%7C"]
)
def test_a_subject_reaches_the_other_server_whole_and_unambiguous(opened: World, sub: str) -> None:
    answer = verify(opened, token=opened.token(sub=sub))
    assert answer.status_code == 200
    told = answer.headers["x-auth-subject"]
    assert told.isascii()
    assert " " not in told
    assert unquote(told) == sub


def test_without_log_in_the_house_is_anonymous() -> None:
    with open_world(TenantSettings(), auth_mode="none") as world:
        assert verify(world).headers["x-auth-subject"] == "anonymous"
        assert verify(world, **{"x-forwarded-for": "203.0.113.5"}).status_code == 403


def test_its_callers_are_counted_like_those_of_the_endpoint() -> None:
    with open_world(rate_limit_per_person="2/minute", rate_limit_per_address="2/minute") as world:
        token = world.token()
        assert [verify(world, token=token).status_code for _ in range(3)] == [200, 200, 429]
        assert [verify(world, token="x.y.z").status_code for _ in range(3)] == [401, 401, 429]


def test_a_page_that_may_ask_can_read_the_refusal(opened: World) -> None:
    answer = verify(opened, origin="https://claude.ai")
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, "https://claude.ai")
    assert "WWW-Authenticate" in answer.headers["access-control-expose-headers"]
