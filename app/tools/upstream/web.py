"""One MCP server over Streamable HTTP, with the SDK's client: it gets bounds on what comes back, and on where it goes.

The caller's token never goes along: the only headers are those of the owner's file. Redirects are followed within the
same origin only (the SDK sees to it).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx2
from mcp.client.streamable_http import streamable_http_client

from app.tools.upstream.addresses import is_public
from app.tools.upstream.entry import ServerEntry
from app.tools.upstream.troubles import MAX_MESSAGE_BYTES, Trouble

CONNECT_SECONDS = 10.0


@asynccontextmanager
async def web(server: ServerEntry) -> AsyncIterator[tuple[Any, Any]]:
    """Connect to the server. What goes wrong ends the context, as the SDK has it."""
    client = httpx2.AsyncClient(
        headers={"accept-encoding": "identity", **(server.headers or {})},
        timeout=httpx2.Timeout(CONNECT_SECONDS, read=None),  # requests have their own time; a stream may be silent
        transport=_Bounded(block_private=server.options.block_private),
        trust_env=False,
    )
    async with (
        client,
        streamable_http_client(server.url, http_client=client, max_sse_event_size=MAX_MESSAGE_BYTES) as streams,
    ):
        yield streams


class _Bounded(httpx2.AsyncBaseTransport):
    """Sends requests, and ends an answer that is longer than a message may be; streams have a bound for each event."""

    def __init__(self, *, block_private: bool) -> None:
        self._inner = httpx2.AsyncHTTPTransport(trust_env=False)
        self._block_private = block_private

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self._block_private:
            await _pin(request)
        response = await self._inner.handle_async_request(request)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            await response.aclose()  # a few compressed megabytes can unfold into gigabytes
            raise Trouble("it compresses its answers although it was asked not to")
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            response.stream = _Counted(cast(httpx2.AsyncByteStream, response.stream))
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Counted(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        length = 0
        async for part in self._stream:
            length += len(part)
            if length > MAX_MESSAGE_BYTES:
                raise Trouble(f"it sent a message of over {MAX_MESSAGE_BYTES // 2**20} MiB")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _pin(request: httpx2.Request) -> None:
    """Send the request to an address that was looked at, so that the name cannot lead elsewhere a moment later."""
    host = request.url.host
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, request.url.port or 443, type=socket.SOCK_STREAM)
    except OSError:
        raise Trouble("its address has no such name") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not all(is_public(address) for address in addresses):
        raise Trouble("its address is a private one, which block_private refuses")
    request.extensions = {**request.extensions, "sni_hostname": host}
    request.url = request.url.copy_with(host=addresses[0])
