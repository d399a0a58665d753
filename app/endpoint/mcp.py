"""MCP Streamable HTTP, stateless, both protocol eras on one path (MCP 2025-11-25 and 2026-07-28, "Transports").

An ASGI application of our own over the SDK's single-request driver ``serve_one``: the SDK's own HTTP layer can neither
answer a tool call with 403, nor say why a token was refused, nor tell an outage from a bad token. It answers JSON;
there are no sessions, no GET stream and no server-initiated requests.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mcp.server.connection import Connection
from mcp.server.lowlevel.server import Server
from mcp.server.runner import modern_error_data, serve_one
from mcp.shared.exceptions import MCPError
from mcp.shared.inbound import (
    ERROR_CODE_HTTP_STATUS,
    InboundLadderRejection,
    classify_inbound_request,
    find_duplicated_routing_header,
    unsupported_protocol_version_rejection,
    validate_mcp_param_headers,
)
from mcp_types import INTERNAL_ERROR, INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCRequest, RequestId
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from opentelemetry import context as trace_context
from opentelemetry import propagate, trace
from pydantic import ValidationError
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.auth.principal import Principal
from app.endpoint.gate import PREFLIGHT, Gate
from app.endpoint.json_rpc import failed, is_notification, read_json, rejected, written
from app.endpoint.limits import Limits
from app.endpoint.message import ClientGone, check_media_types, fold_headers, read_body, unless_client_leaves
from app.endpoint.refusals import Refusals
from app.endpoint.short_way import OrdinaryCall, ShortWay
from app.endpoint.stream import RequestContext
from app.errors import GatehouseError, RequestRefused
from app.journal.visit import Visit, Visits, current
from app.people.guard import Guard

OLDEST_HANDSHAKE_VERSION = "2025-03-26"
"""What a request without MCP-Protocol-Version speaks (MCP 2025-11-25, Transports, "Protocol Version Header")."""

log = logging.getLogger("gatehouse.mcp")
Authenticate = Callable[[Scope], Awaitable[Principal]]


class McpEndpoint:
    """The ASGI application of ``/mcp``: ``server`` answers everything, ``short_way`` the ordinary part of it faster."""

    def __init__(
        self,
        server: Server[Any],
        authenticate: Authenticate,
        guard: Guard,
        gate: Gate,
        limits: Limits,
        refusals: Refusals,
        visits: Visits,
        short_way: ShortWay | None = None,
    ) -> None:
        self._server = server
        self._authenticate = authenticate
        self._guard = guard
        self._gate = gate
        self._limits = limits
        self._refusals = refusals
        self._visits = visits
        self._short_way = short_way
        self._traced = not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; every error becomes an answer here, and every request an entry of the journal."""
        headers = fold_headers(scope)
        visit = self._visits.begin(scope, headers)
        try:
            try:
                response = await self._answer(scope, receive, send, headers, visit)
            except Exception as error:
                if isinstance(error, ClientGone):
                    raise
                response = await self._refusals.answer(error, visit)
        except BaseException as end:  # the client is gone, or the server's graceful time is over
            visit.outcome, visit.reason = "cancelled", ""
            self._visits.end(visit, 0, 0)
            if isinstance(end, ClientGone):
                return
            raise
        if response is None:
            self._visits.end(visit, 200, visit.streamed)
            return
        self._visits.end(visit, response.status_code, len(response.body))
        response.raw_headers.extend(self._gate.cors(headers.get("origin")))
        await response(scope, receive, send)

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, headers: Mapping[str, str], visit: Visit
    ) -> Response | None:
        """The answer to give, or None when it went out as an event stream already."""
        self._gate.check_host(headers.get("host"))
        self._gate.check_origin(headers.get("origin"))
        if scope["method"] == "OPTIONS":
            visit.told = False
            return Response(status_code=204, headers=PREFLIGHT)
        visit.principal = principal = await self._authenticate(scope)
        await self._limits.admit(principal)
        self._guard.admit(principal)
        if scope["method"] != "POST":
            what = "Only POST is served here: there are no sessions and no event stream to open."
            raise RequestRefused(405, "method_not_allowed", what, (("Allow", "POST"),))
        takes_events = check_media_types(headers)
        body = await read_body(headers, receive)
        visit.request_bytes = len(body)
        self._guard.admit(principal)  # asked anew: a body may take long, and the owner may have decided meanwhile
        try:
            message = read_json(body.decode("utf-8"))
        except (ValueError, RecursionError):
            visit.ends("refused", "unusable_message")
            return failed(None, ErrorData(code=PARSE_ERROR, message="Parse error: the body is not JSON"), 400)
        if (way := self._short_way) and (call := way.take(message, headers, scope["headers"])):
            return await _in_its_era(call.modern, receive, self._answer_shortly(way, call, visit))
        prepared = self._prepare(scope, headers, message)
        if isinstance(prepared, Response):
            log.info("message answered with status=%d sub=%s", prepared.status_code, principal.sub)
            visit.told = prepared.status_code != 202  # a notification asks for nothing
            visit.ends("refused", "unusable_message")
            return prepared
        request, connection = prepared
        context = RequestContext(request, send if takes_events else None, self._gate.cors(headers.get("origin")))
        modern = connection.protocol_version not in HANDSHAKE_PROTOCOL_VERSIONS
        with self._trace_of(headers):
            return await _in_its_era(modern, receive, self._serve(scope, request, connection, visit, context))

    @contextmanager
    def _trace_of(self, headers: Mapping[str, str]) -> Iterator[None]:
        """Let the SDK's spans belong to the caller's trace (W3C Trace Context), when somebody collects traces."""
        if not self._traced:
            yield
            return
        token = trace_context.attach(propagate.extract(headers))
        try:
            yield
        finally:
            trace_context.detach(token)

    async def _answer_shortly(self, way: ShortWay, call: OrdinaryCall, visit: Visit) -> Response:
        visit.asks("tools/call", call.name, call.arguments)
        try:
            result = await way.answer(call, visit)
            response = written({"jsonrpc": "2.0", "id": call.id, "result": result}, 200, modern=call.modern)
        except Exception as failure:
            return _answer_to(failure, call.id, visit, modern=call.modern)
        visit.ends("tool_error" if result["isError"] else "ok")
        return response

    def _prepare(
        self, scope: Scope, headers: Mapping[str, str], message: Any
    ) -> Response | tuple[JSONRPCRequest, Connection]:
        """Read the message in its era: a request to serve, or the answer to give at once."""
        version = headers.get("mcp-protocol-version")
        modern = version is not None and version not in HANDSHAKE_PROTOCOL_VERSIONS
        if is_notification(message):
            rejection = unsupported_protocol_version_rejection(version or "") if modern else None
            return rejected(None, rejection) if rejection else Response(status_code=202)
        try:
            request = JSONRPCRequest.model_validate(message)
        except ValidationError:
            text = "The body must be a single JSON-RPC request or notification"
            return failed(None, ErrorData(code=INVALID_REQUEST, message=text), 400)
        if modern:
            route = _modern_route(scope, headers, message)
            if isinstance(route, InboundLadderRejection):
                return rejected(request.id, route)
            return request, Connection.from_envelope(
                route.protocol_version, route.client_info, route.client_capabilities
            )
        return request, Connection.from_envelope(version or OLDEST_HANDSHAKE_VERSION, None, None)

    async def _serve(
        self, scope: Scope, request: JSONRPCRequest, connection: Connection, visit: Visit, context: RequestContext
    ) -> Response | None:
        params = request.params or {}
        modern = connection.protocol_version not in HANDSHAKE_PROTOCOL_VERSIONS
        visit.asks(request.method, str(params.get("name", params.get("uri", ""))), params.get("arguments"))
        token = current.set(visit)
        try:
            if modern and request.method == "tools/call":
                self._check_mirrored_arguments(scope, params)
            result = await serve_one(
                self._server, context, request.method, request.params, connection=connection, lifespan_state={}
            )
            response = written({"jsonrpc": "2.0", "id": request.id, "result": result}, 200, modern=modern)
            visit.ends("tool_error" if result.get("isError") else "ok")
        except Exception as failure:
            response = _answer_to(failure, request.id, visit, modern=modern)
        finally:
            current.reset(token)
        if context.streaming:
            await context.finish(bytes(response.body))
            visit.streamed = len(response.body)
            return None
        return response

    def _check_mirrored_arguments(self, scope: Scope, params: Mapping[str, Any]) -> None:
        """Refuse a call whose ``Mcp-Param-*`` headers and arguments differ (MCP 2026-07-28, Tools, "x-mcp-header").

        What stands between client and server may route or allow by such a header, so it must not say anything else.
        """
        name, arguments = params.get("name"), params.get("arguments") or {}
        lookup = self._server.get_tool_input_schema
        schema = lookup(name) if lookup and isinstance(name, str) and isinstance(arguments, dict) else None
        if schema is not None:
            headers = Headers(raw=[(key, value.strip(b" \t")) for key, value in scope["headers"]])
            rejection = validate_mcp_param_headers(schema, arguments, headers)
            if rejection:
                raise MCPError(rejection.code, rejection.message, rejection.data)


async def _in_its_era(modern: bool, receive: Receive, work: Awaitable[Response | None]) -> Response | None:
    return await (unless_client_leaves(receive, work) if modern else work)


def _answer_to(failure: Exception, request_id: RequestId, visit: Visit, *, modern: bool) -> Response:
    """The JSON-RPC answer to a failure; what is a matter of HTTP goes on being raised."""
    if isinstance(failure, GatehouseError):
        raise failure
    if isinstance(failure, MCPError | ValidationError):
        error = modern_error_data(failure)
        visit.ends("error", "protocol_error")
    else:  # nobody foresaw it: a reference code, and the log has the rest
        reference = visit.fails("error", "internal_error")
        log.error("internal error reference=%s", reference, exc_info=failure)
        error = ErrorData(code=INTERNAL_ERROR, message=f"internal error, reference {reference}")
    status = ERROR_CODE_HTTP_STATUS.get(error.code, 200) if modern else 200
    return failed(request_id, error, status, modern=modern)


def _modern_route(scope: Scope, headers: Mapping[str, str], message: Any) -> Any:
    repeated = find_duplicated_routing_header((k.decode("latin-1"), v.decode("latin-1")) for k, v in scope["headers"])
    if repeated:
        return InboundLadderRejection(code=-32020, message=f"{repeated} header appears more than once")
    return classify_inbound_request(message, headers=headers)
