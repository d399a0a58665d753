"""A stand-in for the Korean open-data portals, for the demo and the tests: everything it tells is made up.

It keeps the manners of the live ones, also the bad: thirteen services of real-estate transactions, the Applyhome
subscription data of odcloud, the public auctions of Onbid, and the table of legal-district codes. It shares no code
with the tools that ask it, so that a misreading is not made twice. It writes no log and repeats the key in no answer
but a redirect; whoever serves this app keeps query strings out of the server's log.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.demo.portal import odcloud, onbid, rtms, stan_regin
from app.demo.portal.answers import failure
from app.demo.portal.gate import Service, serve
from app.demo.portal.rtms import path_of
from app.demo.portal.state import Portal

__all__ = ["PATH", "Portal", "create_portal_app", "path_of"]

PATH = path_of("AptTrade")


def create_portal_app(portal: Portal) -> Starlette:
    """Build the ASGI app; the state stays in ``portal``."""
    services: dict[str, Service] = rtms.services() | odcloud.services() | onbid.services() | stan_regin.services()

    async def answer(request: Request) -> Response:
        path = request.url.path
        portal.requests[path] += 1
        if service := services.get(path):
            return await serve(portal, service, request)
        if path.startswith("/api/"):
            return odcloud.unknown_path()
        if path.startswith("/B010003/"):
            return onbid.unknown_path(request.query_params)
        return failure("unknown_path", portal.error_generation)

    return Starlette(routes=[Route("/{path:path}", answer)])
