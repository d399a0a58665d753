"""Public auctions (Onbid v2): bid results and objects on offer, as lists and one by one, and two code tables.

JSON comes only for ``resultType=json``. One row is an object and none is an empty string; refusals are ``result``
envelopes. The first version of these services is gone and answers code 12.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from starlette.responses import JSONResponse, Response

from app.demo.portal.answers import XML, xml_fields
from app.demo.portal.auction_objects import Row, Value
from app.demo.portal.auctions import Round, find, on_offer, rounds_between, row
from app.demo.portal.gate import Gateway, Question, Service, plainly, query_key
from app.demo.portal.onbid_codes import address_rows, use_rows
from app.demo.portal.state import SEOUL, Portal

_BASE = "/B010003"
_CODES = {
    "03": "NODATA_ERROR",
    "10": "INVALID_REQUEST_PARAMETER_ERROR",
    "11": "NO_MANDATORY_REQUEST_PARAMETERS_ERROR",
    "12": "NO_OPENAPI_SERVICE_ERROR",
    "99": "UNKNOWN_ERROR",
}
_PAGE = ("pageNo", "numOfRows")
_RESULTS = (*_PAGE, "cltrTypeCd", "prptDivCd", "opbdDtStart", "opbdDtEnd")
_OFFERS = (*_PAGE, "prptDivCd", "pvctTrgtYn")
_ONE = ("cltrMngNo", "pbctCdtnNo")
_AMOUNT = re.compile(r"[0-9]{1,15}")

_Filter = Callable[[Round, Row, str], bool]
_FILTERS: dict[str, _Filter] = {
    "cltrTypeCd": lambda one, _, wanted: one.thing.type_code == wanted,
    "prptDivCd": lambda _, shown, wanted: shown["prptDivCd"] in wanted.split(","),
    "dspsMthodCd": lambda _, shown, wanted: shown["dspsMthodCd"] == wanted,
    "bidDivCd": lambda _, shown, wanted: shown["bidDivCd"] == wanted,
    "pvctTrgtYn": lambda _, shown, wanted: shown["pvctTrgtYn"] == wanted,
    "lctnSdnm": lambda one, _, wanted: one.thing.place[0] == wanted,
    "lctnSggnm": lambda one, _, wanted: one.thing.place[1] == wanted,
    "lctnEmdNm": lambda one, _, wanted: one.thing.place[2] == wanted,
    "apslEvlAmtStart": lambda one, _, wanted: one.thing.appraisal >= int(wanted),
    "apslEvlAmtEnd": lambda one, _, wanted: one.thing.appraisal <= int(wanted),
    "lowstBidPrcStart": lambda one, _, wanted: one.lowest >= int(wanted),
    "lowstBidPrcEnd": lambda one, _, wanted: one.lowest <= int(wanted),
    "pbctStatCd": lambda _, shown, wanted: shown["pbctStatCd"] == wanted,
    "onbidCltrNm": lambda _, shown, wanted: wanted in str(shown["onbidCltrNm"]),
}


def _refuse(portal: Portal, kind: str, generation: str, params: Mapping[str, str]) -> Response:
    """Take a key in the wrong encoding for missing parameters, as the live service does; refuse others plainly."""
    if kind == "unknown_key" and re.search("[% ]", params.get("serviceKey", "")):
        return _result("11", params)
    return plainly(portal, kind, generation, params)


_ONBID = Gateway(query_key("serviceKey"), _refuse)


def services() -> dict[str, Service]:
    """Return the six operations by path."""
    operations: dict[str, Callable[[Question], Response]] = {
        "OnbidCltrBidRsltListSrvc2/getCltrBidRsltList2": _bid_results,
        "OnbidCltrBidRsltDtlSrvc2/getCltrBidRsltDtl2": _result_of_one,
        "OnbidRlstListSrvc2/getRlstCltrList2": _offers,
        "OnbidRlstDtlSrvc2/getRlstDtlInf2": _offer_of_one,
        "OnbidCodeSrvc/getOnbidUsgCodeInfo": _uses,
        "OnbidCodeSrvc/getOnbidDtlAddrInfo": _addresses,
    }
    return {f"{_BASE}/{path}": Service(path.split("/")[0], _ONBID, answer) for path, answer in operations.items()}


def unknown_path(params: Mapping[str, str]) -> Response:
    """Answer a path that is none, also those of the first version."""
    return _result("12", params)


def _bid_results(question: Question) -> Response:
    params, now = question.params, question.portal.now()
    if not all(params.get(name) for name in _RESULTS):
        return _result("11", params)
    start, end = _day(params["opbdDtStart"]), _day(params["opbdDtEnd"])
    if start is None or end is None or end.date() > now.date() or not _amounts_readable(params):
        return _result("10", params)
    until = min(end.replace(hour=23, minute=59), now)
    found = ((one, row(one, now)) for one in rounds_between(start, until))
    return _list(question, [shown for one, shown in found if _matches(one, shown, params)])


def _offers(question: Question) -> Response:
    params, now = question.params, question.portal.now()
    if not all(params.get(name) for name in _OFFERS):
        return _result("11", params)
    if not _amounts_readable(params):
        return _result("10", params)
    found = ((one, row(one, now, offered=True)) for one in on_offer(now) if one.thing.type_code == "0001")
    return _list(question, [shown for one, shown in found if _matches(one, shown, params)])


def _result_of_one(question: Question) -> Response:
    return _one(question, lambda one, now: row(one, now) | one.detail if one.opening <= now else None)


def _offer_of_one(question: Question) -> Response:
    def offered(one: Round, now: datetime) -> Row | None:
        waiting = one.thing.type_code == "0001" and (one.opening > now or one.private_at(now))
        return row(one, now, offered=True) if waiting else None

    return _one(question, offered)


def _one(question: Question, write: Callable[[Round, datetime], Row | None]) -> Response:
    """Answer one round; there is no data where ``write`` has none to tell."""
    params, now = question.params, question.portal.now()
    if not all(params.get(name) for name in _ONE):
        return _result("11", params)
    condition = params["pbctCdtnNo"]
    one = find(params["cltrMngNo"], int(condition)) if re.fullmatch("[0-9]{1,9}", condition) else None
    shown = write(one, now) if one else None
    return _list(question, [shown]) if shown else _result("03", params)


def _uses(question: Question) -> Response:
    """Answer the uses; below the smallest there is no data, and below a blank one an error of the service's own."""
    params = question.params
    if params.get("upCtgrId") == "":
        return _result("99", params)
    found = _filtered(use_rows(question.portal.onbid_code_names), params)
    return _list(question, found) if found or "upCtgrId" not in params else _result("03", params)


def _addresses(question: Question) -> Response:
    return _list(question, _filtered(address_rows(question.portal.onbid_code_names), question.params))


def _filtered(table: Sequence[Mapping[str, Value]], params: Mapping[str, str]) -> list[Row]:
    wanted = {name: text for name, text in params.items() if text and name in table[0]}
    return [{**one} for one in table if all(one[name] == text for name, text in wanted.items())]


def _day(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=SEOUL) if re.fullmatch("[0-9]{8}", text) else None
    except ValueError:
        return None


def _amounts_readable(params: Mapping[str, str]) -> bool:
    names = (f"{name}{edge}" for name in ("apslEvlAmt", "lowstBidPrc") for edge in ("Start", "End"))
    return all(_AMOUNT.fullmatch(params[name]) for name in names if params.get(name))


def _matches(one: Round, shown: Row, params: Mapping[str, str]) -> bool:
    return all(test(one, shown, params[name]) for name, test in _FILTERS.items() if params.get(name))


def _list(question: Question, rows: Sequence[Row]) -> Response:
    portal, params = question.portal, question.params
    number, asked = max(question.integer("pageNo", 1), 1), max(question.integer("numOfRows", 10), 0)
    chosen, total = question.page(rows, number, min(asked, portal.page_cap))
    if not chosen and portal.onbid_no_data_code:
        return _result("03", params)
    header: Row = {"resultCode": "00", "resultMsg": "NORMAL_CODE"}
    tail: Row = {"pageNo": number, "numOfRows": asked, "totalCount": total}
    if not _json_asked(params):
        items = "".join(f"<item>{xml_fields(one)}</item>" for one in chosen)
        body = f"<items>{items}</items>{xml_fields(tail)}"
        return _xml(f"<response><header>{xml_fields(header)}</header><body>{body}</body></response>")
    items_object = {"item": chosen if len(chosen) > 1 else chosen[0]} if chosen else ""
    document = {"header": header, "body": {"items": items_object, **tail}}
    return JSONResponse({"response": document} if portal.onbid_wrapped else document)


def _json_asked(params: Mapping[str, str]) -> bool:
    return params.get("resultType", "").lower() == "json"


def _result(code: str, params: Mapping[str, str]) -> Response:
    fields = {"resultCode": code, "resultMsg": _CODES[code]}
    return JSONResponse({"result": fields}) if _json_asked(params) else _xml(f"<result>{xml_fields(fields)}</result>")


def _xml(text: str) -> Response:
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>{text}', media_type=XML)
