"""What the request log tells the doctor: whether a request stands in it, and what was refused of late.

Read-only, in a thread, since the database library waits. From outside there is no request log to look at.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from app.doctor.aside import aside
from app.doctor.context import Context
from app.errors import ConfigurationError
from app.journal.entry import Entry

if TYPE_CHECKING:
    from sqlalchemy import Engine

DAY = 86_400.0
MAX_READ = 2_000
LOOKS = 40
WAIT_SECONDS = 0.05
"""How often, and seconds apart, it is looked for an entry that was just made."""


class NoLog(Exception):
    """There is no request log to read. The text says why."""


@dataclass(frozen=True)
class Turned:
    """What was turned away for one reason in the last day: how often, and the newest."""

    count: int
    newest: Entry


async def _engine(context: Context) -> Engine:
    """The open database. Raises :class:`NoLog` and :class:`~app.errors.ConfigurationError`."""
    settings = context.settings
    if settings is None:
        raise NoLog("the request log is seen from inside only")
    place = settings.database_url.get_secret_value()
    if not place:
        try:
            os.stat(os.path.join(settings.data_dir, "journal.sqlite"))  # opening it would make it
        except OSError:
            raise NoLog("there is no request log yet") from None

    def open_it() -> Engine:
        from app.store.engine import database_url, open_engine  # noqa: PLC0415  (slow to load)

        return open_engine(database_url(place, settings.data_dir))

    engine: Engine = await aside(open_it, "open the database")
    context.closers.append(engine.dispose)
    return engine


async def engine_of(context: Context) -> Engine:
    """The database, opened once. Raises :class:`NoLog` and :class:`~app.errors.ConfigurationError`."""
    engine: Engine = await context.once("engine", lambda: _engine(context))
    return engine


async def was_noted(context: Context, reference: str, looks: int = 0) -> bool:
    """Whether a refusal with this code stands in the log; entries are written a moment after the answer."""
    from app.journal.store import Store  # noqa: PLC0415  (slow to load)

    try:
        store = Store(await engine_of(context))
    except (NoLog, ConfigurationError):
        return False
    for look in range(looks or LOOKS):
        if look:
            await asyncio.sleep(WAIT_SECONDS)
        if await aside(partial(store.find, reference), "find an entry"):
            return True
    return False


async def turned_away(context: Context, *, fresh: bool = False) -> Mapping[str, Turned]:
    """What was not let through in the last day, by reason; as it is now when ``fresh``. Raises :class:`NoLog`."""
    if fresh:
        return await _turned_away(context)
    found: Mapping[str, Turned] = await context.once("turned away", lambda: _turned_away(context))
    return found


async def entries(context: Context, outcomes: tuple[str, ...], limit: int = MAX_READ) -> list[Entry]:
    """The newest entries of the last day with these outcomes. Raises :class:`NoLog`."""
    from app.journal.queries import newest  # noqa: PLC0415  (slow to load)
    from app.journal.search import Question  # noqa: PLC0415  (slow to load)

    try:
        engine = await engine_of(context)
    except ConfigurationError:
        raise NoLog("the database cannot be read") from None
    question = Question(outcomes=outcomes, since=context.clock() - DAY)
    logged = await aside(lambda: list(newest(engine, question, limit)), "read the request log")
    return [one.entry for one in logged]


async def _turned_away(context: Context) -> Mapping[str, Turned]:
    found: dict[str, Turned] = {}
    for entry in await entries(context, ("denied", "refused", "error")):
        before = found.get(entry.reason)
        found[entry.reason] = Turned(1 + (before.count if before else 0), before.newest if before else entry)
    return found
