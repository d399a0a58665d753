"""The pages on the way: ``/authorize``, ``/u/login`` and ``/u/consent``, tied together by a transaction id.

A transaction belongs to the browser that began it: the id in the form counts only together with that browser's cookie,
so another site cannot post the form for the person (RFC 9700 §4.7). Cookies carry no port: the names are this tenant's
own, so that the demo's server beside it on loopback keeps its cookies apart.

Deliberately not here: sign-up, password reset, log-out, and any lock-out after wrong passwords.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.demo.tenant.authorization import (
    AuthorizationRequest,
    error_redirect,
    find_client,
    needs_consent,
    read_authorization_request,
    remember_consent,
    scopes_of,
    success_redirect,
)
from app.demo.tenant.pages import consent_page, login_page
from app.demo.tenant.protocol import Refused, read_form, read_query
from app.demo.tenant.records import SESSION_LIFETIME, Client
from app.demo.tenant.state import Tenant, digest, is_same

_SESSION_COOKIE = "stand_in_session"
_BROWSER_COOKIE = "stand_in_browser"
_BROWSER_ID = re.compile(r"[A-Za-z0-9_-]{43}")
_TRANSACTION_LIFETIME = 3600


@dataclass
class _Transaction:
    """One authorization request on its way through the pages of one browser."""

    asked: AuthorizationRequest
    browser_digest: str
    expires_at: float


class Pages:
    """The three endpoints a person's browser visits, and the transactions between them."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._transactions: dict[str, _Transaction] = {}

    async def authorize(self, request: Request) -> Response:
        parameters = read_query(request)
        client, redirect_uri = find_client(self._tenant, parameters)
        try:
            asked = read_authorization_request(self._tenant, client, redirect_uri, parameters)
            return self._begin(request, asked)
        except Refused as refused:
            return _to_client(self._tenant, client, redirect_uri, parameters.get("state"), refused)

    async def login_form(self, request: Request) -> Response:
        transaction_id, transaction = self._transaction(request, read_query(request).get("state"))
        return login_page(transaction_id, transaction.asked.client.name)

    async def login(self, request: Request) -> Response:
        form = await read_form(request)
        transaction_id, transaction = self._transaction(request, form.get("state"))
        asked, email = transaction.asked, form.get("email", "")
        person = self._tenant.authenticate_person(email, form.get("password", ""))
        if person is None:
            return login_page(transaction_id, asked.client.name, email=email, problem="Wrong e-mail or password.")
        if person.blocked:
            return self._refuse(transaction_id, asked, Refused("unauthorized", "user is blocked", 403))
        asked.sub = person.sub
        response = self._after_login(transaction_id, asked)
        self._set_cookie(response, _SESSION_COOKIE, self._tenant.start_session(person))
        return response

    async def consent_form(self, request: Request) -> Response:
        transaction_id, asked = self._logged_in(request, read_query(request).get("state"))
        api = self._tenant.apis.get(asked.audience or "")
        return consent_page(
            transaction_id,
            asked.client.name,
            email=self._tenant.people[asked.sub].email,
            api_name=api.name if api else "your profile",
            scopes=scopes_of(self._tenant, asked),
        )

    async def consent(self, request: Request) -> Response:
        form = await read_form(request)
        transaction_id, asked = self._logged_in(request, form.get("state"))
        decision = form.get("decision")
        if decision == "accept":
            remember_consent(self._tenant, asked)
            return self._finish(transaction_id, asked)
        if decision == "deny":
            return self._refuse(
                transaction_id, asked, Refused("access_denied", "User did not authorize the request", 403)
            )
        raise Refused("invalid_request", "The decision must be 'accept' or 'deny'")

    def _begin(self, request: Request, asked: AuthorizationRequest) -> Response:
        """Go as far as the browser's session allows without asking the person."""
        person = self._tenant.session_person(request.cookies.get(_SESSION_COOKIE, ""))
        is_silent = "none" in asked.prompts
        if person is None or "login" in asked.prompts:
            if is_silent:
                raise Refused("login_required", "Login required")
            return self._ask("/u/login", request, asked)
        asked.sub = person.sub
        if needs_consent(self._tenant, asked):
            if is_silent:
                raise Refused("consent_required", "Consent required", 403)
            return self._ask("/u/consent", request, asked)
        return RedirectResponse(success_redirect(self._tenant, asked), 302)

    def _ask(self, path: str, request: Request, asked: AuthorizationRequest) -> Response:
        browser = request.cookies.get(_BROWSER_COOKIE, "")
        if not _BROWSER_ID.fullmatch(browser):
            browser = secrets.token_urlsafe(32)
        transaction_id = secrets.token_urlsafe(32)
        self._transactions[digest(transaction_id)] = _Transaction(
            asked, digest(browser), self._tenant.clock() + _TRANSACTION_LIFETIME
        )
        response = RedirectResponse(f"{path}?state={transaction_id}", 302)
        self._set_cookie(response, _BROWSER_COOKIE, browser)
        return response

    def _after_login(self, transaction_id: str, asked: AuthorizationRequest) -> Response:
        if needs_consent(self._tenant, asked):
            return RedirectResponse(f"/u/consent?state={transaction_id}", 302)
        return self._finish(transaction_id, asked)

    def _finish(self, transaction_id: str, asked: AuthorizationRequest) -> Response:
        try:
            location = success_redirect(self._tenant, asked)
        except Refused as refused:
            return self._refuse(transaction_id, asked, refused)
        del self._transactions[digest(transaction_id)]
        return RedirectResponse(location, 302)

    def _refuse(self, transaction_id: str, asked: AuthorizationRequest, refused: Refused) -> Response:
        del self._transactions[digest(transaction_id)]
        return _to_client(self._tenant, asked.client, asked.redirect_uri, asked.state, refused)

    def _transaction(self, request: Request, transaction_id: str | None) -> tuple[str, _Transaction]:
        transaction = self._transactions.get(digest(transaction_id or ""))
        if transaction_id is None or transaction is None or self._tenant.clock() >= transaction.expires_at:
            raise Refused("invalid_request", "This log-in was finished already, or has expired")
        if not is_same(digest(request.cookies.get(_BROWSER_COOKIE, "")), transaction.browser_digest):
            raise Refused("invalid_request", "This log-in was begun in another browser", 403)
        return transaction_id, transaction

    def _logged_in(self, request: Request, transaction_id: str | None) -> tuple[str, AuthorizationRequest]:
        transaction_id, transaction = self._transaction(request, transaction_id)
        if not transaction.asked.sub:
            raise Refused("login_required", "Log in first")
        if self._tenant.active_person(transaction.asked.sub) is None:
            raise Refused("unauthorized", "user is blocked", 403)
        return transaction_id, transaction.asked

    def _set_cookie(self, response: Response, name: str, value: str) -> None:
        response.set_cookie(
            name,
            value,
            max_age=SESSION_LIFETIME,
            httponly=True,
            samesite="lax",
            secure=self._tenant.issuer.startswith("https:"),
        )


def _to_client(tenant: Tenant, client: Client, redirect_uri: str, state: str | None, refused: Refused) -> Response:
    return RedirectResponse(error_redirect(tenant, client, redirect_uri, state, refused), 302)
