"""Somebody let in or kept out at Auth0 too: what the command and the owner's page do alike.

What Gatehouse itself keeps of people is not changed here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.auth0.access import give_up, management
from app.auth0.management import Management
from app.auth0.people import (
    BLOCK_SCOPES,
    UNBLOCK_SCOPES,
    Account,
    block,
    find_or_make,
    password_link,
    unblock,
)
from app.auth0.snapshot import read_clients
from app.auth0.wanted import MARK, MARK_FOR
from app.errors import Auth0Failed
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Invited:
    """An account that is ready. ``link`` lets its person set a password, blank when they have logged in before.

    ``client_id`` is the one to paste into programs, blank where those register by themselves.
    """

    account: Account
    is_new: bool
    link: str
    client_id: str


def prepare(
    api: Management,
    address: str,
    resource: str,
    is_blocked: Callable[[str], bool],
    *,
    name: str = "",
    connection: str = "",
) -> Invited:
    """Find or make the account of an e-mail address. ``is_blocked`` says whether a subject is blocked here.

    Raises :class:`Auth0Failed`.
    """
    account, is_new = find_or_make(api, address, name, connection)
    if is_blocked(account.sub):
        raise Auth0Failed(f"{account.sub} is blocked here.", f"First: gatehouse people unblock '{account.sub}'")
    return Invited(account, is_new, password_link(api, account), shared_client(read_clients(api), resource))


def shared_client(clients: list[dict[str, Any]], resource: str) -> str:
    """The client id to paste, blank when programs register by themselves."""
    for one in clients:
        metadata = one.get("client_metadata") or {}
        if (metadata.get(MARK), metadata.get(MARK_FOR)) == ("shared", resource):
            return str(one["client_id"])
    return ""


def block_too(
    settings: Settings, sub: str, *, blocked: bool, waiting: Callable[[float], None] = give_up
) -> tuple[bool, str]:
    """Block or unblock somebody at Auth0. Returns whether that was done, and a sentence about it."""
    try:
        with management(settings, BLOCK_SCOPES if blocked else UNBLOCK_SCOPES, waiting=waiting) as api:
            if blocked:
                block(api, sub)
                return True, "At Auth0 they are blocked too, and their sessions and refresh tokens have ended."
            unblock(api, sub)
            return True, "At Auth0 they can log in again."
    except Auth0Failed as error:
        here = "They are blocked here all the same" if blocked else "They are unblocked here all the same"
        return False, f"Not done at Auth0, or not all of it. {error.what} {error.next_step} {here}."
