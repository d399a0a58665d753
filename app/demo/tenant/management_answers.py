"""What the Management API's endpoints share: bodies, refusals in Auth0's form, and its two ways of paging."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.demo.tenant.protocol import json_response


class ManagementRefused(Exception):
    """A request is refused, with Auth0's status and error code."""

    def __init__(self, status: int, error_code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error_code = error_code
        self.message = message

    def document(self) -> dict[str, Any]:
        """As Auth0 writes it."""
        error = HTTPStatus(self.status).phrase
        return {"statusCode": self.status, "error": error, "message": self.message, "errorCode": self.error_code}


class Body:
    """A JSON body that its model has accepted."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    @property
    def fields(self) -> dict[str, Any]:
        """The body as an object."""
        fields: dict[str, Any] = json.loads(self._raw or b"{}")
        return fields

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The body as a list of objects."""
        rows: list[dict[str, Any]] = json.loads(self._raw)
        return rows


async def read_body(request: Request) -> bytes:
    """The whole body; the stand-in faces no network."""
    return await request.body()


def answer(document: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer, or an empty one for None."""
    return (
        Response(status_code=status, headers=headers) if document is None else json_response(document, status, headers)
    )


def written(time: float) -> str:
    """A time as Auth0 writes it."""
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def by_offset(request: Request, name: str, items: Sequence[Any]) -> Response:
    """A page by ``page`` and ``per_page``: at most 100 entries, 50 unless asked otherwise."""
    page, size = _number(request, "page", 0), min(_number(request, "per_page", 50), 100)
    shown = list(items[page * size : (page + 1) * size])
    if request.query_params.get("include_totals") != "true":
        return answer(shown)
    return answer({"start": page * size, "limit": size, "length": len(shown), "total": len(items), name: shown})


def by_checkpoint(request: Request, name: str, items: Sequence[Any]) -> Response:
    """A page by ``from`` and ``take``, with ``next`` when there is more; by offset when no ``take`` was given."""
    if "take" not in request.query_params:
        return by_offset(request, name, items)
    start, size = _number(request, "from", 0), min(_number(request, "take", 50), 100)
    document: dict[str, Any] = {name: list(items[start : start + size])}
    if start + size < len(items):
        document["next"] = str(start + size)
    return answer(document)


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isdecimal() or len(text) > 6:
        raise ManagementRefused(400, "invalid_query_string", f"Query validation error on property {name}")
    return int(text)
