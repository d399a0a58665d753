"""Answers that were fetched before: in memory, behind it on disk, and fetched once for all who want the same.

An answer is used while it is fresh. Afterwards it is fetched anew, and the old one stands in, with its old ``as_of``,
when that fails for a reason that will pass; never when a key is refused. Errors are not kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache

from app.tools.real_estate.contract import SEOUL, Clock, Listing
from app.tools.real_estate.sources.faults import RETRIED_ONCE, TRANSIENT, Fault
from app.tools.real_estate.sources.flight import Flights

if TYPE_CHECKING:
    from app.tools.real_estate.sources.store import Store

PATIENCE = timedelta(seconds=30)
"""How long a portal that did not answer is left alone where an older answer can stand in."""


@dataclass(frozen=True)
class Want:
    """One answer that is wanted.

    ``key`` names it, ``dataset`` is the number of what it belongs to; ``lifetime(listing, now)`` says how long it is
    fresh, now being Korean time; ``fetch`` brings it or raises :class:`Fault`.
    """

    key: str
    dataset: str
    lifetime: Callable[[Listing, datetime], timedelta]
    fetch: Callable[[], Coroutine[Any, Any, Listing]]


class Shelf:
    """Where answers are kept. ``store`` is None to keep them in memory only."""

    def __init__(self, clock: Clock, store: Store | None, memory_rows: int) -> None:
        self._clock = clock
        self._store = store
        self._memory: LRUCache[str, Listing] = LRUCache(memory_rows, getsizeof=_weight)
        self._flights: Flights[Listing] = Flights()
        self._writing: set[asyncio.Task[None]] = set()
        self._silent_since: dict[str, datetime] = {}

    def at_hand(self, want: Want) -> Listing | None:
        """A fresh answer in memory, without waiting."""
        found = self._memory.get(want.key)
        return found if found is not None and self._is_fresh(want, found) else None

    async def take(self, want: Want) -> Listing:
        """A fresh answer from memory, disk or the portal, or an older one that may stand in; raises :class:`Fault`."""
        return self.at_hand(want) or await self._flights.join(want.key, lambda: self._renewed(want))

    async def kept(self, want: Want) -> Listing | None:
        """An answer of any age, without asking the portal."""
        found = self._memory.get(want.key)
        if found is None and self._store is not None:
            found = await asyncio.to_thread(self._store.read, want.key, self._clock().timestamp())
            if found is not None:
                self._remember(want.key, found)
        return found

    async def close(self) -> None:
        """End every fetch, and wait until what was fetched is on disk."""
        await self._flights.close()
        await asyncio.gather(*self._writing)

    async def _renewed(self, want: Want) -> Listing:
        kept = await self.kept(want)
        if kept is not None and (self._is_fresh(want, kept) or self._is_silent(want.dataset)):
            return kept
        try:
            listing = await want.fetch()
        except Fault as fault:
            if fault.kind in RETRIED_ONCE:
                self._silent_since[want.dataset] = self._clock()
            if kept is None or fault.kind not in TRANSIENT:
                raise
            return kept
        self._silent_since.pop(want.dataset, None)
        self._remember(want.key, listing)
        self._write(want.key, listing)
        return listing

    def _write(self, key: str, listing: Listing) -> None:
        """Have an answer written to disk. Nobody waits for it, and nobody who gives up waiting loses it."""
        if self._store is not None:
            work = asyncio.to_thread(self._store.write, key, listing, self._clock().timestamp())
            task = asyncio.create_task(work)
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)

    def _remember(self, key: str, listing: Listing) -> None:
        if _weight(listing) <= self._memory.maxsize:
            self._memory[key] = listing

    def _is_fresh(self, want: Want, listing: Listing) -> bool:
        """Whether it is young enough. One from the future is not: the clock was set back, its age is unknown."""
        now = self._clock().astimezone(SEOUL)
        return timedelta() <= now - listing.as_of < want.lifetime(listing, now)

    def _is_silent(self, dataset: str) -> bool:
        since = self._silent_since.get(dataset)
        return since is not None and timedelta() <= self._clock() - since < PATIENCE


def _weight(listing: Listing) -> int:
    return len(listing.rows) + 1
