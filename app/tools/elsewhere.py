"""What other servers hold besides tools: resources, templates of them, and prompts. Nothing here asks anybody."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from mcp_types import GetPromptResult, ReadResourceResult, ResourceTemplate
from mcp_types import Prompt as PromptDefinition
from mcp_types import Resource as ResourceDefinition

from app.scopes import Scope
from app.tools.base import CallContext


@dataclass(frozen=True)
class Elsewhere:
    """A resource, or a template of many, that another server holds; ``read(uri)`` raises :class:`ToolError`.

    The rules for tools hold for it too: its scope, and whether it is for this very machine.
    """

    definition: ResourceDefinition | ResourceTemplate
    scope: Scope | Literal["deny"]
    read: Callable[[str, CallContext], Awaitable[ReadResourceResult]]
    local_only: bool = False


@dataclass(frozen=True)
class Prompt:
    """A prompt that another server holds; ``get(arguments)`` raises :class:`ToolError`. The rules for tools hold."""

    definition: PromptDefinition
    scope: Scope | Literal["deny"]
    get: Callable[[Mapping[str, str], CallContext], Awaitable[GetPromptResult]]
    local_only: bool = False
