"""The policy as one table: who comes in, who may call what, and why not."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.access.policy import CAPS, Decision, Person, State, admit, decide, effective_scopes
from app.auth.principal import Principal
from app.scopes import LADDER

NOW = 1_000_000.0
ISS, SUB, CLIENT = "https://as.test/", "auth0|1", "client-1"


@dataclass(frozen=True)
class Thing:
    scope: str
    local_only: bool = False


def caller(scopes: str = "", **values: Any) -> Principal:
    facts = {"iss": ISS, "sub": SUB, "client_id": CLIENT, "expires_at": NOW + 60, "issued_at": NOW - 60, **values}
    return Principal(scopes=frozenset(scopes.split()), **facts)


def state(person: Person | None = None, **values: Any) -> State:
    return State(people={(ISS, SUB): person} if person else {}, **values)


# fmt: off
ADMISSIONS: list[tuple[str, State, Principal, str]] = [
    ("a stranger, door open to everybody", state(), caller(), ""),
    ("a stranger, door open to the invited", state(admission="invited"), caller(), "not_invited"),
    ("a stranger, door closed", state(admission="nobody"), caller(), "door_closed"),
    ("a word for the door that nobody knows", state(Person(status="invited"), admission="Open"), caller(), "door_closed"),
    ("no word for the door", state(Person(status="invited"), admission=""), caller(), "door_closed"),
    ("invited, door open to the invited", state(Person(status="invited"), admission="invited"), caller(), ""),
    ("invited, door closed", state(Person(status="invited"), admission="nobody"), caller(), "door_closed"),
    ("came by themselves, now for the invited only", state(Person(), admission="invited"), caller(), "not_invited"),
    ("asked before", state(Person(status="asked"), admission="invited"), caller(), "not_invited"),
    ("asked before, door open now", state(Person(status="asked")), caller(), ""),
    ("ignored", state(Person(status="ignored"), admission="invited"), caller(), "not_invited"),
    ("a status that nobody knows", state(Person(status="owner"), admission="invited"), caller(), "not_invited"),
    ("admin granted by the owner, door closed", state(Person(granted=frozenset({"admin"})), admission="nobody"), caller("admin"), "door_closed"),
    ("blocked", state(Person(blocked=True)), caller(), "person_blocked"),
    ("blocked, with every scope and a fresh token", state(Person(blocked=True)), caller("admin", issued_at=NOW), "person_blocked"),
    ("blocked and invited", state(Person(blocked=True, status="invited"), admission="invited"), caller(), "person_blocked"),
    ("blocked, expired, door closed: the first reason", state(Person(blocked=True, expires_at=0), admission="nobody"), caller(), "person_blocked"),
    ("expired a second ago", state(Person(expires_at=NOW - 1)), caller(), "person_expired"),
    ("expires this very moment", state(Person(expires_at=NOW)), caller(), "person_expired"),
    ("expires in a moment", state(Person(expires_at=NOW + 0.001)), caller(), ""),
    ("expired at the epoch", state(Person(expires_at=0.0)), caller(), "person_expired"),
    ("expired and invited", state(Person(expires_at=NOW - 1, status="invited"), admission="invited"), caller(), "person_expired"),
    ("the same subject of another issuer is blocked", state(Person(blocked=True)), caller(iss="https://as.test"), ""),
    ("the subject in other letters is blocked", state(Person(blocked=True)), caller(sub="Auth0|1"), ""),
    ("a blocked client", state(blocked_clients=frozenset({CLIENT})), caller(), "client_blocked"),
    ("another client is blocked", state(blocked_clients=frozenset({"client-2"})), caller(), ""),
    ("clients without a name are blocked", state(blocked_clients=frozenset({""})), caller(client_id=""), "client_blocked"),
    ("a token from before the line", state(tokens_from=NOW), caller(issued_at=NOW - 0.001), "token_too_old"),
    ("a token from the line on", state(tokens_from=NOW), caller(issued_at=NOW), ""),
    ("a token that does not say its age, and no line", state(), caller(issued_at=None), ""),
    ("a token that does not say its age", state(tokens_from=NOW), caller(issued_at=None), "token_too_old"),
    ("an old token at a closed door is not sent to renew", state(admission="nobody", tokens_from=NOW), caller(issued_at=0.0), "door_closed"),
]
# fmt: on


@pytest.mark.parametrize(("name", "now_state", "who", "reason"), ADMISSIONS, ids=[row[0] for row in ADMISSIONS])
def test_who_comes_in(name: str, now_state: State, who: Principal, reason: str) -> None:
    assert admit(who, now_state, NOW) == Decision(not reason, reason)


WRITE, READ = Thing("write"), Thing("read")
# fmt: off
CALLS: list[tuple[str, Thing | None, State, Principal, str, tuple[str, ...]]] = [
    ("no such tool", None, state(), caller("admin"), "unknown_tool", ()),
    ("a tool of no known scope", Thing("everything"), state(), caller("admin everything"), "undeclared_scope", ()),
    ("a tool without a scope", Thing(""), state(), caller("admin"), "undeclared_scope", ()),
    ("a local tool", Thing("read", local_only=True), state(), caller("admin"), "local_only", ()),
    ("a local tool of no known scope", Thing("x", local_only=True), state(), caller("admin"), "local_only", ()),
    ("the scope is in the token", WRITE, state(), caller("write"), "", ()),
    ("a higher scope is in the token", WRITE, state(), caller("admin"), "", ()),
    ("a lower scope is in the token", WRITE, state(), caller("read"), "insufficient_scope", ("write",)),
    ("the scope in other letters", WRITE, state(), caller("Write"), "insufficient_scope", ("write",)),
    ("no scope at all", READ, state(), caller(), "insufficient_scope", ("read",)),
    ("everybody has it", READ, state(default_scopes=frozenset({"read"})), caller(), "", ()),
    ("the owner gave it", WRITE, state(Person(granted=frozenset({"write"}))), caller("read"), "", ()),
    ("the owner gave more", WRITE, state(Person(granted=frozenset({"admin"}))), caller(), "", ()),
    ("the owner gave a word of no meaning", WRITE, state(Person(granted=frozenset({"all"}))), caller("read"), "insufficient_scope", ("write",)),
    ("given to the same subject of another issuer", WRITE, state(Person(granted=frozenset({"write"}))), caller("read", iss="x"), "insufficient_scope", ("write",)),
    ("capped below, admin in the token", WRITE, state(Person(cap="read")), caller("admin"), "capped", ()),
    ("capped below, given by the owner", WRITE, state(Person(cap="read", granted=frozenset({"write"}))), caller(), "capped", ()),
    ("capped at it, not held", WRITE, state(Person(cap="write")), caller("read"), "insufficient_scope", ("write",)),
    ("capped at it, held", WRITE, state(Person(cap="write")), caller("admin"), "", ()),
    ("capped at nothing", READ, state(Person(cap="none"), default_scopes=frozenset({"read"})), caller("admin"), "capped", ()),
    ("capped with a word of no meaning", READ, state(Person(cap="raed")), caller("admin"), "capped", ()),
]
# fmt: on


@pytest.mark.parametrize(
    ("name", "tool", "now_state", "who", "reason", "required"), CALLS, ids=[row[0] for row in CALLS]
)
def test_who_may_call_what(
    name: str, tool: Thing | None, now_state: State, who: Principal, reason: str, required: tuple[str, ...]
) -> None:
    assert decide(who, tool, now_state) == Decision(not reason, reason, required)


def test_a_local_tool_is_decided_by_its_scope_for_whoever_is_at_this_machine() -> None:
    tool = Thing("write", local_only=True)
    assert decide(caller("write"), tool, state(), local=True) == Decision(True)
    assert decide(caller("read"), tool, state(), local=True).reason == "insufficient_scope"


def test_the_ladder_holds_for_every_need_and_every_holding() -> None:
    for needed, held, place in itertools.product(
        LADDER, [*LADDER, "", "Read", "read write", "other"], ["token", "default", "owner"]
    ):
        words = frozenset({held})
        who = Principal(ISS, SUB, CLIENT, words if place == "token" else frozenset(), NOW)
        now_state = State(
            people={(ISS, SUB): Person(granted=words)} if place == "owner" else {},
            default_scopes=words if place == "default" else frozenset(),
        )
        expected = held in LADDER and LADDER.index(held) >= LADDER.index(needed)
        decision = decide(who, Thing(needed), now_state)
        assert decision.allowed is expected, (needed, held, place)
        assert decision.required == (() if expected else (needed,)), (needed, held, place)


words = st.frozensets(st.sampled_from([*LADDER, "other", ""]))


@given(token=words, default=words, granted=words, cap=st.sampled_from([*CAPS, "other"]), needed=st.sampled_from(LADDER))
def test_what_is_shown_to_the_owner_is_what_is_decided(
    token: frozenset[str], default: frozenset[str], granted: frozenset[str], cap: str, needed: str
) -> None:
    person = Person(granted=granted, cap=cap)
    decision = decide(Principal(ISS, SUB, CLIENT, token, NOW), Thing(needed), state(person, default_scopes=default))
    assert decision.allowed is (needed in effective_scopes(token, person, default))
    assert bool(decision.required) is (decision.reason == "insufficient_scope")
