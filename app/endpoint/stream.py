"""Progress and log notifications on the way to an answer, as server-sent events (MCP Transports; WHATWG HTML §9.2).

An answer stays plain JSON until a tool has something to say before it is done: only then does it become an event
stream, and only for a client that accepts one. There is no stream besides that of a request, and nothing to resume.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import anyio
from mcp.shared.dispatcher import CallOptions
from mcp.shared.exceptions import NoBackChannelError
from mcp.shared.jsonrpc_dispatcher import progress_token_from_params
from mcp.shared.message import MessageMetadata
from mcp.shared.transport_context import TransportContext
from mcp_types import JSONRPCRequest
from starlette.types import Send

_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
]


class RequestContext:
    """What the SDK may do for one request besides returning its result: notify, if the client listens.

    ``send`` is None for a client that accepts only JSON; ``headers`` go with the first event.
    """

    transport = TransportContext(kind="streamable-http", can_send_request=False)
    can_send_request = False
    message_metadata: MessageMetadata = None

    def __init__(self, request: JSONRPCRequest, send: Send | None, headers: list[tuple[bytes, bytes]]) -> None:
        self.request_id = request.id
        self.cancel_requested = anyio.Event()
        self.streaming = False
        self._progress_token = progress_token_from_params(request.params)
        self._send = send
        self._headers = headers

    async def send_raw_request(
        self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None
    ) -> dict[str, Any]:
        """Refuse: no request can go to the client, for its answer would have no way back."""
        raise NoBackChannelError(method)

    async def notify(self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None) -> None:
        """Send one notification; the first turns the answer into an event stream."""
        message = {"jsonrpc": "2.0", "method": method}
        whole = {**message, "params": dict(params)} if params is not None else message
        await self._event(json.dumps(whole, separators=(",", ":")).encode(), more=True)

    async def progress(self, progress: float, total: float | None = None, message: str | None = None) -> None:
        """Report progress, if the client asked for it with a token."""
        if self._progress_token is None:
            return
        facts = {"progressToken": self._progress_token, "progress": progress, "total": total, "message": message}
        await self.notify("notifications/progress", {name: fact for name, fact in facts.items() if fact is not None})

    async def finish(self, message: bytes) -> None:
        """Send the answer, JSON in UTF-8, as the last event."""
        await self._event(message, more=False)

    async def _event(self, message: bytes, *, more: bool) -> None:
        if self._send is None:
            return
        if not self.streaming:
            self.streaming = True
            await self._send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS, *self._headers]})
        body = b"event: message\ndata: " + message + b"\n\n"
        await self._send({"type": "http.response.body", "body": body, "more_body": more})
