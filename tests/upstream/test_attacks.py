"""Servers that mean harm, hang or outlive Gatehouse: what they cannot do to it, to its owner, or to other servers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.errors import ToolError
from tests.frame.test_commands import BARE, ROOT, free_ports
from tests.support.world import eventually, gatehouse
from tests.upstream.scripted import SCHEMA
from tests.upstream.support import Opened, file_of, no_pause, opened, scripted, until
from tests.upstream.test_children import gone

CLEAR = "\x1b[2J\x1b]0;owned\x07\u202e"


def test_a_server_that_hangs_is_named_and_started_anew(tmp_path: Path) -> None:
    async def go() -> None:
        entry = scripted(timeout=0.5)
        async with opened(tmp_path, {"s": entry}, pause=no_pause) as servers:
            before = (await servers.call("s_echo")).meta["pid"]
            with pytest.raises(ToolError, match=r"did not answer within 0\.5 seconds"):
                await servers.call("s_echo", {"text": "freeze"})
            assert servers.trouble("s") == "it did not answer a request in time, and is asked whether it is there"
            await until(lambda: servers.trouble("s") == "it did not answer in time" or gone(before))
            await until(lambda: servers.trouble("s") == "")
            assert (await servers.call("s_echo")).meta["pid"] != before

    asyncio.run(go())


def test_a_server_of_which_one_call_only_hangs_is_left_running(tmp_path: Path) -> None:
    async def go() -> None:
        async with opened(tmp_path, {"s": scripted(timeout=0.5)}, pause=no_pause) as servers:
            before = (await servers.call("s_echo")).meta["pid"]
            with pytest.raises(ToolError):
                await servers.call("s_echo", {"text": "hang"})
            assert servers.trouble("s").startswith("it did not answer a request in time")
            await until(lambda: servers.trouble("s") == "")
            assert (await servers.call("s_echo")).meta["pid"] == before

    asyncio.run(go())


@pytest.mark.parametrize(
    ("way", "number", "manner"),
    [("serve", signal.SIGKILL, "stubborn"), ("serve", signal.SIGTERM, "stays"), ("stdio", signal.SIGTERM, "stays")],
    ids=["server killed", "server asked to stop", "stdio asked to stop"],
)
def test_however_gatehouse_ends_nothing_it_started_is_left_and_no_child_writes_to_the_terminal(
    tmp_path: Path, way: str, number: signal.Signals, manner: str
) -> None:
    place = tmp_path / "processes"
    entry = scripted({"child": str(place), manner: True, "errors": [f"fake{CLEAR}"], "garbage": [f"more{CLEAR}"]})
    environment = {
        **BARE,
        "PYTHONPATH": str(ROOT),
        "AUTH_MODE": "none",
        "TOOLSETS": "none",
        "PORT": str(free_ports(1)[0]),
        "DATA_DIR": str(tmp_path / "data"),
        "UPSTREAMS_FILE": str(file_of(tmp_path, {"s": entry})),
    }
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", way], env=environment, cwd=tmp_path, stdin=subprocess.PIPE, stderr=log
        )
        try:
            eventually(lambda: "connected" in (tmp_path / "log").read_text(), within=15)
            started = json.loads(place.read_text())
            process.send_signal(number)
            process.wait(timeout=15)
        finally:
            process.kill()
            process.communicate()
    try:
        eventually(lambda: all(gone(one) for one in started), within=8)
    finally:
        for one in started:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
    said = (tmp_path / "log").read_text()
    assert "upstream s says: fake\\u001b[2J" in said
    assert "no message: more\\u001b[2J" in said
    assert not set("\x1b\x07\u202e") & set(said)


def test_words_of_a_server_do_not_steer_the_terminal_of_whoever_lists_its_tools(tmp_path: Path) -> None:
    hidden = {"name": f"a{CLEAR}", "title": CLEAR, "description": CLEAR, "inputSchema": SCHEMA}
    servers = {"s": scripted({"tools": [hidden]}, scopes={"a*": "read"}), "t": scripted({"version": f"1{CLEAR}"})}
    environment = {"AUTH_MODE": "none", "DATA_DIR": str(tmp_path / "data"), "TOOLSETS": "none"}
    ran = gatehouse("tools", **environment, UPSTREAMS_FILE=str(file_of(tmp_path, servers)))
    assert "s_a__2J__0_owned__" in ran.out
    assert "t cannot be asked" in ran.err
    assert not set("\x1b\x07\u202e") & set(ran.out + ran.err)


def test_what_a_server_says_when_it_refuses_stands_in_the_log_without_secrets_and_is_told_to_nobody_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    words = {"refuses": ["initialize"], "message": "the key k-12345 is spent"}

    async def go() -> None:
        entry = {**scripted(words), "env": {"KEY": "${KEY}"}}
        async with opened(tmp_path, {"s": entry}, environment={"KEY": "k-12345"}) as servers:
            await until(lambda: servers.trouble("s") == "it refused to connect with error -32000")

    asyncio.run(go())
    assert "upstream s is down: it refused to connect with error -32000 (the key [secret] is spent)" in caplog.text
    assert "k-12345" not in caplog.text


def test_a_server_that_writes_errors_without_end_answers_and_leaves_few_lines(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    started = time.monotonic()

    async def go() -> None:
        async with opened(tmp_path, {"s": scripted({"chatter": True})}) as servers:
            for number in range(100):
                assert await servers.say("s_echo", str(number)) == str(number)

    asyncio.run(go())
    lines = [one.getMessage() for one in caplog.records if "s says: and on" in one.getMessage()]
    assert 0 < len(lines) <= 50 * (2 + time.monotonic() - started)
    assert max(map(len, lines)) < 2_100


def test_a_server_that_lists_other_tools_each_time_fills_no_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.tools.upstream.offer.MAX_TOLD", 5)
    monkeypatch.setattr("app.tools.upstream.listing.MAX_TOLD", 5)
    place = tmp_path / "tools.json"

    def lists(words: str) -> None:
        tools: list[Any] = [{"name": f"{words}{number}", "inputSchema": SCHEMA} for number in range(20)]
        place.write_text(json.dumps([*tools, *({"name": f"bad{words}{number}"} for number in range(20))]))

    def is_first(servers: Opened, name: str) -> bool:
        return servers.now["s"].tools[0].definition.name == name

    async def go() -> None:
        lists("a")
        async with opened(tmp_path, {"s": scripted({"listen": str(place)})}, pause=no_pause) as servers:
            for words in "bc":
                lists(words)
                await servers.call(servers.now["s"].tools[0].definition.name, {"text": "changed"})
                await until(partial(is_first, servers, f"s_{words}0"))

    asyncio.run(go())
    assert len([one for one in caplog.records if "since it was accepted" in one.getMessage()]) == 5
    assert len([one for one in caplog.records if "is unusable" in one.getMessage()]) == 5
