"""How often one caller may ask, so that nobody can keep the others out (RFC 6585 §4).

Two limits, two keys. A person, once authenticated, is counted by ``(iss, sub)``. Before that, only *refused* requests
are counted, by address: ChatGPT's people share addresses, so a good token is never refused for what others behind the
same address did. The ``limits`` library counts, in memory or, for several servers side by side, in Redis or Valkey.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from typing import Any

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.storage import storage_from_string

from app.auth.principal import Principal
from app.errors import TooManyRequests

SHARED_SECONDS = 0.25
"""Longest wait for the shared count; after that, and for ``ALONE_SECONDS``, this process counts for itself."""

ALONE_SECONDS = 5.0

log = logging.getLogger("gatehouse.limits")


class Limits:
    """Counts people and strangers. ``per_person`` and ``per_address`` are written like ``300/minute``.

    ``shared`` is the address of a Redis or Valkey server. When that is down, each process counts for itself: requests
    go on, and nobody is refused for it.
    """

    def __init__(self, per_person: str, per_address: str, shared: str = "") -> None:
        self._person: RateLimitItem = parse(per_person)
        self._address: RateLimitItem = parse(per_address)
        self._alone = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._pool = _shared_pool(shared) if shared else None
        self._shared = _shared_limiter(self._pool) if self._pool else None
        self._alone_until = float("-inf")

    async def admit(self, principal: Principal) -> None:
        """Count one request of an authenticated person. Raises :class:`TooManyRequests`."""
        if refusal := await self._count(self._person, "person", principal.iss, principal.sub):
            raise refusal

    async def admit_reader(self, principal: Principal) -> None:
        """Count one page opened for a person, apart from their calls: a link that went round must not use those up."""
        if refusal := await self._count(self._person, "reader", principal.iss, principal.sub):
            raise refusal

    async def stranger(self, address: str) -> TooManyRequests | None:
        """Count one refused request of an address; the refusal to use instead when there were too many."""
        return await self._count(self._address, "address", address)

    async def close(self) -> None:
        """Give the connections back."""
        if self._pool:
            await self._pool.aclose()

    async def _count(self, limit: RateLimitItem, *key: str) -> TooManyRequests | None:
        if self._shared is not None and time.monotonic() >= self._alone_until:
            try:
                async with asyncio.timeout(SHARED_SECONDS):
                    return await _hit(self._shared, limit, key)
            except Exception as error:  # whatever the client library raises: a count is not worth a request
                self._alone_until = time.monotonic() + ALONE_SECONDS
                what = "the shared count (RATE_LIMIT_STORAGE_URL) cannot be had (%s); this process counts for itself"
                log.warning(what, type(error).__name__)
        return await _hit(self._alone, limit, key)


async def _hit(
    limiter: SlidingWindowCounterRateLimiter, limit: RateLimitItem, key: tuple[str, ...]
) -> TooManyRequests | None:
    if await limiter.hit(limit, *key):
        return None
    window = await limiter.get_window_stats(limit, *key)
    seconds = max(1, math.ceil(window.reset_time - time.time()))
    return TooManyRequests(f"{key[0]} {key[-1]} made more than {limit} requests", min(seconds, limit.get_expiry()))


def _shared_pool(url: str) -> Any:
    """Connections to the shared count. Redis and Valkey speak the same protocol, so one client library serves both."""
    from redis.asyncio import BlockingConnectionPool  # noqa: PLC0415  (costs start-up time, and few need it)
    from redis.asyncio.retry import Retry  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415

    url = url.replace("valkey", "redis", 1)
    once = Retry(NoBackoff(), 0)
    return BlockingConnectionPool.from_url(url, max_connections=16, timeout=SHARED_SECONDS, retry=once)


def _shared_limiter(pool: Any) -> SlidingWindowCounterRateLimiter:
    storage = storage_from_string("async+redis://", implementation="redispy", connection_pool=pool)
    return SlidingWindowCounterRateLimiter(storage)
