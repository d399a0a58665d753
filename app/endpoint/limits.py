"""How often one caller may ask, so that nobody can keep the others out (RFC 6585 §4).

Two limits, two keys. A person, once authenticated, is counted by ``(iss, sub)``. Before that, only *refused* requests
are counted, by address: ChatGPT's people share addresses, so a good token is never refused for what others behind the
same address did. The counting is done by the ``limits`` library, in memory.
"""

from __future__ import annotations

import math
import time

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from app.auth.principal import Principal
from app.errors import TooManyRequests


class Limits:
    """Counts people and strangers. ``per_person`` and ``per_address`` are written like ``300/minute``."""

    def __init__(self, per_person: str, per_address: str) -> None:
        self._person: RateLimitItem = parse(per_person)
        self._address: RateLimitItem = parse(per_address)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def admit(self, principal: Principal) -> None:
        """Count one request of an authenticated person. Raises :class:`TooManyRequests`."""
        if not await self._limiter.hit(self._person, "person", principal.iss, principal.sub):
            raise await self._refusal(self._person, "person", principal.iss, principal.sub)

    async def stranger(self, address: str) -> TooManyRequests | None:
        """Count one refused request of an address; the refusal to use instead when there were too many."""
        if await self._limiter.hit(self._address, "address", address):
            return None
        return await self._refusal(self._address, "address", address)

    async def _refusal(self, limit: RateLimitItem, *key: str) -> TooManyRequests:
        window = await self._limiter.get_window_stats(limit, *key)
        seconds = max(1, math.ceil(window.reset_time - time.time()))
        return TooManyRequests(f"{key[0]} {key[-1]} made more than {limit} requests", min(seconds, limit.get_expiry()))
