"""MCP Streamable HTTP, stateless, both protocol eras on one path (MCP 2025-11-25 and 2026-07-28, "Transports").

An ASGI application of our own over the SDK's single-request driver ``serve_one``: the SDK's own HTTP layer can neither
answer a tool call with 403, nor say why a token was refused, nor tell an outage from a bad token. It answers JSON;
there are no sessions, no GET stream and no server-initiated requests.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NoReturn

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
from pydantic import ValidationError
from pydantic_core import from_json, to_json
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.auth.principal import Principal
from app.endpoint.dispatch import caller
from app.endpoint.gate import PREFLIGHT, Gate
from app.endpoint.limits import Limits
from app.endpoint.message import ClientGone, check_media_types, fold_headers, read_body, unless_client_leaves
from app.endpoint.refusals import Refusals, is_strangers
from app.endpoint.short_way import OrdinaryCall, ShortWay
from app.endpoint.stream import RequestContext
from app.errors import GatehouseError, RequestRefused, new_reference

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
        gate: Gate,
        limits: Limits,
        refusals: Refusals,
        short_way: ShortWay | None = None,
    ) -> None:
        self._server = server
        self._short_way = short_way
        self._authenticate = authenticate
        self._gate = gate
        self._limits = limits
        self._refusals = refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; every error becomes an answer here."""
        headers = fold_headers(scope)
        origin = headers.get("origin")
        try:
            response = await self._answer(scope, receive, send, headers)
        except ClientGone:
            return
        except Exception as error:
            address = scope["client"][0] if scope.get("client") else "unknown"
            flood = await self._limits.stranger(address) if is_strangers(error) else None
            response = self._refusals.answer(error, address, flood)
        if response is not None:
            response.raw_headers.extend(self._gate.cors(origin))
            await response(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, headers: Mapping[str, str]) -> Response | None:
        """The answer to give, or None when it went out as an event stream already."""
        self._gate.check_host(headers.get("host"))
        self._gate.check_origin(headers.get("origin"))
        if scope["method"] == "OPTIONS":
            return Response(status_code=204, headers=PREFLIGHT)
        principal = await self._authenticate(scope)
        await self._limits.admit(principal)
        if scope["method"] != "POST":
            what = "Only POST is served here: there are no sessions and no event stream to open."
            raise RequestRefused(405, "method_not_allowed", what, (("Allow", "POST"),))
        takes_events = check_media_types(headers)
        body = await read_body(headers, receive)
        try:
            message = _read_json(body.decode("utf-8"))
        except (ValueError, RecursionError):
            return _error(None, ErrorData(code=PARSE_ERROR, message="Parse error: the body is not JSON"), 400)
        if (way := self._short_way) and (call := way.take(message, headers, scope["headers"])):
            return await _in_its_era(call.modern, receive, self._answer_shortly(way, call, principal))
        prepared = self._prepare(scope, headers, message)
        if isinstance(prepared, Response):
            log.info("message answered with status=%d sub=%s", prepared.status_code, principal.sub)
            return prepared
        request, connection = prepared
        context = RequestContext(request, send if takes_events else None, self._gate.cors(headers.get("origin")))
        modern = connection.protocol_version not in HANDSHAKE_PROTOCOL_VERSIONS
        return await _in_its_era(modern, receive, self._serve(scope, request, connection, principal, context))

    async def _answer_shortly(self, way: ShortWay, call: OrdinaryCall, principal: Principal) -> Response:
        with _Outcome("tools/call", call.name, principal) as outcome:
            try:
                result = await way.answer(call, principal)
                response = _json({"jsonrpc": "2.0", "id": call.id, "result": result}, 200, modern=call.modern)
            except Exception as failure:
                return outcome.answer_to(failure, call.id, modern=call.modern)
            outcome.word = "tool error" if result["isError"] else "ok"
            return response

    def _prepare(
        self, scope: Scope, headers: Mapping[str, str], message: Any
    ) -> Response | tuple[JSONRPCRequest, Connection]:
        """Read the message in its era: a request to serve, or the answer to give at once."""
        version = headers.get("mcp-protocol-version")
        modern = version is not None and version not in HANDSHAKE_PROTOCOL_VERSIONS
        if _is_notification(message):
            rejection = unsupported_protocol_version_rejection(version or "") if modern else None
            return _rejected(None, rejection) if rejection else Response(status_code=202)
        try:
            request = JSONRPCRequest.model_validate(message)
        except ValidationError:
            text = "The body must be a single JSON-RPC request or notification"
            return _error(None, ErrorData(code=INVALID_REQUEST, message=text), 400)
        if modern:
            route = _modern_route(scope, headers, message)
            if isinstance(route, InboundLadderRejection):
                return _rejected(request.id, route)
            return request, Connection.from_envelope(
                route.protocol_version, route.client_info, route.client_capabilities
            )
        return request, Connection.from_envelope(version or OLDEST_HANDSHAKE_VERSION, None, None)

    async def _serve(
        self,
        scope: Scope,
        request: JSONRPCRequest,
        connection: Connection,
        principal: Principal,
        context: RequestContext,
    ) -> Response | None:
        params = request.params or {}
        modern = connection.protocol_version not in HANDSHAKE_PROTOCOL_VERSIONS
        token = caller.set(principal)
        with _Outcome(request.method, str(params.get("name", "")), principal) as outcome:
            try:
                if modern and request.method == "tools/call":
                    self._check_mirrored_arguments(scope, params)
                result = await serve_one(
                    self._server, context, request.method, request.params, connection=connection, lifespan_state={}
                )
                response = _json({"jsonrpc": "2.0", "id": request.id, "result": result}, 200, modern=modern)
                outcome.word = "tool error" if result.get("isError") else "ok"
            except Exception as failure:
                response = outcome.answer_to(failure, request.id, modern=modern)
            finally:
                caller.reset(token)
        if context.streaming:
            await context.finish(bytes(response.body))
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


class _Outcome:
    """How one request went: the log line about it, and the answer when it failed."""

    def __init__(self, method: str, name: str, principal: Principal) -> None:
        self._what = (method[:100], name[:100], principal.sub, principal.client_id)
        self._started = time.perf_counter()
        self.word = "cancelled"

    def __enter__(self) -> _Outcome:
        return self

    def __exit__(self, *_: object) -> None:
        elapsed = (time.perf_counter() - self._started) * 1000
        log.info("%s %s sub=%s client_id=%s %s %.1fms", *self._what, self.word, elapsed)

    def answer_to(self, failure: Exception, request_id: RequestId, *, modern: bool) -> Response:
        """The JSON-RPC answer to a failure; what is a matter of HTTP goes on being raised."""
        if isinstance(failure, GatehouseError):
            self.word = "refused"
            raise failure
        error = _internal(failure) or modern_error_data(failure)
        self.word = f"error {error.code}"
        status = ERROR_CODE_HTTP_STATUS.get(error.code, 200) if modern else 200
        return _error(request_id, error, status, modern=modern)


def _is_notification(message: Any) -> bool:
    """Whether a message gets no answer (JSON-RPC 2.0 §4.1): a notification, or a reply to a request never made."""
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        return False
    return ("id" not in message and isinstance(message.get("method"), str)) or (
        "method" not in message and ("result" in message or "error" in message)
    )


def _modern_route(scope: Scope, headers: Mapping[str, str], message: Any) -> Any:
    repeated = find_duplicated_routing_header((k.decode("latin-1"), v.decode("latin-1")) for k, v in scope["headers"])
    if repeated:
        return InboundLadderRejection(code=-32020, message=f"{repeated} header appears more than once")
    return classify_inbound_request(message, headers=headers)


def _internal(failure: Exception) -> ErrorData | None:
    """The answer to an error nobody foresaw: a reference code, and the log has the rest."""
    if isinstance(failure, MCPError | ValidationError):
        return None
    reference = new_reference()
    log.error("internal error reference=%s", reference, exc_info=failure)
    return ErrorData(code=INTERNAL_ERROR, message=f"internal error, reference {reference}")


def _rejected(request_id: RequestId | None, rejection: InboundLadderRejection) -> Response:
    error = ErrorData(code=rejection.code, message=rejection.message, data=rejection.data)
    return _error(request_id, error, ERROR_CODE_HTTP_STATUS.get(rejection.code, 400))


def _error(request_id: RequestId | None, error: ErrorData, status: int, *, modern: bool = True) -> Response:
    message = {"jsonrpc": "2.0", "id": request_id, "error": error.model_dump(exclude_none=True)}
    return _json(message, status, modern=modern)


def _json(message: dict[str, Any], status: int, *, modern: bool = True) -> Response:
    """Write a message as the SDK writes it in each era: escaped to ASCII in the newer, plain UTF-8 in the older."""
    try:
        if modern:
            body = json.dumps(message, separators=(",", ":"), allow_nan=False).encode()
        else:
            body = to_json(message, inf_nan_mode="null")
    except TypeError:  # a date or the like: what JSON does not have, but can be written in it
        body = json.dumps(from_json(to_json(message, inf_nan_mode="null")), separators=(",", ":")).encode()
    except ValueError:  # a number that JSON does not have, or half letters, which UTF-8 does not have
        body = json.dumps(_finite(message), separators=(",", ":")).encode()
    return Response(body, status, media_type="application/json")


def _finite(value: Any) -> Any:
    """The same value with null for what is not a number."""
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


_read_json = json.JSONDecoder(parse_constant=_no_constant).decode
