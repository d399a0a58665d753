"""Refusals are kept under their reference code, and ``gatehouse why`` explains them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app.cli import main
from app.journal.entry import Entry
from app.journal.reasons import REASONS
from app.journal.store import Store
from app.store.engine import sqlite_url
from tests.support.world import open_world

ROOT = Path(__file__).parents[2]


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


def test_a_known_person_is_named_with_what_they_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(sqlite_url(str(tmp_path)))
    who = {"iss": "https://t.example/", "sub": "auth0|a\x1b[2J", "client_id": "claude", "tool": "write_note"}
    store.add([Entry(1_000.0, "denied", "capped", "AAAA-AAAA", 200, "10.0.0.1", method="tools/call", **who)])
    store.close()
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("AUTH_MODE", "none")
    assert main(["why", "AAAA-AAAA"]) == 0
    words = capsys.readouterr().out
    for line in (
        "  who        auth0|a\\u001b[2J at 10.0.0.1, answered with status 200\n",
        "  through    claude\n",
        "  asked for  tools/call write_note\n",
    ):
        assert line in words
    assert main(["why", "AAAA-AAAA", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {name: told[name] for name in who} == who
    assert (told["outcome"], told["reason"], told["method"]) == ("denied", "capped", "tools/call")


@pytest.mark.parametrize(
    ("code", "status"), [("AAAA-AAAA", 1), ("hello", 2), ("AAAA-AAAU", 2), ("' OR 1=1", 2), ("", 2)]
)
def test_an_unknown_or_impossible_code_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], code: str, status: int
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("AUTH_MODE", "none")
    Store(sqlite_url(str(tmp_path))).close()
    assert main(["why", code]) == status
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1


def test_every_reason_in_the_code_has_its_row_and_every_row_its_reason() -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("access", "admin", "auth", "endpoint", "people")
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


def test_a_folder_that_cannot_be_written_is_a_clear_configuration_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "file"))
    monkeypatch.setenv("AUTH_MODE", "none")
    assert main(["why", "AAAA-AAAA"]) == 2
    assert "DATA_DIR" in capsys.readouterr().err
