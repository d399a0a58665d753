"""``gatehouse log`` as a real process: live, and read by others."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.journal.entry import Entry
from app.journal.store import Store
from tests.support.postgres import Postgres

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """The database that the command reads."""
    opened = Store(database)
    yield opened
    opened.close()


def call(seconds: float = 0.0, **more: object) -> Entry:
    return Entry(1_000.0 + seconds, "ok", **{"method": "tools/call", "tool": "echo", **more})  # type: ignore[arg-type]


def run(database: str, *words: str) -> subprocess.Popen[str]:
    environment = {"PATH": os.environ["PATH"], "AUTH_MODE": "none", "DATABASE_URL": database, "TZ": "Asia/Seoul"}
    command = [sys.executable, "-m", "app", "log", *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True)


def test_following_shows_what_was_and_what_comes_until_stopped(store: Store, database: str) -> None:
    store.add([call(number, tool=f"t{number}") for number in range(20)])
    process = run(database, "--follow", "--json")
    try:
        assert process.stdout
        before = [json.loads(process.stdout.readline())["tool"] for _ in range(10)]
        assert before == [f"t{number}" for number in range(10, 20)]
        for number in range(20, 23):
            store.add([call(-number, tool=f"t{number}")])  # of a server whose clock is behind
            written = time.monotonic()
            assert json.loads(process.stdout.readline())["tool"] == f"t{number}"
            assert time.monotonic() - written < 1
        process.send_signal(signal.SIGINT)
        rest, err = process.communicate(timeout=10)
        assert (process.returncode, rest, err) == (130, "", "\nStopped.\n")
    finally:
        process.kill()
        process.communicate()


def test_following_goes_on_when_the_database_comes_back(postgres: Postgres) -> None:
    database = postgres.new_database()
    store = Store(database)
    store.add([call(tool="before")])
    process = run(database, "--follow", "--json")
    try:
        assert process.stdout
        assert process.stderr
        assert json.loads(process.stdout.readline())["tool"] == "before"
        postgres.stop()
        try:
            said = process.stderr.readline()
        finally:
            postgres.start()
        assert re.fullmatch(r"The request log cannot be read at present \(\w+\); trying again\.\n", said)
        store.engine.dispose()
        store.add([call(tool="after")])
        assert json.loads(process.stdout.readline())["tool"] == "after"
    finally:
        process.kill()
        process.communicate()
        store.close()


def test_whoever_reads_only_the_beginning_ends_it_quietly(store: Store, database: str) -> None:
    store.add([call(number) for number in range(5_000)])
    process = run(database, "--csv")
    assert process.stdout
    assert process.stderr
    assert process.stdout.readline().startswith("time,iss,sub")
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(20) == 0
    process.stderr.close()
