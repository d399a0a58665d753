"""The suite's fixture tools: fixed contents, notifications on the way, and questions back to the client.

Names and contents are the suite's own (``@modelcontextprotocol/conformance``, descriptions of its scenarios).
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    AudioContent,
    CallToolRequestParams,
    CallToolResult,
    ClientCapabilities,
    CreateMessageRequest,
    CreateMessageRequestParams,
    ElicitationCapability,
    ElicitRequest,
    ElicitRequestFormParams,
    EmbeddedResource,
    ImageContent,
    InputRequiredResult,
    ListRootsRequest,
    ListToolsResult,
    MissingRequiredClientCapabilityErrorData,
    RootsCapability,
    SamplingCapability,
    SamplingMessage,
    TextContent,
    TextResourceContents,
    Tool,
)

Context = ServerRequestContext[Any, Any]
Round = dict[str, Any]
"""What to ask the client in one go: input requests by key."""

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
WAV = base64.b64encode(
    b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\0\0\0\0"
).decode()


def text_block(text: str) -> TextContent:
    return TextContent(type="text", text=text)


def embedded(uri: str, text: str, mime_type: str = "text/plain") -> EmbeddedResource:
    return EmbeddedResource(resource=TextResourceContents(uri=uri, mime_type=mime_type, text=text))


IMAGE = ImageContent(data=PNG, mime_type="image/png")
CONTENTS: dict[str, list[Any]] = {
    "test_simple_text": [text_block("This is a simple text response for testing.")],
    "test_image_content": [IMAGE],
    "test_audio_content": [AudioContent(data=WAV, mime_type="audio/wav")],
    "test_embedded_resource": [embedded("test://embedded-resource", "This is an embedded resource content.")],
    "test_multiple_content_types": [
        text_block("Multiple content types test:"),
        IMAGE,
        embedded("test://mixed-content-resource", '{"test":"data","value":123}', "application/json"),
    ],
    "json_schema_2020_12_tool": [text_block("The schema is what counts.")],
    "test_x_mcp_header": [text_block("The header and the argument agree.")],
}
"""Tools that answer the same every time."""


def _elicitation(message: str, field: str = "name", kind: str = "string") -> ElicitRequest:
    schema = {"type": "object", "properties": {field: {"type": kind}}, "required": [field]}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def _sampling(prompt: str) -> CreateMessageRequest:
    message = SamplingMessage(role="user", content=text_block(prompt))
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[message], max_tokens=100))


_NAME = {"user_name": _elicitation("What is your name?")}
_CONFIRM = {"confirm": _elicitation("Please confirm", "ok", "boolean")}
CONVERSATIONS: dict[str, tuple[bool, list[Round]]] = {
    "test_input_required_result_elicitation": (False, [_NAME]),
    "test_input_required_result_sampling": (
        False,
        [{"capital_question": _sampling("What is the capital of France?")}],
    ),
    "test_input_required_result_list_roots": (False, [{"client_roots": ListRootsRequest()}]),
    "test_input_required_result_request_state": (True, [_CONFIRM]),
    "test_input_required_result_tampered_state": (True, [_CONFIRM]),
    "test_input_required_result_multiple_inputs": (
        True,
        [{**_NAME, "greeting": _sampling("Generate a greeting"), "client_roots": ListRootsRequest()}],
    ),
    "test_input_required_result_multi_round": (
        True,
        [
            {"step1": _elicitation("Step 1: What is your name?")},
            {"step2": _elicitation("Step 2: What is your favorite color?", "color")},
        ],
    ),
    "test_input_required_result_capabilities": (False, [{**_NAME, "greeting": _sampling("Generate a greeting")}]),
    "test_streaming_elicitation": (False, [_NAME]),
    "test_missing_capability": (False, [{"greeting": _sampling("Generate a greeting")}]),
    "test_input_required_result_prompt": (
        False,
        [{"user_context": _elicitation("What context should the prompt use?", "context")}],
    ),
}
"""Tools, and one prompt, that ask the client back: whether they keep state between rounds, and the rounds."""

_NEEDED = {
    "elicitation/create": ClientCapabilities(elicitation=ElicitationCapability()),
    "sampling/createMessage": ClientCapabilities(sampling=SamplingCapability()),
    "roots/list": ClientCapabilities(roots=RootsCapability()),
}


def converse(ctx: Context, name: str, params: Any) -> InputRequiredResult | None:
    """The next round of questions, or None when all have been answered. Asks only what the client said it can do."""
    stateful, rounds = CONVERSATIONS[name]
    reached = int(params.request_state or 0)
    asked = _askable(ctx, rounds[reached])
    resumed = params.request_state is not None or not stateful
    if resumed and asked.keys() <= (params.input_responses or {}).keys():
        reached += 1
        if reached == len(rounds):
            return None
        asked = _askable(ctx, rounds[reached])
    return InputRequiredResult(input_requests=asked, request_state=str(reached) if stateful else None)


def _askable(ctx: Context, questions: Round) -> Round:
    asked = {key: one for key, one in questions.items() if ctx.session.check_client_capability(_NEEDED[one.method])}
    if not asked:
        lacking = _NEEDED[next(iter(questions.values())).method]
        data = MissingRequiredClientCapabilityErrorData(required_capabilities=lacking)
        facts = data.model_dump(by_alias=True, exclude_none=True)
        raise MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, "The client cannot be asked for this", facts)
    return asked


async def _fail(ctx: Context, arguments: dict[str, Any]) -> CallToolResult:
    return CallToolResult(content=[text_block("This tool intentionally returns an error for testing")], is_error=True)


async def _log(ctx: Context, arguments: dict[str, Any]) -> CallToolResult:
    for step in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await ctx.session.send_log_message("info", step, related_request_id=ctx.request_id)
    return CallToolResult(content=[text_block("Three steps were logged, if anybody wanted to know.")])


async def _progress(ctx: Context, arguments: dict[str, Any]) -> CallToolResult:
    for done in (0, 50, 100):
        await ctx.session.report_progress(done, 100)
    return CallToolResult(content=[text_block("Done, and told on the way.")])


async def _sample(ctx: Context, arguments: dict[str, Any]) -> CallToolResult:
    message = SamplingMessage(role="user", content=text_block(arguments["prompt"]))
    result = await ctx.session.create_message([message], max_tokens=100, related_request_id=ctx.request_id)
    return CallToolResult(content=[text_block(f"LLM response: {result.content}")])


async def _elicit(ctx: Context, arguments: dict[str, Any]) -> CallToolResult:
    schema = {"type": "object", "properties": {"username": {"type": "string"}, "email": {"type": "string"}}}
    message = arguments.get("message", "Please fill in the form")
    result = await ctx.session.elicit_form(message, schema, related_request_id=ctx.request_id)
    return CallToolResult(content=[text_block(f"User response: {result.action}, {result.content}")])


# The three that elicit share one form: this endpoint has no way to send it, which is what the suite gets to see.
ACTIONS: dict[str, Callable[[Context, dict[str, Any]], Awaitable[CallToolResult]]] = {
    "test_error_handling": _fail,
    "test_tool_with_logging": _log,
    "test_logging_tool": _log,
    "test_tool_with_progress": _progress,
    "test_sampling": _sample,
    "test_elicitation": _elicit,
    "test_elicitation_sep1034_defaults": _elicit,
    "test_elicitation_sep1330_enums": _elicit,
}

SCHEMAS: dict[str, dict[str, Any]] = {
    "test_x_mcp_header": {
        "type": "object",
        "properties": {"region": {"type": "string", "x-mcp-header": "Region"}},
        "required": ["region"],
    },
    "json_schema_2020_12_tool": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
            }
        },
        "properties": {
            "name": {"type": "string"},
            "address": {"$ref": "#/$defs/address"},
            "contactMethod": {"type": "string", "enum": ["phone", "email"]},
            "phone": {"type": "string"},
            "email": {"type": "string"},
        },
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": False,
    },
}

TOOLS = [
    Tool(name=name, description=f"{name} of the suite", input_schema=SCHEMAS.get(name, {"type": "object"}))
    for name in [*CONTENTS, *ACTIONS, *CONVERSATIONS]
    if name != "test_input_required_result_prompt"
]


async def list_tools(ctx: Context, params: Any) -> ListToolsResult:
    return ListToolsResult(tools=TOOLS)


async def call_tool(ctx: Context, params: CallToolRequestParams) -> CallToolResult | InputRequiredResult:
    if params.name in CONTENTS:
        return CallToolResult(content=CONTENTS[params.name])
    if params.name in ACTIONS:
        return await ACTIONS[params.name](ctx, params.arguments or {})
    if params.name in CONVERSATIONS:
        return converse(ctx, params.name, params) or CallToolResult(
            content=[text_block("All answered, and what was kept came back whole: state-ok.")]
        )
    raise MCPError(INVALID_PARAMS, "Unknown tool")
