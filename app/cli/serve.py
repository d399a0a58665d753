"""``gatehouse serve``: the server, in this process, until it is stopped."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import logging
import signal
import socket
import sys

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.logs import configure_logging
from app.main import create_app
from app.settings import Settings, load_settings

HEADER_SECONDS = 15.0
"""How long a connection may take until a request's headers are complete; idle ones are closed earlier."""

log = logging.getLogger("gatehouse.serve")

GRACEFUL_SECONDS = 8
"""Requests in flight may finish for so long after a stop; containers are killed after ten."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """This command has no options: everything is a setting."""


def run(arguments: argparse.Namespace) -> int:
    """Serve until stopped."""
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    if not _port_is_free(settings.host, settings.port):
        print(
            f"Port {settings.port} on {settings.host} cannot be opened: another program uses it, or the address is not "
            "this machine's. Stop that program, or choose another with PORT (and HOST).",
            file=sys.stderr,
        )
        return 2
    _say_who_may_enter(settings)
    _allow_many_connections()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)  # uvicorn stops gracefully, then hands the signal on to this
    server = server_of(settings)
    server.run()
    return 0 if server.started else 1


def _allow_many_connections() -> None:
    """Each connection is an open file: use all that the system grants."""
    with contextlib.suppress(ImportError, OSError, ValueError):  # Windows has no such limit
        resource = importlib.import_module("resource")
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class PatientUpToAPoint(H11Protocol):
    """uvicorn's HTTP, but a client that does not finish its headers in ``HEADER_SECONDS`` is hung up on.

    h11 also bounds how large unfinished headers may grow; the faster parser that uvicorn knows bounds neither.
    """

    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_headers()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._wait_for_headers()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._wait_for_headers()

    def _wait_for_headers(self) -> None:
        at_work = self.cycle is not None and not self.cycle.response_complete
        if at_work and self._patience is not None:
            self._patience.cancel()
            self._patience = None
        elif not at_work and self._patience is None:
            self._patience = self.loop.call_later(HEADER_SECONDS, self._hang_up)

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


def _say_who_may_enter(settings: Settings) -> None:
    if settings.auth_mode == "none":
        log.warning("AUTH_MODE=none: NO LOG-IN. Everybody in the private network is let in with the DEFAULT_SCOPES.")
    else:
        log.info("clients connect to %s and log in at %s", settings.resource, settings.issuer)


def server_of(settings: Settings) -> uvicorn.Server:
    """A uvicorn server for these settings. Its own access log stays off: it would write query strings."""
    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        http=PatientUpToAPoint,
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


def _port_is_free(host: str, port: int) -> bool:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError:
        return False
    return True
