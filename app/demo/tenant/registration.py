"""Metadata (RFC 8414 and OIDC Discovery: one document under both names), the key set, and client registration.

Registration (RFC 7591) makes a strict third-party client. As on Auth0 the endpoint is advertised even when it is
switched off, and no API scope is ever listed. Deliberately not here: reading, changing or deleting a registration
(RFC 7592), software statements, and client-ID metadata documents.
"""

from __future__ import annotations

import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.demo.tenant.authorization import RESPONSE_TYPES, is_acceptable_redirect_uri
from app.demo.tenant.protocol import Refused, json_response, read_json_object
from app.demo.tenant.records import OIDC_SCOPES, Client
from app.demo.tenant.state import Tenant, random_id

_GRANT_TYPES = ("authorization_code", "refresh_token")
_CALLBACK_LIMIT = 20
_NAME_LIMIT = 200


async def metadata(tenant: Tenant, _: Request) -> Response:
    issuer = tenant.issuer
    document: dict[str, Any] = {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}authorize",
        "token_endpoint": f"{issuer}oauth/token",
        "userinfo_endpoint": tenant.userinfo_audience,
        "jwks_uri": f"{issuer}.well-known/jwks.json",
        "registration_endpoint": f"{issuer}oidc/register",
        "revocation_endpoint": f"{issuer}oauth/revoke",
        "device_authorization_endpoint": f"{issuer}oauth/device/code",
        "scopes_supported": list(OIDC_SCOPES),
        "response_types_supported": list(RESPONSE_TYPES),
        "code_challenge_methods_supported": ["S256", "plain"],
        "token_endpoint_auth_methods_supported": [
            "client_secret_basic",
            "client_secret_post",
            "private_key_jwt",
            "none",
        ],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }
    if tenant.settings.authorization_response_iss_parameter_supported:
        document["authorization_response_iss_parameter_supported"] = True
    return json_response(document)


async def jwks(tenant: Tenant, _: Request) -> Response:
    return json_response({"keys": [key.jwk() for key in tenant.keys.published()]})


async def register(tenant: Tenant, request: Request) -> Response:
    settings = tenant.settings
    if not settings.enable_dynamic_client_registration:
        raise Refused("access_denied", "Dynamic client registration is not enabled for this tenant", 403)
    document = await read_json_object(request)
    callbacks, name = _read_redirect_uris(document), _read_name(document)
    grant_types, auth_method = _read_grant_types(document), _read_auth_method(document)
    if settings.application_limit is not None and len(tenant.clients) >= settings.application_limit:
        raise Refused("too_many_entities", "The limit of applications for this tenant is reached", 403)
    client = Client(
        client_id=f"tpc_{random_id(22)}",
        name=name,
        callbacks=callbacks,
        secret=None if auth_method == "none" else secrets.token_urlsafe(48),
        is_first_party=False,
        grant_types=grant_types,
        created_at=tenant.clock(),
    )
    tenant.clients[client.client_id] = client
    return json_response(_registered(client, auth_method), 201, {"cache-control": "no-store"})


def _registered(client: Client, auth_method: str) -> dict[str, Any]:
    document: dict[str, Any] = {
        "client_id": client.client_id,
        "client_name": client.name,
        "redirect_uris": list(client.callbacks),
        "grant_types": list(client.grant_types),
        "response_types": ["code"],
        "token_endpoint_auth_method": auth_method,
    }
    if client.secret is not None:
        document |= {"client_secret": client.secret, "client_secret_expires_at": 0}
    return document


def _read_redirect_uris(document: dict[str, Any]) -> tuple[str, ...]:
    uris = document.get("redirect_uris")
    if not isinstance(uris, list) or not 0 < len(uris) <= _CALLBACK_LIMIT:
        raise Refused("invalid_redirect_uri", f"redirect_uris must be a list of 1 to {_CALLBACK_LIMIT} URIs")
    for uri in uris:
        if not isinstance(uri, str) or not is_acceptable_redirect_uri(uri):
            raise Refused("invalid_redirect_uri", "A redirect URI is https, http on loopback, or a private scheme")
    return tuple(uris)


def _read_name(document: dict[str, Any]) -> str:
    name = document.get("client_name", "Unnamed client")
    if not isinstance(name, str) or not 0 < len(name) <= _NAME_LIMIT:
        raise Refused("invalid_client_metadata", f"client_name must be a text of 1 to {_NAME_LIMIT} characters")
    return name


def _read_grant_types(document: dict[str, Any]) -> tuple[str, ...]:
    """Keep the two grant types a third-party client may have, and drop the others without a word."""
    asked = document.get("grant_types", list(_GRANT_TYPES))
    kept = tuple(grant_type for grant_type in _GRANT_TYPES if isinstance(asked, list) and grant_type in asked)
    if "authorization_code" not in kept:
        raise Refused("invalid_client_metadata", "grant_types must contain authorization_code")
    return kept


def _read_auth_method(document: dict[str, Any]) -> str:
    method = document.get("token_endpoint_auth_method", "client_secret_post")
    if method not in ("none", "client_secret_post"):
        raise Refused("invalid_client_metadata", "token_endpoint_auth_method must be none or client_secret_post")
    return str(method)
