"""Who was here, noted in the writer's transaction; bounded, so that strangers without end do not fill the disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from app.access.policy import Person
from app.journal.entry import Entry
from app.journal.store import Store
from app.people import noting
from app.people.door import Door
from app.people.recorder import Recorder
from app.people.roster import Roster
from app.store.engine import open_engine
from tests.support.postgres import database, postgres

__all__ = ["database", "postgres"]

ISS = "https://as.test/"


def happened(time: float = 1.0, sub: str = "a", outcome: str = "ok", **facts: Any) -> Entry:
    known = {"iss": ISS, "client_id": "c", "user_agent": "agent/1", "method": "tools/call", **facts}
    return Entry(time=time, outcome=outcome, sub=sub, **known)


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    engine = open_engine(database)
    yield engine
    engine.dispose()


class House:
    def __init__(self, engine: Engine) -> None:
        self.store, self.roster, self.door, self.recorder = Store(engine), Roster(engine), Door(engine), Recorder()

    def write(self, *batch: Entry) -> None:
        self.store.add(batch, [self.recorder])

    def person(self, sub: str = "a") -> Any:
        return self.roster.find(ISS, sub)


@pytest.fixture
def house(engine: Engine) -> House:
    return House(engine)


CASES: list[tuple[str, Entry, tuple[str, int] | None]] = [
    ("a call", happened(), ("admitted", 1)),
    ("a list", happened(method="tools/list"), ("admitted", 0)),
    ("a call that failed", happened(outcome="tool_error"), ("admitted", 1)),
    ("a call that broke", happened(outcome="error"), ("admitted", 1)),
    ("a call that was given up", happened(outcome="cancelled"), ("admitted", 1)),
    ("a call without the scope", happened(outcome="denied", reason="insufficient_scope"), ("admitted", 1)),
    ("a call beyond the limit", happened(outcome="denied", reason="capped"), ("admitted", 1)),
    ("a stranger who is not invited", happened(outcome="denied", reason="not_invited"), ("asked", 0)),
    ("a stranger at a closed door", happened(outcome="denied", reason="door_closed"), ("asked", 0)),
    ("a blocked person", happened(outcome="denied", reason="person_blocked"), None),
    ("a person whose access ended", happened(outcome="denied", reason="person_expired"), None),
    ("a blocked program", happened(outcome="denied", reason="client_blocked"), None),
    ("an unusable request", happened(outcome="refused", reason="bad_request"), None),
    ("nobody", happened(sub="", outcome="refused"), None),
    ("a gap", happened(sub="", outcome="gap"), None),
]


@pytest.mark.parametrize(("name", "entry", "expected"), CASES, ids=[row[0] for row in CASES])
def test_what_becomes_of_somebody_unknown(
    house: House, name: str, entry: Entry, expected: tuple[str, int] | None
) -> None:
    house.write(entry)
    found = [(one.status, one.calls) for one in house.roster.everybody()]
    assert found == ([expected] if expected else [])
    assert len(house.door.clients()) == (1 if expected and expected[0] == "admitted" else 0)
    assert house.store.count() == 1


def test_visits_are_added_up_and_nothing_that_the_owner_decided_is_touched(house: House) -> None:
    house.roster.invite(ISS, "a", name="Ann", granted=frozenset({"write"}), cap="write", note="aunt")
    house.roster.change(ISS, "a", blocked=True)
    house.write(happened(10.0, name="Other", email="a@example.com"), happened(30.0, client_id="d"), happened(20.0, "b"))
    house.write(happened(25.0, client_id="e"))
    ann = house.person()
    assert (ann.first_seen, ann.last_seen, ann.calls, ann.last_client) == (10.0, 30.0, 3, "e")
    assert (ann.name, ann.email, ann.note, ann.status) == ("Ann", "a@example.com", "aunt", "invited")
    assert ann.decided == Person(frozenset({"write"}), "write", True, None, "invited")
    assert house.person("b").calls == 1
    assert {one.client_id: one.calls for one in house.door.clients()} == {"c": 2, "d": 1, "e": 1}


def test_who_is_refused_for_not_being_invited_asks_to_come_in_whoever_they_were(house: House) -> None:
    house.write(happened(1.0, outcome="denied", reason="not_invited"))
    house.write(happened(2.0, outcome="denied", reason="not_invited"))
    assert (house.person().status, house.person().last_seen, house.person().calls) == ("asked", 2.0, 0)
    house.roster.change(ISS, "a", status="known")
    house.write(happened(3.0, outcome="denied", reason="not_invited"))
    assert house.person().status == "asked"
    house.write(happened(4.0))
    assert (house.person().status, house.person().calls) == ("admitted", 1)
    house.write(happened(5.0, outcome="denied", reason="door_closed"))
    assert (house.person().status, house.person().last_seen) == ("admitted", 5.0)
    house.write(happened(6.0, outcome="denied", reason="not_invited"))
    assert (house.person().status, house.person().last_seen) == ("asked", 6.0)
    assert house.roster.keep_those_who_came() == 1
    house.write(happened(7.0, outcome="denied", reason="door_closed"))
    assert (house.person().status, house.person().last_seen) == ("invited", 6.0)


def test_strangers_without_end_push_out_the_oldest_but_nobody_about_whom_something_was_decided(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, most in (("MAX_ASKED", 10), ("MAX_ADMITTED", 20), ("MAX_CLIENTS", 5)):
        monkeypatch.setattr(noting, name, most)
    house.write(*(happened(float(n), f"asked{n}", "denied", reason="not_invited") for n in range(5)))
    house.roster.change(ISS, "asked0", blocked=True)
    house.roster.change(ISS, "asked1", note="a neighbour")
    house.roster.invite(ISS, "invited")
    house.door.block_client("client0", blocked=True)
    house.write(*(happened(100.0 + n, f"asked{n}", "denied", reason="not_invited") for n in range(5, 50)))
    house.write(*(happened(200.0 + n, f"came{n}", client_id=f"client{n}") for n in range(50)))
    statuses: dict[str, list[str]] = {}
    for one in house.roster.everybody():
        statuses.setdefault(one.status, []).append(one.sub)
    assert sorted(statuses["asked"]) == sorted(["asked0", "asked1", *(f"asked{n}" for n in range(40, 50))])
    assert sorted(statuses["admitted"]) == sorted(f"came{n}" for n in range(30, 50))
    assert statuses["invited"] == ["invited"]
    assert {one.client_id for one in house.door.clients()} == {"client0", *(f"client{n}" for n in range(45, 50))}


def test_a_thousand_may_ask_at_once() -> None:
    assert (noting.MAX_ASKED, noting.MAX_ADMITTED, noting.MAX_CLIENTS) == (1_000, 100_000, 10_000)


def test_half_letters_and_nul_in_what_callers_send_stop_nobody_from_being_noted(house: House) -> None:
    house.write(happened(sub="a\x00\ud800", client_id="\x00", user_agent="\ud800" * 500, name="\x00"), happened())
    assert [one.calls for one in house.roster.everybody()] == [1, 1]


CHANGES: list[tuple[str, Any, bool]] = [
    ("an invitation", lambda house: house.roster.invite(ISS, "a"), True),
    ("a block", lambda house: house.roster.change(ISS, "a", blocked=True), True),
    ("forgetting", lambda house: house.roster.remove(ISS, "known"), True),
    ("forgetting nobody", lambda house: house.roster.remove(ISS, "nobody"), False),
    ("a blocked program", lambda house: house.door.block_client("c", blocked=True), True),
    ("the door", lambda house: house.door.set("nobody"), True),
    ("keeping those who came", lambda house: house.roster.keep_those_who_came(), True),
    ("visits", lambda house: house.write(happened(), happened(sub="b")), False),
    ("looking", lambda house: (house.roster.everybody(), house.door.clients(), house.door.counts(0.0)), False),
]


@pytest.mark.parametrize(("name", "change", "moves"), CHANGES, ids=[row[0] for row in CHANGES])
def test_the_version_moves_with_each_change_that_decisions_depend_on_and_with_no_other(
    house: House, name: str, change: Any, moves: bool
) -> None:
    house.roster.invite(ISS, "known")
    before = house.door.version()
    change(house)
    assert (house.door.version() > before) is moves


def test_the_state_holds_only_people_about_whom_something_was_decided(house: House) -> None:
    house.write(*(happened(sub=f"came{n}") for n in range(50)))
    house.write(*(happened(sub=f"asked{n}", outcome="denied", reason="not_invited") for n in range(50)))
    house.roster.invite(ISS, "came1")
    house.roster.change(ISS, "came2", expires_at=9.0)
    house.roster.change("other", "came3", cap="none")
    house.door.block_client("bad", blocked=True)
    house.door.set("invited", 5.0)
    version, state = house.door.state(frozenset({"read"}))
    assert version == house.door.version()
    assert (state.admission, state.tokens_from, state.default_scopes) == ("invited", 5.0, {"read"})
    assert state.blocked_clients == {"bad"}
    assert state.people == {
        (ISS, "came1"): Person(status="invited"),
        (ISS, "came2"): Person(expires_at=9.0),
        ("other", "came3"): Person(cap="none", status="known"),
    }
