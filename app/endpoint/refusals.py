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
from app.errors import (
    AuthenticationError,
    AuthorizationServerUnavailable,
    InsufficientScope,
    InvalidAccessToken,
    MalformedAuthorization,
    MissingAccessToken,
    RequestRefused,
    TooManyRequests,
    new_reference,
)
from app.journal.entry import Entry

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

    ``door`` is None when no authorization server is configured; ``record`` must neither block nor raise; ``clock``
    gives seconds since the epoch.
    """

    def __init__(
        self, door: ProtectedResource | None, record: Callable[[Entry], None], clock: Callable[[], float]
    ) -> None:
        self._door = door
        self._record = record
        self._clock = clock
        self._floods: TTLCache[str, str] = TTLCache(MAX_FLOODS, FLOOD_SECONDS, timer=clock)

    def answer(self, error: Exception, client: str, flood: TooManyRequests | None = None) -> Response:
        """Turn an error into an answer, a log line and a journal entry under one reference code.

        ``flood`` says that the address was refused too often; it then takes the error's place, but never that of the
        challenge: whoever has no token yet must always learn how to get one, whatever others behind the address did.
        Whoever goes on gets the same code again, and no further line: a flood must not fill the log or the journal.
        """
        if flood is not None and not isinstance(error, MissingAccessToken):
            error = flood
        repeated = flood or (error if isinstance(error, TooManyRequests) else None)
        key = f"{type(error).__name__} {repeated.detail}" if repeated else ""
        told = self._floods.get(key)
        reference = told or new_reference()
        refusal = _classify(error, self._door, reference)
        if not told:
            self._note(error, refusal, reference, client)
        if key:
            self._floods.setdefault(key, reference)
        body = {"error": refusal.error, "error_description": refusal.description, "reference": reference}
        return JSONResponse(body, refusal.status, {**refusal.headers, "Cache-Control": "no-store"})

    def _note(self, error: Exception, refusal: _Refusal, reference: str, client: str) -> None:
        if refusal.status == 500:
            log.error("internal error reference=%s client=%s", reference, client, exc_info=error)
        else:
            # Every client begins by knocking without a token and by asking for an event stream: no incidents.
            usual = isinstance(error, MissingAccessToken) or refusal.status == 405
            level = logging.INFO if usual else logging.WARNING
            line = "refused status=%d reason=%s reference=%s client=%s %s"
            log.log(level, line, refusal.status, refusal.reason, reference, client, refusal.detail)
        self._record(
            Entry(
                time=self._clock(),
                outcome="refused",
                reason=refusal.reason,
                reference=reference,
                status=refusal.status,
                client=client,
                detail=refusal.detail,
                expected=getattr(error, "expected", ""),
                received=getattr(error, "received", ""),
            )
        )


def _classify(error: Exception, door: ProtectedResource | None, reference: str) -> _Refusal:
    match error:
        case MissingAccessToken():
            text = "Log in first: send an access token in the Authorization header."
            headers = {"WWW-Authenticate": door.challenge()} if door else {}
            return _Refusal(401, "unauthorized", text, "missing_token", str(error), headers)
        case MalformedAuthorization():
            text = "The Authorization header must hold exactly one Bearer token."
            return _bearer(400, "invalid_request", text, "malformed_authorization", str(error), door, reference)
        case InvalidAccessToken():
            text = "The access token is not valid."
            return _bearer(401, "invalid_token", text, error.reason, error.detail, door, reference)
        case InsufficientScope():
            text = "This needs a permission that the access token does not carry."
            return _bearer(
                403, "insufficient_scope", text, "insufficient_scope", error.detail, door, reference, error.required
            )
        case TooManyRequests():
            text = "Too many requests. Wait a little and try again."
            return _later(429, "too_many_requests", text, "rate_limited", error.detail, error.retry_after)
        case AuthorizationServerUnavailable():
            text = "Log-ins cannot be checked at the moment. Your access is unchanged; try again shortly."
            reason = "authorization_server_unavailable"
            return _later(503, "temporarily_unavailable", text, reason, error.detail, error.retry_after)
        case RequestRefused():
            known = f"{error.detail} {error.note[:300]}".rstrip()
            return _Refusal(error.status, error.error, error.detail, error.error, known, dict(error.headers))
        case _:
            text = f"internal error, reference {reference}"
            return _Refusal(500, "server_error", text, "internal_error", "", {})


def _later(status: int, error: str, text: str, reason: str, detail: str, retry_after: int) -> _Refusal:
    return _Refusal(status, error, text, reason, detail, {"Retry-After": str(retry_after)})


def _bearer(
    status: int,
    error: str,
    text: str,
    reason: str,
    detail: str,
    door: ProtectedResource | None,
    reference: str,
    scopes: tuple[str, ...] = (),
) -> _Refusal:
    headers = {}
    if door:
        headers["WWW-Authenticate"] = door.challenge(error, f"{text} Reference {reference}.", scopes)
    return _Refusal(status, error, text, reason, detail, headers)
