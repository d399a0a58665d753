"""Programs that register at Auth0 by themselves: whether they may, and those that did.

Each attempt to connect leaves an application behind, and the plan's limit counts them all. Only third-party
applications are ever deleted: all are listed, and only one that Auth0 itself calls third-party can be chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.auth0.management import PAGE, Management

READ_SCOPES = ("read:tenant_settings",)
SWITCH_SCOPES = ("read:tenant_settings", "update:tenant_settings")
PRUNE_SCOPES = ("read:clients", "delete:clients")

_FIELDS = "client_id,name,is_first_party,global,created_at"


@dataclass(frozen=True, slots=True)
class Program:
    """An application at Auth0. ``created_at`` is in seconds since the epoch, 0 when Auth0 does not say."""

    client_id: str
    name: str
    is_third_party: bool
    created_at: float


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
    return [
        Program(
            str(one["client_id"]),
            str(one.get("name") or ""),
            one.get("is_first_party") is False,
            _time(one.get("created_at")),
        )
        for one in found
        if not one.get("global")
    ]


def delete(management: Management, program: Program) -> None:
    """Delete a third-party application. Raises :class:`ValueError` for any other: that would be a mistake here."""
    if not program.is_third_party:
        raise ValueError(f"{program.client_id} is the tenant's own")
    management.ask(f"deleting {program.client_id}", lambda api: api.clients.delete(program.client_id))


def _time(text: object) -> float:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return 0.0
