"""Who may ask the stand-in portal: keys, applications, quotas; and that the key is told to nobody."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from app.demo.portal import PATH, create_portal_app, path_of
from app.demo.portal.answers import FAULTS
from app.demo.portal.odcloud import FILE_PATH
from app.demo.portal.stan_regin import PATH as CODES
from app.demo.serving import ServedApp
from tests.demo.test_portal import ENCODED, KEY, SONGPA, ask, get, portal

NOTICES = "/api/ApplyhomeInfoDetailSvc/v1/getAPTLttotPblancDetail"
USES = "/B010003/OnbidCodeSrvc/getOnbidUsgCodeInfo"


@pytest.mark.parametrize(
    ("key", "status"),
    [
        (quote(KEY, safe=""), 200),
        (quote(KEY, safe="").lower(), 200),
        (KEY.replace("+", "%2B"), 200),
        ("", 401),
        ("wrong", 401),
        (quote(KEY.upper(), safe=""), 401),
        (KEY, 401),
        (quote(quote(KEY, safe=""), safe=""), 401),
        (quote(KEY, safe="") + "%20", 401),
        ("%F0%28", 401),
    ],
)
def test_only_a_key_that_is_encoded_once_is_known(key: str, status: int) -> None:
    assert ask(SONGPA, key=key).status_code == status
    assert get(path_of("LandTrade"), LAWD_CD="11440", DEAL_YMD="202506").status_code == 200


@pytest.mark.parametrize(("generation", "status", "name"), [("A", 200, "returnAuthMsg"), ("C", 401, "errMsg")])
def test_a_missing_key_is_told_apart_from_an_unknown_one(generation: str, status: int, name: str) -> None:
    answer = ask(SONGPA, portal(error_generation=generation), key="")
    assert answer.status_code == status
    assert f"<{name}>SERVICE_KEY_IS_NULL</{name}>" in answer.text
    assert "<returnReasonCode>20</returnReasonCode>" in answer.text


@pytest.mark.parametrize(
    ("path", "name", "status"),
    [(CODES, "ServiceKey", 200), (CODES, "serviceKey", 200), (CODES, "servicekey", 401), (PATH, "ServiceKey", 401)],
)
def test_only_the_code_table_takes_both_spellings_of_the_keys_name(path: str, name: str, status: int) -> None:
    assert ask(f"{name}={quote(KEY, safe='')}", path=path, key="").status_code == status


def test_a_header_with_a_word_the_firewall_dislikes_is_a_bad_request() -> None:
    for generation in ("A", "B", "C"):
        headers = {"baggage": "sentry-environment=production"}
        answer = ask(SONGPA, portal(error_generation=generation), headers=headers)
        assert answer.status_code == 400
        assert "<returnReasonCode>10</returnReasonCode>" in answer.text
    assert ask("", path=NOTICES, headers=headers).status_code == 200


def test_a_key_works_only_with_the_services_it_was_applied_for() -> None:
    state = portal(not_permitted={"RTMSDataSvcAptTrade", "OnbidCodeSrvc", "StanReginCd", "15101046"})
    refused = [(path, get(path, state).status_code) for path in (PATH, USES, CODES, FILE_PATH)]
    assert refused == [(PATH, 403), (USES, 403), (CODES, 403), (FILE_PATH, 401)]
    assert get(FILE_PATH, state).json()["code"] == -4
    for path in (path_of("AptTradeDev"), NOTICES):
        assert get(path, state).status_code == 200
        assert get(path, portal(permitted=False)).status_code in (401, 403)
    state.error_generation = "A"
    assert "SERVICE_ACCESS_DENIED_ERROR" in get(PATH, state).text


def test_a_quota_is_counted_by_service_until_midnight_in_korea() -> None:
    now = datetime.fromisoformat("2026-11-22T14:59:00+00:00")
    state = portal(quota_per_day=2, clock=lambda: now)
    assert [ask(SONGPA, state).status_code for _ in range(3)] == [200, 200, 429]
    assert ask(SONGPA, state).text == "API token quota exceeded"
    assert get(path_of("AptTradeDev"), state, LAWD_CD="11440", DEAL_YMD="202506").status_code == 200
    assert [get(NOTICES, state).status_code for _ in range(3)] == [200, 200, 400]
    assert get(NOTICES, state).json()["code"] == -10
    now += timedelta(minutes=1)
    assert ask(SONGPA, state).status_code == 200


def test_a_refused_key_uses_up_no_quota() -> None:
    state = portal(quota_per_day=1)
    assert [ask(SONGPA, state, key=key).status_code for key in ("wrong", "", "wrong")] == [401, 401, 401]
    assert ask(SONGPA, state).status_code == 200


FORMS = (KEY, quote(KEY, safe=""), quote(KEY, safe="").lower(), quote(quote(KEY, safe=""), safe=""), "c/d")
EVERYWHERE = (PATH, NOTICES, USES, CODES, FILE_PATH, "/B010003/Nothing/none", "/api/nothing", "/nothing")


@pytest.mark.parametrize("generation", ["A", "B", "C"])
def test_no_answer_repeats_a_key_right_or_wrong(generation: str) -> None:
    for fault in (None, *sorted(FAULTS - {"slow", "redirect"})):
        for path in EVERYWHERE if fault is None else EVERYWHERE[:4]:
            for key in (ENCODED, KEY):
                state = portal(fault=fault, error_generation=generation)
                answer = ask("numOfRows=3&perPage=3&resultType=json", state, path=path, key=key)
                shown = answer.text + str(answer.headers)
                assert not any(form in shown for form in FORMS)


def test_only_a_redirect_repeats_the_address_with_its_key_as_redirects_do() -> None:
    answer = ask(SONGPA, portal(fault="redirect"))
    assert quote(KEY, safe="") in answer.headers["location"]
    assert not any(form in answer.text for form in FORMS)


def test_the_key_is_in_no_log_line_and_in_no_picture_of_the_switches(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # the client's own log is the client's business
    state = portal()
    served = ServedApp()
    served.start(create_portal_app(state))
    try:
        with httpx.Client(base_url=served.url, limits=httpx.Limits(max_keepalive_connections=0)) as client:
            for fault in (None, "A", "bad_gateway", "truncated", "no such fault"):
                state.fault = fault
                for path in EVERYWHERE:
                    parameters: dict[str, Any] = {"serviceKey": KEY, "LAWD_CD": "11440", "DEAL_YMD": "202506"}
                    answer = client.get(path, params=parameters, headers={"Authorization": f"Infuser {KEY}"})
                    assert not any(form in answer.text for form in FORMS)
    finally:
        served.stop()
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.NOTSET)
    logged = "\n".join(f"{record.getMessage()} {record.exc_text} {record.__dict__}" for record in caplog.records)
    assert "no such fault" in logged
    assert not any(form in logged + repr(state) for form in FORMS)
