"""From raw request headers to a principal, with verified tokens remembered until they expire.

Joins the pure rules of :mod:`app.auth.access_token` with the keys of :mod:`app.auth.authorization_server`. Tokens are
remembered by the SHA-256 digest of their header, never as such, and only as long as the key that signed them is
published.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from cachetools import LRUCache

from app.auth.access_token import (
    SignedClaims,
    TokenPolicy,
    bearer_token,
    parse,
    validate_claims,
    verify_signature,
)
from app.auth.authorization_server import AuthorizationServer
from app.auth.principal import Principal
from app.auth.verification_key import VerificationKey

MAX_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class _Verified:
    principal: Principal
    thumbprint: str


class Authenticator:
    """Authenticates requests by their access token. ``clock`` gives seconds since the epoch."""

    def __init__(self, policy: TokenPolicy, server: AuthorizationServer, clock: Callable[[], float]) -> None:
        self._policy = policy
        self._server = server
        self._clock = clock
        self._verified: LRUCache[bytes, _Verified] = LRUCache(MAX_REMEMBERED)

    def remembered(self, headers: Iterable[tuple[bytes, bytes]]) -> Principal | None:
        """The caller, when this very Authorization header was accepted before and its token is still good."""
        values = [value for name, value in headers if name == b"authorization"]
        if len(values) != 1:
            return None
        known = self._verified.get(hashlib.sha256(values[0]).digest())
        return known.principal if known is not None and self._still_good(known) else None

    async def authenticate(self, headers: Sequence[tuple[bytes, bytes]]) -> Principal:
        """Verify the token and remember the caller. Raises an :class:`~app.errors.AuthenticationError` or
        :class:`~app.errors.AuthorizationServerUnavailable`."""
        compact = bearer_token(headers)
        claims, key = await verify(compact, self._policy, self._server, self._clock)
        principal = validate_claims(claims, self._policy, self._clock())
        (value,) = (value for name, value in headers if name == b"authorization")
        self._verified[hashlib.sha256(value).digest()] = _Verified(principal, key.thumbprint)
        return principal

    def _still_good(self, known: _Verified) -> bool:
        return self._clock() < known.principal.expires_at + self._policy.leeway and self._server.holds(known.thumbprint)


async def verify(
    compact: str, policy: TokenPolicy, server: AuthorizationServer, clock: Callable[[], float]
) -> tuple[SignedClaims, VerificationKey]:
    """The claims of a token that the authorization server signed, and the key. Raises :class:`InvalidAccessToken` or
    :class:`AuthorizationServerUnavailable`. Whether the claims are good now is for ``validate_claims`` to say."""
    token = parse(compact, policy)
    validate_claims(token.unverified_claims, policy, clock())  # hopeless ones cost no key look-up
    key = await server.find_key(token.unverified_kid, token.unverified_alg, token.unverified_claims.get("iat"))
    return verify_signature(token, key), key
