"""``gatehouse log`` as its owner meets it: aligned, filtered, live, and safe to look at."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from app.cli import main
from app.journal.entry import COLUMNS, Entry
from app.journal.store import Store
from app.journal.told import FIELDS, moment
from app.store.engine import writing
from app.store.tables import person_key

ROOT = Path(__file__).parents[2]
SEOUL = ZoneInfo("Asia/Seoul")
NOON = datetime(2026, 3, 5, 12, 0, tzinfo=SEOUL).timestamp()
PROMISED = ("time", "iss", "sub", "client_id", "method", "tool", "outcome", "reason", "reference", "latency_ms")


@pytest.fixture(autouse=True)
def _seoul(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine in Korea."""
    monkeypatch.setenv("TZ", "Asia/Seoul")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def store(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The database that the command reads."""
    monkeypatch.setenv("AUTH_MODE", "none")
    monkeypatch.setenv("DATABASE_URL", database)
    opened = Store(database)
    yield opened
    opened.close()


def call(seconds: float = 0.0, outcome: str = "ok", **more: object) -> Entry:
    who = {"iss": "https://t.example/", "sub": "auth0|kim", "client_id": "claude", "user_agent": "Claude/1.0 (mac)"}
    return Entry(NOON + seconds, outcome, **{"method": "tools/call", "tool": "echo", "latency_ms": 12.4, **who, **more})


def test_in_words_it_is_a_table_with_names_reasons_and_gaps(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    with writing(store.engine) as connection:
        key = person_key("https://t.example/", "auth0|kim")
        statement = (
            "INSERT INTO people (key, iss, sub, name, email, note, granted, cap, blocked, status, calls, last_client)"
            f" VALUES ('{key}', 'https://t.example/', 'auth0|kim', '김민지', '', '', '', '', false, 'admitted', 1, '')"
        )
        connection.execute(text(statement))
    denied = call(1, "denied", reason="capped", reference="AAAA-AAAA", tool="a_tool_with_a_name_that_is_too_long")
    stranger = Entry(NOON + 2, "refused", "missing_token", "BBBB-BBBB", 401, "203.0.113.9")
    gap = Entry(NOON + 3, "gap", detail="37 entries could not be written between A and B.")
    store.add([call(), denied, stranger, gap])
    assert main(["log"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "TIME                 PERSON                                PROGRAM             WHAT                          "
        "OUTCOME     TOOK      WHY",
        "2026-03-05 12:00:03  ----- 37 entries could not be written between A and B. -----",
        "2026-03-05 12:00:02  nobody known                          203.0.113.9         -                             "
        "refused     0 ms      missing_token BBBB-BBBB",
        "2026-03-05 12:00:01  auth0|kim (김민지)                    Claude/1.0          a_tool_with_a_name_that_is_…  "
        "denied      12 ms     capped AAAA-AAAA",
        "2026-03-05 12:00:00  auth0|kim (김민지)                    Claude/1.0          echo                          "
        "ok          12 ms",
    ]


def test_whoever_calls_themselves_by_anothers_subject_is_still_told_by_their_own(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    with writing(store.engine) as connection:
        facts = {"key": person_key("https://t.example/", "auth0|eve"), "iss": "https://t.example/", "sub": "auth0|eve"}
        statement = (
            "INSERT INTO people (key, iss, sub, name, email, note, granted, cap, blocked, status, calls, last_client)"
            " VALUES (:key, :iss, :sub, 'auth0|kim', '', '', '', '', false, 'admitted', 1, '')"
        )
        connection.execute(text(statement), facts)
    store.add([call(sub="auth0|eve"), call(1)])
    assert main(["log"]) == 0
    _, kim, eve = capsys.readouterr().out.splitlines()
    assert kim[21:57] == f"{'auth0|kim':36}"
    assert eve[21:57] == f"{'auth0|eve (auth0|kim)':36}"
    assert main(["log", "--json"]) == 0
    assert "(" not in capsys.readouterr().out.replace("(mac)", "")


HOSTILE = "x\u202e\u200b\ufeff\x1b[2J\r\n2026-03-05 12:00:00  forged\u2028\x9b"


@pytest.mark.parametrize("form", [[], ["--json"], ["--csv"]])
def test_what_callers_chose_writes_no_line_of_its_own_and_moves_no_cursor(
    store: Store, capsys: pytest.CaptureFixture[str], form: list[str]
) -> None:
    texts = ("tool", "user_agent", "arguments", "reason", "method", "detail", "sub", "client_id", "received")
    store.add([call(**dict.fromkeys(texts, HOSTILE)), Entry(NOON, "gap", detail=HOSTILE)])
    assert main(["log", *form]) == 0
    out = capsys.readouterr().out
    lines = out.split("\n")
    assert len(lines) == (3 if form == ["--json"] else 4)
    for line in lines[:-1]:
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e\u200b\ufeff]", line.rstrip("\r"))
        assert not line.startswith("2026-03-05 12:00:00  forged")


def test_json_is_one_object_a_line_with_the_promised_fields_first(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    store.add([call(0.25, arguments="text", status=200), call(1, tool="두번째")])
    assert main(["log", "--json"]) == 0
    second, first = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert tuple(first)[:10] == PROMISED
    assert {name: first[name] for name in PROMISED} == {
        "time": "2026-03-05T03:00:00.250Z",
        "iss": "https://t.example/",
        "sub": "auth0|kim",
        "client_id": "claude",
        "method": "tools/call",
        "tool": "echo",
        "outcome": "ok",
        "reason": "",
        "reference": "",
        "latency_ms": 12.4,
    }
    assert (first["arguments"], first["status"], second["tool"]) == ("text", 200, "두번째")
    assert set(FIELDS) == set(COLUMNS)


def test_csv_has_every_entry_and_no_formula(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    store.add([call(number, tool=f"t{number}") for number in range(250)])
    texts = {
        "=1+1": "'=1+1",
        "+1": "'+1",
        "-1": "'-1",
        "@x": "'@x",
        " =1": "' =1",
        "\u00a0\u3000+1": "'\u00a0\u3000+1",
        "＝1": "'＝1",
        "＋1": "'＋1",
        "－1": "'－1",
        "＠x": "'＠x",
        "\t=1": "\\u0009=1",
        "\ufeff=1": "\\ufeff=1",
        "\u202e=1": "\\u202e=1",
        'fine, "quoted"': 'fine, "quoted"',
    }
    store.add([call(1_000 + number, tool=one) for number, one in enumerate(texts)])
    assert main(["log", "--csv"]) == 0
    header, *rows = csv.reader(io.StringIO(capsys.readouterr().out))
    assert header == list(FIELDS)
    assert [row[5] for row in rows[: len(texts)]][::-1] == list(texts.values())
    assert len(rows) == 250 + len(texts)


def told(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    """The tools of the entries that the command prints."""
    assert main(["log", "--json", *words]) == 0
    return [json.loads(line)["tool"] for line in capsys.readouterr().out.splitlines()]


def test_each_option_narrows_what_is_shown(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    store.add(
        [
            call(0, tool="a"),
            call(60, "denied", tool="b"),
            call(120, "refused", tool="c", sub="", client_id="other"),
            call(180, "error", tool="d"),
        ]
    )
    for words, tools in {
        (): "dcba",
        ("--limit", "2"): "dc",
        ("--limit", "0"): "dcba",
        ("--person", "auth0|kim"): "dba",
        ("--client", "other"): "c",
        ("--tool", "a"): "a",
        ("--outcome", "error"): "d",
        ("--outcome", "error", "--outcome", "ok"): "da",
        ("--denied",): "cb",
        ("--denied", "--person", "auth0|kim"): "b",
        ("--since", "2026-03-05T12:01"): "dcb",
        ("--since", "2026-03-05T12:01", "--until", "2026-03-05T03:03Z"): "cb",
        ("--since", "2026-03-06"): "",
        ("--since", "1s"): "",
    }.items():
        assert "".join(told(capsys, *words)) == tools, words


def test_what_was_not_looked_through_is_said_with_what_to_do(
    store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.journal.search.LOOKED_AT", 3)
    store.add([call(number, tool="rare" if number in {1, 2, 3, 4} else "echo") for number in range(10)])
    words = ("log", "--json", "--tool", "rare", "--person", "auth0|kim")
    assert main(words) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "were looked through for the others, back to 2026-03-05T12:00:06. For older ones add" in said.err
    assert main([*words, "--until", "2026-03-05T12:00:06"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert main([*words, "--limit", "0"]) == 0
    said = capsys.readouterr()
    assert (len(said.out.splitlines()), said.err) == (4, "")


def test_a_hundred_are_shown_unless_asked_otherwise(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    store.add([call(number) for number in range(150)])
    assert len(told(capsys)) == 100
    assert len(told(capsys, "--limit", "0")) == 150


NOW = datetime(2026, 3, 5, 15, 30, 20, tzinfo=SEOUL).timestamp()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-03-05", "2026-03-05T00:00:00+09:00"),
        ("2026-03-05T12:01", "2026-03-05T12:01:00+09:00"),
        ("2026-03-05 12:01:30", "2026-03-05T12:01:30+09:00"),
        ("2026-03-05T12:01Z", "2026-03-05T21:01:00+09:00"),
        ("2026-03-05T12:01:00-02:00", "2026-03-05T23:01:00+09:00"),
        ("today", "2026-03-05T00:00:00+09:00"),
        (" Yesterday ", "2026-03-04T00:00:00+09:00"),
        ("30s", "2026-03-05T15:29:50+09:00"),
        ("90m", "2026-03-05T14:00:20+09:00"),
        ("2H", "2026-03-05T13:30:20+09:00"),
        ("3d", "2026-03-02T15:30:20+09:00"),
        ("1w", "2026-02-26T15:30:20+09:00"),
    ],
)
def test_times_are_understood_as_people_write_them(said: str, meant: str) -> None:
    assert moment(said, NOW) == datetime.fromisoformat(meant).timestamp()


@pytest.mark.parametrize(
    "said", ["", "foo", "2h ago", "-2h", "2026-13-01", "0001-01-01", "9" * 400 + "d", "2h\n3d", "٣d"]
)
def test_a_time_that_cannot_be_read_is_one_clear_line(
    store: Store, capsys: pytest.CaptureFixture[str], said: str
) -> None:
    if said == "":
        with pytest.raises(ValueError, match="is not a time"):
            moment(said, NOW)
        return
    assert main(["log", f"--since={said}"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "is not a time. Write one of these forms: 2026-12-31, " in err


@pytest.mark.parametrize(
    "words",
    [("--json", "--csv"), ("--denied", "--outcome", "ok"), ("--outcome", "bad"), ("--limit", "-1"), ("--limit", "x")],
)
def test_wrong_usage_is_exit_code_2(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["log", *words])
    assert ended.value.code == 2
    assert "usage: gatehouse log" in capsys.readouterr().err
