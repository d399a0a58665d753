"""Child processes: how they end, what becomes of what they print, and what they are given."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from pathlib import Path

import pytest

from tests.upstream.support import opened, scripted, until


def gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.parametrize("stays", [False, True], ids=["ends by itself", "has to be ended"])
def test_a_child_and_what_it_started_end_with_gatehouse(tmp_path: Path, stays: bool) -> None:
    place = tmp_path / "processes"

    async def go() -> list[int]:
        async with opened(tmp_path, {"s": scripted({"child": str(place), "stays": stays})}):
            return list(json.loads(place.read_text()))

    processes = asyncio.run(go())
    asyncio.run(until(lambda: all(gone(one) for one in processes)))


def test_standard_error_becomes_lines_of_the_log_without_secrets(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    lines = ["token is abcd-1234!", "x" * 9_000, "fake\x1b[31m line"]
    entry = {**scripted({"errors": lines, "garbage": ["my token abcd-1234!"]}), "env": {"TOKEN": "${TOKEN}"}}

    async def go() -> None:
        async with opened(tmp_path, {"s": entry}, environment={"TOKEN": "abcd-1234!"}):
            await until(lambda: "fake" in caplog.text)

    asyncio.run(go())
    assert "upstream s says: token is [secret]" in caplog.text
    assert "prints on standard output what is no message: my token [secret]" in caplog.text
    assert "abcd-1234" not in caplog.text
    assert max(len(record.getMessage()) for record in caplog.records) < 2_100


def test_a_child_gets_the_environment_of_its_entry_and_nothing_of_gatehouse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH0_CLIENT_SECRET", "not for others")

    async def go() -> dict[str, str]:
        async with opened(tmp_path, {"s": {**scripted(), "env": {"MINE": "1"}}}) as servers:
            return dict(json.loads(await servers.say("s_echo", "environment")))

    environment = asyncio.run(go())
    assert environment["MINE"] == "1"
    assert "AUTH0_CLIENT_SECRET" not in environment
    assert environment.keys() <= {"MINE", "HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "LC_CTYPE"}
