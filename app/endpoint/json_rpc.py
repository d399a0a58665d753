"""JSON-RPC 2.0 messages read and written as MCP has them, in both protocol eras."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from mcp.shared.inbound import ERROR_CODE_HTTP_STATUS, InboundLadderRejection
from mcp_types import ErrorData, RequestId
from pydantic_core import from_json, to_json
from starlette.responses import Response


def is_notification(message: Any) -> bool:
    """Whether a message gets no answer (JSON-RPC 2.0 §4.1): a notification, or a reply to a request never made."""
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        return False
    return ("id" not in message and isinstance(message.get("method"), str)) or (
        "method" not in message and ("result" in message or "error" in message)
    )


def rejected(request_id: RequestId | None, rejection: InboundLadderRejection) -> Response:
    """The answer to a message that does not fit its envelope."""
    error = ErrorData(code=rejection.code, message=rejection.message, data=rejection.data)
    return failed(request_id, error, ERROR_CODE_HTTP_STATUS.get(rejection.code, 400))


def failed(request_id: RequestId | None, error: ErrorData, status: int, *, modern: bool = True) -> Response:
    """An error as an answer."""
    message = {"jsonrpc": "2.0", "id": request_id, "error": error.model_dump(exclude_none=True)}
    return written(message, status, modern=modern)


def written(message: dict[str, Any], status: int, *, modern: bool = True) -> Response:
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


read_json = json.JSONDecoder(parse_constant=_no_constant).decode
"""Reads JSON, and only JSON: NaN and Infinity are errors."""
