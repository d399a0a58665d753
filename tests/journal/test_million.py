"""No question to a request log of a million entries reads them one by one, on either engine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from app.journal import search
from app.journal.entry import Entry
from app.journal.queries import DENIED, after, newest
from app.journal.search import Question
from app.journal.store import Store
from app.journal.tool_use import COUNTED, tool_use
from app.people.week import LOOKED_AT as WEEKS
from app.people.week import week_of
from app.store.engine import open_engine, writing

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
    ({"person": "auth0|kim", "tool": "tool_7"}, 0, "ix_entries_(person|tool|time)"),
    ({"client": "claude", "tool": "tool_7"}, 100, "ix_entries_(client|tool|time)"),
    ({"person": "auth0|kim", "outcomes": DENIED}, 0, "ix_entries_(person|outcome|time)"),
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


class Work:
    """Counts the steps of SQLite's own machine, of which it takes several for each entry that it looks at."""

    EACH = 10

    def __init__(self, engine: Engine) -> None:
        self.steps = 0

        @event.listens_for(engine, "checkout")
        def _(connection: Any, *_: object) -> None:
            connection.set_progress_handler(self._step, self.EACH)

    def _step(self) -> int:
        self.steps += self.EACH
        return 0


FEW = 10_000
KIM = "auth0|kim"
HEAVY: dict[str, tuple[Callable[[Engine], Any], int]] = {
    "a client that never met them": (lambda engine: found(engine, person=KIM, client="nobody"), FEW),
    "a tool that never met them": (lambda engine: found(engine, person=KIM, tool="tool_7"), 3 * FEW),
    "an outcome that never met them": (lambda engine: found(engine, person=KIM, outcomes=DENIED), 3 * FEW),
    "a tool and a client": (lambda engine: found(engine, person=KIM, client="claude", tool="tool_7"), 4 * FEW),
    "a client's tool and outcome": (lambda engine: found(engine, client="chatgpt", outcomes=("error",)), 2 * FEW),
    "an old call": (lambda engine: found(engine, tool="tool_7", outcomes=("ok",), until=100_000.0), 2 * FEW),
    "following": (lambda engine: after(engine, MILLION - 5, Question(person=KIM, client="nobody")), 100),
    "following since": (lambda engine: after(engine, MILLION - 5, Question(client="nobody", since=1.0)), 100),
    "a week": (lambda engine: week_of(engine, "https://tenant.example/", KIM, MILLION + 0.0), 4 * WEEKS),
    "a namesake's week": (lambda engine: week_of(engine, "https://other.example/", KIM, MILLION + 0.0), 4 * WEEKS),
    "all tools": (lambda engine: tool_use(engine, [f"tool_{number}" for number in range(34)]), 34 * COUNTED),
}
"""What is asked, and about how many entries may be looked at for it."""


def found(engine: Engine, **question: Any) -> list[Any]:
    return list(newest(engine, Question(**question)))


@pytest.mark.parametrize(("ask", "most"), HEAVY.values(), ids=HEAVY)
def test_a_question_about_somebody_busy_looks_at_a_bounded_part(
    million: Engine, ask: Callable[[Engine], Any], most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "LOOKED_AT", FEW)
    for plan in plans(million, lambda: ask(million)):
        assert "Seq Scan" not in plan, plan
        assert "SCAN entries" not in plan, plan
    if million.dialect.name == "sqlite":
        million.dispose()  # so that each connection is one that counts
        work = Work(million)
        ask(million)
        assert 0 < work.steps < 20 * most, work.steps / most


def test_what_was_not_looked_at_is_said_and_looked_at_when_asked(
    million: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "LOOKED_AT", FEW)
    cut: list[float] = []
    question = Question(person=KIM, tool="tool_7")
    assert list(newest(million, question, cut=cut.append)) == []
    assert cut == [MILLION - 2.0 * FEW]
    assert list(newest(million, question, None, cut=cut.append)) == []
    assert len(cut) == 1
    assert week_of(million, "https://tenant.example/", KIM, MILLION + 0.0).more is True


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
