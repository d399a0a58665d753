"""An e-mail address where a subject is meant: known as one, and explained."""

from __future__ import annotations

import re

from app.cli.common import complain
from app.people.roster import Roster
from app.settings import Settings

EMAIL = re.compile(r"[^\s|@]+@[^\s|@]+\.[^\s|@]+")


def is_address(roster: Roster, iss: str, sub: str) -> bool:
    """Whether it is an address, and nobody's subject."""
    return bool(EMAIL.fullmatch(sub)) and roster.find(iss, sub) is None


def no_subject(roster: Roster, address: str, action: str = "invite") -> int:
    """Say how to find the subject of an address; returns the exit code."""
    complain(
        f"{address} is an e-mail address, and people are known by their subject: addresses change hands. To find it:",
        "  - in Auth0: User Management → Users → the person → user_id, such as auth0|6553…",
        "  - or let the person connect once: gatehouse people list then shows them, with their subject.",
        "With credentials for Auth0 (AUTH0_MANAGEMENT_TOKEN) this command makes an account for the address."
        if action == "invite"
        else "Nothing was changed.",
    )
    for one in roster.everybody():
        if one.email.lower() == address.lower():
            complain(f"Somebody with this address is known: gatehouse people {action} {quoted(one.sub)}")
    return 2


def is_no_subject_of_auth0(iss: str, settings: Settings, sub: str) -> bool:
    """Whether it is a mistyped address at Auth0, whose people's subjects have a ``|`` and its machines' end so."""
    at_auth0 = iss == settings.issuer and bool(settings.auth0_domain or settings.manages_auth0)
    return at_auth0 and "@" in sub and "|" not in sub and not sub.endswith("@clients")


def quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
