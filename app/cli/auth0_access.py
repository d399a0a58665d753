"""What the commands share that go to Auth0: credentials from the terminal, and how a failure is told.

What is typed at the terminal is not shown, handed on and kept nowhere.
"""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager

from app.auth0 import access
from app.auth0.access import NO_CREDENTIALS, credentials_of
from app.auth0.credentials import Credentials
from app.auth0.management import Management
from app.cli.common import complain
from app.errors import Auth0Failed
from app.settings import Settings


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


def management(
    settings: Settings, needed: Iterable[str], credentials: Credentials | None = None, domain: str = ""
) -> AbstractContextManager[Management]:
    """A way to the tenant's Management API that says when Auth0 asks to wait. Raises :class:`Auth0Failed`."""
    return access.management(settings, needed, credentials, domain, waiting=waiting)


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


def waiting(seconds: float) -> None:
    """Say that Auth0 asks to wait."""
    complain(f"  Auth0 asks to wait {seconds:.0f} s.")
