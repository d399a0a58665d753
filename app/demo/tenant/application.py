"""Every route of the stand-in tenant in one table, and how a refusal is shown: as JSON to clients, as a page to people.

Browser clients reach the JSON endpoints from any origin (CORS), never the pages. Requests are counted by path before
routing, so that tests can say how often the key set was fetched. Deliberately not here: the binding to an address;
whoever serves this app binds it to loopback.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.demo.tenant import accounts, registration, token_endpoint
from app.demo.tenant.browser import Pages
from app.demo.tenant.management import management_routes
from app.demo.tenant.pages import error_page
from app.demo.tenant.protocol import Refused, json_response
from app.demo.tenant.state import Tenant

_Page = Callable[[Request], Awaitable[Response]]
_JsonEndpoint = Callable[[Tenant, Request], Awaitable[Response]]

_CORS_HEADERS = {"access-control-allow-origin": "*", "access-control-expose-headers": "WWW-Authenticate"}
_PREFLIGHT_HEADERS = {
    "access-control-allow-headers": "authorization, content-type, mcp-protocol-version",
    "access-control-max-age": "600",
}


def create_tenant_app(tenant: Tenant) -> ASGIApp:
    """The tenant as an ASGI app."""
    pages = Pages(tenant)
    application = Starlette(
        routes=[
            _page("/authorize", "GET", pages.authorize),
            _page("/u/login", "GET", pages.login_form),
            _page("/u/login", "POST", pages.login),
            _page("/u/consent", "GET", pages.consent_form),
            _page("/u/consent", "POST", pages.consent),
            _page("/u/reset-verify", "GET", partial(accounts.password_form, tenant)),
            _page("/u/reset-verify", "POST", partial(accounts.set_password, tenant)),
            _json(tenant, "/.well-known/oauth-authorization-server", ["GET"], registration.metadata),
            _json(tenant, "/.well-known/openid-configuration", ["GET"], registration.metadata),
            _json(tenant, "/.well-known/jwks.json", ["GET"], registration.jwks),
            _json(tenant, "/oidc/register", ["POST"], registration.register),
            _json(tenant, "/oauth/token", ["POST"], token_endpoint.token),
            _json(tenant, "/oauth/revoke", ["POST"], token_endpoint.revoke),
            _json(tenant, "/oauth/device/code", ["POST"], token_endpoint.device_code),
            _json(tenant, "/userinfo", ["GET", "POST"], token_endpoint.userinfo),
            _json(tenant, "/dbconnections/signup", ["POST"], accounts.sign_up),
            *management_routes(tenant),
        ]
    )

    application.router.redirect_slashes = False

    async def counted(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            tenant.requests[scope["path"]] += 1
        await application(scope, receive, send)

    return counted


def _page(path: str, method: str, page: _Page) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            return await page(request)
        except Refused as refused:
            return error_page(refused.error, refused.error_description, refused.status)

    return Route(path, endpoint, methods=[method])


def _json(tenant: Tenant, path: str, methods: list[str], answer: _JsonEndpoint) -> Route:
    allowed = ", ".join([*methods, "OPTIONS"])

    async def endpoint(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(
                status_code=204,
                headers=_CORS_HEADERS | _PREFLIGHT_HEADERS | {"access-control-allow-methods": allowed},
            )
        try:
            response = await answer(tenant, request)
        except Refused as refused:
            response = json_response(refused.members(), refused.status, {"cache-control": "no-store"})
        response.headers.update(_CORS_HEADERS)
        return response

    return Route(path, endpoint, methods=[*methods, "OPTIONS"])
