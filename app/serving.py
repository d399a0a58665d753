"""How HTTP comes in: uvicorn with its fast parser, made to bound what that parser does not (RFC 9110, RFC 6585 §5).

The parser alone takes headers of any length into memory, waits for their end for ever, and stops reading at a request
to change the protocol. Here the first two have a limit, and the third is declined by going on (RFC 9110 §7.8).
"""

from __future__ import annotations

import asyncio
import logging
import socket

import httptools
import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.settings import Settings

HEADER_SECONDS = 15.0
"""How long a connection may take until a request's headers are complete; idle ones are closed earlier."""

MAX_HEAD_BYTES = 64 * 1024
"""The request line and all headers together."""

LINGER_SECONDS = 5.0
"""How long what a client still sends is read and thrown away after an early answer, before the connection ends."""

GRACEFUL_SECONDS = 8
"""Requests in flight may finish for so long after a stop; containers are killed after ten."""

log = logging.getLogger("gatehouse.serve")


class _Lingering:
    """A transport that does not hang up on a client that is still sending (RFC 9112 §9.6).

    To close with unread data resets the connection, and the reset destroys the answer on its way.
    """

    def __init__(self, protocol: BoundedHttp, transport: asyncio.Transport) -> None:
        self._protocol = protocol
        self._transport = transport
        self.write = transport.write
        self.is_closing = transport.is_closing

    def close(self) -> None:
        """Say that no more is coming, but go on listening until the message is complete, or the time is up."""
        if self._transport.is_closing() or not self._protocol.cycle.more_body:
            self._transport.close()
        else:
            self._transport.write_eof()
            self._protocol.linger()


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's HTTP, but a head that is too large or not complete in ``HEADER_SECONDS`` ends the connection."""

    _in_head = False
    _moved_on = False
    """Whether a message began or ended, or some of its body came, in the read at hand."""
    _head_bytes = 0
    _too_large = False
    _patience: asyncio.TimerHandle | None = None
    _lingers = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._patience = self.loop.call_later(HEADER_SECONDS, self._hang_up)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop_waiting()

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        self._moved_on = False
        try:
            self._feed(data)
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
            return
        # Counts what brings neither a message nor a body any further: heads, trailers, the extensions of chunks.
        self._head_bytes = 0 if self._moved_on else self._head_bytes + len(data)
        if self._head_bytes > MAX_HEAD_BYTES:
            self._too_large = True
            self.send_400_response("")
            return
        if self._patience is None and (self._in_head or self.cycle is None or self.cycle.response_complete):
            self._patience = self.loop.call_later(HEADER_SECONDS, self._hang_up)

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            rest = [(name, value) for name, value in self.headers if name != b"upgrade"]
            if len(rest) == len(self.headers):  # a CONNECT: this is no proxy
                raise httptools.HttpParserError("no upgrade to leave out") from None
            # Java's client asks for h2c with every plain request. The same request again, without the asking:
            head = [self.parser.get_method(), b" ", self.url, b" HTTP/1.1\r\n"]
            for name, value in rest:
                head += [name, b": ", value, b"\r\n"]
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's own
            self._feed(b"".join([*head, b"\r\n", data[upgrade.args[0] :]]))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = self._moved_on = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # else a trailer, which must not pass for a header (RFC 9110 §6.5.1)
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        self._moved_on = True
        super().on_body(body)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_waiting()
        if sum(name == b"host" for name, _ in self.headers) > 1:
            raise ValueError("more than one Host")  # RFC 9112 §3.2
        if len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > MAX_HEAD_BYTES:
            self._too_large = True
            raise ValueError("head too large")  # the parser hands it on as its own error: see send_400_response
        if not self.parser.should_upgrade():
            super().on_headers_complete()
            self.cycle.transport = _Lingering(self, self.transport)  # type: ignore[assignment]

    def on_message_complete(self) -> None:
        self._moved_on = True
        if self._lingers:
            self.transport.close()
        elif not self.parser.should_upgrade():
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        if self._lingers:
            self.transport.close()
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body:
            self.cycle.keep_alive = False  # whole requests came before the broken one: their answers, then the end
            return
        if not self._too_large:
            super().send_400_response(msg)
            return
        text = b"The request's headers are too large."
        head = b"content-type: text/plain\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(text)
        self.transport.write(STATUS_LINE[431] + head + text)
        self.transport.close()

    def linger(self) -> None:
        """Throw away what still comes of this message; its answer is out."""
        self._lingers = True
        self._stop_waiting()
        self._patience = self.loop.call_later(LINGER_SECONDS, self._hang_up)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _hang_up(self) -> None:
        self._patience = None
        if not self.transport.is_closing():
            self.transport.close()


class _Server(uvicorn.Server):
    """Says where it listens once it does."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            log.info("listening on %s port %d", self.config.host, self.config.port)


def server_of(settings: Settings, app: object) -> uvicorn.Server:
    """A uvicorn server for ``app``. Its own access log stays off: it would write query strings."""
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        host=settings.host,
        port=settings.port,
        http=BoundedHttp,
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        proxy_headers=True,
        forwarded_allow_ips=settings.forwarded_allow_ips,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )
    return _Server(config)
