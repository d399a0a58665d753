"""Who may use a tool, for the owner's eyes. What decides is ``app/access/policy.py``; nothing is decided here."""

from __future__ import annotations

from typing import Literal

from app.scopes import LADDER
from app.tools.base import Tool

Who = Literal["denied", "undeclared", "here", "everybody", "holders"]


def who(tool: Tool, default_scopes: tuple[str, ...]) -> Who:
    """Nobody (``denied``, or ``undeclared``), programs ``here`` only, ``everybody``, or ``holders`` of its scope."""
    if tool.scope == "deny":
        return "denied"
    if tool.scope not in LADDER:
        return "undeclared"
    if tool.local_only:
        return "here"
    enough = set(LADDER[LADDER.index(tool.scope) :])
    return "holders" if enough.isdisjoint(default_scopes) else "everybody"


def rule(tool: Tool, default_scopes: tuple[str, ...]) -> str:
    """The same in words."""
    return {
        "denied": f"nobody: {tool.origin}",
        "undeclared": "nobody: it does not say what permission it needs",
        "here": "programs on this machine only (gatehouse stdio)",
        "everybody": "everybody who comes in (DEFAULT_SCOPES), unless limited",
        "holders": f"who has {tool.scope}: in the token, or given here (gatehouse people scopes)",
    }[who(tool, default_scopes)]
