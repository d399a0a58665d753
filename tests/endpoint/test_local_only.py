"""Tools for the owner's own machine: over HTTP they do not exist; over standard input and output they work."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from tests.frame.test_commands import BARE, ROOT
from tests.support.world import World, gatehouse

META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}


def raw_call(world: World, name: str, modern: bool, more: dict[str, Any]) -> tuple[int, bytes]:
    """A call's status and exact body, whatever the tool's name (of one length)."""
    version = "2026-07-28" if modern else "2025-11-25"
    params = {"name": name, "arguments": {"text": "x"}, **more, **({"_meta": META} if modern else {})}
    headers = {"authorization": f"Bearer {world.token('admin')}", "mcp-protocol-version": version}
    if modern:
        headers |= {"mcp-method": "tools/call", "mcp-name": name}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    answer = world.http.post(world.mcp, json=body, headers=headers)
    return answer.status_code, answer.content.replace(name.encode(), b"NAME")


@pytest.mark.parametrize("modern", [False, True], ids=["handshake era", "newest"])
@pytest.mark.parametrize("more", [{}, {"task": {}}], ids=["short way", "long way"])
def test_over_http_a_local_tool_is_answered_byte_for_byte_as_one_that_does_not_exist(
    shared_world: World, modern: bool, more: dict[str, Any]
) -> None:
    shared_world.person.permissions = {"read", "write", "admin"}
    calls = shared_world.probe.calls
    assert raw_call(shared_world, "here_only", modern, more) == raw_call(shared_world, "not_there", modern, more)
    assert shared_world.probe.calls == calls
    assert b"Unknown tool: NAME" in raw_call(shared_world, "here_only", modern, more)[1]


def test_over_http_a_local_tool_is_not_listed_even_to_those_who_may_do_everything(shared_world: World) -> None:
    shared_world.person.permissions = {"read", "write", "admin"}
    names = [
        one["name"] for one in shared_world.call(shared_world.token("admin"), "tools/list").json()["result"]["tools"]
    ]
    assert names == ["echo", "write_note", "break", "fail"]


SERVER = """
import anyio
from app.cli.stdio import serve_here
from app.settings import load_settings
from tests.support.world import Probe
anyio.run(serve_here, load_settings(), {"real_estate": Probe().open})
"""


def here(tmp_path: Path, *words: str) -> StdioServerParameters:
    environment = {**BARE, "PYTHONPATH": str(ROOT), "AUTH_MODE": "none", "DATA_DIR": str(tmp_path)}
    return StdioServerParameters(command=sys.executable, args=list(words), env=environment, cwd=str(tmp_path))


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_sdk_client_lists_and_calls_local_tools_over_stdio(tmp_path: Path, mode: str) -> None:
    async def go() -> Any:
        async with Client(stdio_client(here(tmp_path, "-c", SERVER)), mode=mode) as client:
            names = [tool.name for tool in (await client.list_tools()).tools]
            done = await client.call_tool("here_only", {"text": "hello"})
            failed = await client.call_tool("fail", {})
            broken = await client.call_tool("break", {"text": "hunter2"})
            return names, done, failed, broken

    names, done, failed, broken = anyio.run(go)
    assert names == ["echo", "write_note", "break", "fail", "here_only"]
    assert done.structured_content == {"text": "hello"}
    assert failed.is_error is True
    assert "internal error, reference " in broken.content[0].text
    assert "hunter2" not in str(broken)
    why = gatehouse("why", broken.content[0].text[-9:], "--json", AUTH_MODE="none", DATA_DIR=str(tmp_path))
    assert why.json["reason"] == "internal_error"


def test_the_command_serves_the_real_tools_and_writes_nothing_else_to_standard_output(tmp_path: Path) -> None:
    async def go() -> Any:
        async with Client(stdio_client(here(tmp_path, "-m", "app", "stdio"))) as client:
            names = [tool.name for tool in (await client.list_tools()).tools]
            return names, await client.call_tool("get_region_code", {"query": "마포구"})

    names, result = anyio.run(go)
    assert len(names) > 30
    assert result.structured_content["region_code"] == "11440"
