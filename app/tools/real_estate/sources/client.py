"""One question to one portal: the key, the bounds, the quota, and another attempt where one makes sense.

The facts decide what is tried again: too many requests at once, a gateway or an agency that stumbled, an empty answer,
and once a connection that failed. A refused key, a used-up quota or a bad parameter is final.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

import httpx
from tenacity import AsyncRetrying, RetryCallState, stop_after_attempt, wait_exponential_jitter

from app.tools.real_estate.contract import Dataset
from app.tools.real_estate.sources.bounds import MOST_BYTES, Limits
from app.tools.real_estate.sources.credentials import Credential
from app.tools.real_estate.sources.faults import RETRIED, RETRIED_ONCE, Fault, Kind, fail
from app.tools.real_estate.sources.quota import Quota
from app.tools.real_estate.sources.transport import CREDENTIAL

Sleep = Callable[[float], Awaitable[None]]
T = TypeVar("T")

_WAIT = wait_exponential_jitter(multiplier=0.5, max=4.0, jitter=0.5)


class PortalClient:
    """Asks one host through one pool of connections, ``limits.at_once`` requests at a time.

    ``seconds`` is the longest that one request may take; ``sleep`` waits before another attempt; ``observe`` is told
    how each request ended, and after how many seconds.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        quota: Quota,
        *,
        seconds: float,
        limits: Limits,
        sleep: Sleep,
        observe: Callable[[str, float], None],
    ) -> None:
        self._http = http
        self._quota = quota
        self._seconds = seconds
        self._attempts = stop_after_attempt(limits.attempts)
        self._sleep = sleep
        self._observe = observe
        self._at_once = asyncio.Semaphore(limits.at_once)

    async def ask(
        self, credential: Credential, dataset: Dataset, query: Mapping[str, str], read: Callable[[int, bytes], T]
    ) -> T:
        """Return what ``read`` makes of the answer's status and body; both raise :class:`Fault`."""
        if problem := credential.problem:
            fail(problem)
        retrying = AsyncRetrying(
            retry=_is_worth_another, stop=self._attempts, wait=_WAIT, sleep=self._sleep, reraise=True
        )
        answer: T = await retrying(self._attempt, credential, dataset, query, read)
        return answer

    async def _attempt(
        self, credential: Credential, dataset: Dataset, query: Mapping[str, str], read: Callable[[int, bytes], T]
    ) -> T:
        async with self._at_once:
            if self._quota.today(dataset) >= dataset.per_day:
                fail("spent")
            with self._observed():
                status, body = await self._get(credential, dataset, query)
                return await asyncio.to_thread(read, status, body)  # here, so that few bodies wait in memory to be read

    @contextmanager
    def _observed(self) -> Iterator[None]:
        started, outcome = time.perf_counter(), "cancelled"
        try:
            yield
            outcome = "ok"
        except Fault as fault:
            outcome = fault.kind.replace(" ", "_")
            raise
        except Exception:
            outcome = "error"
            raise
        finally:
            self._observe(outcome, time.perf_counter() - started)

    async def _get(self, credential: Credential, dataset: Dataset, query: Mapping[str, str]) -> tuple[int, bytes]:
        kind: Kind
        self._quota.count(dataset)
        try:
            async with asyncio.timeout(self._seconds):
                return await self._read(credential, dataset.path, query)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            self._quota.count(dataset, -1)
            kind = "unreachable"
        except (httpx.InvalidURL, UnicodeError):  # an argument too long, or with half letters
            self._quota.count(dataset, -1)
            kind = "request"
        except (TimeoutError, httpx.TimeoutException):
            kind = "timeout"
        except (httpx.HTTPError, httpx.StreamError, OSError):
            kind = "unreachable"
        raise Fault(kind)

    async def _read(self, credential: Credential, path: str, query: Mapping[str, str]) -> tuple[int, bytes]:
        request = self._http.stream("GET", path, params=query, extensions={CREDENTIAL: credential})
        async with request as response:
            if response.headers.get("Content-Encoding", "identity") != "identity":
                fail("unreadable")  # not asked for, and a few bytes can unpack to very many
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MOST_BYTES:
                    fail("large")
            return response.status_code, bytes(body)


def _is_worth_another(state: RetryCallState) -> bool:
    fault = state.outcome.exception() if state.outcome else None
    if not isinstance(fault, Fault):
        return False
    return fault.kind in RETRIED or (fault.kind in RETRIED_ONCE and state.attempt_number == 1)
