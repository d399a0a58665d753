"""The public documents: protected-resource metadata (RFC 9728) and, passed on, the authorization server's (RFC 8414).

They are the same for every caller; nothing in them is taken from a request. With ``AUTH_MODE=none`` they do not exist.
"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from app.auth.authorization_server import AuthorizationServer
from app.auth.challenge import ProtectedResource
from app.endpoint.gate import PREFLIGHT, PUBLIC_CORS

PROTECTED_RESOURCE = "/.well-known/oauth-protected-resource"
AUTHORIZATION_SERVER = "/.well-known/oauth-authorization-server"
OPENID_CONFIGURATION = "/.well-known/openid-configuration"

_HEADERS = {**PUBLIC_CORS, "Cache-Control": "public, max-age=60"}


def well_known_routes(door: ProtectedResource, server: AuthorizationServer) -> APIRouter:
    """The routes of the public documents."""
    router = APIRouter()

    async def protected_resource() -> Response:
        return JSONResponse(door.metadata(), headers=_HEADERS)

    async def authorization_server() -> Response:
        return JSONResponse(await server.published_metadata(), headers=_HEADERS)

    async def preflight() -> Response:
        return Response(status_code=204, headers={**PREFLIGHT, **PUBLIC_CORS})

    for path in (PROTECTED_RESOURCE, f"{PROTECTED_RESOURCE}/mcp"):
        router.add_api_route(path, protected_resource, methods=["GET", "HEAD"])
        router.add_api_route(path, preflight, methods=["OPTIONS"])
    for path in (AUTHORIZATION_SERVER, f"{AUTHORIZATION_SERVER}/mcp", OPENID_CONFIGURATION):
        router.add_api_route(path, authorization_server, methods=["GET", "HEAD"])
        router.add_api_route(path, preflight, methods=["OPTIONS"])
    return router
