"""One open database for all threads of a process that need it, opened by the first that asks.

Nothing is loaded before: the database library takes time, and the server starts without waiting for it.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Engine


class SharedEngine:
    """Call it for the engine. ``url`` may be blank, for SQLite in ``data_dir``.

    Raises :class:`~app.errors.ConfigurationError` when the database cannot be opened; the next call tries again.
    """

    def __init__(self, url: str, data_dir: str) -> None:
        self._place = (url, data_dir)
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._file: int | None = None

    def __call__(self) -> Engine:
        """The engine, open and up to date."""
        from app.store.engine import database_url, open_engine  # noqa: PLC0415

        with self._lock:
            if self._engine is not None and self._file != _file_of(self._engine):
                self._engine.dispose()  # who still holds it goes on in the new file, too
                self._engine = None
            if self._engine is None:
                self._engine = open_engine(database_url(*self._place))
                self._file = _file_of(self._engine)
            return self._engine


def _file_of(engine: Engine) -> int | None:
    """Which file an SQLite database is in: another one may be put in its place, as when a copy is restored."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return None
    try:
        return os.stat(engine.url.database).st_ino
    except OSError:
        return 0
