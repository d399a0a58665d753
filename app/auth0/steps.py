"""How each part of a tenant is found, made and changed: one write a part, made of the rows that need it.

Whoever makes something puts the mark by which it is known again into the same request, so that a lost answer leads to
no second one. Nothing is ever deleted here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.auth0.management import Document, Management
from app.auth0.snapshot import Snapshot
from app.auth0.wanted import CHATGPT_DOCUMENT, OWNER_NAME, SHARED_NAME, Part, Wanted


@dataclass(frozen=True, slots=True)
class At:
    """Where a step works."""

    management: Management
    snapshot: Snapshot
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Step:
    """One part. ``write(at, current, body)`` makes it when ``current`` is None, and keeps the snapshot true."""

    part: Part
    title: str
    find: Callable[[Snapshot, Wanted], Document | None]
    write: Callable[[At, Document | None, Document], None]
    scopes: tuple[str, ...]


def _write_api(at: At, current: Document | None, body: Document) -> None:
    if current is None:
        made = at.management.document(
            "making the API",
            lambda api: api.resource_servers.create(name=SHARED_NAME, **body),
        )
        at.snapshot.apis.append(made)
        return
    changed = at.management.document("changing the API", lambda api: api.resource_servers.update(current["id"], **body))
    current.update(changed)


def _write_settings(at: At, current: Document | None, body: Document) -> None:
    at.management.document("changing the tenant's settings", lambda api: api.tenants.settings.update(**body))
    flags = {**(at.snapshot.settings.get("flags") or {}), **body.pop("flags", {})}
    at.snapshot.settings.update({**body, "flags": flags})


def _write_document(at: At, current: Document | None, body: Document) -> None:
    made = at.management.document(
        "registering ChatGPT's document",
        lambda api: api.clients.register_cimd_client(external_client_id=CHATGPT_DOCUMENT),
    )
    at.snapshot.clients.append({"client_id": made["client_id"], "is_first_party": False, **body})


def _write_application(part: Part) -> Callable[[At, Document | None, Document], None]:
    def write(at: At, current: Document | None, body: Document) -> None:
        name = at.snapshot.name_for(at.wanted, part)
        if current is None:
            made = at.management.document(
                f"making the application {name}", lambda api: api.clients.create(name=name, **body)
            )
            at.snapshot.clients.append(made)
            return
        client_id = current["client_id"]
        changed = at.management.document(
            f"changing the application {current.get('name')}", lambda api: api.clients.update(client_id, **body)
        )
        current.update(changed)

    return write


def _find_application(part: Part) -> Callable[[Snapshot, Wanted], Document | None]:
    return lambda snapshot, wanted: snapshot.application(wanted, part)


def _write_connection(at: At, current: Document | None, body: Document) -> None:
    connection = at.snapshot.connection or {}
    changed = at.management.document(
        f"changing the database {connection.get('name')}",
        lambda api: api.connections.update(connection["id"], **body),
    )
    connection.update(changed)


def _find_enabled(snapshot: Snapshot, wanted: Wanted) -> Document:
    found = {part: snapshot.application(wanted, part) for part in wanted.applications}
    return {part: one is not None and one["client_id"] in snapshot.enabled for part, one in found.items()}


def _write_enabled(at: At, current: Document | None, body: Document) -> None:
    found = [at.snapshot.application(at.wanted, part) for part in at.wanted.applications if part in body]
    ids = [str(one["client_id"]) for one in found if one is not None]
    rows: Any = [{"client_id": one, "status": True} for one in ids]
    connection = at.snapshot.connection or {}
    at.management.ask(
        "enabling the log-in for the applications",
        lambda api: api.connections.clients.update(connection["id"], request=rows),
    )
    at.snapshot.enabled.update(ids)


def _write_grant(at: At, current: Document | None, body: Document) -> None:
    doing = "giving permissions to registered programs"
    if current is not None:
        current.update(at.management.document(doing, lambda api: api.client_grants.update(current["id"], **body)))
        return
    made = at.management.document(
        doing,
        lambda api: api.client_grants.create(
            audience=at.wanted.resource, default_for="third_party_clients", subject_type="user", **body
        ),
    )
    at.snapshot.grants.append(made)


def _find_document(snapshot: Snapshot, wanted: Wanted) -> Document | None:
    return next((one for one in snapshot.clients if one.get("external_client_id") == CHATGPT_DOCUMENT), None)


_APPLICATION_SCOPES = ("create:clients", "update:clients")

STEPS = (
    Step(
        "api",
        "The API",
        lambda snapshot, wanted: snapshot.api(wanted),
        _write_api,
        ("create:resource_servers", "update:resource_servers"),
    ),
    Step(
        "tenant", "The tenant", lambda snapshot, wanted: snapshot.settings, _write_settings, ("update:tenant_settings",)
    ),
    Step("document", "ChatGPT's registration", _find_document, _write_document, ("create:clients",)),
    Step(
        "shared",
        f"The application {SHARED_NAME}",
        _find_application("shared"),
        _write_application("shared"),
        _APPLICATION_SCOPES,
    ),
    Step(
        "owner",
        f"The application {OWNER_NAME}",
        _find_application("owner"),
        _write_application("owner"),
        _APPLICATION_SCOPES,
    ),
    Step(
        "connection",
        "The database of people",
        lambda snapshot, wanted: snapshot.connection,
        _write_connection,
        ("update:connections",),
    ),
    Step("enabled", "Who may log in through what", _find_enabled, _write_enabled, ("update:connections",)),
    Step(
        "grant",
        "Registered programs",
        lambda snapshot, wanted: snapshot.grant(wanted),
        _write_grant,
        ("create:client_grants", "update:client_grants"),
    ),
)
"""In the order in which they are made true: each needs only those before it."""
