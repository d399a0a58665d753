"""Every claim that tokens of well-known authorization servers carry: checked, used or ignored on purpose, and why.

*Checked*: a bad value is refused, with the reason given here. *Used*: it changes the principal. *Ignored*: no value at
all, however hostile, changes anything. ``test_claims.py`` holds the code to each row, and holds the rows to
``SAMPLES``: tokens as the services issue them.

What is authorization elsewhere (roles, groups) is ignored here on purpose: it becomes a scope only when the owner names
the claim in OAUTH_SCOPE_CLAIMS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NOW = 1_800_000_000.0
ISSUER, AUDIENCE = "https://tenant.example/", "https://home.example.net/mcp"
LEEWAY = 30.0

ABSENT = object()
"""Stands for a claim that is left out."""


@dataclass(frozen=True)
class Claim:
    """One claim. ``refused`` pairs bad values with reasons; ``used`` pairs values with what the principal then has.

    ``without`` names claims to leave out for that: those that go before this one.
    """

    name: str
    why: str
    refused: tuple[tuple[Any, str], ...] = ()
    used: tuple[tuple[Any, str, Any], ...] = ()
    without: tuple[str, ...] = ()

    @property
    def ignored(self) -> bool:
        return not self.refused and not self.used


def _checked(name: str, why: str, *refused: tuple[Any, str], used: tuple[tuple[Any, str, Any], ...] = ()) -> Claim:
    return Claim(name, why, refused, used)


def _scopes(name: str, why: str) -> Claim:
    bad = tuple(
        (value, "malformed_claims") for value in (7, True, {"admin": True}, ["read", None], ["read", ["write"]])
    )
    used = (
        ("read write", "scopes", frozenset({"read", "write"})),
        (["read", "write"], "scopes", frozenset({"read", "write"})),
        ("", "scopes", frozenset()),
        # What is no scope token (RFC 6749 §3.3) is dropped: it may not stand in a challenge, nor in a line of the log.
        ('read wr"ite wri\\te \x7f writé \r\nwrite write\x00', "scopes", frozenset({"read"})),
        (["read write", "", "read\t", "read"], "scopes", frozenset({"read"})),
    )
    return Claim(name, why, bad, used, without=("scope", "scp", "permissions"))


def _ignored(why: str, *names: str) -> tuple[Claim, ...]:
    return tuple(Claim(name, why) for name in names)


_NOT_TIMES = tuple((value, "malformed_claims") for value in ("1800000000", True, [NOW], {}, 10**400, float("inf")))
_NOT_PLAIN = tuple((value, "malformed_claims") for value in (7, True, ["x"], {"x": 1}, "a\nb", "a\x00", "\ud800"))
_NOT_NAMES = (*_NOT_PLAIN, ("a" * 1_025, "malformed_claims"))

CLAIMS: tuple[Claim, ...] = (
    # Checked
    _checked(
        "iss",
        "Must be the configured authorization server, byte for byte (RFC 9068 §4).",
        *((value, "wrong_issuer") for value in (ABSENT, None, "", ISSUER[:-1], ISSUER.upper(), [ISSUER], {}, 1)),
    ),
    _checked(
        "aud",
        "Must name this server, or the token was meant for another (RFC 9068 §4, RFC 8707 §2).",
        *(
            (value, "wrong_audience")
            for value in (ABSENT, None, "", [], {}, "test-client", AUDIENCE + "/", [[AUDIENCE]])
        ),
    ),
    _checked(
        "exp",
        "A token without an end is refused, and so is one past it (RFC 7519 §4.1.4).",
        (ABSENT, "missing_exp"),
        (None, "missing_exp"),
        (NOW - LEEWAY, "expired"),
        (0, "expired"),
        *_NOT_TIMES,
        used=((NOW + 60.5, "expires_at", NOW + 60.5),),
    ),
    _checked(
        "nbf",
        "Not before its time (RFC 7519 §4.1.5); may be absent.",
        (NOW + LEEWAY + 1, "not_yet_valid"),
        *_NOT_TIMES,
    ),
    _checked(
        "iat",
        "A token from the future means a wrong clock somewhere: stricter than RFC 7519 asks. May be absent.",
        (NOW + LEEWAY + 1, "issued_in_future"),
        *_NOT_TIMES,
        used=((NOW - 5.5, "issued_at", NOW - 5.5),),
    ),
    _checked(
        "sub",
        "Who it is, together with iss; nobody enters without (RFC 9068 §2.2).",
        (ABSENT, "missing_sub"),
        (None, "missing_sub"),
        ("", "malformed_claims"),
        ("a" * 4_097, "malformed_claims"),
        *_NOT_PLAIN,
        used=(("google-oauth2|110", "sub", "google-oauth2|110"), ("a" * 4_096, "sub", "a" * 4_096)),
    ),
    _checked(
        "cnf",
        "The token is worth something only together with a key (RFC 9449 §7.2, RFC 8705 §3), and that proof cannot be "
        "checked here. Taking it as a mere bearer token would undo what its owner asked for, so it is refused, "
        "whatever stands in it.",
        *((value, "sender_constrained") for value in ({"jkt": "x"}, {"x5t#S256": "x"}, {"jwk": {}}, {}, None, "", [])),
    ),
    # Used
    Claim(
        "client_id",
        "Which program acts (RFC 9068 §2.2): kept beside the person, for the log.",
        _NOT_NAMES,
        (("abc", "client_id", "abc"),),
    ),
    Claim(
        "azp",
        "The same in Auth0's own dialect, Keycloak and Entra v2; looked at only without client_id.",
        _NOT_NAMES,
        (("abc", "client_id", "abc"),),
        without=("client_id",),
    ),
    _scopes("scope", "Scopes, as RFC 9068 §2.2.3 has them."),
    _scopes("scp", "Scopes at Okta (a list) and Entra (a text)."),
    _scopes("permissions", "What the person may do, in Auth0's *_authz dialects."),
    *(
        Claim(
            name,
            "For the owner's eyes only: reassigned, changed and not always verified, so nothing is decided by it. What "
            "is no plain text is left out, and what is long is cut.",
            used=(
                ("Alice", name, "Alice"),
                (" 앨리스 ", name, "앨리스"),
                ("x" * 300, name, "x" * 200),
                *((odd, name, "") for odd in (None, 7, ["x"], {}, "", "a\r\nb", "\x1b[2J", "\u202eecilA", "\ud800")),
            ),
        )
        for name in ("name", "email")
    ),
    # Ignored: identity
    *_ignored(
        "E-mail addresses and names are reassigned, changed and not always verified: identity is (iss, sub) only.",
        "email_verified",
        "given_name",
        "family_name",
        "nickname",
        "preferred_username",
        "username",
        "cognito:username",
        "upn",
        "unique_name",
        "picture",
        "phone_number",
        "updated_at",
        "locale",
    ),
    *_ignored(
        "Another name of the same person or tenant; one identity is enough, and (iss, sub) is the standard's.",
        "oid",
        "uid",
        "tid",
        "user_id",
        "home_oid",
        "puid",
    ),
    *_ignored(
        "Other names for the client. It is told apart for the log only; a second source could contradict the first.",
        "cid",
        "appid",
        "azpacr",
        "appidacr",
        "app_displayname",
        "idtyp",
        "xms_ftd",
    ),
    # Ignored: authorization of others
    *_ignored(
        "Roles and groups mean what their own application says. They count only when OAUTH_SCOPE_CLAIMS names them.",
        "roles",
        "groups",
        "entitlements",
        "cognito:groups",
        "wids",
        "role",
    ),
    *_ignored(
        "Keycloak's nested roles: they are not flat, so they cannot even be named in OAUTH_SCOPE_CLAIMS.",
        "realm_access",
        "resource_access",
    ),
    *_ignored(
        "Rich authorization requests (RFC 9396) narrow what a token is for; no tool here defines such a type.",
        "authorization_details",
    ),
    *_ignored(
        "Organizations, projects and tenants of the log-in service; this server belongs to one house.",
        "org_id",
        "org_name",
        "organization_id",
        "urn:zitadel:iam:org:id",
        "urn:zitadel:iam:user:resourceowner:id",
        "urn:zitadel:iam:org:project:roles",
        "urn:zitadel:iam:user:metadata",
        "feature_flags",
        "entity_id",
    ),
    *_ignored(
        "Who acts on whose behalf (RFC 8693 §4.1, §4.4): sub is the person either way, and the authorization server "
        "decided that the actor may.",
        "act",
        "may_act",
    ),
    # Ignored: how and when somebody logged in
    *_ignored(
        "How and when the person logged in. No tool asks for a fresh or stronger log-in (RFC 9470).",
        "auth_time",
        "acr",
        "amr",
        "idp",
        "acrs",
        "gty",
        "event_id",
        "origin_jti",
        "client",
    ),
    *_ignored(
        "Sessions end at the authorization server; access tokens end at exp.", "sid", "session_state", "device_key"
    ),
    *_ignored(
        "No token is remembered after use (a bearer token may be used often), so there is nothing to compare it with.",
        "jti",
        "uti",
        "rh",
        "aio",
    ),
    # Ignored: what kind of token
    *_ignored(
        "Marks of an ID token, but no proof: some services put them into access tokens too. The audience "
        "tells the two apart: an ID token's is the client, never this server.",
        "nonce",
        "at_hash",
        "c_hash",
        "s_hash",
    ),
    *_ignored(
        "The service's own word for the kind of token. The header's typ and the audience decide (RFC 9068 §4).",
        "typ",
        "token_use",
        "ver",
        "version",
        "use",
    ),
    *_ignored("Which web pages Keycloak would let in; here ALLOWED_ORIGINS says that.", "allowed-origins"),
    *_ignored(
        "A claim of the owner's own. Actions add such; none of them has a meaning here.",
        "https://home.example.net/roles",
        "https://home.example.net/email",
        "admin",
        "is_admin",
        "verified",
        "authenticated",
    ),
    *_ignored(
        "Names of Principal's own fields, and of things that live near it: a token must not reach them.",
        "expires_at",
        "scopes",
        "principal",
        "__class__",
        "__proto__",
        "leeway",
        "policy",
        "",
    ),
)


@dataclass(frozen=True)
class Sample:
    """An access token as a service issues it, for this server; and whom it lets in, if anybody."""

    claims: dict[str, Any]
    client_id: str
    scopes: frozenset[str]


_TIMES = {"iat": NOW - 10, "exp": NOW + 3_590}
_READ = frozenset({"read"})

SAMPLES: dict[str, Sample] = {
    "Auth0, its own dialect": Sample(
        {
            "sub": "auth0|6553f0",
            "aud": [AUDIENCE, ISSUER + "userinfo"],
            **_TIMES,
            "azp": "Kx1",
            "gty": "refresh_token",
            "scope": "openid profile read offline_access",
            "org_id": "org_1",
            "org_name": "home",
            "https://home.example.net/roles": ["admin"],
        },
        "Kx1",
        frozenset({"openid", "profile", "read", "offline_access"}),
    ),
    "Auth0, RFC 9068 dialect with permissions": Sample(
        {
            "sub": "auth0|6553f0",
            "aud": AUDIENCE,
            **_TIMES,
            "client_id": "tpc_1",
            "jti": "j",
            "permissions": ["read", "write"],
        },
        "tpc_1",
        frozenset({"read", "write"}),
    ),
    "RFC 9068, every claim": Sample(
        {
            "sub": "5ba552d67",
            "aud": AUDIENCE,
            **_TIMES,
            "client_id": "s6BhdRkqt3",
            "jti": "j",
            "scope": "read",
            "auth_time": NOW - 60,
            "acr": "urn:x:loa2",
            "amr": ["pwd"],
            "groups": ["admin"],
            "roles": ["admin"],
            "entitlements": ["admin"],
            "email": "a@example.com",
            "authorization_details": [{"type": "x"}],
        },
        "s6BhdRkqt3",
        _READ,
    ),
    "Keycloak": Sample(
        {
            "sub": "f:1:alice",
            "aud": [AUDIENCE, "account"],
            **_TIMES,
            "jti": "onrtac:1",
            "typ": "Bearer",
            "azp": "mcp",
            "sid": "s",
            "session_state": "s",
            "acr": "1",
            "auth_time": NOW - 60,
            "nonce": "n",
            "scope": "read profile",
            "allowed-origins": ["*"],
            "realm_access": {"roles": ["admin"]},
            "email_verified": True,
            "name": "Alice",
            "resource_access": {"account": {"roles": ["manage-account"]}},
            "preferred_username": "alice",
            "given_name": "Alice",
            "family_name": "A",
            "email": "alice@example.com",
        },
        "mcp",
        frozenset({"read", "profile"}),
    ),
    "Okta": Sample(
        {
            "ver": 1,
            "jti": "AT.1",
            "sub": "alice@example.com",
            "aud": AUDIENCE,
            **_TIMES,
            "cid": "0oa1",
            "uid": "00u1",
            "scp": ["read"],
            "auth_time": NOW - 60,
            "groups": ["Everyone"],
        },
        "",
        _READ,
    ),
    "Entra ID v2": Sample(
        {
            "sub": "AAAA",
            "aud": AUDIENCE,
            **_TIMES,
            "nbf": NOW - 10,
            "azp": "6731",
            "azpacr": "0",
            "oid": "o",
            "tid": "t",
            "rh": "0.A",
            "uti": "u",
            "ver": "2.0",
            "scp": "read",
            "roles": ["admin"],
            "name": "Alice",
            "idp": "live.com",
            "preferred_username": "a@example.com",
            "aio": "x",
            "sid": "s",
        },
        "6731",
        _READ,
    ),
    "Entra ID v1": Sample(
        {
            "sub": "AAAA",
            "aud": AUDIENCE,
            **_TIMES,
            "nbf": NOW - 10,
            "appid": "6731",
            "appidacr": "0",
            "acr": "1",
            "amr": ["pwd"],
            "oid": "o",
            "tid": "t",
            "rh": "0.A",
            "uti": "u",
            "ver": "1.0",
            "scp": "read",
            "upn": "a@example.com",
            "unique_name": "a@example.com",
            "wids": ["x"],
            "idtyp": "user",
        },
        "",
        _READ,
    ),
    "Logto": Sample(
        {
            "sub": "u1",
            "aud": AUDIENCE,
            **_TIMES,
            "jti": "j",
            "client_id": "c1",
            "scope": "read",
            "organization_id": "o",
        },
        "c1",
        _READ,
    ),
    "Zitadel": Sample(
        {
            "sub": "16998",
            "aud": ["2001@home", AUDIENCE],
            **_TIMES,
            "nbf": NOW - 10,
            "jti": "j",
            "client_id": "2001@home",
            "urn:zitadel:iam:org:project:roles": {"admin": {"1": "x"}},
            "urn:zitadel:iam:user:resourceowner:id": "1",
        },
        "2001@home",
        frozenset(),
    ),
    "Cognito, with a resource": Sample(
        {
            "sub": "u1",
            "aud": AUDIENCE,
            **_TIMES,
            "auth_time": NOW - 60,
            "jti": "j",
            "origin_jti": "j",
            "event_id": "e",
            "client_id": "c1",
            "token_use": "access",
            "scope": "read",
            "version": 2,
            "username": "alice",
            "cognito:groups": ["admin"],
        },
        "c1",
        _READ,
    ),
    "a service whose access tokens look like ID tokens": Sample(
        {
            "sub": "u1",
            "aud": AUDIENCE,
            **_TIMES,
            "azp": "c1",
            "uid": "x",
            "at_hash": "h",
            "c_hash": "h",
            "nonce": "n",
            "email": "a@example.com",
            "email_verified": True,
            "scope": "read",
            "groups": ["admin"],
            "amr": ["pwd"],
        },
        "c1",
        _READ,
    ),
}
