"""Servers that people really run, from the registries: each behind the real door, called by a client that logged in."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.world import World, eventually, open_world
from tests.upstream.support import HERE, file_of

SERVERS = HERE / "servers"
NODE = SERVERS / "node_modules" / "@modelcontextprotocol"
node = pytest.mark.skipif(
    shutil.which("node") is None or not NODE.is_dir(),
    reason="needs Node.js and: npm ci --prefix tests/upstream/servers",
)


def of_node(name: str, *words: str, **options: Any) -> dict[str, Any]:
    return {"command": "node", "args": [str(NODE / name / "dist" / "index.js"), *words], "gatehouse": options}


def of_python(folder: str) -> dict[str, Any]:
    program = SERVERS / folder / ".venv" / "bin" / "python"
    if not program.exists():
        pytest.skip(f"needs an environment at tests/upstream/servers/{folder}/.venv: .ci/run makes it")
    return {"command": str(program), "args": ["-m", "mcp_server_time"]}


@contextmanager
def behind_the_door(folder: Path, **servers: dict[str, Any]) -> Iterator[World]:
    with open_world(upstreams_file=str(file_of(folder, servers)), toolsets="none") as world:
        names = [f"upstream_{name}" for name in servers]

        def up() -> bool:
            checks = world.http.get(f"{world.url}/readyz").json()["checks"]
            return all(one["status"] == "pass" for one in checks if one["id"] in names)

        eventually(up, within=30)
        yield world


def called(world: World, name: str, **arguments: Any) -> Any:
    answer = world.call(world.token("write"), name=name, arguments=arguments)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


def tools(world: World, scope: str = "write") -> dict[str, Any]:
    return {one["name"]: one for one in world.call(world.token(scope), "tools/list").json()["result"]["tools"]}


def check_everything(world: World) -> None:
    """All kinds of results, progress, prompts and resources of the reference server."""
    offered = tools(world)
    assert called(world, "all_echo", message="안녕")["content"] == [{"type": "text", "text": "Echo: 안녕"}]
    assert called(world, "all_get-sum", a=2, b=3)["content"][0]["text"] == "The sum of 2 and 3 is 5."
    image = next(one for one in called(world, "all_get-tiny-image")["content"] if one["type"] == "image")
    assert image["mimeType"] == "image/png"
    assert image["data"].startswith("iVBORw0KGgo")
    weather = called(world, "all_get-structured-content", location="Chicago")
    assert set(weather["structuredContent"]) == {"temperature", "conditions", "humidity"}
    assert offered["all_get-structured-content"]["outputSchema"]["type"] == "object"
    noted = called(world, "all_get-annotated-message", messageType="error", includeImage=False)
    assert noted["content"][0]["annotations"]["priority"] == 1
    wrong = called(world, "all_get-sum", a="two", b=3)
    assert wrong["isError"] is True
    prompts = world.call(world.token(), "prompts/list").json()["result"]["prompts"]
    assert "all_simple-prompt" in [one["name"] for one in prompts]
    prompt = world.call(world.token(), "prompts/get", name="all_simple-prompt").json()["result"]
    assert prompt["messages"][0]["content"]["text"] == "This is a simple prompt without arguments."
    templates = world.call(world.token(), "resources/templates/list").json()["result"]["resourceTemplates"]
    assert "demo://resource/dynamic/text/{resourceId}" in [one["uriTemplate"] for one in templates]
    read = world.call(world.token(), "resources/read", uri="demo://resource/dynamic/text/7").json()["result"]
    assert read["contents"][0]["text"].startswith("Resource 7:")


def check_progress(world: World) -> None:
    headers = {"authorization": f"Bearer {world.token()}", "accept": "application/json, text/event-stream"}
    headers["mcp-protocol-version"] = "2025-11-25"
    arguments = {"duration": 0.2, "steps": 2}
    params = {"name": "all_trigger-long-running-operation", "arguments": arguments, "_meta": {"progressToken": 1}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    lines = world.http.post(world.mcp, json=body, headers=headers).text.splitlines()
    events = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    assert [event["params"]["progress"] for event in events[:-1]] == [1, 2]
    assert events[-1]["result"]["content"][0]["text"].startswith("Long running operation completed.")


@node
def test_everything_over_standard_input_and_output(tmp_path: Path) -> None:
    with behind_the_door(tmp_path, all=of_node("server-everything", "stdio")) as world:
        check_everything(world)
        check_progress(world)


@node
def test_everything_over_http(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["node", str(NODE / "server-everything" / "dist" / "index.js"), "streamableHttp"]
    environment = {"PORT": str(port), "PATH": str(Path(str(shutil.which("node"))).parent)}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(words, env=environment, stdout=quiet, stderr=quiet) as server:
        try:
            eventually(lambda: answers(port), within=20)
            with behind_the_door(tmp_path, all={"url": f"http://127.0.0.1:{port}/mcp"}) as world:
                check_everything(world)
                check_progress(world)
        finally:
            server.terminate()


def answers(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}/mcp")
    except httpx.TransportError:
        return False
    return True


@node
def test_files_can_be_read_by_readers_and_written_by_writers_only(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "note.txt").write_text("hello 마포구")
    with behind_the_door(
        tmp_path, files=of_node("server-filesystem", str(folder), scopes={"move_*": "admin"})
    ) as world:
        world.person.permissions = {"read"}
        shown = tools(world, "read")
        assert "files_read_text_file" in shown
        assert "files_write_file" not in shown
        read = called(world, "files_read_text_file", path=str(folder / "note.txt"))
        assert read["content"][0]["text"] == "hello 마포구"
        outside = called(world, "files_read_text_file", path="/etc/hostname")
        assert outside["isError"] is True
        token = world.token("read")
        assert world.call(token, name="files_write_file", arguments={}).status_code == 403
        world.person.permissions = {"write"}
        called(world, "files_write_file", path=str(folder / "new.txt"), content="written")
        assert (folder / "new.txt").read_text() == "written"
        assert "files_move_file" not in tools(world)


@node
def test_a_memory_is_shared_by_all_callers(tmp_path: Path) -> None:
    memory = {**of_node("server-memory"), "env": {"MEMORY_FILE_PATH": str(tmp_path / "memory.jsonl")}}
    with behind_the_door(tmp_path, memory=memory) as world:
        entity = {"name": "Mapo", "entityType": "district", "observations": ["on the river"]}
        called(world, "memory_create_entities", entities=[entity])
        other = world.tenant.add_person("bob@example.com", "correct-horse-8", permissions={"read"})
        token = world.tenant.issue_access_token(other, world.mcp, "read", "other-client")
        found = world.call(token, name="memory_search_nodes", arguments={"query": "river"}).json()["result"]
        assert found["structuredContent"]["entities"] == [entity]


@pytest.mark.parametrize("folder", ["time", "old"])
def test_the_time_in_the_newest_revision_and_from_a_server_of_the_old_sdk(tmp_path: Path, folder: str) -> None:
    rules = {"gatehouse": {"scopes": {"*": "read"}}}
    with behind_the_door(tmp_path, clock={**of_python(folder), **rules}) as world:
        told = called(world, "clock_convert_time", source_timezone="Asia/Seoul", time="09:00", target_timezone="UTC")
        assert json.loads(told["content"][0]["text"])["target"]["datetime"][11:16] == "00:00"
        assert set(tools(world)) == {"clock_convert_time", "clock_get_current_time"}
