"""The guards in front of every page of the owner, and the way from a request to a page and back.

In this order: the Host header, the network, for a change the same site (Fetch Metadata, or Origin), the session, and
whether its person is an owner still. Whatever goes wrong is a page that says what happened and leads back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from urllib.parse import quote

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from app.admin import accounts, asking, clients, connect, doctor, now, people, registered, settings_page, tools
from app.admin import log as log_page
from app.admin.doorway import COOKIE, Doorway, SignedOut, without_session
from app.admin.feed import Feed
from app.admin.house import Ask, Back, Download, House, NoPage, Work
from app.admin.log_in import own_path
from app.admin.looks import HEADERS, no_page, rendered, static_file, streamed
from app.endpoint.message import fold_headers
from app.errors import Auth0Failed, ConfigurationError, GatehouseError, RequestRefused, new_reference
from app.journal.visit import NOBODY, Visit
from app.people.sessions import Sessions

MODULES = (now, log_page, people, accounts, clients, registered, connect, tools, doctor, settings_page)
"""In the order of the navigation."""

THREADS = 32
"""For pages alone: one that waits for Auth0 must keep no tool waiting for a thread."""

log = logging.getLogger("gatehouse.admin")


class Room:
    """The ASGI application behind ``/admin``."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._doorway = Doorway(house)
        self._feed = Feed(house)
        self._pages: dict[str, Work] = {path: work for one in MODULES for path, work in one.PAGES.items()}
        self._changes: dict[str, Work] = {path: work for one in MODULES for path, work in one.CHANGES.items()}
        self._threads = ThreadPoolExecutor(THREADS, "owners-page")
        self._changes["/admin/sign-out-everywhere"] = self._doorway.sign_out_everywhere

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        path = request.url.path.rstrip("/")
        name = path.removeprefix("/admin/static/")
        if name != path and request.method in {"GET", "HEAD"} and (file := static_file(name)):
            await file(scope, receive, send)
            return
        language = asking.language(request)
        try:
            response = await self._answer(request, path, language)
        except NoPage as none:
            response = no_page(none, language)
        except SignedOut:
            response = self._sign_in_page(request, language)
        except Exception as error:
            response = no_page(_told(error, path), language)
        if "lang" in request.query_params:
            response.set_cookie(
                asking.LANGUAGE, language, max_age=31_536_000, path="/admin", samesite="lax", httponly=True
            )
        await response(scope, receive, send)

    async def _answer(self, request: Request, path: str, language: str) -> Response:
        self._house.gate.check_host(request.headers.get("host"))
        if self._house.server is None:
            raise NoPage(
                404,
                "This page needs a log-in service, and AUTH_MODE=none has none. Use the gatehouse "
                "commands on this machine.",
                "이 화면은 로그인 서비스가 필요한데 AUTH_MODE=none 입니다. 이 컴퓨터에서 gatehouse 명령을 쓰세요.",
            )
        asking.check_network(request, self._house)
        if request.method == "POST":
            return await self._posted(request, path, language)
        if request.method not in {"GET", "HEAD"}:
            raise NoPage(405, "This page is read or sent a form, nothing else.", "이 화면에는 쓸 수 없는 요청입니다.")
        if path == "/admin/log-in":
            return await self._doorway.begin(request)
        if path == "/admin/callback":
            return await self._noted(request, partial(self._doorway.finish, request))
        owner = self._doorway.owner(await self._doorway.visitor(request))
        if path == "/admin/feed":
            return self._stream(request)
        work = self._pages.get(path)
        if work is None:
            raise NoPage(404, "There is no such page.", "그런 화면은 없습니다.")
        ask = Ask(self._house, owner, language, asking.single(request.query_params.multi_items()))
        return await self._done(work, ask, path)

    async def _posted(self, request: Request, path: str, language: str) -> Response:
        if not asking.same_site(request):
            raise NoPage(
                403,
                "This change did not come from this page, so it was not made. If you made it yourself, "
                "go back and try again here.",
                "이 화면에서 보낸 요청이 아니어서 아무것도 바꾸지 않았습니다.",
            )
        if path == "/admin/sign-out":
            await asyncio.to_thread(Sessions(self._house.engine()).end, request.cookies.get(COOKIE, ""))
            return without_session(self._sign_in_page(request, language, "/admin"))
        return await self._noted(request, partial(self._change, request, path, language))

    async def _change(self, request: Request, path: str, language: str, visit: Visit) -> Response:
        visit.principal = await self._doorway.visitor(request)
        owner = self._doorway.owner(visit.principal)
        work = self._changes.get(path)
        if work is None:
            raise NoPage(404, "There is no such form.", "그런 양식은 없습니다.")
        form = await asking.form(request)
        visit.asks("owner", path.removeprefix("/admin/"), dict(form))
        return await self._done(work, Ask(self._house, owner, language, {}, form), path)

    async def _noted(self, request: Request, work: Callable[[Visit], Awaitable[Response]]) -> Response:
        """Do what the request log shall tell of, however it ends; who has no session is no news."""
        visit = self._house.visits.begin(request.scope, fold_headers(request.scope))
        try:
            response = await work(visit)
        except SignedOut:
            raise
        except Exception as error:
            none = error if isinstance(error, NoPage) else _told(error, request.url.path)
            outcome = "refused" if visit.principal is NOBODY else "error"
            code = visit.fails("denied" if none.reason == "not_an_owner" else outcome, none.reason)
            none.reference = visit.reference = none.reference or code
            self._house.visits.end(visit, none.status, 0)
            raise none from error
        visit.ends("ok")
        self._house.visits.end(visit, response.status_code, 0)
        return response

    async def _done(self, work: Work, ask: Ask, path: str) -> Response:
        done = await asyncio.get_running_loop().run_in_executor(self._threads, work, ask)
        if isinstance(done, Back):
            mark = ("&" if "?" in done.path else "?") + f"done={quote(done.done)}" if done.done else ""
            return RedirectResponse(done.path + mark, 303, HEADERS)
        if isinstance(done, Download):
            disposition = f'attachment; filename="{done.name}"'
            headers = {**HEADERS, "Content-Disposition": disposition}
            return StreamingResponse(done.parts(), headers=headers, media_type=done.media_type)
        facts = {**self._frame(ask, path), **done.facts}
        if done.streams:
            return streamed(done.template, facts)
        return await asyncio.to_thread(rendered, done.template, facts, done.status)

    def _frame(self, ask: Ask, path: str) -> dict[str, Any]:
        who = ask.owner.name or ask.owner.sub
        tabs = [one.TAB for one in MODULES if one.TAB]
        return {
            "tabs": tabs,
            "t": ask.t,
            "language": ask.language,
            "now": ask.now,
            "path": path,
            "who": who,
            "query": ask.query,
        }

    # Answers that are no page

    def _stream(self, request: Request) -> Response:
        word = request.cookies.get(COOKIE, "")

        def still() -> bool:
            person = self._doorway.person(word)
            return person is not None and self._doorway.is_owner(person)

        headers = {**HEADERS, "X-Accel-Buffering": "no"}
        last = request.headers.get("last-event-id") or request.query_params.get("last", "")
        return StreamingResponse(self._feed.events(last, still), headers=headers, media_type="text/event-stream")

    def _sign_in_page(self, request: Request, language: str, path: str = "") -> Response:
        if request.url.path == "/admin/feed":
            return Response(status_code=401, headers=HEADERS)
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        where = path or own_path(asked if request.method in {"GET", "HEAD"} else "/admin")
        facts = {"t": asking.texts(language), "language": language, "next": quote(where, safe=""), "path": ""}
        return without_session(rendered("sign_in.html", facts, 401))


def _told(error: Exception, path: str) -> NoPage:
    back = "/".join(path.split("/")[:3])
    if isinstance(error, Auth0Failed):
        said = f"{error.what} {error.next_step}"
        return NoPage(
            424,
            f"This was not done at Auth0. {said}",
            f"Auth0에서 하지 못했습니다. {said}",
            back,
            "not_done_at_auth0",
        )
    if isinstance(error, RequestRefused):
        return NoPage(error.status, error.detail, error.detail)
    if isinstance(error, SQLAlchemyError | ConfigurationError | GatehouseError):
        log.warning("the owner's page could not be shown (%s)", type(error).__name__)
        return NoPage(
            503,
            "The store cannot be read at the moment, so nothing was changed and nothing can be shown. Try again in a "
            "moment; gatehouse doctor says more.",
            "저장소를 지금 읽을 수 없어 아무것도 바꾸거나 보여 드릴 수 없습니다. 잠시 뒤 다시 시도하세요. gatehouse doctor가 더 알려 줍니다.",
            reason="people_unavailable",
        )
    none = NoPage(
        500, "Something went wrong here. The server's log has the rest.", "내부 오류입니다.", reason="internal_error"
    )
    none.reference = new_reference()
    log.error("internal error reference=%s", none.reference, exc_info=error)
    return none
