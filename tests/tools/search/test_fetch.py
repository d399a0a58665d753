"""Documents: their figures against a second computation, what they admit, and texts that cannot do harm."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median
from typing import Any

import pytest

from app.errors import ToolError
from app.tools.base import Locale
from app.tools.real_estate.contract import Row
from app.tools.real_estate.search_wording import WORDS
from tests.tools.search.world import (
    APARTMENT_LEASES,
    APARTMENT_SALES,
    BASE,
    GANGNAM,
    LAND_SALES,
    ListedSources,
    fetch,
    figures_of,
    ids,
    lease,
    sale,
    table,
)

MONTH = "month:apartment:sale:11680:202609"
SALES: list[Row] = [
    sale("은마", 250_000, "2026-09-03"),
    sale("은마", 262_000, "2026-09-21", area="76.79"),
    sale("한빛마을", 90_000, "2026-09-09", area="39.6", dong="개포동"),
    sale("한빛마을", 99_900, "2026-09-30", area="40", dong="개포동"),
    sale("가람", 333_333, "2026-09-11", area="135.01", dong="역삼동"),
    sale("가람", 400_000, "2026-09-12", area="84.9", dong="역삼동", cdealType="O"),
    {**sale("가람", 1, "2026-09-12"), "dealAmount": "-"},
]
LEASES: list[Row] = [
    lease("은마", 80_000, 0, "2026-11-02"),
    lease("은마", 70_000, 0, "2026-11-04"),
    lease("은마", 75_000, 0, "2026-11-05", area="84.9"),
    lease("한빛마을", 10_000, 150, "2026-11-06"),
    lease("한빛마을", 5_000, 210, "2026-11-07"),
]


def of(rows: Sequence[Row], number: str = APARTMENT_SALES, month: str = "202609") -> ListedSources:
    return ListedSources({(number, GANGNAM, month): rows})


def text_of(identifier: str, sources: ListedSources, locale: Locale = "en", **options: Any) -> str:
    return str(fetch(identifier, figures_of(sources, **options), locale=locale)["text"])


def counting() -> list[int]:
    return [int(row["dealAmount"].replace(",", "")) for row in SALES[:5]]


def test_a_month_of_sales_has_counts_medians_bands_and_the_newest_deals() -> None:
    document = fetch(MONTH, figures_of(of(SALES)))
    text, prices = document["text"], counting()
    assert document["id"] == MONTH
    assert document["title"] == "서울특별시 강남구: apartment sales, 2026-09"
    assert document["url"] == BASE + "real_estate/apartment-sale/11680/202609"
    assert text.startswith(f"# {document['title']}\n")
    assert f"- Sales: {len(prices)}\n- Median: {median(prices):,}\n- Lowest: {min(prices):,}" in text
    assert f"- Highest: {max(prices):,}" in text
    assert f"{len(SALES)} contracts reported; {len(prices)} are in the figures (1 cancelled, 1 unreadable left" in text
    assert table(text, "Medians by area") == [
        ["up to 40 ㎡", "2", f"{median([90_000, 99_900]):,.0f}", f"{median([90_000 / 39.6, 99_900 / 40]):,.2f}"],
        ["over 60 up to 85 ㎡", "2", "256,000", f"{median([250_000 / 84.97, 262_000 / 76.79]):,.2f}"],
        ["over 135 ㎡", "1", "333,333", f"{333_333 / 135.01:,.2f}"],
    ]
    assert table(text, "Newest 5 listed") == [
        ["2026-09-30", "한빛마을", "개포동", "40.0", "7", "99,900"],
        ["2026-09-21", "은마", "대치동", "76.79", "7", "262,000"],
        ["2026-09-11", "가람", "역삼동", "135.01", "7", "333,333"],
        ["2026-09-09", "한빛마을", "개포동", "39.6", "7", "90,000"],
        ["2026-09-03", "은마", "대치동", "84.97", "7", "250,000"],
    ]
    assert "ncomplete" not in text
    assert text.endswith("data.go.kr 15126469\n\nData as of: 2026-11-22T09:00:00+09:00")


def test_metadata_are_texts_that_say_whose_figures_they_are_and_how_far_to_trust_them() -> None:
    metadata = fetch(MONTH, figures_of(of(SALES)))["metadata"]
    assert metadata == {
        "source": metadata["source"],
        "data_as_of": "2026-11-22T09:00:00+09:00",
        "sample": "false",
        "incomplete": "false",
    }
    assert "국토교통부" in metadata["source"]
    assert "data.go.kr 15126469" in metadata["source"]
    late = fetch("month:apartment:lease:11680:202611", figures_of(of(LEASES, APARTMENT_LEASES, "202611"), sample=True))
    assert (late["metadata"]["sample"], late["metadata"]["incomplete"]) == ("true", "true")
    assert "made-up" in late["metadata"]["source"]


def test_a_month_of_leases_keeps_jeonse_and_monthly_leases_apart_and_says_that_it_is_incomplete() -> None:
    text = text_of("month:apartment:lease:11680:202611", of(LEASES, APARTMENT_LEASES, "202611"))
    assert "- Jeonse leases: 3\n- Median jeonse deposit: 75,000\n- Monthly leases: 2\n" in text
    assert "- Median deposit of monthly leases: 7,500\n- Median monthly rent: 180\n" in text
    assert "Incomplete: contracts of this month are reported until 2026-12-30" in text
    assert table(text, "Medians by area") == [
        ["over 40 up to 60 ㎡", "2", "75,000", "2", "7,500", "180"],
        ["over 60 up to 85 ㎡", "1", "75,000", "0", "–", "–"],
    ]
    assert table(text, "Newest 5 listed")[0] == ["2026-11-07", "한빛마을", "대치동", "59.8", "–", "5,000", "210"]


def test_a_trend_has_every_month_and_the_change_between_complete_ones() -> None:
    sources = ListedSources(
        {
            (APARTMENT_SALES, GANGNAM, "202412"): [sale("은마", 200_000, "2024-12-03")],
            (APARTMENT_SALES, GANGNAM, "202509"): [sale("은마", 210_000, "2025-09-03")],
            (APARTMENT_SALES, GANGNAM, "202609"): SALES,
            (APARTMENT_SALES, GANGNAM, "202611"): [sale("은마", 900_000, "2026-11-03")],
        }
    )
    document = fetch("trend:apartment:sale:11680", figures_of(sources))
    rows = {row[0]: row[1:] for row in table(document["text"], "Month by month")}
    middle = median(counting())
    assert len(rows) == 36
    assert next(iter(rows)) == "2023-12"
    assert rows["2024-12"] == ["200,000", f"{200_000 / 84.97:,.2f}", "1", "–"]
    assert rows["2025-01"] == ["–", "–", "0", "–"]
    assert (rows["2026-09"][0], rows["2026-09"][3]) == (f"{middle:,}", f"{(middle / 210_000 - 1) * 100:+.1f}%")
    assert rows["2026-11 (incomplete)"][0] == "900,000"
    assert f"- Median, 2024-12: 200,000\n- Median, 2026-09: {middle:,}\n" in document["text"]
    assert f"- Change: {(middle / 200_000 - 1) * 100:+.1f}%" in document["text"]
    assert "Incomplete: contracts of the newest months" in document["text"]
    assert document["metadata"]["incomplete"] == "true"
    assert document["url"] == BASE + "real_estate/apartment-sale/11680/trend"


def test_a_trend_of_leases_is_that_of_jeonse_deposits() -> None:
    text = text_of("trend:apartment:lease:11680", of(LEASES, APARTMENT_LEASES, "202611"))
    assert text.startswith("# 서울특별시 강남구: apartment jeonse deposit trend")
    assert table(text, "Month by month")[-1][:2] == ["2026-11 (incomplete)", "75,000"]
    assert "2 with monthly rent left out" in text


def test_a_complex_has_its_own_deals_of_three_months_and_no_others() -> None:
    sources = ListedSources(
        {
            (APARTMENT_SALES, GANGNAM, "202606"): [sale("현대", 1_000, "2026-06-30")],
            (APARTMENT_SALES, GANGNAM, "202607"): [
                sale("현대", 100_000, "2026-07-01"),
                sale("현대2차", 5, "2026-07-01"),
            ],
            (APARTMENT_SALES, GANGNAM, "202608"): [sale("현대", 110_000, "2026-08-01", cdealType="O")],
            (APARTMENT_SALES, GANGNAM, "202609"): [
                sale("현대", 130_000, "2026-09-01"),
                sale("현대", 7, "2026-09-01", dong="압구정동"),
            ],
        }
    )
    identifier = ids("강남구 현대 아파트", figures_of(sources))[0]
    assert identifier == "complex:apartment:sale:11680:202609:대치동:현대"
    document = fetch(identifier, figures_of(sources))
    assert document["title"] == "현대 (대치동), 서울특별시 강남구: apartment sales, 2026-07 to 2026-09"
    assert "- Sales: 2\n- Median: 115,000\n- Lowest: 100,000\n- Highest: 130,000" in document["text"]
    assert "3 contracts reported; 2 are in the figures (1 cancelled left out)" in document["text"]
    assert [row[0] for row in table(document["text"], "Newest 2 listed")] == ["2026-09-01", "2026-07-01"]
    assert document["metadata"]["incomplete"] == "false"
    assert document["url"].endswith("apartment-sale/11680/202609/대치동/현대")


def test_a_complex_that_no_row_names_is_no_document() -> None:
    with pytest.raises(ToolError, match="search"):
        fetch("complex:apartment:lease:11680:202610:대치동:은마", figures_of(ListedSources()))


def test_a_complex_at_the_beginning_of_the_data_has_the_months_there_are() -> None:
    sources = of([sale("은마", 30_000, "2006-02-03")], month="200602")
    document = fetch("complex:apartment:sale:11680:200602:대치동:은마", figures_of(sources))
    assert document["title"].endswith("2006-01 to 2006-02")
    assert "- Sales: 1\n" in document["text"]


def test_an_empty_month_says_that_the_portal_has_none() -> None:
    text = text_of(MONTH, ListedSources())
    assert "0 contracts reported; 0 are in the figures. Amounts in 10,000 won (만원). The portal answered" in text
    assert "- Median: –" in text
    assert "Newest" not in text


def test_land_is_listed_by_its_category_and_sales_of_a_share_are_left_out_of_the_figures() -> None:
    land = {"umdNm": "율현동", "jimok": "전", "dealArea": "330.5", "dealAmount": "12,300"}
    when = {"dealYear": "2026", "dealMonth": "9", "dealDay": "8"}
    sources = of([{**land, **when}, {**land, **when, "shareDealingType": "지분"}], LAND_SALES)
    text = text_of("month:land:sale:11680:202609", sources)
    assert "2 contracts reported; 1 are in the figures (1 of a share left out)" in text
    assert table(text, "Newest 2 listed")[0] == ["2026-09-08", "전", "율현동", "330.5", "–", "12,300"]


def test_at_most_thirty_deals_are_listed_and_all_are_counted() -> None:
    rows = [sale("은마", 1_000 + day, f"2026-09-{day % 30 + 1:02}") for day in range(500)]
    text = text_of(MONTH, of(rows))
    listed = table(text, "Newest 30 listed")
    assert len(listed) == 30
    assert {row[0] for row in listed} == {"2026-09-30", "2026-09-29"}
    assert "- Sales: 500\n" in text
    assert len(text) < 5_000


def test_made_up_data_says_so_first() -> None:
    for locale, said in (("en", "SAMPLE DATA"), ("ko", "시연용 예시 데이터")):
        for identifier in (MONTH, "trend:apartment:sale:11680", "complex:apartment:sale:11680:202609:대치동:은마"):
            assert said in text_of(identifier, of(SALES), locale, sample=True).splitlines()[2]  # type: ignore[arg-type]
            assert said not in text_of(identifier, of(SALES), locale)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "identifier",
    [
        MONTH,
        "month:apartment:lease:11680:202611",
        "trend:apartment:sale:11680",
        "complex:apartment:sale:11680:202609:대치동:은마",
    ],
)
def test_a_korean_reads_the_same_figures_in_korean(identifier: str) -> None:
    rows = {(APARTMENT_SALES, GANGNAM, "202609"): SALES, (APARTMENT_LEASES, GANGNAM, "202611"): LEASES}
    english, korean = (text_of(identifier, ListedSources(rows), locale) for locale in ("en", "ko"))  # type: ignore[arg-type]
    figures = [re.findall(r"^(?:- .*: |\| (?!:)(?:[^|]*) )(.*\d.*)$", text, re.MULTILINE) for text in (english, korean)]
    assert figures[0] == figures[1] != []
    body = korean.split("\n\n출처")[0]
    assert not re.search(r"[A-Za-z]{2,}", body)


def test_both_languages_have_the_same_words_with_the_same_blanks() -> None:
    assert WORDS["en"].keys() == WORDS["ko"].keys()
    for name, english in WORDS["en"].items():
        blanks = [sorted(re.findall(r"\{\w+\}", text)) for text in (english, WORDS["ko"][name])]
        assert blanks[0] == blanks[1], name


HOSTILE = "[x](https://evil.test) | `a` <script>alert(1)</script> **b** # c"


def test_names_from_the_portal_are_text_and_no_markup() -> None:
    sources = of([sale(HOSTILE, 1_000, "2026-09-03", dong="|동|")])
    [identifier, *_] = ids("강남구 evil테스트 alert 스크립트", figures_of(sources))
    text = text_of(MONTH, sources)
    [row] = text.split("## Newest 1 listed\n\n")[1].split("\n\n", maxsplit=1)[0].splitlines()[2:]
    assert len(re.findall(r"(?<!\\)\|", row)) == 7
    assert not re.search(r"(?<!\\)[`<>*#\[\]]", row)
    assert identifier == MONTH


@pytest.mark.parametrize("identifier", ["", "은마", "month:apartment:sale:11440:203001", "x" * 100_000])
def test_an_unknown_id_is_refused_before_the_portal_is_asked(identifier: str) -> None:
    sources = ListedSources()
    with pytest.raises(ToolError, match=r"^id: .* results of search"):
        fetch(identifier, figures_of(sources))
    with pytest.raises(ToolError, match=r"^id: .*search 결과"):
        fetch(identifier, figures_of(sources), locale="ko")
    assert sources.asked == []


def test_a_document_is_the_same_each_time() -> None:
    first, second = (fetch(MONTH, figures_of(of(SALES))) for _ in range(2))
    assert first == second
