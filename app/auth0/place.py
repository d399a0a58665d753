"""Where a tenant's Management API is: at the tenant's own name, also when log-ins are at a custom domain."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.errors import Auth0Failed

_TENANT = re.compile(r"[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)*\.auth0\.com")
_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost):[0-9]{1,5}")
_EXAMPLE = "Example: --domain tenant.us.auth0.com"


@dataclass(frozen=True, slots=True)
class Place:
    """A tenant by its own name. ``issuer`` ends in a slash."""

    domain: str
    issuer: str

    @property
    def api(self) -> str:
        """The base of all addresses of the Management API."""
        return f"{self.issuer}api/v2"

    @property
    def audience(self) -> str:
        """What tokens for the Management API are for."""
        return f"{self.issuer}api/v2/"

    @property
    def token_endpoint(self) -> str:
        """Where a machine-to-machine application gets its token."""
        return f"{self.issuer}oauth/token"


def place_of(domain: str) -> Place:
    """The place of a tenant by its domain, such as ``tenant.us.auth0.com``; a stand-in is at ``127.0.0.1:PORT``.

    Raises :class:`Auth0Failed` with the domain as it should be written.
    """
    written = domain.strip()
    if "/" in written or "@" in written:
        bare = urlsplit(written if "://" in written else f"//{written}").netloc.rpartition("@")[2].lower()
        raise Auth0Failed(
            f"The domain of {bare} was written as an address.", f"Write the domain alone: --domain {bare}"
        )
    name = written.lower().rstrip(".")
    if _LOOPBACK.fullmatch(name):
        return Place(name, f"http://{name}/")
    if _TENANT.fullmatch(name):
        return Place(name, f"https://{name}/")
    if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", name):
        raise Auth0Failed(f"{written!r} is not a domain.", _EXAMPLE)
    raise Auth0Failed(
        f"{name} is not a tenant's own name: it does not end in .auth0.com. A custom domain serves log-ins, and the "
        "Management API is at the tenant's own name, which Auth0's dashboard shows at the top left.",
        f"Name the tenant for the commands, and keep the custom domain in AUTH0_DOMAIN. {_EXAMPLE} "
        "(or AUTH0_MANAGEMENT_DOMAIN in .env)",
    )
