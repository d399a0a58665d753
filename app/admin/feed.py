"""What happens now, for open pages: server-sent events (HTML Living Standard §9.2), written from the request log.

One look into the store serves all open pages, and nobody looks while none is open. It is the log itself that is read,
so a page sees what every server on this store does, and goes on where it was after a restart. When much happens, the
newest of it is sent and the rest is counted.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

from app.admin.house import House
from app.admin.looks import shown
from app.journal.queries import Logged, after, last_id, names
from app.journal.search import Question

LOOK_SECONDS = 0.3
SENT = 40
"""How many entries are sent at a time."""
QUIET_SECONDS = 15.0
"""After so long without news a comment is sent, so that a dead connection is noticed."""
MAX_FEEDS = 100

log = logging.getLogger("gatehouse.admin")


class Feed:
    """The news of the request log, for any number of listeners."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._listeners: set[asyncio.Queue[str]] = set()
        self._looking: asyncio.Task[None] | None = None
        self._beginning = asyncio.Lock()
        self._last = 0

    async def events(self, last: str, still: Callable[[], bool]) -> AsyncIterator[str]:
        """The stream of one page, which has seen everything up to the entry ``last``. It ends when ``still`` says that
        its session does."""
        if len(self._listeners) >= MAX_FEEDS:
            yield "retry: 30000\n\n"
            return
        queue: asyncio.Queue[str] = asyncio.Queue(maxsize=20)
        self._listeners.add(queue)
        try:
            yield "retry: 1000\n\n"
            await self._begin()  # first the news, then what was missed: twice is harmless, never is not
            if last.isdecimal() and len(last) < 19:
                yield await asyncio.to_thread(self._since, int(last))
            quiet = 0.0
            while await asyncio.to_thread(still):
                try:
                    yield await asyncio.wait_for(queue.get(), 0.5)
                    quiet = 0.0
                except TimeoutError:
                    quiet += 0.5
                    if quiet >= QUIET_SECONDS:
                        yield ": here\n\n"
                        quiet = 0.0
            yield "event: over\ndata: 1\n\n"
        finally:
            self._listeners.discard(queue)

    async def _begin(self) -> None:
        async with self._beginning:
            if self._looking is None or self._looking.done():
                self._last = await asyncio.to_thread(lambda: last_id(self._house.engine()))
                self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while self._listeners:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                found = await asyncio.to_thread(lambda: after(self._house.engine(), self._last, Question()))
                text = await asyncio.to_thread(self._written, found) if found else ""
            except Exception as error:
                log.warning("the feed cannot read the request log (%s); trying again", type(error).__name__)
                continue
            if found:
                self._last = found[-1].id
                for queue in self._listeners:
                    if not queue.full():  # whoever reads too slowly misses some, and sees so by the counts
                        queue.put_nowait(text)

    def _since(self, last: int) -> str:
        found = after(self._house.engine(), last, Question())
        return self._written(found) if found else ": nothing new\n\n"

    def _written(self, found: list[Logged]) -> str:
        newest = found[-SENT:]
        who = names(self._house.engine(), {(one.entry.iss, one.entry.sub) for one in newest if one.entry.sub})
        rows = [row(one, who) for one in newest]
        data = json.dumps({"rows": rows, "more": len(found) - len(newest)}, ensure_ascii=False)
        return f"id: {found[-1].id}\ndata: {data}\n\n"


def row(logged: Logged, who: dict[tuple[str, str], str]) -> dict[str, Any]:
    """What a page shows of an entry, as texts."""
    entry = logged.entry
    person = who.get((entry.iss, entry.sub)) or entry.sub or entry.client
    return {
        "id": logged.id,
        "time": entry.time,
        "person": shown(person, 60),
        "client": shown(entry.client_id, 40),
        "tool": shown(entry.tool or entry.method, 60),
        "outcome": entry.outcome,
        "reason": shown(entry.reason, 60),
        "reference": entry.reference,
        "ms": round(entry.latency_ms, 1),
    }
