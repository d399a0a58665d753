"""Reading the picture: the tooltip by keyboard and pointer, the table, contrast, names and roles, paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.tools.view.conftest import boxes, marks
from tests.tools.view.data import NAMES, comparison, drawn, month_name, percent, row, trend, won

Show = Callable[..., Page]


def test_the_choice_of_figures_changes_the_picture_and_keeps_the_focus(show: Show) -> None:
    data = trend()
    page = show(data)
    before = marks(page)
    page.get_by_role("radio", name="Price").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Per ㎡")).to_be_focused()
    expect(page.get_by_role("heading", level=2)).to_have_text("Apartments · Median sale price · per ㎡")
    newest = drawn(data["points"][-3], sqm=True)
    assert newest
    expect(page.locator("#legend b")).to_have_text(f"{won(newest)}/㎡")
    assert marks(page) != before
    page.get_by_text("Price", exact=True).first.click()
    assert marks(page) == before


@pytest.mark.parametrize("locale", ["en", "ko"])
def test_arrow_keys_move_the_tooltip_through_the_months(show: Show, locale: str) -> None:
    data = trend(24, gaps=(7,))
    page = show(data, locale=locale)
    tip = page.locator("#tip")

    def told(i: int) -> None:
        point, value = data["points"][i], drawn(data["points"][i])
        expect(tip).to_contain_text(month_name(point["year_month"], locale))
        expect(tip).to_contain_text(
            {"en": "no price", "ko": "가격 없음"}[locale] if value is None else won(value, locale)
        )
        expect(tip).to_contain_text({"en": "Deals {}", "ko": "거래 {}건"}[locale].format(point["sample_count"]))
        if point["yoy_pct"] is not None:
            expect(tip).to_contain_text(percent(point["yoy_pct"]))
        expect(page.locator("#cursor .mark")).to_have_count(int(value is not None))

    expect(tip).to_be_empty()
    page.get_by_role("img").focus()
    told(23)
    for i in (22, 21):
        page.keyboard.press("ArrowLeft")
        told(i)
    assert page.evaluate("document.getElementById('tip').ariaLive") == "polite"
    page.keyboard.press("Home")
    told(0)
    page.keyboard.press("ArrowLeft")
    told(0)
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    told(7)
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    told(23)
    page.keyboard.press("Escape")
    expect(tip).to_be_empty()
    page.keyboard.press("ArrowLeft")
    told(0)
    page.keyboard.press("Tab")
    expect(tip).to_be_empty()


def test_the_pointer_shows_the_month_it_is_over_without_reading_it_out(show: Show) -> None:
    data = comparison(2)
    page = show(data)
    bar = boxes(page, "#drawing .bar")[4 * 2]
    page.mouse.move(bar["x"] + 2, bar["y"] - 60)
    expect(page.locator("#tip")).to_contain_text(month_name(data["regions"][0]["points"][4]["year_month"]))
    for i in range(2):
        expect(page.locator("#tip div").nth(i)).to_contain_text(NAMES[i])
    assert page.evaluate("document.getElementById('tip').ariaLive") == "off"
    page.mouse.move(5, 5)
    expect(page.locator("#tip")).to_be_empty()


@pytest.mark.parametrize("locale", ["en", "ko"])
@pytest.mark.parametrize("data", [trend(), comparison(3)], ids=["trend", "comparison"])
def test_the_table_holds_every_number(show: Show, data: dict[str, Any], locale: str) -> None:
    page = show(data, locale=locale)
    regions = data.get("regions", [data])
    expected = [
        line
        for region in regions
        for line in ([[region["region_name"]]] if len(regions) > 1 else [])
        + [row(point, locale) for point in region["points"]]
    ]
    table = page.get_by_role("table")
    assert (
        table.evaluate(
            "t => [...t.tBodies].flatMap(b => [...b.rows].map(r => [...r.cells].map(c => c.textContent.trim())))"
        )
        == expected
    )
    scopes = table.evaluate("t => [...t.querySelectorAll('th')].map(cell => cell.scope)")
    assert scopes.count("col") == 5
    assert scopes.count("row") == sum(len(region["points"]) for region in regions)
    assert scopes.count("rowgroup") == (len(regions) if len(regions) > 1 else 0)
    assert len(scopes) == len([scope for scope in scopes if scope])
    expect(table.locator("caption")).to_contain_text(month_name(regions[0]["points"][0]["year_month"], locale))


def test_only_one_kind_of_figure_leaves_only_one_choice(show: Show) -> None:
    page = show({"points": [{"year_month": "202601", "median_price_per_sqm_10k": 900.5, "sample_count": 3}]})
    expect(page.get_by_role("radio", name="Price")).to_be_disabled()
    expect(page.get_by_role("radio", name="Per ㎡")).to_be_checked()
    expect(page.locator("#legend b")).to_have_text("₩9.01M/㎡")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_lines_stand_out_from_the_paper(show: Show, scheme: str) -> None:
    page = show(comparison(5, sample=True), scheme=scheme, width=500)
    page.get_by_role("img").focus()
    seen = page.evaluate(
        """() => [...document.querySelectorAll('main *')].filter(e => e.checkVisibility()).flatMap(e => {
            const style = getComputedStyle(e), tag = e.tagName, drawn = e instanceof SVGElement;
            if (drawn && !/^(text|path)$/.test(tag) || e.matches('.grid, .base')) return [];
            const back = of => getComputedStyle(of).backgroundColor;
            const paper = of => back(of) === 'rgba(0, 0, 0, 0)' ? paper(of.parentElement) : back(of);
            return [[tag, String(e.getAttribute('class')), tag === 'text' ? style.fill : style.color, paper(e)]];
        })"""
    )
    assert {"text", "path", "SMALL", "P", "TD", "B"} <= {tag for tag, *_ in seen}
    weak = [(tag, of, ink, paper) for tag, of, ink, paper in seen if contrast(ink, paper) < 4.5]
    assert weak == []
    assert {paper for *_, paper in seen} >= {{"light": "rgb(255, 255, 255)", "dark": "rgb(22, 24, 29)"}[scheme]}


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2 between two ``rgb()`` colours."""

    def luminance(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_names_and_roles_tell_the_page_without_eyes(show: Show) -> None:
    data = comparison(2, 3)
    page = show(data, title="두 곳", locale="ko")
    snapshot = page.locator("main").aria_snapshot()
    for line in (
        '- heading "두 곳" [level=1]',
        '- region "아파트 · 전세 보증금 중위값"',
        '- group "그릴 값"',
        '- radio "가격" [checked]',
        '- radio "㎡당"',
        f'img "아파트 · 전세 보증금 중위값: {NAMES[0]}, {NAMES[1]}, 2026년 9월 – 2026년 11월"',
        '- table "아파트 · 전세 보증금 중위값, 2026년 9월 – 2026년 11월"',
        '- columnheader "전년 대비"',
        '- rowheader "2026년 9월"',
    ):
        assert line in snapshot, snapshot
    described = page.get_by_role("img").evaluate(
        "e => e.getAttribute('aria-describedby').split(' ').map(id => document.getElementById(id).textContent).join()"
    )
    newest = drawn(data["regions"][0]["points"][0])
    assert newest
    assert won(newest, "ko") in described
    assert "화살표 키" in described


def test_on_paper_the_table_is_unfolded(show: Show) -> None:
    page = show(trend(6))
    page.get_by_text("All figures").click()
    assert page.evaluate("document.getElementById('all').open") is False
    assert page.pdf().startswith(b"%PDF")
    assert page.evaluate("document.getElementById('all').open") is True
