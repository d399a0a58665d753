"""The part of ``gatehouse people`` that is done at Auth0, when there are credentials for it."""

from __future__ import annotations

import argparse
import time
from typing import Any

from app.auth0.people import (
    BLOCK_SCOPES,
    INVITE_SCOPES,
    LIST_SCOPES,
    UNBLOCK_SCOPES,
    Account,
    Invited,
    accounts,
    block,
    find_or_make,
    password_link,
    unblock,
)
from app.auth0.snapshot import read_clients
from app.auth0.wanted import MARK, MARK_FOR
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
            account, is_new = find_or_make(api, address, arguments.name or "", arguments.connection)
            known = roster.find(settings.issuer, account.sub)
            if known is not None and known.blocked:
                complain(f"{account.sub} is blocked here. First: gatehouse people unblock '{account.sub}'")
                return 1
            invited = Invited(account, is_new, password_link(api, account))
            client_id = _shared_client(read_clients(api), settings.resource)
    except Auth0Failed as error:
        tell(error)
        complain("Nobody was let in here. The same command goes on where it stopped.")
        return 1
    entry = roster.invite(settings.issuer, account.sub, **{"email": address, **facts})
    return _tell_invited(invited, entry, client_id, settings, arguments)


def _tell_invited(
    invited: Invited, entry: Entry, client_id: str, settings: Settings, arguments: argparse.Namespace
) -> int:
    until = local(entry.expires_at) if entry.expires_at else None
    words = invitation(
        settings.resource, email=invited.account.email, client_id=client_id, link=invited.link, until=until
    )
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


def _shared_client(clients: list[dict[str, Any]], resource: str) -> str:
    """The client id to paste, blank when programs register by themselves."""
    for one in clients:
        metadata = one.get("client_metadata") or {}
        if (metadata.get(MARK), metadata.get(MARK_FOR)) == ("shared", resource):
            return str(one["client_id"])
    return ""


def block_too(settings: Settings, sub: str, *, blocked: bool) -> tuple[bool, str]:
    """Block or unblock somebody at Auth0. Returns whether that was done, and a sentence about it."""
    try:
        with management(settings, BLOCK_SCOPES if blocked else UNBLOCK_SCOPES) as api:
            if blocked:
                block(api, sub)
                return True, "At Auth0 they are blocked too, and their sessions and refresh tokens have ended."
            unblock(api, sub)
            return True, "At Auth0 they can log in again."
    except Auth0Failed as error:
        here = "They are blocked here all the same" if blocked else "They are unblocked here all the same"
        return False, f"Not done at Auth0, or not all of it. {error.what} {error.next_step} {here}."


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
