"""The made-up notices, results and statistics of subscriptions: documented fields, and figures that agree."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta

import pytest

from app.demo.portal.odcloud import FILE_PATH
from tests.demo.test_portal import NOW, get, portal
from tests.demo.test_portal_odcloud import INFO, KINDS, NOTICES, RATES, STATS, TYPES, fetch

COUNT = re.compile(r"[0-9]+")
PROVINCES = {"충남": "충청남", "충북": "충청북", "경남": "경상남", "경북": "경상북", "전남": "전남광주통합특별시"}
NOTICE_FIELDS = """
HOUSE_MANAGE_NO PBLANC_NO HOUSE_NM HOUSE_SECD HOUSE_SECD_NM HOUSE_DTL_SECD HOUSE_DTL_SECD_NM RENT_SECD RENT_SECD_NM
SUBSCRPT_AREA_CODE SUBSCRPT_AREA_CODE_NM HSSPLY_ZIP HSSPLY_ADRES TOT_SUPLY_HSHLDCO RCRIT_PBLANC_DE NSPRC_NM
RCEPT_BGNDE RCEPT_ENDDE SPSPLY_RCEPT_BGNDE SPSPLY_RCEPT_ENDDE
GNRL_RNK1_CRSPAREA_RCPTDE GNRL_RNK1_CRSPAREA_ENDDE GNRL_RNK1_ETC_GG_RCPTDE GNRL_RNK1_ETC_GG_ENDDE
GNRL_RNK1_ETC_AREA_RCPTDE GNRL_RNK1_ETC_AREA_ENDDE GNRL_RNK2_CRSPAREA_RCPTDE GNRL_RNK2_CRSPAREA_ENDDE
GNRL_RNK2_ETC_GG_RCPTDE GNRL_RNK2_ETC_GG_ENDDE GNRL_RNK2_ETC_AREA_RCPTDE GNRL_RNK2_ETC_AREA_ENDDE
PRZWNER_PRESNATN_DE CNTRCT_CNCLS_BGNDE CNTRCT_CNCLS_ENDDE MVN_PREARNGE_YM HMPG_ADRES PBLANC_URL CNSTRCT_ENTRPS_NM
BSNS_MBY_NM MDHS_TELNO SPECLT_RDN_EARTH_AT MDAT_TRGET_AREA_SECD PARCPRC_ULS_AT IMPRMN_BSNS_AT PUBLIC_HOUSE_EARTH_AT
LRSCL_BLDLND_AT NPLN_PRVOPR_PUBLIC_HOUSE_AT PUBLIC_HOUSE_SPCLW_APPLC_AT
"""
TYPE_FIELDS = """
HOUSE_MANAGE_NO PBLANC_NO MODEL_NO HOUSE_TY SUPLY_AR SUPLY_HSHLDCO SPSPLY_HSHLDCO MNYCH_HSHLDCO NWWDS_HSHLDCO
LFE_FRST_HSHLDCO OLD_PARNTS_SUPORT_HSHLDCO INSTT_RECOMEND_HSHLDCO ETC_HSHLDCO TRANSR_INSTT_ENFSN_HSHLDCO YGMN_HSHLDCO
NWBB_HSHLDCO LTTOT_TOP_AMOUNT
"""
IDS = "HOUSE_MANAGE_NO PBLANC_NO MODEL_NO HOUSE_TY"
RESULT_FIELDS = "SUPLY_HSHLDCO SUBSCRPT_RANK_CODE RESIDE_SECD RESIDE_SENM REQ_CNT CMPET_RATE"
AREA = "STAT_DE SUBSCRPT_AREA_CODE SUBSCRPT_AREA_CODE_NM"
AGES = "AGE_30 AGE_40 AGE_50 AGE_60"
FILE_COLUMNS = """
주택관리번호 공고번호 주택명 주택구분코드 주택구분코드명 주택상세구분코드 주택상세구분코드명 분양구분코드 분양구분코드명
공급지역코드 공급지역명 공급위치우편번호 공급위치 공급규모 모집공고일 청약접수시작일 청약접수종료일
특별공급접수시작일 특별공급접수종료일
해당지역1순위접수시작일 경기지역1순위접수시작일 기타지역1순위접수시작일
해당지역1순위접수종료일 경기지역1순위접수종료일 기타지역1순위접수종료일
해당지역2순위접수시작일 경기지역2순위접수시작일 기타지역2순위접수시작일
해당지역2순위접수종료일 경기지역2순위접수종료일 기타지역2순위접수종료일
당첨자발표일 계약시작일 계약종료일 홈페이지주소 건설업체명_시공사 사업주체명_시행사 문의처 입주예정월
투기과열지구 조정대상지역 분양가상한제 정비사업 공공주택지구 대규모택지개발지구 수도권내민영공공주택지구
모집공고홈페이지주소
"""


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (NOTICES, NOTICE_FIELDS),
        (TYPES, TYPE_FIELDS),
        (f"{RATES}getAPTLttotPblancCmpet", f"{IDS} {RESULT_FIELDS}"),
        (f"{RATES}getAptLttotPblancScore", f"{IDS} RESIDE_SECD RESIDE_SENM LWET_SCORE AVRG_SCORE TOP_SCORE"),
        (f"{STATS}getAPTReqstAreaStat", f"{AREA} {AGES}"),
        (f"{STATS}getAPTPrzwnerAreaStat", f"{AREA} {AGES}"),
        (f"{STATS}getAPTReqstAgeStat", f"STAT_DE {AGES}"),
        (f"{STATS}getAPTPrzwnerAgeStat", f"STAT_DE {AGES}"),
        (
            f"{STATS}getAPTCmpetrtAreaStat",
            f"{AREA} SPSPLY_HSHLDCO SPSPLY_REQ_CNT SPSPLY_CMPET_RATE SUPLY_HSHLDCO SUPLY_REQ_CNT SUPLY_CMPET_RATE",
        ),
        (
            f"{STATS}getAPTApsPrzwnerStat",
            f"{AREA} RESIDE_SECD RESIDE_SECD_NM AVRG_SCORE MED_SCORE TOP_SCORE LWET_SCORE",
        ),
        (FILE_PATH, FILE_COLUMNS),
    ],
)
def test_every_row_has_exactly_the_documented_fields(path: str, fields: str) -> None:
    assert {frozenset(row) for row in fetch(path)} == {frozenset(fields.split())}


@pytest.mark.parametrize("kind", KINDS)
def test_notices_reach_up_to_today_with_the_newest_first(kind: str) -> None:
    path = f"{INFO}get{kind}LttotPblancDetail"
    days = [row["RCRIT_PBLANC_DE"] for row in fetch(path, per_page=9000)]
    assert days == sorted(days, reverse=True)
    assert date(2026, 10, 1) < date.fromisoformat(days[0]) <= NOW.date()
    assert days[-1] < "2020-04"
    later = portal(clock=lambda: NOW + timedelta(days=40))
    grown = [row["RCRIT_PBLANC_DE"] for row in fetch(path, later, per_page=9000)]
    assert len(grown) > len(days)
    assert grown[-len(days) :] == days


def test_an_apartment_notice_runs_through_its_days_in_order() -> None:
    for row in fetch(NOTICES):
        steps = ("RCRIT_PBLANC_DE", "SPSPLY_RCEPT_BGNDE", "GNRL_RNK1_CRSPAREA_RCPTDE", "GNRL_RNK2_CRSPAREA_RCPTDE")
        steps = (*steps, "PRZWNER_PRESNATN_DE", "CNTRCT_CNCLS_BGNDE")
        days = [date.fromisoformat(row[step]) for step in steps]
        assert days == sorted(days)
        assert all(day.weekday() < 5 for day in days)
        assert row["MVN_PREARNGE_YM"] > f"{days[-1]:%Y%m}"
        assert (row["GNRL_RNK1_ETC_GG_RCPTDE"] is not None) is (row["SUBSCRPT_AREA_CODE_NM"] == "경기")
        area = "전남" if row["SUBSCRPT_AREA_CODE"] == "500" else row["SUBSCRPT_AREA_CODE_NM"]
        assert row["HSSPLY_ADRES"].startswith(PROVINCES.get(area, area))


def test_some_notices_can_be_applied_for_today_and_some_later() -> None:
    today = f"{NOW:%Y-%m-%d}"
    ends = [row["RCEPT_ENDDE"] for row in fetch(NOTICES, per_page=60)]
    assert any(end >= today for end in ends)
    assert any(end < today for end in ends)


@pytest.mark.parametrize("kind", KINDS)
def test_the_house_types_of_a_notice_add_up_to_its_homes(kind: str) -> None:
    homes: Counter[str] = Counter()
    for row in fetch(f"{INFO}get{kind}LttotPblancMdl", per_page=20_000):
        homes[row["HOUSE_MANAGE_NO"]] += row["SUPLY_HSHLDCO"] + row.get("SPSPLY_HSHLDCO", 0)
        assert row["SUPLY_HSHLDCO"] >= 0
        parts = {name for name in row if name.endswith("_HSHLDCO")} - {"SUPLY_HSHLDCO", "SPSPLY_HSHLDCO"}
        assert sum(row[name] for name in parts) == row.get("SPSPLY_HSHLDCO", 0)
    notices = fetch(f"{INFO}get{kind}LttotPblancDetail", per_page=9000)
    assert {row["HOUSE_MANAGE_NO"]: row["TOT_SUPLY_HSHLDCO"] for row in notices} == dict(homes)


def test_one_notice_is_found_by_its_number_everywhere() -> None:
    asked = {"HOUSE_MANAGE_NO__EQ": fetch(f"{RATES}getAPTLttotPblancCmpet", per_page=1)[0]["HOUSE_MANAGE_NO"]}
    found = [fetch(path, **asked) for path in (NOTICES, TYPES, f"{RATES}getAptLttotPblancScore")]
    assert [len(rows) > 0 for rows in found] == [True, True, True]
    models = {row["MODEL_NO"] for row in found[1]}
    assert {row["MODEL_NO"] for row in fetch(f"{RATES}getAPTLttotPblancCmpet", **asked)} == models
    assert len(found[0]) == 1


def test_a_rate_says_what_its_counts_say() -> None:
    rates = fetch(f"{RATES}getAPTLttotPblancCmpet", per_page=20_000)
    shapes = set()
    for row in rates:
        homes, asked, rate = row["SUPLY_HSHLDCO"], int(row["REQ_CNT"]), row["CMPET_RATE"]
        if rate == "-":
            assert 0 in (homes, asked)
        elif rate.startswith("("):
            assert rate == f"(△{homes - asked})"
        else:
            assert float(rate) == pytest.approx(asked / homes, abs=0.006)
        shapes.add(rate[0] if rate[0] in "-(" else "number")
    assert shapes == {"-", "(", "number"}
    assert {row["RESIDE_SENM"] for row in rates} == {"해당지역", "기타경기", "기타지역"}


def test_results_come_only_after_the_winners() -> None:
    announced = {row["HOUSE_MANAGE_NO"]: row["PRZWNER_PRESNATN_DE"] for row in fetch(NOTICES, per_page=9000)}
    shown = {row["HOUSE_MANAGE_NO"] for row in fetch(f"{RATES}getAPTLttotPblancCmpet", per_page=20_000)}
    today = f"{NOW:%Y-%m-%d}"
    assert all(announced[number] <= today for number in shown)
    assert any(day > today for day in announced.values())


def test_scores_are_in_order_or_not_told() -> None:
    found = fetch(f"{RATES}getAptLttotPblancScore", per_page=9000)
    assert "-" in {row["LWET_SCORE"] for row in found}
    for row in found:
        scores = [row[name] for name in ("LWET_SCORE", "AVRG_SCORE", "TOP_SCORE")]
        if scores != ["-"] * 3:
            low, mean, top = map(float, scores)
            assert 0 <= low <= mean <= top <= 84


@pytest.mark.parametrize(
    ("today", "newest", "oldest"),
    [
        ("2026-11-25T23:59:00+09:00", "202609", "202310"),
        ("2026-11-25T15:00:00+00:00", "202610", "202311"),
        ("2027-01-26T00:00:00+09:00", "202612", "202401"),
        ("2027-01-01T00:00:00+09:00", "202611", "202312"),
    ],
)
def test_statistics_reach_back_36_months_from_the_one_published_last(today: str, newest: str, oldest: str) -> None:
    state = portal(clock=lambda: datetime.fromisoformat(today))
    shown = [row["STAT_DE"] for row in fetch(f"{STATS}getAPTReqstAreaStat", state)]
    assert (shown[0], shown[-1], len(set(shown)), len(shown)) == (newest, oldest, 36, 36 * 17)


def test_the_ages_of_all_areas_add_up_and_winners_are_fewer_than_applicants() -> None:
    for what in ("Reqst", "Przwner"):
        sums: dict[str, Counter[str]] = defaultdict(Counter)
        for row in fetch(f"{STATS}getAPT{what}AreaStat"):
            sums[row["STAT_DE"]].update({age: int(row[age]) for age in row if age.startswith("AGE_")})
        by_age = {row.pop("STAT_DE"): row for row in fetch(f"{STATS}getAPT{what}AgeStat")}
        assert {month: {age: int(count) for age, count in row.items()} for month, row in by_age.items()} == sums
    applied, won = (fetch(f"{STATS}getAPT{what}AreaStat") for what in ("Reqst", "Przwner"))
    assert all(int(few["AGE_30"]) <= int(many["AGE_30"]) for few, many in zip(won, applied, strict=True))


def test_counts_come_as_numbers_and_as_strings() -> None:
    for operation, name in (("getAPTReqstAreaStat", "AGE_40"), ("getAPTCmpetrtAreaStat", "SUPLY_REQ_CNT")):
        values = [row[name] for row in fetch(f"{STATS}{operation}")]
        assert {type(value) for value in values} == {int, str}
        assert all(COUNT.fullmatch(str(value)) for value in values)


def test_statistics_are_filtered_by_month_area_and_where_winners_lived() -> None:
    one = fetch(
        f"{STATS}getAPTApsPrzwnerStat", STAT_DE__EQ="202609", SUBSCRPT_AREA_CODE__EQ="100", RESIDE_SECD__EQ="01"
    )
    assert [(row["STAT_DE"], row["SUBSCRPT_AREA_CODE_NM"], row["RESIDE_SECD_NM"]) for row in one] == [
        ("202609", "서울", "해당지역")
    ]
    span = fetch(f"{STATS}getAPTReqstAgeStat", STAT_DE__GTE="202601", STAT_DE__LTE="202603")
    assert [row["STAT_DE"] for row in span] == ["202603", "202602", "202601"]
    loose = get(f"{STATS}getAPTReqstAreaStat", **{"cond[RESIDE_SECD::EQ]": "01"}).json()
    assert loose["matchCount"] == loose["totalCount"]


def test_the_file_is_last_years_list_under_korean_names_and_does_not_grow() -> None:
    found = fetch(FILE_PATH, per_page=9000)
    assert max(row["모집공고일"] for row in found) <= "2025-11-28"
    assert fetch(FILE_PATH, portal(clock=lambda: NOW + timedelta(days=200)), per_page=9000) == found
    live = {row["HOUSE_MANAGE_NO"]: row for row in fetch(NOTICES, per_page=9000)}
    assert all(live[row["주택관리번호"]]["HOUSE_NM"] == row["주택명"] for row in found)
    seoul = get(FILE_PATH, **{"cond[공급지역명::EQ]": "서울"}).json()
    assert 0 < seoul["matchCount"] < seoul["totalCount"] == len(found)
