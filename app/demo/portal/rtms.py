"""The thirteen services of actual transactions (RTMS): pages of rows as XML, and JSON as it was never documented.

Nothing is refused for being malformed: a district or month that means nothing has no rows, and success is ``000``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from xml.sax.saxutils import escape

from starlette.responses import JSONResponse, Response

from app.demo.portal.answers import XML
from app.demo.portal.deals import rows
from app.demo.portal.gate import DATA_GO_KR, Question, Service
from app.demo.portal.sale import BLANK, Row
from app.demo.portal.tags import TAGS

_BLANKS = ("<{0}> </{0}>", "<{0}> </{0}>", "<{0}> </{0}>", "<{0}></{0}>", "<{0}/>")
"""The three ways in which an empty field is written; one space is the usual one."""
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def path_of(service: str) -> str:
    """Return the path of a service by the part of its name that differs, as ``AptTrade``."""
    return f"/1613000/RTMSDataSvc{service}/getRTMSDataSvc{service}"


def services() -> dict[str, Service]:
    """Return the thirteen by path."""
    return {
        path_of(service): Service(f"RTMSDataSvc{service}", DATA_GO_KR, partial(_answer, service)) for service in TAGS
    }


def _answer(service: str, question: Question) -> Response:
    portal, number, asked = question.portal, question.integer("pageNo", 1), question.integer("numOfRows", 10)
    if asked < 0:
        return _xml([], {"resultCode": "999", "resultMsg": "ERROR: LIMIT must not be negative"}, 1, 10, 0)
    region, month = (question.params.get(name, "") for name in ("LAWD_CD", "DEAL_YMD"))
    found = rows(service, region, month, portal.now().date(), portal.old_codes_hold_the_past)
    chosen, total = question.page(found, number, min(asked, portal.page_cap))
    if service == "NrgTrade" and portal.commercial_cancel_tag != "cdealType":
        chosen = [_renamed(row, "cdealType", portal.commercial_cancel_tag) for row in chosen]
    if question.fault == "unreadable_rows":
        amount = "deposit" if service.endswith("Rent") else "dealAmount"
        chosen = [row | {amount: "-"} if index < 2 else row for index, row in enumerate(chosen)]
    write = _json if question.params.get("_type") == "json" else _xml
    return write(chosen, {"resultCode": "000", "resultMsg": "OK"}, number, asked, total)


def _renamed(row: Row, tag: str, name: str) -> Row:
    return {name if key == tag else key: value for key, value in row.items()}


def _xml(chosen: Sequence[Row], header: Row, number: int, asked: int, total: int) -> Response:
    items = "".join(_item(index, row) for index, row in enumerate(chosen))
    head = "".join(f"<{name}>{text}</{name}>" for name, text in header.items())
    return Response(
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f"<response><header>{head}</header><body>{f'<items>{items}</items>' if items else '<items/>'}"
        f"<numOfRows>{asked}</numOfRows><pageNo>{number}</pageNo><totalCount>{total}</totalCount></body></response>",
        media_type=XML,
    )


def _item(index: int, row: Mapping[str, str]) -> str:
    fields = (
        _BLANKS[(index + place) % len(_BLANKS)].format(tag) if text == BLANK else f"<{tag}>{escape(text)}</{tag}>"
        for place, (tag, text) in enumerate(row.items())
    )
    return f"<item>{''.join(fields)}</item>"


def _json(chosen: Sequence[Row], header: Row, number: int, asked: int, total: int) -> Response:
    """Write JSON as the portal converts it: one row is an object, and what looks like a number becomes one."""
    items = [{tag: _value(text) for tag, text in row.items()} for row in chosen]
    body = {
        "items": {"item": items if len(items) > 1 else items[0]} if items else "",
        "numOfRows": asked,
        "pageNo": number,
        "totalCount": total,
    }
    return JSONResponse({"response": {"header": header, "body": body}})


def _value(text: str) -> str | int | float:
    if not _NUMBER.fullmatch(text):
        return text
    return float(text) if "." in text else int(text)
