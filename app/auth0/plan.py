"""The difference between how a tenant is and how it should be, and making it nothing.

Everything is decided from what Auth0 says at the moment: there is no state of our own to lose, so a run that was cut
short is simply run again. Whatever stands in the way is found before anything is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from app.auth0.management import Document, Management
from app.auth0.snapshot import NAMES, Snapshot, read_again, read_snapshot
from app.auth0.steps import STEPS, At, Step
from app.auth0.table import table
from app.auth0.wanted import APPLICATION_LIMIT, Row, Wanted
from app.errors import Auth0Failed

READ_SCOPES = ("read:tenant_settings", "read:resource_servers", "read:clients", "read:connections")


@dataclass(frozen=True, slots=True)
class Difference:
    """One row of the table, with the value that is there (None for nothing) and the one that will be."""

    row: Row
    current: Any
    after: Any

    @property
    def is_change(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.current != self.after)


@dataclass(frozen=True, slots=True)
class PartPlan:
    """What is to be done about one part."""

    step: Step
    exists: bool
    rows: tuple[Difference, ...]

    @property
    def action(self) -> Literal["nothing", "make", "change"]:
        """What happens to the part as a whole."""
        if not any(one.is_change for one in self.rows):
            return "nothing"
        return "change" if self.exists else "make"


@dataclass(frozen=True, slots=True)
class Plan:
    """All parts, in order. ``problems`` stand in the way of everything; ``notes`` are worth knowing."""

    wanted: Wanted
    snapshot: Snapshot
    parts: tuple[PartPlan, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def changes(self) -> int:
        """How many values differ."""
        return sum(one.is_change for part in self.parts for one in part.rows)

    def client_id(self, part: Literal["shared", "owner"]) -> str:
        """The id of an application, blank when it does not exist yet."""
        return str((self.snapshot.application(self.wanted, part) or {}).get("client_id", ""))


def needed_scopes(wanted: Wanted, *, change: bool) -> tuple[str, ...]:
    """The scopes of the Management API for looking, or for changing too."""
    read = READ_SCOPES if wanted.registration == "shared" else (*READ_SCOPES, "read:client_grants")
    parts = {row.part for row in table(wanted)}
    write = [scope for step in STEPS if step.part in parts for scope in step.scopes]
    return tuple(dict.fromkeys([*read, *(write if change else [])]))


def make_plan(management: Management, wanted: Wanted) -> Plan:
    """Compare a tenant with what is wanted; changes nothing. Raises :class:`~app.errors.Auth0Failed`."""
    snapshot = read_snapshot(management, wanted)
    parts = tuple(_compare(step, snapshot, wanted) for step in STEPS if _rows(step, wanted))
    return Plan(wanted, snapshot, parts, tuple(_problems(snapshot, wanted)), tuple(_notes(snapshot, wanted)))


def carry_out(management: Management, plan: Plan, told: Callable[[Step, str], None]) -> int:
    """Make the difference nothing, part by part; returns how many parts were written.

    ``told(step, outcome)`` hears of each part as it is done. Raises :class:`~app.errors.Auth0Failed` where it stops;
    what was done until then stays, and a new plan knows it. A plan with problems must not come here.
    """
    at, written = At(management, plan.snapshot, plan.wanted), 0
    for part in plan.parts:
        now = _compare(part.step, plan.snapshot, plan.wanted)
        if now.action == "nothing":
            told(part.step, "as it should be")
            continue
        _check_unchanged(at, part.step)
        current = part.step.find(plan.snapshot, plan.wanted)
        part.step.write(at, current, _body(current, now.rows))
        told(part.step, "made" if now.action == "make" else "changed")
        written += 1
    return written


def _check_unchanged(at: At, step: Step) -> None:
    """Look at a part again just before it is written: what is sent replaces lists and objects as a whole."""
    fresh = read_again(at.management, at.wanted, at.snapshot, step.part)
    if _seen(step, fresh, at.wanted) != _seen(step, at.snapshot, at.wanted):
        raise Auth0Failed(
            f"{step.title} was changed at Auth0 after the plan was made. It was left as it is there now.",
            "Run the same command again: it shows a new plan.",
        )


def _seen(step: Step, snapshot: Snapshot, wanted: Wanted) -> Document | None:
    """All of a part that its rows look at, with the objects around the values."""
    document = step.find(snapshot, wanted)
    return None if document is None else {row.path[0]: document.get(row.path[0]) for row in _rows(step, wanted)}


def _rows(step: Step, wanted: Wanted) -> list[Row]:
    return [row for row in table(wanted) if row.part == step.part]


def _compare(step: Step, snapshot: Snapshot, wanted: Wanted) -> PartPlan:
    document = step.find(snapshot, wanted)
    differences = []
    for row in _rows(step, wanted):
        current = _at(document, row.path)
        differences.append(Difference(row, current, row.join(current, row.desired)))
    return PartPlan(step, document is not None, tuple(differences))


def _at(document: Document | None, path: tuple[str, ...]) -> Any:
    value: Any = document
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _body(current: Document | None, rows: tuple[Difference, ...]) -> Document:
    """What is sent: the values that differ, each with the object around it where Auth0 would replace that."""
    body: Document = {}
    for one in rows:
        if not one.is_change:
            continue
        *outer, name = one.row.path
        if not outer:
            body[name] = one.after
            continue
        around = (current or {}).get(outer[0]) or {} if one.row.whole else {}
        body.setdefault(outer[0], dict(around))[name] = one.after
    return body


def _problems(snapshot: Snapshot, wanted: Wanted) -> list[str]:
    found = []
    if snapshot.connection is None:
        names = [str(one.get("name")) for one in snapshot.connections if one.get("strategy") == "auth0"]
        have = (
            f"There are: {', '.join(names)}. Name one with --connection NAME."
            if names
            else ("There is none. Make one in Auth0: Authentication → Database → Create DB Connection.")
        )
        found.append(f"It is not clear which database the people are in. {have}")
    for part in wanted.applications:
        others = snapshot.namesakes(part)
        if others and snapshot.application(wanted, part) is None:
            ids = ", ".join(str(one["client_id"]) for one in others)
            found.append(
                f"There is an application named {NAMES[part]} that this command did not make (client id {ids}). To use "
                f"it, with its settings changed as planned: --adopt {others[0]['client_id']}. To leave it alone: give "
                "it another name in Auth0."
            )
    return found + _not_adopted(snapshot, wanted)


def _not_adopted(snapshot: Snapshot, wanted: Wanted) -> list[str]:
    used = {(snapshot.application(wanted, part) or {}).get("client_id") for part in wanted.applications}
    names = {one["client_id"]: one.get("name") for one in snapshot.clients}
    wanted_names = " or ".join(NAMES[part] for part in wanted.applications)
    return [
        f"--adopt {one}: the application {names[one]} would not be used. One that is used has the name {wanted_names} "
        "(change it in Auth0), and none that this command made stands beside it. Or leave --adopt out."
        if one in names
        else f"--adopt {one}: the tenant has no application of this id."
        for one in sorted(wanted.adopted - used)
    ]


def _notes(snapshot: Snapshot, wanted: Wanted) -> list[str]:
    notes = []
    for api in snapshot.apis:
        identifier = str(api.get("identifier", ""))
        if identifier != wanted.resource and identifier.rstrip("/").lower() == wanted.resource.lower():
            notes.append(
                f"There is an API {identifier}, which differs from {wanted.resource} by a slash or a capital letter. "
                "An identifier can never be changed in Auth0, and programs ask for the exact one: a new API is made "
                "beside it. Delete the old one yourself when nothing else uses it."
            )
    missing = sum(snapshot.application(wanted, part) is None for part in wanted.applications)
    if len(snapshot.clients) + missing >= APPLICATION_LIMIT - 1:
        notes.append(
            f"The tenant has {len(snapshot.clients)} applications, and {missing} will be made; the free plan allows "
            f"{APPLICATION_LIMIT}. To delete those that programs left behind: gatehouse clients prune"
        )
    social = [str(one.get("name")) for one in snapshot.connections if _lets_strangers_in(one, wanted)]
    if social:
        notes.append(
            f"Anybody with an account at {', '.join(social)} can log in: such connections have no sign-up to close. "
            "Let in only whom you invite: gatehouse access open --invited"
        )
    if wanted.registration == "cimd":
        notes.append(
            "Nobody has proved this way on Auth0's free plan: ChatGPT prefers a signed client (private_key_jwt), which "
            "Auth0 sells to enterprises. --registration shared works on every plan."
        )
    return notes


def _lets_strangers_in(connection: Document, wanted: Wanted) -> bool:
    domain_level = wanted.registration != "shared" and connection.get("is_domain_connection")
    return bool(domain_level and connection.get("strategy") != "auth0")
