"""What happens now, for open pages: server-sent events (HTML Living Standard §9.2), written from the request log.

One look into the store serves all open pages, and nobody looks while none is open. It is the log itself that is read,
so a page sees what every server on this store does, and goes on where it was after a restart. When much happens, the
newest of it is sent and the rest is counted.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from app.admin.house import House
from app.admin.looks import shown
from app.journal.queries import Logged, after, last_id, names
from app.journal.search import Question

LOOK_SECONDS = 0.3
CHECK_SECONDS = 0.8
"""How often it is looked whether the session of a page still lasts."""
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
                _, missed = await asyncio.to_thread(self._since, int(last))
                yield missed or ": nothing new\n\n"
            checked, quiet = float("-inf"), 0.0
            while True:
                if time.monotonic() - checked >= CHECK_SECONDS:
                    if not await asyncio.to_thread(still):
                        break
                    checked = time.monotonic()
                try:
                    yield await asyncio.wait_for(queue.get(), CHECK_SECONDS)
                    quiet = 0.0
                except TimeoutError:
                    quiet += CHECK_SECONDS
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
                self._last, text = await asyncio.to_thread(self._since, self._last)
            except Exception as error:
                log.warning("the feed cannot read the request log (%s); trying again", type(error).__name__)
                continue
            for queue in self._listeners:
                if text and not queue.full():  # whoever reads too slowly misses some
                    queue.put_nowait(text)

    def _since(self, last: int) -> tuple[int, str]:
        """What is new after the entry ``last``, and the newest entry's number. Only what is sent is read."""
        engine = self._house.engine()
        newest = last_id(engine)
        if newest <= last:
            return last, ""
        found = after(engine, max(last, newest - SENT), Question())[:SENT]
        if not found:
            return newest, ""
        who = names(engine, {(one.entry.iss, one.entry.sub) for one in found if one.entry.sub})
        rows = [row(one, who) for one in found]
        reached = found[-1].id
        data = json.dumps({"rows": rows, "more": max(0, reached - last - len(found))}, ensure_ascii=False)
        return reached, f"id: {reached}\ndata: {data}\n\n"


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
