"""``gatehouse serve``: the server, in this process, until it is stopped."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import logging
import os
import signal
import socket
import sys
import tempfile

from app.errors import ConfigurationError, Problem
from app.logs import configure_logging
from app.main import create_app
from app.serving import server_of
from app.settings import Settings, load_settings

log = logging.getLogger("gatehouse.serve")


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
    _check_data_dir(settings.data_dir)
    _say_who_may_enter(settings)
    _allow_many_connections()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)  # uvicorn stops gracefully, then hands the signal on to this
    app = create_app(settings)
    server = server_of(settings, app)
    try:
        server.run()
    finally:
        if app.refusal:  # uvicorn has an exit code of its own for it
            raise app.refusal from None
    return 0 if server.started else 1


def _check_data_dir(name: str) -> None:
    """Raise :class:`ConfigurationError` when nothing can be kept there: found out now, not at the first entry."""
    try:
        os.makedirs(name, mode=0o700, exist_ok=True)
        with tempfile.TemporaryFile(dir=name):
            pass
    except OSError as error:
        user = f"user {os.getuid()}" if hasattr(os, "getuid") else "this user"
        what = f"{name} cannot be written to by {user} ({error.strerror}). Give the folder to that user, or free space."
        raise ConfigurationError([Problem("DATA_DIR", what)]) from None


def _allow_many_connections() -> None:
    """Each connection is an open file: use all that the system grants."""
    with contextlib.suppress(ImportError, OSError, ValueError):  # Windows has no such limit
        resource = importlib.import_module("resource")
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _say_who_may_enter(settings: Settings) -> None:
    if settings.auth_mode == "none":
        log.warning("AUTH_MODE=none: NO LOG-IN. Everybody in the private network is let in with the DEFAULT_SCOPES.")
    else:
        log.info("clients connect to %s and log in at %s", settings.resource, settings.issuer)


def _port_is_free(host: str, port: int) -> bool:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError:
        return False
    return True
