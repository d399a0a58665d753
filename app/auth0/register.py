"""A program that the owner registers: an application of the tenant's own, with its callback addresses, ready to use.

It carries a mark of its own, by which it is known again and may be deleted here. Its secret, if it has one, is handed
on once and kept nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from app.auth0.management import PAGE, Management
from app.auth0.snapshot import choose_connection, read_clients
from app.auth0.table import ROTATING
from app.auth0.wanted import MARK, MARK_FOR, REGISTERED
from app.errors import Auth0Failed

REGISTER_SCOPES = ("read:clients", "create:clients", "read:connections", "update:connections")
MAX_NAME, MAX_CALLBACKS, MAX_CALLBACK = 64, 10, 500
"""Characters of a name, callback addresses of a program, and characters of one."""

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_UNSAFE = ("javascript", "data", "vbscript", "file", "blob", "about", "view-source", "ws", "wss", "ftp")


@dataclass(frozen=True, slots=True)
class Registered:
    """A new application. ``client_secret`` is blank when it has none; ``trouble`` says why nobody can log in yet."""

    client_id: str
    client_secret: str = field(repr=False)
    name: str
    callbacks: tuple[str, ...]
    trouble: str = ""


def register(
    management: Management, resource: str, name: str, callbacks: Sequence[str], *, with_secret: bool
) -> Registered:
    """Make an application that people can log in through. Raises :class:`Auth0Failed` before anything is made."""
    if any(one.get("name") == name for one in read_clients(management)):
        raise Auth0Failed(
            f"There is an application named {name} already.",
            "Choose another name. If you made it a moment ago and never saw its credential, delete that one first.",
        )
    connection = choose_connection(
        management.chain(
            "reading the connections", "connections", lambda api, start: api.connections.list(from_=start, take=PAGE)
        ),
        "",
    )
    if connection is None:
        raise Auth0Failed(
            "It is not clear which database of the tenant the people are in.",
            "Make the application in Auth0's dashboard, and choose the database there: Applications → Connections.",
        )
    method: Any = "client_secret_post" if with_secret else "none"
    made = management.document(
        f"making the application {name}",
        lambda api: api.clients.create(
            name=name,
            callbacks=list(callbacks),
            app_type="regular_web" if with_secret else "native",
            is_first_party=True,
            oidc_conformant=True,
            grant_types=["authorization_code", "refresh_token"],
            token_endpoint_auth_method=method,
            refresh_token=ROTATING,
            client_metadata={MARK: REGISTERED, MARK_FOR: resource},
        ),
    )
    client_id = str(made["client_id"])
    secret = str(made.get("client_secret") or "") if with_secret else ""
    return Registered(client_id, secret, name, tuple(callbacks), _enable(management, connection["id"], client_id))


def _enable(management: Management, connection: str, client_id: str) -> str:
    """Let people log in through it. Returns why that failed, blank if it did not: the application is there."""
    rows: Any = [{"client_id": client_id, "status": True}]
    try:
        management.ask(
            "enabling the log-in for it", lambda api: api.connections.clients.update(connection, request=rows)
        )
    except Auth0Failed as error:
        return f"{error.what} In Auth0: Applications → the application → Connections → switch the database on."
    return ""


def problem_of_name(name: str) -> str:
    """Why a program cannot be called this; blank if it can."""
    if not 0 < len(name) <= MAX_NAME or not name.isprintable() or re.search(r"[<>]", name):
        return f"A name has 1 to {MAX_NAME} characters, and neither < nor >."
    return ""


def problem_of_callback(uri: str) -> str:
    """Why people cannot be taken back to this address (RFC 6749 §3.1.2, RFC 8252 §7); blank if they can."""
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not an address"
    if len(uri) > MAX_CALLBACK:
        return f"has more than {MAX_CALLBACK} characters"
    if not re.fullmatch(r"[!-~]+", uri) or re.search(r'[*\\<>"#]', uri) or "@" in parts.netloc:
        return 'has a sign that it must not have: a space, a letter beyond ASCII, or one of * # @ \\ < > "'
    if parts.scheme == "http" and host not in _LOOPBACK:
        return "is without https: a log-in could be read on its way"
    if parts.scheme in {"http", "https"}:
        return "" if host else "names no host"
    if not parts.scheme or parts.scheme in _UNSAFE or not (host or parts.path):
        return "is not an address that a program can be called by: https://… or http://localhost:…"
    return ""
