"""Keeping every running server's state as new as the database: one thread that asks for a version number.

A change made anywhere (the command line, another server on the same database) is taken up within a quarter of a second,
and counts from the next request on. While the database cannot be reached the last state goes on to count; before it was
ever read, nobody comes in. The database library is loaded in the thread, so that it costs no start-up time.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.errors import ConfigurationError
from app.people.guard import Guard

if TYPE_CHECKING:
    from sqlalchemy import Engine

WATCH_SECONDS = 0.25
"""How long a change waits at most until it is seen."""

STUCK_SECONDS = 5.0

log = logging.getLogger("gatehouse.people")


class Watch:
    """Gives ``guard`` its state and keeps it new. ``open_engine`` is called in the watching thread."""

    def __init__(self, guard: Guard, open_engine: Callable[[], Engine], default_scopes: frozenset[str]) -> None:
        self._guard = guard
        self._open_engine = open_engine
        self._default_scopes = default_scopes
        self._stop = threading.Event()
        self._tried = threading.Event()
        self._thread = threading.Thread(target=self._run, name="people", daemon=True)
        self.failure = "not read yet"
        """Why the state cannot be looked up now; empty when it can."""
        self.looked_at = float("-inf")
        """When it was looked up last, on the monotonic clock."""

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait until the state was read, or the first attempt failed; whether there is a state."""
        self._tried.wait(seconds)
        return self._guard.state is not None

    @property
    def is_stuck(self) -> bool:
        """Whether the last look is so long ago that something holds it up."""
        return time.monotonic() - self.looked_at > STUCK_SECONDS

    def close(self) -> None:
        """End."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(5)

    def _run(self) -> None:
        version: int | None = None
        look: _Look | None = None
        while not self._stop.is_set():
            try:
                engine = self._open_engine()
                if look is None or look.engine is not engine:  # the file was put in another's place
                    look, version = _Look(engine, self._default_scopes), None
                version = look.again(self._guard, version)
                self.looked_at = time.monotonic()
                self._came_back()
            except Exception as error:
                self._failed(error)
            self._tried.set()
            self._stop.wait(WATCH_SECONDS)

    def _came_back(self) -> None:
        if self.failure and self._tried.is_set():
            log.warning("the store of people can be read again")
        self.failure = ""

    def _failed(self, error: Exception) -> None:
        said = str(error) if isinstance(error, ConfigurationError) else type(error).__name__
        if said != self.failure:
            then = "what was read last goes on to count" if self._guard.state else "nobody is let in until it can be"
            log.error("the store of people cannot be read (%s): %s", said, then)
        self.failure = said


class _Look:
    """One open database, looked at again and again."""

    def __init__(self, engine: Engine, default_scopes: frozenset[str]) -> None:
        from app.people.door import Door  # noqa: PLC0415  (loads the database library)

        self.engine = engine
        self._door = Door(engine)
        self._default_scopes = default_scopes

    def again(self, guard: Guard, version: int | None) -> int:
        if version is not None and self._door.version() == version:
            return version
        version, guard.state = self._door.state(self._default_scopes)
        return version
