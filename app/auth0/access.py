"""The way to the tenant of the settings: which tenant is meant, and with which credentials.

Credentials are handed on and kept nowhere. Nothing is asked or changed here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from urllib.parse import urlsplit

from app.auth0.credentials import Credentials
from app.auth0.management import Management, open_management
from app.auth0.place import Place, place_of
from app.errors import Auth0Failed
from app.settings import Settings

clock, sleep = time.time, time.sleep
"""What the pace is kept with."""

PATIENCE_SECONDS = 2.0
"""How long a wait may be that Auth0 asks for, where somebody waits for a page or for the doctor."""

NO_CREDENTIALS = (
    "This needs to get in at Auth0. Set AUTH0_MANAGEMENT_TOKEN (Auth0's dashboard shows one for a day: Applications → "
    "APIs → Auth0 Management API → API Explorer), or AUTH0_MANAGEMENT_CLIENT_ID and AUTH0_MANAGEMENT_CLIENT_SECRET of "
    "a machine-to-machine application; docs/how-to/auth0.md."
)


def credentials_of(settings: Settings) -> Credentials:
    """The credentials in the settings; they may be lacking."""
    return Credentials(
        settings.auth0_management_token.get_secret_value(),
        settings.auth0_management_client_id,
        settings.auth0_management_client_secret.get_secret_value(),
    )


def place_for(settings: Settings, domain: str = "") -> Place:
    """The tenant that is meant: by ``domain``, else by the settings. Raises :class:`Auth0Failed`."""
    written = domain or settings.auth0_management_domain or settings.auth0_domain
    if written:
        return place_of(written)
    issuer = urlsplit(settings.oauth_issuer)
    if issuer.scheme == "http" or (issuer.hostname or "").endswith(".auth0.com"):
        return place_of(issuer.netloc)
    raise Auth0Failed(
        f"OAUTH_ISSUER names another log-in service ({settings.oauth_issuer})."
        if settings.oauth_issuer
        else "No Auth0 tenant is named.",
        "This command is for Auth0: name the tenant with --domain tenant.us.auth0.com (or AUTH0_MANAGEMENT_DOMAIN).",
    )


def give_up(seconds: float) -> None:
    """Where nobody has a minute: end a wait that is longer than ``PATIENCE_SECONDS``. Raises :class:`Auth0Failed`."""
    if seconds > PATIENCE_SECONDS:
        raise Auth0Failed(f"Auth0 asks to wait {seconds:.0f} seconds.", "Try again in a minute.")


def management(
    settings: Settings,
    needed: Iterable[str],
    credentials: Credentials | None = None,
    domain: str = "",
    *,
    waiting: Callable[[float], None] = give_up,
) -> AbstractContextManager[Management]:
    """A way to the tenant's Management API. Raises :class:`Auth0Failed` before anything is changed."""
    place = place_for(settings, domain)
    return open_management(place, credentials or credentials_of(settings), needed, clock, sleep, waiting)
