"""Where the database may be, and what is said of an address that cannot be used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.errors import ConfigurationError
from app.store.engine import database_url, open_engine, sqlite_url
from app.store.tables import fitting, person_key
from tests.support.postgres import Postgres

SECRET = "geheim-wort"


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        f"mysql://me:{SECRET}@127.0.0.1/db",
        f"postgresql+asyncpg://me:{SECRET}@127.0.0.1/db",
        f"postgresql://me:{SECRET}@127.0.0.1:port/db",
        f"postgresql://me:{SECRET}@[::1/db",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite+aiosqlite:///x.sqlite",
        f"redis://:{SECRET}@127.0.0.1/0",
    ],
)
def test_an_address_that_cannot_be_used_is_named_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        open_engine(url)
    (problem,) = refused.value.problems
    assert problem.setting == "DATABASE_URL"
    assert problem.what.startswith("is not the address of an SQLite or PostgreSQL database")
    assert problem.example.startswith("postgresql://")
    assert SECRET not in str(refused.value)


def test_a_database_that_cannot_be_had_is_a_clear_error_without_its_password(postgres: Postgres) -> None:
    for url in (f"postgresql://me:{SECRET}@127.0.0.1:1/db", postgres.new_database().replace("/test", "/none")):
        with pytest.raises(ConfigurationError) as refused:
            open_engine(url)
        assert str(refused.value).startswith("DATABASE_URL: PostgreSQL cannot be used (OperationalError).")
        assert SECRET not in str(refused.value)
        assert refused.value.__cause__ is None
        assert refused.value.__suppress_context__


def test_a_place_that_cannot_be_written_or_is_no_database_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("this is no database, and long enough to be taken for one by its size" * 50)
    for url in (f"sqlite:///{tmp_path}/none/journal.sqlite", f"sqlite:///{tmp_path}/file", f"sqlite:///{tmp_path}"):
        with pytest.raises(ConfigurationError, match=r"DATABASE_URL or DATA_DIR: the database cannot be opened there"):
            open_engine(url)
    with pytest.raises(ConfigurationError, match=r"DATA_DIR: the folder cannot be made \(.+\)"):
        sqlite_url(str(tmp_path / "file"))


@pytest.mark.parametrize("name", ["plain", "with space", "100%", "ünïcödé", "a?b#c", "it's"])
def test_any_folder_may_hold_the_database(tmp_path: Path, name: str) -> None:
    engine = open_engine(database_url("", str(tmp_path / name)))
    engine.dispose()
    assert (tmp_path / name / "journal.sqlite").is_file()
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).stat().st_mode & 0o077 == 0


def test_a_digest_tells_apart_people_whose_issuer_and_subject_join_to_the_same() -> None:
    keys = {person_key("https://a/", "b|c"), person_key("https://a/b", "|c"), person_key("", "https://a/b|c")}
    assert len(keys) == 3
    assert all(re.fullmatch("[0-9a-f]{64}", key) for key in keys)
    assert fitting("a\x00b\ud800c" + "d" * 10, 6) == "a?b?cd"
