"""Servers that break: each makes its own tools fail, within its time and with words that help, and nobody else's."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from app.errors import ToolError
from tests.upstream.support import no_pause, opened, scripted, until


@pytest.mark.parametrize(
    ("entry", "trouble"),
    [
        ({"command": "no-such-command"}, "the command no-such-command was not found"),
        ({"command": __file__}, "the command test_bad_servers.py cannot be run (Permission denied)"),
        ({**scripted(), "cwd": "/no/such/folder"}, "the folder in cwd was not found"),
        (scripted({"exit": 7}), "it ended with exit code 7"),
        (scripted({"garbage": ["hello"] * 1_001}), "it prints on standard output what are no messages"),
        (scripted({"garbage": ["", " "] * 501}), "it prints on standard output what are no messages"),
        (
            scripted({"garbage": ["[1]"] * 4, "wide": 4_000_000}),
            "it prints on standard output what are no messages",
        ),
        (scripted({"version": "2099-01-01"}), "it speaks a protocol version that is not known here"),
        (scripted({"mute": ["server/discover", "initialize"]}, timeout=0.5), "it did not answer in time"),
        (scripted({"mute": ["tools/list"]}, timeout=0.5), "it did not answer in time"),
        ({"url": "http://127.0.0.1:9/mcp"}, "it cannot be reached (ConnectError)"),
    ],
    ids=[
        "missing",
        "not a program",
        "no folder",
        "exits",
        "garbage",
        "blank",
        "long",
        "future",
        "mute",
        "mute list",
        "no host",
    ],
)
def test_a_server_that_cannot_be_used_says_why_and_leaves_the_others_alone(
    tmp_path: Path, entry: dict[str, Any], trouble: str
) -> None:
    async def go() -> None:
        async with opened(tmp_path, {"bad": entry, "good": scripted()}) as servers:
            await until(lambda: servers.trouble("bad").startswith(trouble))
            assert servers.now["bad"].tools == ()
            assert servers.trouble("good") == ""
            assert await servers.say("good_echo", "hello") == "hello"

    asyncio.run(go())


def test_opening_waits_for_a_slow_new_server_only_as_long_as_it_may_and_shows_its_tools_when_known(
    tmp_path: Path,
) -> None:
    async def go() -> None:
        slow = scripted({"mute": ["server/discover", "initialize"]}, timeout=30)
        started = time.monotonic()
        async with opened(tmp_path, {"slow": slow}, wait=0.2) as servers:
            assert 0.2 <= time.monotonic() - started < 2
            assert servers.now["slow"].tools == ()
            assert servers.trouble("slow") == "it is starting"

    asyncio.run(go())


def test_a_server_that_was_seen_before_is_offered_at_once_and_its_calls_wait_for_it(tmp_path: Path) -> None:
    async def go() -> None:
        async with opened(tmp_path, {"s": scripted()}):
            pass
        started = time.monotonic()
        async with opened(tmp_path, {"s": scripted()}) as servers:
            assert time.monotonic() - started < 0.2
            assert servers.trouble("s") == "it is starting"
            assert await servers.say("s_echo", "waited") == "waited"

    asyncio.run(go())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hang", "The server bad behind this tool did not answer within 1 seconds. Ask for less at once"),
        ("die", "The server bad behind this tool stopped before it answered, and is connected to again."),
        ("flood", "The server bad behind this tool stopped before it answered, and is connected to again."),
        ("notify", "The server bad behind this tool stopped before it answered, and is connected to again."),
        ("error", "The server bad refused: the password is [secret]"),
        ("odd", "The server bad behind this tool gave an answer that is not the protocol's."),
    ],
)
def test_a_call_that_goes_wrong_fails_alone_within_its_time_and_the_server_is_back_soon(
    tmp_path: Path, text: str, told: str
) -> None:
    async def go() -> None:
        seconds = 1 if text == "hang" else 30
        bad = {**scripted({"message": "the password is hunter2"}, timeout=seconds), "env": {"PASSWORD": "hunter2"}}
        async with opened(tmp_path, {"bad": bad, "good": scripted()}, pause=no_pause) as servers:
            started = time.monotonic()
            with pytest.raises(ToolError) as failed:
                await servers.call("bad_echo", {"text": text})
            assert str(failed.value).startswith(told)
            assert time.monotonic() - started < 20
            assert await servers.say("good_echo", "still here") == "still here"
            await until(lambda: servers.trouble("bad") == "")
            assert await servers.say("bad_echo", "back") == "back"

    asyncio.run(go())


def test_while_one_server_floods_the_calls_of_another_are_answered_without_delay(tmp_path: Path) -> None:
    async def go() -> None:
        async with opened(tmp_path, {"bad": scripted(), "good": scripted()}) as servers:
            flood = asyncio.create_task(servers.call("bad_echo", {"text": "flood"}))
            longest = 0.0
            while not flood.done():
                started = time.monotonic()
                await servers.say("good_echo", "x")
                longest = max(longest, time.monotonic() - started)
            with pytest.raises(ToolError):
                await flood
            assert longest < 1

    asyncio.run(go())


def test_a_server_that_is_down_is_said_to_be_down_at_once(tmp_path: Path) -> None:
    async def go() -> None:
        async def for_ever(_: float) -> None:
            await asyncio.Event().wait()

        async with opened(tmp_path, {"s": scripted()}, pause=for_ever) as servers:
            with pytest.raises(ToolError):
                await servers.call("s_echo", {"text": "die"})
            await until(lambda: servers.trouble("s") == "it ended with exit code 3")
            with pytest.raises(ToolError) as failed:
                await servers.call("s_echo")
            assert str(failed.value) == (
                "The server s behind this tool is not there at present: it ended with exit code 3. "
                "Try again in a minute; if it stays so, its owner should look at the log."
            )

    asyncio.run(go())


def test_pauses_between_tries_grow_to_a_minute(tmp_path: Path) -> None:
    pauses: list[float] = []

    async def go() -> None:
        enough = asyncio.Event()

        async def pause(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == 9:
                enough.set()
                await asyncio.Event().wait()

        async with opened(tmp_path, {"s": {"command": "no-such-command"}}, pause=pause):
            await asyncio.wait_for(enough.wait(), 10)

    asyncio.run(go())
    expected = [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert all(0.75 * whole <= one <= 1.25 * whole for one, whole in zip(pauses, expected, strict=True))
    assert len(set(pauses)) == 9


def test_fifty_callers_at_once_get_their_own_answers_from_one_child(tmp_path: Path) -> None:
    async def go() -> tuple[list[str], set[int]]:
        async with opened(tmp_path, {"s": scripted()}) as servers:
            asked = [servers.call("s_echo", {"text": f"caller {n}", "wait": (50 - n) / 500}) for n in range(50)]
            answers = await asyncio.gather(*asked)
            return [one.content[0].text for one in answers], {one.meta["pid"] for one in answers}

    texts, processes = asyncio.run(go())
    assert texts == [f"caller {n}" for n in range(50)]
    assert len(processes) == 1


def test_too_many_that_wait_for_one_server_are_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.tools.upstream.connection.MAX_IN_FLIGHT", 3)

    async def go() -> None:
        async with opened(tmp_path, {"s": scripted()}) as servers:
            waiting = [asyncio.create_task(servers.call("s_echo", {"text": "hang"})) for _ in range(3)]
            await asyncio.sleep(0)
            with pytest.raises(ToolError, match="3 requests wait for it already"):
                await servers.call("s_echo")
            for one in waiting:
                one.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            assert await servers.say("s_echo", "free again") == "free again"

    asyncio.run(go())


def test_a_call_that_its_caller_gave_up_is_cancelled_at_the_server(tmp_path: Path) -> None:
    heard = tmp_path / "heard"

    async def go() -> None:
        async with opened(tmp_path, {"s": scripted({"log": str(heard)})}) as servers:
            call = asyncio.create_task(servers.call("s_echo", {"text": "hang"}))
            asked = await until(lambda: [m for m in messages(heard) if m["method"] == "tools/call"])
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)
            given_up = await until(lambda: [m for m in messages(heard) if m["method"] == "notifications/cancelled"])
            assert given_up[0]["params"]["requestId"] == asked[0]["id"]

    asyncio.run(go())


def messages(place: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in place.read_text().splitlines()] if place.exists() else []
