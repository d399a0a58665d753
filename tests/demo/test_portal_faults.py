"""Each fault of the stand-in portal can be switched on, is worded as the live one words it, and tells no key."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from app.demo.portal import PATH, path_of
from app.demo.portal.answers import FAULTS
from app.demo.portal.stan_regin import PATH as CODES
from tests.demo.test_portal import NOW, SONGPA, ask, get, portal, rows, total

NOTICES = "/api/ApplyhomeInfoDetailSvc/v1/getAPTLttotPblancDetail"
USES = "/B010003/OnbidCodeSrvc/getOnbidUsgCodeInfo"
WORDED = [
    ("A", "A", 200, "<errMsg>SERVICE ERROR</errMsg><returnAuthMsg>SERVICE_KEY_IS_NOT_REGISTERED_ERROR</returnAuthMsg>"),
    ("B", "B", 401, "Unauthorized"),
    ("C", "C", 403, "<errMsg>SERVICE_KEY_IS_NOT_REGISTERED_ERROR</errMsg>"),
    ("A", "quota", 200, "<returnReasonCode>22</returnReasonCode>"),
    ("B", "quota", 429, "API token quota exceeded"),
    ("C", "quota", 403, "<errMsg>LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR</errMsg>"),
    ("A", "rate", 200, "<returnReasonCode>23</returnReasonCode>"),
    ("B", "rate", 429, "API rate limit exceeded"),
    ("C", "rate", 403, "<returnReasonCode>23</returnReasonCode>"),
    ("A", "forbidden", 200, "SERVICE_ACCESS_DENIED_ERROR"),
    ("B", "forbidden", 403, "Forbidden"),
    ("C", "forbidden", 403, "<returnReasonCode>20</returnReasonCode>"),
    ("A", "expired", 200, "<returnReasonCode>31</returnReasonCode>"),
    ("C", "expired", 403, "DEADLINE_HAS_EXPIRED_ERROR"),
    ("C", "blocked_address", 403, "<returnReasonCode>29</returnReasonCode>"),
    ("A", "retired", 200, "NO_OPENAPI_SERVICE_ERROR"),
    ("B", "unregistered", 404, "API not found"),
    ("A", "application_error", 200, "<returnReasonCode>01</returnReasonCode>"),
    ("B", "application_error", 500, "Unexpected errors"),
    ("C", "http_error", 400, "<returnReasonCode>04</returnReasonCode>"),
    ("A", "service_timeout", 200, "SERVICETIMEOUT_ERROR"),
    ("A", "empty", 200, ""),
    ("B", "html", 200, "<!DOCTYPE html>"),
    ("B", "unexpected", 500, "Unexpected errors"),
    ("B", "bad_gateway", 502, "Error forwarding request to backend server"),
    ("C", "gateway_timeout", 504, "Error receiving response from backend server"),
    ("B", "redirect", 302, ""),
    ("B", "bomb", 200, "<!ENTITY"),
]


@pytest.mark.parametrize(("generation", "fault", "status", "text"), WORDED)
def test_each_fault_is_worded_as_its_generation_words_it(generation: str, fault: str, status: int, text: str) -> None:
    answer = ask(SONGPA, portal(fault=fault, error_generation=generation))
    assert answer.status_code == status
    assert text in answer.text
    assert bool(answer.text) is (fault not in ("empty", "redirect"))


@pytest.mark.parametrize("fault", sorted(FAULTS - {"slow", "missing_rows", "unreadable_rows", "moving"}))
def test_no_fault_passes_for_a_good_answer(fault: str) -> None:
    good = ask(SONGPA)
    bad = ask(SONGPA, portal(fault=fault))
    assert (bad.status_code, bad.text) != (good.status_code, good.text)


@pytest.mark.parametrize(
    ("path", "query"), [(PATH, "_type=json"), (CODES, "type=json"), (USES, "resultType=json"), (PATH, "_type=xml")]
)
def test_generation_c_speaks_json_where_json_was_asked_for(path: str, query: str) -> None:
    answer = ask(query, portal(error_generation="C"), path=path, key="wrong")
    assert answer.status_code == 403
    if query.endswith("xml"):
        assert answer.text.startswith("<OpenAPI_ServiceResponse>")
    else:
        header = answer.json()["OpenAPI_ServiceResponse"]["cmmMsgHeader"]
        assert (header["errMsg"], header["returnReasonCode"]) == ("SERVICE_KEY_IS_NOT_REGISTERED_ERROR", "30")
        assert header["returnAuthMsg"] == "등록되지 않은 서비스키"
    for other in ("A", "B"):
        assert not ask(query, portal(error_generation=other), path=path, key="wrong").text.startswith("{")


@pytest.mark.parametrize(
    ("generation", "status", "text"),
    [
        ("A", 200, "<returnReasonCode>12</returnReasonCode>"),
        ("B", 404, "API not found"),
        ("C", 400, "<errMsg>NO_OPENAPI_SERVICE_ERROR</errMsg>"),
    ],
)
def test_an_unknown_path_has_its_own_error_and_never_speaks_json(generation: str, status: int, text: str) -> None:
    for path in ("/1613000/Nothing/getNothing", "/1613000/RTMSDataSvcAptTrade/getRTMSDataSvcAptRent", "/"):
        answer = ask("_type=json", portal(error_generation=generation), path=path)
        assert (answer.status_code, text in answer.text) == (status, True)


def test_a_service_that_is_gone_speaks_xml_even_where_json_was_asked_for() -> None:
    answer = ask("_type=json", portal(fault="retired", error_generation="C"))
    assert answer.text.startswith("<OpenAPI_ServiceResponse>")


@pytest.mark.parametrize("switch", ["fault", "error_generation"])
def test_a_word_that_is_no_switch_is_an_error_and_not_a_good_answer(switch: str) -> None:
    state = portal(**{"error_generation": "B", "fault": "quota"} | {switch: "Quota"})
    with pytest.raises(ValueError, match=r"no such fault|must be A, B or C"):
        ask(SONGPA, state)


def test_faults_that_spoil_a_page_spoil_it() -> None:
    with pytest.raises(ElementTree.ParseError):
        ElementTree.fromstring(ask(SONGPA, portal(fault="truncated")).text)
    short = ask(f"{SONGPA}&numOfRows=1000&pageNo=2", portal(fault="missing_rows"))
    assert (len(rows(short)), total(short)) == (1730 - 1000 - 3, 1730)
    assert len(rows(ask(f"{SONGPA}&numOfRows=1000", portal(fault="missing_rows")))) == 1000
    assert sum(row["dealAmount"] == "-" for row in rows(ask(SONGPA, portal(fault="unreadable_rows")))) == 2
    leases = get(path_of("AptRent"), portal(fault="unreadable_rows"), LAWD_CD="11440", DEAL_YMD="202506")
    assert sum(row["deposit"] == "-" for row in rows(leases)) == 2


def test_a_moving_total_grows_from_page_to_page() -> None:
    state = portal(fault="moving")
    assert [total(ask(f"{SONGPA}&pageNo={number}", state)) for number in (1, 2, 3)] == [1730, 1731, 1732]


@pytest.mark.parametrize("fault", ["quota", "empty", "missing_rows", "truncated", "A"])
def test_a_fault_can_be_kept_to_one_page(fault: str) -> None:
    state, good = portal(fault=fault, fault_on_page=2), portal()
    same = [
        ask(f"{SONGPA}&numOfRows=300&pageNo={number}", state).text
        == ask(f"{SONGPA}&numOfRows=300&pageNo={number}", good).text
        for number in (1, 2, 3)
    ]
    assert same == [True, False, True]
    assert state.faults_given == 1


def test_a_fault_of_a_page_is_met_by_every_gateways_way_to_count_pages() -> None:
    state = portal(fault="bad_gateway", fault_on_page=2)
    assert [get(NOTICES, state, page=number).status_code for number in (1, 2)] == [200, 502]
    assert [get(CODES, state, pageNo=number).status_code for number in (1, 2)] == [200, 502]


@pytest.mark.parametrize("fault", ["rate", "bad_gateway", "empty", "C"])
def test_the_portal_recovers_after_so_many_faults(fault: str) -> None:
    state = portal(fault=fault, fault_times=2)
    good = ask(SONGPA).text
    assert [ask(SONGPA, state).text == good for _ in range(4)] == [False, False, True, True]
    state.faults_given = 0
    assert ask(SONGPA, state).text != good


def test_faults_of_one_page_are_counted_on_that_page_only() -> None:
    state = portal(fault="bad_gateway", fault_times=1, fault_on_page=2)
    asked = (1, 2, 1, 2)
    assert [ask(f"{SONGPA}&pageNo={number}", state).status_code for number in asked] == [200, 502, 200, 200]


def test_a_slow_portal_answers_well_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    waited = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("app.demo.portal.gate.asyncio.sleep", sleep)
    assert ask(SONGPA, portal(fault="slow", slow_seconds=12.5)).text == ask(SONGPA).text
    assert waited == [12.5]


def test_the_switches_begin_as_the_portal_is() -> None:
    state = portal()
    assert (state.page_cap, state.error_generation, state.fault, state.now()) == (1000, "B", None, NOW)
