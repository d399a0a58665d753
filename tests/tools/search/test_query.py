"""What a search text is understood to ask for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.tools.real_estate.regions import load_regions
from app.tools.real_estate.search_months import take_months
from app.tools.real_estate.search_query import MOST_WORDS, Wanted, understand
from app.tools.real_estate.search_romanized import hangul_names, romanize
from tests.tools.search.world import NOW, SEOUL

TABLE = load_regions()


def read(query: str) -> Wanted:
    return understand(query, TABLE, NOW)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("마포구 아파트 2026-09", {"regions": ("11440",), "houses": ("apartment",), "months": ("202609",)}),
        ("Mapo apartments September 2026", {"regions": ("11440",), "houses": ("apartment",), "months": ("202609",)}),
        ("마포구 apartment sales in Sep 2026", {"regions": ("11440",), "contracts": ("sale",), "months": ("202609",)}),
        ("은마 아파트", {"regions": (), "words": ("은마",)}),
        ("강남구 은마아파트", {"regions": ("11680",), "words": ("은마",), "houses": ("apartment",)}),
        ("은마 대치동", {"regions": ("11680",), "words": ("은마",)}),
        ("전세 분당 2026년 8월", {"regions": ("41135",), "contracts": ("lease",), "months": ("202608",)}),
        ("지난달 강남구 빌라 매매", {"houses": ("villa",), "contracts": ("sale",), "months": ("202610",)}),
        ("마포아파트매매가", {"regions": ("11440",), "houses": ("apartment",), "contracts": ("sale",)}),
        ("마포구의 아파트는 얼마", {"regions": ("11440",), "houses": ("apartment",), "words": ()}),
        ("서울 강남 아파트값 추이", {"regions": ("11680",), "houses": ("apartment",), "trend": True}),
        ("강남구 서초구 아파트 비교", {"regions": ("11680", "11650"), "certain": True, "words": ()}),
        ("송파구 마포 은평구", {"regions": ("11710", "11440", "11380")}),
        ("중구 아파트", {"regions": ("11140", "26110", "27110", "30140", "31110", "28125", "28155"), "certain": False}),
        ("수원 아파트", {"regions": ("41111", "41113", "41115", "41117"), "certain": False}),
        ("강원도 춘천 단독주택", {"regions": ("51110",), "houses": ("single_house",)}),
        ("부평 상가", {"regions": ("28237",), "houses": ("commercial",)}),
        ("양평 땅", {"regions": ("41830",)}),
        ("양평 지역은", {"regions": ("41830",), "words": ()}),
        ("가람 마포구", {"regions": ("11440",), "words": ("가람",)}),
        ("아파트" * 5_000, {"regions": (), "words": ()}),
        ("가평군 토지", {"regions": ("41820",), "houses": ("land",)}),
        ("구례군 토지면", {"regions": ("12730",), "houses": ()}),
        ("김포 공장 창고", {"regions": ("41570",), "houses": ("factory_warehouse",)}),
        ("동탄 분양권", {"regions": ("41597",), "houses": ("presale_right",)}),
        ("오피스텔 월세 마포", {"houses": ("officetel",), "contracts": ("lease",), "regions": ("11440",)}),
        ("e편한세상 마포", {"regions": ("11440",), "words": ("e편한세상",)}),
        ("LG자이 수지", {"regions": ("41465",), "words": ("lg자이",)}),
        ("송파구 헬리오시티 전셋값", {"words": ("헬리오시티",), "contracts": ("lease",)}),
        ("11440 202609", {"regions": ("11440",), "months": ("202609",)}),
        ("Bundang-gu, Seongnam-si, Gyeonggi-do jeonse", {"regions": ("41135",), "contracts": ("lease",)}),
        ("how much is an apartment in Jongno-gu, Seoul?", {"regions": ("11110",), "words": ()}),
        ("Jung-gu officetel rent", {"certain": False, "houses": ("officetel",), "contracts": ("lease",)}),
        ("villa or row-house in Gangneung", {"regions": ("51150",), "houses": ("villa",)}),
        ("２０２６－０９ 마포구", {"regions": ("11440",), "months": ("202609",)}),
        ("", {"regions": (), "words": (), "months": ()}),
        ("🏠 ?!", {"regions": (), "words": ()}),
    ],
)
def test_a_text_is_understood(query: str, expected: dict[str, Any]) -> None:
    wanted = read(query)
    assert {name: getattr(wanted, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "months", "left"),
    [
        ("마포 2026-09", ("202609",), "마포"),
        ("2026.9 마포", ("202609",), "마포"),
        ("2026/09/15 마포", ("202609",), "마포"),
        ("202609 마포", ("202609",), "마포"),
        ("2026년9월 마포", ("202609",), "마포"),
        ("26년 9월 마포", ("202609",), "마포"),
        ("september 2026", ("202609",), ""),
        ("sept. 2026", ("202609",), ""),
        ("2026 sep", ("202609",), ""),
        ("may 2026", ("202605",), ""),
        ("may", (), "may"),
        ("march", ("202603",), ""),
        ("december", ("202512",), ""),
        ("9월", ("202609",), ""),
        ("12월", ("202512",), ""),
        ("작년 5월", ("202505",), ""),
        ("올해 3월", ("202603",), ""),
        ("재작년 12월", ("202412",), ""),
        ("지난달", ("202610",), ""),
        ("지난 달", ("202610",), ""),
        ("지지난달", ("202609",), ""),
        ("이번 달", ("202611",), ""),
        ("last month", ("202610",), ""),
        ("this month", ("202611",), ""),
        ("2026년 7월 2026년 9월", ("202607", "202609"), ""),
        ("9월 7월", ("202609", "202607"), ""),
        ("2026년 13월", ("202613",), ""),
        ("2030-01", ("203001",), ""),
        ("2026년", (), ""),
        ("2026", (), ""),
        ("jungnang", (), "jungnang"),
        ("11440", (), "11440"),
        ("1168010100", (), "1168010100"),
        ("삼성1차", (), "삼성1차"),
    ],
)
def test_months_are_taken_out_of_a_text(text: str, months: tuple[str, ...], left: str) -> None:
    found, rest = take_months(text, NOW)
    assert (found, rest.strip()) == (months, left)


def test_last_month_in_january_is_december_in_seoul() -> None:
    assert take_months("지난달", datetime(2027, 1, 1, 0, 0, tzinfo=SEOUL))[0] == ("202612",)


@pytest.mark.parametrize(
    ("hangul", "official"),
    [
        ("마포", "mapo"),
        ("종로", "jongno"),
        ("강릉", "gangneung"),
        ("울릉", "ulleung"),
        ("중랑", "jungnang"),
        ("덕양", "deogyang"),
        ("칠곡", "chilgok"),
        ("합천", "hapcheon"),
        ("임실", "imsil"),
        ("옥천", "okcheon"),
        ("밀양", "miryang"),
        ("창녕", "changnyeong"),
        ("철원", "cheorwon"),
        ("전라", "jeolla"),
        ("계룡", "gyeryong"),
        ("문경", "mungyeong"),
        ("의령", "uiryeong"),
        ("괴산", "goesan"),
        ("무주", "muju"),
        ("영등포", "yeongdeungpo"),
        ("화성", "hwaseong"),
        ("백령", "baengnyeong"),
        ("왕십리", "wangsimni"),
        ("독립문", "dongnimmun"),
        ("신림", "sillim"),
        ("a1가", "a1ga"),
    ],
)
def test_names_are_romanized_as_on_road_signs(hangul: str, official: str) -> None:
    assert romanize(hangul) == official


@pytest.mark.parametrize("code", sorted(TABLE.districts))
def test_every_district_is_found_by_its_romanized_name_in_english_order(code: str) -> None:
    names = {hangul: latin for latin, hangul in hangul_names(TABLE).items()}
    english = ", ".join(names[part] for part in reversed(TABLE.districts[code].split()))
    assert read(f"apartments in {english}").regions == (code,)


def test_romanized_names_do_not_collide() -> None:
    names = hangul_names(TABLE)
    assert len(set(names.values())) == len(names)


@given(st.one_of(st.text(max_size=1000), st.text(alphabet="서울강남구중아파트은마년월전세0129 -gu", max_size=300)))
def test_any_text_is_understood_as_living_districts_and_few_words(query: str) -> None:
    wanted = read(query)
    assert set(wanted.regions) <= TABLE.districts.keys()
    assert len(wanted.words) <= MOST_WORDS
    assert all(len(month) == 6 and month.isdigit() for month in wanted.months)
