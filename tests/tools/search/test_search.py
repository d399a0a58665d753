"""Which documents a search finds, and what it costs the portal."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import pytest

from app.errors import ToolError
from app.tools.base import CallContext
from app.tools.real_estate.search import search_tools
from app.tools.real_estate.search_plan import newest_complete
from tests.tools.search.world import (
    APARTMENT_LEASES,
    APARTMENT_SALES,
    GANGNAM,
    NOW,
    SEOUL,
    ListedSources,
    figures_of,
    ids,
    lease,
    sale,
    search,
)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            "마포구 아파트 2026-09",
            ["month:apartment:sale:11440:202609", "month:apartment:lease:11440:202609"],
        ),
        (
            "Mapo apartments September 2026",
            ["month:apartment:sale:11440:202609", "month:apartment:lease:11440:202609"],
        ),
        ("전세 분당 2026년 8월", ["month:apartment:lease:41135:202608", "trend:apartment:lease:41135"]),
        ("지난달 강남구 빌라 매매", ["month:villa:sale:11680:202610"]),
        (
            "마포구",
            ["month:apartment:sale:11440:202609", "month:apartment:lease:11440:202609", "trend:apartment:sale:11440"],
        ),
        (
            "마포구 오피스텔",
            ["month:officetel:sale:11440:202609", "month:officetel:lease:11440:202609", "trend:officetel:sale:11440"],
        ),
        ("마포구 아파트 매매 추이", ["trend:apartment:sale:11440", "month:apartment:sale:11440:202609"]),
        ("마포구 아파트 매매 2026-09 추이", ["trend:apartment:sale:11440", "month:apartment:sale:11440:202609"]),
        ("부평 상가", ["month:commercial:sale:28237:202609", "trend:commercial:sale:28237"]),
        ("부평 상가 월세", []),
        (
            "마포 아파트 매매 2026년 7월 2026년 9월",
            ["month:apartment:sale:11440:202607", "month:apartment:sale:11440:202609"],
        ),
        ("고성 아파트 매매 2026-09", ["month:apartment:sale:48820:202609", "month:apartment:sale:51820:202609"]),
        (
            "광주 전세 2026-09 아파트",
            [f"month:apartment:lease:{code}:202609" for code in (41610, 12210, 12240, 12270, 12300, 12330)],
        ),
        ("수원 아파트 추이", [f"trend:apartment:sale:{code}" for code in (41111, 41113, 41115, 41117)]),
        (
            "강남구 서초구 아파트 매매 2026-09",
            ["month:apartment:sale:11680:202609", "month:apartment:sale:11650:202609"],
        ),
        ("강원도 춘천 토지 2026년 6월", ["month:land:sale:51110:202606"]),
        ("은마 아파트", []),
        ("없는 곳의 아파트", []),
        ("마포구 아파트 2030-01", []),
        ("마포구 아파트 2026년 13월", []),
        ("마포구 아파트 2005-12", []),
        ("마포구 아파트 전세 2010-12", []),
        ("마포구 아파트 매매 2026-11", ["month:apartment:sale:11440:202611"]),
        ("Paris apartments", []),
        ("지정학 논문", []),
    ],
)
def test_a_search_without_a_complex_finds_documents_without_asking_the_portal(query: str, expected: list[str]) -> None:
    sources = ListedSources()
    assert ids(query, figures_of(sources)) == expected
    assert sources.asked == []


def test_a_province_gives_one_document_for_each_of_its_first_ten_districts() -> None:
    found = ids("서울 아파트", figures_of(sources := ListedSources()))
    assert len(found) == 10
    assert len({identifier.split(":")[3] for identifier in found}) == 10
    assert sources.asked == []


def test_many_districts_share_the_ten_places() -> None:
    found = ids("마포구 용산구 강남구 서초구 송파구 아파트", figures_of(ListedSources()))
    assert len(found) <= 10
    assert {identifier.split(":")[3] for identifier in found} == {"11440", "11170", "11680", "11650", "11710"}


SALES = {
    (APARTMENT_SALES, GANGNAM, "202607"): [sale("은마", 250_000, "2026-07-03"), sale("은마", 251_000, "2026-07-04")],
    (APARTMENT_SALES, GANGNAM, "202608"): [
        sale("은마", 252_000, "2026-08-03"),
        sale("한빛 마을", 90_000, "2026-08-09"),
    ],
    (APARTMENT_SALES, GANGNAM, "202609"): [
        sale("은마", 253_000, "2026-09-01", dong="역삼동"),
        sale("한빛마을2차", 91_000, "2026-09-02", dong="개포동"),
        sale("가람", 50_000, "2026-09-02", cdealType="O"),
        sale("()", 50_000, "2026-09-02"),
    ],
    (APARTMENT_SALES, GANGNAM, "202606"): [sale("옛단지", 10_000, "2026-06-30")],
    (APARTMENT_LEASES, GANGNAM, "202608"): [lease("전세집", 60_000, 0, "2026-08-05")],
}
REST = ["month:apartment:sale:11680:202609", "month:apartment:lease:11680:202609", "trend:apartment:sale:11680"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("강남구 은마 아파트", ["대치동:은마", "역삼동:은마"]),
        ("은마아파트 강남", ["대치동:은마", "역삼동:은마"]),
        ("강남구 한빛마을", ["대치동:한빛-마을", "개포동:한빛마을2차"]),
        ("강남구 한빛마을2차", ["개포동:한빛마을2차"]),
        ("강남구 한빛 2차", ["개포동:한빛마을2차"]),
        ("강남구 은마의", ["대치동:은마", "역삼동:은마"]),
        ("강남구 가람", []),
        ("강남구 옛단지", []),
        ("강남구 전세집", []),
        ("강남구 없는단지", []),
    ],
)
def test_a_complex_is_looked_for_in_three_months_of_the_named_district(query: str, found: list[str]) -> None:
    sources = ListedSources(SALES)
    complexes = [f"complex:apartment:sale:11680:202609:{one}" for one in found]
    assert ids(query, figures_of(sources)) == [*complexes, *REST]
    assert sorted(sources.asked) == [(APARTMENT_SALES, GANGNAM, month) for month in ("202607", "202608", "202609")]


def test_a_complex_is_looked_for_in_the_month_that_is_named_and_the_two_before() -> None:
    sources = ListedSources(SALES)
    found = ids("강남구 옛단지 아파트 매매 2026-06", figures_of(sources))
    assert found == ["complex:apartment:sale:11680:202606:대치동:옛단지", "month:apartment:sale:11680:202606"]
    assert [month for _, _, month in sources.asked] == ["202604", "202605", "202606"]


def test_a_complex_is_looked_for_among_leases_when_leases_are_asked_for() -> None:
    sources = ListedSources(SALES)
    found = ids("강남구 전세집 전세", figures_of(sources))
    assert found[0] == "complex:apartment:lease:11680:202609:대치동:전세집"
    assert {number for number, _, _ in sources.asked} == {APARTMENT_LEASES}


@pytest.mark.parametrize(
    "query",
    ["은마 아파트", "중구 은마", "서울 은마", "강남구 은마 토지", "강남구 은마 2030-01", "강남구 단독주택 은마"],
)
def test_no_complex_is_looked_for_where_none_can_be_found(query: str) -> None:
    sources = ListedSources(SALES)
    assert not any(identifier.startswith("complex") for identifier in ids(query, figures_of(sources)))
    assert sources.asked == []


def test_at_most_five_complexes_and_ten_documents_are_found() -> None:
    rows = [sale(f"한빛{number}차", 10_000, "2026-09-01") for number in range(1, 40)]
    found = ids("강남구 한빛", figures_of(ListedSources({(APARTMENT_SALES, GANGNAM, "202609"): rows})))
    assert sum(identifier.startswith("complex") for identifier in found) == 5
    assert len(found) <= 10


def test_titles_are_in_the_callers_language_and_addresses_are_those_of_the_documents() -> None:
    figures = figures_of(ListedSources(SALES))
    english, korean = search("강남구 은마", figures), search("강남구 은마", figures, locale="ko")
    assert [result["id"] for result in english] == [result["id"] for result in korean]
    assert english[0]["title"] == "은마 (대치동), 서울특별시 강남구: apartment sales, 2026-07 to 2026-09"
    assert korean[0]["title"] == "서울특별시 강남구 대치동 은마 아파트 매매 2026-07~2026-09"
    assert [result["title"] for result in english[2:]] == [
        "서울특별시 강남구: apartment sales, 2026-09",
        "서울특별시 강남구: apartment leases, 2026-09",
        "서울특별시 강남구: apartment sale price trend",
    ]
    assert korean[3]["title"] == "서울특별시 강남구 아파트 전월세 2026-09"
    assert [result["url"].removeprefix("https://home.example.net/d/real_estate/") for result in english] == [
        "apartment-sale/11680/202609/대치동/은마",
        "apartment-sale/11680/202609/역삼동/은마",
        "apartment-sale/11680/202609",
        "apartment-lease/11680/202609",
        "apartment-sale/11680/trend",
    ]


@pytest.mark.parametrize(
    ("now", "month"),
    [
        (datetime(2026, 11, 22, 12, tzinfo=SEOUL), "202609"),
        (datetime(2026, 10, 30, 23, 59, tzinfo=SEOUL), "202608"),
        (datetime(2026, 11, 1, 0, 0, tzinfo=SEOUL), "202609"),
        (datetime(2026, 3, 1, 12, tzinfo=SEOUL), "202512"),
        (datetime(2026, 3, 2, 12, tzinfo=SEOUL), "202512"),
        (datetime(2026, 3, 3, 0, 0, tzinfo=SEOUL), "202601"),
        (datetime(2027, 1, 5, 12, tzinfo=SEOUL), "202611"),
    ],
)
def test_without_a_month_it_is_the_newest_in_which_nothing_can_come_in_any_more(now: datetime, month: str) -> None:
    assert newest_complete(now) == month
    assert ids("마포구 아파트 매매", figures_of(ListedSources()), now=now)[0] == f"month:apartment:sale:11440:{month}"


@pytest.mark.parametrize("query", ["", "   ", "!?", "🏠", "가" * 1001, "마포구 " * 100_000])
def test_an_empty_or_overlong_query_is_an_error_that_names_the_argument_and_the_fix(query: str) -> None:
    with pytest.raises(ToolError, match=r"^query: .*(district|month)") as refused:
        search(query)
    with pytest.raises(ToolError, match=r"^query: .*시군구, 주택 유형, 달"):
        search(query, locale="ko")
    assert len(str(refused.value)) < 200


def test_a_query_of_a_thousand_characters_is_read() -> None:
    assert ids("마포구 아파트 매매 2026-09".ljust(1000)) == ["month:apartment:sale:11440:202609"]
    assert ids("가나 " * 333) == []


def test_the_shape_is_the_one_deep_research_expects() -> None:
    found, fetched = (tool.definition for tool in search_tools(figures_of(ListedSources()), clock=lambda: NOW))
    assert (found.name, fetched.name) == ("search", "fetch")
    for definition, argument in ((found, "query"), (fetched, "id")):
        assert definition.input_schema["required"] == [argument]
        assert list(definition.input_schema["properties"]) == [argument]
        assert definition.input_schema["properties"][argument]["type"] == "string"
        assert definition.input_schema["properties"][argument]["examples"]
        hints = definition.annotations
        assert hints is not None
        assert (hints.read_only_hint, hints.destructive_hint) == (True, False)
        assert (hints.idempotent_hint, hints.open_world_hint) == (True, True)
        assert (definition.description or "").startswith("Use this when ")
    outputs = [definition.output_schema for definition in (found, fetched)]
    assert outputs[0] is not None
    assert outputs[1] is not None
    assert list(outputs[0]["properties"]) == ["results"]
    assert list(outputs[1]["properties"]) == ["id", "title", "text", "url", "metadata"]


@pytest.mark.parametrize(
    "arguments", [{}, {"query": None}, {"query": 5}, {"query": "마포", "top": 3}, {"query": ["마포"]}]
)
def test_other_arguments_are_refused_by_name(arguments: dict[str, Any]) -> None:
    tool = search_tools(figures_of(ListedSources()), clock=lambda: NOW)[0]
    with pytest.raises(ToolError, match=r"query|top"):
        asyncio.run(tool.call(arguments, CallContext()))


def test_a_portal_that_fails_is_an_error_and_not_an_empty_result() -> None:
    class Failing(ListedSources):
        async def months(self, *_: Any) -> Any:
            raise ToolError("The portal has a fault.")

    with pytest.raises(ToolError, match="The portal has a fault"):
        ids("강남구 은마", figures_of(Failing()))
    assert ids("강남구 아파트 2026-09", figures_of(Failing()))
