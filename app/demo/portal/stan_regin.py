"""StanReginCd, the look-up of legal-district codes: a list of one head and one body, and success is ``INFO-0``.

The last five digits of the codes are the stand-in's own (see ``regions``). A short list is the fault
``missing_rows``: fewer rows than the total says.
"""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from app.demo.portal.answers import XML, xml_fields
from app.demo.portal.gate import Gateway, Question, Service, plainly, query_key
from app.demo.portal.regions import Entry, code_table

PATH = "/1741000/StanReginCd/getStanReginCdList"
_SPELT_BOTH_WAYS = Gateway(query_key("serviceKey", "ServiceKey"), plainly)
_NONE = {"resultCode": "INFO-3", "resultMsg": "NODATA_ERROR"}


def services() -> dict[str, Service]:
    """Return the one operation by path."""
    return {PATH: Service("StanReginCd", _SPELT_BOTH_WAYS, _answer)}


def _answer(question: Question) -> Response:
    wanted = question.params.get("locatadd_nm", "").strip()
    found = [entry for entry in code_table() if entry.name.startswith(wanted)]
    number, asked = max(question.integer("pageNo", 1), 1), max(question.integer("numOfRows", 10), 0)
    chosen, total = question.page(found, number, min(asked, question.portal.page_cap))
    as_json = question.params.get("type", "").lower() == "json"
    if not chosen:
        return JSONResponse({"RESULT": _NONE}) if as_json else _xml(f"<RESULT>{xml_fields(_NONE)}</RESULT>")
    success = {"resultCode": "INFO-0", "resultMsg": "NOMAL SERVICE"}
    page = {"numOfRows": f"{asked}", "pageNo": f"{number}", "type": "JSON" if as_json else "XML"}
    rows = [_row(entry) for entry in chosen]
    if as_json:
        head = [{"totalCount": total}, page, {"RESULT": success}]
        return JSONResponse({"StanReginCd": [{"head": head}, {"row": rows}]})
    head_text = f"{xml_fields({'totalCount': total, **page})}<RESULT>{xml_fields(success)}</RESULT>"
    body = "".join(f"<row>{xml_fields(row)}</row>" for row in rows)
    return _xml(f"<StanReginCd><head>{head_text}</head>{body}</StanReginCd>")


def _xml(text: str) -> Response:
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>{text}', media_type=XML)


def _row(entry: Entry) -> dict[str, object]:
    code = entry.code
    return {
        "region_cd": code,
        "sido_cd": code[:2],
        "sgg_cd": code[2:5],
        "umd_cd": code[5:8],
        "ri_cd": code[8:],
        "locatjumin_cd": code,
        "locatjijuk_cd": code,
        "locatadd_nm": entry.name,
        "locat_order": int(code[8:] if code[8:] != "00" else code[5:8]),
        "locat_rm": "",
        "locathigh_cd": entry.parent,
        "locallow_nm": entry.name.split(" ")[-1],
        "adpt_de": "20260701" if code.startswith("12") else "19880423",
    }
