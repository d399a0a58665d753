"""What tells a client how to get in: the WWW-Authenticate challenge and the protected-resource metadata.

RFC 6750 §3, RFC 9728 §2 and §5.1. Every value comes from the settings, never from a request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ProtectedResource:
    """This resource server as clients see it. ``scopes`` are those an ordinary first log-in asks for."""

    resource: str
    metadata_url: str
    authorization_servers: tuple[str, ...]
    scopes: tuple[str, ...]

    def metadata(self) -> dict[str, Any]:
        """The protected-resource metadata document (RFC 9728 §2)."""
        return {
            "resource": self.resource,
            "authorization_servers": list(self.authorization_servers),
            "scopes_supported": list(self.scopes),
            "bearer_methods_supported": ["header"],
            "resource_name": "Gatehouse",
        }

    def challenge(self, error: str = "", description: str = "", scopes: tuple[str, ...] = ()) -> str:
        """The WWW-Authenticate value. Without ``error`` it is the answer to a request that carried no token."""
        parts = [f'resource_metadata="{self.metadata_url}"']
        if asked := scopes or self.scopes:
            parts.append(f'scope="{" ".join(asked)}"')
        if error:
            parts += [f'error="{error}"', f'error_description="{description}"']
        return "Bearer " + ", ".join(parts)
