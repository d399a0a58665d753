"""Where the request log is kept: writing batches, finding a reference, forgetting what is old.

Synchronous on purpose: the server uses it from the writer's own thread, the command line directly. Nothing here knows
HTTP. The questions that the command line asks are in ``app/journal/queries.py``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from itertools import chain
from operator import gt, itemgetter
from typing import Any

from sqlalchemy import Connection, Engine, String, delete, func, select, text
from sqlalchemy.exc import SQLAlchemyError, TimeoutError

from app.journal.entry import COLUMNS, Entry
from app.logs import clean
from app.store.engine import open_engine, writing
from app.store.tables import HAS_REFERENCE, entries, fitting

DAY = 86_400.0
MAX_PRUNED = 5_000
"""Rows forgotten in one transaction: others wait meanwhile."""

Sink = Callable[[Connection, Sequence[Entry]], None]
"""Something else that is kept from the same batches, in the same transaction: who was here, and how often."""

ROWS_A_STATEMENT = 100

_DOWN_IN_SQLITE = frozenset({5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 26})
"""Busy, locked, no memory, read-only, interrupted, disk I/O, damaged, full, cannot open, protocol, no database."""
_SAID_BY_SQLITE = ("locked", "busy", "memory", "readonly", "disk i/o", "full", "unable to open", "malformed")
_DOWN_IN_POSTGRESQL = frozenset({"25006", "3D000", "55P03", "XX001", "XX002"})
_CLASSES_DOWN_IN_POSTGRESQL = frozenset({"08", "28", "40", "53", "57", "58"})
"""Read-only, no such database, a lock not to be had, damaged data; and whole classes: the connection, the log-in, a
transaction that met another, too few resources, an operator, the system."""

_NAMES = ", ".join(COLUMNS)
_MARKS = f"({', '.join('?' * len(COLUMNS))})"
_LENGTHS = {name: kind.length or 0 for name in COLUMNS if isinstance(kind := entries.c[name].type, String)}
_IDENTITY = frozenset({"iss", "sub", "client_id"})
_TEXT_LENGTHS = tuple(_LENGTHS.values())
_texts = itemgetter(*(COLUMNS.index(name) for name in _LENGTHS))


class Store:
    """The request log in a database, given by its address or already open.

    Raises :class:`~app.errors.ConfigurationError` when an address cannot be opened.
    """

    def __init__(self, place: str | Engine) -> None:
        self.engine = open_engine(place) if isinstance(place, str) else place
        self._insert = _insert_in_sqlite if self.engine.dialect.name == "sqlite" else _insert_in_postgresql

    def add(self, batch: Sequence[Entry], sinks: Sequence[Sink] = ()) -> None:
        """Write a batch, and what the sinks make of it, in one transaction."""
        rows = [_row(entry) for entry in batch]
        with writing(self.engine) as connection:
            self._insert(connection.connection.cursor(), rows)
            for sink in sinks:
                sink(connection, batch)

    def is_down(self, error: Exception) -> bool:
        """Whether a failure is the database's, and the same batch may succeed later: it is full, locked or away."""
        cause: Any = getattr(error, "orig", None) or error
        if isinstance(cause, OSError | TimeoutError):
            return True
        driver: Any = self.engine.dialect.dbapi
        if not isinstance(cause, driver.Error):
            return False
        if self.engine.dialect.name == "sqlite":
            return _is_down_in_sqlite(cause)
        return _is_down_in_postgresql(cause, driver)

    def find(self, reference: str) -> Entry | None:
        """The newest entry with this reference code."""
        columns = [entries.c[name] for name in COLUMNS]
        query = select(*columns).where(entries.c.reference == reference, text(HAS_REFERENCE))
        query = query.order_by(entries.c.id.desc()).limit(1)
        with self.engine.connect() as connection:
            row = connection.execute(query).first()
        return Entry(*row) if row else None

    def prune(self, now: float, days: float, rows: int) -> bool:
        """Forget what is older than ``days`` or beyond the newest ``rows``, a part at a time.

        Returns whether there is more to forget.
        """
        with writing(self.engine) as connection:
            newest = connection.execute(select(func.max(entries.c.id))).scalar() or 0
            too_old, too_many = entries.c.time < now - days * DAY, entries.c.id <= newest - rows
            forgotten = 0
            for condition, order in ((too_many, entries.c.id), (too_old, entries.c.time)):
                some = select(entries.c.id).where(condition).order_by(order).limit(MAX_PRUNED)
                forgotten = max(forgotten, connection.execute(delete(entries).where(entries.c.id.in_(some))).rowcount)
        return forgotten == MAX_PRUNED

    def tidy(self) -> None:
        """Let SQLite look at how its values are spread, so that it finds the shortest way to an answer."""
        if self.engine.dialect.name == "sqlite":
            with contextlib.suppress(SQLAlchemyError), writing(self.engine) as connection:
                connection.exec_driver_sql("PRAGMA analysis_limit=1000")
                connection.exec_driver_sql("ANALYZE entries")

    def count(self) -> int:
        """How many entries there are."""
        with self.engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(entries)).scalar() or 0

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def _is_down_in_sqlite(error: Any) -> bool:
    """By the result code (sqlite.org/rescode.html): the driver calls a misspelt statement an OperationalError too."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return any(word in str(error).lower() for word in _SAID_BY_SQLITE)
    return (code & 0xFF) in _DOWN_IN_SQLITE


def _is_down_in_postgresql(error: Any, driver: Any) -> bool:
    """By SQLSTATE (PostgreSQL's documentation, appendix A); a connection that broke, or never was, has none."""
    state = getattr(error, "sqlstate", None)
    if not state:
        return isinstance(error, driver.OperationalError | driver.InterfaceError)
    return state in _DOWN_IN_POSTGRESQL or state[:2] in _CLASSES_DOWN_IN_POSTGRESQL


def _insert_in_sqlite(cursor: Any, rows: Sequence[tuple[Any, ...]]) -> None:
    """Many rows a statement. One each would be the simpler way, but Python lets other threads run within every
    statement, and a busy server then gives the turn back only after milliseconds: a batch would take seconds."""
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        some = rows[start : start + ROWS_A_STATEMENT]
        statement = f"INSERT INTO entries ({_NAMES}) VALUES {', '.join([_MARKS] * len(some))}"  # noqa: S608
        cursor.execute(statement, tuple(chain.from_iterable(some)))


def _insert_in_postgresql(cursor: Any, rows: Sequence[tuple[Any, ...]]) -> None:
    """As one stream, for the same reason, and because it costs the least."""
    with cursor.copy(f"COPY entries ({_NAMES}) FROM STDIN") as stream:
        for row in rows:
            stream.write_row(row)


def _row(entry: Entry) -> tuple[Any, ...]:
    """The entry's columns, each text cut to its column's length.

    What callers send must not stop what others did from being written.
    """
    texts = _texts(entry)
    plain = "".join(texts).lower()
    token = "eyj" in plain or "bearer" in plain
    if plain.isascii() and "\x00" not in plain and not token and not any(map(gt, map(len, texts), _TEXT_LENGTHS)):
        return entry[: len(COLUMNS)]
    return tuple(_fitting(name, value, token) for name, value in zip(COLUMNS, entry, strict=False))


def _fitting(name: str, value: Any, token: bool) -> Any:
    if not isinstance(value, str):
        return value
    value = value[: 2 * _LENGTHS[name]]
    # A client that puts its token where it does not belong must not have it kept. Identities are checked elsewhere.
    return fitting(clean(value) if token and name not in _IDENTITY else value, _LENGTHS[name])
