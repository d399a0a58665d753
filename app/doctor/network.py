"""Names, ports and certificates: what lies beneath HTTP.

It looks and reports; whether what it saw is good is for the checks to say.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import httpx

from app.doctor.trouble import trouble_of

CONNECT_SECONDS = 3.0


@dataclass
class Network:
    """The way out. ``names`` and ``roads`` replace what the system would say: addresses of a name, and where to connect
    for a name and port. ``cafile`` adds a certificate authority of one's own."""

    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    roads: Mapping[tuple[str, int], tuple[str, int]] = field(default_factory=dict)
    cafile: str = ""

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
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                found = await asyncio.get_running_loop().getaddrinfo(name, None)
        except (OSError, UnicodeError) as error:
            raise trouble_of(error, name) from None
        return tuple(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))

    async def connect(self, name: str, port: int) -> None:
        """Open a connection and close it again. Raises :class:`~app.doctor.trouble.Unreachable`."""
        await self._open(name, port, None)

    async def certificate(self, name: str, port: int) -> Mapping[str, Any]:
        """The certificate shown for a name, once it is believed. Raises :class:`~app.doctor.trouble.Unreachable`."""
        return await self._open(name, port, self.trust)

    async def _as_chatgpt(self, name: str) -> str:
        """The address that ChatGPT would take: it calls over IPv4 only."""
        addresses = await self.addresses(name)
        return next((one for one in addresses if "." in one), addresses[0])

    async def _open(self, name: str, port: int, trust: ssl.SSLContext | None) -> Mapping[str, Any]:
        host, number = self.roads.get((name, port)) or (await self._as_chatgpt(name), port)
        options: dict[str, Any] = {"ssl": trust, "server_hostname": name} if trust else {}
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _, writer = await asyncio.open_connection(host, number, **options)
        except (OSError, UnicodeError) as error:
            raise trouble_of(error, f"{name} port {port}") from None
        certificate: Mapping[str, Any] = writer.get_extra_info("peercert") or {}
        writer.transport.abort()
        return certificate
