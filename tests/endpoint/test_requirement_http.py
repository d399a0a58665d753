"""Requirements on the HTTP surface that no other test has.

The code that begins a docstring is the requirement's, in ``tests/requirements/table.py``.
"""

from __future__ import annotations

import contextvars
import re
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from tests.auth.test_lying_server import honest, lying
from tests.support.world import EchoArguments, EchoResult, Probe, World, open_world

WELL_KNOWN = "/.well-known/oauth-protected-resource"


def parameters(challenge: str) -> dict[str, str]:
    """The parameters of a challenge, read by the letter of RFC 9110 §11.6.1; each may stand there once."""
    scheme, _, rest = challenge.partition(" ")
    assert scheme == "Bearer"
    found: dict[str, str] = {}
    while rest:
        match = re.match(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)=\"((?:[\t \x21\x23-\x5b\x5d-\x7e]|\\.)*)\"(?:, |$)", rest)
        assert match, rest
        assert match[1] not in found
        found[match[1]] = match[2]
        rest = rest[match.end() :]
    return found


def challenges(world: World) -> dict[str, dict[str, str]]:
    """The challenges for every kind of refusal that has one, by error code."""
    world.person.permissions.clear()
    answers = [
        world.call(None),
        world.call("x y"),
        world.call("bad"),
        world.call(world.token(scope=""), name="write_note", arguments={}),
    ]
    assert [answer.status_code for answer in answers] == [401, 400, 401, 403]
    read = [parameters(answer.headers["www-authenticate"]) for answer in answers]
    return {one.get("error", ""): one for one in read}


def test_every_challenge_is_well_formed_and_within_the_allowed_characters(world: World) -> None:
    """RFC6750-3-b, RFC9728-5.1-a."""
    found = challenges(world)
    assert set(found) == {"", "invalid_request", "invalid_token", "insufficient_scope"}
    for error, one in found.items():
        assert set(one) == {"resource_metadata", "scope", *(("error", "error_description") if error else ())}
        assert one["resource_metadata"] == f"{world.url}{WELL_KNOWN}/mcp"
        assert re.fullmatch(r"[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*", one["scope"])
        assert re.fullmatch(r"[\x20\x21\x23-\x5b\x5d-\x7e]*", one.get("error_description", ""))


def test_a_scope_challenge_names_what_the_one_operation_needs_and_nothing_else(world: World) -> None:
    """RFC6750-3.1-e, MCP-stepup-a."""
    assert challenges(world)["insufficient_scope"]["scope"] == "write"


def test_offline_access_is_asked_for_nowhere(world: World) -> None:
    """MCP-scopes-b."""
    for one in challenges(world).values():
        assert "offline_access" not in one["scope"]
    assert "offline_access" not in world.http.get(f"{world.url}{WELL_KNOWN}").text


def test_a_token_in_a_form_is_not_looked_at(shared_world: World) -> None:
    """RFC6750-2.2-a."""
    shared_world.probe.calls = 0
    answer = shared_world.http.post(shared_world.mcp, data={"access_token": shared_world.token()})
    assert answer.status_code == 401
    assert "error" not in parameters(answer.headers["www-authenticate"])
    assert shared_world.probe.calls == 0


def test_the_metadata_is_json_without_empty_members(shared_world: World) -> None:
    """RFC9728-3.2-a."""
    for path in (WELL_KNOWN, f"{WELL_KNOWN}/mcp"):
        answer = shared_world.http.get(shared_world.url + path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        assert all(answer.json().values())


def test_a_list_that_would_be_empty_is_left_out_of_the_authorization_servers_metadata() -> None:
    """RFC8414-3.2-a."""
    with lying(lambda base: honest(base, code_challenge_methods_supported=["plain"]), Response("{}")) as world:
        answer = world.http.get(f"{world.url}/.well-known/oauth-authorization-server")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert "code_challenge_methods_supported" not in answer.json()


def test_from_the_resource_one_comes_to_the_metadata_and_back(shared_world: World) -> None:
    """RFC9728-3.1-a, RFC9728-3.3-a."""
    resource = httpx.URL(shared_world.mcp)
    address = resource.copy_with(path=WELL_KNOWN + resource.path)
    challenge = parameters(shared_world.call(None).headers["www-authenticate"])
    assert challenge["resource_metadata"] == str(address)
    assert shared_world.http.get(address).json()["resource"] == shared_world.mcp


@pytest.mark.parametrize("path", ["/authorize", "/token", "/oauth/token", "/register", "/oidc/register", "/revoke"])
def test_nothing_of_an_authorization_server_is_hosted_here(shared_world: World, path: str) -> None:
    """MCP-roles-a."""
    for method in ("GET", "POST"):
        assert shared_world.http.request(method, shared_world.url + path).status_code == 404


def test_each_request_needs_its_token_whatever_came_before_on_the_connection(shared_world: World) -> None:
    """MCP-token-a."""
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    opened = shared_world.call(shared_world.token(), "initialize", **hello)
    assert opened.status_code == 200
    assert "set-cookie" not in opened.headers
    assert "mcp-session-id" not in opened.headers
    shared_world.probe.calls = 0
    assert shared_world.call(None).status_code == 401
    answer = shared_world.http.post(shared_world.mcp, headers={"mcp-session-id": "x"}, json={})
    assert (answer.status_code, shared_world.probe.calls) == (401, 0)


class _Spy(Probe):
    """Notes everything that a tool's code could reach through its context."""

    seen = ""

    async def _echo(self, arguments: EchoArguments, *rest: Any) -> EchoResult:
        reached = [value for _, value in contextvars.copy_context().items()]
        reached += [cell.cell_contents for context in rest for cell in context.link.__closure__]
        _Spy.seen = repr([arguments, rest, reached])
        return await super()._echo(arguments, *rest)


def test_a_tool_never_gets_hold_of_the_access_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """MCP-passthrough-a."""
    monkeypatch.setattr("tests.support.world.Probe", _Spy)
    with open_world() as world:
        token = world.token()
        assert world.call(token).status_code == 200
    assert world.person.sub in _Spy.seen, "the link holds the caller, so it was looked at"
    assert token not in _Spy.seen
    assert token.split(".")[2] not in _Spy.seen
