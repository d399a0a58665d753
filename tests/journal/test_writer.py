"""The writer keeps requests going whatever its store does, loses little, and says what it lost."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from app.journal import writer as writer_module
from app.journal.entry import Entry
from app.journal.queries import newest
from app.journal.search import Question
from app.journal.store import Sink, Store
from app.journal.writer import JournalWriter
from app.serving import GRACEFUL_SECONDS
from app.store import engine as engine_module
from app.store.engine import writing
from tests.support.world import eventually

ROOT = Path(__file__).parents[2]


def entry(reference: str = "", **values: object) -> Entry:
    known = {"time": 1_000.0, "outcome": "refused", "reason": "expired", "status": 401, "client": "10.0.0.1"}
    return Entry(reference=reference, **{**known, **values})  # type: ignore[arg-type]


def writer_of(open_store: Callable[[], Store], *sinks: Sink) -> JournalWriter:
    """A writer on the day of the entries."""
    return JournalWriter(open_store, sinks, clock=lambda: 2_000.0)


def written(store: Store) -> list[Entry]:
    """What the store holds, oldest first."""
    return [one.entry for one in reversed(list(newest(store.engine, Question(), None)))]


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    opened = Store(database)
    yield opened
    opened.close()


class Failing(Store):
    """A real store that fails while told to, as a full disk or a database away makes it fail."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.failure: Exception | None = None
        self.tried = threading.Event()

    def add(self, batch: Sequence[Entry], sinks: Sequence[Sink] = ()) -> None:
        """Fail, or write."""
        if self.failure:
            self.tried.set()
            raise self.failure
        super().add(batch, sinks)


def test_what_waits_is_written_when_the_server_stops(store: Store) -> None:
    writer = writer_of(lambda: Store(store.engine))
    for number in range(2_500):
        writer.record(entry(f"N{number:04}", time=float(number)))
    assert writer.depth == 2_500
    writer.start()
    writer.close()
    assert [one.reference for one in written(store)] == [f"N{number:04}" for number in range(2_500)]
    assert (writer.depth, writer.lost, writer.failing) == (0, 0, "")


def test_an_entry_is_written_without_another_coming_after_it(store: Store) -> None:
    writer = writer_of(lambda: Store(store.engine))
    writer.start()
    writer.record(entry("AAAA-AAAA"))
    assert eventually(lambda: store.find("AAAA-AAAA"))
    writer.close()


def test_nothing_is_opened_before_there_is_something_to_write() -> None:
    opened: list[str] = []

    def open_store() -> Store:
        opened.append("opened")
        raise AssertionError("not needed")

    writer = writer_of(open_store)
    writer.start()
    writer.close()
    assert opened == []


def test_the_queue_is_bounded_and_what_does_not_fit_becomes_a_gap(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "MAX_WAITING", 5)
    writer = writer_of(lambda: Store(store.engine))
    for number in range(50):
        writer.record(entry(f"N{number:03}", time=1_000.0 + number))
    assert (writer.lost, writer.depth) == (45, 5)
    writer.start()
    writer.close()
    *kept, gap = written(store)
    assert [one.reference for one in kept] == [f"N{number:03}" for number in range(5)]
    what = "45 entries could not be written between 1970-01-01T00:16:45+00:00 and 1970-01-01T00:17:29+00:00."
    assert (gap.outcome, gap.reason, gap.time, gap.detail) == ("gap", "not_written", 1_049.0, what)


def test_a_store_that_is_down_for_a_while_costs_nothing(
    database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(writer_module, "RETRY_SECONDS", 0.01)
    failing = Failing(database)
    failing.failure = OSError("No space left on device")
    writer = writer_of(lambda: failing)
    writer.start()
    for number in range(100):
        writer.record(entry(f"N{number:03}", time=float(number)))
    assert failing.tried.wait(10)
    assert eventually(lambda: writer.failing) == "OSError"
    failing.failure = None
    reader = Store(database)
    assert eventually(lambda: reader.find("N099"))
    writer.close()
    assert [one.reference for one in written(reader)] == [f"N{number:03}" for number in range(100)]
    assert (writer.lost, writer.failing) == (0, "")
    messages = [record.getMessage() for record in caplog.records if record.name == "gatehouse.journal"]
    assert messages == [
        "the request log cannot be written (OSError: No space left on device); requests go on",
        "the request log can be written again; 0 entries were lost since the start",
    ]
    reader.close()


def test_what_a_failing_store_costs_in_the_end_is_said(database: str, caplog: pytest.LogCaptureFixture) -> None:
    failing = Failing(database)
    failing.failure = OSError("No space left on device")
    writer = writer_of(lambda: failing)
    writer.record(entry())
    writer.record(entry())
    writer.start()
    writer.close()
    assert writer.lost == 2
    assert "2 entries of the request log are lost: the store failed until the end" in caplog.text


def test_a_fault_in_a_sink_costs_no_entry(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    def fail(connection: Connection, batch: Sequence[Entry]) -> None:
        raise ValueError("a fault of ours")

    writer = writer_of(lambda: Store(store.engine), fail)
    writer.record(entry("AAAA-AAAA"))
    writer.start()
    writer.close()
    assert [one.reference for one in written(store)] == ["AAAA-AAAA"]
    assert "a fault of ours" in caplog.text


@pytest.mark.parametrize(
    "statement", ["INSERT INTO people (nonsense) VALUES (1)", "SELEC 1", "UPDATE door SET id = NULL"]
)
def test_a_wrong_statement_of_a_sink_costs_no_entry_and_stops_nothing(
    store: Store, caplog: pytest.LogCaptureFixture, statement: str
) -> None:
    def wrong(connection: Connection, batch: Sequence[Entry]) -> None:
        connection.execute(text(statement))

    writer = writer_of(lambda: Store(store.engine), wrong)
    for number in range(5):
        writer.record(entry(f"N{number:03}"))
    writer.start()
    assert eventually(lambda: len(written(store)) == 5)
    assert (writer.failing, writer.lost) == ("", 0)
    writer.close()
    assert [one.reference for one in written(store)] == [f"N{number:03}" for number in range(5)]
    assert "could not be written as it should be" in caplog.text


def test_the_end_waits_longer_than_for_a_lock_and_shorter_than_the_server_may_take() -> None:
    assert engine_module.BUSY_SECONDS + 1 <= writer_module.CLOSE_SECONDS <= GRACEFUL_SECONDS - 1


def test_entries_that_a_lock_keeps_out_until_the_end_are_counted_in_the_log(
    database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(engine_module, "BUSY_SECONDS", 0.3)
    blocked, other = Store(database), Store(database)
    writer = writer_of(lambda: blocked)
    with writing(other.engine):
        for number in range(50):
            writer.record(entry(f"N{number:03}"))
        writer.start()
        writer.close()
    assert not writer._thread.is_alive()
    assert writer.lost == 50
    told = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert told[-1] == "50 entries of the request log are lost: the store failed until the end"
    assert written(other) == []
    other.close()


class Stuck(Store):
    """A real store whose database never answers, as one behind a network that drops everything."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.inside, self.go_on = threading.Event(), threading.Event()

    def add(self, batch: Sequence[Entry], sinks: Sequence[Sink] = ()) -> None:
        """Wait until let go, and fail then."""
        self.inside.set()
        self.go_on.wait(30)
        raise OSError("gone")


def test_the_end_does_not_wait_for_ever_and_says_once_what_is_lost(
    database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(writer_module, "CLOSE_SECONDS", 0.05)
    stuck = Stuck(database)
    writer = writer_of(lambda: stuck)
    writer.start()
    writer.record(entry("AAAA-AAAA"))
    assert stuck.inside.wait(10)
    writer.record(entry("BBBB-BBBB"))
    writer.record(entry("CCCC-CCCC"))
    writer.close()
    assert writer.lost == 3
    stuck.go_on.set()
    writer._thread.join(10)
    told = [record.getMessage() for record in caplog.records if "are lost" in record.getMessage()]
    assert told == ["3 entries of the request log are lost: the store did not answer within 0.05 seconds"]
    assert writer.lost == 3


def test_a_batch_that_no_store_takes_does_not_stand_in_the_way_of_the_next(database: str) -> None:
    failing = Failing(database)
    failing.failure = ValueError("impossible")
    writer = writer_of(lambda: failing)
    writer.start()
    writer.record(entry("BAD", time=5.0))
    assert eventually(lambda: writer.lost) == 1
    failing.failure = None
    writer.record(entry("GOOD", time=6.0))
    writer.close()
    reader = Store(database)
    assert sorted((one.reference, one.outcome) for one in written(reader)) == [("", "gap"), ("GOOD", "refused")]
    reader.close()


def test_old_entries_are_forgotten_while_the_server_runs(store: Store) -> None:
    store.add([entry("OLD", time=0.0), entry("NEW", time=90_000.0)])
    writer = JournalWriter(lambda: Store(store.engine), days=1, rows=1_000, clock=lambda: 100_000.0)
    writer.record(entry("NOW", time=100_000.0))
    writer.start()
    writer.close()
    assert [one.reference for one in written(store)] == ["NEW", "NOW"]


def test_writing_goes_on_beside_a_thread_that_never_rests(store: Store) -> None:
    """A statement for each row would hand the turn over two thousand times, and wait up to 5 ms for each."""
    stop = threading.Event()

    def work() -> None:
        for number in itertools.count():
            if number % 10_000 == 0 and stop.is_set():
                return

    busy = threading.Thread(target=work)
    batch = [entry(f"N{number:03}") for number in range(1_000)]
    busy.start()
    try:
        started = time.monotonic()
        store.add(batch)
        store.add(batch)
        assert time.monotonic() - started < 1.5
    finally:
        stop.set()
        busy.join()
