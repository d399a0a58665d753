"""The questions asked of the request log, each answered from an index: a million entries are no reason to wait.

Read-only and synchronous, for the command line. Texts come as callers sent them: whoever prints them cleans them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Select,
    and_,
    case,
    func,
    or_,
    select,
    text,
    true,
)

from app.journal.entry import COLUMNS, Entry
from app.store.tables import (
    CLIENT_CHARS,
    NOT_OK,
    SUB_CHARS,
    client_is,
    clients,
    entries,
    fitting,
    people,
    person_key,
    sub_is,
)

DENIED = ("denied", "refused")
CALLED = ("ok", "tool_error", "error", "cancelled")
FAILED = ("tool_error", "error")
"""Outcomes of those who were not let through, of calls that reached a tool, and of those that failed there."""

MAX_MATCHES = 50
"""People, or clients, that one name may mean in a question."""

PAGE = 5_000
MEASURED_CALLS = 1_000

_ENTRIES = select(entries.c.id, *(entries.c[name] for name in COLUMNS))


class Logged(NamedTuple):
    """An entry as it is kept; ``id`` grows with each that is written."""

    id: int
    entry: Entry


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


def newest(engine: Engine, question: Question, limit: int | None = 100) -> Iterator[Logged]:
    """The entries that fit, newest first; all of them without a ``limit``. They are read in pages as they are taken."""
    before: Logged | None = None
    while limit is None or limit > 0:
        size = PAGE if limit is None else min(limit, PAGE)
        with engine.connect() as connection:
            page = _page(connection, question, size, before)
        yield from page
        if len(page) < size:
            return
        before = page[-1]
        limit = None if limit is None else limit - size


def after(engine: Engine, last: int, question: Question) -> list[Logged]:
    """The entries that fit and were written after the one whose ``id`` is ``last``, oldest first; a page at most."""
    with engine.connect() as connection:
        fits = or_(*_alternatives(connection, question))
        query = _ENTRIES.where(entries.c.id > last, fits).order_by(entries.c.id).limit(PAGE)
        return _logged(connection, query)


def last_id(engine: Engine) -> int:
    """The ``id`` of the newest entry; 0 when there is none."""
    with engine.connect() as connection:
        return connection.execute(select(func.max(entries.c.id))).scalar() or 0


def names(engine: Engine, who: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """How people are called, by ``(iss, sub)``: their name, else their e-mail address. Unnamed ones are left out."""
    keys = {person_key(*one): one for one in who}
    called = func.coalesce(func.nullif(people.c.name, ""), people.c.email)
    query = select(people.c.key, called).where(people.c.key.in_(list(keys)), called != "")
    with engine.connect() as connection:
        return {keys[key]: name for key, name in connection.execute(query)}


class ToolUse(NamedTuple):
    """How a tool was used: calls that reached it, those of them that failed, and usual times in milliseconds.

    ``p50_ms`` and ``p95_ms`` are those of its newest ``MEASURED_CALLS`` calls; None when it was not called.
    """

    calls: int
    failed: int
    p50_ms: float | None
    p95_ms: float | None

    @property
    def error_rate(self) -> float:
        """The part of the calls that failed, 0 to 1."""
        return self.failed / self.calls if self.calls else 0.0


def tool_use(engine: Engine, tools: Iterable[str], since: float = 0.0) -> dict[str, ToolUse]:
    """How each of these tools was used since then."""
    tool, outcome = entries.c.tool, entries.c.outcome
    called, failed = (func.sum(case((outcome.in_(kinds), 1), else_=0)) for kinds in (CALLED, FAILED))
    wanted = list(tools)
    query = select(tool, called, failed).where(tool.in_(wanted), entries.c.time >= since).group_by(tool)
    with engine.connect() as connection:
        counts = {name: (int(calls), int(failures)) for name, calls, failures in connection.execute(query)}
        return {name: _use(connection, name, since, *counts.get(name, (0, 0))) for name in wanted}


def _use(connection: Connection, tool: str, since: float, calls: int, failed: int) -> ToolUse:
    query = select(entries.c.latency_ms).where(entries.c.tool == tool, entries.c.time >= since)
    query = query.where(entries.c.outcome.in_(("ok", "tool_error"))).order_by(entries.c.time.desc())
    times = sorted(connection.execute(query.limit(MEASURED_CALLS)).scalars())
    return ToolUse(calls, failed, _percentile(times, 0.5), _percentile(times, 0.95))


def _percentile(ordered: Sequence[float], part: float) -> float | None:
    """The smallest value that at least this part of all does not exceed (nearest rank)."""
    return ordered[math.ceil(part * len(ordered)) - 1] if ordered else None


def _page(connection: Connection, question: Question, size: int, before: Logged | None) -> list[Logged]:
    """One page, put together from one look into an index for each person or client that was meant: a database that
    gets them all at once sorts everything they ever did."""
    time, number = entries.c.time, entries.c.id
    found: list[Logged] = []
    for one in _alternatives(connection, question):
        query = _ENTRIES.where(one)
        if before is not None:
            same = and_(time == before.entry.time, number < before.id)
            query = query.where(time <= before.entry.time, or_(time < before.entry.time, same))
        found += _logged(connection, query.order_by(time.desc(), number.desc()).limit(size))
    return sorted(found, key=lambda logged: (logged.entry.time, logged.id), reverse=True)[:size]


def _logged(connection: Connection, query: Select[Any]) -> list[Logged]:
    return [Logged(row[0], Entry(*row[1:])) for row in connection.execute(query)]


def _alternatives(connection: Connection, question: Question) -> list[ColumnElement[bool]]:
    """Conditions of which an entry fits one: exclusive, each with an index that finds the newest of its entries."""
    several = [
        _people(connection, question.person),
        _clients(connection, question.client),
        [entries.c.tool == fitting(question.tool, 200)] if question.tool else [],
        [_has_outcome(one) for one in dict.fromkeys(question.outcomes)],
    ]
    first, *others = [one for one in several if one] or [[true()]]
    common = [or_(*one) for one in others]
    if question.since is not None:
        common.append(entries.c.time >= question.since)
    if question.until is not None:
        common.append(entries.c.time < question.until)
    return [and_(one, *common) for one in first]


def _people(connection: Connection, said: str) -> list[ColumnElement[bool]]:
    """Whoever has this subject, and those whose name or e-mail address contains it."""
    if not said:
        return []
    sub = fitting(said, SUB_CHARS)
    called = or_(_contains(people.c.name, sub), _contains(people.c.email, sub))
    query = select(people.c.iss, people.c.sub).where(called, people.c.sub != sub).limit(MAX_MATCHES)
    found = connection.execute(query).all()
    return [sub_is(sub), *(and_(sub_is(one.sub), entries.c.iss == one.iss) for one in found)]


def _clients(connection: Connection, said: str) -> list[ColumnElement[bool]]:
    """The client with this identifier, and those whose name contains it."""
    if not said:
        return []
    client_id = fitting(said, CLIENT_CHARS)
    called = _contains(clients.c.name, client_id)
    query = select(clients.c.client_id).where(called, clients.c.client_id != client_id).limit(MAX_MATCHES)
    return [client_is(one) for one in (client_id, *connection.execute(query).scalars())]


def _contains(column: Column[str], part: str) -> ColumnElement[bool]:
    """Whatever the case; but SQLite knows that of ASCII letters only, so that others must be as they are kept."""
    lower = func.lower(column).contains(part.lower(), autoescape=True)
    return or_(column.contains(part, autoescape=True), lower)


def _has_outcome(outcome: str) -> ColumnElement[bool]:
    fits = entries.c.outcome == outcome
    return fits if outcome == "ok" else and_(fits, text(NOT_OK))
