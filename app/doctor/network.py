"""Names, ports and certificates: what lies beneath HTTP.

It looks and reports; whether what it saw is good is for the checks to say.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import httpx

from app.doctor.aside import aside
from app.doctor.trouble import Unreachable, trouble_of

CONNECT_SECONDS = 3.0


@dataclass
class Network:
    """The way out. ``names`` and ``roads`` replace what the system would say: addresses of a name, and where to connect
    for a name and port. ``cafile`` adds a certificate authority of one's own. ``public_only`` keeps to the internet."""

    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    roads: Mapping[tuple[str, int], tuple[str, int]] = field(default_factory=dict)
    cafile: str = ""
    public_only: bool = False
    _found: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def trust(self) -> ssl.SSLContext:
        """Whom to believe: the authorities that clients on the internet believe."""
        context = httpx.create_ssl_context()
        if self.cafile:
            context.load_verify_locations(cafile=self.cafile)
        return context

    async def addresses(self, name: str) -> tuple[str, ...]:
        """The addresses of a name, each once. Raises :class:`~app.doctor.trouble.Unreachable`."""
        if name in self.names:
            return self.names[name]
        if name not in self._found:
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    self._found[name] = await _look_up(name)
            except (OSError, UnicodeError) as error:
                raise trouble_of(error, name) from None
        return self._found[name]

    async def place(self, name: str, port: int) -> tuple[str, int]:
        """Where to connect. ChatGPT calls over IPv4 only, so that is taken where there is a choice.

        A stranger's server, and whatever it names, may not lead into this house (to a router's page, say), by a name
        that means an address here, either. Raises :class:`~app.doctor.trouble.Unreachable`.
        """
        if road := self.roads.get((name, port)):
            return road
        addresses = await self.addresses(name)
        if self.public_only:
            addresses = tuple(one for one in addresses if is_public(one))
            if not addresses:
                raise Unreachable("other", f"{name[:200]} leads to no address on the internet: it was not asked.")
        return next((one for one in addresses if "." in one), addresses[0]), port

    async def connect(self, name: str, port: int) -> None:
        """Open a connection and close it again. Raises :class:`~app.doctor.trouble.Unreachable`."""
        await self._open(name, port, None)

    async def certificate(self, name: str, port: int) -> Mapping[str, Any]:
        """The certificate shown for a name, once it is believed. Raises :class:`~app.doctor.trouble.Unreachable`."""
        return await self._open(name, port, self.trust)

    async def _open(self, name: str, port: int, trust: ssl.SSLContext | None) -> Mapping[str, Any]:
        host, number = await self.place(name, port)
        options: dict[str, Any] = {"ssl": trust, "server_hostname": name} if trust else {}
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _, writer = await asyncio.open_connection(host, number, **options)
        except (OSError, UnicodeError) as error:
            raise trouble_of(error, f"{name} port {port}") from None
        certificate: Mapping[str, Any] = writer.get_extra_info("peercert") or {}
        writer.transport.abort()
        return certificate


def is_public(address: str) -> bool:
    """Whether an address is on the internet; one of IPv6 that carries one of IPv4 is what it carries."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        carried = found.ipv4_mapped or found.sixtofour
        if found in _NAT64:
            carried = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        found = carried or found
    return found.is_global and not found.is_multicast


def is_private(name: str) -> bool:
    """Whether this is an address itself, and not one on the internet; False for a name."""
    try:
        return not is_public(name)
    except ValueError:
        return False


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def _look_up(name: str) -> asyncio.Future[tuple[str, ...]]:
    """The system's answer, from a thread that nobody waits for: a resolver may take half a minute to give up."""

    def work() -> tuple[str, ...]:
        entries = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        return tuple(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in entries))

    return aside(work, f"look up {name[:40]}")
