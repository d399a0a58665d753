"""Which district a text means: never a silent guess."""

from __future__ import annotations

import time
import tracemalloc
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import ToolError
from app.tools.real_estate.regions import load_regions
from tests.tools.toolbox import region

TABLE = load_regions()
LEAVES = sorted(TABLE.districts.items())


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("서울특별시 마포구", "11440"),
        ("서울 마포", "11440"),
        ("서울시 강남구", "11680"),
        ("마포", "11440"),
        ("  강남구 ", "11680"),
        ("성남시분당구", "41135"),
        ("경기 분당", "41135"),
        ("천안시 서북구", "44133"),
        ("포항 남구", "47111"),
        ("제주시", "50110"),
        ("세종", "36110"),
        ("세종시", "36110"),
        ("영종", "28155"),
        ("검단", "28290"),
        ("동탄", "41597"),
        ("강원 고성", "51820"),
        ("경남 고성군", "48820"),
        ("경기도 광주시", "41610"),
        ("광산구", "12330"),
        ("역삼동", "11680"),
        ("서울 강남구 역삼동", "11680"),
        ("분당 정자동", "41135"),
        ("성수동", "11200"),
        ("11680", "11680"),
        ("1168010100", "11680"),
        ("3611000000", "36110"),
    ],
)
def test_a_clear_name_or_code_gives_one_district(query: str, code: str) -> None:
    answer = region(query)
    assert answer["region_code"] == code
    assert answer["full_name"] == TABLE.districts[code]
    assert answer["matches"][0]["code"] == f"{code}00000"


@pytest.mark.parametrize(
    ("query", "code", "said"),
    [
        ("강원도 춘천", "51110", "42110"),
        ("강원도 춘천시 퇴계동", "51110", "42110"),
        ("전라북도 군산시", "52130", "45130"),
        ("경북 군위", "27720", "47720"),
        ("인천 남구", "28177", "28170"),
        ("인천 동구", "28125", "28140"),
        ("광주광역시 동구", "12210", "29110"),
        ("전남 목포", "12110", "46110"),
        ("인천 중구 운서동", "28155", "28110"),
        ("인천 서구 청라동", "28275", "28260"),
        ("42110", "51110", "42110"),
        ("2817000000", "28177", "28170"),
    ],
)
def test_a_former_name_or_code_leads_to_its_successor_and_says_so(query: str, code: str, said: str) -> None:
    answer = region(query)
    assert answer["region_code"] == code
    assert said in answer["hint"]


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("중구", {"11140", "26110", "27110", "30140", "31110", "28125", "28155"}),
        ("남구", {"26290", "27200", "31140", "12270", "47111", "28177"}),
        ("고성", {"48820", "51820"}),
        ("강서구", {"11500", "26440"}),
        ("광주", {"41610", "12210", "12240", "12270", "12300", "12330"}),
        ("광주시", {"41610", "12210", "12240", "12270", "12300", "12330"}),
        ("인천 중구", {"28125", "28155"}),
        ("28260", {"28275", "28290"}),
        ("수원", {"41111", "41113", "41115", "41117"}),
        ("수원시", {"41111", "41113", "41115", "41117"}),
        ("41110", {"41111", "41113", "41115", "41117"}),
        ("4111000000", {"41111", "41113", "41115", "41117"}),
        ("전주", {"52111", "52113"}),
        ("전라북도 전주", {"52111", "52113"}),
        ("충남 천안", {"44131", "44133"}),
        ("부천", {"41192", "41194", "41196"}),
        ("41590", {"41591", "41593", "41595", "41597"}),
        ("제주", {"50110", "50130"}),
        ("제주도", {"50110", "50130"}),
        ("29000", {"12210", "12240", "12270", "12300", "12330"}),
    ],
)
def test_several_districts_are_candidates_and_none_is_chosen(query: str, codes: set[str]) -> None:
    answer = region(query)
    assert answer["region_code"] is None
    assert answer["full_name"] is None
    assert {match["code"][:5] for match in answer["matches"]} == codes
    assert answer["hint"]


@pytest.mark.parametrize(
    ("query", "count"), [("서울", 25), ("경기도", 55 - 8), ("경북", 23), ("전남광주", 27), ("11000", 25)]
)
def test_a_province_lists_at_most_twenty_of_its_districts_and_counts_the_rest(query: str, count: int) -> None:
    answer = region(query)
    districts = {code for code, _ in LEAVES if code[:2] == answer["matches"][0]["code"][:2]}
    assert answer["region_code"] is None
    assert len(answer["matches"]) == 20
    assert answer["match_count"] == len(districts)
    assert answer["match_count"] == count


def test_smaller_places_of_the_same_name_are_mentioned() -> None:
    assert "대구광역시 북구 검단동" in region("검단")["hint"]


def test_a_dong_that_several_districts_have_is_not_chosen() -> None:
    answer = region("중동")
    assert answer["region_code"] is None
    assert {"서울특별시 마포구 중동", "부산광역시 해운대구 중동"} <= {match["name"] for match in answer["matches"]}


@pytest.mark.parametrize("query", ["가나다라", "Gangnam", "99999", "1234", "116801", "구로 강남"])
def test_an_unknown_name_gives_nothing_but_a_hint(query: str) -> None:
    answer = region(query)
    assert (answer["region_code"], answer["matches"], answer["match_count"]) == (None, [], 0)
    assert "5 or 10 digits" in answer["hint"]


@pytest.mark.parametrize("query", ["", "   ", "·,()", "가" * 101])
def test_an_empty_or_overlong_query_is_an_error_that_names_the_argument(query: str) -> None:
    with pytest.raises(ToolError, match="query"):
        region(query)


def test_syllables_sent_in_pieces_are_composed() -> None:
    assert region(unicodedata.normalize("NFD", "서울 마포구"))["region_code"] == "11440"


@pytest.mark.parametrize(("code", "name"), LEAVES)
def test_every_living_district_is_found_by_its_name_and_its_code(code: str, name: str) -> None:
    assert TABLE.search(name).code == code
    assert TABLE.search(name.replace(" ", "")).code == code
    assert TABLE.search(code).code == code


@pytest.mark.parametrize(("code", "name"), LEAVES)
def test_every_living_district_is_among_the_matches_of_its_last_word(code: str, name: str) -> None:
    last = name.rsplit(maxsplit=1)[-1]
    short = last[:-1] if len(last) == 3 else last
    assert code in {match.code for match in TABLE.search(last).matches}
    assert code in {match.code for match in TABLE.search(short).matches}


@given(st.one_of(st.text(max_size=100), st.text(alphabet="서울강남구중동시도광주1가 ", max_size=40)))
def test_any_text_is_answered_with_living_districts_only(query: str) -> None:
    found = TABLE.search(query)
    assert {match.code for match in found.matches} <= TABLE.districts.keys()
    assert found.code is None or found.code in TABLE.districts


def test_the_table_is_small_and_a_search_is_quick() -> None:
    load_regions.cache_clear()
    tracemalloc.start()
    table = load_regions()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 5_000_000
    queries = ["중구", "고성", "충남 천안", "성남시 분당구", "전라남도 목포시 상동", "가나다라마바사"] * 20
    start = time.perf_counter()
    for query in queries:
        table.search(query)
    assert (time.perf_counter() - start) / len(queries) < 0.005  # well under a millisecond on an idle machine
