"""The part of ``gatehouse people`` that is done at Auth0, when there are credentials for it."""

from __future__ import annotations

import argparse
import time
from functools import partial
from typing import Any

from app.auth0.invitations import Invited, prepare
from app.auth0.people import INVITE_SCOPES, LIST_SCOPES, Account, accounts
from app.cli.auth0_access import management, tell
from app.cli.common import complain, iso, local, say, show, table
from app.errors import Auth0Failed
from app.people.invitation import invitation
from app.people.roster import Entry, Roster
from app.people.summary import facts_of
from app.settings import Settings


def invite_by_address(roster: Roster, settings: Settings, arguments: argparse.Namespace, facts: dict[str, Any]) -> int:
    """Find or make the account of an e-mail address, let its person in here, and print what to send them."""
    address = arguments.subject.lower()
    try:
        with management(settings, INVITE_SCOPES) as api:
            complain(f"Asking {api.place.domain} (about four seconds) ...")
            names = {"name": arguments.name or "", "connection": arguments.connection}
            invited = prepare(api, address, settings.resource, partial(roster.is_blocked, settings.issuer), **names)
    except Auth0Failed as error:
        tell(error)
        complain("Nobody was let in here. The same command goes on where it stopped.")
        return 1
    entry = roster.invite(settings.issuer, invited.account.sub, **{"email": address, **facts})
    return _tell_invited(invited, entry, settings, arguments)


def _tell_invited(invited: Invited, entry: Entry, settings: Settings, arguments: argparse.Namespace) -> int:
    until = local(entry.expires_at) if entry.expires_at else None
    given = {"email": invited.account.email, "client_id": invited.client_id, "link": invited.link}
    words = invitation(settings.resource, until=until, **given)
    if arguments.json:
        facts = facts_of(entry, settings.default_scopes, time.time())
        show({**_written(facts), "auth0": {"is_new": invited.is_new, "link": invited.link}, "message": words})
        return 0
    say(
        f"{entry.sub}: {'a new account' if invited.is_new else 'they had an account'}; let in from the next request on."
    )
    if invited.link:
        say("Whoever has the link below can set the password: send it to nobody else.")
    for text in words.values():
        say("", "----------", *text.splitlines())
    say("----------")
    return 0


def list_joined(roster: Roster, settings: Settings, *, as_json: bool) -> int:
    """Everybody here with their account at Auth0, and everybody there who was never here."""
    try:
        with management(settings, LIST_SCOPES) as api:
            complain(f"Asking {api.place.domain} (half a second for a hundred people) ...")
            there = {one.sub: one for one in accounts(api)}
    except Auth0Failed as error:
        tell(error)
        return 1
    now, rows = time.time(), []
    for entry in roster.everybody():
        account = there.pop(entry.sub, None) if entry.iss == settings.issuer else None
        rows.append((facts_of(entry, settings.default_scopes, now), account))
    rows += [(_stranger(account, settings), account) for account in there.values()]
    if as_json:
        show([{**_written(facts), "auth0": _account_facts(account)} for facts, account in rows])
        return 0
    table(
        [
            {
                "subject": facts["sub"],
                "e-mail": (account.email if account else "") or facts["email"],
                "here": facts["standing"],
                "at Auth0": _word(account),
                "scopes here": " ".join(facts["scopes"]) or "none",
                "until": local(facts["expires_at"], "-"),
                "last seen": local(facts["last_seen"]),
                "calls": facts["calls"],
            }
            for facts, account in rows
        ]
    )
    say("", "A token can bring more: permissions that were given at Auth0 are not shown. --cap limits both.")
    return 0


def _stranger(account: Account, settings: Settings) -> dict[str, Any]:
    """The facts about somebody who has an account and was never here: what an empty entry says."""
    blank = Entry(settings.issuer, account.sub, account.name, account.email, "", frozenset(), "", False, None, "", None,
                  None, 0, "")  # fmt: skip
    return facts_of(blank, settings.default_scopes, time.time()) | {"standing": "never here"}


def _written(facts: dict[str, Any]) -> dict[str, Any]:
    return facts | {name: iso(facts[name]) for name in ("expires_at", "first_seen", "last_seen")}


def _account_facts(account: Account | None) -> dict[str, Any] | None:
    if account is None:
        return None
    names = ("email", "name", "blocked", "last_login")
    return {name: getattr(account, name) for name in names} | {"connections": list(account.connections)}


def _word(account: Account | None) -> str:
    if account is None:
        return "no account"
    if account.blocked:
        return "blocked"
    return f"logged in {account.last_login[:10]}" if account.last_login else "never logged in"
