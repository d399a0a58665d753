"""The decision whether a principal may use a tool, as one pure function over one table.

Scopes form a ladder (MCP authorization, "scope hierarchies"): admin includes write includes read. What is not declared
is not allowed: an unknown tool, or a tool with an unknown scope, is denied whoever asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from app.auth.principal import Principal
from app.scopes import LADDER


class Guarded(Protocol):
    """What the policy needs to know of a tool."""

    @property
    def scope(self) -> str: ...


@dataclass(frozen=True)
class Decision:
    """The answer: allowed, or denied with the reason and the scopes that would have been enough."""

    allowed: bool
    reason: str = ""
    required: tuple[str, ...] = ()


def decide(principal: Principal, tool: Guarded | None, default_scopes: frozenset[str]) -> Decision:
    """Decide on one call. ``default_scopes`` are held by every admitted person besides those of the token."""
    if tool is None:
        return Decision(False, "unknown_tool")
    if tool.scope not in LADDER:
        return Decision(False, "undeclared_scope")
    enough = LADDER[LADDER.index(tool.scope) :]
    if (principal.scopes | default_scopes).isdisjoint(enough):
        return Decision(False, "insufficient_scope", (tool.scope,))
    return Decision(True)
