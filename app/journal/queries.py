"""The questions asked of the request log, each answered from an index: a million entries are no reason to wait.

Read-only and synchronous, for the command line. Texts come as callers sent them: whoever prints them cleans them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Select, and_, func, or_, select, true

from app.journal.entry import COLUMNS, Entry
from app.journal.search import Question, Search, search_of, sought
from app.store.tables import entries, people, person_key

PAGE = 5_000

DENIED = ("denied", "refused")
"""Outcomes of those who were not let through."""

_ENTRIES = select(entries.c.id, *(entries.c[name] for name in COLUMNS))


class Logged(NamedTuple):
    """An entry as it is kept; ``id`` grows with each that is written."""

    id: int
    entry: Entry


def newest(
    engine: Engine, question: Question, limit: int | None = 100, *, cut: Callable[[float], None] | None = None
) -> Iterator[Logged]:
    """The entries that fit, newest first; all of them without a ``limit``. They are read in pages as they are taken.

    With a ``limit``, and more than one thing to look for, only about the newest ``LOOKED_AT`` entries of one of them
    are looked through (``app/journal/search.py``). When that was too few, ``cut`` is told from which time on all was.
    """
    part = question
    while True:
        with engine.connect() as connection:
            search = search_of(connection, part)
        found = 0
        for logged in _pages(engine, search, limit):
            found += 1
            yield logged
        if search.floor is None or (limit is not None and found >= limit):
            return
        if limit is not None:
            if cut is not None:
                cut(search.floor)
            return
        part = replace(question, until=search.floor)


def _pages(engine: Engine, search: Search, limit: int | None) -> Iterator[Logged]:
    before: Logged | None = None
    while limit is None or limit > 0:
        size = PAGE if limit is None else min(limit, PAGE)
        with engine.connect() as connection:
            page = _page(connection, search, size, before)
        yield from page
        if len(page) < size:
            return
        before = page[-1]
        limit = None if limit is None else limit - size


def after(engine: Engine, last: int, question: Question) -> list[Logged]:
    """The entries that fit and were written after the one whose ``id`` is ``last``, oldest first; a page at most."""
    with engine.connect() as connection:
        several, _ = sought(connection, question)
        moment = entries.c.time + 0.0  # by the number, and by no other index: what is new is little
        since = [moment >= question.since] if question.since is not None else []
        until = [moment < question.until] if question.until is not None else []
        fits = and_(true(), *(one.plain for one in several), *since, *until)
        query = _ENTRIES.where(entries.c.id > last, fits).order_by(entries.c.id).limit(PAGE)
        return _logged(connection, query)


def by_id(engine: Engine, number: int) -> Entry | None:
    """The entry with this ``id``."""
    with engine.connect() as connection:
        found = _logged(connection, _ENTRIES.where(entries.c.id == number))
    return found[0].entry if found else None


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


def _page(connection: Connection, search: Search, size: int, before: Logged | None) -> list[Logged]:
    """One page, put together from one look into an index for each person or client that was meant: a database that
    gets them all at once sorts everything they ever did."""
    time, number = entries.c.time, entries.c.id
    found: list[Logged] = []
    for one in search.conditions:
        query = _ENTRIES.where(one)
        if before is not None:
            same = and_(time == before.entry.time, number < before.id)
            query = query.where(time <= before.entry.time, or_(time < before.entry.time, same))
        found += _logged(connection, query.order_by(time.desc(), number.desc()).limit(size))
    return sorted(found, key=lambda logged: (logged.entry.time, logged.id), reverse=True)[:size]


def _logged(connection: Connection, query: Select[Any]) -> list[Logged]:
    return [Logged(row[0], Entry(*row[1:])) for row in connection.execute(query)]
