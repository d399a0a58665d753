"""The only wiring: settings in, application out.

Everything is opened in the lifespan and closed with it; nothing here asks the authorization server for anything before
the server accepts requests, so Gatehouse starts while it is down.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.admin.entrance import Entrance
from app.admin.house import House
from app.auth.access_token import TokenPolicy
from app.auth.authenticator import Authenticator
from app.auth.authorization_server import AuthorizationServer
from app.auth.challenge import ProtectedResource
from app.auth.clock import ClockWatch
from app.auth.link import Links
from app.auth.principal import LOCAL_ISSUER, Principal
from app.auth.remote_document import FETCH_SECONDS
from app.doctor.readiness import readiness
from app.endpoint.dispatch import Dispatcher
from app.endpoint.gate import Gate, addresses_on_the_way, is_private
from app.endpoint.limits import Limits
from app.endpoint.mcp import Authenticate, McpEndpoint
from app.endpoint.message import fold_headers
from app.endpoint.refusals import Refusals
from app.endpoint.short_way import ShortWay
from app.endpoint.well_known import PROTECTED_RESOURCE, well_known_routes
from app.errors import ConfigurationError, GatehouseError, RequestRefused
from app.health import health_routes
from app.journal.visit import Visits
from app.journal.writer import JournalWriter
from app.logs import quoted, silence_access_log
from app.metrics import Metrics, metrics_route
from app.pages import PageDoor, base_url, page_link
from app.people.guard import Guard
from app.people.recorder import Recorder
from app.people.watch import Watch
from app.scopes import LADDER
from app.settings import Settings, load_settings
from app.store.shared import SharedEngine
from app.tools.base import Toolset, ToolsetOpener
from app.toolsets import built_in_toolsets, offered, open_toolsets, servers_of, upstreams_folder
from app.verify import Door, verify_routes

if TYPE_CHECKING:
    from app.journal.store import Sink, Store

START_SECONDS = 10.0
"""How long the start waits for the store of people. After that the server starts and lets nobody in yet."""


def application() -> FastAPI:
    """The application with the settings of the environment, for ``uvicorn --factory app.main:application``."""
    return create_app(load_settings())


class Gatehouse(FastAPI):
    """FastAPI for everything but ``/mcp``, which goes straight to its endpoint: two spellings and no redirect."""

    mcp: ASGIApp
    admin: ASGIApp
    refusal: ConfigurationError | None = None
    """Why it did not start, when that was found out only then."""

    def __init__(self, lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]]) -> None:
        super().__init__(title="Gatehouse", openapi_url=None, redirect_slashes=False, lifespan=lifespan)
        self.upstreams: dict[str, Callable[[], str]] = {}
        """What says why each server behind the door cannot be used; it says nothing while it can."""

    def offer(self, dispatcher: Dispatcher, toolsets: list[Toolset], metrics: Metrics) -> None:
        """Offer the opened tools, and count those that are there at any time.

        Raises :class:`~app.errors.ConfigurationError`.
        """
        dispatcher.changed = lambda: metrics.offer(dispatcher.names)
        self.upstreams |= {one.name: one.trouble for one in toolsets if one.trouble}
        try:
            offered(dispatcher.offer, toolsets)
        except ConfigurationError as error:
            self.refusal = error
            raise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http" and scope["path"] in {"/mcp", "/mcp/"}:
            await self.mcp(scope, receive, send)
        elif scope["type"] == "http" and (scope["path"] == "/admin" or scope["path"].startswith("/admin/")):
            await self.admin(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(
    settings: Settings,
    *,
    toolsets: Mapping[str, ToolsetOpener] | None = None,
    clock: Callable[[], float] = time.time,
) -> Gatehouse:
    """Build the whole server. ``toolsets`` replaces the built-in ones by name; ``clock`` is seconds since the epoch."""
    silence_access_log()
    metrics, servers = Metrics(), servers_of(settings)
    openers = {**built_in_toolsets(settings, metrics.observe_upstream), **(toolsets or {})}
    links = _links(settings, clock)
    guard = Guard(clock=clock)
    dispatcher = Dispatcher(guard, _page_link(settings, links), log_in=settings.auth_mode == "oauth")
    server = _authorization_server(settings, clock) if settings.auth_mode == "oauth" else None
    engine = SharedEngine(settings.database_url.get_secret_value(), settings.data_dir)
    watch = Watch(guard, engine, frozenset(settings.default_scopes))
    journal = journal_writer(settings, engine, [Recorder()], clock)
    key_age = partial(_key_age, server, clock) if server else None
    metrics.watch(key_age=key_age, queue_depth=lambda: journal.depth, lost=lambda: journal.lost)
    visits = Visits(journal.record, clock, metrics, values=settings.log_arguments == "values")
    shared = settings.rate_limit_storage_url.get_secret_value()
    limits = Limits(settings.rate_limit_per_person, settings.rate_limit_per_address, shared)
    paths = ("/mcp", *settings.other_resources)
    resources = {path: _protected_resource(settings, path) for path in paths} if server else {}
    doors = {
        path: Door(
            _by_access_token(settings, path, server, clock, metrics) if server else _by_private_network(settings),
            Refusals(resources.get(path), limits, clock),
        )
        for path in paths
    }
    authenticate, refusals = doors["/mcp"].authenticate, doors["/mcp"].refusals

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            journal.start()
            stack.callback(journal.close)
            watch.start()
            stack.callback(watch.close)
            stack.push_async_callback(limits.close)
            if server:
                stack.push_async_callback(server.close)
                renewal = asyncio.create_task(server.keep_fresh())  # begins the first fetch; nobody waits for it here
                stack.callback(renewal.cancel)
            opened = await open_toolsets(stack, settings, openers, servers, metrics.observe_upstream)
            app.offer(dispatcher, opened, metrics)
            await asyncio.to_thread(watch.wait, START_SECONDS)
            if not gc.get_freeze_count():
                gc.freeze()  # what is there by now stays: looking through it for garbage again would be lost time
            yield

    app = Gatehouse(lifespan)
    gate = Gate(settings.public_base_url, settings.origins, private_hosts=settings.auth_mode == "none")
    rooms = (gate, limits, refusals, visits)
    app.mcp = McpEndpoint(dispatcher.server, authenticate, guard, *rooms, ShortWay(dispatcher))
    app.admin = Entrance(
        House(
            *(settings, guard, engine, server, authenticate, gate, limits, visits),
            partial(readiness, server, guard, watch, journal, app.upstreams),
            lambda: dispatcher.toolsets,
            clock,
            servers,
            upstreams_folder(settings),
        )
    )
    app.include_router(health_routes(server, guard, watch, journal, app.upstreams))
    app.include_router(metrics_route(metrics, is_private, urlsplit(settings.public_base_url).hostname))
    app.include_router(PageDoor(dispatcher, authenticate, guard, links, *rooms).routes())
    app.include_router(verify_routes(doors, guard, gate, limits, visits))
    if server:
        app.include_router(well_known_routes(resources, server))

    _answer_errors(app, refusals, visits)
    return app


def _answer_errors(app: FastAPI, refusals: Refusals, visits: Visits) -> None:
    """Let what goes wrong outside of ``/mcp`` be answered by the same table."""

    async def answer_error(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException):
            word = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "bad_request")
            note = f"{request.method} {quoted(request.url.path)}"
            headers = tuple((error.headers or {}).items())
            error = RequestRefused(error.status_code, word, str(error.detail), headers, note)
        visit = visits.begin(request.scope, fold_headers(request.scope))
        answer = await refusals.answer(error, visit)
        visits.end(visit, answer.status_code, len(answer.body))
        return answer

    for kind in (HTTPException, GatehouseError, Exception):
        app.add_exception_handler(kind, answer_error)


def link_maker(settings: Settings, clock: Callable[[], float]) -> Callable[[Principal, str], str]:
    """Makes addresses of pages that open for one person, on the server with these settings."""
    return _page_link(settings, _links(settings, clock))


def _page_link(settings: Settings, links: Links | None) -> Callable[[Principal, str], str]:
    return page_link(base_url(settings.public_base_url, settings.host, settings.port), links)


def _links(settings: Settings, clock: Callable[[], float]) -> Links | None:
    return Links(settings.issuer, Path(settings.data_dir), clock) if settings.auth_mode == "oauth" else None


def _authorization_server(settings: Settings, clock: Callable[[], float]) -> AuthorizationServer:
    hooks = {"response": [ClockWatch(clock).look]}
    client = httpx.AsyncClient(follow_redirects=False, timeout=FETCH_SECONDS, event_hooks=hooks)
    keep_in = Path(settings.data_dir) / "authorization_server"
    return AuthorizationServer(settings.issuer, client, clock, jwks_uri=settings.oauth_jwks_uri, keep_in=keep_in)


def journal_writer(
    settings: Settings, engine: SharedEngine, sinks: Sequence[Sink], clock: Callable[[], float]
) -> JournalWriter:
    """The writer of the request log, which tells ``sinks`` of everything it writes."""

    def open_store() -> Store:
        from app.journal.store import Store  # noqa: PLC0415  (loads the database library: not before the thread asks)

        return Store(engine())

    return JournalWriter(open_store, sinks, days=settings.log_days, rows=settings.log_rows, clock=clock)


def _protected_resource(settings: Settings, path: str) -> ProtectedResource:
    return ProtectedResource(
        resource=f"{settings.public_base_url}{path}",
        metadata_url=f"{settings.public_base_url}{PROTECTED_RESOURCE}{path}",
        authorization_servers=(settings.issuer,),
        scopes=LADDER[:1],
    )


def _key_age(server: AuthorizationServer, clock: Callable[[], float]) -> float:
    return clock() - server.jwks.fetched_at


def _by_access_token(
    settings: Settings, path: str, server: AuthorizationServer, clock: Callable[[], float], metrics: Metrics
) -> Authenticate:
    policy = TokenPolicy(
        issuer=settings.issuer,
        audiences=settings.audiences if path == "/mcp" else (f"{settings.public_base_url}{path}",),
        allowed_algorithms=frozenset(settings.oauth_algorithms),
        leeway=settings.oauth_leeway_seconds,
        scope_claims=settings.oauth_scope_claims,
    )
    authenticator = Authenticator(policy, server, clock)

    async def authenticate(scope: Scope) -> Principal:
        headers = scope["headers"]
        if known := authenticator.remembered(headers):
            return known
        started = time.perf_counter()
        principal = await authenticator.authenticate(headers)
        metrics.observe_verification(time.perf_counter() - started)
        return principal

    return authenticate


def _by_private_network(settings: Settings) -> Authenticate:
    """``AUTH_MODE=none``: whoever stands inside the house may enter; what they may do, the policy says."""
    anonymous = Principal(LOCAL_ISSUER, "anonymous", "", frozenset(), float("inf"), float("inf"))

    async def authenticate(scope: Scope) -> Principal:
        addresses = addresses_on_the_way(scope)
        if not all(is_private(address) for address in addresses):
            what = "Without log-in (AUTH_MODE=none) this server answers its own private network only."
            note = f"Addresses on the way: {addresses}."
            raise RequestRefused(403, "private_network_only", what, note=note)
        return anonymous

    return authenticate
