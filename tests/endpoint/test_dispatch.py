"""What a call comes back with: results, tool errors, internal errors, and only what the caller may use."""

from __future__ import annotations

import asyncio
import re

import pytest

from app.endpoint.dispatch import Dispatcher
from app.people.guard import Guard
from app.tools.base import CallContext, Toolset
from tests.support.world import EchoArguments, EchoResult, Probe, World, open_world


def test_a_tool_error_is_a_result_that_says_so(shared_world: World) -> None:
    result = shared_world.call(shared_world.token(), name="fail", arguments={}).json()["result"]
    assert result["isError"] is True
    assert result["content"] == [{"type": "text", "text": "the thing is closed; try tomorrow"}]


def test_an_unexpected_exception_shows_a_reference_and_nothing_else(
    shared_world: World, caplog: pytest.LogCaptureFixture
) -> None:
    answer = shared_world.call(shared_world.token(), name="break", arguments={"text": "hunter2"})
    result = answer.json()["result"]
    text = result["content"][0]["text"]
    assert result["isError"] is True
    assert text.startswith("internal error, reference ")
    assert "hunter2" not in answer.text
    assert text.removeprefix("internal error, reference ") in caplog.text
    assert "RuntimeError" in caplog.text


@pytest.mark.parametrize("version", ["2025-11-25", "2026-07-28"])
def test_a_tool_that_meets_a_cancelled_task_inside_is_an_internal_error_of_its_own(version: str) -> None:
    class Inner(Probe):
        async def _echo(self, arguments: EchoArguments, context: CallContext) -> EchoResult:
            inner = asyncio.ensure_future(asyncio.Event().wait())
            asyncio.get_running_loop().call_soon(inner.cancel)
            await inner
            raise AssertionError("unreachable")

    with open_world(toolset=Inner().open) as world:
        meta = {"io.modelcontextprotocol/protocolVersion": version, "io.modelcontextprotocol/clientCapabilities": {}}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "echo", "_meta": meta}}
        headers = {"authorization": f"Bearer {world.token()}", "mcp-protocol-version": version}
        headers |= {"mcp-method": "tools/call", "mcp-name": "echo"}
        answer = world.http.post(world.mcp, json=body, headers=headers)
        assert answer.status_code == 200
        assert answer.json()["result"]["content"][0]["text"].startswith("internal error, reference ")


def test_bad_arguments_name_the_argument_and_echo_nothing(shared_world: World) -> None:
    arguments = {"text": 5, "colour": "secret-blue"}
    result = shared_world.call(shared_world.token(), name="echo", arguments=arguments).json()["result"]
    assert result["isError"] is True
    text = result["content"][0]["text"]
    assert "text: " in text
    assert "colour: " in text
    assert "secret-blue" not in text


def test_an_unknown_tool_is_a_protocol_error(shared_world: World) -> None:
    error = shared_world.call(shared_world.token(), name="x" * 5_000).json()["error"]
    assert error["code"] == -32602
    assert len(error["message"]) < 200


def test_without_default_scopes_a_token_without_scopes_gets_403_and_an_empty_list() -> None:
    with open_world(default_scopes="") as world:
        world.person.permissions.clear()
        token = world.token(scope="")
        assert world.call(token, "tools/list").json()["result"]["tools"] == []
        assert world.call(token).status_code == 403
        assert world.probe.calls == 0


def test_two_tools_of_one_name_are_refused() -> None:
    tool = Probe()._tool("same", "read", Probe()._echo)
    with pytest.raises(ValueError, match="same"):
        Dispatcher(Guard(), lambda principal, page: page).offer([Toolset("a", (tool,)), Toolset("b", (tool,))])


def test_lists_say_that_they_are_private_to_the_caller(shared_world: World) -> None:
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
    headers = {
        "authorization": f"Bearer {shared_world.token()}",
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/list",
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}}
    result = shared_world.http.post(shared_world.mcp, json=body, headers=headers).json()["result"]
    assert result["cacheScope"] == "private"
    assert result["ttlMs"] > 0
    assert result["tools"][0]["outputSchema"]["properties"]["text"]["type"] == "string"


def test_instructions_reach_the_client(shared_world: World) -> None:
    params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    result = shared_world.call(shared_world.token(), "initialize", **params).json()["result"]
    assert result["instructions"] == "Call echo first."
    assert result["serverInfo"]["name"] == "gatehouse"


def test_a_million_unknown_arguments_are_refused_without_naming_each(shared_world: World) -> None:
    arguments = {str(number): 0 for number in range(300_000)}
    result = shared_world.call(shared_world.token(), name="echo", arguments=arguments).json()["result"]
    assert result["isError"] is True
    assert "300000 were sent" in result["content"][0]["text"]


def test_failed_calls_are_not_logged_as_fine(shared_world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    shared_world.call(shared_world.token(), name="fail", arguments={})
    assert "tool fail could not do its work: the thing is closed" in caplog.text
    assert re.search(r"tools/call fail sub=\S+ client_id=test-client tool_error \d", caplog.text)
    caplog.clear()
    shared_world.http.post(
        shared_world.mcp,
        content=b"[]",
        headers={"authorization": f"Bearer {shared_world.token()}", "content-type": "application/json"},
    )
    assert "message answered with status=400" in caplog.text


def test_refusals_tell_the_owner_what_came_and_the_caller_not(
    shared_world: World, caplog: pytest.LogCaptureFixture
) -> None:
    for headers, shown in (
        ({"host": "other.example"}, "other.example"),
        ({"origin": "https://x.example"}, "x.example"),
    ):
        caplog.clear()
        answer = shared_world.http.post(shared_world.mcp, headers=headers)
        assert shown in caplog.text
        assert shown not in answer.text
    caplog.clear()
    shared_world.http.get(f"{shared_world.url}/somewhere")
    assert "GET /somewhere" in caplog.text
