"""The stand-in portal keeps the live portal's manners."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import date, datetime
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import httpx
import pytest

from app.demo.portal import PATH, Portal, create_portal_app
from app.demo.portal.deals import sales

KEY = "ab+c/d=="
ENCODED = "ab%2Bc%2Fd%3D%3D"
NOW = datetime(2026, 11, 22, 9, tzinfo=ZoneInfo("Asia/Seoul"))


def portal(**switches: Any) -> Portal:
    return Portal(**{"api_key": KEY, "clock": lambda: NOW} | switches)


def ask(
    query: str,
    state: Portal | None = None,
    *,
    path: str = PATH,
    key: str = ENCODED,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=create_portal_app(state or portal()))
        async with httpx.AsyncClient(transport=transport, base_url="http://portal.test") as client:
            return await client.get(f"{path}?serviceKey={key}&{query}", headers=headers)

    return asyncio.run(run())


def get(path: str, state: Portal | None = None, **params: object) -> httpx.Response:
    return ask(urlencode(params, quote_via=quote), state, path=path)


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    return [
        {field.tag: field.text or "" for field in item} for item in ElementTree.fromstring(answer.text).iter("item")
    ]


def total(answer: httpx.Response) -> int:
    return int(ElementTree.fromstring(answer.text).findtext("body/totalCount") or -1)


def stripped(row: dict[str, str]) -> dict[str, str]:
    return {tag: text.strip() for tag, text in row.items()}


SONGPA = "LAWD_CD=11710&DEAL_YMD=202506"


def test_a_page_has_ten_rows_unless_more_are_asked_for_and_never_more_than_the_cap() -> None:
    assert len(rows(ask(SONGPA))) == 10
    assert len(rows(ask(f"{SONGPA}&numOfRows=1000"))) == 1000
    assert len(rows(ask(f"{SONGPA}&numOfRows=5000"))) == 1000
    assert len(rows(ask(f"{SONGPA}&numOfRows=5000", portal(page_cap=50)))) == 50


def test_pages_together_are_the_whole_month_and_a_page_beyond_the_end_is_empty() -> None:
    pages = [ask(f"{SONGPA}&numOfRows=1000&pageNo={number}") for number in (1, 2, 3)]
    assert {total(page) for page in pages} == {1730}
    whole = [stripped(row) for row in sales("11710", "202506", NOW.date())]
    assert [stripped(row) for page in pages for row in rows(page)] == whole
    assert "<items/>" in pages[2].text


def test_success_is_000_and_ok() -> None:
    root = ElementTree.fromstring(ask(SONGPA).text)
    assert (root.findtext("header/resultCode"), root.findtext("header/resultMsg")) == ("000", "OK")


@pytest.mark.parametrize(
    "query",
    [
        "LAWD_CD=41110&DEAL_YMD=202506",
        "LAWD_CD=42110&DEAL_YMD=202506",
        "LAWD_CD=1171&DEAL_YMD=202506",
        "LAWD_CD=11710&DEAL_YMD=2025",
        "LAWD_CD=11710&DEAL_YMD=202613",
        "LAWD_CD=11710&DEAL_YMD=202612",
        "LAWD_CD=11710&DEAL_YMD=200512",
        "LAWD_CD=11710&DEAL_YMD=２０２５０６",
        "LAWD_CD=11710",
        "DEAL_YMD=202506",
    ],
)
def test_questions_that_mean_nothing_are_answered_with_no_rows(query: str) -> None:
    answer = ask(query)
    assert answer.status_code == 200
    assert "<resultCode>000</resultCode>" in answer.text
    assert "<items/>" in answer.text
    assert "<totalCount>0</totalCount>" in answer.text


def test_a_negative_number_of_rows_shows_the_database() -> None:
    answer = ask(f"{SONGPA}&numOfRows=-1")
    assert "<resultCode>999</resultCode>" in answer.text
    assert "LIMIT must not be negative" in answer.text


def test_a_blank_is_one_space_or_nothing_or_an_element_that_closes_itself() -> None:
    text = ask(f"{SONGPA}&numOfRows=1000").text
    for blank in ("<rgstDate> </rgstDate>", "<rgstDate></rgstDate>", "<rgstDate/>"):
        assert blank in text


def test_json_comes_as_the_portal_converts_it() -> None:
    many = ask(f"{SONGPA}&_type=json&numOfRows=200").json()["response"]
    assert many["header"] == {"resultCode": "000", "resultMsg": "OK"}
    assert (many["body"]["totalCount"], many["body"]["numOfRows"], len(many["body"]["items"]["item"])) == (
        1730,
        200,
        200,
    )
    assert {type(row["sggCd"]) for row in many["body"]["items"]["item"]} == {int}
    assert {type(row["dealAmount"]) for row in many["body"]["items"]["item"]} == {str}
    assert isinstance(ask(f"{SONGPA}&_type=json&numOfRows=1").json()["response"]["body"]["items"]["item"], dict)
    assert ask("LAWD_CD=11110&DEAL_YMD=200501&_type=json").json()["response"]["body"]["items"] == ""


def test_rows_look_like_the_live_ones() -> None:
    month = sales("11710", "202506", NOW.date())
    assert any(row["cdealType"] == "O" and row["cdealDay"].strip() for row in month)
    assert any(row["dealAmount"].startswith(" ") for row in month)
    assert {row["cdealType"] for row in month} == {"O", " "}
    assert {row["umdNm"] for row in month} <= {"가락동", "거여동", "마천동", "문정동", "방이동", "삼전동", "석촌동"} | {
        "송파동",
        "신천동",
        "오금동",
        "잠실동",
        "장지동",
        "풍납동",
    }
    assert all(not row["dealDay"].startswith("0") and row["dealMonth"] == "6" for row in month)


def test_the_current_month_holds_only_days_that_have_come() -> None:
    so_far = sales("11710", "202611", date(2026, 11, 10))
    assert so_far
    assert max(int(row["dealDay"]) for row in so_far) <= 10


def run_elsewhere(code: str) -> str:
    command = [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_the_stand_in_shares_no_code_with_the_tools() -> None:
    code = (
        "import app.demo.portal as portal, app.demo.portal.deals as deals, datetime; "
        "portal.create_portal_app(portal.Portal(api_key='')); "
        "deals.sales('11710', '202506', datetime.date(2026, 1, 1)); "
        "print([name for name in sys.modules if name.startswith('app.tools')])"
    )
    assert run_elsewhere(code) == "[]"


def test_requests_are_counted_by_path_whatever_becomes_of_them() -> None:
    state = portal()
    ask(SONGPA, state)
    ask(SONGPA, state, key="wrong")
    ask("", state, path="/nothing/here")
    assert state.requests == {PATH: 2, "/nothing/here": 1}
