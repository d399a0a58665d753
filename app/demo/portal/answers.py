"""What the stand-in portal says: pages of rows, the three generations of its errors, and answers that are broken.

The wordings and statuses are those seen of the live portal between 2024 and 2026. Nothing here decides *when* an
answer is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from starlette.responses import HTMLResponse, PlainTextResponse, Response

_XML = "application/xml"


@dataclass(frozen=True)
class _Refusal:
    """One kind of error in its three wordings."""

    name: str
    number: str
    sentence: str
    plain_status: int
    plain_text: str
    status: int


_REFUSALS = {
    "missing_key": _Refusal("SERVICE_KEY_IS_NULL", "20", "서비스키 누락", 401, "Unauthorized", 401),
    "unknown_key": _Refusal(
        "SERVICE_KEY_IS_NOT_REGISTERED_ERROR", "30", "등록되지 않은 서비스키", 401, "Unauthorized", 403
    ),
    "not_applied": _Refusal("SERVICE_ACCESS_DENIED_ERROR", "20", "서비스 접근거부", 403, "Forbidden", 403),
    "unknown_path": _Refusal(
        "NO_OPENAPI_SERVICE_ERROR", "12", "해당 오픈 API 서비스가 없음", 404, "API not found", 400
    ),
    "quota": _Refusal(
        "LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR",
        "22",
        "서비스 요청 제한횟수 초과",
        429,
        "API token quota exceeded",
        403,
    ),
    "rate": _Refusal(
        "LIMITED_NUMBER_OF_SERVICE_REQUESTS_PER_SECOND_EXCEEDS_ERROR",
        "23",
        "초당 요청 제한횟수 초과",
        429,
        "API rate limit exceeded",
        403,
    ),
}


def failure(kind: str, generation: str) -> Response:
    """Word one error as generation A (envelope, HTTP 200), B (one line) or C (envelope with a status) does."""
    refusal = _REFUSALS[kind]
    if generation == "A":
        return _envelope(200, "SERVICE ERROR", refusal.name, refusal.number)
    if generation == "C":
        return _envelope(refusal.status, refusal.name, refusal.sentence, refusal.number)
    return PlainTextResponse(refusal.plain_text, refusal.plain_status)


def _envelope(status: int, message: str, authentication: str, number: str) -> Response:
    fields = {"errMsg": message, "returnAuthMsg": authentication, "returnReasonCode": number}
    header = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    text = f"<OpenAPI_ServiceResponse><cmmMsgHeader>{header}</cmmMsgHeader></OpenAPI_ServiceResponse>"
    return Response(text, status, media_type=_XML)


def page(
    rows: Sequence[Mapping[str, str]],
    *,
    number: int = 1,
    asked: int = 10,
    total: int = 0,
    code: str = "000",
    message: str = "OK",
) -> Response:
    """Write one page of rows; tags come in alphabetical order and an empty list is one self-closed element."""
    items = "".join(
        f"<item>{''.join(f'<{tag}>{escape(row[tag])}</{tag}>' for tag in sorted(row))}</item>" for row in rows
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f"<response><header><resultCode>{code}</resultCode><resultMsg>{message}</resultMsg></header>"
        f"<body>{f'<items>{items}</items>' if items else '<items/>'}"
        f"<numOfRows>{asked}</numOfRows><pageNo>{number}</pageNo><totalCount>{total}</totalCount></body></response>"
    )
    return Response(text, media_type=_XML)


def _bomb() -> str:
    entities = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE response [<!ENTITY e0 "ten chars.">{entities}]><response>&e9;</response>'


FAULTS: dict[str, Callable[[str, str], Response]] = {
    "quota": lambda generation, _: failure("quota", generation),
    "rate": lambda generation, _: failure("rate", generation),
    "empty": lambda *_: Response(b"", media_type=_XML),
    "html": lambda *_: HTMLResponse("<!DOCTYPE html><html><body><h1>점검 중입니다</h1></body></html>"),
    "bad_gateway": lambda *_: PlainTextResponse("Error forwarding request to backend server", 502),
    "gateway_timeout": lambda *_: PlainTextResponse("Error receiving response from backend server", 504),
    "redirect": lambda _, url: Response(status_code=302, headers={"Location": f"{url}&moved=1"}),
    "bomb": lambda *_: Response(_bomb(), media_type=_XML),
}
"""Answers that take the place of every good one; each is handed the error generation and the request's URL."""
