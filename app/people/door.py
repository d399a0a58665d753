"""The door, the clients that come through it, and the state that all decisions are made under.

Synchronous, over the one database. The door says whom of the log-in service's people it lets in: ``everybody``, only
the ``invited``, or ``nobody``; and from when on tokens must be.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, RowMapping, func, insert, select, update
from sqlalchemy import delete as delete_from

from app.access.policy import State
from app.people.roster import decisive, move_on
from app.store.engine import impatient, writing
from app.store.tables import client_key, clients, door, fitting, people


@dataclass(frozen=True, slots=True)
class Client:
    """A program that people use. ``name`` is what it called itself; times are seconds since the epoch."""

    client_id: str
    name: str
    blocked: bool
    first_seen: float | None
    last_seen: float | None
    calls: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How many people are in which case. ``in_by_themselves`` came while the door was open to everybody."""

    known: int
    invited: int
    in_by_themselves: int
    blocked: int
    expired: int
    asked: int


class Door:
    """The door of an installation and the clients it knows. Every method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def version(self) -> int:
        """A number that grows with each change that decisions depend on."""
        with impatient(self._engine) as connection:
            return int(connection.execute(select(door.c.version)).scalar_one())

    def state(self, default_scopes: frozenset[str]) -> tuple[int, State]:
        """The state to decide under, and its version, both of the same moment."""
        with impatient(self._engine) as connection:
            row = connection.execute(select(door)).mappings().one()
            blocked = connection.execute(select(clients.c.client_id).where(clients.c.blocked)).scalars()
            state = State(
                row["admission"], row["tokens_from"], decisive(connection), frozenset(blocked), default_scopes
            )
        return int(row["version"]), state

    def set(self, admission: str, tokens_from: float | None = None) -> None:
        """Open or close the door; with ``tokens_from`` also refuse all tokens issued earlier."""
        line = {} if tokens_from is None else {"tokens_from": tokens_from}
        with writing(self._engine) as connection:
            connection.execute(update(door).values(admission=admission, **line))
            move_on(connection)

    def registration_at(self) -> str:
        """The issuer at which closing the door switched off that programs register by themselves; blank for none."""
        with self._engine.connect() as connection:
            return str(connection.execute(select(door.c.registration_at)).scalar_one())

    def remember_registration(self, issuer: str) -> None:
        """Note at which issuer it was switched off, blank when it is on again. No decision depends on it."""
        with writing(self._engine) as connection:
            connection.execute(update(door).values(registration_at=issuer))

    def counts(self, now: float) -> Counts:
        """How many people there are, of each kind."""
        query = select(
            func.count().filter(people.c.status.in_(("admitted", "invited"))),
            func.count().filter(people.c.status == "invited"),
            func.count().filter(people.c.status == "admitted"),
            func.count().filter(people.c.blocked),
            func.count().filter(people.c.expires_at <= now),
            func.count().filter(people.c.status == "asked"),
        )
        with self._engine.connect() as connection:
            return Counts(*connection.execute(query).one())

    def clients(self) -> list[Client]:
        """All clients, who was here last first."""
        query = select(clients).order_by(clients.c.last_seen.is_(None), clients.c.last_seen.desc(), clients.c.client_id)
        with self._engine.connect() as connection:
            return [_client(row) for row in connection.execute(query).mappings()]

    def block_client(self, client_id: str, *, blocked: bool) -> bool:
        """Refuse a client from now on, or let it in again. Returns whether it was known before."""
        key, facts = client_key(client_id), {"blocked": blocked}
        with writing(self._engine) as connection:
            known = connection.execute(update(clients).where(clients.c.key == key).values(**facts)).rowcount > 0
            if not known and blocked:
                row = {"key": key, "client_id": fitting(client_id, 1_024), "name": "", "calls": 0}
                connection.execute(insert(clients).values(**row, **facts))
            move_on(connection)
        return known

    def prune_clients(self, before: float) -> list[Client]:
        """Forget clients that nobody used since ``before``; blocked ones stay blocked."""
        old = (clients.c.last_seen < before) & ~clients.c.blocked
        with writing(self._engine) as connection:
            forgotten = [_client(row) for row in connection.execute(select(clients).where(old)).mappings()]
            connection.execute(delete_from(clients).where(old))
        return forgotten


def _client(row: RowMapping) -> Client:
    facts = {name: row[name] for name in Client.__dataclass_fields__}
    return Client(**{**facts, "blocked": bool(row["blocked"])})
