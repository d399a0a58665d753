"""A stand-in for the Korean open-data portal, for the demo and the tests: apartment sales, made up.

It keeps the live portal's manners, also the bad ones: success is ``000``, malformed questions get zero rows, pages
are capped in silence, cancelled rows stay in the list, and errors come in three generations. It shares no code with
the tools that ask it, so that a misreading is not made twice. It offers one dataset, has no quota of its own, and
does not speak JSON. The key is never written anywhere; whoever serves this app keeps query strings out of its log.
"""

from __future__ import annotations

import asyncio
import hmac
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.demo.portal.answers import FAULTS, failure, page
from app.demo.portal.deals import sales

__all__ = ["PATH", "Portal", "create_portal_app"]

PATH = "/1613000/RTMSDataSvcAptTrade/getRTMSDataSvcAptTrade"
_SEOUL = ZoneInfo("Asia/Seoul")


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Portal:
    """The stand-in's switches; all can be changed while it runs.

    ``api_key`` is the decoding form of the one key it knows. ``fault`` makes every answer a bad one: ``A``, ``B``
    and ``C`` refuse the key in that generation of errors, the other words are those of ``answers.FAULTS``.
    ``error_generation`` is how errors are worded otherwise. ``requests`` counts by path.
    """

    api_key: str = field(repr=False)
    page_cap: int = 1000
    fault: str | None = None
    error_generation: str = "B"
    requests: Counter[str] = field(default_factory=Counter)
    clock: Callable[[], datetime] = _utc_now
    slow_seconds: float = 60.0
    permitted: bool = True


def create_portal_app(portal: Portal) -> Starlette:
    """Build the ASGI app; the state stays in ``portal``."""

    async def apartment_sales(request: Request) -> Response:
        portal.requests[PATH] += 1
        if refusal := _refuse_key(portal, request):
            return refusal
        if portal.fault == "slow":
            await asyncio.sleep(portal.slow_seconds)
        if portal.fault in FAULTS:
            return FAULTS[portal.fault](portal.error_generation, str(request.url))
        return _answer(portal, request)

    async def unknown(request: Request) -> Response:
        portal.requests[request.url.path] += 1
        return failure("unknown_path", portal.error_generation)

    return Starlette(routes=[Route(PATH, apartment_sales), Route("/{path:path}", unknown)])


def _refuse_key(portal: Portal, request: Request) -> Response | None:
    """Check the key after decoding the query string once, as the live portal does."""
    if portal.fault in ("A", "B", "C"):
        return failure("unknown_key", portal.fault)
    key = request.query_params.get("serviceKey", "")
    if not key:
        return failure("missing_key", portal.error_generation)
    if not hmac.compare_digest(key.encode(), portal.api_key.encode()):
        return failure("unknown_key", portal.error_generation)
    if not portal.permitted or portal.fault == "forbidden":
        return failure("not_applied", portal.error_generation)
    return None


def _answer(portal: Portal, request: Request) -> Response:
    number, asked = (_integer(request, name, default) for name, default in (("pageNo", 1), ("numOfRows", 10)))
    if asked < 0:
        return page([], code="999", message="ERROR: LIMIT must not be negative")
    today = portal.clock().astimezone(_SEOUL).date()
    rows = sales(request.query_params.get("LAWD_CD", ""), request.query_params.get("DEAL_YMD", ""), today)
    size = min(asked, portal.page_cap)
    start = (max(number, 1) - 1) * size
    chosen = list(rows[start : start + size])
    if portal.fault == "missing_rows" and start + size >= len(rows):
        chosen = chosen[:-3]
    if portal.fault == "unreadable_rows":
        chosen = [{**row, "dealAmount": "-"} if index < 2 else row for index, row in enumerate(chosen)]
    answer = page(chosen, number=number, asked=asked, total=len(rows))
    if portal.fault == "truncated":
        return Response(bytes(answer.body)[:-40], media_type="application/xml")
    return answer


def _integer(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    return int(text) if re.fullmatch(r"-?[0-9]{1,6}", text) else default
