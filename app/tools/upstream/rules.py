"""What permission a tool from elsewhere needs: the owner's rules first, then the tool's own word, closed by default.

Pure. The owner's rules are names or globs of tools. Of those that match, the most specific counts: an exact name before
a glob, a glob with more literal letters before one with fewer, and of two alike the stricter one. Without a rule,
``readOnlyHint: true`` means read and everything else write; nothing becomes admin by itself. What a server says of a
tool that it added or changed later cannot make it easier to reach than it was: see :func:`permission`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from app.tools.upstream.entry import ServerEntry

STRICTNESS = ("read", "write", "admin", "deny")
MAX_NAME_CHARS = 64
"""What ChatGPT takes: ^[a-zA-Z0-9_-]{1,64}$. The specification allows 128 (MCP 2025-11-25, Tools, "Tool Names")."""


@dataclass(frozen=True)
class Known:
    """What was accepted of a tool: a digest of its definition, and the permission that it asked for by itself."""

    digest: str
    scope: str


@dataclass(frozen=True)
class Permission:
    """The scope that counts (``deny`` for nobody), where it came from, and what the owner should look at."""

    scope: str
    origin: str
    note: str = ""


def claimed_scope(annotations: Mapping[str, Any] | None) -> str:
    """The permission by a tool's own word."""
    hints = annotations or {}
    return "read" if hints.get("readOnlyHint") is True and hints.get("destructiveHint") is not True else "write"


def permission(server: ServerEntry, name: str, claimed: str, digest: str, known: Known | None) -> Permission:
    """What a tool needs. ``known`` is what was accepted of it; None when it came after the others were."""
    note = "" if known and known.digest == digest else "changed" if known else "new"
    if note and server.options.pin:
        return Permission("deny", f"pin: {note} since it was accepted", note)
    if pattern := matching(server.options.scopes, names_of(server, name)):
        scope: str = server.options.scopes[pattern]
        if known is None and not _specific(pattern)[0]:  # a glob was written for what was there at the time
            scope = stricter("write", scope)
        return Permission(scope, f"scopes {pattern}", note)
    if known is None:
        return Permission(stricter("write", claimed), "new since the others were accepted", note)
    if note:
        return Permission(stricter(known.scope, claimed), "as accepted before it changed", note)
    return Permission(claimed, "readOnlyHint" if claimed == "read" else "no readOnlyHint")


def offered_permission(server: ServerEntry, name: str) -> Permission:
    """What a prompt or a resource needs: it is read, unless a rule for its name says otherwise."""
    pattern = matching(server.options.scopes, names_of(server, name))
    return Permission(server.options.scopes[pattern], f"scopes {pattern}") if pattern else Permission("read", "default")


def is_local_only(server: ServerEntry, name: str) -> bool:
    """Whether a rule keeps it for this very machine."""
    return any(fnmatchcase(one, pattern) for pattern in server.options.local_only for one in names_of(server, name))


def stricter(one: str, other: str) -> str:
    """The scope that fewer hold."""
    return max(one, other, key=STRICTNESS.index)


def names_of(server: ServerEntry, name: str) -> tuple[str, str]:
    """A tool's own name and the one it has here: rules may use either."""
    return name, public_name(server, name)


def public_name(server: ServerEntry, name: str) -> str:
    """``PREFIX_NAME`` in the letters that every client takes; it may still be too long."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", name)
    return f"{server.prefix}_{plain}" if server.prefix else plain


def matching(scopes: Mapping[str, str], names: Iterable[str]) -> str | None:
    """The rule that counts for a tool, if there is one."""
    found = [pattern for pattern in scopes if any(fnmatchcase(name, pattern) for name in names)]
    return max(found, key=lambda one: (*_specific(one), STRICTNESS.index(scopes[one])), default=None)


def _specific(pattern: str) -> tuple[bool, int]:
    literal = re.sub(r"\[[^]]*\]|[*?]", "", pattern)
    return literal == pattern, len(literal)


def unused_rules(server: ServerEntry, names: Iterable[str]) -> list[str]:
    """Rules that match nothing the server has: most likely misspelt, and then something is less closed than meant."""
    everything = [one for name in names for one in names_of(server, name)]
    rules = [*server.options.scopes, *server.options.local_only]
    return [rule for rule in dict.fromkeys(rules) if not any(fnmatchcase(name, rule) for name in everything)]
