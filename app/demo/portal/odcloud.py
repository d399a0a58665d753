"""The gateway of api.odcloud.kr: an ``Infuser`` header or a key in the query, conditions, and two different totals.

``totalCount`` is the whole dataset whatever is asked; ``matchCount`` is what the conditions leave. Errors are JSON of
a negative code and a sentence. Conditions a dataset does not declare are ignored, or refused when the portal is
strict.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from xml.sax.saxutils import escape, quoteattr

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.demo.portal.answers import XML
from app.demo.portal.gate import Gateway, Question, Service, query_key
from app.demo.portal.house_types import models
from app.demo.portal.notice_file import FILE_COLUMNS, snapshot
from app.demo.portal.notices import KINDS, details
from app.demo.portal.state import Portal
from app.demo.portal.subscription_results import RESULTS
from app.demo.portal.subscription_stats import STATISTICS

Value = str | int | None
Row = Mapping[str, Value]

FILE_PATH = "/api/15101046/v1/uddi:14a46595-03dd-47d3-a418-d64e52820598"
_CONDITION = re.compile(r"cond\[(.+)::([A-Z]+)\]")
_IDS = ("HOUSE_MANAGE_NO", "PBLANC_NO")
_EQUAL = frozenset({"EQ"})
_TEXT = frozenset({"EQ", "NEQ", "LIKE"})
_ORDER = frozenset({"EQ", "NEQ", "LT", "LTE", "GT", "GTE"})
_TESTS: dict[str, Callable[[str, str], bool]] = {
    "EQ": lambda has, wanted: has == wanted,
    "NEQ": lambda has, wanted: has != wanted,
    "LIKE": lambda has, wanted: wanted in has,
    "LT": lambda has, wanted: has < wanted,
    "LTE": lambda has, wanted: has <= wanted,
    "GT": lambda has, wanted: has > wanted,
    "GTE": lambda has, wanted: has >= wanted,
}
_ERRORS = {
    "missing_key": (401, -401, "인증키는 필수 항목 입니다."),
    "unknown_key": (401, -4, "등록되지 않은 인증키 입니다."),
    "not_applied": (401, -4, "등록되지 않은 인증키 입니다."),
    "blocked_address": (401, -4, "등록되지 않은 인증키 입니다."),
    "bad_parameter": (400, -2, "잘못된 파라미터 입니다."),
    "expired": (401, -4, "등록되지 않은 인증키 입니다."),
    "unregistered": (400, -3, "등록되지 않은 서비스 입니다."),
    "retired": (400, -9, "종료된 서비스 입니다."),
    "quota": (400, -10, "트래픽을 초과하였습니다."),
    "rate": (400, -10, "트래픽을 초과하였습니다."),
    "application_error": (400, -1, "내부 오류가 발생하였습니다."),
    "http_error": (400, -1, "내부 오류가 발생하였습니다."),
    "service_timeout": (400, -999, "알 수 없는 오류가 발생하였습니다."),
}


@dataclass(frozen=True)
class Dataset:
    """Rows as of a day, and the operators that each field declares. All declared fields compare as text."""

    rows: Callable[[date], Sequence[Row]]
    operators: Mapping[str, frozenset[str]]


def _key(request: Request) -> str | None:
    word, _, key = request.headers.get("Authorization", "").partition(" ")
    return key if word == "Infuser" and key else query_key("serviceKey")(request)


def _refuse(portal: Portal, kind: str, _: str, __: Mapping[str, str]) -> Response:
    status, code, message = _ERRORS[kind]
    return JSONResponse({"code": code, "msg": message}, portal.odcloud_key_status if code == -4 else status)


_ODCLOUD = Gateway(_key, _refuse, dislikes_headers=False)


def unknown_path() -> Response:
    """Answer a path that is none, with the same words as a missing key."""
    status, code, message = _ERRORS["missing_key"]
    return JSONResponse({"code": code, "msg": message}, status)


def _datasets() -> dict[str, Dataset]:
    notice = dict.fromkeys(
        (*_IDS, "HOUSE_SECD", "HOUSE_DTL_SECD", "SUBSCRPT_AREA_CODE", "SUBSCRPT_AREA_CODE_NM"), _EQUAL
    ) | {"RCRIT_PBLANC_DE": _ORDER - {"NEQ"}}
    number = dict.fromkeys((*_IDS, "HOUSE_TY", "MODEL_NO"), _EQUAL)
    result = number | dict.fromkeys(("SUBSCRPT_RANK_CODE", "RESIDE_SECD"), _EQUAL)
    area = {"STAT_DE": _ORDER, "SUBSCRPT_AREA_CODE": _EQUAL}
    found = {}
    for kind in KINDS:
        base = f"ApplyhomeInfoDetailSvc/v1/get{kind}LttotPblanc"
        found[f"{base}Detail"] = Dataset(partial(details, kind), notice)
        found[f"{base}Mdl"] = Dataset(partial(models, kind), number)
    for operation, rows in RESULTS.items():
        found[f"ApplyhomeInfoCmpetRtSvc/v1/{operation}"] = Dataset(rows, result)
    for operation, rows in STATISTICS.items():
        lived = {"RESIDE_SECD": _EQUAL} if operation == "getAPTApsPrzwnerStat" else {}
        found[f"ApplyhomeStatSvc/v1/{operation}"] = Dataset(rows, area | lived)
    return {f"/api/{path}": dataset for path, dataset in found.items()}


def services() -> dict[str, Service]:
    """Return the file dataset and every Applyhome operation by path."""
    datasets = _datasets() | {FILE_PATH: Dataset(lambda _: snapshot(), dict.fromkeys(FILE_COLUMNS, _TEXT))}
    return {path: Service(path.split("/")[2], _ODCLOUD, partial(_answer, data)) for path, data in datasets.items()}


def _answer(dataset: Dataset, question: Question) -> Response:
    pages = [question.params.get(name, usual) for name, usual in (("page", "1"), ("perPage", "10"))]
    conditions = [(match[1], match[2], value) for name, value in question.params.items() if (match := _match(name))]
    declared = [(field, word, value) for field, word, value in conditions if word in dataset.operators.get(field, ())]
    unwelcome = question.portal.odcloud_strict and len(declared) < len(conditions)
    if unwelcome or not all(re.fullmatch(r"0*[1-9][0-9]{0,5}", text) for text in pages):
        return _refuse(question.portal, "bad_parameter", "", {})
    number, size = map(int, pages)
    everything = dataset.rows(question.portal.now().date())
    matching = [row for row in everything if all(_holds(row, *condition) for condition in declared)]
    chosen, match_count = question.page(matching, number, size)
    envelope: dict[str, object] = {
        "currentCount": len(chosen),
        "data": chosen,
        "matchCount": match_count,
        "page": number,
        "perPage": size,
        "totalCount": len(everything),
    }
    return _xml(envelope, chosen) if question.params.get("returnType", "").upper() == "XML" else JSONResponse(envelope)


def _match(name: str) -> re.Match[str] | None:
    return _CONDITION.fullmatch(name)


def _holds(row: Row, field: str, word: str, wanted: str) -> bool:
    value = row.get(field)
    return value is not None and _TESTS[word](str(value), wanted)


def _xml(envelope: Mapping[str, object], chosen: Sequence[Row]) -> Response:
    counts = "".join(f"<{name}>{value}</{name}>" for name, value in envelope.items() if name != "data")
    items = "".join(
        "<item>{}</item>".format(
            "".join(
                f"<col name={quoteattr(name)}>{escape('' if value is None else str(value))}</col>"
                for name, value in row.items()
            )
        )
        for row in chosen
    )
    return Response(
        f'<?xml version="1.0" encoding="UTF-8"?><results>{counts}<data>{items}</data></results>', media_type=XML
    )
