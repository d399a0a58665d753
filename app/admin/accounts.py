"""Accounts: everybody who can log in at Auth0, beside what they are here; who was never here can be let in.

Needs the owner's credentials for Auth0 in the settings. Asks Auth0 anew each time; nothing of it is kept.
"""

from __future__ import annotations

from app.admin.at_auth0 import tenant
from app.admin.house import Ask, Page, Work
from app.auth0.people import LIST_SCOPES, accounts
from app.people.roster import Roster

SHOWN = 300


def show(ask: Ask) -> Page:
    """All accounts, those that were never here first."""
    with tenant(ask, LIST_SCOPES, "/admin/people") as api:
        found = accounts(api)
    issuer, wanted = ask.house.settings.issuer, ask.query.get("find", "").strip().lower()
    here = {one.sub: one for one in Roster(ask.engine).everybody() if one.iss == issuer}
    fitting = [one for one in found if wanted in one.email.lower() or wanted in one.name.lower() or wanted in one.sub]
    fitting.sort(key=lambda one: (one.sub in here, one.email))
    return Page(
        "accounts.html",
        {
            "accounts": fitting[:SHOWN],
            "hidden": max(0, len(fitting) - SHOWN),
            "total": len(found),
            "strange": sum(one.sub not in here for one in found),
            "here": here,
            "find": ask.query.get("find", ""),
        },
    )


TAB = None
PAGES: dict[str, Work] = {"/admin/people/accounts": show}
CHANGES: dict[str, Work] = {}
