"""Answers and daily counts on disk: one SQLite file, bounded in bytes, that no call ever fails for.

Synchronous, for worker threads. A file that is locked or cannot be written is left alone for a while, and the answers
stay in memory; a damaged one is set aside and made anew. Only answers are kept, never an error, and never a key.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    delete,
    event,
    func,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError
from sqlalchemy.schema import CreateIndex, CreateTable
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random

from app.tools.real_estate.contract import SEOUL, Listing
from app.tools.real_estate.sources.packing import pack, unpack
from app.tools.real_estate.sources.quota import DayCount

FILE = "open-data-1.sqlite"
"""The number is that of the tables' form: another form gets another file."""

REST_SECONDS = 60.0
"""How long a file that could not be used is left alone."""

_TOLD_SECONDS = 86_400.0
_TOUCH_SECONDS = 3600.0
_BUSY_SECONDS = 0.25
_PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL")
_ROW_BYTES = 200

log = logging.getLogger("gatehouse.real_estate")
T = TypeVar("T")

_metadata = MetaData()
_answers = Table(
    "answers",
    _metadata,
    Column("key", String, primary_key=True),
    Column("as_of", Float, nullable=False),
    Column("used_at", Float, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Index("answers_by_use", "used_at", "bytes"),
)
_requests = Table(
    "requests",
    _metadata,
    Column("day", String, primary_key=True),
    Column("dataset", String, primary_key=True),
    Column("count", Integer, nullable=False),
)


OPENING_ATTEMPTS = 5
"""Several processes may open a new file at once, and making it a shared one waits for nobody."""


class Store:
    """The file in ``folder``. No method raises; ``now`` is in seconds since the epoch."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._path = folder / FILE
        self._most_bytes = most_bytes
        self._engine: Engine | None = None
        self._lock = threading.Lock()
        self._failed_at: float | None = None
        self._told_at: float | None = None

    def read(self, key: str, now: float) -> Listing | None:
        """The answer kept under ``key``, however old; None when there is none to be had."""
        row = self._do(lambda connection: _find(connection, key, now), now)
        return unpack(row[0], datetime.fromtimestamp(row[1], SEOUL)) if row else None

    def write(self, key: str, listing: Listing, now: float) -> None:
        """Keep an answer, and drop those not used for longest when there are too many."""
        content = pack(listing)
        row = {
            "key": key,
            "as_of": listing.as_of.timestamp(),
            "used_at": now,
            "bytes": len(content) + len(key.encode()) + _ROW_BYTES,
            "content": content,
        }

        def work(connection: Connection) -> None:
            connection.execute(insert(_answers).values(row).on_conflict_do_update(index_elements=["key"], set_=row))
            _shrink(connection, self._most_bytes)

        self._do(work, now)

    def counts(self, day: str, now: float) -> dict[DayCount, int]:
        """The requests of ``day`` by dataset."""
        return self._do(lambda connection: _counts(connection, day), now) or {}

    def add_counts(self, counts: Mapping[DayCount, int], day: str, now: float) -> dict[DayCount, int] | None:
        """Add to the counts, forget the days before ``day``, and return those of ``day``; None when that failed."""

        def work(connection: Connection) -> dict[DayCount, int]:
            for (counted_on, dataset), count in counts.items():
                row = insert(_requests).values(day=counted_on, dataset=dataset, count=count)
                more = {"count": _requests.c["count"] + count}
                connection.execute(row.on_conflict_do_update(index_elements=["day", "dataset"], set_=more))
            connection.execute(delete(_requests).where(_requests.c.day < day))
            return _counts(connection, day)

        return self._do(work, now)

    def close(self) -> None:
        """Give the connections back."""
        with self._lock:
            self._dispose()

    def _do(self, work: Callable[[Connection], T], now: float) -> T | None:
        with self._lock:
            if self._failed_at is not None and 0 <= now - self._failed_at < REST_SECONDS:
                return None
            try:
                return self._done(work)
            except (SQLAlchemyError, OSError) as error:
                self._give_up(error, now)
        return None

    def _done(self, work: Callable[[Connection], T]) -> T:
        try:
            return self._in_transaction(work)
        except OperationalError:
            raise
        except DatabaseError:
            self._set_aside()
        return self._in_transaction(work)

    def _in_transaction(self, work: Callable[[Connection], T]) -> T:
        if self._engine is None:
            self._engine = self._opened()
        with self._engine.begin() as connection:
            result = work(connection)
        self._failed_at = None
        return result

    def _opened(self) -> Engine:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        url = URL.create("sqlite", database=str(self._path))
        engine = create_engine(url, hide_parameters=True, connect_args={"timeout": _BUSY_SECONDS})
        event.listen(engine, "connect", _for_many_users)
        patient = Retrying(
            retry=retry_if_exception_type(OperationalError),
            stop=stop_after_attempt(OPENING_ATTEMPTS),
            wait=wait_random(0.02, 0.2),
            reraise=True,
        )
        try:
            patient(_make_tables, engine)
        except SQLAlchemyError:
            engine.dispose()
            raise
        return engine

    def _set_aside(self) -> None:
        """Move a damaged file out of the way, over the one that was moved before."""
        self._dispose()
        os.replace(self._path, self._path.with_suffix(".damaged"))
        for suffix in ("-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        log.warning("%s is damaged; it is set aside and made anew. Answers are fetched again.", FILE)

    def _give_up(self, error: Exception, now: float) -> None:
        if self._told_at is None or not 0 <= now - self._told_at < _TOLD_SECONDS:
            self._told_at = now
            what = "%s cannot be used (%s): answers are kept in memory only. Is DATA_DIR there, writable and not full?"
            log.warning(what, FILE, type(error).__name__)
        self._failed_at = now
        self._dispose()

    def _dispose(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None


def _for_many_users(connection: Any, _: Any) -> None:
    """Let other processes read meanwhile, and survive a kill without losing the file."""
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _find(connection: Connection, key: str, now: float) -> tuple[bytes, float] | None:
    row = connection.execute(select(_answers).where(_answers.c.key == key)).mappings().first()
    if row is None:
        return None
    if abs(now - row["used_at"]) > _TOUCH_SECONDS:
        connection.execute(update(_answers).where(_answers.c.key == key).values(used_at=now))
    return row["content"], row["as_of"]


def _shrink(connection: Connection, most_bytes: int) -> None:
    too_much = (connection.execute(select(func.sum(_answers.c.bytes))).scalar() or 0) - most_bytes
    if too_much <= 0:
        return
    doomed = []
    for key, size in connection.execute(select(_answers.c.key, _answers.c.bytes).order_by(_answers.c.used_at)):
        doomed.append(key)
        too_much -= size
        if too_much <= 0:
            break
    for key in doomed:
        connection.execute(delete(_answers).where(_answers.c.key == key))


def _counts(connection: Connection, day: str) -> dict[DayCount, int]:
    rows = connection.execute(select(_requests.c.dataset, _requests.c["count"]).where(_requests.c.day == day))
    return {(day, dataset): count for dataset, count in rows}


def _make_tables(engine: Engine) -> None:
    with engine.begin() as connection:
        for table in _metadata.sorted_tables:
            connection.execute(CreateTable(table, if_not_exists=True))
            for index in table.indexes:
                connection.execute(CreateIndex(index, if_not_exists=True))
