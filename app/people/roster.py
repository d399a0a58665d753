"""What is kept of people: who they are, what the owner gave or took, when they were here.

Synchronous, over the one database; the command line uses it directly. Every change that decisions depend on moves the
door's version on in the same transaction, so that each running server takes it up within a quarter of a second.
Deliberately absent: anything at the log-in service. Blocking somebody here stops them here, whatever their token says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, String, insert, select, update
from sqlalchemy import delete as delete_from

from app.access.policy import Person
from app.store.engine import writing
from app.store.tables import door, fitting, people, person_key

FORGETTABLE = (
    ~people.c.blocked & (people.c.granted == "") & (people.c.cap == "") & people.c.expires_at.is_(None)
) & (people.c.note == "")  # fmt: skip
"""People about whom the owner decided nothing: entries that may be made room for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One person as they are kept. Times are in seconds since the epoch, None for never."""

    iss: str
    sub: str
    name: str
    email: str
    note: str
    granted: frozenset[str]
    cap: str
    blocked: bool
    expires_at: float | None
    status: str
    first_seen: float | None
    last_seen: float | None
    calls: int
    last_client: str

    @property
    def decided(self) -> Person:
        """The part that the policy looks at."""
        return Person(self.granted, self.cap, self.blocked, self.expires_at, self.status)

    def expired(self, now: float) -> bool:
        """Whether their access has ended by itself."""
        return self.expires_at is not None and now >= self.expires_at


class Roster:
    """The people of an installation. Every method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def everybody(self) -> list[Entry]:
        """All people, who was here last first."""
        query = select(people).order_by(people.c.last_seen.is_(None), people.c.last_seen.desc(), people.c.sub)
        with self._engine.connect() as connection:
            return [_entry(row) for row in connection.execute(query).mappings()]

    def find(self, iss: str, sub: str) -> Entry | None:
        """One person."""
        with self._engine.connect() as connection:
            return _find(connection, iss, sub)

    def is_blocked(self, iss: str, sub: str) -> bool:
        """Whether somebody is known and blocked."""
        found = self.find(iss, sub)
        return found is not None and found.blocked

    def invite(self, iss: str, sub: str, **facts: Any) -> Entry:
        """Let somebody in who asked, or prepare an entry. ``facts`` (name, email, note, granted, cap, expires_at)
        replace what is there; what is not given stays."""
        return self._set(iss, sub, status="invited", **facts)

    def change(self, iss: str, sub: str, **facts: Any) -> Entry:
        """Change what the owner decided (granted, cap, blocked, expires_at, note). An entry is made when there is none:
        somebody can be blocked before they ever come."""
        return self._set(iss, sub, **facts)

    def remove(self, iss: str, sub: str) -> Entry | None:
        """Forget a person with everything that was given to them or taken from them; None when there is none."""
        with writing(self._engine) as connection:
            entry = _find(connection, iss, sub)
            if entry:
                connection.execute(delete_from(people).where(people.c.key == person_key(iss, sub)))
                move_on(connection)
        return entry

    def keep_those_who_came(self) -> int:
        """Count everybody who came in by themselves as invited from now on; returns how many."""
        with writing(self._engine) as connection:
            came = (people.c.status == "admitted") | ((people.c.status == "asked") & (people.c.calls > 0))
            changed = connection.execute(update(people).where(came).values(status="invited"))
            move_on(connection)
        return changed.rowcount

    def _set(self, iss: str, sub: str, **facts: Any) -> Entry:
        facts = {name: " ".join(sorted(fact)) if name == "granted" else fact for name, fact in facts.items()}
        facts = {name: fitting(fact, _LENGTHS[name]) if name in _LENGTHS else fact for name, fact in facts.items()}
        key = person_key(iss, sub)
        with writing(self._engine) as connection:
            if not connection.execute(update(people).where(people.c.key == key).values(**facts)).rowcount:
                blank = {"key": key, "iss": fitting(iss, _LENGTHS["iss"]), "sub": fitting(sub, _LENGTHS["sub"])}
                connection.execute(insert(people).values(**{**_BLANK, **blank, **facts}))
            move_on(connection)
            entry = _find(connection, iss, sub)
        assert entry is not None  # noqa: S101  (it was written in this very transaction)
        return entry


_BLANK: dict[str, Any] = {
    **dict.fromkeys(("name", "email", "note", "granted", "cap", "last_client"), ""),
    "blocked": False,
    "status": "known",  # the owner decided something, but did not invite them, and they were never here
    "calls": 0,
}
_LENGTHS = {column.name: column.type.length or 0 for column in people.columns if isinstance(column.type, String)}
_SHOWN = [column for column in people.columns if column.name != "key"]


def move_on(connection: Connection) -> None:
    """Say that something changed on which decisions depend."""
    connection.execute(update(door).values(version=door.c.version + 1))


def decisive(connection: Connection) -> dict[tuple[str, str], Person]:
    """The people about whom something was decided: for all others, no entry says the same as theirs."""
    query = select(*_SHOWN).where(~FORGETTABLE | (people.c.status == "invited"))
    return {(row["iss"], row["sub"]): _entry(row).decided for row in connection.execute(query).mappings()}


def _find(connection: Connection, iss: str, sub: str) -> Entry | None:
    row = connection.execute(select(*_SHOWN).where(people.c.key == person_key(iss, sub))).mappings().first()
    return _entry(row) if row else None


def _entry(row: RowMapping) -> Entry:
    facts = {name: row[name] for name in Entry.__dataclass_fields__}
    return Entry(**{**facts, "granted": frozenset(row["granted"].split()), "blocked": bool(row["blocked"])})
