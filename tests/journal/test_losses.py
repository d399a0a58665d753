"""What a kill, a database away and a full disk cost the request log, each of them real."""

from __future__ import annotations

import itertools
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from app.journal import writer as writer_module
from app.journal.queries import newest
from app.journal.search import Question
from app.journal.store import Store
from tests.journal.test_writer import entry, writer_of, written
from tests.support.postgres import Postgres
from tests.support.world import eventually

ROOT = Path(__file__).parents[2]

CHILD = """
import sys, time
from app.journal.entry import Entry
from app.journal.store import Store
from app.journal.writer import JournalWriter
writer = JournalWriter(lambda: Store(sys.argv[1]))
writer.start()
number = 0
while True:
    number += 1
    writer.record(Entry(time.time(), "ok", reference=str(number)))
    print(number, time.time(), flush=True)
    time.sleep(0.0005)
"""


def test_a_kill_loses_the_last_quarter_of_a_second_at_most(database: str) -> None:
    reader = Store(database)
    child = subprocess.Popen([sys.executable, "-c", CHILD, database], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        eventually(lambda: reader.count() > 1_000, 30)
        killed = time.time()
        os.kill(child.pid, signal.SIGKILL)
        said, _ = child.communicate(timeout=10)
    finally:
        child.kill()
    recorded = [(number, float(moment)) for number, moment in re.findall(r"^(\d+) (\d+\.\d+)$", said, re.M)]
    kept = {one.reference for one in written(reader)}
    must = [number for number, moment in recorded if moment < killed - 0.25]
    assert len(must) > 100
    assert set(must) <= kept
    reader.close()


def test_postgresql_away_and_back_loses_nothing(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "RETRY_SECONDS", 0.05)
    url = postgres.new_database()
    writer = writer_of(lambda: Store(url))
    writer.start()
    reader = Store(url)
    writer.record(entry("BEFORE", time=1.0))
    assert eventually(lambda: reader.find("BEFORE"))
    postgres.stop()
    try:
        writer.record(entry("DURING", time=2.0))
        assert eventually(lambda: writer.failing) in {"OperationalError", "AdminShutdown"}
    finally:
        postgres.start()
    writer.record(entry("AFTER", time=3.0))
    writer.close()
    assert [one.reference for one in written(reader)] == ["BEFORE", "DURING", "AFTER"]
    assert writer.lost == 0
    reader.close()


def test_a_full_disk_stops_nobody_and_the_gap_is_kept_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """SQLite says of a file that may not grow what it says of a full disk."""
    monkeypatch.setattr(writer_module, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(writer_module, "MAX_WAITING", 10)
    store, pages = Store(f"sqlite:///{tmp_path / 'journal.sqlite'}"), [60]

    @event.listens_for(store.engine, "checkout")
    def _(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages[0]}")

    writer = writer_of(lambda: store)
    writer.start()
    written_before, number = 0, itertools.count()
    while not writer.failing:
        written_before = next(number)
        writer.record(entry(f"N{written_before:04}", time=float(written_before), detail="x" * 1_000))
        assert eventually(lambda: writer.depth < 10 or writer.failing)
    for _ in range(2_000):
        writer.record(entry(time=7_000.0))
    assert writer.failing == "OperationalError"
    assert writer.lost >= 1_000
    assert "the request log cannot be written (OperationalError: database or disk is full)" in caplog.text
    pages[0] = 1_000_000
    reader = Store(str(store.engine.url))
    gaps = Question(outcomes=("gap",))
    (gap,) = eventually(lambda: list(newest(reader.engine, gaps)))
    writer.record(entry("LATER", time=8_000.0))
    writer.close()
    references = [one.reference for one in written(reader) if one.outcome != "gap"]
    assert [one for one in references if one.startswith("N")] == [f"N{one:04}" for one in range(written_before + 1)]
    assert references[-1] == "LATER"
    assert re.match(rf"{writer.lost} entries could not be written between .* and 1970-01-01T01:56:40", gap.entry.detail)
    assert len(references) == written_before + 1 + (2_000 - writer.lost) + 1
    reader.close()
