"""A stand-in tenant as Auth0 hands one over, behind real HTTP, with a clock that waiting moves."""

from __future__ import annotations

import atexit
import base64
import copy
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from app.auth0.wanted import CHATGPT_CALLBACK, CHATGPT_DOCUMENT
from app.demo.serving import ServedApp
from app.demo.tenant import MANAGEMENT_SCOPES, Tenant, TenantSettings, create_tenant_app, issue_management_token
from app.demo.tenant.signing import KeyRing
from tests.support.login import log_in

ALL_SCOPES = MANAGEMENT_SCOPES
BASE = "https://home.example.net"
RESOURCE = f"{BASE}/mcp"
VERIFIER = "v" * 43
KEYS = KeyRing()
"""One for all tenants: making keys is slow, and no test here is about them."""

CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@dataclass
class WaitingClock:
    """Seconds since the epoch. Time passes only for who sleeps."""

    now: float = field(default_factory=lambda: float(int(time.time())))
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class StandIn:
    """The tenant, its address, and ways to ask it."""

    tenant: Tenant
    clock: WaitingClock
    http: httpx.Client

    @property
    def issuer(self) -> str:
        return self.tenant.issuer

    @property
    def domain(self) -> str:
        return self.issuer.removeprefix("http://").rstrip("/")

    def token(self, *scopes: str, **claims: Any) -> str:
        """A management token with these scopes, or all."""
        return issue_management_token(self.tenant, scopes or ALL_SCOPES, **claims)

    def ask(self, method: str, path: str, *, token: str | None = None, **options: Any) -> httpx.Response:
        """One request to the Management API, a second after the one before."""
        self.clock.now += 1
        headers = {} if token == "" else {"authorization": f"Bearer {self.token() if token is None else token}"}
        return self.http.request(method, f"{self.issuer}api/v2{path}", headers=headers, **options)

    def environment(self, **more: str) -> dict[str, str]:
        """The settings with which the owner's commands reach this tenant."""
        names = {"PUBLIC_BASE_URL": BASE, "OAUTH_ISSUER": self.issuer, "AUTH0_MANAGEMENT_TOKEN": self.token()}
        return {**names, **more}

    def authorize_url(self, client_id: str, redirect_uri: str, **changes: str) -> str:
        question = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": redirect_uri,
            "scope": "read offline_access",
            "resource": RESOURCE,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        } | changes
        return f"{self.issuer}authorize?{urlencode(question)}"

    def tokens(self, client_id: str, redirect_uri: str, email: str, password: str, **changes: str) -> dict[str, Any]:
        """Log in through the pages, and exchange the code."""
        told = log_in(self.authorize_url(client_id, redirect_uri, **changes), email, password)
        response = self.exchange(
            client_id,
            grant_type="authorization_code",
            code=told["code"],
            redirect_uri=redirect_uri,
            code_verifier=VERIFIER,
        )
        assert response.status_code == 200, response.text
        return dict(response.json())

    def exchange(self, client_id: str, **form: str) -> httpx.Response:
        return self.http.post(f"{self.issuer}oauth/token", data={"client_id": client_id, **form})

    def refresh(self, client_id: str, tokens: dict[str, Any]) -> httpx.Response:
        return self.exchange(client_id, grant_type="refresh_token", refresh_token=tokens["refresh_token"])


class _Place:
    """A server that stays up for tenant after tenant: starting and ending one takes longer than most tests."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None
        self._served = ServedApp()
        self.url = self._served.url
        self._served.start(self._answer, interface="asgi3", lifespan="off")
        atexit.register(self._served.stop)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None, f"{scope['path']} was asked after its tenant was gone"
        await self.app(scope, receive, send)


_FREE: list[_Place] = []
_HTTP = httpx.Client(timeout=20)


@contextmanager
def open_stand_in(settings: TenantSettings | None = None) -> Iterator[StandIn]:
    """A tenant that is new, or has other settings; nothing of it is left for the next one."""
    place, clock = _FREE.pop() if _FREE else _Place(), WaitingClock()
    tenant = Tenant(f"{place.url}/", settings=settings or TenantSettings.of_a_new_tenant(), clock=clock)
    tenant.keys = KEYS
    tenant.metadata_documents[CHATGPT_DOCUMENT] = {
        "client_id": CHATGPT_DOCUMENT,
        "client_name": "ChatGPT",
        "redirect_uris": [CHATGPT_CALLBACK],
    }
    place.app = create_tenant_app(tenant)
    try:
        yield StandIn(tenant, clock, _HTTP)
    finally:
        place.app = None
        _HTTP.cookies.clear()
        _FREE.append(place)


def state_of(tenant: Tenant) -> dict[str, Any]:
    """All that the commands may change, without the ids that are made anew each time."""
    clients = {
        one.name: {
            "callbacks": one.callbacks,
            "secret": one.secret,
            "first": one.is_first_party,
            "grants": one.grant_types,
            "enabled": one.connection_enabled,
            "more": copy.deepcopy(one.more),
        }
        for one in tenant.clients.values()
    }
    apis = {
        one.identifier: {name: value for name, value in vars(one).items() if name != "api_id"}
        for one in tenant.apis.values()
    }
    grants = [(one.audience, one.scope, one.default_for, one.subject_type) for one in tenant.client_grants.values()]
    return copy.deepcopy(
        {
            "settings": vars(tenant.settings),
            "options": tenant.connection.options,
            "clients": clients,
            "apis": apis,
            "grants": grants,
            "count": len(tenant.clients),
        }
    )
