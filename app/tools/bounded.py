"""What comes back over HTTP, with a bound: a server that lies must not fill the memory of this one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import cast

import httpx2


class Bounded(httpx2.AsyncBaseTransport):
    """Sends requests, and ends an answer of more than ``most`` bytes with ``error``; event streams are let through.

    ``look`` may look at a request, and change it, before it is sent. Compressed answers are refused: a few megabytes
    can unfold into gigabytes. Send ``Accept-Encoding: identity``.
    """

    def __init__(
        self,
        most: int,
        error: Callable[[str], Exception],
        look: Callable[[httpx2.Request], Awaitable[None]] | None = None,
    ) -> None:
        self._inner = httpx2.AsyncHTTPTransport(trust_env=False)
        self._most, self._error, self._look = most, error, look

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """One request and its answer."""
        if self._look:
            await self._look(request)
        response = await self._inner.handle_async_request(request)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            await response.aclose()
            raise self._error("it compresses its answers although it was asked not to")
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            response.stream = _Counted(cast(httpx2.AsyncByteStream, response.stream), self._most, self._error)
        return response

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._inner.aclose()


class _Counted(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, most: int, error: Callable[[str], Exception]) -> None:
        self._stream, self._most, self._error = stream, most, error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        length = 0
        async for part in self._stream:
            length += len(part)
            if length > self._most:
                raise self._error(f"it sent a message of over {self._most // 2**20} MiB")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()
