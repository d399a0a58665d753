"""Opening the database: new, old, newer, by several at once, and when it cannot be had."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select, text

from app.errors import ConfigurationError
from app.store.engine import NEWEST, open_engine, writing
from app.store.tables import door, entries, metadata

ROOT = Path(__file__).parents[2]

OLD_JOURNAL = """
CREATE TABLE entries (
    id INTEGER NOT NULL, time FLOAT NOT NULL, outcome VARCHAR(20) NOT NULL, reason VARCHAR(60) NOT NULL,
    reference VARCHAR(9) NOT NULL, status INTEGER NOT NULL, client VARCHAR(64) NOT NULL,
    detail VARCHAR(2000) NOT NULL, expected VARCHAR(1000) NOT NULL, received VARCHAR(1000) NOT NULL, PRIMARY KEY (id)
);
CREATE INDEX ix_entries_reference ON entries (reference);
CREATE INDEX ix_entries_time ON entries (time);
INSERT INTO entries (time, outcome, reason, reference, status, client, detail, expected, received)
VALUES (1000.5, 'refused', 'expired', 'AAAA-AAAA', 401, '10.0.0.1', 'what', 'this', 'that');
"""
"""As versions before databases were numbered made it."""


def test_a_new_database_gets_every_table_and_the_door_stands_open(database: str) -> None:
    engine = open_engine(database)
    assert set(inspect(engine).get_table_names()) == {*metadata.tables, "alembic_version"}
    with engine.connect() as connection:
        assert connection.execute(select(door)).all() == [(1, "everybody", 0.0, 1, "")]
        assert connection.execute(text("SELECT version_num FROM alembic_version")).all() == [(NEWEST,)]
    engine.dispose()


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_the_migrations_make_exactly_the_tables_that_the_code_declares(database: str) -> None:
    engine = open_engine(database)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        indexes = {one["name"] for one in inspect(connection).get_indexes("entries")}
    if engine.dialect.name == "postgresql":  # SQLAlchemy does not see indexes over expressions in SQLite
        assert indexes == {index.name for index in entries.indexes}
    engine.dispose()


def test_the_program_knows_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "app/store/migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == NEWEST


def test_a_journal_of_an_older_version_is_brought_up_to_date_and_keeps_what_it_held(database: str) -> None:
    old = open_old(database)
    engine = open_engine(old)
    with engine.connect() as connection:
        (row,) = connection.execute(select(entries)).mappings().all()
        assert connection.execute(select(door.c.admission)).scalar() == "everybody"
    told = {"time": 1000.5, "outcome": "refused", "reason": "expired", "reference": "AAAA-AAAA", "status": 401}
    told |= {"client": "10.0.0.1", "detail": "what", "expected": "this", "received": "that", "id": 1}
    numbers = {"latency_ms": 0.0, "request_bytes": 0, "response_bytes": 0}
    blank = dict.fromkeys(("iss", "sub", "client_id", "user_agent", "method", "tool", "scopes", "arguments"), "")
    assert dict(row) == told | numbers | blank
    engine.dispose()


def open_old(database: str) -> str:
    """Make the database what an older version left behind."""
    if database.startswith("sqlite"):
        with sqlite3.connect(database.removeprefix("sqlite:///")) as connection:
            connection.executescript(OLD_JOURNAL)
        connection.close()
    else:
        with psycopg.connect(database) as connection:
            connection.execute(OLD_JOURNAL.replace("id INTEGER", "id SERIAL"))  # type: ignore[arg-type]
    return database


def test_a_database_of_a_newer_version_is_refused_with_the_way_out_and_left_alone(database: str) -> None:
    engine = open_engine(database)
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(ConfigurationError, match=r"newer Gatehouse .*9999.*Update Gatehouse, or name another database"):
        open_engine(database)


OPEN = """
import sys
from app.store.engine import open_engine, writing
from app.store.tables import door
from sqlalchemy import update
sys.stdin.readline()
engine = open_engine(sys.argv[1])
for _ in range(20):
    with writing(engine) as connection:
        connection.execute(update(door).values(version=door.c.version + 1))
"""


def test_processes_that_open_an_empty_database_at_once_all_succeed(database: str) -> None:
    command = [sys.executable, "-c", OPEN, database]
    started = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)
    ]
    for one in started:
        assert one.stdin
        one.stdin.write("go\n")
        one.stdin.flush()
    for one in started:
        _, said = one.communicate(timeout=60)
        assert (one.returncode, said) == (0, "")
    engine = open_engine(database)
    with engine.connect() as connection:
        assert connection.execute(select(door.c.version)).scalar() == 1 + 4 * 20
    engine.dispose()
