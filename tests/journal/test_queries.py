"""Questions to the request log: each filter alone and together, in order, in pages, and fast on a million entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, text

from app.journal import queries, search
from app.journal.entry import Entry
from app.journal.queries import DENIED, after, last_id, names, newest
from app.journal.search import Question
from app.journal.store import Store
from app.journal.tool_use import COUNTED, ToolUse, tool_use
from app.store.engine import open_engine, writing
from app.store.tables import person_key

ISSUER = "https://tenant.example/"
PEOPLE = [
    ("auth0|kim", "Kim Min-ji", "minji@example.com"),
    ("auth0|lee", "", "lee_100%@example.com"),
    ('o\'brien|"x"', "O'Brien ÉLAN", ""),
]
ENTRIES = [
    # time, sub, client_id, tool, outcome
    (1.0, "auth0|kim", "claude", "echo", "ok"),
    (2.0, "auth0|kim", "chatgpt", "echo", "tool_error"),
    (3.0, "auth0|lee", "claude", "write_note", "denied"),
    (4.0, "", "", "", "refused"),
    (6.0, 'o\'brien|"x"', "claude", "echo", "ok"),
    (5.0, "auth0|kim", "claude", "write_note", "error"),
    (7.0, "removed|person", "claude", "echo", "cancelled"),
    (7.0, "", "", "", "gap"),
]
"""The fifth and the sixth came from servers whose clocks differ."""


def fill(engine: Engine) -> None:
    """Write them, each under its number as a reference."""
    with writing(engine) as connection:
        for sub, name, email in PEOPLE:
            facts = {"key": person_key(ISSUER, sub), "iss": ISSUER, "sub": sub, "name": name, "email": email}
            connection.execute(
                text(
                    "INSERT INTO people (key, iss, sub, name, email, note, granted, cap, blocked, status, calls,"
                    " last_client) VALUES (:key, :iss, :sub, :name, :email, '', '', '', false, 'admitted', 0, '')"
                ),
                facts,
            )
        connection.execute(
            text(
                "INSERT INTO clients (key, client_id, name, blocked, calls)"
                " VALUES ('k', 'chatgpt', 'OpenAI MCP', false, 0)"
            )
        )
    Store(engine).add(
        [
            Entry(time, outcome, reference=str(number), iss=ISSUER, sub=sub, client_id=client, tool=tool)
            for number, (time, sub, client, tool, outcome) in enumerate(ENTRIES, 1)
        ]
    )


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    opened = open_engine(database)
    fill(opened)
    yield opened
    opened.dispose()


def found(engine: Engine, limit: int | None = 100, **question: Any) -> str:
    """The references of what is found, in order."""
    return "".join(one.entry.reference for one in newest(engine, Question(**question), limit))


QUESTIONS: list[tuple[dict[str, Any], str]] = [
    ({}, "87564321"),
    ({"person": "auth0|kim"}, "621"),
    ({"person": "kim"}, "621"),
    ({"person": "MINJI@"}, "621"),
    ({"person": "example.com"}, "6321"),
    ({"person": 'o\'brien|"x"'}, "5"),
    ({"person": "brien"}, "5"),
    ({"person": "ÉLAN"}, "5"),
    ({"person": "removed|person"}, "7"),
    ({"person": "removed"}, ""),
    ({"person": "auth0|ki"}, ""),
    ({"person": "_"}, "3"),
    ({"person": "%"}, "3"),
    ({"person": "' OR 1=1 --"}, ""),
    ({"person": "x" * 5_000}, ""),
    ({"person": "auth0|kim\x00"}, ""),
    ({"client": "claude"}, "75631"),
    ({"client": "openai"}, "2"),
    ({"client": "clau"}, ""),
    ({"tool": "echo"}, "7521"),
    ({"tool": "ech"}, ""),
    ({"outcomes": ("ok",)}, "51"),
    ({"outcomes": ("ok", "error")}, "561"),
    ({"outcomes": DENIED}, "43"),
    ({"outcomes": ("gap",)}, "8"),
    ({"outcomes": ("nonsense",)}, ""),
    ({"since": 3.0}, "875643"),
    ({"until": 3.0}, "21"),
    ({"since": 2.0, "until": 6.0}, "6432"),
    ({"since": 9.0}, ""),
    ({"person": "kim", "client": "claude", "tool": "echo", "outcomes": ("ok",)}, "1"),
    ({"person": "example.com", "outcomes": DENIED, "since": 1.0, "until": 4.0}, "3"),
    ({"person": "example.com", "client": "claude"}, "631"),
    ({"tool": "echo", "outcomes": ("tool_error", "cancelled")}, "72"),
]


@pytest.mark.parametrize(("question", "numbers"), QUESTIONS, ids=str)
def test_each_question_finds_exactly_what_fits_newest_first(
    engine: Engine, question: dict[str, Any], numbers: str
) -> None:
    assert found(engine, **question) == numbers


def test_a_limit_takes_the_newest_and_pages_join_without_a_seam(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [found(engine, limit) for limit in (0, 1, 3, 8, 9, None)] == [
        *("", "8", "875", "87564321", "87564321", "87564321")
    ]
    for size in (1, 2, 3, 7):
        monkeypatch.setattr(queries, "PAGE", size)
        assert found(engine, None) == "87564321"
        assert found(engine, None, person="example.com") == "6321"
        assert found(engine, 5) == "87564"


@pytest.mark.parametrize("looked_at", [1, 2, 3])
@pytest.mark.parametrize(("question", "numbers"), QUESTIONS, ids=str)
def test_all_is_found_a_part_at_a_time_when_all_is_asked_for(
    engine: Engine, question: dict[str, Any], numbers: str, looked_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "LOOKED_AT", looked_at)
    assert found(engine, None, **question) == numbers


@pytest.mark.parametrize(
    ("looked_at", "limit", "question", "numbers", "cut"),
    [
        (2, 100, {"client": "claude", "tool": "echo"}, "75", [5.0]),  # the older 1 is not looked at
        (2, 2, {"client": "claude", "tool": "echo"}, "75", []),  # and need not be
        (5, 100, {"client": "claude", "tool": "echo"}, "751", []),
        (2, 100, {"client": "claude", "tool": "write_note"}, "63", []),  # a rare tool is looked through whole
        (2, 100, {"client": "claude", "tool": "write_note", "person": "kim"}, "6", []),
        (3, 100, {"client": "claude", "tool": "echo", "until": 5.0}, "1", []),
        (3, 100, {"client": "claude", "tool": "echo", "since": 5.0}, "75", []),
        (2, 100, {"outcomes": ("ok", "cancelled")}, "75", [6.0]),
        (1, 100, {"client": "claude"}, "75631", []),  # one thing alone is found by its index
        (1, 100, {}, "87564321", []),
        (2, None, {"client": "claude", "tool": "echo"}, "751", []),
    ],
)
def test_with_a_limit_a_bounded_part_is_looked_at_and_the_rest_is_said(
    engine: Engine,
    looked_at: int,
    limit: int | None,
    question: dict[str, Any],
    numbers: str,
    cut: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "LOOKED_AT", looked_at)
    told: list[float] = []
    assert (
        "".join(one.entry.reference for one in newest(engine, Question(**question), limit, cut=told.append)) == numbers
    )
    assert told == cut


def test_who_is_searched_for_by_name_is_one_person_not_all_of_that_subject(engine: Engine) -> None:
    Store(engine).add([Entry(9.0, "ok", reference="x", iss="https://other.example/", sub="auth0|kim")])
    assert found(engine, person="minji") == "621"
    assert found(engine, person="auth0|kim") == "x621"


def test_following_goes_on_after_the_last_in_the_order_of_writing(engine: Engine) -> None:
    assert last_id(engine) == 8
    assert [one.entry.reference for one in after(engine, 4, Question())] == ["5", "6", "7", "8"]
    assert [one.entry.reference for one in after(engine, 0, Question(person="minji"))] == ["1", "2", "6"]
    assert after(engine, 8, Question()) == []


def test_people_are_called_by_their_name_or_else_their_address(engine: Engine) -> None:
    who = [(ISSUER, "auth0|kim"), (ISSUER, "auth0|lee"), (ISSUER, "nobody"), ("https://other.example/", "auth0|kim")]
    assert names(engine, who) == {who[0]: "Kim Min-ji", who[1]: "lee_100%@example.com"}


def test_how_a_tool_was_used_counts_calls_failures_and_usual_times(database: str) -> None:
    engine = open_engine(database)
    times = [Entry(100.0 + ms, "ok", tool="echo", latency_ms=float(ms)) for ms in range(1, 101)]
    more = ["tool_error", "error", "cancelled", "denied", "refused"]
    Store(engine).add([*times, *(Entry(300.0, outcome, tool="echo", latency_ms=5.0) for outcome in more)])
    used = tool_use(engine, ["echo", "write_note"])
    assert used == {"echo": ToolUse(103, 2, 50.0, 95.0), "write_note": ToolUse(0, 0, None, None)}
    assert (used["echo"].error_rate, used["write_note"].error_rate) == (2 / 103, 0.0)
    assert tool_use(engine, ["echo"], since=191.0) == {"echo": ToolUse(13, 2, 95.0, 100.0)}
    assert tool_use(engine, []) == {}
    Store(engine).add([Entry(200.0 + number, "denied", tool="write_note") for number in range(COUNTED)])
    assert tool_use(engine, ["write_note"]) == {"write_note": ToolUse(0, 0, None, None, more=True)}
    Store(engine).add([Entry(9_000.0, "error", tool="write_note")] * 3)
    assert tool_use(engine, ["write_note"]) == {"write_note": ToolUse(3, 3, None, None, more=True)}
    engine.dispose()
