"""The caller, once authenticated."""

from __future__ import annotations

from dataclasses import dataclass

LOCAL_ISSUER = "urn:gatehouse:local"
"""Stands for this machine where nobody logs in: ``AUTH_MODE=none``, and ``gatehouse stdio``."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling, as the authorization server vouches for it.

    Identity is ``(iss, sub)``, never an e-mail address: addresses are reassigned and not always verified. ``scopes``
    are those of the token alone; ``expires_at`` and ``issued_at`` are the token's ``exp`` and ``iat`` in seconds since
    the epoch (RFC 7519 §4.1.4, §4.1.6), the latter None when the token does not say. ``name`` and ``email`` are for the
    owner's eyes, empty when the token has none; nothing is decided by them.
    """

    iss: str
    sub: str
    client_id: str
    scopes: frozenset[str]
    expires_at: float
    issued_at: float | None = None
    name: str = ""
    email: str = ""
