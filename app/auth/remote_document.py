"""A JSON document of the authorization server, kept in memory: the one fetching mechanism for keys and metadata.

What it promises: one fetch in flight however many ask; a cooldown between *attempts*, failed or not; a failed fetch
keeps the last good document until a stated maximum age; a document grown old is renewed in the background while the old
one serves. Only the first to ask after a long quiet waits for a new look; nobody waits longer than four fetches take.
Redirects are not followed, sizes are capped. It knows nothing of what the document means.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import httpx

from app.auth.saved_document import SavedDocument
from app.errors import AuthorizationServerUnavailable

FETCH_SECONDS = 1.9
"""Longest time that a fetch may take. Whoever joins one that fails may begin one more, and an unknown key may be asked
for after that: nobody waits over 8 seconds.

Short on purpose: a fetch that hangs must not stand in the way when the authorization server is back.
"""

MAX_BYTES = 512 * 1024

log = logging.getLogger("gatehouse.auth")
T = TypeVar("T")


class FetchFailed(Exception):
    """A document could not be fetched or is not usable. The text says which and why."""


@dataclass(frozen=True)
class Lifetimes:
    """In seconds: renewed in the background after ``fresh``; not used after ``usable``; attempts ``cooldown`` apart."""

    fresh: float
    usable: float
    cooldown: float


class RemoteDocument(Generic[T]):
    """Keeps what ``read`` makes of the JSON that ``load`` fetches; both raise :class:`FetchFailed`.

    ``clock`` gives seconds since the epoch; ``saved`` keeps the JSON over a restart.
    """

    def __init__(
        self,
        name: str,
        load: Callable[[], Awaitable[dict[str, Any]]],
        read: Callable[[dict[str, Any]], T],
        lifetimes: Lifetimes,
        clock: Callable[[], float],
        saved: SavedDocument | None = None,
    ) -> None:
        self.name = name
        self._load = load
        self._read = read
        self._lifetimes = lifetimes
        self._clock = clock
        self._saved = saved
        self._value: T | None = None
        self._flight: asyncio.Task[bool] | None = None
        self._saving: asyncio.Task[None] | None = None
        self._attempted_at = float("-inf")
        self.fetched_at = float("-inf")
        self.failure = "it has not been asked yet"
        self._failing = False
        self._restore()

    def current(self) -> T | None:
        """Return the document while it is usable, without ever waiting; start a renewal when it is not fresh."""
        age = self._clock() - self.fetched_at
        if age >= self._lifetimes.fresh or age < 0:
            self._start()
        return self._value if age < self._lifetimes.usable else None

    async def require(self) -> T:
        """Return the document, waiting for its first fetch if need be.

        Raises :class:`AuthorizationServerUnavailable` when there is none to be had.
        """
        joined = self._in_flight
        value = self.current()
        if value is None or self.overdue:
            await self._renew(joined)
            value = self.current()
        if value is None:
            raise self.unavailable()
        return value

    async def renew(self) -> bool:
        """Fetch anew, or join the fetch in flight. False when that failed or the cooldown forbids it."""
        return await self._renew(self._in_flight)

    async def _renew(self, joined: bool) -> bool:
        """Who joined a fetch that failed may begin one more: it may have hung since before the server came back."""
        flight = self._start()
        renewed = await asyncio.shield(flight) if flight is not None else False
        if joined and not renewed and (flight := self._start()) is not None:
            return await asyncio.shield(flight)
        return renewed

    @property
    def _in_flight(self) -> bool:
        return self._flight is not None and not self._flight.done()

    @property
    def last_attempt_failed(self) -> bool:
        """Whether the newest attempt brought nothing."""
        return self._failing

    @property
    def overdue(self) -> bool:
        """Whether nobody asked for so long that the document must be looked at again before it is believed.

        Not while renewals fail: then the last good document serves, and nobody waits.
        """
        return self._clock() - self.fetched_at >= 2 * self._lifetimes.fresh and not self._failing

    def unavailable(self) -> AuthorizationServerUnavailable:
        """The error to raise when a request cannot be judged without this document."""
        detail = f"The authorization server's {self.name} cannot be had: {self.failure}"
        return AuthorizationServerUnavailable(detail, retry_after=math.ceil(self._lifetimes.cooldown))

    async def close(self) -> None:
        """End a fetch in flight."""
        if self._flight is not None:
            self._flight.cancel()
        tasks = [task for task in (self._flight, self._saving) if task is not None]
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self) -> asyncio.Task[bool] | None:
        if self._in_flight:
            return self._flight
        if 0 <= self._clock() - self._attempted_at < self._lifetimes.cooldown:
            return None
        self._attempted_at = self._clock()
        self._flight = asyncio.create_task(self._attempt())
        return self._flight

    async def _attempt(self) -> bool:
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                document = await self._load()
            value = self._read(document)
        except TimeoutError:
            self.failure = f"no answer within {FETCH_SECONDS} seconds"
        except FetchFailed as error:
            self.failure = str(error)
        except Exception:
            self.failure = "an internal error; the log has it in full"
            log.exception("fetching the authorization server's %s went wrong", self.name)
        else:
            self._value, self.fetched_at = value, max(self._clock(), self._attempted_at)
            self._failing = False
            if self._saved:
                self._saving = asyncio.create_task(asyncio.to_thread(self._saved.write, document, self.fetched_at))
            return True
        self._failing = True
        log.warning("the authorization server's %s could not be fetched: %s", self.name, self.failure)
        return False

    def _restore(self) -> None:
        """Begin with what an earlier run of the server kept, as old as it is."""
        kept = self._saved.read() if self._saved else None
        if kept is None:
            return
        document, fetched_at = kept
        with contextlib.suppress(FetchFailed):
            self._value, self.fetched_at = self._read(document), min(fetched_at, self._clock())


async def fetch_json(client: httpx.AsyncClient, url: str) -> dict[str, Any]:
    """GET one JSON object, without redirects and of ``MAX_BYTES`` at most. Raises :class:`FetchFailed`."""
    try:
        async with client.stream("GET", url, headers={"accept": "application/json", "accept-encoding": "identity"}) as (
            response
        ):
            if response.status_code != 200:
                raise FetchFailed(f"{url} answered with status {response.status_code}")
            if response.headers.get("content-encoding", "identity") != "identity":
                raise FetchFailed(f"{url} answered compressed, which was not asked for")
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise FetchFailed(f"{url} answered with more than {MAX_BYTES} bytes")
        document = json.loads(bytes(body).decode("utf-8"))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as error:
        raise FetchFailed(f"{url} did not answer with JSON ({type(error).__name__})") from None
    if not isinstance(document, dict):
        raise FetchFailed(f"{url} answered with JSON that is not an object")
    return document
