"""Servers behind the door as clients meet them: log-in, permissions, identity, the log, the figures, readiness."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.errors import ConfigurationError
from tests.frame.test_commands import ROOT, command, free_ports
from tests.support.world import World, eventually, open_world
from tests.upstream.support import HERE, file_of, scripted


@contextmanager
def world_with(folder: Path, servers: dict[str, Any], **settings: Any) -> Iterator[World]:
    with open_world(upstreams_file=str(file_of(folder, servers)), **settings) as world:
        yield world


def listed(world: World, token: str, method: str = "tools/list") -> list[Any]:
    result = world.call(token, method).json()["result"]
    return list(result[{"tools/list": "tools", "prompts/list": "prompts"}[method]])


def names(world: World, token: str) -> list[str]:
    """The names of the tools behind the door that are listed."""
    return [tool["name"] for tool in listed(world, token) if tool["name"].startswith("s_")]


def token_for(world: World, scope: str) -> str:
    """A token of somebody who may do so much and no more."""
    world.person.permissions = {scope}
    return world.token(scope)


def ready(world: World) -> dict[str, Any]:
    return dict(world.http.get(f"{world.url}/readyz").json())


def check(world: World, name: str) -> Any:
    return next(one for one in ready(world)["checks"] if one["id"] == name)


def test_each_caller_is_shown_what_it_may_use_and_others_are_sent_to_log_in(tmp_path: Path) -> None:
    options = {"scopes": {"echo": "read", "put": "write"}}
    with world_with(tmp_path, {"s": scripted({}, **options)}) as world:
        reader, writer = token_for(world, "read"), token_for(world, "write")
        assert names(world, reader) == ["s_echo"]
        assert names(world, writer) == ["s_echo", "s_put"]
        refused = world.call(reader, name="s_put", arguments={})
        assert refused.status_code == 403
        assert 'scope="write"' in refused.headers["www-authenticate"]
        done = world.call(reader, name="s_echo", arguments={"text": "마포구"}).json()["result"]
        assert done["content"] == [{"type": "text", "text": "마포구"}]
        assert done["_meta"]["tool"] == "echo"
        (put,) = (tool for tool in listed(world, writer) if tool["name"] == "s_put")
        assert put["annotations"] == {"destructiveHint": True}
        assert put["securitySchemes"] == [{"type": "oauth2", "scopes": ["write"]}]


def test_denied_and_local_tools_are_not_there_whatever_the_token(tmp_path: Path) -> None:
    with world_with(tmp_path, {"s": scripted({}, scopes={"put": "deny"}, local_only=["echo"])}) as world:
        world.person.permissions = {"read", "write", "admin"}
        admin = world.token("admin")
        assert names(world, admin) == []
        for name in ("s_put", "s_echo"):
            assert world.call(admin, name=name, arguments={}).json()["error"]["message"] == f"Unknown tool: {name}"


@pytest.mark.parametrize("modern", [False, True], ids=["handshake era", "newest"])
@pytest.mark.parametrize("forward", [False, True], ids=["kept", "forwarded"])
def test_the_server_learns_who_calls_only_if_its_owner_says_so_and_never_a_token(
    tmp_path: Path, forward: bool, modern: bool
) -> None:
    heard = tmp_path / "heard"
    with world_with(tmp_path, {"s": scripted({"log": str(heard)}, forward_identity=forward)}) as world:
        token = world.token()
        version = "2026-07-28" if modern else "2025-11-25"
        envelope = {
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientCapabilities": {},
            "openai/subject": "hint",
        }
        params = {"name": "s_echo", "arguments": {"text": "meta"}, "_meta": envelope}
        headers = {"authorization": f"Bearer {token}", "mcp-protocol-version": version}
        headers |= {"mcp-method": "tools/call", "mcp-name": "s_echo"} if modern else {}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        result = world.http.post(world.mcp, json=body, headers=headers).json()["result"]
        caller = {"gatehouse/caller": {"iss": world.tenant.issuer, "sub": world.sub, "client_id": "test-client"}}
        meta = json.loads(result["content"][0]["text"]) or {}
        meta.pop("traceparent", None)  # where traces are collected, they go on at the server
        assert meta == (caller if forward else {})
    told = heard.read_text()
    assert token not in told
    assert "hint" not in told
    assert (world.sub in told) is forward


def test_a_client_that_hangs_up_cancels_its_call_at_the_server(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    with world_with(tmp_path, {"s": scripted({"log": str(heard)})}, toolsets="none") as world:
        meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}
        meta |= {"io.modelcontextprotocol/clientCapabilities": {}}  # in this revision to hang up is to cancel
        params = {"name": "s_echo", "arguments": {"text": "hang"}, "_meta": meta}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        headers = {"authorization": f"Bearer {world.token()}", "mcp-protocol-version": "2026-07-28"}
        headers |= {"accept": "application/json, text/event-stream", "mcp-method": "tools/call", "mcp-name": "s_echo"}
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(world.mcp, json=body, headers=headers, timeout=0.5, trust_env=False)
        given_up = eventually(lambda: [one for one in sent(heard) if one["method"] == "notifications/cancelled"])
    (asked,) = [one for one in sent(heard) if one["method"] == "tools/call"]
    assert given_up[0]["params"]["requestId"] == asked["id"]


def sent(heard: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in heard.read_text().splitlines()]


def test_without_a_prefix_tools_keep_their_names_and_the_log_still_says_whose_they_are(tmp_path: Path) -> None:
    with world_with(tmp_path, {"s": scripted({}, prefix="")}, toolsets="none") as world:
        token = world.token()
        assert [tool["name"] for tool in listed(world, token)] == ["echo", "put"]
        world.call(token, name="echo", arguments={"text": "a"})
        world.call(token, name="s_echo", arguments={})
        entries = eventually(lambda: found if len(found := logged(world)) == 3 else None)
        assert [(one["server"], one["tool"], one["outcome"]) for one in entries] == [
            ("", "", "ok"),
            ("s", "echo", "ok"),
            ("", "s_echo", "error"),
        ]


def logged(world: World) -> list[Any]:
    lines = world.gatehouse("log", "--json").out.splitlines()
    return [json.loads(line) for line in reversed(lines)]


def test_calls_of_a_server_are_counted_by_server_tool_and_outcome(tmp_path: Path) -> None:
    with world_with(tmp_path, {"s": scripted({}, timeout=0.5)}) as world:
        token = world.token()
        world.call(token, name="s_echo", arguments={"text": "a"})
        slow = world.call(token, name="s_echo", arguments={"text": "hang"}).json()["result"]
        assert slow["isError"] is True
        assert "The server s behind this tool did not answer within 0.5 seconds." in slow["content"][0]["text"]
        figures = world.http.get(f"{world.url}/metrics").text
        assert 'gatehouse_upstream_calls_total{outcome="ok",server="s",tool="s_echo"} 1.0' in figures
        assert 'gatehouse_upstream_calls_total{outcome="timeout",server="s",tool="s_echo"} 1.0' in figures
        assert 'gatehouse_tool_calls_total{outcome="tool_error",tool="s_echo"} 1.0' in figures
        entries = eventually(lambda: found if len(found := logged(world)) == 2 else None)
        assert [(one["server"], one["tool"], one["outcome"]) for one in entries] == [
            ("s", "s_echo", "ok"),
            ("s", "s_echo", "tool_error"),
        ]


def test_readiness_names_a_server_that_is_down_and_goes_on_serving(tmp_path: Path) -> None:
    with world_with(tmp_path, {"s": scripted(), "gone": {"command": "no-such-command"}}) as world:
        world.call(world.token())
        assert check(world, "upstream_s") == {"id": "upstream_s", "status": "pass", "detail": "connected"}
        down = eventually(lambda: (one := check(world, "upstream_gone"))["detail"].startswith("the command") and one)
        assert down["status"] == "warn"
        assert down["detail"] == "the command no-such-command was not found"
        answer = world.http.get(f"{world.url}/readyz")
        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")


def test_tools_of_two_servers_without_prefix_may_not_collide(tmp_path: Path) -> None:
    servers = {"one": scripted({}, prefix=""), "two": scripted({}, prefix="")}
    (port,) = free_ports(1)
    ran = command(
        "serve",
        cwd=tmp_path,
        AUTH_MODE="none",
        PORT=str(port),
        DATA_DIR=str(tmp_path / "data"),
        UPSTREAMS_FILE=str(file_of(tmp_path, servers)),
    )
    assert ran.returncode == 2
    assert re.search(r"two tools are named echo, one of one and one of two.*another gatehouse\.prefix", ran.stderr)


def test_a_file_that_cannot_be_used_refuses_to_start(tmp_path: Path) -> None:
    (tmp_path / "servers.json").write_text('{"mcpServers": {')
    wrong = pytest.raises(ConfigurationError, match=r"UPSTREAMS_FILE: is not JSON: .*line 1, column 17")
    with wrong, open_world(upstreams_file=str(tmp_path / "servers.json")):
        pass


def rules_of_the_page() -> dict[str, Any]:
    """The rules that the page about GBrain tells its readers to write."""
    page = (ROOT / "docs/how-to/gbrain.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```json\n(.*?)```", page, re.S)
    return dict(json.loads(block)["mcpServers"]["gbrain"]["gatehouse"])


def test_a_brain_of_129_tools_behind_the_door(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    environment = {"BRAIN_GATE": str(gate), "BRAIN_LOCK": "${LOCK:-" + str(tmp_path / "lock") + "}"}
    brain = {
        "command": sys.executable,
        "args": [str(HERE / "brain.py")],
        "env": environment,
        "gatehouse": rules_of_the_page(),
    }
    with world_with(tmp_path, {"gbrain": brain}) as world:
        world.person.permissions = {"read", "write", "admin"}
        tokens = {scope: token_for(world, scope) for scope in ("read", "write", "admin")}

        def shown(scope: str) -> set[str]:
            return {one["name"] for one in listed(world, tokens[scope]) if one["name"].startswith("gbrain_")}

        assert shown("admin") == set()
        assert check(world, "upstream_gbrain")["detail"] == "it is starting"
        gate.touch()
        eventually(lambda: shown("admin"))
        assert {scope: len(shown(scope)) for scope in tokens} == {"read": 68, "write": 68 + 22, "admin": 129 - 12}
        assert "gbrain_sync_brain" not in shown("admin")
        found = world.call(tokens["read"], name="gbrain_search", arguments={"q": "x"}).json()["result"]
        assert [one["slug"] for one in json.loads(found["content"][0]["text"])] == ["page-0", "page-1", "page-2"]
        assert found["content"][1] == {"type": "text", "text": "2 pages were not looked at."}
        assert found["_meta"]["retrieval"] == {"mode": "hybrid", "candidates": 42}
        assert world.call(tokens["read"], name="gbrain_put_page", arguments={}).status_code == 403
        assert world.call(tokens["write"], name="gbrain_admin_reset", arguments={}).status_code == 403
        processes = {
            json.loads(
                world.call(tokens[scope], name="gbrain_get_page", arguments={}).json()["result"]["content"][0]["text"]
            )["pid"]
            for scope in tokens
        }
        assert len(processes) == 1
        told = {one["name"]: one for one in world.gatehouse("tools", "--json").json if one["server"] == "gbrain"}
        assert len(told) == 129
        assert told["gbrain_sync_brain"]["local_only"] is True
        assert told["gbrain_sync_brain"]["rule"] == "programs on this machine only (gatehouse stdio)"
        assert (told["gbrain_admin_reset"]["scope"], told["gbrain_admin_reset"]["origin"]) == (
            "admin",
            "scopes *",
        )
        assert (told["gbrain_whoami"]["scope"], told["gbrain_whoami"]["origin"]) == ("admin", "scopes *")
