"""A server with all that the MCP conformance suite expects to find, behind Gatehouse's own endpoint.

Only the endpoint in front is what is tested. The suite cannot send an access token, so everybody is let in as one test
principal. Names and contents are the suite's own (``@modelcontextprotocol/conformance``).
"""

from __future__ import annotations

import json
import re
from typing import Any

from mcp.server.lowlevel.server import Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    BlobResourceContents,
    CompleteRequestParams,
    CompleteResult,
    Completion,
    EmptyResult,
    GetPromptRequestParams,
    GetPromptResult,
    InputRequiredResult,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    Prompt,
    PromptArgument,
    PromptMessage,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    SetLevelRequestParams,
    SubscribeRequestParams,
    TextResourceContents,
    UnsubscribeRequestParams,
)
from starlette.types import Scope

from app.access.policy import State
from app.auth.principal import Principal
from app.endpoint.gate import Gate
from app.endpoint.limits import Limits
from app.endpoint.mcp import McpEndpoint
from app.endpoint.refusals import Refusals
from app.journal.visit import Visits
from app.people.guard import Guard
from tests.conformance.fixture_tools import (
    IMAGE,
    PNG,
    SCHEMAS,
    Context,
    call_tool,
    converse,
    embedded,
    list_tools,
    text_block,
)

PROMPTS = {
    "test_simple_prompt": (),
    "test_prompt_with_arguments": ("arg1", "arg2"),
    "test_prompt_with_embedded_resource": ("resourceUri",),
    "test_prompt_with_image": (),
    "test_input_required_result_prompt": (),
}


async def _list_prompts(ctx: Context, params: Any) -> ListPromptsResult:
    prompts = [
        Prompt(
            name=name,
            description=f"{name} of the suite",
            arguments=[PromptArgument(name=one, required=True) for one in arguments],
        )
        for name, arguments in PROMPTS.items()
    ]
    return ListPromptsResult(prompts=prompts)


async def _get_prompt(ctx: Context, params: GetPromptRequestParams) -> GetPromptResult | InputRequiredResult:
    given = params.arguments or {}
    match params.name:
        case "test_simple_prompt":
            contents = [text_block("This is a simple prompt for testing.")]
        case "test_prompt_with_arguments":
            contents = [text_block(f"Prompt with arguments: arg1='{given['arg1']}', arg2='{given['arg2']}'")]
        case "test_prompt_with_embedded_resource":
            contents = [embedded(given["resourceUri"], "Embedded resource content for testing.")]
        case "test_prompt_with_image":
            contents = [IMAGE, text_block("Please analyze the image above.")]
        case "test_input_required_result_prompt":
            question = converse(ctx, params.name, params)
            if question:
                return question
            contents = [text_block("The context is known.")]
        case _:
            raise MCPError(INVALID_PARAMS, "Unknown prompt")
    return GetPromptResult(messages=[PromptMessage(role="user", content=content) for content in contents])


_TEMPLATE = re.compile(r"test://template/([^/]+)/data")


async def _list_resources(ctx: Context, params: Any) -> ListResourcesResult:
    uris = ("test://static-text", "test://static-binary", "test://watched-resource")
    return ListResourcesResult(resources=[Resource(uri=uri, name=uri, description=uri) for uri in uris])


async def _list_templates(ctx: Context, params: Any) -> ListResourceTemplatesResult:
    template = ResourceTemplate(uri_template="test://template/{id}/data", name="template", description="By number")
    return ListResourceTemplatesResult(resource_templates=[template])


async def _read_resource(ctx: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
    contents: TextResourceContents | BlobResourceContents
    matched = _TEMPLATE.fullmatch(params.uri)
    if params.uri in ("test://static-text", "test://watched-resource"):
        text = "This is the content of the static text resource."
        contents = TextResourceContents(uri=params.uri, mime_type="text/plain", text=text)
    elif params.uri == "test://static-binary":
        contents = BlobResourceContents(uri=params.uri, mime_type="image/png", blob=PNG)
    elif matched:
        text = json.dumps({"id": matched[1], "templateTest": True, "data": f"Data for ID: {matched[1]}"})
        contents = TextResourceContents(uri=params.uri, mime_type="application/json", text=text)
    else:
        raise MCPError(INVALID_PARAMS, "Resource not found", {"uri": params.uri})
    return ReadResourceResult(contents=[contents])


async def _complete(ctx: Context, params: CompleteRequestParams) -> CompleteResult:
    words = [word for word in ("test-one", "test-two", "other") if word.startswith(params.argument.value)]
    return CompleteResult(completion=Completion(values=words, total=len(words), has_more=False))


def fixture_server() -> Server[Any]:
    """The suite's fixtures on an SDK server like the one behind the real endpoint."""
    watched: set[str] = set()

    async def subscribe(ctx: Context, params: SubscribeRequestParams) -> EmptyResult:
        watched.add(params.uri)
        return EmptyResult()

    async def unsubscribe(ctx: Context, params: UnsubscribeRequestParams) -> EmptyResult:
        watched.discard(params.uri)
        return EmptyResult()

    async def set_level(ctx: Context, params: SetLevelRequestParams) -> EmptyResult:
        return EmptyResult()

    server: Server[Any] = Server(
        "conformance-fixtures",
        version="1",
        get_tool_input_schema=SCHEMAS.get,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_prompts=_list_prompts,
        on_get_prompt=_get_prompt,
        on_list_resources=_list_resources,
        on_list_resource_templates=_list_templates,
        on_read_resource=_read_resource,
        on_subscribe_resource=subscribe,
        on_unsubscribe_resource=unsubscribe,
        on_completion=_complete,
    )
    server.add_request_handler("logging/setLevel", SetLevelRequestParams, set_level)
    server.middleware.append(RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience=None))
    return server


def fixture_endpoint(base_url: str) -> McpEndpoint:
    """Gatehouse's endpoint over the fixtures, open to everybody and without limits that the suite could reach."""
    visitor = Principal("urn:test:conformance", "suite", "suite", frozenset({"read"}), float("inf"))

    async def authenticate(scope: Scope) -> Principal:
        return visitor

    limits = Limits("1000000/minute", "1000000/minute")
    refusals, visits = Refusals(None, limits, lambda: 0.0), Visits(lambda entry: None, lambda: 0.0)
    guard = Guard(State())
    return McpEndpoint(fixture_server(), authenticate, guard, Gate(base_url, ()), limits, refusals, visits)
