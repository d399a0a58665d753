"""The token for the Management API: pasted from the dashboard, or got by a machine-to-machine application.

It is looked into before it is used, without trusting it, only to say early and all at once what would fail later: for
another tenant, expired, or lacking permissions. Whether it is genuine is for Auth0 to say. Nothing of it is kept,
logged or shown.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from app.auth0.place import Place
from app.errors import Auth0Failed

_PASTE = "Auth0's dashboard shows one to copy: Applications → APIs → Auth0 Management API → API Explorer."
_WHERE = "In Auth0: Applications → APIs → Auth0 Management API"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A pasted ``token``, or the ``client_id`` and ``client_secret`` of a machine-to-machine application."""

    token: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)

    @property
    def given(self) -> bool:
        """Whether there is enough to get in with."""
        return bool(self.token or (self.client_id and self.client_secret))


def token_for(place: Place, credentials: Credentials, http: httpx.Client, now: float, needed: Iterable[str]) -> str:
    """A token that looks able to do what is ``needed`` (scopes of the Management API).

    Raises :class:`Auth0Failed`, naming every scope that is missing.
    """
    token = credentials.token.strip() or _fetch(place, credentials, http)
    if not token.isascii() or any(one.isspace() for one in token):
        raise Auth0Failed(
            "The management token has a line break, a space or a strange letter in it.", f"Copy it anew. {_PASTE}"
        )
    claims = _claims(token)
    audience = claims.get("aud")
    if place.audience not in (audience if isinstance(audience, list) else [audience]):
        raise Auth0Failed(
            f"The management token is not for {place.domain}: it is for {_shown(audience)}.",
            f"It must be for {place.audience} {_PASTE}",
        )
    expires = claims.get("exp")
    if isinstance(expires, int | float) and now >= expires:
        then = datetime.fromtimestamp(expires).astimezone().strftime("%Y-%m-%d %H:%M")
        raise Auth0Failed(f"The management token expired at {then}.", f"Get a new one. {_PASTE}")
    held = str(claims.get("scope", "")).split()
    missing = sorted({scope for scope in needed if scope not in held})
    if missing:
        raise Auth0Failed(
            f"The management token lacks {len(missing)} permission(s): {', '.join(missing)}. Nothing was changed.",
            f"{_WHERE} → Machine to Machine Applications → the application → tick them, then try again."
            if not credentials.token
            else f"{_WHERE} → API Explorer gives a token with all permissions.",
        )
    return token


def _fetch(place: Place, credentials: Credentials, http: httpx.Client) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret,
        "audience": place.audience,
    }
    try:
        response = http.post(place.token_endpoint, data=form)
        token = response.json().get("access_token") if response.status_code == 200 else None
    except httpx.HTTPError as error:
        raise unreachable(place, error) from None
    except (ValueError, AttributeError):
        token = None
    if isinstance(token, str):
        return token
    raise Auth0Failed(
        f"{place.domain} gave the machine-to-machine application no token (status {response.status_code}).",
        "Check AUTH0_MANAGEMENT_CLIENT_ID and AUTH0_MANAGEMENT_CLIENT_SECRET, and that the application is authorized. "
        f"{_WHERE} → Machine to Machine Applications.",
    )


def unreachable(place: Place, error: Exception) -> Auth0Failed:
    """What is said when no answer came."""
    return Auth0Failed(
        f"{place.domain} did not answer ({type(error).__name__}).",
        "Check this machine's connection and the domain's spelling, and run the same command again: it goes on where "
        "it stopped.",
    )


def _claims(token: str) -> dict[str, Any]:
    """The claims of a token as they are written, believed by nobody."""
    try:
        _, payload, _ = token.split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, RecursionError):
        claims = None
    if isinstance(claims, dict):
        return claims
    raise Auth0Failed("What was given as a management token is not one.", f"It is one long line. {_PASTE}")


def _shown(audience: object) -> str:
    return ", ".join(map(str, audience)) if isinstance(audience, list) else str(audience or "nothing")
