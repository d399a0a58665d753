"""The caller, once authenticated."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling, as the authorization server vouches for it.

    Identity is ``(iss, sub)``, never an e-mail address: addresses are reassigned and not always verified. ``scopes``
    are those of the token alone; ``expires_at`` is the token's ``exp`` in seconds since the epoch (RFC 7519 §4.1.4).
    """

    iss: str
    sub: str
    client_id: str
    scopes: frozenset[str]
    expires_at: float
