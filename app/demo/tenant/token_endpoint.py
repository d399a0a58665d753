"""What clients call directly: ``/oauth/token``, ``/oauth/revoke``, ``/oauth/device/code`` and ``/userinfo``.

RFC 6749 §4.1.3 and §6, RFC 7636 §4.6, RFC 7009, OIDC Core §5.3; refresh tokens rotate, and a used one that comes back
kills its family (RFC 9700 §4.14.2). Errors use Auth0's statuses: mostly 403 where the RFC suggests 400, and a wrong
client secret is ``access_denied``.

Deliberately not here: private_key_jwt (Auth0 advertises it on every plan and serves it on few), the password grant, and
the device grant itself.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.responses import Response

from app.demo.tenant import machine_tokens
from app.demo.tenant.authorization import CODE_CHALLENGE
from app.demo.tenant.protocol import Parameters, Refused, json_response, read_parameters, required
from app.demo.tenant.records import (
    DEFAULT_TOKEN_LIFETIME,
    REFRESH_TOKEN_LIFETIME,
    AuthorizationCode,
    Client,
    Grant,
    Person,
    RefreshTokenFamily,
)
from app.demo.tenant.signing import Claims
from app.demo.tenant.state import Tenant, digest, is_same

_DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
_KNOWN_GRANT_TYPES = ("authorization_code", "refresh_token", "client_credentials", "password", "implicit", _DEVICE_CODE)
_ID_TOKEN_LIFETIME = 36_000
_NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}


async def token(tenant: Tenant, request: Request) -> Response:
    parameters = await read_parameters(request)
    client = _authenticate_client(tenant, request, parameters)
    grant_type = required(parameters, "grant_type")
    if grant_type not in _KNOWN_GRANT_TYPES:
        raise Refused("unsupported_grant_type", f"Unsupported grant type: {grant_type}", 403)
    if grant_type not in client.grant_types:
        raise _not_allowed(grant_type)
    if grant_type == "authorization_code":
        return _exchange_code(tenant, client, parameters)
    if grant_type == "refresh_token":
        return _refresh(tenant, client, parameters)
    if grant_type == "client_credentials":
        return machine_tokens.grant(tenant, client, parameters)
    raise _not_allowed(grant_type)


async def revoke(tenant: Tenant, request: Request) -> Response:
    """RFC 7009. A token that is unknown, or another client's, is answered alike: nothing to revoke, 200."""
    parameters = await read_parameters(request)
    client = _authenticate_client(tenant, request, parameters)
    family = tenant.refresh_tokens.get(digest(required(parameters, "token")))
    if family is not None and family.grant.client_id == client.client_id:
        family.revoked = True
    return Response(status_code=200, headers=_NO_STORE)


async def device_code(tenant: Tenant, request: Request) -> Response:
    parameters = await read_parameters(request)
    _find_client(tenant, required(parameters, "client_id"))
    raise _not_allowed(_DEVICE_CODE)


async def userinfo(tenant: Tenant, request: Request) -> Response:
    scheme, _, access_token = request.headers.get("authorization", "").partition(" ")
    claims = _userinfo_claims(tenant, access_token.strip()) if scheme.lower() == "bearer" else None
    person = tenant.people.get(str(claims["sub"])) if claims else None
    if claims is None or person is None:
        headers = {"www-authenticate": 'Bearer error="invalid_token"'}
        return json_response({"error": "invalid_token", "error_description": "Unauthorized"}, 401, headers)
    return json_response(_identity_claims(person, str(claims.get("scope", "")).split()), headers=_NO_STORE)


def _userinfo_claims(tenant: Tenant, access_token: str) -> Claims | None:
    claims = tenant.keys.decrypted_claims(access_token) or tenant.keys.signed_claims(
        access_token, issuer=tenant.issuer, audience=tenant.userinfo_audience
    )
    return claims if claims and tenant.clock() < float(claims["exp"]) else None


def _not_allowed(grant_type: str) -> Refused:
    return Refused("unauthorized_client", f"Grant type '{grant_type}' not allowed for the client.", 403)


def _find_client(tenant: Tenant, client_id: str) -> Client:
    client = tenant.find_client(client_id)
    if client is None:
        raise Refused("invalid_client", "Unknown client", 401)
    return client


def _authenticate_client(tenant: Tenant, request: Request, parameters: Parameters) -> Client:
    """By Basic or by body parameters, never both (RFC 6749 §2.3). A public client only names itself."""
    basic = _basic_credentials(request.headers.get("authorization", ""))
    if basic and "client_secret" in parameters:
        raise Refused("invalid_request", "Only one way of client authentication is allowed")
    client_id, secret = basic or (required(parameters, "client_id"), parameters.get("client_secret", ""))
    client = _find_client(tenant, client_id)
    if client.secret is not None and not is_same(secret, client.secret):
        raise Refused("access_denied", "Unauthorized", 401)
    return client


def _basic_credentials(authorization: str) -> tuple[str, str] | None:
    """RFC 6749 §2.3.1: both halves are form-encoded before they are joined."""
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
    except ValueError:
        raise Refused("invalid_request", "The Basic credentials cannot be read") from None
    return unquote_plus(client_id), unquote_plus(secret)


def _exchange_code(tenant: Tenant, client: Client, parameters: Parameters) -> Response:
    presented, redirect_uri = required(parameters, "code"), required(parameters, "redirect_uri")
    code = tenant.codes.get(digest(presented))
    if code is None or code.grant.client_id != client.client_id:
        raise Refused("invalid_grant", "Invalid authorization code", 403)
    if code.code_challenge is not None:
        required(parameters, "code_verifier")
    if code.used and code.family is not None:
        code.family.revoked = True
    if code.used or tenant.clock() >= code.expires_at:
        raise Refused("invalid_grant", "Invalid authorization code", 403)
    code.used = True  # also when what follows fails: nobody gets a second guess at the verifier
    if not is_same(redirect_uri, code.redirect_uri):
        raise Refused("invalid_grant", "The redirect_uri differs from that of the authorization request", 403)
    _verify_code_challenge(code, parameters.get("code_verifier"))
    person = tenant.active_person(code.grant.sub)
    if person is None:
        raise Refused("invalid_grant", "user is blocked", 403)
    if "offline_access" in code.grant.scopes:
        code.family = RefreshTokenFamily(code.grant, tenant.clock() + REFRESH_TOKEN_LIFETIME)
    return _token_response(tenant, person, code.grant, family=code.family, nonce=code.nonce)


def _verify_code_challenge(code: AuthorizationCode, verifier: str | None) -> None:
    """RFC 7636 §4.6. A verifier for a code without a challenge is a downgrade attempt (RFC 9700 §4.8.2)."""
    if code.code_challenge is None and verifier is None:
        return
    verifier = verifier or ""
    computed = verifier
    if code.code_challenge_method == "S256" and CODE_CHALLENGE.fullmatch(verifier):
        computed = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    if not CODE_CHALLENGE.fullmatch(verifier) or not is_same(computed, code.code_challenge or ""):
        raise Refused("invalid_grant", "Failed to verify code verifier", 403)


def _refresh(tenant: Tenant, client: Client, parameters: Parameters) -> Response:
    presented = digest(required(parameters, "refresh_token"))
    unknown = Refused("invalid_grant", "Unknown or invalid refresh token.", 403)
    family = tenant.refresh_tokens.get(presented)
    if family is None or family.grant.client_id != client.client_id:
        raise unknown
    if family.current != presented:
        family.revoked = True
    person = tenant.active_person(family.grant.sub)
    if family.revoked or person is None or tenant.clock() >= family.expires_at:
        raise unknown
    held = family.grant.scopes
    wanted = [scope for scope in parameters.get("scope", " ".join(held)).split() if scope in held]
    scopes = tenant.granted_scopes(client, family.grant.audience, wanted, person.sub)
    narrowed = Grant(client.client_id, person.sub, family.grant.audience, scopes)
    return _token_response(tenant, person, narrowed, family=family, is_refresh=True)


def _token_response(
    tenant: Tenant,
    person: Person,
    grant: Grant,
    *,
    family: RefreshTokenFamily | None,
    nonce: str | None = None,
    is_refresh: bool = False,
) -> Response:
    document: dict[str, Any] = {
        "access_token": _access_token(tenant, person, grant, is_refresh=is_refresh),
        "token_type": "Bearer",
        "expires_in": DEFAULT_TOKEN_LIFETIME,
        "scope": " ".join(grant.scopes),
    }
    if grant.audience is not None:
        document["expires_in"] = tenant.apis[grant.audience].token_lifetime
    if family is not None:
        document["refresh_token"] = tenant.issue_refresh_token(family)
    if "openid" in grant.scopes:
        document["id_token"] = _id_token(tenant, person, grant, nonce)
    return json_response(document, headers=_NO_STORE)


def _access_token(tenant: Tenant, person: Person, grant: Grant, *, is_refresh: bool) -> str:
    """Opaque without an API. Auth0's own dialect marks a refreshed token in ``gty``; the RFC 9068 one does not."""
    if grant.audience is None:
        return tenant.issue_opaque_token(grant)
    api = tenant.apis.get(grant.audience)
    if api is None:
        raise Refused("invalid_grant", f"Service not found: {grant.audience}", 403)
    marks = is_refresh and not api.token_dialect.startswith("rfc9068")
    return tenant.issue_access_token(
        person, grant.audience, " ".join(grant.scopes), grant.client_id, gty="refresh_token" if marks else None
    )


def _id_token(tenant: Tenant, person: Person, grant: Grant, nonce: str | None) -> str:
    now = int(tenant.clock())
    claims: Claims = _identity_claims(person, grant.scopes) | {
        "iss": tenant.issuer,
        "aud": grant.client_id,
        "iat": now,
        "exp": now + _ID_TOKEN_LIFETIME,
    }
    if nonce is not None:
        claims["nonce"] = nonce
    return tenant.keys.sign(claims, typ="JWT")


def _identity_claims(person: Person, scopes: Iterable[str]) -> Claims:
    granted = frozenset(scopes)
    claims: Claims = {"sub": person.sub}
    if "profile" in granted:
        claims["name"] = person.name or person.email
    if "email" in granted:
        claims |= {"email": person.email, "email_verified": True}
    return claims
