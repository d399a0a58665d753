"""Batches are written whole, cut to size and without tokens; what is old or too much is forgotten. On both engines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import SQLAlchemyError

from app.journal import store as store_module
from app.journal.entry import COLUMNS, Entry
from app.journal.store import DAY, Store
from app.store import engine as engine_module
from app.store.engine import writing
from app.store.tables import entries, metadata

FULL = Entry(
    time=1_000.25,
    outcome="denied",
    reason="capped",
    reference="AAAA-AAAA",
    status=403,
    client="10.0.0.1",
    detail="a detail",
    expected="this",
    received="that",
    iss="https://tenant.example/",
    sub="auth0|'\"\\;--",
    client_id="claude",
    user_agent="agent/1.0 (김)",
    method="tools/call",
    tool="write_note",
    server="notes",
    scopes="read write",
    latency_ms=12.5,
    request_bytes=300,
    response_bytes=2_000,
    arguments="text,when",
)
"""Every column with a value of its own."""


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    opened = Store(database)
    yield opened
    opened.close()


def references(store: Store) -> list[str]:
    with store.engine.connect() as connection:
        return list(connection.execute(select(entries.c.reference).order_by(entries.c.id)).scalars())


def test_an_entry_comes_back_as_it_was(store: Store) -> None:
    assert all(FULL[: len(COLUMNS)])
    store.add([FULL._replace(name="Kim", email="kim@example.com")])
    assert store.find("AAAA-AAAA") == FULL


def test_the_entry_has_the_columns_of_the_table() -> None:
    assert {"id", *COLUMNS} == set(entries.columns.keys())


@pytest.mark.parametrize("count", [1, 99, 100, 101, 1_000])
def test_a_batch_of_any_size_is_written_in_order(store: Store, count: int) -> None:
    store.add([FULL._replace(reference=f"N{number:03}-0000") for number in range(count)])
    assert references(store) == [f"N{number:03}-0000" for number in range(count)]


def test_what_callers_send_is_cut_to_size_and_kept_as_text(store: Store) -> None:
    hostile = "'; DROP TABLE entries; --\x00\t\r\n\\N\\." + "x" * 10_000
    texts = [name for name in COLUMNS if isinstance(getattr(FULL, name), str) and name != "reference"]
    row = FULL._replace(**dict.fromkeys(texts, hostile))
    store.add([row, FULL._replace(reference="BBBB-BBBB", detail="\ud800", tool="구" * 300)])
    found = store.find("AAAA-AAAA")
    assert found is not None
    for name in texts:
        assert getattr(found, name) == hostile.replace("\x00", "?")[: entries.c[name].type.length]
    assert (store.find("BBBB-BBBB") or FULL)[6] == "?"
    assert (store.find("BBBB-BBBB") or FULL).tool == "구" * 200


def test_the_longest_texts_fit_every_index(store: Store) -> None:
    store.add([FULL._replace(sub="\U0001f600" * 4_096, client_id="\U0001f601" * 1_024, tool="\U0001f602" * 200)])
    assert (store.find("AAAA-AAAA") or FULL).sub == "\U0001f600" * 4_096


@pytest.mark.parametrize(
    "token", ["eyJhbGciOi.eyJzdWIiOiJ4In0.c2lnbmF0dXJl", "Bearer abcdefgh12345678", "BEARER  0123456789"]
)
def test_no_token_is_ever_kept_wherever_a_client_puts_it(store: Store, token: str) -> None:
    places = ("user_agent", "tool", "arguments", "detail", "received", "method")
    store.add([FULL._replace(**dict.fromkeys(places, f"a {token} b"))])
    found = store.find("AAAA-AAAA")
    assert found is not None
    assert {getattr(found, name) for name in places} == {"a [token] b"}
    assert (found.sub, found.client_id) == (FULL.sub, FULL.client_id)


def test_what_a_sink_keeps_is_written_with_the_batch_or_not_at_all(store: Store) -> None:
    def note(connection: Connection, batch: Sequence[Entry]) -> None:
        connection.execute(text(f"UPDATE door SET version = version + {len(batch)}"))

    def fail(connection: Connection, batch: Sequence[Entry]) -> None:
        raise RuntimeError("a fault")

    def state() -> tuple[Any, int]:
        with store.engine.connect() as connection:
            return connection.execute(select(metadata.tables["door"].c.version)).scalar(), store.count()

    store.add([FULL, FULL], [note])
    assert state() == (3, 2)
    with pytest.raises(RuntimeError):
        store.add([FULL], [note, fail])
    assert state() == (3, 2)


def test_what_is_too_old_or_too_much_is_forgotten_a_part_at_a_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100 * DAY
    aged = [
        FULL._replace(reference="OLD", time=now - 14 * DAY - 1),
        FULL._replace(reference="NEW", time=now - 14 * DAY),
    ]
    store.add(aged)
    assert store.prune(now, 14, 1_000) is False
    assert references(store) == ["NEW"]
    monkeypatch.setattr(store_module, "MAX_PRUNED", 20)
    store.add([FULL._replace(reference=f"N{number:03}", time=now) for number in range(50)])
    assert [store.prune(now, 14, 10), store.prune(now, 14, 10), store.prune(now, 14, 10)] == [True, True, False]
    assert references(store) == [f"N{number:03}" for number in range(40, 50)]


def test_entries_from_before_the_clock_was_set_right_are_forgotten_by_their_number(store: Store) -> None:
    store.add([FULL._replace(reference=f"N{number:03}", time=9e9) for number in range(20)])
    store.prune(1_000.0, 14, 5)
    assert references(store) == [f"N{number:03}" for number in range(15, 20)]


def test_a_failure_that_will_pass_is_told_from_one_that_will_not(store: Store) -> None:
    with pytest.raises(SQLAlchemyError) as wrong, writing(store.engine) as connection:
        connection.execute(text("INSERT INTO entries (id) VALUES (1)"))
    assert not store.is_down(wrong.value)
    assert not store.is_down(ValueError("a fault of ours"))
    assert store.is_down(OSError("the disk"))
    driver: Any = store.engine.dialect.dbapi
    assert store.is_down(driver.OperationalError("locked"))


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO people (nonsense) VALUES (1)",
        "INSERT INTO nowhere VALUES (1)",
        "SELEC 1",
        "INSERT INTO door (id) VALUES (1)",
    ],
)
def test_a_wrong_statement_is_no_failure_of_the_database(store: Store, statement: str) -> None:
    with pytest.raises(SQLAlchemyError) as wrong, writing(store.engine) as connection:
        connection.execute(text(statement))
    assert not store.is_down(wrong.value)


def test_a_database_that_takes_no_writing_is_down(database: str) -> None:
    store = Store(database)
    read_only = "PRAGMA query_only = 1" if store.engine.dialect.name == "sqlite" else "SET TRANSACTION READ ONLY"

    def forbid(connection: Connection, _: Sequence[Entry]) -> None:
        connection.execute(text(read_only))
        connection.execute(text("UPDATE door SET version = version + 1"))

    with pytest.raises(SQLAlchemyError) as wrong:
        store.add([FULL], [forbid])
    assert store.is_down(wrong.value)
    store.close()


def test_a_database_locked_by_another_is_down(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "BUSY_SECONDS", 0.1)
    store, other = Store(database), Store(database)
    with writing(other.engine), pytest.raises(SQLAlchemyError) as wrong:
        store.add([FULL])
    assert store.is_down(wrong.value)
    store.close()
    other.close()


def test_files_that_are_no_database_or_cannot_be_opened_are_down(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    for path in tmp_path.iterdir():
        path.unlink()
    (tmp_path / "journal.sqlite").mkdir()
    store.close()
    with pytest.raises(SQLAlchemyError) as wrong:
        store.add([FULL])
    assert store.is_down(wrong.value)
    (tmp_path / "journal.sqlite").rmdir()
    (tmp_path / "journal.sqlite").write_text("no database " * 1_000)
    with pytest.raises(SQLAlchemyError) as wrong:
        store.add([FULL])
    assert store.is_down(wrong.value)
    store.close()


def test_no_value_of_an_entry_stands_in_an_error(store: Store) -> None:
    with pytest.raises(SQLAlchemyError) as wrong, writing(store.engine) as connection:
        connection.execute(entries.insert(), {"time": 1.0, "outcome": "geheim"})
    assert "geheim" not in str(wrong.value).partition("DETAIL")[0]
