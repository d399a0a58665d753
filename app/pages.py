"""The web pages of toolsets, at ``/d/TOOLSET/PAGE``: for browsers, under the very rules of the tool they belong to.

A request is admitted by an access token like any other, or by a link that this server made (``?key=``). The document
loads nothing, runs no script but its own, and is kept out of caches, frames, referrers and search engines.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Callable
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.auth.link import Links
from app.auth.principal import Principal
from app.endpoint.dispatch import Dispatcher
from app.endpoint.gate import Gate
from app.endpoint.limits import Limits
from app.endpoint.mcp import Authenticate
from app.endpoint.message import fold_headers
from app.endpoint.refusals import Refusals
from app.errors import RequestRefused, ToolError
from app.journal.visit import Visit, Visits
from app.people.guard import Guard
from app.tools.base import Locale, Pages

_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_SEALED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def base_url(public_base_url: str, host: str, port: int) -> str:
    """The address that links begin with, also when there is no public one."""
    name = {"0.0.0.0": "127.0.0.1", "::": "localhost"}.get(host, host)  # no address to go to
    return public_base_url or f"http://{name}:{port}"


def page_link(base_url: str, links: Links | None) -> Callable[[Principal, str], str]:
    """Make addresses of pages; without ``links`` nobody logs in, and an address alone opens its page."""

    def link(principal: Principal, page: str) -> str:
        address = f"{base_url}/d/{quote(page)}"
        return f"{address}?key={links.seal(principal, page)}" if links else address

    return link


class PageDoor:
    """Lets browsers in to pages: who asks, may they, and the document or the refusal in a form that a person reads."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        authenticate: Authenticate,
        guard: Guard,
        links: Links | None,
        gate: Gate,
        limits: Limits,
        refusals: Refusals,
        visits: Visits,
    ) -> None:
        self._dispatcher = dispatcher
        self._authenticate = authenticate
        self._guard = guard
        self._links = links
        self._gate = gate
        self._limits = limits
        self._refusals = refusals
        self._visits = visits

    def routes(self) -> APIRouter:
        """``GET /d/TOOLSET/PAGE``."""
        router = APIRouter()
        router.add_api_route("/d/{path:path}", self._show, methods=["GET", "HEAD"])
        return router

    async def _show(self, request: Request) -> Response:
        visit = self._visits.begin(request.scope, fold_headers(request.scope))
        try:
            answer = await self._page(request, visit)
            visit.ends("ok")
        except Exception as error:
            refusal = await self._refusals.answer(error, visit)
            answer = _readable(refusal) if "text/html" in request.headers.get("accept", "") else refusal
        self._visits.end(visit, answer.status_code, len(answer.body))
        return answer

    async def _page(self, request: Request, visit: Visit) -> Response:
        self._gate.check_host(request.headers.get("host"))
        path = request.path_params["path"]
        visit.principal = principal = await self._principal(request, path)
        await self._limits.admit_reader(principal)
        self._guard.admit(principal)  # a link has no more power than its person has by now
        name, _, page = path.partition("/")
        pages = self._dispatcher.pages.get(name)
        if pages is None or not self._dispatcher.allows(principal, pages.tool):
            raise RequestRefused(404, "not_found", "There is no such page for you.", note=f"sub={principal.sub}")
        visit.asks("page", pages.tool)
        try:
            document = await pages.render(page, _language(request))
        except ToolError as error:
            raise RequestRefused(404, "not_found", str(error)) from None
        return HTMLResponse(document, headers={**_HEADERS, "Content-Security-Policy": _policy(pages)})

    async def _principal(self, request: Request, path: str) -> Principal:
        key = request.query_params.get("key")
        if self._links is None or not key or "authorization" in request.headers:
            return await self._authenticate(request.scope)
        return self._links.open(key, path)


def _policy(pages: Pages) -> str:
    """A policy that lets exactly the toolset's own scripts and styles run (CSP Level 3, "hash-source")."""
    sources = [
        f"{name} {_hashes(texts)}" for name, texts in (("script-src", pages.scripts), ("style-src", pages.styles))
    ]
    return "; ".join([_SEALED, *sources])


def _hashes(texts: tuple[str, ...]) -> str:
    found = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts]
    return " ".join(f"'sha256-{one}'" for one in found) or "'none'"


def _language(request: Request) -> Locale:
    """What the browser asks for first: Korean or else English."""
    return "ko" if request.headers.get("accept-language", "")[:2].lower() == "ko" else "en"


def _readable(refusal: Response) -> Response:
    """The same refusal as a page: a person followed a link, and JSON tells them little."""
    facts = json.loads(bytes(refusal.body))
    text = html.escape(facts["error_description"])
    document = (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>Gatehouse</title><h1>This page does not open</h1><p>{text}</p>"
        "<p>Pages open from links in a conversation, for the person who was given the link and for 7 days. Ask the "
        f"question again there to get a new link.</p><p>Reference {html.escape(facts['reference'])}</p></html>"
    )
    kept = {name: value for name, value in refusal.headers.items() if name in {"retry-after", "www-authenticate"}}
    return HTMLResponse(document, refusal.status_code, {**_HEADERS, **kept, "Content-Security-Policy": _SEALED})
