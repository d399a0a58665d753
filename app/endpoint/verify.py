"""``/auth/verify``: a reverse proxy asks here about each request that is meant for another server (Caddy forward_auth).

The answer is that of ``/mcp``, without a body to read: 200 with who is calling, or the refusal and the challenge to
hand on. The proxy names the resource; only those in ``OTHER_RESOURCES``, and ``/mcp``, are known. The proxy must never
pass this path itself on, and must strike ``X-Auth-*`` out of what clients send.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.auth.principal import Principal
from app.endpoint.gate import Gate
from app.endpoint.limits import Limits
from app.endpoint.mcp import Authenticate
from app.endpoint.refusals import Refusals, is_strangers
from app.errors import InsufficientScope, RequestRefused
from app.scopes import LADDER

_SAFE = "!\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~"
"""What stands in a header as it is; the rest, and the percent sign itself, is percent-encoded (RFC 3986 §2.1)."""


@dataclass(frozen=True)
class Door:
    """One protected resource: how its callers are authenticated, and how they are refused."""

    authenticate: Authenticate
    refusals: Refusals


def verify_routes(
    doors: Mapping[str, Door], scopes_of: Callable[[Principal], frozenset[str]], gate: Gate, limits: Limits
) -> APIRouter:
    """``GET /auth/verify?resource=/PATH&scope=SCOPE``. ``doors`` are by path; ``scopes_of`` says what somebody has."""
    router = APIRouter()

    async def verify(request: Request) -> Response:
        path, scope = request.query_params.get("resource", "/mcp"), request.query_params.get("scope", "read")
        door = doors.get(path)
        if door is None or scope not in LADDER:
            what = "This resource or scope is not known here: see OTHER_RESOURCES, and the proxy's own settings."
            note = f"Asked about resource {path!r} and scope {scope!r}."
            raise RequestRefused(403, "unknown_resource", what, note=note)
        origin = request.headers.get("origin")
        try:
            gate.check_host(request.headers.get("host"))
            gate.check_origin(origin)
            principal = await door.authenticate(request.scope)
            await limits.admit(principal)
            held = scopes_of(principal)
            if held.isdisjoint(LADDER[LADDER.index(scope) :]):
                raise InsufficientScope((scope,), f"{path} needs {scope}, sub={principal.sub}")
            response = Response(status_code=200, headers=_identity(principal, held))
        except Exception as error:
            response = await _refuse(door.refusals, error, request, limits)
        response.raw_headers.extend(gate.cors(origin))
        return response

    router.add_api_route("/auth/verify", verify, methods=["GET"])
    return router


async def _refuse(refusals: Refusals, error: Exception, request: Request, limits: Limits) -> Response:
    address = request.client.host if request.client else "unknown"
    flood = await limits.stranger(address) if is_strangers(error) else None
    return refusals.answer(error, address, flood)


def _identity(principal: Principal, scopes: frozenset[str]) -> dict[str, str]:
    return {
        "X-Auth-Subject": quote(principal.sub, safe=_SAFE),
        "X-Auth-Client": quote(principal.client_id, safe=_SAFE),
        "X-Auth-Scopes": " ".join(quote(one, safe=_SAFE) for one in sorted(scopes)),
        "Cache-Control": "no-store",
    }
