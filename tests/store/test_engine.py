"""Opening the database: new, old, newer, by several at once, and when it cannot be had."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, select, text, update
from sqlalchemy.exc import OperationalError

from app.errors import ConfigurationError
from app.journal.entry import Entry
from app.journal.store import Store
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
    blank = dict.fromkeys(
        ("iss", "sub", "client_id", "user_agent", "method", "tool", "server", "scopes", "arguments"), ""
    )
    assert dict(row) == told | numbers | blank
    engine.dispose()


def test_the_numbers_of_entries_do_not_run_out(database: str) -> None:
    engine = open_engine(open_old(database))
    with writing(engine) as connection:
        connection.execute(update(entries).values(id=2**31 + 5))
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT setval('entries_id_seq', {2**31 + 5})"))
    Store(engine).add([Entry(1.0, "ok", reference="BBBB-BBBB")])
    with engine.connect() as connection:
        assert connection.execute(select(entries.c.id).order_by(entries.c.id)).scalars().all() == [2**31 + 5, 2**31 + 6]
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


def test_a_transaction_that_reads_first_can_go_on_to_write_while_others_do(database: str) -> None:
    engines = [open_engine(database), open_engine(database)]

    def count(engine: Engine) -> None:
        for _ in range(50):
            with writing(engine) as connection:
                version = connection.execute(select(door.c.version)).scalar_one()
                connection.execute(update(door).values(version=version + 1))

    threads = [threading.Thread(target=count, args=(engine,)) for engine in engines]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with engines[0].connect() as connection:
        assert connection.execute(select(door.c.version)).scalar() == 101
    for engine in engines:
        engine.dispose()


def test_a_writer_waits_for_another_but_not_for_ever(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.store.engine.BUSY_SECONDS", 0.2)
    one, other = open_engine(database), open_engine(database)
    with writing(one) as connection:
        connection.execute(update(door).values(version=7))
        with pytest.raises(OperationalError), writing(other):
            pass
        with other.connect() as reader:  # whoever reads does not wait, and does not see what is not finished
            assert reader.execute(select(door.c.version)).scalar() == 1
    with writing(other) as connection:
        assert connection.execute(select(door.c.version)).scalar() == 7
    one.dispose()
    other.dispose()


def test_a_migration_that_fails_leaves_the_old_database_as_it_was(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_old(database)
    work = Operations.create_table

    def fail_at_the_door(self: Operations, name: str, *columns: Any, **more: Any) -> Any:
        if name == "door":
            self.execute("nonsense")
        return work(self, name, *columns, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Operations, "create_table", fail_at_the_door)
        with pytest.raises(ConfigurationError):
            open_engine(database)
    engine = open_engine(database)
    with engine.connect() as connection:
        assert connection.execute(select(entries.c.reference, entries.c.tool)).all() == [("AAAA-AAAA", "")]
        assert connection.execute(select(door.c.version)).scalar() == 1
    engine.dispose()


def test_the_database_is_ready_without_loading_the_migrations_again(database: str) -> None:
    open_engine(database).dispose()
    program = "import sys; from app.store.engine import open_engine; open_engine(sys.argv[1]).dispose(); "
    program += "print([name for name in ('alembic', 'mako', 'psycopg') if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program, database], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ("[]" if database.startswith("sqlite") else "['psycopg']")


def test_the_server_starts_without_loading_the_database_library() -> None:
    program = "import sys; import app.main; print([name for name in sys.modules if name in {'sqlalchemy', 'psycopg'}])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
