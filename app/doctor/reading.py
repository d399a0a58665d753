"""Reading what strangers answered: whatever it is, it becomes the expected type, or nothing of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import SplitResult, urlsplit

from app.settings_rules import LOOPBACK_HOSTS


def mapping(value: Any) -> dict[str, Any]:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> list[dict[str, Any]]:
    """The objects of a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def texts(value: Any) -> list[str]:
    """The texts of a list."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def is_home(host: str | None) -> bool:
    """Whether a name means this very machine."""
    return host in LOOPBACK_HOSTS


def is_openable(url: str) -> bool:
    """Whether a browser may be sent there: https, or http on this very machine; no program of another scheme."""
    parts = split(url)
    if not url.isascii() or not url.isprintable() or " " in url or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_home(parts.hostname))


def same_origin(one: str, other: str) -> bool:
    """Whether two addresses are of the same server: scheme, name and port (RFC 6454 §5)."""

    def origin(url: str) -> tuple[str, str | None, int | None]:
        parts = split(url)
        return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)

    return origin(one) == origin(other) and bool(split(one).hostname)


def split(url: Any) -> SplitResult:
    """The parts of an address; all blank when it is none."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        _ = parts.port
    except ValueError:
        return urlsplit("")
    return parts
