"""What stands before every service: counting, the key, the permission, the quota, and faults that are switched on.

The key is compared after the query string was decoded once, as the live portal does: a key encoded twice, or one
whose ``+`` was left to become a space, is unknown. It is written nowhere.
"""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from app.demo.portal.answers import BEFORE_THE_KEY, BROKEN, REFUSING, failure
from app.demo.portal.state import Portal

_Item = TypeVar("_Item")
_FORMATS = ("_type", "type", "resultType", "returnType")


@dataclass(frozen=True)
class Question:
    """One request that may be answered, with the fault it meets."""

    portal: Portal
    params: Mapping[str, str]
    fault: str | None = None

    def integer(self, name: str, default: int) -> int:
        """Read a whole number; anything else is the default."""
        return _integer(self.params, name, default)

    def page(self, rows: Sequence[_Item], number: int, size: int) -> tuple[list[_Item], int]:
        """Cut one page out of ``rows``; returns it and the total, either of which a fault may falsify."""
        number = max(number, 1)
        start = (number - 1) * size
        chosen, total = list(rows[start : start + size]), len(rows)
        if self.fault == "missing_rows" and (self.portal.fault_on_page or start + size >= total):
            chosen = chosen[:-3]
        return chosen, total + number - 1 if self.fault == "moving" else total


@dataclass(frozen=True)
class Gateway:
    """How a family of services takes its key and words its refusals.

    ``key`` finds the key in a request, None when there is none. ``refuse`` is given the kind of error, the
    generation and the request's parameters.
    """

    key: Callable[[Request], str | None]
    refuse: Callable[[Portal, str, str, Mapping[str, str]], Response]
    dislikes_headers: bool = True


@dataclass(frozen=True)
class Service:
    """One operation: the name that permissions and quotas go by, its gateway, and what answers."""

    name: str
    gateway: Gateway
    answer: Callable[[Question], Response]


def wants_json(params: Mapping[str, str]) -> bool:
    """Say whether JSON was asked for, by any of the parameters that the portal's services have for it."""
    return any(params.get(name, "").lower() == "json" for name in _FORMATS)


def query_key(*names: str) -> Callable[[Request], str | None]:
    """Make a finder of the key in the query string, under any of ``names``."""
    return lambda request: next((request.query_params[name] for name in names if request.query_params.get(name)), None)


def plainly(_: Portal, kind: str, generation: str, params: Mapping[str, str]) -> Response:
    """Refuse as apis.data.go.kr does."""
    return failure(kind, generation, as_json=wants_json(params))


DATA_GO_KR = Gateway(query_key("serviceKey"), plainly)


async def serve(portal: Portal, service: Service, request: Request) -> Response:
    """Answer one request of a known service."""
    params = dict(request.query_params)
    fault = portal.take_fault(_integer(params, "pageNo", _integer(params, "page", 1)))
    if kind := _refusal(portal, service, request, fault):
        generation = "C" if kind == "bad_header" else fault if fault in BEFORE_THE_KEY else portal.error_generation
        return service.gateway.refuse(portal, kind, generation or "", params)
    if fault == "slow":
        await asyncio.sleep(portal.slow_seconds)
    if fault in BROKEN:
        return BROKEN[fault](str(request.url))
    answer = service.answer(Question(portal, params, fault))
    if fault == "truncated":
        return Response(bytes(answer.body)[:-40], answer.status_code, media_type=answer.media_type)
    return answer


def _refusal(portal: Portal, service: Service, request: Request, fault: str | None) -> str | None:
    """Say why a request is refused, None when it is not. Only a request with the right key uses up the quota."""
    if service.gateway.dislikes_headers and any("environment=" in value for value in request.headers.values()):
        return "bad_header"
    if fault in BEFORE_THE_KEY:
        return "unknown_key"
    key = service.gateway.key(request)
    if key is None:
        return "missing_key"
    if not hmac.compare_digest(key.encode(), portal.api_key.encode()):
        return "unknown_key"
    if not portal.allows(service.name):
        return "not_applied"
    if not portal.within_quota(service.name):
        return "quota"
    return REFUSING.get(fault or "")


def _integer(params: Mapping[str, str], name: str, default: int) -> int:
    text = params.get(name, "")
    return int(text) if re.fullmatch(r"-?[0-9]{1,6}", text) else default
