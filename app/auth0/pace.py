"""Two requests a second, as Auth0's free plan allows, patience when Auth0 asks for it with a 429, and bounded answers.

A transport beneath the client library, whose own retries are off: they would sleep unseen and repeat requests that
must not be repeated. Only a 429 is repeated here, because Auth0 did nothing then.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import cast

import httpx

SECONDS_BETWEEN = 0.55
"""A little more than half a second: what counts is when requests arrive."""

MAX_WAIT = 60.0
MAX_TRIES = 5
ANSWER_SECONDS, MAX_ANSWER_BYTES = 30.0, 8 * 1024 * 1024
"""How long one answer may take to its end, and how large it may be."""


class Paced(httpx.BaseTransport):
    """Lets requests through one by one, each ``SECONDS_BETWEEN`` after the one before.

    ``clock`` gives seconds since the epoch and ``sleep`` waits; ``waiting`` is told the seconds of a wait that Auth0
    asked for.
    """

    def __init__(
        self,
        inner: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        waiting: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        self._inner = inner or httpx.HTTPTransport()
        self._clock = clock
        self._sleep = sleep
        self._waiting = waiting
        self._last = float("-inf")

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request when it is its turn; a 429 is tried again, ``MAX_TRIES`` times in all."""
        for _ in range(MAX_TRIES - 1):
            response = self._send(request)
            if response.status_code != 429:
                return response
            response.close()
            seconds = seconds_to_wait(response.headers, self._clock())
            self._waiting(seconds)
            self._sleep(seconds)
        return self._send(request)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()

    def _send(self, request: httpx.Request) -> httpx.Response:
        wait = min(self._last + SECONDS_BETWEEN - self._clock(), SECONDS_BETWEEN)  # the clock may be set back
        if wait > 0:
            self._sleep(wait)
        self._last = self._clock()
        until = time.monotonic() + ANSWER_SECONDS
        response = self._inner.handle_request(request)
        response.stream = _Bounded(cast(httpx.SyncByteStream, response.stream), until)
        return response


class _Bounded(httpx.SyncByteStream):
    """An answer that ends with an error when it is too long, in time or in bytes: one may come drop by drop."""

    def __init__(self, stream: httpx.SyncByteStream, until: float) -> None:
        self._stream, self._until = stream, until

    def __iter__(self) -> Iterator[bytes]:
        length = 0
        for part in self._stream:
            length += len(part)
            if time.monotonic() > self._until or length > MAX_ANSWER_BYTES:
                raise httpx.ReadError("the answer is too long, or took too long")
            yield part

    def close(self) -> None:
        self._stream.close()


def seconds_to_wait(headers: httpx.Headers, now: float) -> float:
    """How long a 429 asks to wait: ``Retry-After`` in seconds, or until ``X-RateLimit-Reset``, or else one second."""
    for text, origin in ((headers.get("retry-after", ""), 0.0), (headers.get("x-ratelimit-reset", ""), now)):
        if text.isascii() and text.isdigit() and len(text) < 12:
            return min(max(float(text) - origin, SECONDS_BETWEEN), MAX_WAIT)
    return 1.0
