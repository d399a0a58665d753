"""What a tool is, whichever toolset it comes from.

A :class:`Tool` is a definition as the MCP specification words it, the scope it needs, and one coroutine. Where that
coroutine comes from (a typed Python function here, another MCP server elsewhere) is the toolset's own business.
This module knows nothing of HTTP, tokens or people.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeVar

from mcp_types import (
    CallToolResult,
    TextContent,
    ToolAnnotations,
)
from mcp_types import Tool as ToolDefinition
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from app.errors import ToolError
from app.scopes import Scope

if TYPE_CHECKING:
    from app.tools.elsewhere import Elsewhere, Prompt

Arguments = Mapping[str, Any]

MANY_MORE = 10
"""How many unknown arguments are still worth naming one by one."""


Locale = Literal["en", "ko"]
"""The languages in which tools write their readable text."""


class Progress(Protocol):
    """Takes word of how far a work is."""

    async def __call__(self, progress: float, total: float | None, message: str | None) -> None: ...


async def unheard(progress: float, total: float | None, message: str | None) -> None:
    """What becomes of progress that nobody asked for."""


def _nowhere(page: str) -> str:
    return f"/d/{page}"


class Caller(NamedTuple):
    """Who is calling, for the servers whose owner lets them know. Identity is ``(iss, sub)``."""

    iss: str
    sub: str
    client_id: str


Observe = Callable[[str, str, str, float], None]
"""Is told, in the event loop, that a server behind a tool was asked: its name in the settings, for which tool (blank
where that is not known), how that ended (``ok``, ``cancelled``, or a word for what went wrong), and the seconds that it
took."""


def unobserved(server: str, tool: str, outcome: str, seconds: float) -> None:
    """What becomes of that when nobody counts."""


@dataclass(frozen=True)
class CallContext:
    """What a tool is told of a call besides its arguments. What a caller may do was decided before.

    ``locale`` is the language to write in. ``progress(done, total, message)`` tells a waiting client how far the work
    is; it costs nothing when nobody listens. ``link(page)`` is the absolute address of a page of the toolset's
    :class:`Pages`, which opens for this caller. ``caller`` is for handing on where the owner wants that, and for
    nothing else; there is never a token.
    """

    locale: Locale = "en"
    progress: Progress = unheard
    link: Callable[[str], str] = _nowhere
    caller: Caller | None = None


@dataclass(frozen=True)
class Tool:
    """One tool: its MCP definition, the scope it needs, and the coroutine that does it.

    ``call`` takes the raw JSON arguments and returns a finished result; it raises :class:`ToolError` when it cannot
    do its work. A tool whose ``scope`` is not one of the ladder's words is never callable (fail closed). One that is
    ``local_only`` works for programs on the owner's own machine (``gatehouse stdio``); over HTTP it does not exist.
    ``origin`` and ``note`` tell the owner where the scope comes from, and what to look at.
    """

    definition: ToolDefinition
    scope: Scope | Literal["deny"]
    call: Callable[[Arguments, CallContext], Awaitable[CallToolResult]]
    local_only: bool = False
    origin: str = "built in"
    note: str = ""


@dataclass(frozen=True)
class Resource:
    """A text that clients may read under a fixed address, such as the picture of an MCP App (``ui://…``).

    It is the same for everybody who may call any tool at all; ``meta`` becomes its ``_meta``.
    """

    uri: str
    name: str
    mime_type: str
    text: str
    meta: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Pages:
    """The toolset's web pages at ``/d/TOOLSET/PAGE``. Whoever may call the tool named ``tool`` may open them.

    ``render(page, locale)`` returns an HTML document that loads nothing from anywhere; it raises :class:`ToolError`
    when there is no such page or its data cannot be had. ``scripts`` and ``styles`` are the exact texts of the inline
    elements that belong to the document: any other, however it came in, does not run.
    """

    tool: str
    render: Callable[[str, Locale], Awaitable[str]]
    scripts: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Toolset:
    """A named group of tools that open and close together.

    ``instructions`` is a sentence or two telling a model in which order the tools are used. One whose tools may change
    while the server runs has ``changes``: what is handed to it is called with each new state. ``trouble()`` says why
    the tools do not work at present; it is blank when they do.
    """

    name: str
    tools: tuple[Tool, ...]
    instructions: str = ""
    resources: tuple[Resource, ...] = ()
    pages: Pages | None = None
    elsewhere: tuple[Elsewhere, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    changes: Callable[[Callable[[Toolset], None]], None] | None = None
    trouble: Callable[[], str] | None = None


ToolsetOpener = Callable[[], AbstractAsyncContextManager[Toolset]]
"""Opens a toolset's resources (an HTTP client, child processes) for the life of the server."""


class ToolModel(BaseModel):
    """Base of the argument and result models of typed tools: unknown arguments are refused, names are exact."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_max_length=10_000)


class _Untitled(GenerateJsonSchema):
    """Schemas without the titles that pydantic makes from names: they tell a model nothing and it reads them all."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Never."""
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """The schema of a model without its class name, and without its docstring, which is written for maintainers."""
        found = super().model_schema(schema)
        found.pop("title", None)
        found.pop("description", None)
        return found


A = TypeVar("A", bound=ToolModel)
R = TypeVar("R", bound=ToolModel)


def typed_tool(
    function: Callable[[A, CallContext], Awaitable[R]],
    *,
    name: str,
    title: str,
    description: str,
    arguments: type[A],
    result: type[R],
    scope: Scope,
    annotations: ToolAnnotations,
    summarize: Callable[[R, Locale], str],
    meta: Mapping[str, Any] | None = None,
    local_only: bool = False,
) -> Tool:
    """Build a :class:`Tool` from a coroutine over pydantic models.

    The input and output schemas come from the models; ``summarize`` writes the short readable text that goes beside
    the structured result, in the caller's language; ``meta`` becomes the definition's ``_meta``.
    """

    async def call(raw: Arguments, context: CallContext) -> CallToolResult:
        if len(raw) > len(arguments.model_fields) + MANY_MORE:  # naming each of a million would stop the server
            raise ToolError(f"The arguments are not usable: {len(raw)} were sent, and {name} takes fewer.")
        try:
            parsed = arguments.model_validate(raw)
        except ValidationError as error:
            raise ToolError(_explain_arguments(error)) from None
        outcome = await function(parsed, context)
        return CallToolResult(
            content=[TextContent(type="text", text=summarize(outcome, context.locale))],
            structured_content=outcome.model_dump(mode="json"),
        )

    definition = ToolDefinition(
        name=name,
        title=title,
        description=description,
        input_schema=arguments.model_json_schema(schema_generator=_Untitled),
        output_schema=result.model_json_schema(mode="serialization", schema_generator=_Untitled),
        annotations=annotations,
        _meta=dict(meta) if meta else None,
    )
    return Tool(definition=definition, scope=scope, call=call, local_only=local_only)


def _explain_arguments(error: ValidationError) -> str:
    """Name each bad argument and what it should be, without echoing what was sent."""
    lines = []
    for item in error.errors(include_url=False, include_input=False, include_context=False)[:10]:
        where = ".".join(str(part) for part in item["loc"])[:100] or "arguments"
        lines.append(f"{where}: {item['msg']}")
    return "The arguments are not usable. " + "; ".join(lines)
