"""An e-mail address where a subject is meant, explained at the terminal."""

from __future__ import annotations

from app.cli.common import complain
from app.people.roster import Roster


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


def quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
