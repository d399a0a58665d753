"""Answers on disk survive restarts, stay within their bounds, and never make a call fail."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from app.tools.base import CallContext
from app.tools.real_estate.contract import SEOUL, Listing, Month
from app.tools.real_estate.sources import Limits, PortalSources
from app.tools.real_estate.sources.packing import pack, unpack
from app.tools.real_estate.sources.shelf import Shelf, Want
from app.tools.real_estate.sources.store import FILE, Store
from tests.tools.sources.support import (
    ENCODED_KEY,
    KEY,
    NOW,
    SALES,
    World,
    ministry,
    months_back,
    one_month,
    refused,
    saying,
    sold,
)

MONTH = [("11710", "202506")]
SECONDS = NOW.timestamp()


async def ask(sources: PortalSources) -> Month:
    return (await sources.months(SALES, MONTH, CallContext()))[0]


def listing(rows: int, word: str = "x") -> Listing:
    return Listing(tuple({"text": f"{word}{index}" * 50} for index in range(rows)), rows, rows, NOW)


@pytest.mark.parametrize(
    "rows",
    [(), ({"a": "가"}, {}), ({"n": 1, "f": 2.5, "none": None, "yes": True, "deep": {"a": [1]}},), ({"e": '"\\\n😀'},)],
)
def test_what_is_packed_comes_back_as_it_was(rows: tuple[dict[str, object], ...]) -> None:
    kept = Listing(rows, 7, 3, NOW)
    assert unpack(pack(kept), NOW) == kept


@pytest.mark.parametrize("damage", [b"", b"x", pack(listing(3))[:-4], pack(listing(3))[::-1]])
def test_damaged_content_counts_as_nothing(damage: bytes) -> None:
    assert unpack(damage, NOW) is None


def test_the_file_holds_no_key_and_only_the_owner_may_enter_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "anew"
    World(ministry()).run(ask, folder)
    assert folder.stat().st_mode & 0o077 == 0
    content = b"".join(path.read_bytes() for path in folder.iterdir())
    assert b"11710 202506" in content
    assert KEY.encode() not in content
    assert ENCODED_KEY.encode() not in content


def test_errors_are_not_kept(tmp_path: Path) -> None:
    world = World(saying("Unauthorized", 401))
    refused(world, ask)
    world.answer = ministry()
    assert world.run(ask, tmp_path).rows == tuple(sold("11710", "202506"))


def test_the_answers_of_another_address_are_not_used(tmp_path: Path) -> None:
    world = World(ministry())
    world.run(ask, tmp_path)
    world.settings = {"data_go_kr_base_url": "http://portal.test"}
    world.run(ask, tmp_path)
    assert [request.url.host for request in world.asked] == ["apis.data.go.kr", "portal.test"]


def test_without_a_folder_answers_are_kept_in_memory_only() -> None:
    world = World(ministry())

    async def twice(sources: PortalSources) -> None:
        assert await ask(sources) == await ask(sources)

    world.run(twice)
    assert len(world.asked) == 1
    world.run(twice)
    assert len(world.asked) == 2


def test_memory_is_bounded_in_rows_and_what_does_not_fit_comes_from_disk(tmp_path: Path) -> None:
    world = World(ministry(rows_per_month=50), limits=Limits(memory_rows=120))
    wanted = months_back(5)

    async def twice(sources: PortalSources) -> bool:
        first = await sources.months(SALES, wanted, CallContext())
        return first == await sources.months(SALES, wanted, CallContext())

    world.run(twice)
    assert len(world.asked) == 5 + 3  # two months of 50 rows fit
    world.run(twice, tmp_path)
    world.asked.clear()
    assert world.run(twice, tmp_path)
    assert world.asked == []


def test_a_month_larger_than_the_memory_does_no_harm() -> None:
    assert len(one_month(World(ministry(500), limits=Limits(memory_rows=100)))) == 500


def keys(folder: Path) -> list[str]:
    if not (folder / FILE).exists():
        return []
    connection = sqlite3.connect(folder / FILE)
    try:
        return [key for (key,) in connection.execute("select key from answers order by used_at")]
    except sqlite3.OperationalError:
        return []
    finally:
        connection.close()


def test_the_disk_is_bounded_in_bytes_and_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    size = len(pack(listing(50))) + 250
    store = Store(tmp_path, 4 * size)
    for number in range(4):
        store.write(f"answer {number}", listing(50), SECONDS + number)
    assert store.read("answer 0", SECONDS + 4_000) is not None  # used again
    store.write("answer 4", listing(50), SECONDS + 4_001)
    assert keys(tmp_path) == ["answer 2", "answer 3", "answer 0", "answer 4"]
    store.write("large", listing(5_000), SECONDS + 4_002)
    assert "large" not in keys(tmp_path)
    store.close()


def test_writing_an_answer_again_replaces_it(tmp_path: Path) -> None:
    store = Store(tmp_path, 10**6)
    store.write("answer", listing(3), SECONDS)
    store.write("answer", listing(5, "y"), SECONDS + 1)
    assert store.read("answer", SECONDS + 2) == listing(5, "y")
    assert store.read("another", SECONDS + 2) is None
    store.close()


def test_the_time_of_an_answer_is_exact_after_a_restart(tmp_path: Path) -> None:
    world = World(ministry())
    world.clock.now = datetime(2026, 11, 22, 9, 30, 1, 234567, tzinfo=SEOUL)
    assert world.run(ask, tmp_path).as_of == world.run(ask, tmp_path).as_of == world.clock.now
    assert len(world.asked) == 1


def test_no_statement_s_values_stand_in_a_debug_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="sqlalchemy.engine")
    World(ministry()).run(ask, tmp_path)
    assert "SQL parameters hidden" in caplog.text
    assert "11710 202506" not in caplog.text


class SlowStore:
    """A store whose disk takes until ``done`` is set."""

    def __init__(self) -> None:
        self.begun, self.done, self.written = threading.Event(), threading.Event(), False

    def read(self, _: str, __: float) -> None:
        return None

    def write(self, _: str, __: Listing, ___: float) -> None:
        self.begun.set()
        self.done.wait(5)
        self.written = True


def test_nobody_waits_for_the_disk_but_the_end() -> None:
    store = SlowStore()

    async def fetch() -> Listing:
        return listing(1)

    async def work() -> None:
        shelf = Shelf(lambda: NOW, cast(Store, store), 100)
        assert await shelf.take(Want("key", "1", lambda *_: timedelta(1), fetch)) == listing(1)
        closing = asyncio.create_task(shelf.close())
        await asyncio.to_thread(store.begun.wait, 5)
        assert not store.written
        assert not closing.done()
        store.done.set()
        await closing
        assert store.written

    asyncio.run(work())
