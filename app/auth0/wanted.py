"""What the owner wants of a tenant, and what a row of the table is.

A row says where a value stands in Auth0's own document, what it should be, and how the two are joined: lists keep what
the owner put there, numbers keep what is stricter. The rows themselves are in ``table.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

Registration = Literal["shared", "dcr", "cimd"]
"""How programs become clients: one application for all, registering by themselves (RFC 7591), or by their document."""

Part = Literal["api", "tenant", "document", "shared", "owner", "connection", "enabled", "grant"]

SHARED_NAME = "Gatehouse"
OWNER_NAME = "Gatehouse owner's page"
CHATGPT_CALLBACK = "https://chatgpt.com/connector_platform_oauth_redirect"
CLAUDE_CALLBACK = "https://claude.ai/api/mcp/auth_callback"
LOOPBACK_CALLBACKS = ("http://localhost:6274/oauth/callback", "http://localhost:3334/oauth/callback")
"""Those of MCP Inspector and mcp-remote. Auth0 compares ports too: programs whose port changes cannot be here."""

CHATGPT_DOCUMENT = "https://chatgpt.com/oauth/client.json"
APPLICATION_LIMIT = 10
"""How many applications the free plan allows."""

_NEED_A_SECRET = {
    "implicit",
    "password",
    "client_credentials",
    "http://auth0.com/oauth/grant-type/password-realm",
    "http://auth0.com/oauth/legacy/grant-type/ro",
}
MARK, MARK_FOR = "gatehouse", "gatehouse_for"
"""The metadata by which an application made here is known again: what it is, and for which resource."""

REGISTERED = "registered"
"""The mark of those that the owner registered on the page."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the owner wants: for which address, and how programs become clients.

    ``connection`` names the database of people when there are several; ``adopted`` are the ids of applications that
    were made by hand and may be used.
    """

    public_base_url: str
    registration: Registration = "shared"
    connection: str = ""
    adopted: frozenset[str] = frozenset()

    @property
    def resource(self) -> str:
        """What clients ask a token for; the API's identifier, letter by letter."""
        return f"{self.public_base_url}/mcp"

    @property
    def applications(self) -> tuple[Part, ...]:
        """The applications that are made for this way of registration."""
        return ("shared", "owner") if self.registration == "shared" else ("owner",)

    @property
    def host(self) -> str:
        """The public address without its scheme."""
        return urlsplit(self.public_base_url).netloc


@dataclass(frozen=True, slots=True)
class Row:
    """One value. ``join(current, desired)`` is what should stand there; nothing is to do when it already does.

    ``whole`` says that Auth0 replaces the object around the value, so that all of it must be sent.
    """

    part: Part
    what: str
    why: str
    path: tuple[str, ...]
    desired: Any
    join: Callable[[Any, Any], Any] = lambda current, desired: desired
    whole: bool = False


def with_all(current: Any, desired: Any) -> list[Any]:
    """The list that is there, with whatever lacks."""
    return [*(current or []), *(one for one in desired if one not in (current or []))]


def with_scopes(current: Any, desired: Any) -> list[Any]:
    """Permissions by their name: a description of the owner's own stays."""
    held = {one["value"] for one in current or []}
    return [*(current or []), *(one for one in desired if one["value"] not in held)]


def over(current: Any, desired: Any) -> dict[str, Any]:
    """The object that is there, with these values set."""
    return {**(current or {}), **desired}


def at_most(current: Any, desired: int) -> int:
    """The number that is there, unless it is more."""
    return current if isinstance(current, int) and 0 < current <= desired else desired


def stricter(current: Any, desired: dict[str, Any]) -> dict[str, Any]:
    """The object that is there, with these values set; numbers that are smaller stay."""
    held = current or {}
    kept = {name: held[name] for name, value in desired.items() if _is_smaller(held.get(name), value)}
    return {**held, **desired, **kept}


def _is_smaller(held: Any, value: Any) -> bool:
    return type(held) is int and type(value) is int and 0 <= held < value


def without_secret(current: Any, desired: Any) -> list[Any]:
    """The grants that are there and those wanted, without those that are unsafe for a program without a secret."""
    return [one for one in with_all(current, desired) if one not in _NEED_A_SECRET]


def truth(current: Any, desired: bool) -> Any:
    """What is there when it means the same: Auth0 leaves out switches that are off."""
    return current if bool(current) is desired else desired
