"""From the bytes of an answer to a parsed document, XML or JSON, or a :class:`Fault`. Every byte is untrusted.

Document types, packed answers, numbers without end and half letters are refused; sizes were bounded before. This
module knows the error envelopes that all services share, and not what any service says when it is well.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn
from xml.parsers.expat import ExpatError

import xmltodict

from app.tools.real_estate.sources.bounds import MOST_ELEMENTS
from app.tools.real_estate.sources.faults import code_kind, envelope_kind, fail, status_kind

Document = dict[str, Any]

SUCCESS = ("0", "00", "000")
"""Documents say ``00``, live answers ``000``."""


def read_document(status: int, body: bytes) -> Document:
    """Parse an answer; :class:`Fault` for each of the three wordings of an error, and for what is no answer.

    Errors in a service's own envelope are left to its reader, but only those under HTTP 200.
    """
    try:
        text = body.decode("utf-8").strip("\ufeff \r\n\t")
    except UnicodeDecodeError:
        text = None
    if text is None:
        fail(status_kind(status, "?"))
    document = _parsed(text)
    if kind := envelope_kind(document):
        fail(kind)
    if document is None:
        fail(status_kind(status, text))
    return document


def check_header(header: Mapping[str, Any]) -> str:
    """Return the code of ``resultCode`` when it means success or, which the caller may allow, no data."""
    code = str(header["resultCode"]).strip()
    if code in SUCCESS:
        return "00"
    kind = code_kind(code, str(header.get("resultMsg") or ""))
    return "03" if kind == "no data" else fail(kind)


def _parsed(text: str) -> Document | None:
    if text.startswith("<"):
        return _parsed_xml(text)
    return _parsed_json(text) if text.startswith("{") else None


def _parsed_xml(text: str) -> Document | None:
    if text.count("<") > MOST_ELEMENTS or "<!DOCTYPE" in text:
        return None
    try:
        return xmltodict.parse(text, disable_entities=True, force_list=("item",))
    except (ExpatError, ValueError):
        return None


def _parsed_json(text: str) -> Document | None:
    try:
        document = json.loads(text, parse_int=_short, parse_float=_finite, parse_constant=_refused)
        if "\\u" in text:
            json.dumps(document, ensure_ascii=False).encode()  # half letters (lone surrogates) cannot be written on
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _short(text: str) -> int:
    return int(text) if len(text) <= 20 else _refused(text)


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refused(text)


def _refused(_: str) -> NoReturn:
    raise ValueError
