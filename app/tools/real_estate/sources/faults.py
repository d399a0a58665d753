"""What can go wrong with a portal's answer, as words, and which word each of the portal's wordings means.

apis.data.go.kr words its errors in three ways, all still seen: an XML envelope under HTTP 200, one English line with a
real status, and an XML or JSON envelope with a real status. Upstream text is only ever matched, never repeated: it
could hold the key. What a word means to the owner is said in ``advice``.
"""

from __future__ import annotations

from typing import Literal, NoReturn

Kind = Literal[
    "unset",
    "misshapen",
    "key",
    "no key",
    "application",
    "access",
    "expired",
    "address",
    "quota",
    "spent",
    "rate",
    "request",
    "retired",
    "hiccup",
    "fault",
    "no data",
    "redirect",
    "empty",
    "large",
    "timeout",
    "budget",
    "unreachable",
    "unreadable",
    "moving",
    "partial",
]

RETRIED: frozenset[Kind] = frozenset({"hiccup", "rate", "empty"})
"""The portal may well answer in a moment."""

RETRIED_ONCE: frozenset[Kind] = frozenset({"timeout", "unreachable"})
"""One request may have had bad luck; a second with the same luck is no accident."""

TRANSIENT: frozenset[Kind] = RETRIED | RETRIED_ONCE | {"budget", "fault", "quota", "spent"}
"""Will pass, and says nothing against what the portal said earlier: an older answer may stand in."""


class Fault(Exception):
    """There is no usable answer; ``kind`` says why. Holds nothing that the portal said."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind)
        self.kind: Kind = kind


def fail(kind: Kind) -> NoReturn:
    """Raise :class:`Fault`, as an expression."""
    raise Fault(kind)


_NAMES: dict[str, Kind] = {
    "APPLICATION_ERROR": "hiccup",
    "DB_ERROR": "fault",
    "NODATA_ERROR": "no data",
    "HTTP_ERROR": "hiccup",
    "SERVICETIMEOUT_ERROR": "hiccup",
    "INVALID_REQUEST_PARAMETER_ERROR": "request",
    "NO_MANDATORY_REQUEST_PARAMETERS_ERROR": "request",
    "NO_OPENAPI_SERVICE_ERROR": "retired",
    "SERVICE_KEY_IS_NULL": "no key",
    "PERMISSION_DENIED": "application",
    "SERVICE_ACCESS_DENIED_ERROR": "application",
    "TEMPORARILY_DISABLE_THE_SERVICEKEY_ERROR": "expired",
    "LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR": "quota",
    "LIMITED_NUMBER_OF_SERVICE_REQUESTS_PER_SECOND_EXCEEDS_ERROR": "rate",
    "BLACKLIST_IP_ACCESS_ERROR": "address",
    "SERVICE_KEY_IS_NOT_REGISTERED_ERROR": "key",
    "DEADLINE_HAS_EXPIRED_ERROR": "expired",
    "UNREGISTERED_IP_ERROR": "address",
    "UNSIGNED_CALL_ERROR": "key",
    "UNKNOWN_ERROR": "fault",
}
_NUMBERS: dict[str, Kind] = {
    "01": "hiccup",
    "02": "fault",
    "03": "no data",
    "04": "hiccup",
    "05": "hiccup",
    "10": "request",
    "11": "request",
    "12": "retired",
    "20": "access",
    "21": "expired",
    "22": "quota",
    "23": "rate",
    "29": "address",
    "30": "key",
    "31": "expired",
    "32": "address",
    "33": "key",
    "99": "fault",
}
_LINES: dict[str, Kind] = {
    "unauthorized": "key",
    "forbidden": "application",
    "api not found": "retired",
    "api rate limit exceeded": "rate",
    "api token quota exceeded": "quota",
    "unexpected error": "hiccup",
    "error forwarding request": "hiccup",
    "error receiving response": "hiccup",
}
_STATUSES: dict[int, Kind] = {
    400: "request",
    401: "key",
    403: "application",
    404: "retired",
    429: "rate",
    500: "hiccup",
    502: "hiccup",
    504: "hiccup",
}


def code_kind(number: str, *texts: str) -> Kind:
    """Classify an error code. A known name wins over the number, because one number can stand for three names."""
    for text in (*texts, number):
        if kind := _NAMES.get(text.strip().upper()):
            return kind
    return _NUMBERS.get(number.strip().lstrip("0").zfill(2), "fault")


def status_kind(status: int, text: str) -> Kind:
    """Classify an answer that is no envelope, by its line and then by its status."""
    line = " ".join(text[:200].split()).lower()
    for start, kind in _LINES.items():
        if line.startswith(start):
            return kind
    if 300 <= status < 400:
        return "redirect"
    if status == 200:
        return "unreadable" if line else "empty"
    return _STATUSES.get(status, "fault")


def envelope_kind(document: object) -> Kind | None:
    """Classify a parsed error envelope, from XML or JSON; None when ``document`` is no such thing."""
    root = document.get("OpenAPI_ServiceResponse") if isinstance(document, dict) else None
    header = root.get("cmmMsgHeader") if isinstance(root, dict) else None
    if not isinstance(header, dict):
        return None if root is None else "fault"
    number, *texts = (str(header.get(name) or "") for name in ("returnReasonCode", "errMsg", "returnAuthMsg"))
    return code_kind(number, *texts)
