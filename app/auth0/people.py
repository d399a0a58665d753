"""People at Auth0: accounts found or made by e-mail address, blocked, listed.

Synchronous, through an open :class:`Management`. What Gatehouse itself keeps of people is not touched here, and
permissions are given there alone: what is given in one place can be taken back in one place. No
password is ever shown or kept: a new account gets one that nobody knows, and its person sets their own by a link.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from app.auth0.management import PAGE, Document, Management
from app.auth0.snapshot import choose_connection
from app.errors import Auth0Failed

INVITE_SCOPES = (
    "read:users",
    "create:users",
    "create:user_tickets",
    "read:connections",
    "read:clients",
)
BLOCK_SCOPES = ("update:users", "delete:sessions", "delete:refresh_tokens")
UNBLOCK_SCOPES = ("update:users",)
LIST_SCOPES = ("read:users",)

LINK_SECONDS = 7 * 86_400
"""For how long a set-your-password link can be used."""

_MARK = {"gatehouse": "invited"}
"""In ``app_metadata``, which nobody can write by signing up: the account was made here for the address."""

_FIELDS = "user_id,email,name,blocked,last_login,logins_count,identities"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody's account. ``sub`` is the subject in their tokens; ``last_login`` is as Auth0 writes it, or blank.

    ``is_of_its_address`` says that the address is verified, or that the account was made here for it.
    """

    sub: str
    email: str
    name: str
    blocked: bool
    last_login: str
    connections: tuple[str, ...]
    is_of_its_address: bool


def accounts(management: Management) -> list[Account]:
    """Everybody who has an account. Raises :class:`Auth0Failed`, also when they are more than Auth0 lists (999)."""
    users = management.pages(
        "reading the people",
        lambda api, page: api.users.list(page=page, per_page=PAGE, fields=_FIELDS, include_fields=True),
    )
    return [_account(one) for one in users]


def find_or_make(management: Management, email: str, name: str, connection: str) -> tuple[Account, bool]:
    """The account of an address, made when there is none, and whether it was made.

    ``connection`` names the database when there are several. Raises :class:`Auth0Failed`, also when the account is
    blocked, when nobody ever verified its address, or when it is not clear which one is meant.
    """
    address = email.lower()
    found = management.ask(f"looking for {address}", lambda api: api.users.list_users_by_email(email=address))
    known = [_account(_plain(one)) for one in found or []]
    chosen = choose_connection(_connections(management), connection)
    if chosen is None:
        raise Auth0Failed(
            "It is not clear which database of the tenant the people are in.",
            "Name it: gatehouse people invite ADDRESS --connection NAME",
        )
    if known:
        return _one_of(known, address, str(chosen["name"])), False
    made = management.document(
        f"making an account for {address}",
        lambda api: api.users.create(
            connection=str(chosen["name"]),
            email=address,
            password=f"{secrets.token_urlsafe(32)}aA1!",
            email_verified=False,
            verify_email=False,
            app_metadata=dict(_MARK),
            **({"name": name} if name else {}),
        ),
    )
    return _account(made), True


def password_link(management: Management, account: Account) -> str:
    """A link by which the person sets a password; blank when they have logged in before and so have one."""
    if account.last_login or not account.sub.startswith("auth0|"):
        return ""
    made = management.document(
        "making a link to set a password",
        lambda api: api.tickets.change_password(user_id=account.sub, ttl_sec=LINK_SECONDS, mark_email_as_verified=True),
    )
    return str(made["ticket"])


def block(management: Management, sub: str) -> None:
    """Let somebody log in no more, and end their sessions and refresh tokens. Raises :class:`Auth0Failed`."""
    management.ask("blocking them", lambda api: api.users.update(sub, blocked=True))
    try:
        management.ask("ending their sessions", lambda api: api.users.revoke_access(sub))
    except Auth0Failed as error:
        half = "They can log in there no more, but their sessions and refresh tokens have not ended."
        again = f"Run the same command again. {error.next_step}"
        raise Auth0Failed(f"{half} {error.what}", again, error.status) from None


def unblock(management: Management, sub: str) -> None:
    """Let somebody log in again. Raises :class:`Auth0Failed`."""
    management.ask("unblocking them", lambda api: api.users.update(sub, blocked=False))


def _one_of(known: list[Account], address: str, connection: str) -> Account:
    """Of the accounts of one address, the one in the database, or the only one."""
    own = [one for one in known if connection in one.connections] or known
    if len(own) > 1:
        subjects = ", ".join(one.sub for one in own)
        raise Auth0Failed(f"{address} has several accounts: {subjects}.", "Invite one by its subject instead.")
    if own[0].blocked:
        raise Auth0Failed(
            f"{address} is blocked at Auth0 ({own[0].sub}), and an invitation does not change that.",
            f"First: gatehouse people unblock '{own[0].sub}'",
        )
    if not own[0].is_of_its_address:  # whoever signs up with another's address waits for what is given to it
        raise Auth0Failed(
            f"{address} has an account at Auth0 ({own[0].sub}) whose address was never verified: anybody may have made "
            "it. Nothing was given to it.",
            "Let its person verify the address (in Auth0: User Management → Users → the person → Send Verification "
            f"Email), or, when you know whose it is: gatehouse people invite '{own[0].sub}'",
        )
    return own[0]


def _connections(management: Management) -> list[Document]:
    return management.chain(
        "reading the connections", "connections", lambda api, start: api.connections.list(from_=start, take=PAGE)
    )


def _plain(user: Any) -> Document:
    sent: Document = user.model_dump(by_alias=True, exclude_unset=True, mode="json")
    return sent


def _account(user: Document) -> Account:
    identities = user.get("identities") or []
    return Account(
        sub=str(user["user_id"]),
        email=str(user.get("email") or ""),
        name=str(user.get("name") or ""),
        blocked=bool(user.get("blocked")),
        last_login=str(user.get("last_login") or ""),
        connections=tuple(str(one.get("connection", "")) for one in identities),
        is_of_its_address=user.get("email_verified") is True or _is_marked(user.get("app_metadata")),
    )


def _is_marked(metadata: Any) -> bool:
    return isinstance(metadata, dict) and _MARK.items() <= metadata.items()
