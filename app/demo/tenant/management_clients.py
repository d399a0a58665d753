"""Applications in the stand-in's Management API.

Odd as Auth0: names need not be unique; an application made here is enabled for no connection; the plan's limit is a
403 ``too_many_entities``; ``client_metadata`` is merged, everything else replaced.
"""

from __future__ import annotations

import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.demo.tenant.authorization import is_acceptable_redirect_uri
from app.demo.tenant.management_answers import Body, ManagementRefused, answer, by_offset, written
from app.demo.tenant.records import Client
from app.demo.tenant.state import Tenant, random_id

_GRANT_TYPES = ("authorization_code", "refresh_token")
_OWN_FIELDS = ("name", "callbacks", "grant_types", "is_first_party", "token_endpoint_auth_method")


def clients(tenant: Tenant, request: Request, body: Body) -> Response:
    wanted = request.query_params.get("is_first_party")
    shown = [_client(one) for one in tenant.clients.values() if wanted in (None, str(one.is_first_party).lower())]
    fields = request.query_params.get("fields", "").split(",")
    if fields != [""]:
        shown = [{name: value for name, value in one.items() if name in fields} for one in shown]
    return by_offset(request, "clients", shown)


def create_client(tenant: Tenant, request: Request, body: Body) -> Response:
    fields = body.fields
    _check_limit(tenant)
    client = Client(random_id(32), fields["name"], (), connection_enabled=False, created_at=tenant.clock())
    _set(client, {"token_endpoint_auth_method": "client_secret_post", "grant_types": [*_GRANT_TYPES], **fields})
    tenant.clients[client.client_id] = client
    secret = {"client_secret": client.secret} if client.secret else {}
    return answer(_client(client) | secret, 201)


def change_client(tenant: Tenant, request: Request, body: Body) -> Response:
    client = _find(tenant, request)
    _set(client, body.fields)
    return answer(_client(client))


def delete_client(tenant: Tenant, request: Request, body: Body) -> Response:
    tenant.clients.pop(request.path_params["id"], None)
    return answer(None, 204)


def register_document(tenant: Tenant, request: Request, body: Body) -> Response:
    """Take a client in by the address of its metadata document; the documents that "the web" has are the tenant's."""
    address = body.fields["external_client_id"]
    document = tenant.metadata_documents.get(address)
    if document is None or document.get("client_id") != address:
        raise ManagementRefused(400, "invalid_external_client_id", "The metadata document cannot be fetched")
    known = next((one for one in tenant.clients.values() if one.external_client_id == address), None)
    if known is None:
        _check_limit(tenant)
    client = known or Client(f"tpc_{random_id(22)}", "", (), is_first_party=False, external_client_id=address)
    client.created_at = client.created_at or tenant.clock()
    client.name, client.callbacks = document["client_name"], tuple(document["redirect_uris"])
    tenant.clients[client.client_id] = client
    mapped = {"name": client.name, "callbacks": list(client.callbacks), "external_client_id": address}
    validation = {"valid": True, "violations": [], "warnings": []}
    shown = {"client_id": client.client_id, "mapped_fields": mapped, "validation": validation}
    return answer(shown, 200 if known else 201)


def _check_limit(tenant: Tenant) -> None:
    limit = tenant.settings.application_limit
    if limit is not None and len(tenant.clients) >= limit:
        text = "You reached the limit of entities of this type for this tenant."
        raise ManagementRefused(403, "too_many_entities", text)


def _find(tenant: Tenant, request: Request) -> Client:
    client = tenant.clients.get(request.path_params["id"])
    if client is None:
        raise ManagementRefused(404, "inexistent_client", "The client does not exist")
    return client


def _set(client: Client, fields: dict[str, Any]) -> None:
    callbacks = tuple(fields.get("callbacks", client.callbacks))
    if not all(is_acceptable_redirect_uri(one) for one in callbacks):
        raise ManagementRefused(
            400, "invalid_body", "Payload validation error: 'Object didn't pass validation: callback'"
        )
    client.name, client.callbacks = fields.get("name", client.name), callbacks
    client.grant_types = tuple(fields.get("grant_types", client.grant_types))
    client.is_first_party = fields.get("is_first_party", client.is_first_party)
    method = fields.get("token_endpoint_auth_method")
    if method == "none":
        client.secret = None
    elif method is not None:
        client.secret = client.secret or secrets.token_urlsafe(48)
    kept = {name: value for name, value in fields.items() if name not in _OWN_FIELDS}
    merged = client.more.get("client_metadata", {}) | (kept.pop("client_metadata", None) or {})
    client.more |= kept | ({"client_metadata": merged} if merged else {})


def _client(client: Client) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "client_id": client.client_id,
        "name": client.name,
        "callbacks": list(client.callbacks),
        "grant_types": list(client.grant_types),
        "is_first_party": client.is_first_party,
        "token_endpoint_auth_method": "none" if client.secret is None else "client_secret_post",
        "global": False,
        **client.more,
    }
    shown |= {"created_at": written(client.created_at)} if client.created_at else {}
    return shown | ({"external_client_id": client.external_client_id} if client.external_client_id else {})
