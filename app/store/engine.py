"""Opening the database: SQLite or PostgreSQL, brought up to date, with one writer at a time.

Synchronous, and slow to load (SQLAlchemy): the server opens it off the request path, the command line directly. An
error names the setting and the next step, and never shows the address, which may hold a password.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from app.errors import ConfigurationError, Problem

NEWEST = "0005"
"""The revision this program writes. A database that has it needs no look at the migrations, which take time to load."""

BUSY_SECONDS = 5.0
"""How long a writer waits for another process to finish writing."""

IMPATIENT_SECONDS = 2.0

SQLITE_FILE = "journal.sqlite"
"""The default database's file in ``DATA_DIR``."""

_WRITERS = 7_245_391
"""The number of the lock that writers of one PostgreSQL database hold in turn."""

_EXAMPLE = "postgresql://gatehouse:PASSWORD@127.0.0.1/gatehouse"


def sqlite_url(data_dir: str) -> str:
    """The default database: ``journal.sqlite`` in ``data_dir``, which is made when it is not there."""
    folder = Path(data_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        what = f"the folder cannot be made ({error.strerror})."
        raise ConfigurationError([Problem("DATA_DIR", what, "./data")]) from None
    return URL.create("sqlite", database=str(folder / SQLITE_FILE)).render_as_string(hide_password=False)


def database_url(database_url: str, data_dir: str) -> str:
    """The address of the database that the settings mean. Raises :class:`ConfigurationError`."""
    return database_url or sqlite_url(data_dir)


def open_engine(url: str) -> Engine:
    """Open the database and bring it up to date; several processes may do so at once.

    Raises :class:`ConfigurationError` when it cannot be opened, or was written by a newer version.
    """
    try:
        engine = _postgresql(make_url(url)) if url.startswith("postgres") else _sqlite(make_url(url))
    except (ArgumentError, ValueError):
        what = "is not the address of an SQLite or PostgreSQL database; write special signs of a password as %XX."
        raise ConfigurationError([Problem("DATABASE_URL", what, _EXAMPLE)]) from None
    try:
        _bring_up_to_date(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        raise ConfigurationError([_cannot_open(engine, error)]) from None
    except ConfigurationError:
        engine.dispose()
        raise
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction in which nobody else writes: what is read in it is still true when it ends.

    Without that, an SQLite transaction that read first could not go on to write while another process does.
    """
    with engine.execution_options(writes=True).begin() as connection:
        yield connection


@contextmanager
def impatient(engine: Engine) -> Iterator[Connection]:
    """A connection for questions that must not wait: a lock that somebody holds becomes an error, not a silence."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {int(IMPATIENT_SECONDS * 1000)}")
        yield connection


def _sqlite(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite" or url.get_driver_name() != "pysqlite" or not url.database:
        raise ValueError("not a file")
    if ":memory:" in url.database:
        raise ValueError("not a file")
    with suppress(OSError):  # what is in it is nobody else's business; its companion files get the same rights
        Path(url.database).touch(mode=0o600)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, hide_parameters=True)
    event.listen(engine, "connect", _for_many_readers)
    event.listen(engine, "begin", _begin_in_sqlite)
    return engine


def _for_many_readers(connection: Any, _: Any) -> None:
    """Let the command line read while the server writes, and survive a kill without losing the file."""
    connection.isolation_level = None  # the driver begins no transactions of its own; _begin_in_sqlite does
    # The last two: an index of a million entries should not be read from the disk again for each new entry.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-16000", "wal_autocheckpoint=4000"):
        _patiently(connection, f"PRAGMA {pragma}")


def _patiently(connection: Any, statement: str) -> None:
    """Switching to WAL does not wait for other processes by itself, and several may open an empty database at once."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute(statement)
            return
        except Exception as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _begin_in_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(url: URL) -> Engine:
    if url.drivername not in {"postgresql", "postgres", "postgresql+psycopg"}:
        raise ValueError("another driver")
    waits = {"connect_timeout": "3", "tcp_user_timeout": "5000", "application_name": "gatehouse"}
    url = url.set(drivername="postgresql+psycopg", query={**waits, **url.query})
    engine = create_engine(url, pool_pre_ping=True, hide_parameters=True)
    event.listen(engine, "begin", _begin_in_postgresql)
    return engine


def _begin_in_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get("writes"):
        wait = f"SET LOCAL lock_timeout = {int(BUSY_SECONDS * 1000)}"
        connection.exec_driver_sql(f"{wait}; SELECT pg_advisory_xact_lock({_WRITERS})")


def _bring_up_to_date(engine: Engine) -> None:
    with engine.connect() as connection:
        if _revision(connection) == NEWEST:
            return
    with writing(engine) as connection:
        _migrate(connection)


def _revision(connection: Connection) -> str | None:
    """The revision of a database, ``0001`` for one from before they were noted, None for an empty one."""
    tables = inspect(connection).get_table_names()
    if "alembic_version" in tables:
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return str(found) if found else None
    return "0001" if "entries" in tables else None


def _migrate(connection: Connection) -> None:
    """Run the missing migrations in the open transaction: all of them count, or none."""
    from alembic import command  # noqa: PLC0415  (slow to load, and needed once in the life of a database)
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    revision = _revision(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        what = (
            f"the database there was written by a newer Gatehouse (its revision is {revision}, this one knows "
            f"{NEWEST} at most). Update Gatehouse, or name another database."
        )
        raise ConfigurationError([Problem("DATABASE_URL or DATA_DIR", what)])
    if revision is not None and "alembic_version" not in inspect(connection).get_table_names():
        command.stamp(config, revision)
    command.upgrade(config, "head")


def _cannot_open(engine: Engine, error: SQLAlchemyError) -> Problem:
    kind = type(getattr(error, "orig", None) or error).__name__
    if engine.dialect.name == "sqlite":
        what = f"the database cannot be opened there ({kind}). Is the folder there and writable, and the disk not full?"
        return Problem("DATABASE_URL or DATA_DIR", what)
    what = f"PostgreSQL cannot be used ({kind}). Is it running, is the address right, and may this user make tables?"
    return Problem("DATABASE_URL", what, _EXAMPLE)
