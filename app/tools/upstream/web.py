"""One MCP server over Streamable HTTP, with the SDK's client: it gets bounds on what comes back, and on where it goes.

The caller's token never goes along: the only headers are those of the owner's file. Redirects are followed within the
same origin only (the SDK sees to it).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from mcp.client.streamable_http import streamable_http_client

from app.tools.bounded import Bounded
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
        transport=Bounded(MAX_MESSAGE_BYTES, Trouble, _pin if server.options.block_private else None),
        trust_env=False,
    )
    async with (
        client,
        streamable_http_client(server.url, http_client=client, max_sse_event_size=MAX_MESSAGE_BYTES) as streams,
    ):
        yield streams


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
