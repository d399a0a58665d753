"""Questions to the request log: each filter alone and together, in order, in pages, and fast on a million entries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from app.journal import queries
from app.journal.entry import Entry
from app.journal.queries import DENIED, Question, ToolUse, after, last_id, names, newest, tool_use
from app.journal.store import Store
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
    engine.dispose()


# A million entries


MILLION = 1_000_000
FILL = """
INSERT INTO entries (time, iss, sub, client_id, client, user_agent, method, tool, scopes, outcome, reason, reference,
    status, latency_ms, request_bytes, response_bytes, arguments, detail, expected, received)
SELECT i, 'https://tenant.example/', CASE WHEN i % 2 = 0 THEN 'auth0|kim' ELSE 'auth0|' || (i % 997) END,
    CASE WHEN i % 3 = 0 THEN 'claude' ELSE 'chatgpt' END, '10.0.0.1', 'agent/1.0', 'tools/call', 'tool_' || (i % 34),
    'read', CASE WHEN i % 1000 = 7 THEN 'denied' WHEN i % 100 = 3 THEN 'tool_error' ELSE 'ok' END, '',
    CASE WHEN i % 1000 = 7 THEN 'R' || i ELSE '' END, 200, i % 997, 300, 2000, 'text', '', '', '' FROM n
"""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def million(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database with a million entries, and what the writer tells it about how they are spread."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('million') / 'journal.sqlite'}"
        numbers = f"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MILLION})"
    else:
        url = request.getfixturevalue("postgres").new_database()
        numbers = f"WITH n AS (SELECT generate_series(1, {MILLION}) AS i)"
    engine = open_engine(url)
    statement = FILL.replace("INSERT", f"{numbers} INSERT") if request.param == "sqlite" else f"{numbers} {FILL}"
    with writing(engine) as connection:
        connection.execute(text(statement))
    Store(engine).tidy()
    if request.param == "postgresql":  # which its own maintenance does within a minute
        with writing(engine) as connection:
            connection.execute(text("ANALYZE entries"))
    yield engine
    engine.dispose()


def plans(engine: Engine, ask: Any) -> list[str]:
    """How the database finds what ``ask`` asks of the entries: a plan for each statement."""
    said: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "FROM entries" in statement:
            said.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    ask()
    event.remove(engine, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    with engine.connect() as connection:
        return [
            "\n".join(str(row[-1]) for row in connection.exec_driver_sql(explain + statement, parameters))
            for statement, parameters in said
        ]


PLANS: list[tuple[dict[str, Any], int, str]] = [
    ({}, 100, "ix_entries_time"),
    ({"person": "auth0|kim"}, 100, "ix_entries_(person|time)"),  # what is common is soon found among the newest too
    ({"person": "auth0|5"}, 100, "ix_entries_person"),
    ({"person": "nobody"}, 0, "ix_entries_person"),
    ({"client": "claude"}, 100, "ix_entries_(client|time)"),
    ({"client": "none"}, 0, "ix_entries_client"),
    ({"tool": "tool_7"}, 100, "ix_entries_(tool|time)"),
    ({"tool": "none"}, 0, "ix_entries_tool"),
    ({"outcomes": ("tool_error",)}, 100, "ix_entries_outcome"),
    ({"outcomes": ("cancelled",)}, 0, "ix_entries_outcome"),
    ({"outcomes": DENIED}, 100, "ix_entries_outcome"),
    ({"outcomes": ("ok",)}, 100, "ix_entries_time"),
    ({"since": MILLION - 50.0}, 51, "ix_entries_time"),
    ({"since": 500.0, "until": 550.0}, 50, "ix_entries_time"),
    ({"person": "auth0|5", "since": 500.0, "until": 9_000.0}, 4, "ix_entries_person"),
    ({"person": "auth0|kim", "tool": "tool_7"}, 0, "ix_entries_(person|tool)"),
    ({"client": "claude", "tool": "tool_7"}, 100, "ix_entries_(client|tool)"),
    ({"person": "auth0|kim", "outcomes": DENIED}, 0, "ix_entries_(person|outcome)"),
]


@pytest.mark.parametrize(("question", "count", "index"), PLANS, ids=str)
def test_no_question_reads_a_million_entries_one_by_one(
    million: Engine, question: dict[str, Any], count: int, index: str
) -> None:
    rows: list[Any] = []
    found_plans = plans(million, lambda: rows.extend(newest(million, Question(**question))))
    assert len(rows) == count
    assert found_plans
    for plan in found_plans:
        assert re.search(index, plan), plan
        assert "Seq Scan" not in plan, plan
        assert "SCAN entries\n" not in f"{plan}\n", plan


def test_a_reference_and_what_follows_are_found_by_an_index(million: Engine) -> None:
    store = Store(million)
    (plan,) = plans(million, lambda: store.find("R500007"))
    assert "ix_entries_reference" in plan
    assert (store.find("R500007") or Entry(0, "")).time == 500_007.0
    (plan,) = plans(million, lambda: after(million, MILLION - 10, Question()))
    assert re.search("INTEGER PRIMARY KEY|entries_pkey", plan), plan
    assert len(after(million, MILLION - 10, Question())) == 10


def test_a_million_entries_are_pruned_by_an_index(million: Engine) -> None:
    store = Store(million)
    for plan in plans(million, lambda: store.prune(1_000.0 + 14 * 86_400, 14, MILLION - 500)):
        assert "Seq Scan" not in plan, plan
    assert store.count() == MILLION - 999
