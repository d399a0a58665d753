"""A file that is damaged, locked, full or not to be written never makes a call fail."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from app.tools.base import CallContext
from app.tools.real_estate.sources import PortalSources
from app.tools.real_estate.sources.store import FILE, REST_SECONDS, Store
from tests.tools.sources.support import (
    SALES,
    World,
    ministry,
    months_back,
    sold,
)
from tests.tools.sources.test_cache import SECONDS, ask, keys, listing


def damage_whole(path: Path) -> None:
    path.write_bytes(b"this is no database, whatever its name says" * 200)


def damage_inside(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [damage_whole, damage_inside])
def test_a_damaged_file_is_set_aside_and_made_anew(
    damage: Callable[[Path], None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(ministry())
    world.run(ask, tmp_path)
    damage(tmp_path / FILE)
    assert world.run(ask, tmp_path).rows == tuple(sold("11710", "202506"))
    assert len(world.asked) == 2
    world.run(ask, tmp_path)
    assert len(world.asked) == 2
    assert (tmp_path / FILE).with_suffix(".damaged").exists()
    assert [record.message.count("set aside") for record in caplog.records] == [1]


def test_a_file_damaged_while_it_is_used_is_made_anew(tmp_path: Path) -> None:
    store = Store(tmp_path, 10**6)
    store.write("answer", listing(3), SECONDS)
    store.close()
    damage_whole(tmp_path / FILE)
    assert store.read("answer", SECONDS) is None
    store.write("answer", listing(3), SECONDS)
    assert store.read("answer", SECONDS) == listing(3)
    store.close()


def block_folder(folder: Path) -> Callable[[], None]:
    folder.rmdir()
    folder.write_text("a file stands where the folder belongs")
    return folder.unlink


def block_file(folder: Path) -> Callable[[], None]:
    (folder / FILE).mkdir()
    return (folder / FILE).rmdir


def lock_file(folder: Path) -> Callable[[], None]:
    store = Store(folder, 10**6)
    store.write("answer", listing(1), SECONDS)
    store.close()
    connection = sqlite3.connect(folder / FILE, isolation_level=None)
    connection.execute("pragma locking_mode=exclusive")
    connection.execute("begin exclusive")
    return connection.close


@pytest.mark.parametrize("block", [block_folder, block_file, lock_file])
def test_a_file_that_cannot_be_used_is_logged_once_and_used_again_when_it_can_be(
    block: Callable[[Path], Callable[[], None]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    release = block(folder)
    world = World(ministry())

    async def work(sources: PortalSources) -> None:
        for month in ("202506", "202505", "202506"):
            await sources.months(SALES, [("11710", month)], CallContext())
            world.clock.advance(seconds=REST_SECONDS)
        release()
        await sources.months(SALES, [("11710", "202504")], CallContext())

    world.run(work, folder)
    assert len(world.asked) == 3
    assert [record.message.count("kept in memory only") for record in caplog.records] == [1]
    assert [key[-6:] for key in keys(folder)][-1] == "202504"


def test_a_file_with_other_tables_fails_no_call_and_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute("create table answers (key text primary key, something text)")
    connection.close()
    world = World(ministry())

    async def work(sources: PortalSources) -> None:
        for month in ("202506", "202505", "202506"):
            await sources.months(SALES, [("11710", month)], CallContext())
            world.clock.advance(seconds=REST_SECONDS)

    world.run(work, tmp_path)
    assert len(world.asked) == 2
    assert [record.message.count("kept in memory only") for record in caplog.records] == [1]


FULL = ("page_size=4096", "max_page_count=8")
READ_ONLY = ("query_only=1",)


@pytest.mark.parametrize("pragmas", [FULL, READ_ONLY], ids=["full", "read only"])
def test_a_disk_that_takes_no_more_fails_no_call(
    pragmas: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("app.tools.real_estate.sources.store._PRAGMAS", pragmas)
    world = World(ministry(rows_per_month=999))

    async def work(sources: PortalSources) -> None:
        for _ in range(2):
            for pair in months_back(12):
                await sources.months(SALES, [pair], CallContext())

    world.run(work, tmp_path)
    assert len(world.asked) == 12
    assert "kept in memory only" in caplog.text
