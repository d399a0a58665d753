"""Writing down who was here: the statements behind ``recorder.py``, for SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, func, select, text

from app.people.recorder import Visits
from app.people.roster import FORGETTABLE
from app.store.tables import client_key, clients, fitting, people, person_key

MAX_ASKED = 1_000
MAX_ADMITTED = 100_000
MAX_CLIENTS = 10_000
"""How many people and clients are kept about whom the owner decided nothing; the longest unseen make room."""

People = Mapping[tuple[str, str], Visits]


class Noting:
    """Writes in a transaction that somebody else begins and ends."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def came(self, who: People, through: Mapping[str, Visits], *, anybody_new: bool) -> None:
        """Note who came in, and through which clients; when somebody is new, look whether there are too many."""
        if not who:
            return
        self._connection.execute(_CAME, [_person_row(*one, visits) for one, visits in who.items()])
        self._connection.execute(_THROUGH, [_client_row(one, visits) for one, visits in through.items()])
        if anybody_new:
            self._keep(people, FORGETTABLE & (people.c.status == "admitted"), MAX_ADMITTED)
            self._keep(clients, ~clients.c.blocked, MAX_CLIENTS)

    def asked(self, who: People) -> None:
        """Note who was refused and is a stranger."""
        if who:
            rows = [{**_person_row(*one, visits), "calls": 0} for one, visits in who.items()]
            self._connection.execute(_ASKED, rows)
            self._keep(people, FORGETTABLE & (people.c.status == "asked"), MAX_ASKED)

    def _keep(self, table: Any, which: Any, most: int) -> None:
        counted = select(func.count()).select_from(table).where(which)
        excess = (self._connection.execute(counted).scalar() or 0) - most
        if excess > 0:
            oldest = select(table.c.key).where(which).order_by(table.c.last_seen, table.c.key).limit(excess)
            self._connection.execute(delete(table).where(table.c.key.in_(oldest)))


def _person_row(iss: str, sub: str, visits: Visits) -> dict[str, Any]:
    return {
        "key": person_key(iss, sub),
        "iss": fitting(iss, 1_024),
        "sub": fitting(sub, 4_096),
        "name": fitting(visits.name, 200),
        "email": fitting(visits.email, 320),
        "first": visits.first,
        "last": visits.last,
        "calls": visits.calls,
        "client": fitting(visits.last_client, 1_024),
        "uninvited": int(visits.uninvited),
    }


def _client_row(client_id: str, visits: Visits) -> dict[str, Any]:
    return {
        "key": client_key(client_id),
        "client_id": fitting(client_id, 1_024),
        "name": fitting(visits.user_agent, 200),
        "first": visits.first,
        "last": visits.last,
        "calls": visits.calls,
    }


_PERSON = (
    "INSERT INTO people (key, iss, sub, name, email, note, granted, cap, blocked, expires_at, status, first_seen,"
    " last_seen, calls, last_client) VALUES (:key, :iss, :sub, :name, :email, '', '', '', false, NULL, '{status}',"
    " :first, :last, :calls, :client) ON CONFLICT (key) DO UPDATE SET"
)
_SEEN = (
    " first_seen = coalesce({table}.first_seen, excluded.first_seen), last_seen = CASE WHEN {table}.last_seen >"
    " excluded.last_seen THEN {table}.last_seen ELSE excluded.last_seen END, calls = {table}.calls + excluded.calls"
)
_CAME = text(
    _PERSON.format(status="admitted") + _SEEN.format(table="people") + ", last_client = excluded.last_client,"
    " name = CASE WHEN people.name = '' THEN excluded.name ELSE people.name END,"
    " email = CASE WHEN people.email = '' THEN excluded.email ELSE people.email END,"
    " status = CASE WHEN people.status = 'invited' THEN 'invited' ELSE 'admitted' END"
)
_ASKED = text(
    _PERSON.format(status="asked") + " last_seen = excluded.last_seen, last_client = excluded.last_client,"
    " status = CASE WHEN people.status = 'admitted' AND :uninvited = 0 THEN 'admitted' ELSE 'asked' END"
    " WHERE people.status <> 'invited'"
)
_CLIENT = (
    "INSERT INTO clients (key, client_id, name, blocked, first_seen, last_seen, calls) VALUES (:key, :client_id, :name,"
    " false, :first, :last, :calls) ON CONFLICT (key) DO UPDATE SET"
    " name = CASE WHEN clients.name = '' THEN excluded.name ELSE clients.name END,"
)
_THROUGH = text(_CLIENT + _SEEN.format(table="clients"))
