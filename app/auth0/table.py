"""How a tenant should be: one table, a row for each value, with why it is needed.

How a part of a tenant is found, made and changed is in ``steps.py``. What nobody lists here is never touched.
"""

from __future__ import annotations

from app.auth0.wanted import (
    CHATGPT_CALLBACK,
    CHATGPT_DOCUMENT,
    CLAUDE_CALLBACK,
    LOOPBACK_CALLBACKS,
    MARK,
    MARK_FOR,
    OWNER_NAME,
    SHARED_NAME,
    Part,
    Registration,
    Row,
    Wanted,
    at_most,
    over,
    stricter,
    truth,
    with_all,
    with_scopes,
    without_secret,
)
from app.scopes import LADDER

_DESCRIPTIONS = {
    "read": "Use tools that only read",
    "write": "Use tools that change something",
    "admin": "Use every tool, and the owner's page",
}
ROTATING = {
    "rotation_type": "rotating",
    "expiration_type": "expiring",
    "leeway": 60,
    "token_lifetime": 2_592_000,
    "idle_token_lifetime": 1_296_000,
    "infinite_token_lifetime": False,
    "infinite_idle_token_lifetime": False,
}


def table(wanted: Wanted) -> tuple[Row, ...]:
    """Every row for what is wanted, in the order in which they are made true."""
    third_party = wanted.registration != "shared"
    rows = [*_api_rows(wanted), *_tenant_rows(wanted.registration)]
    if wanted.registration == "cimd":
        rows.append(_DOCUMENT)
    for part in wanted.applications:
        rows += _application_rows(wanted, part)
    rows.append(_SIGN_UP)
    if third_party:
        rows.append(_DOMAIN_LEVEL)
    rows += [_enabled_row(part) for part in wanted.applications]
    return (*rows, *([_DEFAULT_GRANT] if third_party else []))


def _api_rows(wanted: Wanted) -> list[Row]:
    scopes = [{"value": scope, "description": _DESCRIPTIONS[scope]} for scope in LADDER]
    why = "What programs ask a token for, letter by letter. It can never be changed."
    return [
        Row("api", "identifier", why, ("identifier",), wanted.resource),
        Row(
            "api",
            "permissions",
            "What you can give to people, and what tools ask for.",
            ("scopes",),
            scopes,
            with_scopes,
        ),
        Row("api", "signature", "Gatehouse checks tokens with Auth0's public keys.", ("signing_alg",), "RS256"),
        Row(
            "api",
            "role-based access",
            "A token then holds only permissions that you gave to its person.",
            ("enforce_policies",),
            True,
        ),
        Row(
            "api",
            "kind of token",
            "The standard kind (RFC 9068), with the person's permissions in it.",
            ("token_dialect",),
            "rfc9068_profile_authz",
        ),
        Row(
            "api",
            "staying logged in",
            "Without refresh tokens everybody logs in anew each hour.",
            ("allow_offline_access",),
            True,
        ),
        Row(
            "api",
            "token lifetime in seconds",
            "For so long a token works on at most when you block its person in Auth0 alone.",
            ("token_lifetime",),
            3_600,
            at_most,
        ),
    ]


def _tenant_rows(registration: Registration) -> list[Row]:
    rows = [
        Row(
            "tenant",
            "what selects the API",
            "Programs name the server as `resource`; without this they get tokens that no server can read.",
            ("resource_parameter_profile",),
            "compatibility",
        ),
        Row(
            "tenant",
            "issuer in responses",
            "ChatGPT then uses one callback address for all its users instead of one each.",
            ("authorization_response_iss_parameter_supported",),
            True,
        ),
        Row(
            "tenant",
            "programs may register by themselves",
            "ChatGPT asks for it with --registration dcr."
            if registration == "dcr"
            else "Nobody needs it this way, and each attempt would use up one of the plan's applications.",
            ("flags", "enable_dynamic_client_registration"),
            registration == "dcr",
            truth,
        ),
    ]
    if registration == "cimd":
        why = "Auth0 then knows a program by the address of its own document."
        rows.append(Row("tenant", "client documents", why, ("client_id_metadata_document_supported",), True))
    return rows


def _application_rows(wanted: Wanted, part: Part) -> list[Row]:
    if part == "shared":
        callbacks = [CHATGPT_CALLBACK, CLAUDE_CALLBACK, *LOOPBACK_CALLBACKS]
        why = "Where ChatGPT, Claude, MCP Inspector and mcp-remote take people back to."
    else:
        callbacks, why = [f"{wanted.public_base_url}/admin/callback"], "Where your own page takes you back to."
    mark = {MARK: part, MARK_FOR: wanted.resource}
    public = "No secret is needed, so none can leak: PKCE protects each log-in."
    return [
        Row(part, "callback addresses", why, ("callbacks",), callbacks, with_all),
        Row(part, "grants", "Logging in, and staying so.", ("grant_types",), [*_GRANTS], without_secret),
        Row(part, "secret", public, ("token_endpoint_auth_method",), "none"),
        Row(part, "your own application", "It needs no consent and no grant for the API.", ("is_first_party",), True),
        Row(part, "strict protocol", "Auth0's current behaviour, not its old one.", ("oidc_conformant",), True),
        Row(part, "kind", "A program on a web server.", ("app_type",), "regular_web"),
        Row(
            part,
            "refresh tokens",
            "Each is good once, so a stolen one is noticed; a minute's leeway for answers that got lost.",
            ("refresh_token",),
            ROTATING,
            stricter,
        ),
        Row(part, "mark", "How this command knows its own applications again.", ("client_metadata",), mark, over),
    ]


def _enabled_row(part: Part) -> Row:
    whose = SHARED_NAME if part == "shared" else OWNER_NAME
    why = "Otherwise Auth0 says: no connections enabled for the client."
    return Row("enabled", f"log-in enabled for {whose}", why, (part,), True)


_GRANTS = ("authorization_code", "refresh_token")
_SIGN_UP = Row(
    "connection",
    "sign-up closed",
    "Otherwise strangers make themselves an account, and Gatehouse would let them in.",
    ("options", "disable_signup"),
    True,
    whole=True,
)
_DOMAIN_LEVEL = Row(
    "connection",
    "open to registered programs",
    "Programs that register by themselves can use no other log-in.",
    ("is_domain_connection",),
    True,
)
_DOCUMENT = Row(
    "document",
    "ChatGPT's document",
    "ChatGPT names itself by this address.",
    ("external_client_id",),
    CHATGPT_DOCUMENT,
)
_DEFAULT_GRANT = Row(
    "grant",
    "permissions for registered programs",
    "Otherwise Auth0 says: Client is not authorized to access resource server. What a person may do still limits it.",
    ("scope",),
    [*LADDER],
    with_all,
)
