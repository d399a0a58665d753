"""The guards in front of every page of the owner, and the way from a request to a page and back.

In this order: the Host header, the network, for a change the same site (Fetch Metadata, or Origin), the session, and
whether its person is an owner still. Whatever goes wrong is a page that says what happened and leads back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from app.admin import log as log_page
from app.admin import now, people
from app.admin.feed import Feed
from app.admin.house import MAX_FIELD, Ask, Back, Download, House, NoPage, Work
from app.admin.log_in import ATTEMPT, ATTEMPT_SECONDS, Attempt, LogIn, own_path
from app.admin.looks import HEADERS, rendered, static_file
from app.auth.principal import Principal
from app.endpoint.gate import is_private
from app.endpoint.message import fold_headers
from app.errors import ConfigurationError, GatehouseError, RequestRefused, new_reference
from app.people.sessions import SESSION_SECONDS, Sessions

COOKIE = "gatehouse_owner"
LANGUAGE = "gatehouse_language"
MAX_BODY = 64_000

MODULES = (now, log_page, people)

log = logging.getLogger("gatehouse.admin")


class SignedOut(Exception):
    """Nobody is logged in, or their session ended."""


class Room:
    """The ASGI application behind ``/admin``."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._log_in = LogIn(house)
        self._feed = Feed(house)
        self._pages: dict[str, Work] = {path: work for one in MODULES for path, work in one.PAGES.items()}
        self._changes: dict[str, Work] = {path: work for one in MODULES for path, work in one.CHANGES.items()}
        self._changes["/admin/sign-out-everywhere"] = self._sign_out_everywhere

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        path = request.url.path.rstrip("/")
        name = path.removeprefix("/admin/static/")
        if name != path and request.method in {"GET", "HEAD"} and (file := static_file(name)):
            await file(scope, receive, send)
            return
        language = _language(request)
        try:
            response = await self._answer(request, path, language)
        except NoPage as none:
            response = self._none(none, language)
        except SignedOut:
            response = self._sign_in_page(request, language)
        except Exception as error:
            response = self._none(_told(error), language)
        if "lang" in request.query_params:
            response.set_cookie(LANGUAGE, language, max_age=31_536_000, path="/admin", samesite="lax", httponly=True)
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
        self._check_network(request)
        if request.method == "POST":
            return await self._change(request, path, language)
        if request.method not in {"GET", "HEAD"}:
            raise NoPage(405, "This page is read or sent a form, nothing else.", "이 화면에는 쓸 수 없는 요청입니다.")
        if path == "/admin/log-in":
            return await self._begin(request)
        if path == "/admin/callback":
            return await self._finish(request)
        owner = await self._owner(request)
        if path == "/admin/feed":
            return self._stream(request)
        work = self._pages.get(path)
        if work is None:
            raise NoPage(404, "There is no such page.", "그런 화면은 없습니다.")
        ask = Ask(self._house, owner, language, _single(request.query_params.multi_items()))
        return await self._done(work, ask, path)

    async def _change(self, request: Request, path: str, language: str) -> Response:
        if not _same_site(request):
            raise NoPage(
                403,
                "This change did not come from this page, so it was not made. If you made it yourself, "
                "go back and try again here.",
                "이 화면에서 보낸 요청이 아니어서 아무것도 바꾸지 않았습니다.",
            )
        if path == "/admin/sign-out":
            await asyncio.to_thread(Sessions(self._house.engine()).end, request.cookies.get(COOKIE, ""))
            return self._without_session(self._sign_in_page(request, language, "/admin"))
        visit = self._house.visits.begin(request.scope, fold_headers(request.scope))
        try:
            owner = visit.principal = await self._owner(request)
            work = self._changes.get(path)
            if work is None:
                raise NoPage(404, "There is no such form.", "그런 양식은 없습니다.")
            form = await _form(request)
            visit.asks("owner", path.removeprefix("/admin/"), dict(form))
            response = await self._done(work, Ask(self._house, owner, language, {}, form), path)
            visit.ends("ok")
        except NoPage as none:
            visit.ends("error", "bad_form")
            self._house.visits.end(visit, none.status, 0)
            raise
        self._house.visits.end(visit, response.status_code, 0)
        return response

    async def _done(self, work: Work, ask: Ask, path: str) -> Response:
        done = await asyncio.to_thread(work, ask)
        if isinstance(done, Back):
            mark = ("&" if "?" in done.path else "?") + f"done={quote(done.done)}" if done.done else ""
            return RedirectResponse(done.path + mark, 303, HEADERS)
        if isinstance(done, Download):
            disposition = f'attachment; filename="{done.name}"'
            headers = {**HEADERS, "Content-Disposition": disposition}
            return StreamingResponse(done.parts(), headers=headers, media_type=done.media_type)
        return await asyncio.to_thread(rendered, done.template, {**self._frame(ask, path), **done.facts})

    def _frame(self, ask: Ask, path: str) -> dict[str, Any]:
        who = ask.owner.name or ask.owner.sub
        return {"t": ask.t, "language": ask.language, "now": ask.now, "path": path, "who": who, "query": ask.query}

    # Who

    async def _owner(self, request: Request) -> Principal:
        """Whose session it is. Raises :class:`SignedOut`, or :class:`NoPage` for somebody who is no owner."""
        person = await asyncio.to_thread(self.person, request.cookies.get(COOKIE, ""))
        if person is None:
            raise SignedOut
        if not self.is_owner(person):
            raise _not_an_owner(person)
        return person

    def person(self, word: str) -> Principal | None:
        """Who holds this session and may still come to this server; None for nobody."""
        if not word or len(word) > 100:
            return None
        sessions = Sessions(self._house.engine())
        person = sessions.find(word, self._house.clock())
        if person is None or self._house.guard.state is None:
            return None
        if not self._house.guard.welcomes(person):
            sessions.end(word)  # for good: the end of a block does not bring it back
            return None
        return person

    def is_owner(self, person: Principal) -> bool:
        """Whether the page is theirs: by the scope ``admin``, or named in ADMIN_SUBJECTS."""
        named = person.sub in self._house.settings.admin_subjects and person.iss == self._house.settings.issuer
        return named or "admin" in self._house.guard.scopes(person)

    def _check_network(self, request: Request) -> None:
        address = request.client.host if request.client else None
        if self._house.settings.admin_network == "private" and not is_private(address):
            raise NoPage(
                403,
                "This page opens inside the house only (ADMIN_NETWORK=private).",
                "이 화면은 집 안에서만 열립니다 (ADMIN_NETWORK=private).",
            )

    # Logging in and out

    async def _begin(self, request: Request) -> Response:
        if not self._house.settings.admin_client_id:
            raise NoPage(
                404,
                "The page has no client to log in with yet. On the server run: gatehouse auth0 apply – it "
                "makes one and writes ADMIN_CLIENT_ID into .env.",
                "아직 로그인에 쓸 클라이언트가 없습니다. 서버에서 gatehouse "
                "auth0 apply 를 실행하면 만들어지고 .env에 ADMIN_CLIENT_ID가 적힙니다.",
            )
        base = urlsplit(self._house.settings.public_base_url)
        query = request.query_params
        if request.headers.get("host") != base.netloc:  # cookies belong to one name: the one that answers come back to
            there = f"{base.geturl()}/admin/log-in?next={quote(own_path(query.get('next', '')))}"
            return RedirectResponse(there, 303, HEADERS)
        attempt = Attempt.begin(query.get("next", ""), plain=query.get("plain") == "1")
        response = RedirectResponse(await self._log_in.address(attempt), 303, HEADERS)
        self._set_cookie(response, *attempt.cookie, ATTEMPT_SECONDS)
        return response

    async def _finish(self, request: Request) -> Response:
        query = _single(request.query_params.multi_items())
        attempt = Attempt.of(request.cookies, query.get("state", ""))
        if attempt is None:
            raise NoPage(
                400,
                "This answer of the log-in service belongs to no log-in begun here, or to one that was "
                "finished. Begin again.",
                "여기서 시작한 로그인이 아니거나 이미 끝난 로그인입니다. 다시 시작하세요.",
                "/admin/log-in",
            )
        if query.get("error") == "invalid_scope" and not attempt.plain:
            return self._forgotten(
                RedirectResponse(f"/admin/log-in?plain=1&next={quote(attempt.path)}", 303, HEADERS), attempt
            )
        if "error" in query:
            raise NoPage(
                400,
                f"The log-in service says: {query['error'][:100]}. Nothing was changed.",
                f"로그인 서비스의 답: {query['error'][:100]}. 바뀐 것은 없습니다.",
                "/admin/log-in",
            )
        visit = self._house.visits.begin(request.scope, fold_headers(request.scope))
        visit.asks("owner", "log-in")
        person = visit.principal = await self._log_in.finish(attempt, query)
        welcome = self._house.guard.welcomes(person)
        refused = not (welcome and self.is_owner(person))
        visit.ends("denied" if refused else "ok", "not_an_owner" if refused else "")
        self._house.visits.end(visit, 403 if refused else 303, 0)
        if refused:
            return self._forgotten(self._none(_not_an_owner(person), _language(request)), attempt)
        word = await asyncio.to_thread(Sessions(self._house.engine()).begin, person, self._house.clock())
        response = self._forgotten(RedirectResponse(attempt.path, 303, HEADERS), attempt)
        self._set_cookie(response, COOKIE, word, int(SESSION_SECONDS))
        return response

    def _sign_out_everywhere(self, ask: Ask) -> Back:
        Sessions(ask.engine).end_all_of(ask.owner.iss, ask.owner.sub)
        return Back("/admin")

    def _set_cookie(self, response: Response, name: str, value: str, seconds: int) -> None:
        secure = self._house.settings.public_base_url.startswith("https:")
        response.set_cookie(name, value, seconds, path="/admin", secure=secure, httponly=True, samesite="lax")

    def _forgotten(self, response: Response, attempt: Attempt) -> Response:
        response.delete_cookie(attempt.cookie[0], path="/admin")
        return response

    def _without_session(self, response: Response) -> Response:
        response.delete_cookie(COOKIE, path="/admin")
        return response

    # Answers that are no page

    def _stream(self, request: Request) -> Response:
        word = request.cookies.get(COOKIE, "")

        def still() -> bool:
            person = self.person(word)
            return person is not None and self.is_owner(person)

        headers = {**HEADERS, "X-Accel-Buffering": "no"}
        last = request.headers.get("last-event-id") or request.query_params.get("last", "")
        return StreamingResponse(self._feed.events(last, still), headers=headers, media_type="text/event-stream")

    def _sign_in_page(self, request: Request, language: str, path: str = "") -> Response:
        if request.url.path == "/admin/feed":
            return Response(status_code=401, headers=HEADERS)
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        where = path or own_path(asked if request.method in {"GET", "HEAD"} else "/admin")
        facts = {"t": _texts(language), "language": language, "next": quote(where, safe=""), "path": ""}
        return self._without_session(rendered("sign_in.html", facts, 401))

    def _none(self, none: NoPage, language: str) -> Response:
        text = none.ko if language == "ko" else none.en
        facts = {"t": _texts(language), "language": language, "text": text, "back": none.back, "path": ""}
        return rendered("none.html", {**facts, "status": none.status}, none.status)


def _texts(language: str) -> Callable[[str, str], str]:
    return lambda en, ko: ko if language == "ko" else en


def _language(request: Request) -> str:
    chosen = request.query_params.get("lang") or request.cookies.get(LANGUAGE)
    if chosen in {"en", "ko"}:
        return chosen
    return "ko" if request.headers.get("accept-language", "")[:2].lower() == "ko" else "en"


def _not_an_owner(person: Principal) -> NoPage:
    sub = person.sub[:200]
    return NoPage(
        403,
        f"You are logged in as {sub}, and this page is for the owner of this server. To become one, the owner runs on "
        f"the server: gatehouse people scopes '{sub}' --grant admin – or sets ADMIN_SUBJECTS={sub}",
        f"{sub}(으)로 로그인했지만 이 화면은 서버 소유자용입니다. 소유자가 서버에서 다음을 실행하면 열립니다: "
        f"gatehouse people scopes '{sub}' --grant admin (또는 ADMIN_SUBJECTS={sub})",
        "/admin/log-in",
    )


def _told(error: Exception) -> NoPage:
    if isinstance(error, RequestRefused):
        return NoPage(error.status, error.detail, error.detail)
    if isinstance(error, SQLAlchemyError | ConfigurationError | GatehouseError):
        log.warning("the owner's page could not be shown (%s)", type(error).__name__)
        return NoPage(
            503,
            "The store cannot be read at the moment, so nothing was changed and nothing can be shown. Try again in a "
            "moment; gatehouse doctor says more.",
            "저장소를 지금 읽을 수 없어 아무것도 바꾸거나 보여 드릴 수 없습니다. 잠시 뒤 다시 시도하세요. gatehouse doctor가 더 알려 줍니다.",
        )
    reference = new_reference()
    log.error("internal error reference=%s", reference, exc_info=error)
    what = f"internal error, reference {reference}"
    return NoPage(500, f"Something went wrong here: {what}. The server's log has the rest.", f"내부 오류: {reference}")


def _single(items: list[tuple[str, str]]) -> Mapping[str, str]:
    """One value for each name. Raises :class:`NoPage` for a name that came twice, or a value that is too long."""
    found: dict[str, str] = {}
    for name, value in items:
        if name in found:
            raise NoPage(400, f"“{name[:50]}” came twice. Say it once.", f"“{name[:50]}” 항목이 두 번 왔습니다.")
        if len(value) > MAX_FIELD:
            raise NoPage(
                400,
                f"“{name[:50]}” is longer than {MAX_FIELD} characters.",
                f"“{name[:50]}” 항목이 {MAX_FIELD}자를 넘습니다.",
            )
        found[name] = value.replace("\x00", "")
    return found


async def _form(request: Request) -> Mapping[str, str]:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            raise NoPage(413, "The form is too large.", "양식이 너무 큽니다.")
    try:
        items = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=50, errors="replace")
    except ValueError:
        raise NoPage(400, "This is not a form of this page.", "이 화면의 양식이 아닙니다.") from None
    return _single(items)


def _same_site(request: Request) -> bool:
    """Whether a change comes from a page of this very origin: the browser says so, one way or the other."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is None and origin is None:
        return False
    if site is not None and site != "same-origin":
        return False
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


__all__ = ["ATTEMPT", "COOKIE", "Room"]
