"""The documents themselves: self-contained, strict, and deaf to markup in their data."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.tools.real_estate.house_types import HOUSE_TYPES
from app.tools.real_estate.view import CHART_META, CHART_URI, chart_resource, page_csp, page_html, view_html
from tests.tools.view.conftest import Host, Stage
from tests.tools.view.data import trend

Show = Callable[..., Page]

HOSTILE = [
    "</script><script>window.hacked = 1</script>",
    "<!--<script>",
    "\u2028window.hacked = 1;//\u2029",
    '"><img src=x onerror="window.hacked = 1">',
    "</title></style></table><svg onload=window.hacked=1>",
    "$style ${script} &lt;b&gt; \\u003c/script\\u003e",
    "\ud800 lone, \u202e turned, \x00 nothing",
]


class Inline(HTMLParser):
    """What a document holds inside its script and style elements, and every attribute it sets."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.texts: dict[tuple[str, str | None], list[str]] = {}
        self.attributes: list[tuple[str, str | None]] = []
        self.open: tuple[str, str | None] | None = None
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs
        if tag in {"script", "style"}:
            self.open = (tag, dict(attrs).get("type"))
            self.texts.setdefault(self.open, []).append("")

    def handle_endtag(self, tag: str) -> None:
        self.open = None

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts[self.open][-1] += data


def hashed(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


SECTION: Any = {
    "heading": "Key figures",
    "figures": [("Median", "₩1,185M"), ("Deals", 142), ("Cancelled", None)],
    "paragraphs": ["All deals of the month.", "Some may follow."],
    "table": {
        "caption": "Newest deals",
        "columns": ["Date", "Complex", "Area ㎡", "Price"],
        "words": [0, 1],
        "rows": [["2026-09-28", "은마", 84.97, "₩2,150M"], ["2026-09-27", None, 59.9, None]],
    },
}


@pytest.mark.parametrize(
    "document",
    [view_html(), page_html(trend(), title="t", locale="ko"), page_html(title="t", locale="en", sections=[SECTION])],
    ids=["app", "page", "text"],
)
def test_a_document_asks_for_nothing_and_carries_no_inline_handlers(document: str) -> None:
    inline = Inline(document)
    styles = inline.texts["style", None]
    assert len(styles) == 1
    assert not re.search(r"url\(|@import|@font-face", styles[0])
    names = {name for name, _ in inline.attributes}
    assert not names & {"src", "href", "srcset", "action", "style", "data", "poster"}
    assert not [name for name in names if name.startswith("on")]
    assert len(inline.texts.get(("script", None), [])) <= 1


@pytest.mark.parametrize("document", [view_html(), page_html(trend(), title="t", locale="ko")], ids=["app", "page"])
def test_the_policy_allows_the_inline_parts_by_their_hashes_and_nothing_else(document: str) -> None:
    texts = Inline(document).texts
    script, style = hashed(texts["script", None][0]), hashed(texts["style", None][0])
    assert page_csp(document) == (
        f"default-src 'none'; script-src {script}; style-src {style}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def test_a_page_of_text_runs_no_script_at_all() -> None:
    document = page_html(title="t", locale="en", sections=[SECTION])
    assert "<script" not in document
    assert "script-src 'none';" in page_csp(document)


def test_the_script_is_small_and_cannot_end_its_element() -> None:
    (script,) = Inline(view_html()).texts["script", None]
    assert len(script.encode()) < 16_000
    assert not re.search("</|<!--", script)


def test_a_script_that_got_into_the_page_is_not_run(stage: Stage) -> None:
    document = page_html(trend(), title="t", locale="en").replace("<h1>", "<script>window.hacked = 1</script><h1>")
    page = stage.show(document, page_csp(document))
    expect(page.get_by_role("img")).to_be_visible()
    assert page.evaluate("window.hacked") is None
    assert len(stage.problems) == 1
    assert "Executing inline script violates" in stage.problems.pop()


def test_hostile_text_stays_text_on_a_page(show: Show) -> None:
    def section(text: str) -> Any:
        table = {"caption": text, "columns": [text], "rows": [[text]]}
        return {"heading": text, "figures": [(text, text)], "paragraphs": [text], "table": table}

    everything = "".join(HOSTILE)
    data = {"house_type": everything, "source": everything, "data_as_of": everything, everything: everything}
    data["regions"] = [{**trend(), "region_name": text} for text in HOSTILE]
    page = show(data, title=everything, sections=[section(text) for text in HOSTILE])
    page.get_by_role("img").focus()
    page.keyboard.press("Home")
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("[...document.scripts].map(script => [script.type, script.parentElement.tagName])") == [
        ["application/json", "MAIN"],
        ["", "BODY"],
    ]
    assert page.locator("main img, main svg[onload]").count() == 0

    def read(selector: str) -> list[str]:
        # The server writes half a character as "?"; a browser drops U+0000 or replaces it.
        return [re.sub("[\ufffd\x00\ud800?]", "", found) for found in page.locator(selector).all_text_contents()]

    clean = [re.sub("[\x00\ud800]", "", text) for text in HOSTILE]
    for each in (
        "main > section h2",
        "dt",
        "dd",
        "main > section > p",
        ".scroll:not(#all *) caption",
        "main > section tbody th",
    ):
        assert read(each) == clean, each
    for each in ("#legend li > span > span", "#tip div > span > span", "#table th[scope=rowgroup]"):
        assert read(each) == clean, each
    for each in ("title:not(svg *)", "h1", "#source", "#data_as_of"):
        assert read(each) == ["".join(clean)], each


def test_hostile_text_stays_text_in_a_host(host: Callable[..., Host]) -> None:
    opened = host()
    for text in HOSTILE:
        clean = text.replace("\ud800", "")
        opened.give({**trend(), "region_name": clean, "house_type": clean, "source": clean})
        expect(opened.frame.locator("#legend li > span > span")).to_have_text(clean)
        assert opened.frame.evaluate("[window.hacked, document.scripts.length, document.images.length]") == [None, 1, 0]


def test_the_data_arrive_as_they_were_sent(show: Show) -> None:
    data = {**trend(), "region_name": "".join(HOSTILE).replace("\ud800", "")}
    page = show(data)
    assert page.evaluate("JSON.parse(document.getElementById('data').textContent)") == json.loads(json.dumps(data))


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_not_json_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        page_html({"points": [{"median_price_10k": number}]}, title="t", locale="en")


@pytest.mark.parametrize(
    ("data", "sample", "shown"), [({}, False, False), ({"sample": True}, False, True), ({}, True, True)]
)
def test_made_up_data_are_called_so_on_top_of_the_page(show: Show, data: Any, sample: bool, shown: bool) -> None:
    page = show({**trend(), **data}, locale="ko", sample=sample)
    banner = page.get_by_text("예시 데이터이며 실제 거래가 아닙니다")
    assert banner.count() == int(shown)
    if shown:
        expect(banner).to_be_visible()
        assert banner.evaluate("e => e === document.querySelector('main').firstElementChild")


def test_sections_stand_before_and_after_the_chart(show: Show) -> None:
    page = show(
        trend(3), title="A month", sections=[SECTION], sections_after=[{"heading": "Notes", "paragraphs": ["One."]}]
    )
    headings = page.get_by_role("heading").all_text_contents()
    assert headings == ["A month", "Key figures", "Apartments · Median sale price", "Notes"]
    section = page.locator("section").first
    assert section.locator("dt, dd").all_text_contents() == ["Median", "₩1,185M", "Deals", "142", "Cancelled", "–"]
    assert section.locator("p").all_text_contents() == SECTION["paragraphs"]
    table = section.get_by_role("table", name="Newest deals")
    assert table.locator("tbody tr").nth(1).locator("th, td").all_text_contents() == ["2026-09-27", "–", "59.9", "–"]
    sides = (
        table.locator("tbody tr")
        .first.locator("th, td")
        .evaluate_all("cells => cells.map(c => getComputedStyle(c).textAlign)")
    )
    assert sides == ["left", "left", "right", "right"]


def test_the_document_of_the_app_fits_everybody() -> None:
    assert view_html() == view_html()
    assert re.match(r"<!doctype html>\n<html>\n", view_html())


def test_a_page_without_javascript_says_so(stage: Stage) -> None:
    document = page_html(trend(), title="t", locale="ko")
    page = stage.show(document, page_csp(page_html(title="t", locale="ko")))
    expect(page.get_by_role("status")).to_have_text("차트를 보려면 자바스크립트가 필요합니다.")
    assert "Executing inline script violates" in stage.problems.pop()


def test_the_resource_and_the_tools_agree_as_the_specification_words_it() -> None:
    resource = chart_resource()
    assert resource.uri == CHART_URI == CHART_META["ui"]["resourceUri"] == CHART_META["openai/outputTemplate"]
    assert resource.uri.startswith("ui://")
    assert resource.mime_type == "text/html;profile=mcp-app"
    assert resource.text == view_html()
    assert resource.meta == {"ui": {"csp": {"connectDomains": [], "resourceDomains": []}, "prefersBorder": True}}
    assert set(CHART_META) == {
        "ui",
        "openai/outputTemplate",
        "openai/toolInvocation/invoking",
        "openai/toolInvocation/invoked",
    }
    for word in ("invoking", "invoked"):
        assert 0 < len(CHART_META[f"openai/toolInvocation/{word}"]) <= 64


@pytest.mark.parametrize("house_type", list(HOUSE_TYPES))
def test_the_picture_has_a_word_for_every_house_type(house_type: str) -> None:
    assert re.search(rf"\b{house_type}: \['[A-Z][a-z ]+', '[가-힣·]+'\]", view_html())
