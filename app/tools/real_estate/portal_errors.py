"""What the open-data portal means when it refuses, and what the owner can do about it.

The portal words its errors in three ways, all still seen: an XML envelope under HTTP 200, one English line with a
real status, and an XML or JSON envelope with a real status. Upstream text is only ever matched, never repeated: it
could hold the key.
"""

from __future__ import annotations

import json
import re

_AGAIN = "The same question can be asked again later."

_ADVICE = {
    "unset": "needs a key, and DATA_GO_KR_API_KEY is not set. A key is free of charge: sign up at data.go.kr, choose "
    "활용신청 at {dataset}, and put the key into DATA_GO_KR_API_KEY.",
    "key": "does not know the key. Compare DATA_GO_KR_API_KEY with the key shown on data.go.kr (마이페이지); either "
    "printed form works, and a new key can take two hours to become active.",
    "no key": "saw no key in the request. Check DATA_GO_KR_API_KEY.",
    "application": "knows the key, but the key is not registered for this dataset. Choose 활용신청 at {dataset} with "
    "the key's account (approval is automatic), and allow up to two hours.",
    "access": "refuses access: DATA_GO_KR_API_KEY is empty, or 활용신청 at {dataset} is missing.",
    "expired": "says that the key has expired or is suspended. Renew the application (활용신청) at {dataset}.",
    "address": "refuses this server's IP address. The account's settings on data.go.kr say which are allowed.",
    "quota": "says that today's quota of this dataset is used up. It is reset at midnight in Korea (00:00 KST).",
    "rate": "is receiving too many requests at once. The same question can be asked again in a minute.",
    "request": "did not accept the request's parameters. This points at the server, not at the question.",
    "retired": "has no service at this address. Check DATA_GO_KR_BASE_URL; if it is right, the service was moved.",
    "fault": f"has a fault of its own at present. {_AGAIN}",
    "no data": f"says that it has no data, which it never says of a month without sales. {_AGAIN}",
    "redirect": "pointed to another address, which is not followed. Check DATA_GO_KR_BASE_URL.",
    "empty": f"sent an empty answer, which does not mean that there were no sales. {_AGAIN}",
    "large": "sent more than this server takes. Nothing was read.",
    "timeout": f"did not answer in time. {_AGAIN}",
    "unreachable": "cannot be reached. Check this server's network and DATA_GO_KR_BASE_URL.",
    "unreadable": f"sent something other than the XML its documents describe; nothing is known of the month. {_AGAIN}",
    "moving": f"changed its data while the pages were read. {_AGAIN}",
    "partial": f"did not deliver the rows it counted, and statistics on a part are refused. {_AGAIN}",
}
_NAMES = {
    "APPLICATION_ERROR": "fault",
    "DB_ERROR": "fault",
    "NODATA_ERROR": "no data",
    "HTTP_ERROR": "fault",
    "SERVICETIMEOUT_ERROR": "fault",
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
_NUMBERS = {
    number: kind
    for kind, numbers in {
        "fault": ("01", "02", "04", "05", "99"),
        "no data": ("03",),
        "request": ("10", "11"),
        "retired": ("12",),
        "access": ("20",),
        "expired": ("21", "31"),
        "quota": ("22",),
        "rate": ("23",),
        "address": ("29", "32"),
        "key": ("30", "33"),
    }.items()
    for number in numbers
}
_LINES = {
    "unauthorized": "key",
    "forbidden": "application",
    "api not found": "retired",
    "api rate limit exceeded": "rate",
    "api token quota exceeded": "quota",
    "unexpected error": "fault",
    "error forwarding request": "fault",
    "error receiving response": "fault",
}
_STATUSES = {400: "request", 401: "key", 403: "application", 404: "retired", 429: "rate"}


def advice(kind: str, dataset: str) -> str:
    """Say what the portal did and what can be done; ``dataset`` is the address where the dataset is applied for."""
    return "The open-data portal " + _ADVICE[kind].format(dataset=dataset)


def code_kind(number: str, *texts: str) -> str:
    """Classify an error code. A known name wins over the number, because one number can stand for three names."""
    for text in (*texts, number):
        if kind := _NAMES.get(text.strip().upper()):
            return kind
    return _NUMBERS.get(number.strip().lstrip("0").zfill(2), "fault")


def status_kind(status: int, text: str) -> str:
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


def json_envelope_kind(text: str) -> str | None:
    """Classify the JSON form of the error envelope; None when ``text`` is no such thing."""
    if not re.match(r'\s*\{\s*"OpenAPI_ServiceResponse"', text):
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return envelope_kind(document)


def envelope_kind(document: object) -> str | None:
    """Classify a parsed error envelope (from XML or JSON); None when ``document`` is no such thing."""
    root = document.get("OpenAPI_ServiceResponse") if isinstance(document, dict) else None
    header = root.get("cmmMsgHeader") if isinstance(root, dict) else None
    if not isinstance(header, dict):
        return None if root is None else "fault"
    fields = [str(header.get(name) or "") for name in ("returnReasonCode", "errMsg", "returnAuthMsg")]
    return code_kind(*fields)
