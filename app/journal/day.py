"""How much happens in a day: today so far, and usually by this time of the day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Engine, func, select

from app.store.tables import entries

DAYS = 7
"""How many days before today are the usual ones."""

_REFUSED = ("denied", "refused")


class Day(NamedTuple):
    """Calls of tools, people whose calls were answered, and requests that were not let through."""

    calls: float
    people: float
    refusals: float


def today(engine: Engine, now: float) -> Day:
    """Since midnight on this machine's clock. ``now`` is in seconds since the epoch."""
    return _between(engine, _midnight(now).timestamp(), now)


def usual(engine: Engine, now: float) -> Day | None:
    """The mean of the days before, each until the same time of the day; None when nothing is known of any."""
    midnight = _midnight(now)
    days = [midnight - timedelta(days=number) for number in range(1, DAYS + 1)]
    found = [_between(engine, one.timestamp(), one.timestamp() + now - midnight.timestamp()) for one in days]
    known = [one for one in found if any(one)]
    return Day(*(sum(column) / len(known) for column in zip(*known, strict=True))) if known else None


def _midnight(now: float) -> datetime:
    return datetime.fromtimestamp(now).replace(hour=0, minute=0, second=0, microsecond=0).astimezone()


def _between(engine: Engine, since: float, until: float) -> Day:
    answered = entries.c.method.in_(("tools/call",)) & entries.c.outcome.not_in(_REFUSED)
    query = select(
        func.count().filter(answered),
        func.count(entries.c.sub.distinct()).filter(answered),
        func.count().filter(entries.c.outcome.in_(_REFUSED)),
    ).where(entries.c.time >= since, entries.c.time < until)
    with engine.connect() as connection:
        return Day(*connection.execute(query).one())
