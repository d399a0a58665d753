"""``/auth/verify``: a reverse proxy asks here about each request that is meant for another server (Caddy forward_auth).

The answer is that of ``/mcp``, without a body to read: 200 with who is calling, or the refusal and the challenge to
hand on. The proxy names the resource; only those in ``OTHER_RESOURCES``, and ``/mcp``, are known. The proxy must never
pass this path itself on, and must strike ``X-Auth-*`` out of what clients send.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.auth.principal import Principal
from app.endpoint.gate import Gate
from app.endpoint.limits import Limits
from app.endpoint.mcp import Authenticate
from app.endpoint.message import fold_headers
from app.endpoint.refusals import Refusals
from app.errors import NotAdmitted, RequestRefused
from app.journal.visit import Visits
from app.people.guard import Guard
from app.scopes import LADDER, Scope

_SAFE = "!\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~"
"""What stands in a header as it is; the rest, and the percent sign itself, is percent-encoded (RFC 3986 §2.1)."""


@dataclass(frozen=True)
class Door:
    """One protected resource: how its callers are authenticated, and how they are refused."""

    authenticate: Authenticate
    refusals: Refusals


@dataclass(frozen=True)
class _Behind:
    """What is asked for: another server, guarded like a tool."""

    scope: Scope
    local_only: bool = False


def verify_routes(doors: Mapping[str, Door], guard: Guard, gate: Gate, limits: Limits, visits: Visits) -> APIRouter:
    """``GET /auth/verify?resource=/PATH&scope=SCOPE``. ``doors`` are by path."""
    router = APIRouter()
    asked: dict[str, _Behind] = {scope: _Behind(scope) for scope in LADDER}

    async def verify(request: Request) -> Response:
        path = request.query_params.get("resource", "/mcp")
        door = doors.get(path, doors["/mcp"])
        headers = fold_headers(request.scope)
        visit = visits.begin(request.scope, headers)
        visit.asks("auth/verify", path)
        try:
            behind = asked.get(request.query_params.get("scope", "read"))
            if path not in doors or behind is None:
                what = "This resource or scope is not known here: see OTHER_RESOURCES, and the proxy's own settings."
                raise RequestRefused(403, "unknown_resource", what, note=f"Asked for {path[:200]!r}.")
            gate.check_host(headers.get("host"))
            gate.check_origin(headers.get("origin"))
            visit.principal = principal = await door.authenticate(request.scope)
            await limits.admit(principal)
            guard.admit(principal)
            decision = guard.decide(principal, behind)
            guard.refuse(principal, behind, decision)
            if not decision.allowed:  # refuse() raises for each reason there is; for one that is not there, this does
                raise NotAdmitted("not_invited", f"reason {decision.reason}, sub={principal.sub}")
            response = Response(status_code=200, headers=_identity(principal, guard.scopes(principal)))
            visit.ends("ok")
        except Exception as error:
            response = await door.refusals.answer(error, visit)
        visits.end(visit, response.status_code, 0)
        response.raw_headers.extend(gate.cors(headers.get("origin")))
        return response

    router.add_api_route("/auth/verify", verify, methods=["GET"])
    return router


def _identity(principal: Principal, scopes: tuple[str, ...]) -> dict[str, str]:
    return {
        "X-Auth-Subject": quote(principal.sub, safe=_SAFE),
        "X-Auth-Client": quote(principal.client_id, safe=_SAFE),
        "X-Auth-Scopes": " ".join(scopes),
        "Cache-Control": "no-store",
    }
