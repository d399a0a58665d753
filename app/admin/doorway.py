"""Coming in and going out: the log-in, the session's cookie, and whose page it is.

A session says who logged in and what scopes that brought; whether its person is an owner still is decided anew with
each request (``app/people/guard.py``).
"""

from __future__ import annotations

import asyncio
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.admin.asking import single
from app.admin.house import Ask, Back, House, NoPage
from app.admin.log_in import ATTEMPT_SECONDS, Attempt, LogIn, own_path
from app.admin.looks import HEADERS
from app.auth.principal import Principal
from app.errors import TooManyRequests
from app.journal.visit import Visit
from app.people.sessions import SESSION_SECONDS, Sessions

COOKIE = "gatehouse_owner"


class SignedOut(Exception):
    """Nobody is logged in, or their session ended."""


class Doorway:
    """Lets owners in, and out again."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._log_in = LogIn(house)

    async def visitor(self, request: Request) -> Principal:
        """Whose session it is. Raises :class:`SignedOut`."""
        person = await asyncio.to_thread(self.person, request.cookies.get(COOKIE, ""))
        if person is None:
            raise SignedOut
        return person

    def owner(self, person: Principal) -> Principal:
        """The same person, if the page is theirs. Raises :class:`NoPage` for everybody else."""
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
        subjects = self._house.settings.admin_subjects
        own = person.iss == self._house.settings.issuer and person.sub in subjects
        return own or f"{person.iss} {person.sub}" in subjects or "admin" in self._house.guard.scopes(person)

    async def begin(self, request: Request) -> Response:
        """Send a browser to the log-in service. Raises :class:`NoPage`."""
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

    async def finish(self, request: Request, visit: Visit) -> Response:
        """Take one back, with a session if it is an owner's. Raises :class:`NoPage`."""
        visit.asks("owner", "log-in")
        if too_many := await self._house.limits.stranger(visit.address):  # each goes on to the log-in service
            raise _too_many(too_many)
        query = single(request.query_params.multi_items())
        attempt = Attempt.of(request.cookies, query.get("state", ""))
        if attempt is None:
            raise NoPage(
                400,
                "This answer of the log-in service belongs to no log-in begun here, or to one that was "
                "finished. Begin again.",
                "여기서 시작한 로그인이 아니거나 이미 끝난 로그인입니다. 다시 시작하세요.",
                "/admin/log-in",
                "foreign_log_in",
            )
        if query.get("error") == "invalid_scope" and not attempt.plain:
            visit.told = False  # it goes on at once
            again = f"/admin/log-in?plain=1&next={quote(attempt.path)}"
            return self._forgotten(RedirectResponse(again, 303, HEADERS), attempt)
        if "error" in query:
            raise NoPage(
                400,
                f"The log-in service says: {query['error'][:100]}. Nothing was changed.",
                f"로그인 서비스의 답: {query['error'][:100]}. 바뀐 것은 없습니다.",
                "/admin/log-in",
                "log_in_failed",
            )
        person = visit.principal = await self._log_in.finish(attempt, query)
        if not (self._house.guard.welcomes(person) and self.is_owner(person)):
            raise _not_an_owner(person)
        word = await asyncio.to_thread(Sessions(self._house.engine()).begin, person, self._house.clock())
        response = self._forgotten(RedirectResponse(attempt.path, 303, HEADERS), attempt)
        self._set_cookie(response, COOKIE, word, int(SESSION_SECONDS))
        return response

    def sign_out_everywhere(self, ask: Ask) -> Back:
        """End every session of this person."""
        Sessions(ask.engine).end_all_of(ask.owner.iss, ask.owner.sub)
        return Back("/admin")

    def _set_cookie(self, response: Response, name: str, value: str, seconds: int) -> None:
        secure = self._house.settings.public_base_url.startswith("https:")
        response.set_cookie(name, value, seconds, path="/admin", secure=secure, httponly=True, samesite="lax")

    def _forgotten(self, response: Response, attempt: Attempt) -> Response:
        response.delete_cookie(attempt.cookie[0], path="/admin")
        return response


def without_session(response: Response) -> Response:
    """Take the session's cookie away."""
    response.delete_cookie(COOKIE, path="/admin")
    return response


def _not_an_owner(person: Principal) -> NoPage:
    sub = person.sub[:200]
    return NoPage(
        403,
        f"You are logged in as {sub}, and this page is for the owner of this server. To become one, the owner runs on "
        f"the server: gatehouse people scopes '{sub}' --grant admin – or sets ADMIN_SUBJECTS={sub}",
        f"{sub}(으)로 로그인했지만 이 화면은 서버 소유자용입니다. 소유자가 서버에서 다음을 실행하면 열립니다: "
        f"gatehouse people scopes '{sub}' --grant admin (또는 ADMIN_SUBJECTS={sub})",
        "/admin/log-in",
        "not_an_owner",
    )


def _too_many(limit: TooManyRequests) -> NoPage:
    return NoPage(
        429,
        f"Too many log-ins from this address. Wait {limit.retry_after} seconds and try again.",
        f"이 주소에서 로그인 시도가 너무 많습니다. {limit.retry_after}초 뒤에 다시 시도하세요.",
        "/admin/log-in",
        "rate_limited",
    )
