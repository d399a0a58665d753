"""Tenant settings, APIs, client grants and connections in the stand-in's Management API.

Odd as Auth0: an API's identifier is for ever; a PATCH of ``flags`` keeps the other flags, while one of a connection's
``options`` replaces them all. What is changed here is what log-ins and registrations go by from then on.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.demo.tenant.management_answers import Body, ManagementRefused, answer, by_checkpoint, by_offset
from app.demo.tenant.records import Api, ClientGrant
from app.demo.tenant.state import Tenant

_SETTINGS = (
    "resource_parameter_profile",
    "default_audience",
    "authorization_response_iss_parameter_supported",
    "client_id_metadata_document_supported",
)
_API_FIELDS = (
    "name",
    "signing_alg",
    "token_dialect",
    "enforce_policies",
    "allow_offline_access",
    "token_lifetime",
)


def tenant_settings(tenant: Tenant, request: Request, body: Body) -> Response:
    settings = tenant.settings
    flags = {"enable_dynamic_client_registration": settings.enable_dynamic_client_registration, "enable_sso": True}
    return answer({name: getattr(settings, name) for name in _SETTINGS} | {"flags": flags, "enabled_locales": ["en"]})


def change_tenant(tenant: Tenant, request: Request, body: Body) -> Response:
    fields = body.fields
    for name in _SETTINGS:
        if name in fields:
            setattr(tenant.settings, name, fields[name])
    flags = fields.get("flags") or {}
    registration = flags.get("enable_dynamic_client_registration", tenant.settings.enable_dynamic_client_registration)
    tenant.settings.enable_dynamic_client_registration = registration
    return tenant_settings(tenant, request, body)


def apis(tenant: Tenant, request: Request, body: Body) -> Response:
    wanted = request.query_params.getlist("identifiers")
    shown = [_api(api) for api in tenant.apis.values() if not wanted or api.identifier in wanted]
    return by_offset(request, "resource_servers", shown)


def create_api(tenant: Tenant, request: Request, body: Body) -> Response:
    fields = body.fields
    identifier = fields["identifier"]
    if identifier in tenant.apis:
        raise ManagementRefused(409, "resource_server_conflict", "The resource server already exists")
    api = Api(identifier, identifier, (), token_dialect="access_token", enforce_policies=False)  # noqa: S106  (a dialect)
    api.allow_offline_access = False
    _set_api(api, fields)
    tenant.apis[identifier] = api
    return answer(_api(api), 201)


def change_api(tenant: Tenant, request: Request, body: Body) -> Response:
    wanted = request.path_params["id"]
    api = next((one for one in tenant.apis.values() if wanted in (one.api_id, one.identifier)), None)
    if api is None:
        raise ManagementRefused(404, "inexistent_resource_server", "The resource server does not exist")
    _set_api(api, body.fields)
    return answer(_api(api))


def _set_api(api: Api, fields: dict[str, Any]) -> None:
    for name in _API_FIELDS:
        if name in fields:
            setattr(api, name, fields[name])
    if "scopes" in fields:
        api.scopes = tuple(scope["value"] for scope in fields["scopes"])
        api.descriptions = {scope["value"]: scope.get("description", "") for scope in fields["scopes"]}


def _api(api: Api) -> dict[str, Any]:
    scopes = [{"value": scope, "description": api.descriptions.get(scope, "")} for scope in api.scopes]
    shown = {name: getattr(api, name) for name in _API_FIELDS}
    return {"id": api.api_id, "identifier": api.identifier, "is_system": False, "scopes": scopes, **shown}


def grants(tenant: Tenant, request: Request, body: Body) -> Response:
    asked = {name: request.query_params.get(name) for name in ("audience", "client_id", "default_for")}
    shown = [
        _grant(grant)
        for grant in tenant.client_grants.values()
        if all(value is None or getattr(grant, name) == value for name, value in asked.items())
    ]
    return by_checkpoint(request, "client_grants", shown)


def create_grant(tenant: Tenant, request: Request, body: Body) -> Response:
    fields = body.fields
    grant = ClientGrant(
        fields["audience"],
        tuple(fields.get("scope") or ()),
        fields.get("client_id") or "",
        fields.get("default_for") or "",
        fields.get("subject_type") or "client",
    )
    if bool(grant.client_id) == bool(grant.default_for):
        raise ManagementRefused(400, "invalid_body", "Exactly one of client_id and default_for must be given")
    _check_grant(tenant, grant)
    same = (grant.audience, grant.client_id, grant.default_for, grant.subject_type)
    if any(
        (one.audience, one.client_id, one.default_for, one.subject_type) == same
        for one in tenant.client_grants.values()
    ):
        raise ManagementRefused(409, "client_grant_conflict", "A resource with the same identifier already exists.")
    tenant.client_grants[grant.grant_id] = grant
    return answer(_grant(grant), 201)


def change_grant(tenant: Tenant, request: Request, body: Body) -> Response:
    grant = tenant.client_grants.get(request.path_params["id"])
    if grant is None:
        raise ManagementRefused(404, "inexistent_client_grant", "The client grant does not exist")
    changed = ClientGrant(grant.audience, tuple(body.fields.get("scope") or ()))
    _check_grant(tenant, changed)
    grant.scope = changed.scope
    return answer(_grant(grant))


def _check_grant(tenant: Tenant, grant: ClientGrant) -> None:
    api = tenant.apis.get(grant.audience)
    if api is None:
        raise ManagementRefused(404, "inexistent_resource_server", f"Resource server {grant.audience} does not exist")
    unknown = [scope for scope in grant.scope if scope not in api.scopes]
    if unknown:
        raise ManagementRefused(400, "invalid_scope", f"The following scopes do not exist: {', '.join(unknown)}")


def _grant(grant: ClientGrant) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": grant.grant_id, "audience": grant.audience, "scope": list(grant.scope)}
    shown |= {"subject_type": grant.subject_type}
    return shown | ({"client_id": grant.client_id} if grant.client_id else {"default_for": grant.default_for})


def connections(tenant: Tenant, request: Request, body: Body) -> Response:
    wanted = request.query_params.getlist("strategy")
    shown = [_connection(tenant)] if not wanted or tenant.connection.strategy in wanted else []
    return by_checkpoint(request, "connections", shown)


def change_connection(tenant: Tenant, request: Request, body: Body) -> Response:
    _check_connection(tenant, request)
    fields = body.fields
    if fields.get("options") is not None:
        tenant.connection.options = fields["options"]
    if fields.get("is_domain_connection") is not None:
        tenant.settings.domain_connection = fields["is_domain_connection"]
    return answer(_connection(tenant))


def enabled_clients(tenant: Tenant, request: Request, body: Body) -> Response:
    _check_connection(tenant, request)
    enabled = [{"client_id": one.client_id} for one in tenant.clients.values() if one.connection_enabled]
    return by_checkpoint(request, "clients", enabled)


def enable_clients(tenant: Tenant, request: Request, body: Body) -> Response:
    _check_connection(tenant, request)
    rows = body.rows
    if any(row["client_id"] not in tenant.clients for row in rows) or not 0 < len(rows) <= 50:
        raise ManagementRefused(400, "invalid_body", "One or more of the specified clients could not be found.")
    for row in rows:
        tenant.clients[row["client_id"]].connection_enabled = row["status"]
    return answer(None, 204)


def _check_connection(tenant: Tenant, request: Request) -> None:
    if request.path_params["id"] != tenant.connection.connection_id:
        raise ManagementRefused(404, "inexistent_connection", "The connection does not exist")


def _connection(tenant: Tenant) -> dict[str, Any]:
    one = tenant.connection
    return {
        "id": one.connection_id,
        "name": one.name,
        "strategy": one.strategy,
        "options": one.options,
        "is_domain_connection": tenant.settings.domain_connection,
    }
