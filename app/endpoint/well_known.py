"""The public documents: protected-resource metadata (RFC 9728) and, passed on, the authorization server's (RFC 8414).

They are the same for every caller; nothing in them is taken from a request. With ``AUTH_MODE=none`` they do not exist.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from app.auth.authorization_server import AuthorizationServer
from app.auth.challenge import ProtectedResource
from app.endpoint.gate import PREFLIGHT, PUBLIC_CORS

PROTECTED_RESOURCE = "/.well-known/oauth-protected-resource"
AUTHORIZATION_SERVER = "/.well-known/oauth-authorization-server"
OPENID_CONFIGURATION = "/.well-known/openid-configuration"

_HEADERS = {**PUBLIC_CORS, "Cache-Control": "public, max-age=60"}


def well_known_routes(doors: Mapping[str, ProtectedResource], server: AuthorizationServer) -> APIRouter:
    """The routes of the public documents. ``doors`` are by path; that of ``/mcp`` is the origin's as well."""
    router = APIRouter()

    def protected_resource(door: ProtectedResource) -> Callable[[], Awaitable[Response]]:
        async def answer() -> Response:
            return JSONResponse(door.metadata(), headers=_HEADERS)

        return answer

    async def authorization_server() -> Response:
        return JSONResponse(await server.published_metadata(), headers=_HEADERS)

    async def preflight() -> Response:
        return Response(status_code=204, headers={**PREFLIGHT, **PUBLIC_CORS})

    for path, door in [("", doors["/mcp"]), *doors.items()]:
        router.add_api_route(PROTECTED_RESOURCE + path, protected_resource(door), methods=["GET", "HEAD"])
        router.add_api_route(PROTECTED_RESOURCE + path, preflight, methods=["OPTIONS"])
    for path in (AUTHORIZATION_SERVER, f"{AUTHORIZATION_SERVER}/mcp", OPENID_CONFIGURATION):
        router.add_api_route(path, authorization_server, methods=["GET", "HEAD"])
        router.add_api_route(path, preflight, methods=["OPTIONS"])
    return router
