"""The tables, as the newest migration leaves them: the request log, people, clients, the door and owners' sessions.

Texts have the lengths that are written here on every engine: whoever writes cuts them with :func:`fitting`. Identity is
``(iss, sub)`` in full; since a subject may be longer than what an index of PostgreSQL takes, rows are found by a digest
of it. No token, key or secret is ever a column.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    desc,
    literal_column,
)

SUB_CHARS = 4_096
ISS_CHARS = 1_024
CLIENT_CHARS = 1_024

metadata = MetaData()

entries = Table(
    "entries",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("time", Float, nullable=False),  # seconds since the epoch, as every time here
    Column("iss", String(ISS_CHARS), nullable=False),
    Column("sub", String(SUB_CHARS), nullable=False),
    Column("client_id", String(CLIENT_CHARS), nullable=False),
    Column("client", String(64), nullable=False),  # the caller's address
    Column("user_agent", String(200), nullable=False),
    Column("method", String(100), nullable=False),
    Column("tool", String(200), nullable=False),
    Column("server", String(64), nullable=False),  # the group of tools that the tool is of
    Column("scopes", String(200), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("reason", String(60), nullable=False),
    Column("reference", String(9), nullable=False),
    Column("status", Integer, nullable=False),
    Column("latency_ms", Float, nullable=False),
    Column("request_bytes", Integer, nullable=False),
    Column("response_bytes", Integer, nullable=False),
    Column("arguments", String(1_000), nullable=False),
    Column("detail", String(2_000), nullable=False),
    Column("expected", String(1_000), nullable=False),
    Column("received", String(1_000), nullable=False),
)

SUB_START = "substr(sub, 1, 64)"
CLIENT_START = "substr(client_id, 1, 64)"
HAS_REFERENCE = "reference <> ''"
NOT_OK = "outcome <> 'ok'"
"""What indexes hold of a subject and of a client, and of which entries: each index costs a part of the time that an
entry takes, and most entries are calls that went well. A query must say it in these very words to use the index."""


def _only(condition: ColumnElement[bool]) -> dict[str, Any]:
    return {"sqlite_where": condition, "postgresql_where": condition}


Index("ix_entries_time", entries.c.time)
Index("ix_entries_reference", entries.c.reference, **_only(literal_column(HAS_REFERENCE)))
Index("ix_entries_person", literal_column(SUB_START), entries.c.time, entries.c.tool)
Index("ix_entries_client", literal_column(CLIENT_START), entries.c.time, entries.c.tool)
Index("ix_entries_tool", entries.c.tool, entries.c.time, entries.c.outcome, entries.c.latency_ms)
Index("ix_entries_outcome", entries.c.outcome, entries.c.time, **_only(literal_column(NOT_OK)))

people = Table(
    "people",
    metadata,
    Column("key", String(64), primary_key=True),  # person_key(iss, sub)
    Column("iss", String(ISS_CHARS), nullable=False),
    Column("sub", String(SUB_CHARS), nullable=False),
    Column("name", String(200), nullable=False),
    Column("email", String(320), nullable=False),
    Column("note", String(1_000), nullable=False),
    Column("granted", String(200), nullable=False),  # scopes, separated by spaces
    Column("cap", String(10), nullable=False),  # the highest scope they may have; '' is no cap, 'none' is no scope
    Column("blocked", Boolean, nullable=False),
    Column("expires_at", Float),
    Column("status", String(20), nullable=False),  # admitted, invited, asked or known
    Column("first_seen", Float),
    Column("last_seen", Float),
    Column("calls", BigInteger, nullable=False),
    Column("last_client", String(CLIENT_CHARS), nullable=False),
)
Index("ix_people_status", people.c.status)

clients = Table(
    "clients",
    metadata,
    Column("key", String(64), primary_key=True),  # client_key(client_id)
    Column("client_id", String(CLIENT_CHARS), nullable=False),
    Column("name", String(200), nullable=False),
    Column("blocked", Boolean, nullable=False),
    Column("first_seen", Float),
    Column("last_seen", Float),
    Column("calls", BigInteger, nullable=False),
)

door = Table(
    "door",
    metadata,
    Column("id", Integer, primary_key=True),  # always 1: there is one door, and the migration makes it
    Column("admission", String(20), nullable=False),  # everybody, invited or nobody
    Column("tokens_from", Float, nullable=False),  # tokens issued earlier are refused
    Column("version", Integer, nullable=False),  # one more with each change that decisions depend on
    Column("registration_at", String(ISS_CHARS), nullable=False, server_default=""),  # the issuer where access close
    # switched off that programs register by themselves
)

sessions = Table(
    "sessions",
    metadata,
    Column("key", String(64), primary_key=True),  # a digest of what the browser holds: nobody can use what is here
    Column("iss", String(ISS_CHARS), nullable=False),
    Column("sub", String(SUB_CHARS), nullable=False),
    Column("client_id", String(CLIENT_CHARS), nullable=False),
    Column("name", String(320), nullable=False),
    Column("scopes", String(200), nullable=False),  # of the log-in's token
    Column("begun_at", Float, nullable=False),
)

NEWEST_FIRST = (desc(entries.c.time), desc(entries.c.id))

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def person_key(iss: str, sub: str) -> str:
    """The primary key of a person: a digest of ``(iss, sub)``."""
    return _digest(f"{iss}\x00{sub}")


def client_key(client_id: str) -> str:
    """The primary key of a client: a digest of its identifier."""
    return _digest(client_id)


def sub_is(sub: str) -> ColumnElement[bool]:
    """The condition that an entry is of this subject, in the form that uses the index."""
    return _is(entries.c.sub, SUB_START, sub)


def client_is(client_id: str) -> ColumnElement[bool]:
    """The condition that an entry came through this client, in the form that uses the index."""
    return _is(entries.c.client_id, CLIENT_START, client_id)


def _is(column: Column[str], start: str, value: str) -> ColumnElement[bool]:
    """Compare the indexed start, and then all. With a bare ``column = value`` SQLite would put the value into the
    start as well, and no longer see there what is indexed."""
    return and_(literal_column(start) == value[:64], column.concat("") == value)


def fitting(text: str, length: int) -> str:
    """The text as every database takes it: cut to ``length``, with ``?`` for NUL and for half letters."""
    return _UNSTORABLE.sub("?", text[:length])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
