"""The one table from errors to HTTP answers and log lines (RFC 6750 §3.1, RFC 9110 §15).

A client learns the least that lets it act; the log line under the same reference code tells the owner the rest.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from cachetools import TTLCache
from starlette.responses import JSONResponse, Response

from app.auth.challenge import ProtectedResource
from app.endpoint.limits import Limits
from app.errors import (
    AuthenticationError,
    AuthorizationServerUnavailable,
    InsufficientScope,
    InvalidAccessToken,
    MissingAccessToken,
    NeverAllowed,
    NotAdmitted,
    PeopleUnavailable,
    RequestRefused,
    TooManyRequests,
    new_reference,
)
from app.journal.visit import Visit
from app.people.words import NOT_ADMITTED, never_allowed

log = logging.getLogger("gatehouse.refusals")

FLOOD_SECONDS = 60.0
MAX_FLOODS = 1_000
"""How long, and how many callers', repeated 429s are told under one code."""


def is_strangers(error: Exception) -> bool:
    """Whether a refusal counts against the address it came from: nobody was authenticated."""
    outside = isinstance(error, RequestRefused) and error.status in {403, 404, 421}
    return outside or isinstance(error, AuthenticationError)


@dataclass(frozen=True)
class _Refusal:
    status: int
    error: str
    description: str
    """For the client."""
    reason: str
    detail: str
    """For the owner."""
    headers: dict[str, str]


class Refusals:
    """Answers requests that cannot be served, and notes each one.

    ``door`` is None when no authorization server is configured; ``clock`` gives seconds since the epoch.
    """

    def __init__(self, door: ProtectedResource | None, limits: Limits, clock: Callable[[], float]) -> None:
        self._door = door
        self._limits = limits
        self._floods: TTLCache[str, str] = TTLCache(MAX_FLOODS, FLOOD_SECONDS, timer=clock)

    async def answer(self, error: Exception, visit: Visit) -> Response:
        """Turn an error into an answer, a log line and, in ``visit``, a journal entry under one reference code.

        When the address was refused too often, that takes the error's place, but never that of the challenge: whoever
        has no token yet must always learn how to get one, whatever others behind the address did. Whoever goes on gets
        the same code again, and no further line: a flood must not fill the log or the journal.
        """
        flood = await self._limits.stranger(visit.address) if is_strangers(error) else None
        if flood is not None and not isinstance(error, MissingAccessToken):
            error = flood
        repeated = flood or (error if isinstance(error, TooManyRequests) else None)
        key = f"{type(error).__name__} {repeated.detail}" if repeated else ""
        told = self._floods.get(key)
        reference = told or new_reference()
        refusal = _classify(error, self._door, reference)
        visit.told = not told
        if not told:
            _note(error, refusal, reference, visit)
        if key:
            self._floods.setdefault(key, reference)
        body = {"error": refusal.error, "error_description": refusal.description, "reference": reference}
        return JSONResponse(body, refusal.status, {**refusal.headers, "Cache-Control": "no-store"})


def _note(error: Exception, refusal: _Refusal, reference: str, visit: Visit) -> None:
    if refusal.status == 500:
        log.error("internal error reference=%s client=%s", reference, visit.address, exc_info=error)
    else:
        # Every client begins by knocking without a token and by asking for an event stream: no incidents.
        usual = isinstance(error, MissingAccessToken) or refusal.status == 405
        line = "refused status=%d reason=%s reference=%s client=%s %s"
        facts = (refusal.status, refusal.reason, reference, visit.address, refusal.detail)
        log.log(logging.INFO if usual else logging.WARNING, line, *facts)
    denied = isinstance(error, NotAdmitted | NeverAllowed | InsufficientScope)
    visit.outcome = "denied" if denied else "error" if refusal.status == 500 else "refused"
    visit.reason, visit.reference, visit.detail = refusal.reason, reference, refusal.detail
    visit.expected, visit.received = getattr(error, "expected", ""), getattr(error, "received", "")


def _classify(error: Exception, door: ProtectedResource | None, reference: str) -> _Refusal:
    if isinstance(error, AuthenticationError | InsufficientScope):
        return _challenge(error, door, reference)
    match error:
        case NotAdmitted():  # without a Bearer error code: no log-in would help, and clients would try one
            return _Refusal(403, "access_denied", NOT_ADMITTED[error.reason], error.reason, error.detail, {})
        case NeverAllowed():
            text = never_allowed(error.reason, error.scope, "this", reference)
            return _Refusal(403, "access_denied", text, error.reason, str(error), {})
        case TooManyRequests():
            text = "Too many requests. Wait a little and try again."
            return _later(429, "too_many_requests", text, "rate_limited", error)
        case AuthorizationServerUnavailable():
            text = "Log-ins cannot be checked at the moment. Your access is unchanged; try again shortly."
            return _later(503, "temporarily_unavailable", text, "authorization_server_unavailable", error)
        case PeopleUnavailable():
            text = "Who may come in cannot be looked up at the moment. Your access is unchanged; try again shortly."
            return _later(503, "temporarily_unavailable", text, "people_unavailable", error)
        case RequestRefused():
            known = f"{error.detail} {error.note[:300]}".rstrip()
            return _Refusal(error.status, error.error, error.detail, error.error, known, dict(error.headers))
        case _:
            text = f"internal error, reference {reference}"
            return _Refusal(500, "server_error", text, "internal_error", "", {})


def _later(
    status: int,
    error: str,
    text: str,
    reason: str,
    why: TooManyRequests | AuthorizationServerUnavailable | PeopleUnavailable,
) -> _Refusal:
    return _Refusal(status, error, text, reason, why.detail, {"Retry-After": str(why.retry_after)})


def _challenge(
    error: AuthenticationError | InsufficientScope, door: ProtectedResource | None, reference: str
) -> _Refusal:
    """What a log-in can mend: the answer tells the client how (RFC 6750 §3)."""
    status, word, reason, detail, scopes = 401, "invalid_token", "", str(error), tuple[str, ...]()
    match error:
        case MissingAccessToken():
            text = "Log in first: send an access token in the Authorization header."
            headers = {"WWW-Authenticate": door.challenge()} if door else {}
            return _Refusal(401, "unauthorized", text, "missing_token", detail, headers)
        case InsufficientScope():
            text = "This needs a permission that the access token does not carry."
            status, word, reason, detail, scopes = (
                403,
                "insufficient_scope",
                "insufficient_scope",
                error.detail,
                error.required,
            )
        case InvalidAccessToken():
            text = "The access token is not valid."
            reason, detail = error.reason, error.detail
        case _:
            text = "The Authorization header must hold exactly one Bearer token."
            status, word, reason = 400, "invalid_request", "malformed_authorization"
    challenge = door.challenge(word, f"{text} Reference {reference}.", scopes) if door else ""
    headers = {"WWW-Authenticate": challenge} if challenge else {}
    return _Refusal(status, word, text, reason, detail, headers)
