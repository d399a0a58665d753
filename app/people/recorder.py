"""Who was here: people and clients noted from what the journal's writer is about to write, in the same transaction.

Somebody's first admitted request makes their entry; a refused stranger becomes somebody who asked to come in. Both are
bounded: whoever can make log-ins without end must not fill the disk. Nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app.journal.entry import Entry

CAME_IN = frozenset({"ok", "tool_error", "denied", "error", "cancelled"})
STRANGERS = frozenset({"not_invited", "door_closed"})
KEPT_OUT = STRANGERS | {"person_blocked", "person_expired", "client_blocked", "not_an_owner"}


@dataclass(slots=True)
class Visits:
    """What one batch says of one person or client."""

    first: float
    last: float
    last_client: str
    user_agent: str
    name: str
    email: str
    calls: int = 0
    uninvited: bool = False
    """Whether they were refused for not being invited, and not only because the door is closed to all."""


class Recorder:
    """A sink of the journal's writer: called in its thread, with each batch."""

    def __init__(self) -> None:
        self._known: LRUCache[object, bool] = LRUCache(50_000)

    def __call__(self, connection: Connection, batch: Sequence[Entry]) -> None:
        """Take up one batch, in the writer's transaction."""
        from app.people.noting import Noting  # noqa: PLC0415  (loads the database library: not before it is needed)

        came: dict[tuple[str, str], Visits] = {}
        through: dict[str, Visits] = {}
        asked: dict[tuple[str, str], Visits] = {}
        for one in batch:
            if not one.sub or one.outcome not in CAME_IN:
                continue
            if one.outcome != "denied" or one.reason not in KEPT_OUT:
                _add(came, (one.iss, one.sub), one)
                _add(through, one.client_id, one)
            elif one.reason in STRANGERS:
                _add(asked, (one.iss, one.sub), one).uninvited |= one.reason == "not_invited"
        new = [key for key in (*came, *through) if key not in self._known]
        self._known.update(dict.fromkeys(new, True))
        noting = Noting(connection)
        noting.came(came, through, anybody_new=bool(new))
        noting.asked(asked)


def _add(visits: dict[Any, Visits], key: Any, one: Entry) -> Visits:
    known = visits.get(key)
    if known is None:
        known = visits[key] = Visits(one.time, one.time, one.client_id, one.user_agent, one.name, one.email)
    known.last, known.last_client = max(known.last, one.time), one.client_id
    known.calls += one.method == "tools/call"
    return known
