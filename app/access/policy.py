"""What a caller may do: two pure functions over one state. First whether they come in, then whether they may call.

Scopes form a ladder (MCP authorization, "scope hierarchies"): admin includes write includes read. What is not declared
is not allowed: an unknown tool, a tool with an unknown scope, an unknown word for the door or for a cap all mean no,
whoever asks. Nothing here remembers, waits or looks anything up; where the state comes from is ``app/people``'s work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from app.auth.principal import Principal
from app.scopes import LADDER

CAPS = {"": 3, "none": 0, "read": 1, "write": 2, "admin": 3}
"""How many rungs of the ladder a person may climb at most, by the word in their entry; ``''`` is no cap."""

_ENOUGH: dict[str, frozenset[str]] = {scope: frozenset(LADDER[rung:]) for rung, scope in enumerate(LADDER)}
_RUNG: dict[str, int] = {scope: rung + 1 for rung, scope in enumerate(LADDER)}


class Guarded(Protocol):
    """What the policy needs to know of a tool."""

    @property
    def scope(self) -> str: ...

    @property
    def local_only(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Person:
    """What the owner decided about one person. ``expires_at`` is in seconds since the epoch.

    ``status`` is ``invited`` (by the owner), ``admitted`` (came in by themselves while the door was open to everybody),
    ``asked`` (was refused and may be invited) or ``known`` (never here, but the owner decided something about them).
    """

    granted: frozenset[str] = frozenset()
    cap: str = ""
    blocked: bool = False
    expires_at: float | None = None
    status: str = "admitted"


NOBODY_SPECIAL = Person()


@dataclass(frozen=True, slots=True)
class State:
    """Everything that decisions depend on, at one moment. It is never changed, only replaced.

    ``admission`` is ``everybody``, ``invited`` or ``nobody``; tokens issued before ``tokens_from`` (seconds since the
    epoch) are refused; ``people`` are keyed by ``(iss, sub)``; ``default_scopes`` are held by whoever comes in.
    """

    admission: str = "everybody"
    tokens_from: float = 0.0
    people: Mapping[tuple[str, str], Person] = field(default_factory=dict)
    blocked_clients: frozenset[str] = frozenset()
    default_scopes: frozenset[str] = frozenset()

    def person(self, principal: Principal) -> Person:
        """The entry of a caller, or that of somebody about whom nothing was decided."""
        return self.people.get((principal.iss, principal.sub), NOBODY_SPECIAL)


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer: allowed, or denied with the reason and the scopes that would have been enough."""

    allowed: bool
    reason: str = ""
    required: tuple[str, ...] = ()


_YES = Decision(True)


def admit(principal: Principal, state: State, now: float) -> Decision:
    """Decide whether a caller comes in at all. ``now`` is in seconds since the epoch.

    Reasons, in the order they are looked at: ``person_blocked``, ``person_expired``, ``client_blocked``,
    ``door_closed``, ``not_invited``, ``token_too_old``.
    """
    person = state.people.get((principal.iss, principal.sub))
    if person is not None and person.blocked:
        return Decision(False, "person_blocked")
    if person is not None and person.expires_at is not None and now >= person.expires_at:
        return Decision(False, "person_expired")
    if principal.client_id in state.blocked_clients:
        return Decision(False, "client_blocked")
    if state.admission != "everybody" and (closed := _closed(person, state)):
        return Decision(False, closed)
    if state.tokens_from and (principal.issued_at is None or principal.issued_at < state.tokens_from):
        return Decision(False, "token_too_old")  # a token that does not say when it was issued may be any age
    return _YES


def _closed(person: Person | None, state: State) -> str:
    """Why a door that is not open to everybody is closed to somebody; blank when it is open to them."""
    if state.admission != "invited":
        return "door_closed"
    return "" if person is not None and person.status == "invited" else "not_invited"


def decide(principal: Principal, tool: Guarded | None, state: State, *, local: bool = False) -> Decision:
    """Decide whether an admitted caller may use a tool. ``local`` says that the caller is at this very machine.

    Reasons: ``unknown_tool``, ``local_only``, ``undeclared_scope``, ``capped`` (no log-in will ever bring the scope)
    and ``insufficient_scope`` with exactly the scope that a log-in must bring.
    """
    if tool is None:
        return Decision(False, "unknown_tool")
    if tool.local_only and not local:
        return Decision(False, "local_only")
    enough = _ENOUGH.get(tool.scope)
    if enough is None:
        return Decision(False, "undeclared_scope")
    person = state.person(principal)
    if person.cap and _RUNG[tool.scope] > CAPS.get(person.cap, 0):
        return Decision(False, "capped")
    if enough.isdisjoint(principal.scopes) and enough.isdisjoint(state.default_scopes | person.granted):
        return Decision(False, "insufficient_scope", (tool.scope,))
    return _YES


def effective_scopes(scopes: frozenset[str], person: Person, default_scopes: frozenset[str]) -> tuple[str, ...]:
    """What somebody may do in the end, from least to most: the token's scopes, the default and the owner's, capped."""
    held = scopes | default_scopes | person.granted
    highest = max((rung for scope, rung in _RUNG.items() if scope in held), default=0)
    return LADDER[: min(highest, CAPS.get(person.cap, 0))]
