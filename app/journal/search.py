"""What a question to the request log looks for, as conditions, and how far back the database has to look for it.

An entry that must be two things at once is found by an index of one of them, and the rest is looked through. So that
this stays short, the search begins with whichever thing is rare, or else looks at the newest of the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, and_, func, literal_column, or_, select, text, true

from app.store.tables import (
    CLIENT_CHARS,
    CLIENT_START,
    NOT_OK,
    SUB_CHARS,
    SUB_START,
    client_is,
    clients,
    entries,
    fitting,
    people,
    sub_is,
)

MAX_MATCHES = 50
"""People, or clients, that one name may mean in a question."""

LOOKED_AT = 20_000
"""How many entries of one person, client, tool or outcome are looked through for those that fit the rest too."""


@dataclass(frozen=True)
class Question:
    """What to look for; what is blank does not matter.

    ``person`` is a subject, or a part of a name or e-mail address; ``client`` a client identifier or a part of its
    name. Times are in seconds since the epoch; ``until`` is excluded.
    """

    person: str = ""
    client: str = ""
    tool: str = ""
    outcomes: tuple[str, ...] = ()
    since: float | None = None
    until: float | None = None


class Sought(NamedTuple):
    """One thing to look for: ``conditions`` exclude each other, and each has an index that finds the newest of its
    entries; ``rough`` are the same as far as the indexes know, and blank without one; ``plain`` is all of it, in words
    that no index is used for."""

    conditions: list[ColumnElement[bool]]
    rough: list[ColumnElement[bool]]
    plain: ColumnElement[bool]


class Search(NamedTuple):
    """Conditions of which an entry fits one; ``floor`` is the time from which on they look, None for the beginning."""

    conditions: list[ColumnElement[bool]]
    floor: float | None


def search_of(connection: Connection, question: Question) -> Search:
    """Begin with the one thing that was rare enough to look through all of it, or else with the newest of the first."""
    several, times = sought(connection, question)
    if not several:
        return Search([and_(true(), *times)], None)
    if len(several) == 1 and several[0].rough:
        return Search([and_(one, *times) for one in several[0].conditions], None)
    floors: dict[int, float | None] = {}
    for number, one in enumerate(several):
        if one.rough or len(several) == 1:
            floors[number] = _floor(connection, one, times)
    chosen = next((number for number, floor in floors.items() if floor is None), min(floors))
    floor = floors[chosen]
    others = [one.plain for number, one in enumerate(several) if number != chosen]
    since = [] if floor is None else [entries.c.time >= floor]
    return Search([and_(one, *others, *times, *since) for one in several[chosen].conditions], floor)


def _floor(connection: Connection, sought: Sought, times: Sequence[ColumnElement[bool]]) -> float | None:
    """The time from which on there are about ``LOOKED_AT`` entries of this; None when there are not so many at all."""
    conditions = sought.rough or [true()]
    each = max(LOOKED_AT // len(conditions), 1)
    found = []
    for one in conditions:
        query = select(entries.c.time).where(one, *times).order_by(entries.c.time.desc()).offset(each).limit(1)
        found.append(connection.execute(query).scalar())
    return max((one for one in found if one is not None), default=None)


def sought(connection: Connection, question: Question) -> tuple[list[Sought], list[ColumnElement[bool]]]:
    """What to look for, with the conditions of time."""
    tool, outcomes = fitting(question.tool, 200), list(dict.fromkeys(question.outcomes))
    several = [
        _people(connection, question.person),
        _clients(connection, question.client),
        _tool(tool) if tool else None,
        _outcomes(outcomes) if outcomes else None,
    ]
    since, until = question.since, question.until
    times = [entries.c.time >= since] if since is not None else []
    times += [entries.c.time < until] if until is not None else []
    return [one for one in several if one], times


def _tool(tool: str) -> Sought:
    conditions: list[ColumnElement[bool]] = [entries.c.tool == tool]
    return Sought(conditions, conditions, entries.c.tool.concat("") == tool)


def _outcomes(outcomes: list[str]) -> Sought:
    """Calls that went well are in no index of their own: they are nearly all."""
    conditions, plain = [_has_outcome(one) for one in outcomes], entries.c.outcome.concat("").in_(outcomes)
    return Sought(conditions, [] if "ok" in outcomes else conditions, plain)


def _people(connection: Connection, said: str) -> Sought | None:
    """Whoever has this subject, and those whose name or e-mail address contains it."""
    if not said:
        return None
    sub = fitting(said, SUB_CHARS)
    called = or_(_contains(people.c.name, sub), _contains(people.c.email, sub))
    query = select(people.c.iss, people.c.sub).where(called, people.c.sub != sub).limit(MAX_MATCHES)
    found = connection.execute(query).all()
    conditions = [sub_is(sub), *(and_(sub_is(one.sub), entries.c.iss == one.iss) for one in found)]
    plain = [and_(entries.c.sub.concat("") == one.sub, entries.c.iss == one.iss) for one in found]
    rough = [literal_column(SUB_START) == one[:64] for one in dict.fromkeys([sub, *(one.sub for one in found)])]
    return Sought(conditions, rough, or_(entries.c.sub.concat("") == sub, *plain))


def _clients(connection: Connection, said: str) -> Sought | None:
    """The client with this identifier, and those whose name contains it."""
    if not said:
        return None
    client_id = fitting(said, CLIENT_CHARS)
    called = _contains(clients.c.name, client_id)
    query = select(clients.c.client_id).where(called, clients.c.client_id != client_id).limit(MAX_MATCHES)
    found = [client_id, *connection.execute(query).scalars()]
    rough = [literal_column(CLIENT_START) == one[:64] for one in found]
    return Sought([client_is(one) for one in found], rough, entries.c.client_id.concat("").in_(found))


def _contains(column: Column[str], part: str) -> ColumnElement[bool]:
    """Whatever the case; but SQLite knows that of ASCII letters only, so that others must be as they are kept."""
    lower = func.lower(column).contains(part.lower(), autoescape=True)
    return or_(column.contains(part, autoescape=True), lower)


def _has_outcome(outcome: str) -> ColumnElement[bool]:
    fits = entries.c.outcome == outcome
    return fits if outcome == "ok" else and_(fits, text(NOT_OK))
