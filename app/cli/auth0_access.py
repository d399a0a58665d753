"""What the commands share that go to Auth0: which tenant, with which credentials, and how a failure is told.

Credentials come from the settings, or from the terminal without being shown. They are handed on and kept nowhere.
"""

from __future__ import annotations

import getpass
import sys
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager
from urllib.parse import urlsplit

from app.auth0.credentials import Credentials
from app.auth0.management import Management, open_management
from app.auth0.place import Place, place_of
from app.cli.common import complain
from app.errors import Auth0Failed
from app.settings import Settings

clock, sleep = time.time, time.sleep
"""What the pace is kept with."""

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


def credentials_or_ask(settings: Settings) -> Credentials:
    """The credentials in the settings, or else asked for at the terminal. Raises :class:`Auth0Failed` without any."""
    credentials = credentials_of(settings)
    if credentials.given:
        return credentials
    half = _half_of_a_machine(settings)
    if half:
        raise Auth0Failed(
            half, "Both come from the machine-to-machine application's page in Auth0; docs/how-to/auth0.md."
        )
    if not sys.stdin.isatty():
        raise Auth0Failed("There are no credentials for Auth0.", NO_CREDENTIALS)
    complain(NO_CREDENTIALS)
    token = getpass.getpass("Paste a management token (it is not shown, and not kept): ").strip()
    if not token:
        raise Auth0Failed("No token was given.", "Nothing was changed.")
    return Credentials(token)


def _half_of_a_machine(settings: Settings) -> str:
    names = ["AUTH0_MANAGEMENT_CLIENT_ID", "AUTH0_MANAGEMENT_CLIENT_SECRET"]
    values = [settings.auth0_management_client_id, settings.auth0_management_client_secret.get_secret_value()]
    if all(values) or not any(values):
        return ""
    given, lacking = names if values[0] else reversed(names)
    return f"{given} is set, and {lacking} is not."


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


def management(
    settings: Settings, needed: Iterable[str], credentials: Credentials | None = None, domain: str = ""
) -> AbstractContextManager[Management]:
    """A way to the tenant's Management API. Raises :class:`Auth0Failed` before anything is changed."""
    place = place_for(settings, domain)
    return open_management(place, credentials or credentials_of(settings), needed, clock, sleep, _waiting)


def tell(error: Auth0Failed) -> None:
    """Say what failed at Auth0, and what to do."""
    complain(error.what, f"  → {error.next_step}")


def confirm(question: str, *, yes: bool) -> bool:
    """Ask before something is changed. Without a terminal, only ``yes`` (the option ``--yes``) is a yes."""
    if yes:
        return True
    if not sys.stdin.isatty():
        complain("Nothing was changed: there is no terminal to ask at. To go ahead, add --yes.")
        return False
    return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}


def _waiting(seconds: float) -> None:
    complain(f"  Auth0 asks to wait {seconds:.0f} s.")
