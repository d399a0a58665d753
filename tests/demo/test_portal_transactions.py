"""The thirteen transaction services: exactly their tags, their histories, and what each value may be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

import pytest

from app.demo.portal import path_of
from app.demo.portal.deals import rows
from tests.demo.test_portal import NOW, get, portal
from tests.demo.test_portal import rows as read

TODAY = NOW.date()
MAPO = "11440"
SALES = [
    "AptTrade",
    "AptTradeDev",
    "OffiTrade",
    "RHTrade",
    "SHTrade",
    "NrgTrade",
    "SilvTrade",
    "LandTrade",
    "InduTrade",
]
LEASES = ("AptRent", "OffiRent", "RHRent", "SHRent")
MATRIX = """
sggCd             xxxxxxxxx xxxx
sggNm             --x--xxxx -x--
umdNm             xxxxxxxxx xxxx
jibun             xxxxxxxxx xxx-
aptNm             xx----x-- x---
offiNm            --x------ -x--
mhouseNm          ---x----- --x-
houseType         ---xx---- --xx
excluUseAr        xxxx--x-- xxx-
landAr            ---x----- ----
totalFloorAr      ----x---- ---x
plottageAr        ----xx--x ----
buildingAr        -----x--x ----
buildingType      -----x--x ----
buildingUse       -----x--x ----
landUse           -----x-xx ----
jimok             -------x- ----
dealArea          -------x- ----
ownershipGbn      ------x-- ----
dealYear          xxxxxxxxx xxxx
dealMonth         xxxxxxxxx xxxx
dealDay           xxxxxxxxx xxxx
dealAmount        xxxxxxxxx ----
floor             xxxx-xx-x xxx-
buildYear         xxxxxx--x xxxx
cdealType         xxxxxxxxx ----
cdealDay          xxxxxxxxx ----
dealingGbn        xxxxxxxxx ----
estateAgentSggNm  xxxxxxxxx ----
rgstDate          xx-x----- ----
aptDong           xx------- ----
slerGbn           xxxxxxx-x ----
buyerGbn          xxxxxxx-x ----
landLeaseholdGbn  xx------- ----
shareDealingType  -----x-xx ----
umdCd             -x------- ----
landCd            -x------- ----
bonbun            -x------- ----
bubun             -x------- ----
roadNm            -x------- ----
roadNmSggCd       -x------- ----
roadNmCd          -x------- ----
roadNmSeq         -x------- ----
roadNmbCd         -x------- ----
roadNmBonbun      -x------- ----
roadNmBubun       -x------- ----
aptSeq            -x------- x---
deposit           --------- xxxx
monthlyRent       --------- xxxx
contractTerm      --------- xxxx
contractType      --------- xxxx
useRRRight        --------- xxxx
preDeposit        --------- xxxx
preMonthlyRent    --------- xxxx
roadnm            --------- x---
roadnmsggcd       --------- x---
roadnmcd          --------- x---
roadnmseq         --------- x---
roadnmbcd         --------- x---
roadnmbonbun      --------- x---
roadnmbubun       --------- x---
"""


def months(first: str, last: str) -> list[str]:
    start, end = (int(text[:4]) * 12 + int(text[4:]) - 1 for text in (first, last))
    return [f"{month // 12}{month % 12 + 1:02d}" for month in range(start, end + 1)]


def several(service: str, first: str, last: str, region: str = MAPO, today: date = TODAY) -> Sequence[dict[str, str]]:
    return [row for month in months(first, last) for row in rows(service, region, month, today)]


@pytest.mark.parametrize("service", [*SALES, *LEASES])
def test_each_service_writes_exactly_its_own_tags(service: str) -> None:
    lines = [line.split() for line in MATRIX.strip().split("\n")]
    column = [*SALES, *LEASES].index(service)
    expected = {tag for tag, *crosses in lines if "".join(crosses)[column] == "x"}
    found = read(get(path_of(service), LAWD_CD=MAPO, DEAL_YMD="202506", numOfRows=1000))
    assert len(found) > 5
    assert {frozenset(row) for row in found} == {frozenset(expected)}


@pytest.mark.parametrize("service", [*SALES, *LEASES])
def test_a_history_begins_with_its_month_and_nonsense_has_none(service: str) -> None:
    begins = {"SilvTrade": "200701"}.get(service, "201101" if service in LEASES else "200601")
    before = f"{int(begins[:4]) - 1}12"
    assert rows(service, MAPO, begins, TODAY)
    assert not rows(service, MAPO, before, TODAY)
    assert not any(rows(service, code, "202506", TODAY) for code in ("41110", "42110", "29110", "1144", "", "99999"))
    assert not any(rows(service, MAPO, month, TODAY) for month in ("202612", "20250", "202513", "2025-6", ""))


def test_both_apartment_services_tell_the_same_deals() -> None:
    basic, detailed = (rows(service, "11680", "202506", TODAY) for service in ("AptTrade", "AptTradeDev"))
    assert len(basic) == 1260
    assert [{tag: row[tag] for tag in basic[0]} for row in detailed] == list(basic)


@pytest.mark.parametrize(
    ("service", "region", "count"),
    [("AptTrade", "11710", 1730), ("AptRent", "11680", 2033), ("AptRent", "11710", 1523)],
)
def test_busy_months_are_more_than_one_page(service: str, region: str, count: int) -> None:
    assert len(rows(service, region, "202506", TODAY)) == count


@pytest.mark.parametrize("service", SALES)
def test_cancelled_sales_stay_in_the_list_with_the_day_of_their_cancelling(service: str) -> None:
    found = several(service, "202401", "202408")
    cancelled = [row for row in found if row["cdealType"] == "O"]
    assert 0 < len(cancelled) < len(found) * 0.2
    for row in found:
        assert bool(re.fullmatch(r"[0-9]{2}\.[01][0-9]\.[0-3][0-9]", row["cdealDay"])) is (row["cdealType"] == "O")
        assert row["cdealType"] in ("O", " ")
        assert not (row["cdealType"] == "O" and row.get("rgstDate", " ").strip())


@pytest.mark.parametrize(
    ("service", "tag", "last_blank", "first_filled"),
    [
        ("RHTrade", "dealingGbn", "202110", "202111"),
        ("AptTrade", "slerGbn", "202312", "202401"),
        ("NrgTrade", "buyerGbn", "202312", "202401"),
        ("AptTradeDev", "rgstDate", "202212", "202301"),
        ("AptTradeDev", "aptDong", "202212", "202301"),
        ("AptRent", "contractType", "202105", "202106"),
        ("SHRent", "contractTerm", "202105", "202106"),
    ],
)
def test_some_fields_are_filled_only_since_a_month(service: str, tag: str, last_blank: str, first_filled: str) -> None:
    assert {row[tag] for row in rows(service, MAPO, last_blank, TODAY)} == {" "}
    assert len({row[tag] for row in rows(service, MAPO, first_filled, TODAY)} - {" "}) >= 1


def test_agents_and_parties_are_worded_as_the_portal_does() -> None:
    found = rows("AptTrade", "11680", "202506", TODAY)
    assert {row["dealingGbn"] for row in found} == {"중개거래", "직거래"}
    assert {row["slerGbn"] for row in found} == {"개인", "법인", "공공기관", "기타"}
    for row in found:
        assert (row["estateAgentSggNm"] == " ") is (row["dealingGbn"] == "직거래")
    assert any(", " in row["estateAgentSggNm"] for row in found)


@pytest.mark.parametrize("service", ["SHTrade", "LandTrade"])
def test_lots_of_houses_and_land_are_hidden(service: str) -> None:
    lots = {row["jibun"] for row in several(service, "202401", "202512")}
    assert all(lot == " " or re.fullmatch(r"산?[0-9]\*+", lot) for lot in lots)
    assert len(lots) > 5


@pytest.mark.parametrize("service", ["NrgTrade", "InduTrade"])
@pytest.mark.parametrize("year", ["2023", "2024"])
def test_a_unit_has_a_floor_and_no_plot_and_its_lot_is_told_since_2024(service: str, year: str) -> None:
    found = several(service, f"{year}01", f"{year}12")
    units = [row for row in found if row["buildingType"] == "집합"]
    whole = [row for row in found if row["buildingType"] == "일반"]
    assert units
    assert whole
    assert {row["plottageAr"] for row in units} == {row["floor"] for row in whole} == {" "}
    assert all(int(row["floor"]) for row in units)
    assert all(float(row["plottageAr"]) > 0 and "*" in row["jibun"] for row in whole)
    assert {"*" in row["jibun"] for row in units} == {year == "2023"}


def test_the_other_spelling_of_the_commercial_flag_can_be_had() -> None:
    asked = {"LAWD_CD": MAPO, "DEAL_YMD": "202506", "numOfRows": 1000}
    usual = read(get(path_of("NrgTrade"), **asked))
    odd = read(get(path_of("NrgTrade"), portal(commercial_cancel_tag="cdealtype"), **asked))
    assert [row["cdealtype"].strip() for row in odd] == [row["cdealType"].strip() for row in usual]
    assert not any("cdealType" in row for row in odd)


@pytest.mark.parametrize("service", [*SALES, *LEASES])
def test_mapo_has_deals_of_every_kind_in_every_month(service: str) -> None:
    counts = [len(rows(service, MAPO, month, TODAY)) for month in months("202501", "202509")]
    assert min(counts) >= 10


@pytest.mark.parametrize(
    ("service", "tag", "words"),
    [
        ("SilvTrade", "ownershipGbn", {"분", "입"}),
        ("RHTrade", "houseType", {"연립", "다세대"}),
        ("RHRent", "houseType", {"연립", "다세대"}),
        ("SHTrade", "houseType", {"단독", "다가구"}),
        ("SHRent", "houseType", {"단독", "다가구"}),
        ("NrgTrade", "shareDealingType", {"지분", " "}),
        ("LandTrade", "jimok", {"대", "도로", "임야"}),
        ("AptTradeDev", "landCd", {"1"}),
    ],
)
def test_kinds_are_told_in_the_portals_words(service: str, tag: str, words: set[str]) -> None:
    assert {row[tag] for row in several(service, "202501", "202506")} >= words
