"""The file of servers: what clients write works unchanged, and what is wrong refuses with its place and the fix."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from app.errors import ConfigurationError
from app.tools.upstream.addresses import is_public
from app.tools.upstream.configuration import read_servers
from app.tools.upstream.entry import ServerEntry


def read(folder: Path, content: Any, **environment: str) -> dict[str, ServerEntry]:
    path = folder / "servers.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return {one.name: one for one in read_servers(str(path), environment)}


def problems(folder: Path, content: Any, **environment: str) -> list[str]:
    with pytest.raises(ConfigurationError) as refused:
        read(folder, content, **environment)
    assert {problem.setting for problem in refused.value.problems} == {"UPSTREAMS_FILE"}
    return [problem.what for problem in refused.value.problems]


DESKTOP = """{
  "globalShortcut": "Ctrl+Space",
  "mcpServers": {
    "filesystem": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", "/home/me"]},
    "my notes": {"command": "notes", "env": {"KEY": "k-1234"}, "autoApprove": ["list"], "alwaysAllow": []},
    "remote": {"type": "http", "url": "https://mcp.example.net/mcp", "headers": {"Authorization": "Bearer t-5678"}},
    "off": {"command": "x", "disabled": true}
  }
}"""


def test_a_file_of_a_desktop_client_works_unchanged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    servers = read(tmp_path, "\ufeff" + DESKTOP)
    assert list(servers) == ["filesystem", "my notes", "remote"]
    assert [one.prefix for one in servers.values()] == ["filesystem", "my_notes", "remote"]
    assert servers["filesystem"].args == ("-y", "@modelcontextprotocol/server-filesystem", "/home/me")
    assert servers["remote"].headers == {"Authorization": "Bearer t-5678"}
    assert servers["remote"].options.timeout == 50
    assert "my notes: these words mean nothing here and are left alone: always_allow, auto_approve" in caplog.text


def test_the_file_of_another_editor_works_too(tmp_path: Path) -> None:
    servers = read(tmp_path, {"inputs": [], "servers": {"a": {"type": "stdio", "command": "a"}}})
    assert servers["a"].command == "a"


def test_every_option_is_read(tmp_path: Path) -> None:
    options = {
        "prefix": "",
        "scopes": {"get_*": "read", "drop": "deny"},
        "local_only": ["file_*"],
        "timeout": 2.5,
        "enabled": True,
        "pin": True,
        "forward_identity": True,
        "block_private": True,
    }
    server = read(tmp_path, {"mcpServers": {"a": {"command": "a", "cwd": "/srv", "gatehouse": options}}})["a"]
    assert server.options.model_dump() == options
    assert (server.prefix, server.cwd) == ("", "/srv")


def test_names_of_the_environment_are_put_in_everywhere_and_become_secrets(tmp_path: Path) -> None:
    entry = {
        "command": "${BIN}/run",
        "args": ["--key=${KEY}", "${ABSENT:-usual}"],
        "env": {"K": "${env:KEY}", "N": "$5"},
    }
    server = read(tmp_path, {"mcpServers": {"a": entry}}, BIN="/opt/bin", KEY="k-1234")["a"]
    assert (server.command, server.args) == ("/opt/bin/run", ("--key=k-1234", "usual"))
    assert server.env == {"K": "k-1234", "N": "$5"}
    assert server.redact("it was k-1234 in /opt/bin") == "it was [secret] in [secret]"
    assert "k-1234" not in repr(server)


def test_what_headers_and_addresses_carry_is_secret_in_whole_and_in_part(tmp_path: Path) -> None:
    entry = {"url": "https://me:pass-1@a.example/mcp?key=query-1&x=1", "headers": {"Authorization": "Bearer tok-1"}}
    server = read(tmp_path, {"mcpServers": {"a": entry}})["a"]
    assert server.redact("pass-1 query-1 tok-1 Bearer tok-1 x=1") == "[secret] [secret] [secret] [secret] x=1"


BAD = [
    ('{"mcpServers": {\n  "a": {"command": "x",}\n}}', "is not JSON: ", "line 2, column 24."),
    ("", "is not JSON: ", "line 1, column 1."),
    ("[" * 100_000, "is not usable: its objects are nested too deep.", ""),
    ("[]", "must hold a JSON object.", ""),
    ('{"mcpServers": []}', 'must hold an object "mcpServers"', ""),
    ('{"mcpServers": {"a": {"command": "x"}, "a": {"command": "y"}}}', "says 'a' twice in one object.", ""),
]


@pytest.mark.parametrize(("text", "start", "end"), BAD, ids=["comma", "blank", "deep", "list", "no object", "twice"])
def test_a_file_that_is_none_says_where(tmp_path: Path, text: str, start: str, end: str) -> None:
    (told,) = problems(tmp_path, text)
    assert told.startswith(start)
    assert told.endswith(end)


UNUSABLE: dict[str, tuple[Any, str]] = {
    "no way": ({}, 'mcpServers.a: needs "command" or "url", and not both.'),
    "two ways": ({"command": "x", "url": "http://x"}, 'mcpServers.a: needs "command" or "url", and not both.'),
    "text": ("npx server", "mcpServers.a: Input should be a valid dictionary or instance of _Entry."),
    "arguments": ({"command": "x", "args": ["a", 5]}, "mcpServers.a.args[1]: Input should be a valid string."),
    "scope": (
        {"command": "x", "gatehouse": {"scopes": {"t": "rw"}}},
        "mcpServers.a.gatehouse.scopes.t: Input should be 'read', 'write', 'admin' or 'deny'.",
    ),
    "option": (
        {"command": "x", "gatehouse": {"localonly": []}},
        "mcpServers.a.gatehouse.localonly: is not known here; there is: prefix, scopes, local_only, timeout, enabled, "
        "pin, forward_identity, block_private.",
    ),
    "prefix": (
        {"command": "x", "gatehouse": {"prefix": "a b"}},
        "mcpServers.a.gatehouse.prefix: String should match pattern '^[A-Za-z0-9_-]{0,32}$'.",
    ),
    "no time": (
        {"command": "x", "gatehouse": {"timeout": 0}},
        "mcpServers.a.gatehouse.timeout: Input should be greater than 0.",
    ),
    "missing": (
        {"command": "${NOT_SET}"},
        "mcpServers.a.command: ${NOT_SET} is not set in the environment or in .env.",
    ),
    "address": ({"url": "ftp://x"}, "mcpServers.a.url: must be a full address with http:// or https:// in front."),
    "port": ({"url": "http://x:y/"}, "mcpServers.a.url: must be a full address with http:// or https:// in front."),
    "header": (
        {"url": "http://x", "headers": {"A": "b\nc"}},
        "mcpServers.a.headers.A: is no header of HTTP: a plain name, and a value in one line of ASCII.",
    ),
    "private": (
        {"url": "http://192.168.1.4/mcp", "gatehouse": {"block_private": True}},
        "mcpServers.a.url: is a private address, and gatehouse.block_private refuses those.",
    ),
    "old way": (
        {"type": "sse", "url": "http://x"},
        'mcpServers.a.type: "sse" is the old transport, which is not spoken here. Give the address of its Streamable '
        'HTTP (often /mcp) with "type": "http", or switch the server off with "disabled": true.',
    ),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_an_entry_that_cannot_be_used_says_where_and_what(tmp_path: Path, name: str) -> None:
    entry, told = UNUSABLE[name]
    assert problems(tmp_path, {"mcpServers": {"a": entry}}) == [told]


def test_all_problems_are_told_at_once_without_any_value(tmp_path: Path) -> None:
    told = problems(
        tmp_path,
        {"mcpServers": {"a": {}, "b": {"command": "x", "env": {"K": 5}, "args": "hunter2"}, "c": {"command": "${NO}"}}},
    )
    assert len(told) == 4
    assert "hunter2" not in str(told)


def test_two_servers_of_one_prefix_are_both_named(tmp_path: Path) -> None:
    servers = {"a.b": {"command": "x"}, "a b": {"command": "y"}}
    assert problems(tmp_path, {"mcpServers": servers}) == [
        "a.b and a b have the same prefix 'a_b'. Give one another gatehouse.prefix."
    ]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot be read \(No such file or directory\)"):
        read_servers(str(tmp_path / "none.json"), {})


@pytest.mark.parametrize(
    ("address", "public"),
    [
        *((one, False) for one in ("127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0")),
        *((one, False) for one in ("::1", "[::1]", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "224.0.0.1")),
        *((one, True) for one in ("1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1")),
        ("localhost", False),
        ("LOCALHOST.", False),
        ("example.net", None),
    ],
)
def test_which_addresses_are_public(address: str, public: bool | None) -> None:
    assert is_public(address) is public
