"""Any MCP server behind the door: one connection each, opened with Gatehouse and shared by all callers.

Opening waits for nobody but a server that was never seen before, and for that a moment only: what a server offered last
is offered at once. Its tools then fail with a clear message until it is there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from app.tools.base import Observe, Toolset, unobserved
from app.tools.upstream.connection import Connection
from app.tools.upstream.entry import ServerEntry
from app.tools.upstream.memory import Listing, Memory, sign
from app.tools.upstream.offer import Offer

NEW_SERVER_SECONDS = 2.0
"""How long opening waits for servers that were never seen before."""

ACCEPTED_SECONDS = 1.0
"""How often it is looked whether the owner accepted something."""

NOTHING = Listing([], [], [], [])

log = logging.getLogger("gatehouse.upstream")
Pause = Callable[[float], Awaitable[None]]


class _Upstream:
    """One server: what it offers, from memory or its own mouth, and who wants to know when that changes."""

    def __init__(self, server: ServerEntry, folder: Path, observe: Observe, pause: Pause) -> None:
        self.name = server.name
        self.memory = Memory(folder, server.name)
        self.connection = Connection(server, self._listed, observe, pause)
        self._offer = Offer(server, self.connection)
        self._subscribers: list[Callable[[Toolset], None]] = []
        self._accepted_at = self.memory.accepted_at()
        self.listing = self.memory.listing()
        self.toolset = self._built()

    async def _listed(self, listing: Listing) -> None:
        first = await asyncio.to_thread(self._remember, listing)
        if first:
            log.info("upstream %s: its %d tools are accepted as they are", self.name, len(listing.tools))
        if listing != self.listing or first:
            self.listing = listing
            self._rebuild()

    def _remember(self, listing: Listing) -> bool:
        self.memory.note(listing)
        if self.memory.accepted() is not None:
            return False
        self.memory.accept(listing)
        return True

    async def watch(self) -> None:
        """See when the owner accepts something."""
        while True:
            await asyncio.sleep(ACCEPTED_SECONDS)
            if (at := self.memory.accepted_at()) != self._accepted_at:
                self._accepted_at = at
                self._rebuild()

    def _rebuild(self) -> None:
        self.toolset = self._built()
        for subscriber in self._subscribers:
            subscriber(self.toolset)

    def _built(self) -> Toolset:
        made = self._offer.toolset(self.listing or NOTHING, self.memory.accepted() or {})
        return replace(made, changes=self._subscribers.append, trouble=lambda: self.connection.complaint)


@asynccontextmanager
async def open_upstreams(
    servers: Sequence[ServerEntry],
    folder: Path,
    observe: Observe = unobserved,
    *,
    new_server_seconds: float = NEW_SERVER_SECONDS,
    pause: Pause = asyncio.sleep,
) -> AsyncIterator[list[Toolset]]:
    """Connect to the servers, side by side, while the context is open. ``folder`` is where they are remembered.

    ``observe`` is told of each request; opening waits at most ``new_server_seconds`` for servers never seen before.
    """
    for noisy in ("mcp.client", "mcp.shared", "client"):  # they write what servers send, secrets and all
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    upstreams = [_Upstream(server, folder, observe, pause) for server in servers]
    tasks = [asyncio.create_task(work) for one in upstreams for work in (one.connection.run(), one.watch())]
    try:
        new = [asyncio.create_task(one.connection.settled.wait()) for one in upstreams if one.listing is None]
        if new:
            _, late = await asyncio.wait(new, timeout=new_server_seconds)
            for waiting in late:
                waiting.cancel()
        yield [one.toolset for one in upstreams]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class ListChanged(Exception):
    """The server lists something else by now than what the owner looked at."""


def remembered(server: ServerEntry, folder: Path) -> Toolset | None:
    """What the server offered last, without asking it; None when it was never seen. Its tools cannot be called."""
    found = looked_at(server, folder)
    return found[0] if found else None


def looked_at(server: ServerEntry, folder: Path) -> tuple[Toolset, str] | None:
    """The same, with a sign of the list that :func:`accept` knows again."""
    memory = Memory(folder, server.name)
    listing = memory.listing()
    if listing is None:
        return None
    return Offer(server, Connection(server, _unheard)).toolset(listing, memory.accepted() or {}), sign(listing)


def accept(server: ServerEntry, folder: Path, seen: str = "") -> list[str] | None:
    """Accept the server's tools as it listed them last; returns the names of those that were new or had changed.

    None when it was never seen. With the sign of what was ``seen``, raises :class:`ListChanged` unless it is that.
    """
    memory = Memory(folder, server.name)
    listing = memory.listing()
    if listing is None:
        return None
    if seen and sign(listing) != seen:
        raise ListChanged
    before = Offer(server, Connection(server, _unheard)).toolset(listing, memory.accepted() or {})
    memory.accept(listing)
    return [f"{tool.definition.name} ({tool.note})" for tool in before.tools if tool.note]


async def _unheard(listing: Listing) -> None:
    """For connections that are never opened."""
