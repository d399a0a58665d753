"""The stand-in's Management API v2: every endpoint in one table with the scopes it needs and the body it takes.

In Auth0's order: the rate limit, the token (401), its scopes (403), the body (400), and then the work. Endpoints that
Gatehouse does not use are absent, and so are Auth0's filters and searches beyond those that it does use.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from app.demo.tenant import management_clients, management_settings, management_users
from app.demo.tenant.machine_tokens import management_claims
from app.demo.tenant.management_answers import Body, ManagementRefused, answer, read_body
from app.demo.tenant.management_gate import Asked, Fault
from app.demo.tenant.management_models import problem_of
from app.demo.tenant.state import Tenant

Work = Callable[[Tenant, Request, Body], Response]


@dataclass(frozen=True)
class Endpoint:
    """One row: ``body`` names the model that the body is held against, blank for none."""

    method: str
    path: str
    scopes: tuple[str, ...]
    work: Work
    body: str = ""


ENDPOINTS = (
    Endpoint("GET", "/tenants/settings", ("read:tenant_settings",), management_settings.tenant_settings),
    Endpoint("PATCH", "/tenants/settings", ("update:tenant_settings",), management_settings.change_tenant, "tenant"),
    Endpoint("GET", "/resource-servers", ("read:resource_servers",), management_settings.apis),
    Endpoint("POST", "/resource-servers", ("create:resource_servers",), management_settings.create_api, "create api"),
    Endpoint(
        "PATCH", "/resource-servers/{id}", ("update:resource_servers",), management_settings.change_api, "change api"
    ),
    Endpoint("GET", "/client-grants", ("read:client_grants",), management_settings.grants),
    Endpoint("POST", "/client-grants", ("create:client_grants",), management_settings.create_grant, "create grant"),
    Endpoint(
        "PATCH", "/client-grants/{id}", ("update:client_grants",), management_settings.change_grant, "change grant"
    ),
    Endpoint("GET", "/connections", ("read:connections",), management_settings.connections),
    Endpoint(
        "PATCH",
        "/connections/{id}",
        ("update:connections",),
        management_settings.change_connection,
        "change connection",
    ),
    Endpoint("GET", "/connections/{id}/clients", ("read:connections",), management_settings.enabled_clients),
    Endpoint(
        "PATCH",
        "/connections/{id}/clients",
        ("update:connections",),
        management_settings.enable_clients,
        "enable connection",
    ),
    Endpoint("GET", "/clients", ("read:clients",), management_clients.clients),
    Endpoint("POST", "/clients", ("create:clients",), management_clients.create_client, "create client"),
    Endpoint(
        "POST", "/clients/cimd/register", ("create:clients",), management_clients.register_document, "register document"
    ),
    Endpoint("PATCH", "/clients/{id}", ("update:clients",), management_clients.change_client, "change client"),
    Endpoint("DELETE", "/clients/{id}", ("delete:clients",), management_clients.delete_client),
    Endpoint("GET", "/users", ("read:users",), management_users.users),
    Endpoint("GET", "/users-by-email", ("read:users",), management_users.users_by_email),
    Endpoint("POST", "/users", ("create:users",), management_users.create_user, "create user"),
    Endpoint("PATCH", "/users/{id}", ("update:users",), management_users.change_user, "change user"),
    Endpoint(
        "POST", "/users/{id}/permissions", ("update:users",), management_users.grant_permissions, "grant permissions"
    ),
    Endpoint(
        "POST",
        "/users/{id}/revoke-access",
        ("delete:sessions", "delete:refresh_tokens"),
        management_users.end_access,
        "end access",
    ),
    Endpoint(
        "POST",
        "/tickets/password-change",
        ("create:user_tickets",),
        management_users.password_ticket,
        "password ticket",
    ),
)

MANAGEMENT_SCOPES = tuple(sorted({scope for endpoint in ENDPOINTS for scope in endpoint.scopes}))
"""All that the Management API can be asked for."""


def management_routes(tenant: Tenant) -> list[Route]:
    """The table as routes under ``/api/v2``."""
    return [
        Route(f"/api/v2{one.path.replace('{id}', '{id:path}')}", _endpoint(tenant, one), methods=[one.method])
        for one in sorted(ENDPOINTS, key=lambda one: -len(one.path))  # an id may hold a slash: the longer path first
    ]


def _endpoint(tenant: Tenant, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        fault = tenant.management.fault(request.method, request.url.path)
        raw = await read_body(request)
        response = _failed(fault) if fault and not fault.done else _handle(tenant, endpoint, request, raw)
        if fault and fault.done:
            response = _failed(fault)
        status = 0 if isinstance(response, _Cut) else response.status_code
        tenant.management.log.append(Asked(request.method, request.url.path, status))
        return response

    return handle


def _handle(tenant: Tenant, endpoint: Endpoint, request: Request, raw: bytes) -> Response:
    passes, headers = tenant.management.pass_one()
    try:
        if not passes:
            raise ManagementRefused(429, "too_many_requests", "Global limit has been reached")
        _authorize(tenant, request, endpoint.scopes)
        problem = problem_of(endpoint.body, raw) if endpoint.body else ""
        if problem:
            raise ManagementRefused(400, "invalid_body", problem)
        response = endpoint.work(tenant, request, Body(raw))
    except ManagementRefused as refused:
        response = answer(refused.document(), refused.status)
    response.headers.update(headers)
    return response


def _authorize(tenant: Tenant, request: Request, scopes: tuple[str, ...]) -> None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    claims = management_claims(tenant, token) if scheme.lower() == "bearer" else None
    if claims is None:
        raise ManagementRefused(401, "invalid_token", "Invalid token")
    if tenant.clock() >= float(claims["exp"]):
        raise ManagementRefused(401, "invalid_token", "Expired token received for JSON Web Token validation")
    missing = [scope for scope in scopes if scope not in str(claims.get("scope", "")).split()]
    if missing:
        raise ManagementRefused(403, "insufficient_scope", f"Insufficient scope, expected: {', '.join(missing)}")


def _failed(fault: Fault) -> Response:
    if fault.status is None:
        return _Cut()
    refused = ManagementRefused(fault.status, "on_demand", "The stand-in was told to fail here")
    return answer(refused.document(), fault.status, {"retry-after": "1"} if fault.status == 429 else None)


class _Cut(Response):
    """Ends the connection in the middle of an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"1000"), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        raise ConnectionAbortedError("cut on demand")
