"""The documents as web pages: the same figures, nothing loaded from anywhere, only known scripts."""

from __future__ import annotations

import html
import json
import re

import pytest

from app.errors import ToolError
from app.tools.real_estate.search import search_pages
from app.tools.real_estate.view import page_csp
from tests.tools.search.test_fetch import HOSTILE, LEASES, SALES, of
from tests.tools.search.world import APARTMENT_LEASES, BASE, NOW, ListedSources, fetch, figures_of, page, search

PAGES = {
    "month:apartment:sale:11680:202609": "apartment-sale/11680/202609",
    "month:apartment:lease:11680:202611": "apartment-lease/11680/202611",
    "complex:apartment:sale:11680:202609:대치동:은마": "apartment-sale/11680/202609/대치동/은마",
}


def sources() -> ListedSources:
    return ListedSources({**of(SALES).rows, **of(LEASES, APARTMENT_LEASES, "202611").rows})


def words(document: str) -> str:
    """The text a browser shows, without its markup."""
    body = re.sub(r"<(style|script).*?</\1>", " ", document, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


@pytest.mark.parametrize(("identifier", "path"), PAGES.items())
def test_a_page_shows_what_fetch_says(identifier: str, path: str) -> None:
    fetched = fetch(identifier, figures_of(sources()))
    assert fetched["url"] == f"{BASE}real_estate/{path}"
    shown = words(page(path, figures_of(sources())))
    for line in fetched["text"].splitlines():
        if not re.match(r"\| :?---", line):
            for cell in re.split(r" \| |: ", line.strip("#*|- ")):
                assert cell.strip() in shown


def test_the_addresses_of_search_are_pages() -> None:
    figures = figures_of(sources())
    for result in search("강남구 은마", figures):
        path = result["url"].removeprefix(f"{BASE}real_estate/")
        assert f"<title>{html.escape(result['title'])}</title>" in page(path, figures)


def test_the_page_of_a_trend_carries_the_figures_of_its_chart_and_its_source() -> None:
    document = page("apartment-sale/11680/trend", figures_of(sources()))
    [carried] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', document)
    data = json.loads(carried)
    assert len(data["points"]) == 36
    assert data["points"][33]["median_price_10k"] == 250_000
    assert "국토교통부" in data["source"]
    assert "250,000" in words(document)
    assert "Incomplete: contracts of the newest months" in words(document)


def test_a_page_is_in_the_readers_language() -> None:
    for locale, said in (("en", "Medians by area"), ("ko", "면적별 중앙값")):
        document = page("apartment-sale/11680/202609", figures_of(sources()), locale)  # type: ignore[arg-type]
        assert f'<html lang="{locale}">' in document
        assert said in document


def test_made_up_data_says_so() -> None:
    for path in (*PAGES.values(), "apartment-sale/11680/trend"):
        assert "Sample data, not real" in words(page(path, figures_of(sources(), sample=True)))
        assert 'id="sample">' not in page(path, figures_of(sources()))


@pytest.mark.parametrize("path", [*PAGES.values(), "apartment-sale/11680/trend"])
def test_exactly_the_named_scripts_and_styles_are_in_a_page(path: str) -> None:
    figures = figures_of(sources())
    pages = search_pages(figures, clock=lambda: NOW)
    document = page(path, figures)
    assert pages.tool == "fetch"
    assert tuple(re.findall(r"<style>(.*?)</style>", document, re.DOTALL)) == pages.styles != ()
    scripts = tuple(re.findall(r"<script>(.*?)</script>", document, re.DOTALL))
    assert scripts == (pages.scripts if path.endswith("trend") else ())
    assert ("script-src 'none'" in page_csp(document)) is (not scripts)
    assert not re.search(r"""(?:src|href|action)=["']?(?!#)|url\(|@import|https?://(?!www\.w3\.org/)""", document)


def test_names_from_the_portal_are_text_and_no_markup() -> None:
    document = page("apartment-sale/11680/202609", figures_of(of([{**SALES[0], "aptNm": HOSTILE}])))
    assert html.escape(HOSTILE) in document
    assert "<script>alert" not in document


@pytest.mark.parametrize(
    "path", ["", "apartment-sale/11680/203001", "apartment-sale/11680/202609/x", "../../etc/passwd"]
)
def test_no_page_is_made_for_anything_else(path: str) -> None:
    asked = sources()
    with pytest.raises(ToolError, match="no such page"):
        page(path, figures_of(asked))
    assert asked.asked == []
