"""Onbid's two hierarchies in small, in every form in which their rows are known or thought to come."""

from __future__ import annotations

from typing import Any

USES = {
    "10000": ("부동산", None),
    "10100": ("토지", "10000"),
    "10101": ("전", "10100"),
    "10102": ("답", "10100"),
    "10200": ("주거용건물", "10000"),
    "10201": ("아파트", "10200"),
    "12000": ("자동차", None),
    "12100": ("자동차", "12000"),
    "12107": ("특수자동차", "12100"),
}
PLACES = [
    ("경기도", "김포시", "운양동", "1305-2"),
    ("경기도", "김포시", "운양동", "1306"),
    ("경기도", "김포시", "장기동", "2075"),
    ("경기도", "고양시 일산동구", "장항동", "849"),
    ("서울특별시", "중구", "필동", "3"),
    ("대구광역시", "중구", "동성로", "7"),
    ("세종특별자치시", "", "나성동", "745"),
    ("", "김포시", "어느도에도없는동", "9"),
]


def node(code: str, fields: tuple[str, str, str, str], root: tuple[str, str] | None = ("1", "ONBID")) -> dict[str, Any]:
    name, parent = USES[code]
    above = (parent, USES[parent][0]) if parent else root or (None, None)
    return dict(zip(fields, (code, name, *above), strict=True))


LIVE = ("ctgrId", "ctgrNm", "upCtgrId", "upCtgrNm")
CLOSED = ("CTGR_ID", "CTGR_NM", "CTGR_HIRK_ID", "CTGR_HIRK_NM")


def in_one_row(code: str) -> dict[str, Any]:
    path = [code]
    while parent := USES[path[0]][1]:
        path.insert(0, parent)
    row: dict[str, Any] = {}
    for letter, use in zip("LMS", path, strict=False):
        row |= {f"cltrUsg{letter}clsCtgrId": use, f"cltrUsg{letter}clsCtgrNm": USES[use][0]}
    return row


FORMS = {
    "one use a row": [node(code, LIVE) for code in USES],
    "one use a row, top without a parent": [node(code, LIVE, None) for code in USES],
    "one use a row, top its own parent": [
        {**node(code, LIVE), **({} if USES[code][1] else {"upCtgrId": code})} for code in USES
    ],
    "one use a row, no rows for the top": [node(code, LIVE) for code in USES if USES[code][1]],
    "one use a row, numbers": [
        {key: int(value) if value and value.isdigit() else value for key, value in node(code, LIVE).items()}
        for code in USES
    ],
    "the closed service": [node(code, CLOSED) for code in USES],
    "all levels in one row": [in_one_row(code) for code in USES],
    "all levels in one row, lowest level only": [in_one_row(code) for code in USES if code[-1] != "0"],
}
