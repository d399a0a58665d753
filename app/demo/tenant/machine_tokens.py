"""Tokens for machines: the client-credentials grant (RFC 6749 §4.4), and reading what the Management API is shown.

Only the Management API is asked for in this way. Deliberately not here: which endpoint needs which scope.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.responses import Response

from app.demo.tenant.protocol import Parameters, Refused, json_response, required
from app.demo.tenant.records import DEFAULT_TOKEN_LIFETIME, Client
from app.demo.tenant.signing import Claims
from app.demo.tenant.state import Tenant


def grant(tenant: Tenant, client: Client, parameters: Parameters) -> Response:
    """Answer a client-credentials request: all the scopes of the client's grant for the audience, or fewer."""
    audience = required(parameters, "audience")
    held = [
        one for one in tenant.client_grants.values() if (one.client_id, one.audience) == (client.client_id, audience)
    ]
    if audience != tenant.management_audience:
        raise Refused("access_denied", f"Service not found: {audience}", 403)
    if not held:
        text = (
            f'Client is not authorized to access "{audience}". You need to create a "client-grant" associated to this '
        )
        raise Refused("access_denied", f"{text}API.", 403)
    scopes = [scope for scope in held[0].scope if scope in parameters.get("scope", " ".join(held[0].scope)).split()]
    document = {
        "access_token": issue_management_token(tenant, scopes, client.client_id),
        "scope": " ".join(scopes),
        "expires_in": DEFAULT_TOKEN_LIFETIME,
        "token_type": "Bearer",
    }
    return json_response(document, headers={"cache-control": "no-store"})


def issue_management_token(
    tenant: Tenant, scopes: Iterable[str], client_id: str = "dashboard", **claim_overrides: object
) -> str:
    """A token for the Management API, as the dashboard shows one to copy. An override of None removes the claim."""
    now = int(tenant.clock())
    claims: Claims = {
        "iss": tenant.issuer,
        "sub": f"{client_id}@clients",
        "aud": tenant.management_audience,
        "iat": now,
        "exp": now + DEFAULT_TOKEN_LIFETIME,
        "scope": " ".join(scopes),
        "gty": "client-credentials",
        "azp": client_id,
    } | claim_overrides
    return tenant.keys.sign({name: value for name, value in claims.items() if value is not None}, typ="JWT")


def management_claims(tenant: Tenant, token: str) -> Claims | None:
    """The claims of a token for the Management API, good or expired; None when it is no such token."""
    return tenant.keys.signed_claims(token, issuer=tenant.issuer, audience=tenant.management_audience)
