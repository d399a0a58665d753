"""What all endpoints share: refusals, and reading parameters from untrusted queries and bodies (RFC 6749 §3.1, §3.2).

Whatever comes in, the outcome is a dictionary of strings or a refusal: never an unexpected exception.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

Parameters = Mapping[str, str]

_BODY_LIMIT = 64 * 1024
_FIELD_LIMIT = 100


class Refused(Exception):
    """The request is refused with an OAuth error code. How it is shown (JSON, page, redirect) is the edge's choice."""

    def __init__(self, error: str, error_description: str, status: int = 400) -> None:
        super().__init__(f"{error}: {error_description}")
        self.error = error
        self.error_description = error_description
        self.status = status

    def members(self) -> dict[str, str]:
        return {"error": self.error, "error_description": self.error_description}


def json_response(document: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """ASCII-only JSON, so that a lone surrogate in an echoed value cannot break the encoding."""
    return Response(json.dumps(document), status, headers, media_type="application/json")


def read_query(request: Request) -> dict[str, str]:
    return _parameters(request.scope["query_string"])


async def read_parameters(request: Request) -> dict[str, str]:
    """The parameters of a form, or of the JSON object that Auth0 accepts in its place."""
    if _media_type(request) == "application/json":
        document = await read_json_object(request)
        if not all(isinstance(value, str) for value in document.values()):
            raise Refused("invalid_request", "Every parameter must be a string")
        return document
    return await read_form(request)


async def read_form(request: Request) -> dict[str, str]:
    if _media_type(request) != "application/x-www-form-urlencoded":
        raise Refused("invalid_request", "The content type must be application/x-www-form-urlencoded")
    return _parameters(await _read_body(request))


async def read_json_object(request: Request) -> dict[str, Any]:
    try:
        document = json.loads(await _read_body(request))
    except (ValueError, RecursionError):
        raise Refused("invalid_request", "The body is not valid JSON") from None
    if not isinstance(document, dict):
        raise Refused("invalid_request", "The body is not a JSON object")
    return document


def required(parameters: Parameters, name: str) -> str:
    value = parameters.get(name)
    if not value:
        raise Refused("invalid_request", f"Missing required parameter: {name}")
    return value


def with_parameters(url: str, parameters: Mapping[str, str]) -> str:
    """Append to whatever query the redirect URI already has. The bytes of ``state`` survive even if not UTF-8."""
    separator = "&" if "?" in url else "?"
    return url + separator + urlencode(parameters, errors="surrogateescape", quote_via=quote)


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _parameters(raw: bytes) -> dict[str, str]:
    """Parameters without a value count as omitted, and none may come twice (RFC 6749 §3.1)."""
    try:
        text = raw.decode("utf-8", "surrogateescape")
        pairs = parse_qsl(text, errors="surrogateescape", max_num_fields=_FIELD_LIMIT)
    except ValueError:
        raise Refused("invalid_request", "Too many parameters") from None
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        raise Refused("invalid_request", "A parameter is included more than once")
    return parameters


async def _read_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BODY_LIMIT:
            raise Refused("invalid_request", "The body is too large", 413)
    return bytes(body)
