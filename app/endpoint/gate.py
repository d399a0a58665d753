"""Which HTTP messages may come as far as authentication: Host, Origin and CORS (Fetch standard, RFC 9110 §7.2).

Nothing here looks at a token. The public name comes from ``PUBLIC_BASE_URL``, never from the request, so that a forged
Host or X-Forwarded-Host changes nothing but its own fate.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from app.errors import RequestRefused

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_DEFAULT_PORTS = {"http": 80, "https": 443}
_ALLOWED_REQUEST_HEADERS = "authorization, content-type, mcp-protocol-version, mcp-method, mcp-name, mcp-session-id"
_EXPOSED_HEADERS = "WWW-Authenticate, Mcp-Session-Id, Retry-After"


class Gate:
    """Checks Host and Origin, and says what a browser may see.

    ``origins`` come from ``ALLOWED_ORIGINS``; with ``private_hosts`` the server may be called by any private address.
    """

    def __init__(self, public_base_url: str, origins: Iterable[str], *, private_hosts: bool = False) -> None:
        parts = urlsplit(public_base_url)
        self._public = (parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme))
        self._default_port = _DEFAULT_PORTS.get(parts.scheme)
        self._origins = frozenset(origins)
        self._private_hosts = private_hosts

    def check_host(self, host: str | None) -> None:
        """Refuse a request meant for another name (DNS rebinding). Loopback names are this machine's own."""
        name, port = _authority(host or "")
        if (
            name in LOOPBACK
            or (self._private_hosts and is_private(name))
            or (name is not None and (name, port or self._default_port) == self._public)
        ):
            return
        what = "This server does not answer under the name in the Host header."
        note = f"Received Host {host!r}, expected {self._public[0]!r}."
        raise RequestRefused(421, "misdirected_request", what, note=note)

    def check_origin(self, origin: str | None) -> None:
        """Refuse a browser page that is not on the list. No Origin means no browser: fine."""
        if origin is not None and not self._origin_allowed(origin):
            what = "Pages of this origin may not call this server; its owner can add it to ALLOWED_ORIGINS."
            raise RequestRefused(403, "origin_not_allowed", what, note=f"Received Origin {origin!r}.")

    def cors(self, origin: str | None) -> list[tuple[bytes, bytes]]:
        """Response headers that let an allowed page read the answer."""
        headers = [(b"vary", b"Origin")]
        if origin is not None and self._origin_allowed(origin):
            headers += [
                (b"access-control-allow-origin", origin.encode("latin-1")),
                (b"access-control-expose-headers", _EXPOSED_HEADERS.encode()),
            ]
        return headers

    def _origin_allowed(self, origin: str) -> bool:
        if origin in self._origins:
            return True
        scheme, separator, authority = origin.partition("://")
        return scheme in _DEFAULT_PORTS and bool(separator) and _authority(authority)[0] in LOOPBACK


PREFLIGHT: dict[str, str] = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": _ALLOWED_REQUEST_HEADERS,
    "Access-Control-Max-Age": "600",
}

PUBLIC_CORS: dict[str, str] = {"Access-Control-Allow-Origin": "*"}
"""For the public documents: the same for everybody, and no credentials are involved."""


@lru_cache(maxsize=256)
def _authority(text: str) -> tuple[str | None, int | None]:
    """Split ``host[:port]``; (None, None) when it is anything else."""
    try:
        parts = urlsplit(f"//{text}")
        port = parts.port
    except ValueError:
        return None, None
    plain = parts.netloc == text and not parts.username and not parts.password and "@" not in text
    return (parts.hostname, port) if plain else (None, None)


def addresses_on_the_way(scope: Mapping[str, Any]) -> list[str]:
    """The caller's address and those that proxies tell of, whether or not they are named in FORWARDED_ALLOW_IPS.

    A blank one stands for what cannot be told: no address, or a ``Forwarded`` header.
    """
    addresses = [(scope.get("client") or ("",))[0]]
    for name, value in scope["headers"]:
        if name == b"x-forwarded-for":
            addresses += [part.strip() for part in value.decode("latin-1").split(",")]
        elif name == b"forwarded":
            addresses.append("")
    return addresses


_PRIVATE_NETWORKS = [
    ipaddress.ip_network("127.0.0.0/8"),
    ipaddress.ip_network("10.0.0.0/8"),
    ipaddress.ip_network("172.16.0.0/12"),
    ipaddress.ip_network("192.168.0.0/16"),
    ipaddress.ip_network("169.254.0.0/16"),
    ipaddress.ip_network("::1/128"),
    ipaddress.ip_network("fc00::/7"),
    ipaddress.ip_network("fe80::/10"),
]


@lru_cache(maxsize=256)
def is_private(text: str | None) -> bool:
    """Whether this is the address of a machine in the house: loopback, private or link-local (RFC 1918, RFC 4193)."""
    try:
        address = ipaddress.ip_address(text or "")
    except ValueError:
        return False
    plain = getattr(address, "ipv4_mapped", None) or address
    return any(plain in network for network in _PRIVATE_NETWORKS)
