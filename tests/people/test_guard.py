"""The guard's memory, and the watch that keeps its state new."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from app.access.policy import Person, State
from app.auth.principal import Principal
from app.errors import (
    ConfigurationError,
    InsufficientScope,
    InvalidAccessToken,
    NeverAllowed,
    NotAdmitted,
    PeopleUnavailable,
    Problem,
)
from app.people.guard import Guard
from app.people.watch import Watch
from tests.access.test_policy import CLIENT, ISS, NOW, SUB, Thing, caller
from tests.support.world import eventually

WRITE = Thing("write")


def hears(guard: Guard, principal: Principal, tool: Thing = WRITE) -> str:
    decision = guard.decide(principal, tool)
    try:
        guard.refuse(principal, tool, decision)
    except InsufficientScope as error:
        return f"challenge {' '.join(error.required)}"
    except NeverAllowed as error:
        return f"{error.reason} {error.scope}"
    return "let through" if decision.allowed else decision.reason


def test_before_the_state_was_read_nobody_comes_in_and_nothing_may_be_called() -> None:
    guard = Guard()
    with pytest.raises(PeopleUnavailable) as refused:
        guard.admit(caller("admin"))
    assert refused.value.retry_after == 1
    assert guard.decide(caller("admin"), WRITE).allowed is False


def test_a_refusal_names_the_caller_to_the_owner() -> None:
    guard = Guard(State(people={(ISS, SUB): Person(blocked=True)}, tokens_from=NOW), lambda: NOW)
    with pytest.raises(NotAdmitted, match=r"sub=auth0\|1 client_id=client-1") as refused:
        guard.admit(caller())
    assert refused.value.reason == "person_blocked"
    with pytest.raises(InvalidAccessToken, match="token_too_old"):
        guard.admit(caller(sub="other", issued_at=None))


def test_time_does_not_run_backwards_for_those_whose_access_ended() -> None:
    now = [NOW]
    guard = Guard(State(people={(ISS, SUB): Person(expires_at=NOW + 10)}), lambda: now[0])
    guard.admit(caller())
    now[0] = NOW + 10
    for now[0] in (NOW + 10, NOW - 86_400):
        with pytest.raises(NotAdmitted):
            guard.admit(caller())


STEPS: list[tuple[str, list[tuple[float, dict[str, Any], str]]]] = [
    ("the same token, again and again", [(0, {}, "challenge write")] * 2),
    ("a newer token", [(0, {}, "challenge write"), (5, {"issued_at": NOW + 5}, "step_up_failed write")]),
    ("another token of the same second",
     [(0, {}, "challenge write"), (0, {"issued_at": NOW}, "step_up_failed write")]),
    ("the same token, read anew", [(0, {}, "challenge write"), (1, {"sub": SUB}, "challenge write")]),
    ("a token of another machine, from before",
     [(0, {}, "challenge write"), (5, {"issued_at": NOW - 2}, "challenge write"),
      (9, {"issued_at": NOW + 8}, "step_up_failed write")]),
    ("an older token", [(0, {}, "challenge write"), (1, {"issued_at": NOW - 61}, "challenge write")]),
    ("another client", [(0, {}, "challenge write"), (5, {"issued_at": NOW + 5, "client_id": "x"}, "challenge write")]),
    ("another person", [(0, {}, "challenge write"), (5, {"issued_at": NOW + 5, "sub": "x"}, "challenge write")]),
    ("another issuer", [(0, {}, "challenge write"), (5, {"issued_at": NOW + 5, "iss": "x"}, "challenge write")]),
    ("after ten minutes", [(0, {}, "challenge write"), (600, {"issued_at": NOW + 600}, "challenge write")]),
    ("tokens that do not say when they were issued",
     [(0, {"issued_at": None}, "challenge write"),
      (9, {"issued_at": None, "expires_at": NOW + 69}, "step_up_failed write")]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "steps"), STEPS, ids=[row[0] for row in STEPS])
def test_who_was_sent_to_log_in_and_comes_back_without_the_scope_is_not_sent_again(
    name: str, steps: list[tuple[float, dict[str, Any], str]]
) -> None:
    now = [NOW]
    guard = Guard(State(), lambda: now[0])
    same = caller("read")
    for later, facts, heard in steps:
        now[0] = NOW + later
        assert hears(guard, caller("read", **facts) if facts else same) == heard


def test_one_scope_that_never_comes_does_not_stand_in_the_way_of_another() -> None:
    guard = Guard(State(), lambda: NOW)
    assert hears(guard, caller(), Thing("write")) == "challenge write"
    assert hears(guard, caller(issued_at=NOW), Thing("write")) == "step_up_failed write"
    assert hears(guard, caller(issued_at=NOW), Thing("read")) == "challenge read"


def test_a_limit_is_told_at_once_even_to_holders_of_admin() -> None:
    guard = Guard(State(people={(ISS, SUB): Person(cap="read")}), lambda: NOW)
    assert hears(guard, caller("admin")) == "capped write"
    assert hears(guard, caller("admin"), Thing("read")) == "let through"


class Place:
    """An open database as the watch sees it, which can be away."""

    def __init__(self) -> None:
        self.number, self.state, self.away, self.asked = 1, State(), False, threading.Event()
        self.engine = None

    def again(self, guard: Guard, version: int | None) -> int:
        self.asked.set()
        if self.away:
            raise OSError("away")
        if version != self.number:
            guard.state = self.state
        return self.number


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Place:
    place = Place()
    monkeypatch.setattr("app.people.watch._Look", lambda engine, scopes: place)
    monkeypatch.setattr("app.people.watch.WATCH_SECONDS", 0.01)
    return place


def test_what_was_read_last_counts_while_the_store_is_away_and_the_owner_hears_of_it_once(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    guard = Guard()
    watch = Watch(guard, lambda: None, frozenset())  # type: ignore[arg-type, return-value]
    watch.start()
    assert watch.wait(5)
    place.away = True
    eventually(lambda: watch.failure == "OSError")
    place.state, place.number = State(admission="nobody"), 2
    for _ in range(3):
        place.asked.clear()
        assert place.asked.wait(5)
    assert guard.state == State()
    place.away = False
    eventually(lambda: guard.state == State(admission="nobody"))
    eventually(lambda: watch.failure == "")
    watch.close()
    said = [record.getMessage() for record in caplog.records if record.name == "gatehouse.people"]
    assert said == [
        "the store of people cannot be read (OSError): what was read last goes on to count",
        "the store of people can be read again",
    ]


def test_a_store_that_cannot_be_opened_lets_nobody_in_until_it_can(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    broken = threading.Event()
    broken.set()

    def open_engine() -> Any:
        if broken.is_set():
            raise ConfigurationError([Problem("DATABASE_URL", "cannot be reached.")])

    guard = Guard()
    watch = Watch(guard, open_engine, frozenset())
    watch.start()
    assert watch.wait(5) is False
    assert "DATABASE_URL: cannot be reached." in caplog.text
    assert "nobody is let in until it can be" in caplog.text
    broken.clear()
    eventually(lambda: guard.state is not None)
    guard.admit(caller(client_id=CLIENT))
    watch.close()
