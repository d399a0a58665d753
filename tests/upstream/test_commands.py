"""What owners do at the command line with servers behind the door."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import anyio
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import TextContent

from tests.frame.test_commands import BARE, ROOT
from tests.support.world import Ran, gatehouse
from tests.upstream.scripted import READ, SCHEMA, USUAL
from tests.upstream.support import file_of, scripted

NEW = {"name": "new", "inputSchema": SCHEMA, "annotations": READ}


def settings(folder: Path, servers: dict[str, Any]) -> dict[str, str]:
    file = str(file_of(folder, servers))
    return {"AUTH_MODE": "none", "DATA_DIR": str(folder / "data"), "UPSTREAMS_FILE": file, "TOOLSETS": "none"}


def tools(environment: dict[str, str], *words: str) -> Ran:
    return gatehouse("tools", *words, **environment)


def test_every_tool_is_listed_with_its_server_its_permission_and_where_the_rule_came_from(tmp_path: Path) -> None:
    options = {"prefix": "my", "scopes": {"put": "deny"}, "local_only": ["e*"]}
    environment = settings(tmp_path, {"s": scripted({}, **options), "gone": {"command": "no-such-command"}})
    ran = tools(environment, "--json")
    assert "gone cannot be asked: the command no-such-command was not found." in ran.err
    facts = [{key: one[key] for key in ("name", "server", "scope", "local_only", "rule", "origin")} for one in ran.json]
    here = "programs on this machine only (gatehouse stdio)"
    assert facts == [
        {"name": "my_echo", "server": "s", "scope": "read", "local_only": True, "rule": here, "origin": "readOnlyHint"},
        {
            "name": "my_put",
            "server": "s",
            "scope": "deny",
            "local_only": False,
            "rule": "nobody: scopes put",
            "origin": "scopes put",
        },
    ]
    assert "my_echo" in tools(environment).out


def test_a_server_that_was_seen_is_not_started_again_for_the_list(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    environment = settings(tmp_path, {"s": scripted({"log": str(heard)})})
    first = tools(environment, "--json").json
    heard.unlink()
    assert tools(environment, "--json").json == first
    assert not heard.exists()


def test_what_a_server_added_is_shown_and_accepted(tmp_path: Path) -> None:
    place = tmp_path / "tools.json"
    environment = settings(tmp_path, {"s": scripted({"listen": str(place)}, pin=True)})
    tools(environment)
    place.write_text(json.dumps([*USUAL, NEW]))
    serve_once(environment)
    told = {one["name"]: one for one in tools(environment, "--json").json}
    assert (told["s_new"]["scope"], told["s_new"]["note"]) == ("deny", "new")
    accepted = tools(environment, "--accept", "s", "--json")
    assert (accepted.code, accepted.json) == (0, {"server": "s", "accepted": ["s_new (new)"]})
    told = {one["name"]: one for one in tools(environment, "--json").json}
    assert (told["s_new"]["scope"], told["s_new"]["note"]) == ("read", "")
    assert "s has added and changed nothing." in tools(environment, "--accept", "s").out


def serve_once(environment: dict[str, str]) -> list[str]:
    """Serve a program on this machine, until it has seen the tools."""
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "app", "stdio"],
        env={**BARE, "PYTHONPATH": str(ROOT), **environment},
        cwd=str(Path(environment["DATA_DIR"]).parent),
    )

    async def go() -> list[str]:
        async with Client(stdio_client(parameters)) as client:
            names = [tool.name for tool in (await client.list_tools()).tools]
            if "s_echo" in names:
                assert (await client.call_tool("s_echo", {"text": "hello"})).content == [TextContent(text="hello")]
            return names

    return anyio.run(go)


def test_a_program_on_this_machine_gets_the_same_tools_and_those_for_this_machine(tmp_path: Path) -> None:
    environment = settings(tmp_path, {"s": scripted({}, local_only=["echo"], scopes={"put": "admin"})})
    assert serve_once(environment) == ["s_echo", "s_put"]
    (entry,) = (
        json.loads(line) for line in gatehouse("log", "--tool", "s_echo", "--json", **environment).out.splitlines()
    )
    assert (entry["server"], entry["outcome"]) == ("s", "ok")


def test_accepting_names_what_cannot_be_accepted(tmp_path: Path) -> None:
    environment = settings(tmp_path, {"s": scripted()})
    unknown = tools(environment, "--accept", "t")
    assert (unknown.code, unknown.err) == (2, "There is no server t in UPSTREAMS_FILE; there is: s.\n")
    unseen = tools(environment, "--accept", "s")
    assert unseen.code == 1
    assert unseen.err.startswith("s never said what it offers.")


def test_a_file_that_cannot_be_used_is_told_as_any_setting_is(tmp_path: Path) -> None:
    environment = settings(tmp_path, {"s": {"command": "${NOT_SET}"}})
    ran = tools(environment)
    assert ran.code == 2
    told = "UPSTREAMS_FILE: mcpServers.s.command: ${NOT_SET} is not set in the environment or in .env."
    assert told in ran.err
