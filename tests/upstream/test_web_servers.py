"""Servers over Streamable HTTP: both eras, their headers, their bounds, their absence; all that is not a tool, too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.demo.serving import ServedApp
from app.errors import ToolError
from tests.support.world import World, eventually, open_world
from tests.upstream.library import Web, served
from tests.upstream.support import file_of, no_pause, opened, until


@pytest.mark.parametrize("legacy", [False, True], ids=["newest", "handshake era"])
def test_a_server_of_each_era_offers_everything_and_gets_its_own_headers(tmp_path: Path, legacy: bool) -> None:
    web = Web(legacy)
    progress: list[Any] = []

    async def note(value: float, total: float | None, message: str | None) -> None:
        progress.append((value, total, message))

    async def go(url: str) -> None:
        entry = {"url": f"{url}/mcp", "headers": {"X-Key": "${KEY}"}}
        async with opened(tmp_path, {"lib": entry}, environment={"KEY": "k-1234"}) as servers:
            offered = servers.now["lib"]
            assert [one.definition.name for one in offered.tools] == ["lib_count", "lib_grow"]
            assert [one.definition.name for one in offered.prompts] == ["lib_review"]
            assert {one.definition.name for one in offered.elsewhere} == {"lib_list", "lib_text"}
            result = await servers.call("lib_count", {"to": 3}, progress=note)
            assert result.structured_content == {"result": 3}
            assert progress == [(1, 3, "at 1"), (2, 3, "at 2"), (3, 3, "at 3")]

    with served(web.app()) as one:
        asyncio.run(go(one.url))
    assert all(headers["x-key"] == "k-1234" for headers in web.heard)
    assert ("mcp-session-id" in web.heard[-1]) is legacy
    assert not any("authorization" in headers for headers in web.heard)
    assert {headers["accept-encoding"] for headers in web.heard} == {"identity"}


def test_a_server_of_the_newest_revision_tells_of_new_tools_and_they_are_not_easier_to_reach(tmp_path: Path) -> None:
    async def go(url: str) -> list[tuple[str, str, str]]:
        async with opened(tmp_path, {"lib": {"url": f"{url}/mcp"}}, pause=no_pause) as servers:
            await until(lambda: servers.trouble("lib") == "")
            await servers.call("lib_grow")
            await until(lambda: len(servers.now["lib"].tools) == 3)
            return [(one.definition.name, one.scope, one.note) for one in servers.now["lib"].tools]

    with served(Web().app()) as one:
        found = asyncio.run(go(one.url))
    assert found == [("lib_count", "write", ""), ("lib_grow", "read", ""), ("lib_grown", "write", "new")]


@contextmanager
def world_with_library(folder: Path, **options: Any) -> Iterator[World]:
    with served(Web().app()) as one:
        servers = {"lib": {"url": f"{one.url}/mcp", "gatehouse": options}}
        with open_world(upstreams_file=str(file_of(folder, servers)), toolsets="none") as world:
            world.person.permissions = {"read"}
            yield world


def test_prompts_resources_and_templates_go_through_the_door(tmp_path: Path) -> None:
    with world_with_library(tmp_path) as world:
        token = world.token()

        def ask(method: str, **params: Any) -> Any:
            return world.call(token, method, **params).json()["result"]

        (prompt,) = ask("prompts/list")["prompts"]
        assert (prompt["name"], prompt["arguments"][0]["name"]) == ("lib_review", "title")
        got = ask("prompts/get", name="lib_review", arguments={"title": "Emma"})
        assert got["messages"][0]["content"]["text"] == "Review Emma, please."
        (resource,) = ask("resources/list")["resources"]
        assert (resource["uri"], resource["name"]) == ("book://list", "lib_list")
        assert ask("resources/read", uri="book://list")["contents"][0]["text"] == "a, b"
        (template,) = ask("resources/templates/list")["resourceTemplates"]
        assert (template["uriTemplate"], template["name"]) == ("book://{title}/text", "lib_text")
        assert ask("resources/read", uri="book://Emma/text")["contents"][0]["text"] == "text of Emma"
        eventually(lambda: "book://Emma/text" in world.gatehouse("log", "--json").out)
        entries = [json.loads(line) for line in world.gatehouse("log", "--json").out.splitlines()]
        named = {one["method"]: one["server"] for one in entries}
        assert (named["prompts/get"], named["resources/read"], named["prompts/list"]) == ("lib", "lib", "")


@pytest.mark.parametrize("options", [{"scopes": {"*": "write"}}, {"scopes": {"*": "deny"}}, {"local_only": ["*"]}])
def test_rules_hold_for_prompts_and_resources_as_for_tools(tmp_path: Path, options: dict[str, Any]) -> None:
    with world_with_library(tmp_path, **options) as world:
        token = world.token()
        lists = {"prompts/list": "prompts", "resources/list": "resources", "tools/list": "tools"}
        lists["resources/templates/list"] = "resourceTemplates"
        assert [world.call(token, method).json()["result"][key] for method, key in lists.items()] == [[]] * 4
        refused = world.call(token, "prompts/get", name="lib_review", arguments={"title": "x"}).json()["error"]
        assert (refused["code"], refused["message"]) == (-32602, "Unknown prompt: lib_review")
        for uri in ("book://list", "book://x/text"):
            error = world.call(token, "resources/read", uri=uri).json()["error"]
            assert (error["code"], error["message"]) == (-32602, f"Unknown resource: {uri}")


@pytest.mark.parametrize("modern", [False, True], ids=["handshake era", "newest"])
def test_progress_reaches_the_client_that_asked_for_it_as_events(tmp_path: Path, modern: bool) -> None:
    with world_with_library(tmp_path, scopes={"count": "read"}) as world:
        version = "2026-07-28" if modern else "2025-11-25"
        meta: dict[str, Any] = {"progressToken": "t"}
        headers = {"authorization": f"Bearer {world.token()}", "accept": "application/json, text/event-stream"}
        headers["mcp-protocol-version"] = version
        if modern:
            meta |= {"io.modelcontextprotocol/protocolVersion": version}
            meta |= {"io.modelcontextprotocol/clientCapabilities": {}}
            headers |= {"mcp-method": "tools/call", "mcp-name": "lib_count"}
        params = {"name": "lib_count", "arguments": {"to": 2}, "_meta": meta}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        answer = world.http.post(world.mcp, json=body, headers=headers)
    events = [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line.startswith("data: ")]
    assert [event["params"]["progress"] for event in events[:-1]] == [1, 2]
    assert events[-1]["result"]["structuredContent"] == {"result": 2}


def test_a_prompt_of_a_server_that_is_down_is_an_error_with_words(tmp_path: Path) -> None:
    with served(Web().app()) as one:
        servers = {"lib": {"url": f"{one.url}/mcp"}}
        with open_world(upstreams_file=str(file_of(tmp_path, servers)), toolsets="none") as world:
            world.call(world.token(), "prompts/list")
            one.stop()
            answer = eventually(
                lambda: (
                    told
                    if "The server lib" in (told := world.call(world.token(), "prompts/get", name="lib_review").text)
                    else None
                )
            )
    assert json.loads(answer)["error"]["code"] == -32603


def test_a_server_that_comes_back_is_connected_to_again(tmp_path: Path) -> None:
    web = Web(legacy=True)

    async def go() -> None:
        first = ServedApp()
        first.start(web.app())
        async with opened(tmp_path, {"lib": {"url": f"{first.url}/mcp"}}, pause=no_pause) as servers:
            assert (await servers.call("lib_count", {"to": 1})).structured_content == {"result": 1}
            await asyncio.to_thread(first.stop)
            with pytest.raises(ToolError):
                await servers.call("lib_count", {"to": 1})
            second = ServedApp(first.port)
            second.start(web.app())
            await until(lambda: servers.trouble("lib") == "")
            assert (await servers.call("lib_count", {"to": 2})).structured_content == {"result": 2}
            await asyncio.to_thread(second.stop)

    asyncio.run(go())
