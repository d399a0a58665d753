"""The subscription data of the stand-in: the manners of its gateway, and notices, results and statistics that agree."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest

from app.demo.portal.odcloud import FILE_PATH
from tests.demo.test_portal import ENCODED, KEY, ask, get, portal

INFO = "/api/ApplyhomeInfoDetailSvc/v1/"
RATES = "/api/ApplyhomeInfoCmpetRtSvc/v1/"
STATS = "/api/ApplyhomeStatSvc/v1/"
NOTICES = f"{INFO}getAPTLttotPblancDetail"
TYPES = f"{INFO}getAPTLttotPblancMdl"
KINDS = ("APT", "UrbtyOfctl", "PblPvtRent", "Remndr", "OPT")
OPERATIONS = (
    *(f"{INFO}get{kind}LttotPblanc{part}" for kind in KINDS for part in ("Detail", "Mdl")),
    *(f"{RATES}get{kind}LttotPblancCmpet" for kind in (*KINDS[:4], "CancRespl")),
    f"{RATES}getAPTSpsplyReqstStus",
    f"{RATES}getAptLttotPblancScore",
    *(f"{STATS}get{name}Stat" for name in ("APTReqstArea", "APTReqstAge", "APTPrzwnerArea", "APTPrzwnerAge")),
    f"{STATS}getAPTCmpetrtAreaStat",
    f"{STATS}getAPTApsPrzwnerStat",
    FILE_PATH,
)
PROVINCES = {
    "충남": "충청남도",
    "충북": "충청북도",
    "경남": "경상남도",
    "경북": "경상북도",
    "전남": "전남광주통합특별시",
}


def fetch(path: str, state: Any = None, per_page: int = 1000, **conditions: object) -> list[dict[str, Any]]:
    params = {f"cond[{name.replace('__', '::')}]": value for name, value in conditions.items()}
    return list(get(path, state, perPage=per_page, **params).json()["data"])


@pytest.mark.parametrize("path", OPERATIONS)
def test_every_operation_answers_with_a_page_of_rows_and_its_counts(path: str) -> None:
    answer = get(path, page=2, perPage=3).json()
    assert set(answer) == {"page", "perPage", "totalCount", "matchCount", "currentCount", "data"}
    assert (answer["page"], answer["perPage"], answer["currentCount"], len(answer["data"])) == (2, 3, 3, 3)
    assert answer["totalCount"] == answer["matchCount"] > 20
    assert len({frozenset(row) for row in answer["data"]}) == 1
    assert all(value is None or type(value) in (str, int) for row in answer["data"] for value in row.values())


@pytest.mark.parametrize(
    ("key", "headers", "status", "code"),
    [
        (ENCODED, {}, 200, None),
        ("", {"Authorization": f"Infuser {KEY}"}, 200, None),
        ("wrong", {"Authorization": f"Infuser {KEY}"}, 200, None),
        ("", {}, 401, -401),
        ("", {"Authorization": KEY}, 401, -401),
        ("", {"Authorization": f"Bearer {KEY}"}, 401, -401),
        ("", {"Authorization": "Infuser "}, 401, -401),
        ("", {"Authorization": f"Infuser {ENCODED}"}, 401, -4),
        ("", {"Authorization": "Infuser wrong"}, 401, -4),
        (KEY, {}, 401, -4),
        (quote(ENCODED, safe=""), {}, 401, -4),
    ],
)
def test_the_key_is_in_the_query_or_behind_the_word_infuser(
    key: str, headers: dict[str, str], status: int, code: int | None
) -> None:
    answer = ask("perPage=1", path=NOTICES, key=key, headers=headers)
    assert (answer.status_code, answer.json().get("code")) == (status, code)


@pytest.mark.parametrize(
    ("switches", "status", "code"),
    [
        ({"fault": "A"}, 401, -4),
        ({"fault": "C"}, 401, -4),
        ({"fault": "B", "odcloud_key_status": 400}, 400, -4),
        ({"fault": "forbidden"}, 401, -4),
        ({"not_permitted": {"ApplyhomeInfoDetailSvc"}}, 401, -4),
        ({"fault": "application_error"}, 400, -1),
        ({"fault": "unregistered"}, 400, -3),
        ({"fault": "retired"}, 400, -9),
        ({"fault": "quota"}, 400, -10),
        ({"fault": "rate"}, 400, -10),
        ({"quota_per_day": 0}, 400, -10),
        ({"fault": "service_timeout"}, 400, -999),
    ],
)
@pytest.mark.parametrize("generation", ["A", "B", "C"])
def test_errors_are_a_negative_code_and_a_sentence_in_every_generation(
    switches: dict[str, Any], status: int, code: int, generation: str
) -> None:
    answer = get(NOTICES, portal(**switches, error_generation=generation))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert set(answer.json()) == {"code", "msg"}
    assert answer.json()["msg"].endswith("니다.")


@pytest.mark.parametrize("path", ["/api/", "/api/none", f"{INFO}getNothing", "/api/15101046/v1/uddi:0"])
def test_an_unknown_path_is_answered_like_a_missing_key(path: str) -> None:
    answer = get(path)
    assert (answer.status_code, answer.json()) == (401, {"code": -401, "msg": "인증키는 필수 항목 입니다."})


@pytest.mark.parametrize("query", ["page=0", "page=x", "perPage=0", "perPage=-1", "perPage=1.5", "page="])
def test_a_page_that_is_no_number_is_a_bad_parameter(query: str) -> None:
    answer = ask(query, path=NOTICES)
    assert (answer.status_code, answer.json()["code"]) == (400, -2)


def test_the_whole_count_stays_while_the_matching_one_shrinks() -> None:
    everything = get(NOTICES).json()
    some = get(NOTICES, **{"cond[SUBSCRPT_AREA_CODE::EQ]": "410", "perPage": 5000}).json()
    none = get(NOTICES, **{"cond[SUBSCRPT_AREA_CODE::EQ]": "01"}).json()
    assert everything["totalCount"] == some["totalCount"] == none["totalCount"] == everything["matchCount"]
    assert 0 < some["matchCount"] == some["currentCount"] == len(some["data"]) < some["totalCount"]
    assert (none["matchCount"], none["currentCount"], none["data"]) == (0, 0, [])
    assert {row["SUBSCRPT_AREA_CODE_NM"] for row in some["data"]} == {"경기"}


@pytest.mark.parametrize(
    ("operator", "keeps"),
    [
        ("LT", lambda day: day < "2026-10-15"),
        ("LTE", lambda day: day <= "2026-10-15"),
        ("GT", lambda day: day > "2026-10-15"),
        ("GTE", lambda day: day >= "2026-10-15"),
    ],
)
def test_dates_can_be_compared(operator: str, keeps: Any) -> None:
    everything = fetch(NOTICES, per_page=9000)
    wanted = "2026-10-15"
    found = fetch(NOTICES, per_page=9000, **{f"RCRIT_PBLANC_DE__{operator}": wanted})
    assert found == [row for row in everything if keeps(row["RCRIT_PBLANC_DE"])]
    assert 0 < len(found) < len(everything)


def test_conditions_hold_together_and_names_can_be_encoded() -> None:
    query = (
        "perPage=900&cond%5BSUBSCRPT_AREA_CODE_NM%3A%3AEQ%5D=%EC%84%9C%EC%9A%B8&cond[RCRIT_PBLANC_DE::GTE]=2026-06-01"
    )
    found = ask(query, path=NOTICES).json()["data"]
    assert {row["SUBSCRPT_AREA_CODE"] for row in found} == {"100"}
    assert min(row["RCRIT_PBLANC_DE"] for row in found) >= "2026-06-01"


@pytest.mark.parametrize("condition", ["HOUSE_NM::LIKE", "RCRIT_PBLANC_DE::LIKE", "NOTHING::EQ", "HOUSE_MANAGE_NO::GT"])
def test_a_condition_that_is_not_declared_is_ignored_or_refused(condition: str) -> None:
    loose = get(NOTICES, **{f"cond[{condition}]": "2026"}).json()
    assert loose["matchCount"] == loose["totalCount"]
    strict = get(NOTICES, portal(odcloud_strict=True), **{f"cond[{condition}]": "2026"})
    assert (strict.status_code, strict.json()["code"]) == (400, -2)
    declared = get(NOTICES, portal(odcloud_strict=True), **{"cond[SUBSCRPT_AREA_CODE::EQ]": "410"})
    assert declared.status_code == 200


def test_xml_tells_the_same_as_json() -> None:
    plain = get(NOTICES, perPage=2).json()
    root = ElementTree.fromstring(get(NOTICES, perPage=2, returnType="XML").text)
    for name in ("page", "perPage", "totalCount", "matchCount", "currentCount"):
        assert root.findtext(name) == str(plain[name])
    items = [{col.get("name"): col.text for col in item} for item in root.iter("item")]
    assert items == [
        {name: None if value is None else str(value) for name, value in row.items()} for row in plain["data"]
    ]


def test_faults_of_pages_reach_this_gateway_too() -> None:
    short = get(NOTICES, portal(fault="missing_rows", fault_on_page=1), perPage=100).json()
    assert (short["currentCount"], len(short["data"])) == (97, 97)
    moving = [get(NOTICES, portal(fault="moving"), page=page).json()["matchCount"] for page in (1, 2)]
    assert moving[1] == moving[0] + 1
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        get(NOTICES, portal(fault="truncated")).json()
