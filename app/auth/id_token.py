"""The ID token of a log-in that this server asked for itself (OpenID Connect Core 1.0 §3.1.3.7).

Read by the very rules and keys of access tokens; only whom it is for, and which log-in it belongs to, differ. It is
looked at once, and not kept.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

from app.auth.access_token import TokenPolicy, validate_claims
from app.auth.authenticator import verify
from app.auth.authorization_server import AuthorizationServer
from app.auth.principal import Principal
from app.errors import InvalidAccessToken


async def verify_id_token(
    compact: str, nonce: str, policy: TokenPolicy, server: AuthorizationServer, clock: Callable[[], float]
) -> Principal:
    """Who logged in. ``policy`` has the client for its audience.

    Raises :class:`InvalidAccessToken`, also when it belongs to another log-in (``nonce``) or client (``azp``).
    """
    claims, _ = await verify(compact, policy, server, clock)
    principal = validate_claims(claims, policy, clock())
    received, azp = claims.get("nonce"), claims.get("azp")
    if not isinstance(received, str) or not hmac.compare_digest(received.encode("utf-8", "replace"), nonce.encode()):
        raise InvalidAccessToken("foreign_log_in", "The ID token belongs to another log-in (nonce).")
    if azp is not None and azp not in policy.audiences:
        raise InvalidAccessToken("foreign_log_in", "The ID token was made for another program (azp).")
    return principal
