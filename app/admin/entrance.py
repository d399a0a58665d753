"""Where the server lets ``/admin`` begin: the rest is loaded when the first request comes."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from app.admin.house import House


class Entrance:
    """The ASGI application of ``/admin``."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._room: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if self._room is None:
            from app.admin.room import Room  # noqa: PLC0415  (templates and the log-in library take time to load)

            self._room = Room(self._house)
        await self._room(scope, receive, send)
