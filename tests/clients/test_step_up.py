"""Step-up with the MCP Python SDK's own client: it is sent to log in for more, once; and never round in circles."""

from __future__ import annotations

from typing import Any

import anyio
import httpx
import pytest
from mcp.client.client import Client
from mcp_types import CallToolResult

from tests.clients.test_python_sdk import Person
from tests.support.world import World, eventually

MODES = ["legacy", "2026-07-28"]


class Slow(Person):
    """A person, and a clock that goes on while they log in, as clocks do."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world

    async def come_back(self) -> Any:
        self.world.clock.now += 5
        return await super().come_back()


def journey(world: World, person: Person, mode: str, *tools: str) -> tuple[list[str], list[CallToolResult]]:
    """List the tools, then call some; what was listed, and what came back."""

    async def go() -> Any:
        async with person.client(world.mcp, mode) as client:
            listed = [tool.name for tool in (await client.list_tools()).tools]
            return listed, [await client.call_tool(tool, {"text": "hello"}) for tool in tools]

    result: tuple[list[str], list[CallToolResult]] = anyio.run(go)
    return result


def only_what_is_asked_for(world: World) -> None:
    """Let tokens carry the scopes that were asked for, as without role-based access control at the log-in service."""
    api = world.tenant.apis[world.mcp]
    api.enforce_policies = False
    api.token_dialect = "rfc9068_profile"


@pytest.mark.parametrize("mode", MODES)
def test_lists_calls_is_sent_to_log_in_for_the_scope_and_succeeds(world: World, mode: str) -> None:
    only_what_is_asked_for(world)
    person = Slow(world)
    listed, (first, again) = journey(world, person, mode, "write_note", "write_note")
    assert listed == ["echo", "break", "fail"]
    for result in (first, again):
        assert result.is_error is False
        assert result.structured_content == {"text": "hello"}
    assert person.log_ins == 2  # one to come in, one for the scope
    assert world.probe.calls == 2
    assert person.memory.tokens is not None
    assert set((person.memory.tokens.scope or "").split()) >= {"read", "write"}


@pytest.mark.parametrize("mode", MODES)
def test_who_can_never_get_the_scope_hears_one_clear_refusal_and_goes_on(world: World, mode: str) -> None:
    world.person.permissions = {"read"}
    person = Slow(world)
    _, (first, again, other) = journey(world, person, mode, "write_note", "write_note", "echo")
    for result in (first, again):
        assert result.is_error is True
        (text,) = (block.text for block in result.content)
        assert 'the permission "write"' in text
        assert "owner" in text
        assert "Reference " in text
    assert other.is_error is False
    assert person.log_ins == 2
    assert world.probe.calls == 1


@pytest.mark.parametrize("mode", MODES)
def test_who_is_limited_by_the_owner_is_not_even_sent_to_log_in(world: World, mode: str) -> None:
    world.person.permissions = {"read", "write", "admin"}
    assert world.gatehouse("people", "scopes", world.sub, "--cap", "read").code == 0
    person = Slow(world)
    until_capped(world)
    listed, (result,) = journey(world, person, mode, "write_note")
    assert listed == ["echo", "break", "fail"]
    assert result.is_error is True
    assert "limited what you may do" in result.content[0].text
    assert person.log_ins == 1
    assert world.probe.calls == 0


def until_capped(world: World) -> None:
    def listed() -> list[str]:
        return [one["name"] for one in world.call(world.token(), "tools/list").json()["result"]["tools"]]

    eventually(lambda: "write_note" not in listed(), 1.0)


def test_the_same_token_is_challenged_as_often_as_it_comes_and_names_exactly_the_scope(world: World) -> None:
    world.person.permissions = {"read"}
    token = world.token()
    for _ in range(3):
        answer = world.call(token, name="write_note", arguments={})
        assert answer.status_code == 403
        assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
        assert 'scope="write"' in answer.headers["www-authenticate"]


def test_a_log_in_that_brought_nothing_is_remembered_for_ten_minutes_and_for_this_client_only(world: World) -> None:
    world.person.permissions = {"read"}

    def write(token: str) -> httpx.Response:
        return world.call(token, name="write_note", arguments={})

    assert write(world.token()).status_code == 403
    world.clock.now += 5
    assert write(world.token()).json()["result"]["isError"] is True
    assert write(world.token(client="another")).status_code == 403
    world.person.permissions = {"read", "write"}
    assert write(world.token()).json()["result"]["isError"] is False
    world.person.permissions = {"read"}
    world.clock.now += 601
    assert write(world.token()).status_code == 403


def test_a_token_from_before_the_challenge_proves_nothing(world: World) -> None:
    world.person.permissions = {"read"}
    older = world.token(iat=world.clock.now - 60)
    assert world.call(world.token(), name="write_note", arguments={}).status_code == 403
    assert world.call(older, name="write_note", arguments={}).status_code == 403


@pytest.mark.parametrize("mode", [*MODES, "auto"])
def test_each_tool_says_what_it_needs_at_the_top_and_in_meta(world: World, mode: str) -> None:
    async def go() -> Any:
        async with Person().client(world.mcp, mode) as client:
            assert isinstance(client, Client)
            return (await client.list_tools()).tools

    scopes = {tool.name: (tool.meta or {}).get("securitySchemes") for tool in anyio.run(go)}
    assert scopes["echo"] == [{"type": "oauth2", "scopes": ["read"]}]
    assert scopes["write_note"] == [{"type": "oauth2", "scopes": ["write"]}]
    (top,) = (
        tool
        for tool in world.call(world.token(), "tools/list").json()["result"]["tools"]
        if tool["name"] == "write_note"
    )
    assert top["securitySchemes"] == top["_meta"]["securitySchemes"] == [{"type": "oauth2", "scopes": ["write"]}]
