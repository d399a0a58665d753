"""Which district a text means: never a silent guess."""

from __future__ import annotations

import asyncio
import csv
import subprocess
import sys
import unicodedata
from bisect import bisect_left
from datetime import datetime
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp_types import CallToolResult

from app.errors import ToolError
from app.tools.base import CallContext, Locale
from app.tools.real_estate import regions
from app.tools.real_estate.contract import Clock
from app.tools.real_estate.region_tools import living_district, region_tools
from app.tools.real_estate.regions import TABLE_DATE, load_regions
from tests.tools.toolbox import NOW

TABLE = load_regions()
LEAVES = sorted(TABLE.districts.items())


def inside(prefix: str) -> list[str]:
    """The districts whose code begins so, read from the file a second time."""
    text = (files("app.tools.real_estate") / "data" / "sigungu.tsv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t")
    return [row["code"] for row in rows if row["level"] == "leaf" and row["code"].startswith(prefix)]


def ask(which: int, arguments: dict[str, Any], locale: Locale = "en", clock: Clock = lambda: NOW) -> CallToolResult:
    return asyncio.run(region_tools(clock)[which].call(arguments, CallContext(locale=locale)))


def region(query: str) -> dict[str, Any]:
    answer = ask(0, {"query": query}).structured_content
    assert isinstance(answer, dict)
    return answer


def said(query: str, locale: Locale) -> str:
    result = ask(0, {"query": query}, locale)
    assert result.content[0].type == "text"
    assert result.structured_content is not None
    hint = result.structured_content["hint"]
    assert hint is None or hint in result.content[0].text
    return result.content[0].text


FORMER_GWANGJU = ["12210", "12240", "12270", "12300", "12330"]

QUERIES_OF_THE_PREDECESSORS_DEFECTS = [
    # (item of the list of defects, query, region_code, candidates in their order)
    (9, "남구", None, ["12270", "26290", "27200", "31140", "47111", "28177"]),
    (9, "중구", None, ["11140", "26110", "27110", "30140", "31110", "28125", "28155"]),
    (9, "고성", None, ["48820", "51820"]),
    (9, "고성군", None, ["48820", "51820"]),
    (9, "강원 고성", "51820", ["51820"]),
    (9, "경남 고성", "48820", ["48820"]),
    (9, "검단", "28290", ["28290"]),
    (9, "대구 검단동", "27230", ["27230"]),
    (9, "광주", None, ["41610", *FORMER_GWANGJU]),
    (9, "경기 광주", "41610", ["41610"]),
    (9, "광주광역시", None, FORMER_GWANGJU),
    (9, "강남", "11680", ["11680"]),
    (9, "서울 중구", "11140", ["11140"]),
    (9, "동구", None, ["12210", "26170", "27140", "30110", "31170", "28125"]),
    (9, "서구", None, ["12240", "26140", "27170", "30170", "28275", "28290"]),
    (9, "북구", None, ["12300", "26320", "27230", "31200", "47113"]),
    (9, "강서구", None, ["11500", "26440"]),
    (10, "서울", None, inside("11")),
    (10, "수원", None, ["41111", "41113", "41115", "41117"]),
    (10, "41110", None, ["41111", "41113", "41115", "41117"]),
    (10, "4111000000", None, ["41111", "41113", "41115", "41117"]),
    (10, "41590", None, ["41591", "41593", "41595", "41597"]),
    (10, "11000", None, inside("11")),
    (10, "전주", None, ["52111", "52113"]),
    (10, "성남시", None, ["41131", "41133", "41135"]),
    (10, "화성", None, ["41591", "41593", "41595", "41597"]),
    (10, "부천시", None, ["41192", "41194", "41196"]),
    (10, "부산광역시", None, inside("26")),
    (10, "세종", "36110", ["36110"]),
    (11, "충남 천안", None, ["44131", "44133"]),
    (11, "충남 천안 서북구", "44133", ["44133"]),
    (11, "경북", None, inside("47")),
    (11, "경북도", None, inside("47")),
    (11, "강원도 춘천", "51110", ["51110"]),
    (11, "제주도", None, ["50110", "50130"]),
    (11, "제주", None, ["50110", "50130"]),
    (11, "전라북도 전주", None, ["52111", "52113"]),
    (11, "성남시분당구", "41135", ["41135"]),
    (11, "서울마포구", "11440", ["11440"]),
    (11, "전라북도", None, inside("52")),
    (11, "전라북도 군산", "52130", ["52130"]),
    (11, "인천 남구", "28177", ["28177"]),
    (12, "경기도", None, inside("41")),
    (13, "영종", "28155", ["28155"]),
    (13, "제물포구", "28125", ["28125"]),
    (13, "서해구", "28275", ["28275"]),
    (13, "인천 서구", None, ["28275", "28290"]),
    (13, "인천 중구", None, ["28125", "28155"]),
    (13, "28260", None, ["28275", "28290"]),
    (13, "29000", None, FORMER_GWANGJU),
    (13, "광주시", None, ["41610", *FORMER_GWANGJU]),
    (13, "전남광주통합특별시", None, inside("12")),
    (13, "광주 동구", "12210", ["12210"]),
    (13, "목포", "12110", ["12110"]),
    (13, "29155", "12270", ["12270"]),
    (13, "46910", "12870", ["12870"]),
    (13, "화성 만세", "41591", ["41591"]),
    (13, "효행구", "41593", ["41593"]),
    (13, "병점", "41595", ["41595"]),
    (13, "동탄", "41597", ["41597"]),
    (13, "부천 오정구", "41196", ["41196"]),
]


@pytest.mark.parametrize(("item", "query", "code", "candidates"), QUERIES_OF_THE_PREDECESSORS_DEFECTS)
def test_a_query_that_misled_the_predecessor_is_answered_exactly(
    item: int, query: str, code: str | None, candidates: list[str]
) -> None:
    answer = region(query)
    assert answer["region_code"] == code, item
    assert [match["code"] for match in answer["matches"]] == [f"{candidate}00000" for candidate in candidates[:20]]
    assert answer["match_count"] == len(candidates)
    assert answer["full_name"] == (TABLE.districts[code] if code else None)
    assert (answer["hint"] is not None) or code
    assert answer["table_date"] == TABLE_DATE == "2026-10-08"


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


@pytest.mark.parametrize(("query", "count"), [("서울", 25), ("경기도", 47), ("경북", 23), ("전남광주", 27)])
def test_a_province_lists_twenty_of_its_districts_and_counts_the_rest(query: str, count: int) -> None:
    answer = region(query)
    assert (answer["region_code"], len(answer["matches"]), answer["match_count"]) == (None, 20, count)


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


@pytest.mark.parametrize("query", ["", "   ", "·,()", "🏠", "__--__", "가" * 101, "마포" * 5_000, "가\0" * 5_000])
def test_an_empty_or_overlong_query_is_an_error_that_names_the_argument(query: str) -> None:
    with pytest.raises(ToolError, match="query") as refused:
        region(query)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    "query",
    [
        unicodedata.normalize("NFD", "서울 마포구"),
        "🏠서울 마포구🏠",
        "서울·마포구!",
        "１１４４０",
        "서울\u3000마포\u200b구",
    ],
)
def test_pieces_of_syllables_wide_digits_and_pictures_do_not_hide_a_name(query: str) -> None:
    assert region(query)["region_code"] == "11440"


@pytest.mark.parametrize("query", ["중" * 100, "전남광주" * 25, "강남 강남 강남", "서울 서울 서울"])
def test_a_text_that_only_repeats_names_is_no_name(query: str) -> None:
    assert region(query)["matches"] == []


def test_a_text_longer_than_any_name_is_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    monkeypatch.setattr(regions, "bisect_left", lambda rows, key: looked.append(key) or bisect_left(rows, key))
    assert TABLE.search("중구" * 5_000).by == "nothing"
    assert looked == []
    assert TABLE.search("서울 중구").code == "11140"
    assert looked


@pytest.mark.parametrize(
    ("query", "english", "korean"),
    [
        ("마포", "서울특별시 마포구: region_code 11440.", "서울특별시 마포구: region_code 11440."),
        ("고성", "2 candidates", "후보 2곳"),
        ("수원", "larger than a district", "시군구보다 큰 곳"),
        ("전라북도", "a former name", "옛 이름"),
        ("전라북도", "12 more changes", "12건 더"),
        ("인천 중구", "island part (8 dong: 중산", "섬 쪽 (8개 동: 중산"),
        ("42110", "since 2023-06-11: sido renamed", "2023-06-11부터: 시도 이름 변경"),
        ("역삼동", "found as 서울특별시 강남구 역삼동", "서울특별시 강남구 역삼동(으)로 찾았습니다"),
        ("검단", "Smaller places share the name", "더 작은 곳도 같은 이름"),
        ("없는이름", "No district found", "시군구를 찾지 못했습니다"),
        ("없는이름", "Code table of 2026-10-08.", "2026-10-08 코드표 기준."),
    ],
)
def test_the_readable_text_is_in_the_callers_language(query: str, english: str, korean: str) -> None:
    for locale, expected in (("en", english), ("ko", korean)):
        assert expected in said(query, locale)  # type: ignore[arg-type]


@pytest.mark.parametrize("note", sorted({change.note for place in TABLE._by_code.values() for change in place.changes}))
def test_no_english_is_left_in_what_a_korean_reads_of_a_change(note: str) -> None:
    place = next(place for place in TABLE._by_code.values() for change in place.changes if change.note == note)
    text = said(" ".join(place.path), "ko")
    assert not set("abcdefghijklmnopqrstuvwxyz") & set(text.replace("region_code", ""))


def test_an_error_is_in_the_callers_language() -> None:
    with pytest.raises(ToolError, match="query: 비어 있습니다"):
        said("!", "ko")


@pytest.mark.parametrize(
    ("code", "english", "korean"),
    [
        ("4413100000", "first five are the district: 44131", "앞의 다섯 자리가 시군구입니다: 44131"),
        ("마포", "must be five digits", "다섯 자리 숫자여야"),
        ("1" * 10_000, "must be five digits", "다섯 자리 숫자여야"),
        ("99999", "99999 is no Korean district", "99999 시군구는 없습니다"),
        (
            "42110",
            "retired code since 2023-06-11. Its successor: 51110",
            "2023-06-11에 없어졌습니다. 지금의 코드: 51110",
        ),
        ("52110", "by district: 52111 전북특별자치도 전주시 완산구, 52113", "시군구별입니다: 52111"),
        ("11000", "and others (see get_region_code)", "등 (get_region_code 참조)"),
    ],
)
def test_a_code_that_is_no_living_district_is_refused_with_what_to_use(code: str, english: str, korean: str) -> None:
    for locale, expected in (("en", english), ("ko", korean)):
        with pytest.raises(ToolError, match="region_code") as refused:
            living_district(TABLE, code, locale)  # type: ignore[arg-type]
        assert expected in str(refused.value)
        assert len(str(refused.value)) < 700
    assert living_district(TABLE, "11440") == "서울특별시 마포구"


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


MEASURE = """
import gc, tracemalloc
from app.tools.real_estate import regions
tracemalloc.start()
table = regions.load_regions()
assert regions.load_regions() is table
gc.collect()
print(tracemalloc.get_traced_memory()[0])
"""


def test_the_table_is_loaded_once_and_holds_less_than_five_megabytes() -> None:
    measured = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True)
    assert 500_000 < int(measured.stdout) < 5_000_000


@pytest.mark.parametrize(
    ("instant", "month", "as_of"),
    [
        ("2026-11-30T14:59:59+00:00", "202611", "2026-11-30T23:59:59+09:00"),
        ("2026-11-30T15:00:00+00:00", "202612", "2026-12-01T00:00:00+09:00"),
        ("2026-12-31T15:00:00+00:00", "202701", "2027-01-01T00:00:00+09:00"),
        ("2027-01-01T00:00:00+14:00", "202612", "2026-12-31T19:00:00+09:00"),
        ("2028-02-29T08:00:00-08:00", "202803", "2028-03-01T01:00:00+09:00"),
    ],
)
def test_the_month_is_the_one_in_seoul_whatever_the_clocks_zone(instant: str, month: str, as_of: str) -> None:
    for locale in ("en", "ko"):
        result = ask(1, {}, locale, clock=lambda: datetime.fromisoformat(instant))  # type: ignore[arg-type]
        assert result.structured_content == {"year_month": month, "as_of": as_of}
        assert result.content[0].type == "text"
        assert month in result.content[0].text
        assert ("한국" in result.content[0].text) is (locale == "ko")
