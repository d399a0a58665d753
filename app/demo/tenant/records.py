"""What the stand-in tenant keeps records of: its switches, APIs, people, clients, and grants.

Plain data with the field names of Auth0's own documents where it has them. Deliberately not here: any behaviour beyond
a default value.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any, Literal

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
    """The tenant's switches, with the value that makes a connector work as each one's default.

    ``default_third_party_grant`` stands for default grants on every API at once; the Management API's grants count
    besides it. ``application_limit`` None is no limit.
    """

    resource_parameter_profile: Literal["compatibility", "audience"] = "compatibility"
    default_audience: str = ""
    authorization_response_iss_parameter_supported: bool = True
    enable_dynamic_client_registration: bool = True
    default_third_party_grant: bool = True
    domain_connection: bool = True
    application_limit: int | None = None
    client_id_metadata_document_supported: bool = False

    @classmethod
    def of_a_new_tenant(cls) -> TenantSettings:
        """As Auth0 hands a tenant of the free plan over: nothing that a connector needs is switched on."""
        return cls(
            resource_parameter_profile="audience",
            authorization_response_iss_parameter_supported=False,
            enable_dynamic_client_registration=False,
            default_third_party_grant=False,
            domain_connection=False,
            application_limit=10,
        )


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
    api_id: str = field(default_factory=lambda: secrets.token_hex(12))
    descriptions: dict[str, str] = field(default_factory=dict)

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
    email_verified: bool = True
    verification_mails: int = 0
    app_metadata: dict[str, Any] = field(default_factory=dict)
    last_login: float | None = None
    logins: int = 0


@dataclass
class Connection:
    """The database that people's passwords are in. ``options`` is what Auth0 keeps there, whatever it is."""

    connection_id: str = field(default_factory=lambda: f"con_{secrets.token_hex(8)}")
    name: str = "Username-Password-Authentication"
    strategy: str = "auth0"
    options: dict[str, Any] = field(
        default_factory=lambda: {
            "passwordPolicy": "good",
            "brute_force_protection": True,
            "strategy_version": 2,
            "mfa": {"active": True, "return_enroll_settings": True},
        }
    )


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
    external_client_id: str = ""
    created_at: float = 0.0
    more: dict[str, Any] = field(default_factory=dict)
    """What else Auth0 keeps of an application, without any effect here."""


@dataclass
class ClientGrant:
    """Which scopes of an API a client may be given; with ``default_for``, every third-party client."""

    audience: str
    scope: tuple[str, ...]
    client_id: str = ""
    default_for: str = ""
    subject_type: str = "client"
    grant_id: str = field(default_factory=lambda: f"cgr_{secrets.token_hex(8)}")


@dataclass(frozen=True)
class Ticket:
    """A link that lets somebody set their password once."""

    sub: str
    expires_at: float
    marks_verified: bool


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
