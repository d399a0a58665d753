"""Programs that register at Auth0 by themselves: whether they may, and those that did.

Each attempt to connect leaves an application behind, and the plan's limit counts them all. Deleted are only third-party
applications, as Auth0 itself calls them, and those that carry the mark of the owner's page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.auth0.management import PAGE, Document, Management
from app.auth0.wanted import MARK, MARK_FOR, REGISTERED

READ_SCOPES = ("read:tenant_settings",)
SWITCH_SCOPES = ("read:tenant_settings", "update:tenant_settings")
PRUNE_SCOPES = ("read:clients", "delete:clients")

_FIELDS = "client_id,name,is_first_party,global,created_at,client_metadata"


@dataclass(frozen=True, slots=True)
class Program:
    """An application at Auth0. ``created_at`` is in seconds since the epoch, 0 when Auth0 does not say.

    ``made_as`` is what Gatehouse made it as (for ``made_for``, a resource), blank for those of others.
    """

    client_id: str
    name: str
    is_third_party: bool
    created_at: float
    made_as: str = ""
    made_for: str = ""

    @property
    def may_be_deleted(self) -> bool:
        """Whether it registered by itself, or on the owner's page."""
        return self.is_third_party or self.made_as == REGISTERED

    def last(self, seen: Mapping[str, float | None]) -> float:
        """When it was used last as far as is known; ``seen`` says when each client was here."""
        return max(seen.get(self.client_id) or 0.0, self.created_at)


def is_open(management: Management) -> bool:
    """Whether programs may register by themselves."""
    settings = management.document("reading the tenant's settings", lambda api: api.tenants.settings.get())
    return bool((settings.get("flags") or {}).get("enable_dynamic_client_registration"))


def switch(management: Management, *, on: bool) -> None:
    """Let programs register by themselves, or no more. Those that did are not touched."""
    flags = {"enable_dynamic_client_registration": on}
    management.ask("switching registration", lambda api: api.tenants.settings.update(flags=flags))


def programs(management: Management) -> list[Program]:
    """All applications but Auth0's own."""
    found = management.pages(
        "reading the applications",
        lambda api, page: api.clients.list(page=page, per_page=PAGE, fields=_FIELDS, include_fields=True),
    )
    return [_program(one) for one in found if not one.get("global")]


def stale(found: Sequence[Program], seen: Mapping[str, float | None], before: float) -> list[Program]:
    """The third-party applications that neither came here nor were made since ``before``."""
    return [one for one in found if one.is_third_party and one.last(seen) < before]


def delete(management: Management, program: Program) -> None:
    """Delete one that may be. Raises :class:`ValueError` for any other: that would be a mistake here."""
    if not program.may_be_deleted:
        raise ValueError(f"{program.client_id} is the tenant's own")
    management.ask(f"deleting {program.client_id}", lambda api: api.clients.delete(program.client_id))


def _program(document: Document) -> Program:
    metadata = document.get("client_metadata") or {}
    return Program(
        str(document["client_id"]),
        str(document.get("name") or ""),
        document.get("is_first_party") is False,
        _time(document.get("created_at")),
        str(metadata.get(MARK, "")),
        str(metadata.get(MARK_FOR, "")),
    )


def _time(text: object) -> float:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return 0.0
