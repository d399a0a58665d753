"""Refusals are kept under their reference code, and ``gatehouse why`` explains them."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from app.cli import main
from app.journal.entry import Entry
from app.journal.reasons import REASONS
from app.journal.store import KEPT_SECONDS, Store, sqlite_url
from app.journal.writer import JournalWriter
from tests.support.world import open_world

ROOT = Path(__file__).parents[2]


def entry(reference: str, **values: object) -> Entry:
    known = {"time": time.time(), "outcome": "refused", "reason": "expired", "status": 401, "client": "10.0.0.1"}
    return Entry(reference=reference, **{**known, **values})  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(sqlite_url(str(tmp_path)))


def test_a_refusal_is_explained_with_what_was_expected_and_received(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_world(data_dir=str(tmp_path)) as world:
        token = world.token(aud="https://other.example/mcp")
        reference = world.call(token).json()["reference"]
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("AUTH_MODE", "none")
    assert main(["why", reference.lower(), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["reason"] == "wrong_audience"
    assert told["expected"] == world.mcp
    assert told["received"] == '"https://other.example/mcp"'
    assert "Identifier" in told["next_step"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["time"])
    assert main(["why", reference]) == 0
    words = capsys.readouterr().out
    assert words.startswith(reference)
    for part in ("https://other.example/mcp", world.mcp, "127.0.0.1", "status 401"):
        assert part in words
    for text in (words, json.dumps(told), (tmp_path / "journal.sqlite").read_bytes().decode("latin-1")):
        assert token not in text
        assert token.split(".")[2] not in text


@pytest.mark.parametrize(
    ("code", "status"), [("AAAA-AAAA", 1), ("hello", 2), ("AAAA-AAAU", 2), ("' OR 1=1", 2), ("", 2)]
)
def test_an_unknown_or_impossible_code_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], code: str, status: int
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("AUTH_MODE", "none")
    assert main(["why", code]) == status
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1


def test_every_reason_in_the_code_has_its_row_and_every_row_its_reason() -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("auth", "endpoint")
        for path in (ROOT / "app" / folder).rglob("*.py")
    )
    code += (ROOT / "app" / "main.py").read_text(encoding="utf-8")
    missing = [reason for reason in REASONS if f'"{reason}"' not in code]
    assert missing == []
    raised = set(re.findall(r'_refuse\(\s*"([a-z_]+)"', code)) | set(
        re.findall(r'InvalidAccessToken\("([a-z_]+)"', code)
    )
    assert len(raised) > 12
    assert raised - set(REASONS) == set()


def test_old_and_too_many_refusals_are_forgotten(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    store.add([entry("OLD0-0000", time=now - KEPT_SECONDS - 1), entry("NEW0-0000", time=now - KEPT_SECONDS + 60)])
    store.prune(now)
    assert store.find("OLD0-0000") is None
    assert store.find("NEW0-0000") is not None
    monkeypatch.setattr("app.journal.store.KEPT_ENTRIES", 10)
    store.add([entry(f"N{number:03}-0000") for number in range(50)])
    store.prune(now)
    assert store.count() == 10
    assert store.find("N049-0000") is not None


def test_what_callers_send_is_cut_to_size_and_kept_as_text(store: Store) -> None:
    hostile = "'; DROP TABLE entries; --\x00" + "x" * 10_000
    store.add(
        [entry("AAAA-AAAA", detail=hostile, received=hostile, client=hostile), entry("BBBB-BBBB", detail="\ud800")]
    )
    assert store.find("BBBB-BBBB") == entry("BBBB-BBBB", detail="?", time=store.find("BBBB-BBBB").time)  # type: ignore[union-attr]
    found = store.find("AAAA-AAAA")
    assert found is not None
    assert found.detail == hostile[:2_000]
    assert len(found.client) == 64


class BrokenStore:
    """A store on a full disk, until it is mended."""

    def __init__(self) -> None:
        self.broken = True
        self.written: list[Entry] = []

    def add(self, entries: list[Entry]) -> None:
        if self.broken:
            raise OSError("disk full")
        self.written += entries

    def prune(self, now: float) -> None:
        pass

    def close(self) -> None:
        pass


def test_a_store_that_fails_stops_nobody_and_the_loss_is_said(caplog: pytest.LogCaptureFixture) -> None:
    broken = BrokenStore()
    writer = JournalWriter(lambda: broken)  # type: ignore[arg-type, return-value]
    writer.start()
    writer.record(entry("AAAA-AAAA"))
    writer.close()
    assert "1 journal entries are lost so far (OSError)" in caplog.text
    broken.broken = False
    again = JournalWriter(lambda: broken)  # type: ignore[arg-type, return-value]
    again.start()
    again.record(entry("BBBB-BBBB"))
    again.close()
    assert [one.reference for one in broken.written] == ["BBBB-BBBB"]


def test_the_queue_is_bounded_and_recording_never_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.journal.writer.MAX_WAITING", 5)
    writer = JournalWriter(BrokenStore)  # type: ignore[arg-type]
    for number in range(50):
        writer.record(entry(f"{number:04}-0000"))
    assert writer.lost == 45


def test_a_folder_that_cannot_be_written_is_a_clear_configuration_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "file"))
    monkeypatch.setenv("AUTH_MODE", "none")
    assert main(["why", "AAAA-AAAA"]) == 2
    assert "DATA_DIR" in capsys.readouterr().err
