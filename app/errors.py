"""Every error the product raises on purpose, as one tree.

    GatehouseError
    ├─ ConfigurationError              the owner must change a setting; exit code 2, never HTTP
    ├─ AuthenticationError             who is calling could not be established
    │  ├─ MissingAccessToken           no token was sent
    │  ├─ MalformedAuthorization       the Authorization header cannot be read (RFC 6750 §3.1 invalid_request)
    │  └─ InvalidAccessToken           the token was read and refused (RFC 6750 §3.1 invalid_token)
    ├─ TooManyRequests                 this caller asks too often (RFC 6585 §4)
    ├─ NotAdmitted                     the caller is known and does not come in: blocked, expired, not invited …
    ├─ InsufficientScope               the caller is known but lacks a scope (RFC 6750 §3.1 insufficient_scope)
    ├─ NeverAllowed                    the caller lacks a scope that no log-in will bring
    ├─ AuthorizationServerUnavailable  the token cannot be judged at present
    ├─ PeopleUnavailable               who may come in cannot be looked up at present
    ├─ Auth0Failed                     the Management API did not do what the owner asked for; exit code 1, never HTTP
    ├─ RequestRefused                  the HTTP message itself is not acceptable
    └─ ToolError                       a tool could not do its work; the message is safe to show

Errors carry facts. Which HTTP status, challenge or log line a fact leads to is decided in one place,
``app/endpoint/refusals.py``. This module imports nothing above it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

_REFERENCE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that a person could take for a digit when reading it out."""


def new_reference() -> str:
    """Return a fresh reference code such as ``7K3Q-9DMA`` that ties an answer to its log line."""
    letters = [_REFERENCE_ALPHABET[byte % 32] for byte in secrets.token_bytes(8)]
    return "".join(letters[:4]) + "-" + "".join(letters[4:])


class GatehouseError(Exception):
    """Root of every error that Gatehouse raises on purpose."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the configuration: which setting, what is wrong, and an example that works."""

    setting: str
    what: str
    example: str = ""

    def __str__(self) -> str:
        line = f"{self.setting}: {self.what}"
        return f"{line} Example: {self.setting}={self.example}" if self.example else line


class ConfigurationError(GatehouseError):
    """The configuration cannot be used. Carries *all* problems found, so that one run shows them all."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class AuthenticationError(GatehouseError):
    """The caller could not be authenticated."""


class MissingAccessToken(AuthenticationError):
    """The request carried no access token."""


class MalformedAuthorization(AuthenticationError):
    """The Authorization header is not one well-formed ``Bearer`` credential (RFC 6750 §2.1)."""


class InvalidAccessToken(AuthenticationError):
    """The access token was refused.

    ``reason`` is a short stable word for the log and the owner (``expired``, ``wrong_audience`` …); ``detail`` is
    one sentence for the owner; ``expected`` and ``received`` are the claims compared. None of them reaches the client,
    and none ever holds the token.
    """

    def __init__(self, reason: str, detail: str, expected: str = "", received: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.expected = expected
        self.received = received


class InsufficientScope(GatehouseError):
    """The principal lacks ``required`` scopes for what it asked (RFC 6750 §3.1)."""

    def __init__(self, required: tuple[str, ...], detail: str) -> None:
        super().__init__(detail)
        self.required = required
        self.detail = detail


class NotAdmitted(GatehouseError):
    """The caller is authenticated and does not come in, whatever they ask for. A new log-in would not change that.

    ``reason`` is the policy's word (``person_blocked``, ``not_invited`` …); ``detail`` is for the owner.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class NeverAllowed(GatehouseError):
    """The principal lacks ``scope``, and sending it to log in again would bring nothing.

    ``reason`` is ``capped`` or ``step_up_failed``.
    """

    def __init__(self, reason: str, scope: str) -> None:
        super().__init__(f"{reason}: {scope}")
        self.reason = reason
        self.scope = scope


class PeopleUnavailable(GatehouseError):
    """The store of people was never read yet, so nobody can be let in: a blocked person must not slip through.

    ``retry_after`` is in seconds.
    """

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after


class AuthorizationServerUnavailable(GatehouseError):
    """The authorization server did not answer usably, so the request cannot be judged. Never a 401.

    ``retry_after`` is in seconds.
    """

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after


class TooManyRequests(GatehouseError):
    """This caller asks too often. ``retry_after`` is in seconds."""

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after


class Auth0Failed(GatehouseError):
    """The owner asked for something at Auth0, and it was not done.

    ``what`` says what happened and ``next_step`` what to do, one sentence or two each; ``status`` is that of Auth0's
    answer, 0 when there was none. None of them ever holds a token.
    """

    def __init__(self, what: str, next_step: str, status: int = 0) -> None:
        super().__init__(f"{what} {next_step}")
        self.what = what
        self.next_step = next_step
        self.status = status


class RequestRefused(GatehouseError):
    """The HTTP message is refused before anything in it is acted on.

    ``status`` is the one HTTP fact an error may carry: for these errors the status *is* the fact (RFC 9110 §15.5).
    ``detail`` is for the caller; ``note`` adds, for the log only, what was received.
    """

    def __init__(
        self, status: int, error: str, detail: str, headers: tuple[tuple[str, str], ...] = (), note: str = ""
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.error = error
        self.detail = detail
        self.headers = headers
        self.note = note


class ToolError(GatehouseError):
    """A tool could not do its work. The message says what happened and what to do next, and is shown to the caller."""
