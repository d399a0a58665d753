"""What makes settings usable, beyond the type of each: every rule, all checked in one go.

Pure. Each problem names the variable, says what is wrong and gives an example that works.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from app.errors import Problem
from app.scopes import LADDER

if TYPE_CHECKING:
    from app.settings import Settings

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
ASYMMETRIC_ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
KNOWN_TOOLSETS = frozenset({"real_estate"})
OWN_PATHS = frozenset({"mcp", "d", "admin", "auth", "healthz", "readyz", "metrics"})


def find_problems(settings: Settings) -> list[Problem]:
    """Everything wrong with the settings; empty when they can be used."""
    return [
        *_check_public_base_url(settings),
        *_check_authorization_server(settings),
        *_check_lists(settings),
        *_check_network(settings),
        *_check_urls(settings),
    ]


def _check_public_base_url(settings: Settings) -> list[Problem]:
    name, example = "PUBLIC_BASE_URL", "https://home.example.net"
    value = settings.public_base_url
    if not value:
        if settings.auth_mode == "none":
            return []
        return [Problem(name, "is required: the address under which clients reach this server.", example)]
    parts = _split(value)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        return [Problem(name, "must be a full address with https:// in front.", example)]
    if parts.username or parts.password or parts.path or parts.query or parts.fragment:
        return [Problem(name, "must be only scheme and host: no path, no trailing slash, no log-in data.", example)]
    if not re.fullmatch(r"[A-Za-z0-9.-]+|[0-9a-fA-F:]+", parts.hostname):
        return [Problem(name, "must have a host name in ASCII; write other letters in their xn-- form.", example)]
    if value != value.lower():
        return [Problem(name, "must be in lower case, because clients compare it byte for byte.", example)]
    return _check_for_outside(parts) or _check_public_port(settings, parts)


def _check_for_outside(parts: SplitResult) -> list[Problem]:
    """What clients on other machines need."""
    name, example = "PUBLIC_BASE_URL", "https://home.example.net"
    if parts.hostname in LOOPBACK_HOSTS:
        return []
    if parts.scheme == "http":
        return [Problem(name, "must use https: http is accepted for this machine (127.0.0.1) only.", example)]
    if re.fullmatch(r"[0-9.]+|.*:.*", parts.hostname or ""):
        return [Problem(name, "must be a name, not a number: certificates are for names.", example)]
    return []


def _check_public_port(settings: Settings, parts: SplitResult) -> list[Problem]:
    usual = {"http": 80, "https": 443}[parts.scheme]
    if parts.port == usual:
        what = f"must not name port {usual}: it is the usual one, and clients compare the address byte for byte."
    elif settings.public_port and str(parts.port or usual) not in settings.public_port.split(","):
        ports = " and ".join(settings.public_port.split(","))
        what = f"must not name a port: the proxy in front answers on the usual ports only ({ports})."
    else:
        return []
    return [Problem("PUBLIC_BASE_URL", what, f"{parts.scheme}://{parts.hostname}")]


def _check_authorization_server(settings: Settings) -> list[Problem]:
    if settings.auth_mode == "none":
        return []
    if settings.auth0_domain and settings.oauth_issuer:
        return [Problem("OAUTH_ISSUER", "is set together with AUTH0_DOMAIN: keep one of the two.")]
    if settings.auth0_domain:
        if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", settings.auth0_domain) or "." not in (
            settings.auth0_domain
        ):
            what = "must be the bare domain name in lower case, without https:// and without a slash."
            return [Problem("AUTH0_DOMAIN", what, "tenant.us.auth0.com")]
        return []
    if not settings.oauth_issuer:
        what = "is required: the Auth0 domain whose people may log in (or OAUTH_ISSUER for another provider)."
        return [Problem("AUTH0_DOMAIN", what, "tenant.us.auth0.com")]
    return _check_https("OAUTH_ISSUER", settings.oauth_issuer, "https://login.example.net/realms/home")


def _check_lists(settings: Settings) -> list[Problem]:
    problems = []
    refused = [name for name in settings.oauth_algorithms if name not in ASYMMETRIC_ALGORITHMS]
    if refused or not settings.oauth_algorithms:
        allowed = ", ".join(sorted(ASYMMETRIC_ALGORITHMS))
        what = f"may name only asymmetric signature algorithms ({allowed}); 'none' and HS* are never safe here."
        problems.append(Problem("OAUTH_ALGORITHMS", what, "RS256"))
    if not settings.oauth_scope_claims:
        problems.append(Problem("OAUTH_SCOPE_CLAIMS", "must name at least one claim.", "scope,scp,permissions"))
    if any(scope not in LADDER for scope in settings.default_scopes):
        problems.append(Problem("DEFAULT_SCOPES", f"may name only {', '.join(LADDER)}.", "read"))
    if not all(re.fullmatch(r"(/[a-z0-9_~-][a-z0-9._~-]*)+", path) for path in settings.other_resources):
        what = "must be paths in lower case, each with a slash in front and none at the end, separated by commas."
        problems.append(Problem("OTHER_RESOURCES", what, "/other/mcp"))
    if taken := [path for path in settings.other_resources if path.split("/")[1] in OWN_PATHS]:
        problems.append(Problem("OTHER_RESOURCES", f"names a path of Gatehouse's own: {taken[0]}.", "/other/mcp"))
    unknown = [name for name in settings.toolsets if name not in KNOWN_TOOLSETS]
    if unknown:
        known = ", ".join(sorted(KNOWN_TOOLSETS))
        problems.append(Problem("TOOLSETS", f"names a toolset that does not exist; there is: {known}.", "real_estate"))
    return problems


def _check_network(settings: Settings) -> list[Problem]:
    problems = []
    for origin in settings.allowed_origins:
        parts = _split(origin)
        if parts is None or f"{parts.scheme}://{parts.netloc}" != origin or parts.scheme not in {"http", "https"}:
            what = "must be origins (scheme and host, no path, no wildcard) separated by commas."
            problems.append(Problem("ALLOWED_ORIGINS", what, "https://chatgpt.com,https://claude.ai"))
            break
    if not all(_is_proxy(entry.strip()) for entry in settings.forwarded_allow_ips.split(",")):
        what = "must be addresses or networks of your proxies; whoever is named could forge its caller's address."
        problems.append(Problem("FORWARDED_ALLOW_IPS", what, "127.0.0.1"))
    for name in ("rate_limit_per_person", "rate_limit_per_address"):
        if not re.fullmatch(r"[1-9][0-9]{0,8}/(second|minute|hour|day)", getattr(settings, name)):
            problems.append(Problem(name.upper(), "must be a number per second, minute, hour or day.", "300/minute"))
    if not re.match(r"$|sqlite:///.|postgres(ql)?(\+psycopg)?://.", settings.database_url.get_secret_value()):
        what = "must be the address of a PostgreSQL database, or of an SQLite file; blank is SQLite in DATA_DIR."
        problems.append(Problem("DATABASE_URL", what, "postgresql://gatehouse:PASSWORD@127.0.0.1/gatehouse"))
    shared = settings.rate_limit_storage_url.get_secret_value()
    parts = _split(shared) if shared else None
    schemes, database = {"redis", "rediss", "valkey", "valkeys"}, re.compile(r"(/[0-9]{0,2})?")
    usable = parts and parts.scheme in schemes and parts.hostname and database.fullmatch(parts.path)
    if shared and (not usable or "?" in shared or "#" in shared):
        what = "must be the address of a Redis or Valkey server; write special signs of a password as %XX."
        problems.append(Problem("RATE_LIMIT_STORAGE_URL", what, "redis://127.0.0.1:6379/0"))
    return problems


def _is_proxy(entry: str) -> bool:
    try:
        return ipaddress.ip_network(entry, strict=False).prefixlen > 0
    except ValueError:
        return False


def _check_urls(settings: Settings) -> list[Problem]:
    problems = []
    if settings.oauth_jwks_uri:
        example = "https://tenant.us.auth0.com/.well-known/jwks.json"
        problems += _check_https("OAUTH_JWKS_URI", settings.oauth_jwks_uri, example)
    problems += _check_https("DATA_GO_KR_BASE_URL", settings.data_go_kr_base_url, "https://apis.data.go.kr")
    return problems + _check_https("ODCLOUD_BASE_URL", settings.odcloud_base_url, "https://api.odcloud.kr")


def _check_https(name: str, value: str, example: str) -> list[Problem]:
    parts = _split(value)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        return [Problem(name, "must be a full address without query or fragment.", example)]
    if parts.username or parts.password:
        return [Problem(name, "must not contain log-in data.", example)]
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        return [Problem(name, "must use https: http is accepted for this machine (127.0.0.1) only.", example)]
    return []


def _split(value: str) -> SplitResult | None:
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises ValueError when it is not a number
    except ValueError:
        return None
    return parts if not re.search(r"[\s\x00-\x1f\x7f]", value) else None
