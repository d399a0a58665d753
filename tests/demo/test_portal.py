"""The stand-in portal keeps the live portal's manners."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import date, datetime
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import httpx
import pytest

from app.demo.portal import PATH, Portal, create_portal_app
from app.demo.portal.deals import sales

KEY = "ab+c/d=="
ENCODED = "ab%2Bc%2Fd%3D%3D"
NOW = datetime(2026, 11, 22, 9, tzinfo=ZoneInfo("Asia/Seoul"))


def portal(**switches: object) -> Portal:
    made = Portal(api_key=KEY, clock=lambda: NOW)
    for name, value in switches.items():
        setattr(made, name, value)
    return made


def ask(query: str, state: Portal | None = None, *, path: str = PATH, key: str = ENCODED) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=create_portal_app(state or portal()))
        async with httpx.AsyncClient(transport=transport, base_url="http://portal.test") as client:
            return await client.get(f"{path}?serviceKey={key}&{query}")

    return asyncio.run(run())


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    return [
        {field.tag: field.text or "" for field in item} for item in ElementTree.fromstring(answer.text).iter("item")
    ]


def total(answer: httpx.Response) -> int:
    return int(ElementTree.fromstring(answer.text).findtext("body/totalCount") or -1)


SONGPA = "LAWD_CD=11710&DEAL_YMD=202506"


def test_a_page_has_ten_rows_unless_more_are_asked_for_and_never_more_than_the_cap() -> None:
    assert len(rows(ask(SONGPA))) == 10
    assert len(rows(ask(f"{SONGPA}&numOfRows=1000"))) == 1000
    assert len(rows(ask(f"{SONGPA}&numOfRows=5000"))) == 1000
    assert len(rows(ask(f"{SONGPA}&numOfRows=5000", portal(page_cap=50)))) == 50


def test_pages_together_are_the_whole_month_and_a_page_beyond_the_end_is_empty() -> None:
    pages = [ask(f"{SONGPA}&numOfRows=1000&pageNo={number}") for number in (1, 2, 3)]
    assert {total(page) for page in pages} == {1730}
    assert [row for page in pages for row in rows(page)] == list(sales("11710", "202506", NOW.date()))
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


@pytest.mark.parametrize("key", ["", "wrong", "ab%252Bc%252Fd%253D%253D", "ab+c/d=="])
def test_a_key_that_is_wrong_encoded_twice_or_not_at_all_is_refused(key: str) -> None:
    assert (ask(SONGPA, key=key).status_code, ask(SONGPA, key=key).text) == (401, "Unauthorized")


@pytest.mark.parametrize(
    ("generation", "fault", "status", "text"),
    [
        ("A", "A", 200, "<returnAuthMsg>SERVICE_KEY_IS_NOT_REGISTERED_ERROR</returnAuthMsg>"),
        ("B", "B", 401, "Unauthorized"),
        ("C", "C", 403, "<errMsg>SERVICE_KEY_IS_NOT_REGISTERED_ERROR</errMsg>"),
        ("A", "quota", 200, "<returnReasonCode>22</returnReasonCode>"),
        ("B", "quota", 429, "API token quota exceeded"),
        ("B", "rate", 429, "API rate limit exceeded"),
        ("C", "rate", 403, "<returnReasonCode>23</returnReasonCode>"),
        ("A", "forbidden", 200, "SERVICE_ACCESS_DENIED_ERROR"),
        ("B", "forbidden", 403, "Forbidden"),
        ("B", "empty", 200, ""),
        ("B", "html", 200, "<!DOCTYPE html>"),
        ("B", "bad_gateway", 502, "Error forwarding request to backend server"),
        ("B", "gateway_timeout", 504, "Error receiving response from backend server"),
        ("B", "redirect", 302, ""),
        ("B", "bomb", 200, "<!ENTITY"),
    ],
)
def test_each_fault_is_worded_as_its_generation_words_it(generation: str, fault: str, status: int, text: str) -> None:
    answer = ask(SONGPA, portal(fault=fault, error_generation=generation))
    assert answer.status_code == status
    assert text in answer.text


@pytest.mark.parametrize(
    ("generation", "status", "text"),
    [("A", 200, "12"), ("B", 404, "API not found"), ("C", 400, "NO_OPENAPI_SERVICE_ERROR")],
)
def test_an_unknown_path_has_its_own_error(generation: str, status: int, text: str) -> None:
    answer = ask(SONGPA, portal(error_generation=generation), path="/1613000/Nothing/getNothing")
    assert answer.status_code == status
    assert text in answer.text


def test_faults_that_spoil_a_page_spoil_it() -> None:
    with pytest.raises(ElementTree.ParseError):
        ElementTree.fromstring(ask(SONGPA, portal(fault="truncated")).text)
    short = ask(f"{SONGPA}&numOfRows=1000&pageNo=2", portal(fault="missing_rows"))
    assert len(rows(short)) == 1730 - 1000 - 3
    assert sum(row["dealAmount"] == "-" for row in rows(ask(SONGPA, portal(fault="unreadable_rows")))) == 2


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
    before = sales("11710", "202001", NOW.date())
    assert {row["dealingGbn"] for row in before} == {row["slerGbn"] for row in before} == {" "}


def test_the_current_month_holds_only_days_that_have_come() -> None:
    so_far = sales("11710", "202611", date(2026, 11, 10))
    assert so_far
    assert max(int(row["dealDay"]) for row in so_far) <= 10


def run_elsewhere(code: str) -> str:
    command = [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_the_data_is_the_same_in_another_process() -> None:
    code = (
        "import datetime, app.demo.portal.deals as s; "
        "print(repr(s.sales('11710', '202506', datetime.date(2026, 1, 1))).encode())"
    )
    assert run_elsewhere(code) == str(repr(sales("11710", "202506", date(2026, 1, 1))).encode())


def test_the_stand_in_shares_no_code_with_the_tools() -> None:
    code = (
        "import app.demo.portal, app.demo.portal.deals as deals, datetime; "
        "deals.sales('11710', '202506', datetime.date(2026, 1, 1)); "
        "print([name for name in sys.modules if name.startswith('app.tools')])"
    )
    assert run_elsewhere(code) == "[]"


def test_requests_are_counted_by_path_and_the_key_is_not_in_the_repr() -> None:
    state = portal()
    ask(SONGPA, state)
    ask(SONGPA, state, key="wrong")
    assert state.requests == {PATH: 2}
    assert KEY not in repr(state)
