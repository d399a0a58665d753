"""How a tenant is: read once, in six requests or a few more, and brought up to date with each change made here.

A part is read again just before it is written, so that nobody's change in between is overwritten.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.auth0.management import PAGE, Document, Management
from app.auth0.wanted import MARK, MARK_FOR, OWNER_NAME, SHARED_NAME, Part, Wanted

CLIENT_FIELDS = (
    "client_id,name,callbacks,grant_types,token_endpoint_auth_method,is_first_party,oidc_conformant,app_type,"
    "refresh_token,client_metadata,global,external_client_id"
)
"""What is read of applications: never a secret."""

NAMES = {"shared": SHARED_NAME, "owner": OWNER_NAME}


@dataclass
class Snapshot:
    """The parts of a tenant. ``connection`` is the database of people, ``enabled`` the client ids that may use it."""

    settings: Document
    apis: list[Document]
    clients: list[Document]
    connections: list[Document]
    grants: list[Document]
    connection: Document | None
    enabled: set[str]

    def api(self, wanted: Wanted) -> Document | None:
        """The API whose identifier is the resource, letter by letter."""
        return next((one for one in self.apis if one.get("identifier") == wanted.resource), None)

    def application(self, wanted: Wanted, part: Part) -> Document | None:
        """The application that was made here for this part, or one that the owner lets be used for it."""
        return next((one for one in self.clients if _is_marked(one, wanted, part)), None) or next(
            (one for one in self.namesakes(part) if one["client_id"] in wanted.adopted), None
        )

    def namesakes(self, part: Part) -> list[Document]:
        """Applications of the part's name that nobody made here."""
        return [
            one
            for one in self.clients
            if one.get("name") == NAMES[part]
            and MARK not in (one.get("client_metadata") or {})
            and one.get("app_type") != "non_interactive"
            and one.get("grant_types") != ["client_credentials"]
        ]

    def name_for(self, wanted: Wanted, part: Part) -> str:
        """The name for a new application: with the host's when another Gatehouse has the plain one."""
        taken = any(one.get("name") == NAMES[part] for one in self.clients)
        return f"{NAMES[part]} at {wanted.host}" if taken else NAMES[part]

    def grant(self, wanted: Wanted) -> Document | None:
        """The grant that all third-party clients have for the resource."""
        asked = {"audience": wanted.resource, "default_for": "third_party_clients", "subject_type": "user"}
        return next((one for one in self.grants if {name: one.get(name) for name in asked} == asked), None)


def read_snapshot(management: Management, wanted: Wanted) -> Snapshot:
    """Read a tenant. Raises :class:`~app.errors.Auth0Failed`."""
    settings, apis = _settings(management), _apis(management)
    clients, connections = read_clients(management), _connections(management)
    grants = [] if wanted.registration == "shared" else _grants(management, wanted)
    connection = choose_connection(connections, wanted.connection)
    enabled = _enabled(management, connection) if connection else set()
    return Snapshot(settings, apis, clients, connections, grants, connection, enabled)


def read_again(management: Management, wanted: Wanted, snapshot: Snapshot, part: Part) -> Snapshot:
    """The snapshot with one part as it is now. Enabling a log-in replaces nothing, so that is not read again."""
    if part == "api":
        return replace(snapshot, apis=_apis(management))
    if part == "tenant":
        return replace(snapshot, settings=_settings(management))
    if part == "connection":
        connections = _connections(management)
        return replace(snapshot, connections=connections, connection=choose_connection(connections, wanted.connection))
    if part == "grant":
        return replace(snapshot, grants=_grants(management, wanted))
    return snapshot if part == "enabled" else replace(snapshot, clients=read_clients(management))


def _settings(management: Management) -> Document:
    return management.document("reading the tenant's settings", lambda api: api.tenants.settings.get())


def _apis(management: Management) -> list[Document]:
    return management.pages("reading the APIs", lambda api, page: api.resource_servers.list(page=page, per_page=PAGE))


def _connections(management: Management) -> list[Document]:
    return management.chain(
        "reading the connections", "connections", lambda api, start: api.connections.list(from_=start, take=PAGE)
    )


def _grants(management: Management, wanted: Wanted) -> list[Document]:
    return management.chain(
        "reading the client grants",
        "client_grants",
        lambda api, start: api.client_grants.list(from_=start, take=PAGE, audience=wanted.resource),
    )


def read_clients(management: Management) -> list[Document]:
    """All applications but Auth0's own."""
    clients = management.pages(
        "reading the applications",
        lambda api, page: api.clients.list(page=page, per_page=PAGE, fields=CLIENT_FIELDS, include_fields=True),
    )
    return [one for one in clients if not one.get("global")]


def choose_connection(connections: list[Document], name: str) -> Document | None:
    """The database of people: the one named, or the only one, or Auth0's usual one; None when it is not clear."""
    databases = [one for one in connections if one.get("strategy") == "auth0"]
    usual = [one for one in databases if one.get("name") == (name or "Username-Password-Authentication")]
    if name or len(databases) > 1:
        return usual[0] if usual else None
    return databases[0] if databases else None


def _enabled(management: Management, connection: Document) -> set[str]:
    rows = management.chain(
        "reading which applications use the database",
        "clients",
        lambda api, start: api.connections.clients.get(connection["id"], from_=start, take=PAGE),
    )
    return {str(row["client_id"]) for row in rows}


def _is_marked(client: Document, wanted: Wanted, part: Part) -> bool:
    metadata = client.get("client_metadata") or {}
    return bool(metadata.get(MARK) == part and metadata.get(MARK_FOR) == wanted.resource)
