"""What apis.data.go.kr says instead of data: the three generations of its errors, and answers that are broken.

The wordings and statuses are those seen of the live portal between 2024 and 2026; where generation B was never seen
wording an error, it takes the status and line of the nearest one. Nothing here decides *when* an answer is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

XML = "application/xml"

_FORWARDING = "Error forwarding request to backend server"
_RECEIVING = "Error receiving response from backend server"


@dataclass(frozen=True)
class _Refusal:
    """One kind of error: its code name, number and sentence; generation B's status and line; C's status."""

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
    "bad_header": _Refusal(
        "INVALID_REQUEST_PARAMETER_ERROR", "10", "잘못된 요청 파라메터 에러", 400, "Bad Request", 400
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
    "application_error": _Refusal("APPLICATION_ERROR", "01", "어플리케이션 에러", 500, "Unexpected errors", 400),
    "http_error": _Refusal("HTTP_ERROR", "04", "HTTP 에러", 502, _FORWARDING, 400),
    "service_timeout": _Refusal("SERVICETIMEOUT_ERROR", "05", "서비스 연결실패 에러", 504, _RECEIVING, 400),
    "retired": _Refusal("NO_OPENAPI_SERVICE_ERROR", "12", "해당 오픈 API 서비스가 없음", 404, "API not found", 400),
    "unregistered": _Refusal(
        "NO_OPENAPI_SERVICE_ERROR", "12", "해당 오픈 API 서비스가 없음", 404, "API not found", 400
    ),
    "expired": _Refusal("DEADLINE_HAS_EXPIRED_ERROR", "31", "기한만료된 서비스키", 403, "Forbidden", 403),
    "blocked_address": _Refusal("BLACKLIST_IP_ACCESS_ERROR", "29", "차단된 IP 주소", 403, "Forbidden", 403),
}


def failure(kind: str, generation: str, *, as_json: bool = False) -> Response:
    """Word one error as generation A (envelope, HTTP 200), B (one line) or C (envelope with a status) does.

    Generation C answers JSON where JSON was asked for, but never about a wrong path.
    """
    refusal = _REFUSALS[kind]
    if generation == "A":
        return _envelope(200, "SERVICE ERROR", refusal.name, refusal.number)
    if generation == "B":
        return PlainTextResponse(refusal.plain_text, refusal.plain_status)
    if generation == "C":
        as_json = as_json and refusal.number != "12"
        return _envelope(refusal.status, refusal.name, refusal.sentence, refusal.number, as_json=as_json)
    raise ValueError("error_generation must be A, B or C")


def _envelope(status: int, message: str, authentication: str, number: str, *, as_json: bool = False) -> Response:
    fields = {"errMsg": message, "returnAuthMsg": authentication, "returnReasonCode": number}
    if as_json:
        return JSONResponse({"OpenAPI_ServiceResponse": {"cmmMsgHeader": fields}}, status)
    header = xml_fields(fields)
    text = f"<OpenAPI_ServiceResponse><cmmMsgHeader>{header}</cmmMsgHeader></OpenAPI_ServiceResponse>"
    return Response(text, status, media_type=XML)


def xml_fields(fields: Mapping[str, object]) -> str:
    """Write plain fields as elements in their own order; None becomes an empty one."""
    return "".join(f"<{name}>{'' if value is None else escape(str(value))}</{name}>" for name, value in fields.items())


def _bomb() -> str:
    entities = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE response [<!ENTITY e0 "ten chars.">{entities}]><response>&e9;</response>'


BEFORE_THE_KEY = ("A", "B", "C")
"""Faults that refuse every key, each in its generation's wording."""
REFUSING = {
    "forbidden": "not_applied",
    **{
        word: word
        for word in (
            "quota",
            "rate",
            "application_error",
            "http_error",
            "service_timeout",
            "retired",
            "unregistered",
            "expired",
            "blocked_address",
        )
    },
}
"""Faults that are worded as errors, in the generation and the gateway's own manner."""
BROKEN: dict[str, Callable[[str], Response]] = {
    "empty": lambda _: Response(b"", media_type=XML),
    "html": lambda _: HTMLResponse("<!DOCTYPE html><html><body><h1>점검 중입니다</h1></body></html>"),
    "unexpected": lambda _: PlainTextResponse("Unexpected errors", 500),
    "bad_gateway": lambda _: PlainTextResponse(_FORWARDING, 502),
    "gateway_timeout": lambda _: PlainTextResponse(_RECEIVING, 504),
    "redirect": lambda url: Response(status_code=302, headers={"Location": f"{url}&moved=1"}),
    "bomb": lambda _: Response(_bomb(), media_type=XML),
}
"""Faults that are no answer at all; each is handed the URL, which only a redirect repeats, as redirects do."""
SPOILING = ("slow", "truncated", "missing_rows", "unreadable_rows", "moving")
"""Faults that come with a good answer, or what is left of it."""
FAULTS = frozenset((*BEFORE_THE_KEY, *REFUSING, *BROKEN, *SPOILING))
