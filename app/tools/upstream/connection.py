"""One server behind the door: connected to once, shared by all callers, and connected to again when it went away.

Which revision of the protocol is spoken is agreed on at each connection, the newest first. A caller waits for a server
that is just starting, and hears at once that one is down. Nothing a server does or leaves undone takes longer than its
``timeout`` from anybody.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal, TypeVar

from mcp.client.session import ClientSession
from mcp.client.subscriptions import SubscriptionLost, listen
from mcp.shared.exceptions import MCPError
from mcp_types import (
    Implementation,
    PromptListChangedNotification,
    ResourceListChangedNotification,
    ToolListChangedNotification,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from app import __version__
from app.tools.base import Observe, unobserved
from app.tools.upstream.child import child
from app.tools.upstream.entry import ServerEntry
from app.tools.upstream.listing import Sieve, everything
from app.tools.upstream.memory import Listing
from app.tools.upstream.pace import Pace
from app.tools.upstream.troubles import Trouble, reason_of, told, words_of
from app.tools.upstream.web import web

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
STEADY_SECONDS = 60.0
"""A connection that held for so long was a good one: the next pause is a short one again."""

RELIST_SECONDS = 1.0
"""How long changes of the list are gathered before it is asked for again."""

MAX_IN_FLIGHT = 200
"""Requests that wait for one server."""

log = logging.getLogger("gatehouse.upstream")

T = TypeVar("T")

_CHANGES = (ToolListChangedNotification, PromptListChangedNotification, ResourceListChangedNotification)


class Connection:
    """The connection to one server. :meth:`run` keeps it; ``listed`` is called with each list it gives.

    ``pause`` waits for so many seconds.
    """

    def __init__(
        self,
        server: ServerEntry,
        listed: Callable[[Listing], Awaitable[None]],
        observe: Observe = unobserved,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.server = server
        self.state: Literal["starting", "connected", "down"] = "starting"
        self.trouble = ""
        """Why it is down."""
        self.settled = asyncio.Event()
        """Set once it is known what the server offers, or that it is down."""
        self._listed = listed
        self._observe = observe
        self._pause = pause
        self._session: ClientSession | None = None
        self._turn = asyncio.Event()
        self._changed = asyncio.Event()
        self._lost = asyncio.Event()
        self._pace = Pace()
        self._in_flight = 0
        self._probes = True
        self._silent = False

    @property
    def complaint(self) -> str:
        """Why it cannot be used, or may not be usable; blank while all is well."""
        if self.state == "connected":
            return "it did not answer a request in time, and is asked whether it is there" if self._silent else ""
        return self.trouble or "it is starting"

    async def run(self) -> None:
        """Connect, and connect again, until cancelled."""
        wait = FIRST_PAUSE_SECONDS
        while True:
            started = time.monotonic()
            self._now("starting")
            try:
                await self._connect()
                why, said = "it closed the connection", ""
            except (asyncio.CancelledError, Exception) as error:
                task = asyncio.current_task()
                if task is None or task.cancelling():  # also when what was being closed had an error to tell meanwhile
                    raise asyncio.CancelledError from None
                why = self.server.redact(reason_of(error))
                said = self.server.redact(words_of(error))
            if time.monotonic() - started > STEADY_SECONDS:
                wait = FIRST_PAUSE_SECONDS
            self._now("down", why)
            log.warning("upstream %s is down: %s%s; the next try is in about %.0f s", self.server.name, why, said, wait)
            await self._pause(wait * random.uniform(0.75, 1.25))  # noqa: S311  (not a secret: it spreads the load)
            wait = min(wait * 2, LONGEST_PAUSE_SECONDS)

    async def ask(self, tool: str, request: Callable[[ClientSession], Awaitable[T]]) -> T:
        """Make a request of the server for a caller. Raises :class:`~app.errors.ToolError`."""
        if self._in_flight >= MAX_IN_FLIGHT:
            raise told(self.server, Trouble(f"{MAX_IN_FLIGHT} requests wait for it already"))
        started, outcome = time.perf_counter(), "cancelled"
        self._in_flight += 1
        try:
            async with asyncio.timeout(self.server.options.timeout):
                session = self._session or await self._connected()
                answer = await request(session)
            outcome, self._silent = "ok", False
            return answer
        except (TimeoutError, Trouble, MCPError, ValidationError, RuntimeError) as error:
            outcome = "timeout" if isinstance(error, TimeoutError) else "error"
            if isinstance(error, TimeoutError) and self._session is not None:
                self._silent = True
                self._changed.set()  # one that hangs does not give its list either: then it is connected to anew
            if isinstance(error, MCPError) and error.error.message == "Session terminated":
                self._lost.set()
            raise told(self.server, error) from None
        finally:
            self._in_flight -= 1
            self._observe(self.server.name, tool, outcome, time.perf_counter() - started)

    async def _connected(self) -> ClientSession:
        while self._session is None:
            if self.state == "down":
                raise Trouble(self.trouble)
            await self._turn.wait()
        return self._session

    def _now(self, state: Literal["starting", "connected", "down"], trouble: str = "") -> None:
        """Note the state, and wake whoever waits for another one."""
        self.state, self.trouble = state, trouble
        turn, self._turn = self._turn, asyncio.Event()
        turn.set()
        if state != "starting":
            self.settled.set()

    async def _connect(self) -> None:
        self._lost.clear()
        self._changed.clear()
        self._pace = Pace()
        self._silent = False
        way: AbstractAsyncContextManager[Any] = child(self.server) if self.server.command else web(self.server)
        async with way as (reading, writing):
            sieve = Sieve(self.server, reading, writing)
            info = Implementation(name="gatehouse", version=__version__)
            async with ClientSession(dispatcher=sieve, message_handler=self._heard, client_info=info) as session:
                async with asyncio.timeout(self.server.options.timeout):
                    await self._agree(session)
                    await self._listed(await everything(session))
                self._session = session
                self._now("connected")
                log.info("upstream %s is connected, protocol %s", self.server.name, session.protocol_version)
                try:
                    await self._hold(session)
                finally:  # to end a child takes a moment: who asks meanwhile waits for the next one
                    self._session = None
                    self._now("starting")

    async def _agree(self, session: ClientSession) -> None:
        """Find the newest revision that both speak (MCP 2026-07-28, "Versioning"): first without a handshake."""
        if self._probes:
            self._probes = False  # old servers exist that end at what they do not know: then the next try is without
            try:
                await session.discover()
            except (MCPError, ValidationError, RuntimeError) as error:
                if reason_of(error) == "it closed the connection":
                    raise
            self._probes = True
        if session.protocol_version is None:
            await session.initialize()

    async def _hold(self, session: ClientSession) -> None:
        """Stay until the connection is lost, asking for the list again when it changed."""
        listening = asyncio.create_task(self._listen(session))
        try:
            while not self._lost.is_set():
                waits = [asyncio.create_task(event.wait()) for event in (self._lost, self._changed)]
                try:
                    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for one in waits:
                        one.cancel()
                if self._changed.is_set() and not self._lost.is_set():
                    await self._pause(RELIST_SECONDS)
                    self._changed.clear()
                    async with asyncio.timeout(self.server.options.timeout):
                        await self._listed(await everything(session))
                    self._silent = False
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self, session: ClientSession) -> None:
        """Hear of changes from a server of the newest revision, which tells only who asks to be told."""
        offers = session.server_capabilities
        if session.protocol_version not in MODERN_PROTOCOL_VERSIONS or offers is None:
            return
        topics: dict[str, Any] = {
            f"{topic}_list_changed": True
            for topic in ("tools", "prompts", "resources")
            if getattr(getattr(offers, topic), "list_changed", False)
        }
        if not topics:
            return
        try:
            async with listen(session, **topics) as events:
                async for _ in events:
                    self._changed.set()
        except (MCPError, SubscriptionLost, RuntimeError, TimeoutError):
            log.info("upstream %s does not tell of changes of its list", self.server.name)

    async def _heard(self, message: object) -> None:
        if not self._pace.heard():
            self._lost.set()
        elif isinstance(message, _CHANGES):
            self._changed.set()
