"""What the stand-in tenant keeps records of: its switches, APIs, people, clients, and grants.

Plain data with the field names of Auth0's own documents where it has them. Deliberately not here: any behaviour beyond
a default value.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Literal

TokenDialect = Literal["access_token", "access_token_authz", "rfc9068_profile", "rfc9068_profile_authz"]

OIDC_SCOPES = (
    "openid",
    "profile",
    "offline_access",
    "name",
    "given_name",
    "family_name",
    "nickname",
    "email",
    "email_verified",
    "picture",
    "created_at",
    "identities",
    "phone",
    "address",
)

DEFAULT_TOKEN_LIFETIME = 86_400
CODE_LIFETIME = 600
REFRESH_TOKEN_LIFETIME = 30 * 86_400
SESSION_LIFETIME = 3 * 86_400


@dataclass
class TenantSettings:
    """The tenant's switches, with the value that makes a connector work as each one's default."""

    resource_parameter_profile: Literal["compatibility", "audience"] = "compatibility"
    default_audience: str = ""
    authorization_response_iss_parameter_supported: bool = True
    enable_dynamic_client_registration: bool = True
    default_third_party_grant: bool = True
    domain_connection: bool = True
    application_limit: int | None = None


@dataclass
class Api:
    """What Auth0 calls a resource server; ``identifier`` is the ``aud`` of its access tokens."""

    identifier: str
    name: str
    scopes: tuple[str, ...]
    signing_alg: str = "RS256"
    token_dialect: TokenDialect = "rfc9068_profile_authz"  # noqa: S105  (a dialect, no secret)
    enforce_policies: bool = True
    allow_offline_access: bool = True
    token_lifetime: int = DEFAULT_TOKEN_LIFETIME

    @property
    def is_authz_dialect(self) -> bool:
        return self.enforce_policies and self.token_dialect.endswith("_authz")


@dataclass
class Person:
    """Somebody who can log in. ``permissions`` are those granted for the API."""

    email: str
    password: str = field(repr=False)
    sub: str = field(default_factory=lambda: f"auth0|{secrets.token_hex(12)}")
    name: str = ""
    permissions: set[str] = field(default_factory=set)
    blocked: bool = False


@dataclass
class Client:
    """An application. Without a secret it is a public client; a registered one is third-party and held strictly."""

    client_id: str
    name: str
    callbacks: tuple[str, ...]
    secret: str | None = field(default=None, repr=False)
    is_first_party: bool = True
    grant_types: tuple[str, ...] = ("authorization_code", "refresh_token")
    connection_enabled: bool = True


@dataclass(frozen=True)
class Grant:
    """Who let which client do what. ``audience`` is None when no API was selected."""

    client_id: str
    sub: str
    audience: str | None
    scopes: tuple[str, ...]


@dataclass
class RefreshTokenFamily:
    """All refresh tokens that descend from one log-in. Only the newest is good; an older one kills the family."""

    grant: Grant
    expires_at: float
    current: str = ""
    revoked: bool = False


@dataclass
class AuthorizationCode:
    """What a code is bound to (RFC 6749 §4.1.2, RFC 7636 §4.4)."""

    grant: Grant
    redirect_uri: str
    code_challenge: str | None
    code_challenge_method: str
    nonce: str | None
    expires_at: float
    used: bool = False
    family: RefreshTokenFamily | None = None


@dataclass(frozen=True)
class Session:
    """One browser's log-in."""

    sub: str
    expires_at: float
