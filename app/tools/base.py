"""What a tool is, whichever toolset it comes from.

A :class:`Tool` is a definition as the MCP specification words it, the scope it needs, and one coroutine. Where that
coroutine comes from (a typed Python function here, another MCP server elsewhere) is the toolset's own business.
This module knows nothing of HTTP, tokens or people.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

from mcp_types import CallToolResult, TextContent, ToolAnnotations
from mcp_types import Tool as ToolDefinition
from pydantic import BaseModel, ConfigDict, ValidationError

from app.errors import ToolError
from app.scopes import Scope

Arguments = Mapping[str, Any]

MANY_MORE = 10
"""How many unknown arguments are still worth naming one by one."""


@dataclass(frozen=True)
class Tool:
    """One tool: its MCP definition, the scope it needs, and the coroutine that does it.

    ``call`` takes the raw JSON arguments and returns a finished result; it raises :class:`ToolError` when it cannot
    do its work. A tool whose ``scope`` is not one of the ladder's words is never callable (fail closed).
    """

    definition: ToolDefinition
    scope: Scope
    call: Callable[[Arguments], Awaitable[CallToolResult]]


@dataclass(frozen=True)
class Toolset:
    """A named group of tools that open and close together.

    ``instructions`` is a sentence or two telling a model in which order the tools are used.
    """

    name: str
    tools: tuple[Tool, ...]
    instructions: str = ""


ToolsetOpener = Callable[[], AbstractAsyncContextManager[Toolset]]
"""Opens a toolset's resources (an HTTP client, child processes) for the life of the server."""


class ToolModel(BaseModel):
    """Base of the argument and result models of typed tools: unknown arguments are refused, names are exact."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_max_length=10_000)


A = TypeVar("A", bound=ToolModel)
R = TypeVar("R", bound=ToolModel)


def typed_tool(
    function: Callable[[A], Awaitable[R]],
    *,
    name: str,
    title: str,
    description: str,
    arguments: type[A],
    result: type[R],
    scope: Scope,
    annotations: ToolAnnotations,
    summarize: Callable[[R], str],
) -> Tool:
    """Build a :class:`Tool` from a coroutine over pydantic models.

    The input and output schemas come from the models; ``summarize`` writes the short readable text that goes beside
    the structured result.
    """

    async def call(raw: Arguments) -> CallToolResult:
        if len(raw) > len(arguments.model_fields) + MANY_MORE:  # naming each of a million would stop the server
            raise ToolError(f"The arguments are not usable: {len(raw)} were sent, and {name} takes fewer.")
        try:
            parsed = arguments.model_validate(raw)
        except ValidationError as error:
            raise ToolError(_explain_arguments(error)) from None
        outcome = await function(parsed)
        return CallToolResult(
            content=[TextContent(type="text", text=summarize(outcome))],
            structured_content=outcome.model_dump(mode="json"),
        )

    definition = ToolDefinition(
        name=name,
        title=title,
        description=description,
        input_schema=arguments.model_json_schema(),
        output_schema=result.model_json_schema(mode="serialization"),
        annotations=annotations,
    )
    return Tool(definition=definition, scope=scope, call=call)


def _explain_arguments(error: ValidationError) -> str:
    """Name each bad argument and what it should be, without echoing what was sent."""
    lines = []
    for item in error.errors(include_url=False, include_input=False, include_context=False)[:10]:
        where = ".".join(str(part) for part in item["loc"])[:100] or "arguments"
        lines.append(f"{where}: {item['msg']}")
    return "The arguments are not usable. " + "; ".join(lines)
