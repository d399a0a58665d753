"""The words for what a caller may do (MCP authorization, "scope hierarchies")."""

from __future__ import annotations

from typing import Literal

Scope = Literal["read", "write", "admin"]

LADDER: tuple[Scope, ...] = ("read", "write", "admin")
"""From least to most; holding one includes all before it."""
