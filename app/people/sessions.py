"""Who is logged in at the owner's page: kept in the store, so that all servers know it and an end is an end.

A browser holds a random word; the store holds only a digest of it. What somebody may do is not kept: it is decided anew
with each request, from the scopes that their log-in brought and what the owner decided about them since.
"""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import Engine, delete, insert, select

from app.auth.principal import Principal
from app.store.engine import writing
from app.store.tables import CLIENT_CHARS, ISS_CHARS, SUB_CHARS, fitting, sessions

SESSION_SECONDS = 8 * 3_600.0
"""How long a session lasts at most."""


class Sessions:
    """The sessions of an installation. Every method is one transaction; ``now`` is in seconds since the epoch."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, principal: Principal, now: float) -> str:
        """Begin a session for somebody who logged in; returns the word that their browser shall hold."""
        word = secrets.token_urlsafe(32)
        row = {
            "key": _digest(word),
            "iss": fitting(principal.iss, ISS_CHARS),
            "sub": fitting(principal.sub, SUB_CHARS),
            "client_id": fitting(principal.client_id, CLIENT_CHARS),
            "name": fitting(principal.name or principal.email, 320),
            "scopes": fitting(" ".join(sorted(principal.scopes)), 200),
            "begun_at": now,
        }
        with writing(self._engine) as connection:
            connection.execute(delete(sessions).where(sessions.c.begun_at <= now - SESSION_SECONDS))
            connection.execute(insert(sessions).values(**row))
        return word

    def find(self, word: str, now: float) -> Principal | None:
        """Whose session it is; None when there is none, or it ended."""
        with self._engine.connect() as connection:
            row = connection.execute(select(sessions).where(sessions.c.key == _digest(word))).mappings().first()
        if row is None or not 0 <= now - row["begun_at"] < SESSION_SECONDS:
            return None
        begun = float(row["begun_at"])
        scopes = frozenset(row["scopes"].split())
        ends = begun + SESSION_SECONDS
        return Principal(row["iss"], row["sub"], row["client_id"], scopes, ends, issued_at=begun, name=row["name"])

    def end(self, word: str) -> None:
        """End one session."""
        with writing(self._engine) as connection:
            connection.execute(delete(sessions).where(sessions.c.key == _digest(word)))

    def end_all_of(self, iss: str, sub: str) -> int:
        """End every session of one person; returns how many there were."""
        with writing(self._engine) as connection:
            theirs = (sessions.c.iss == iss) & (sessions.c.sub == sub)
            return connection.execute(delete(sessions).where(theirs)).rowcount


def _digest(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()
