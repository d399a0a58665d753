"""Where the journal is kept: one table in SQLite (or any database SQLAlchemy speaks), and the questions asked of it.

Synchronous on purpose: the server uses it from the writer's own thread, the command line directly. Nothing here knows
HTTP. No token, argument value or key is ever a column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Float, Integer, MetaData, String, Table, create_engine, delete, event, func, select
from sqlalchemy.exc import SQLAlchemyError

from app.errors import ConfigurationError, Problem
from app.journal.entry import Entry

_NAMES = [field.name for field in fields(Entry)]

DAY = 86_400.0
KEPT_SECONDS = 14 * DAY
KEPT_ENTRIES = 100_000

_metadata = MetaData()
_entries = Table(
    "entries",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("time", Float, nullable=False, index=True),
    Column("outcome", String(20), nullable=False),
    Column("reason", String(60), nullable=False),
    Column("reference", String(9), nullable=False, index=True),
    Column("status", Integer, nullable=False),
    Column("client", String(64), nullable=False),
    Column("detail", String(2_000), nullable=False),
    Column("expected", String(1_000), nullable=False),
    Column("received", String(1_000), nullable=False),
)


class Store:
    """The journal's database. Opening it creates what is missing.

    Raises :class:`ConfigurationError` when the place cannot be written to.
    """

    def __init__(self, url: str) -> None:
        try:
            self._engine = create_engine(url)
            if self._engine.dialect.name == "sqlite":
                event.listen(self._engine, "connect", _for_many_readers)
            _metadata.create_all(self._engine)
        except (SQLAlchemyError, ImportError) as error:
            what = f"the journal cannot be opened there ({type(error).__name__}). Is the folder there and writable?"
            raise ConfigurationError([Problem("DATABASE_URL or DATA_DIR", what)]) from None

    def add(self, entries: Sequence[Entry]) -> None:
        """Write several entries in one transaction."""
        rows = [_clipped(asdict(entry)) for entry in entries]
        with self._engine.begin() as connection:
            connection.execute(_entries.insert(), rows)

    def find(self, reference: str) -> Entry | None:
        """The newest entry with this reference code."""
        query = select(_entries).where(_entries.c.reference == reference).order_by(_entries.c.id.desc()).limit(1)
        with self._engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        return Entry(**{name: row[name] for name in _NAMES}) if row else None

    def prune(self, now: float) -> None:
        """Forget what is older than ``KEPT_SECONDS`` or beyond the newest ``KEPT_ENTRIES``."""
        with self._engine.begin() as connection:
            connection.execute(delete(_entries).where(_entries.c.time < now - KEPT_SECONDS))
            newest = connection.execute(select(func.max(_entries.c.id))).scalar() or 0
            connection.execute(delete(_entries).where(_entries.c.id <= newest - KEPT_ENTRIES))

    def count(self) -> int:
        """How many entries there are."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(_entries)).scalar() or 0

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()


def sqlite_url(data_dir: str) -> str:
    """The default database: ``journal.sqlite`` in ``data_dir``, which is made when it is not there."""
    folder = Path(data_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        what = f"the folder cannot be made ({error.strerror})."
        raise ConfigurationError([Problem("DATA_DIR", what, "./data")]) from None
    return f"sqlite:///{folder / 'journal.sqlite'}"


def _for_many_readers(connection: Any, _: Any) -> None:
    """Let the command line read while the server writes, and survive a kill without losing the file."""
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=2000"):
        connection.execute(f"PRAGMA {pragma}")


def _clipped(row: Mapping[str, Any]) -> dict[str, Any]:
    """Cut every text to its column's length: what callers send must not stop what others did from being written.

    Half letters (lone surrogates), which no database takes, become question marks.
    """
    lengths = {column.name: column.type.length for column in _entries.columns if isinstance(column.type, String)}
    return {
        name: value.encode("utf-8", "replace").decode()[: lengths[name]] if name in lengths else value
        for name, value in row.items()
    }
