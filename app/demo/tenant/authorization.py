"""Reading an authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 8707 §2.1), and ending one (RFC 9207 §2).

The client and its redirect URI are established first, and a failure there is never redirected. Everything after them
raises :class:`Refused`; whether that becomes a redirect or a page depends on the client (``browser.py``).

Deliberately not here: response modes other than ``query``, and pushed or signed requests.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.demo.tenant.protocol import Parameters, Refused, required, with_parameters
from app.demo.tenant.records import CODE_LIFETIME, AuthorizationCode, Client, Grant
from app.demo.tenant.state import Tenant, digest

CODE_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")
"""RFC 7636 §4.1 and §4.2: the verifier and the challenge share one alphabet and length."""

RESPONSE_TYPES = ("code", "token", "id_token", "code token", "code id_token", "token id_token", "code token id_token")
_REFUSED_FOR_THIRD_PARTIES = ("id_token_hint", "claims", "request", "request_uri")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_NEVER_A_CALLBACK = ("about", "blob", "data", "file", "javascript", "vbscript")


@dataclass
class AuthorizationRequest:
    """A request that was found good; it waits here while the person logs in and consents."""

    client: Client
    redirect_uri: str
    state: str | None
    audience: str | None
    requested_scopes: tuple[str, ...]
    code_challenge: str | None
    code_challenge_method: str
    nonce: str | None
    prompts: frozenset[str]
    sub: str = ""


def is_acceptable_redirect_uri(uri: str) -> bool:
    """Whether a client may register this redirect URI (RFC 6749 §3.1.2, RFC 8252 §7)."""
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not re.fullmatch(r"[!-~]+", uri) or any(character in uri for character in '#*\\<>"'):
        return False
    if parts.scheme in ("http", "https"):
        return bool(host) and "@" not in parts.netloc and (parts.scheme == "https" or host in _LOOPBACK)
    return bool(parts.scheme) and parts.scheme not in _NEVER_A_CALLBACK and bool(host or parts.path)


def find_client(tenant: Tenant, parameters: Parameters) -> tuple[Client, str]:
    """The client and its redirect URI, compared byte for byte: no port is forgiven on loopback."""
    client_id = required(parameters, "client_id")
    client = tenant.find_client(client_id)
    if client is None:
        raise Refused("invalid_request", f"Unknown client: {client_id}")
    redirect_uri = required(parameters, "redirect_uri")
    if redirect_uri not in client.callbacks:
        raise Refused(
            "unauthorized_client",
            f"Callback URL mismatch: {redirect_uri} is not in the list of allowed callback URLs",
            403,
        )
    return client, redirect_uri


def read_authorization_request(
    tenant: Tenant, client: Client, redirect_uri: str, parameters: Parameters
) -> AuthorizationRequest:
    """Judge everything that can be judged before the person is known."""
    _refuse_unsupported_parameters(client, parameters)
    code_challenge, code_challenge_method = _read_code_challenge(client, parameters)
    audience = _select_audience(tenant, parameters)
    _refuse_unusable_audience(tenant, client, audience)
    is_connected = client.connection_enabled if client.is_first_party else tenant.settings.domain_connection
    if not is_connected:
        raise Refused("invalid_request", "no connections enabled for the client")
    return AuthorizationRequest(
        client=client,
        redirect_uri=redirect_uri,
        state=parameters.get("state"),
        audience=audience,
        requested_scopes=tuple(parameters.get("scope", "").split()),
        code_challenge=code_challenge,
        code_challenge_method=code_challenge_method,
        nonce=parameters.get("nonce"),
        prompts=_read_prompts(parameters),
    )


def _refuse_unsupported_parameters(client: Client, parameters: Parameters) -> None:
    if not client.is_first_party:
        for name in _REFUSED_FOR_THIRD_PARTIES:
            if name in parameters:
                raise Refused("invalid_request", f"Parameter '{name}' is not allowed for third party clients")
    response_type = required(parameters, "response_type")
    if response_type not in RESPONSE_TYPES:
        raise Refused("unsupported_response_type", f"Unsupported response type: {response_type}")
    if response_type != "code":
        raise Refused("unauthorized_client", "Grant type 'implicit' not allowed for the client.", 403)
    if parameters.get("response_mode", "query") != "query":
        raise Refused("invalid_request", "Only the response mode 'query' is supported")


def _read_code_challenge(client: Client, parameters: Parameters) -> tuple[str | None, str]:
    code_challenge = parameters.get("code_challenge")
    method = parameters.get("code_challenge_method", "plain")
    if code_challenge is None:
        if not client.is_first_party or client.secret is None:
            raise Refused("invalid_request", "Parameter 'code_challenge' is required")
        return None, method
    if method not in ("S256", "plain"):
        raise Refused("invalid_request", f"Unsupported code_challenge_method: {method}")
    if not CODE_CHALLENGE.fullmatch(code_challenge):
        raise Refused("invalid_request", "Parameter 'code_challenge' must be 43 to 128 unreserved characters")
    return code_challenge, method


def _read_prompts(parameters: Parameters) -> frozenset[str]:
    prompts = frozenset(parameters.get("prompt", "").split())
    if "none" in prompts and len(prompts) > 1:
        raise Refused("invalid_request", "Prompt 'none' cannot be combined with another")
    return prompts


def _select_audience(tenant: Tenant, parameters: Parameters) -> str | None:
    """``audience`` wins over ``resource``, which counts only in the compatibility profile; then the default."""
    selected = parameters.get("audience")
    if selected is None and tenant.settings.resource_parameter_profile == "compatibility":
        selected = parameters.get("resource")
    selected = selected or tenant.settings.default_audience
    return None if selected in ("", tenant.userinfo_audience) else selected


def _refuse_unusable_audience(tenant: Tenant, client: Client, audience: str | None) -> None:
    if audience is None:
        if not client.is_first_party:
            raise Refused("access_denied", "The userinfo audience is not allowed for third party clients", 403)
    elif audience not in tenant.apis:
        raise Refused("access_denied", f"Service not found: {audience}", 403)
    elif tenant.client_scopes(client, audience) is None:
        raise Refused(
            "access_denied",
            f'Client "{client.client_id}" is not authorized to access resource server "{audience}".',
            403,
        )


def scopes_of(tenant: Tenant, asked: AuthorizationRequest) -> tuple[str, ...]:
    return tenant.granted_scopes(asked.client, asked.audience, asked.requested_scopes, asked.sub)


def needs_consent(tenant: Tenant, asked: AuthorizationRequest) -> bool:
    """Third-party clients ask for every grant not yet remembered; first-party clients only when told to."""
    if "consent" in asked.prompts:
        return True
    remembered = tenant.consents.get((asked.client.client_id, asked.sub, asked.audience))
    return not asked.client.is_first_party and (
        remembered is None or not remembered.issuperset(scopes_of(tenant, asked))
    )


def remember_consent(tenant: Tenant, asked: AuthorizationRequest) -> None:
    remembered = tenant.consents.setdefault((asked.client.client_id, asked.sub, asked.audience), set())
    remembered.update(scopes_of(tenant, asked))


def success_redirect(tenant: Tenant, asked: AuthorizationRequest) -> str:
    """Issue a code and say where to take it."""
    if tenant.active_person(asked.sub) is None:
        raise Refused("unauthorized", "user is blocked", 403)
    code = secrets.token_urlsafe(32)
    tenant.codes[digest(code)] = AuthorizationCode(
        grant=Grant(asked.client.client_id, asked.sub, asked.audience, scopes_of(tenant, asked)),
        redirect_uri=asked.redirect_uri,
        code_challenge=asked.code_challenge,
        code_challenge_method=asked.code_challenge_method,
        nonce=asked.nonce,
        expires_at=tenant.clock() + CODE_LIFETIME,
    )
    return _response_redirect(tenant, asked.redirect_uri, asked.state, {"code": code})


def error_redirect(tenant: Tenant, client: Client, redirect_uri: str, state: str | None, refused: Refused) -> str:
    """Where a refusal goes: back to a first-party client, never to a third-party one, whose person sees a page."""
    if not client.is_first_party:
        raise refused
    return _response_redirect(tenant, redirect_uri, state, refused.members())


def _response_redirect(tenant: Tenant, redirect_uri: str, state: str | None, members: dict[str, str]) -> str:
    if state is not None:
        members["state"] = state
    if tenant.settings.authorization_response_iss_parameter_supported:
        members["iss"] = tenant.issuer
    return with_parameters(redirect_uri, members)
