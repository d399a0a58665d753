"""The picture itself: lines, gaps and bars at the right places, with room at every width."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import combinations, pairwise
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.tools.view.conftest import Host, boxes, marks, until
from tests.tools.view.data import comparison, drawn, months, points, trend

Show = Callable[..., Page]


def test_every_value_stands_at_its_height_and_every_month_in_its_place(show: Show) -> None:
    data = trend(24, gaps=(7, 8))
    page = show(data)
    shown = [(i, point) for i, point in enumerate(data["points"]) if drawn(point) is not None]
    found = marks(page)
    assert [bool(mark[2]) for mark in found] == [point["incomplete"] for _, point in shown]
    labels = page.evaluate(
        """[...document.querySelectorAll('#drawing .grid')].map(line =>
            [line.getAttribute('d').match(/ (.*)H/)[1], line.nextElementSibling.textContent])"""
    )
    heights = {float(re.sub("[₩M,]", "", text)) * 100: float(y) for y, text in labels}
    (low, at_low), (high, at_high) = min(heights.items()), max(heights.items())
    width = (found[-1][0] - found[0][0]) / (shown[-1][0] - shown[0][0])
    for (i, point), (x, y, _) in zip(shown, found, strict=True):
        value = drawn(point)
        assert value is not None
        assert y == pytest.approx(at_low + (value - low) / (high - low) * (at_high - at_low), abs=0.01)
        assert x == pytest.approx(found[0][0] + width * (i - shown[0][0]), abs=0.01)


def test_a_month_without_deals_breaks_the_line_and_an_incomplete_one_dashes_it(show: Show) -> None:
    data = trend(24, gaps=(3, 7, 9))
    data["points"][12]["incomplete"] = True
    del data["points"][15]  # a missing month is a gap as well
    page = show(data)
    by_month = {point["year_month"]: point for point in data["points"] if drawn(point) is not None}
    joined = [(by_month[a], by_month[b]) for a, b in pairwise(months(24)) if a in by_month and b in by_month]
    dashed = [pair for pair in joined if pair[0]["incomplete"] or pair[1]["incomplete"]]
    expect(page.locator("#drawing .line")).to_have_count(len(joined))
    expect(page.locator("#drawing .line.open")).to_have_count(len(dashed))
    assert len(dashed) == 4
    assert page.evaluate("getComputedStyle(document.querySelector('#drawing .line.open')).strokeDasharray") != "none"
    expect(page.get_by_text("months still being reported")).to_be_visible()


def test_without_an_incomplete_month_there_is_no_note_of_one(show: Show) -> None:
    page = show(trend(points=points(6, reported=0)))
    expect(page.locator("#drawing .open")).to_have_count(0)
    expect(page.get_by_text("months still being reported")).to_be_hidden()


def test_bars_stack_the_deals_of_the_regions_under_their_month(show: Show) -> None:
    data = comparison(3)
    page = show(data)
    bars = boxes(page, "#drawing .bar")
    assert len(bars) == 36
    counts = [[region["points"][i]["sample_count"] for region in data["regions"]] for i in range(12)]
    scale = bars[0]["height"] / counts[0][0]
    for i, month in enumerate(counts):
        stack = bars[i * 3 : i * 3 + 3]
        assert [bar["height"] for bar in stack] == pytest.approx([count * scale for count in month], abs=0.05)
        assert all(lower["top"] == pytest.approx(upper["bottom"], abs=0.05) for lower, upper in pairwise(stack))
    middles = [bar["x"] + bar["width"] / 2 for bar in bars[::3]]
    left = boxes(page, "#chart")[0]["x"]
    assert middles == pytest.approx([left + mark[0] for mark in marks(page)], abs=0.05)


def test_regions_differ_in_colour_and_in_mark(show: Show) -> None:
    page = show(comparison(5))
    looks = page.evaluate(
        """[...document.querySelectorAll('#legend li .mark')].map(mark =>
            [getComputedStyle(mark).fill, mark.getAttribute('d')])"""
    )
    assert len({colour for colour, _ in looks}) == len({shape for _, shape in looks}) == 5


@pytest.mark.parametrize("locale", ["en", "ko"])
@pytest.mark.parametrize("data", [comparison(5, 60), trend(1, gaps=()), trend(13)], ids=["5x60", "1x1", "1x13"])
def test_nothing_overlaps_and_nothing_is_cut_off(show: Show, data: dict[str, Any], locale: str) -> None:
    page = show(data, locale=locale)
    for width in (900, 320):
        page.set_viewport_size({"width": width, "height": 700})
        until(
            page,
            "document.getElementById('chart').viewBox.baseVal.width === document.getElementById('plot').clientWidth",
        )
        chart, labels = boxes(page, "#chart")[0], boxes(page, "#drawing text")
        assert labels
        for box in labels:
            assert chart["left"] - 0.5 <= box["left"]
            assert box["right"] <= chart["right"] + 0.5
            assert chart["top"] - 6 <= box["top"]
            assert box["bottom"] <= chart["bottom"] + 0.5
        for one, other in combinations(labels, 2):
            apart = one["right"] <= other["left"] or other["right"] <= one["left"]
            assert apart or one["bottom"] <= other["top"] + 4 or other["bottom"] <= one["top"] + 4
        page.get_by_role("img").focus()
        for key in ("Home", "End"):
            page.keyboard.press(key)
            tip, plot = boxes(page, "#tip")[0], boxes(page, "#plot")[0]
            assert plot["left"] - 0.5 <= tip["left"]
            assert tip["right"] <= plot["right"] + 0.5
            assert tip["bottom"] <= plot["bottom"]
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_picture_follows_the_width_of_the_page(show: Show) -> None:
    page = show(trend())
    page.set_viewport_size({"width": 500, "height": 700})
    until(
        page, "document.getElementById('chart').viewBox.baseVal.width === document.getElementById('plot').clientWidth"
    )
    assert boxes(page, "#plot")[0]["width"] == 500 - 32


STRANGE: list[tuple[Any, str]] = [
    ({}, "empty"),
    ({"points": None, "regions": None}, "empty"),
    ({"points": []}, "empty"),
    ({"regions": []}, "empty"),
    ({"regions": [None, 5, "x", {"points": 7}]}, "empty"),
    ({"points": [None, 3, {}, {"year_month": "202613"}, {"year_month": None}]}, "empty"),
    ({"points": [{"year_month": "202601", "median_price_10k": "118,500"}]}, "empty"),
    ({"points": [{"year_month": "202601", "sample_count": 4}]}, "empty"),
    ({"points": [{"year_month": "202601", "median_price_10k": 1}]}, "chart"),
    ({"points": [{"year_month": 202601, "median_price_per_sqm_10k": 900.5, "more": {}}], "more": 1}, "chart"),
    ({"points": [{"year_month": m, "median_price_10k": 9e300} for m in ("000101", "999912")]}, "chart"),
    ({"regions": [trend(), {"region_name": "가평군"}, {**trend(), "points": []}], "deal": 5}, "chart"),
    ({**trend(), "house_type": "<i>", "source": None, "data_as_of": 5}, "chart"),
]


def test_incomplete_and_strange_results_are_taken_as_they_are(host: Callable[..., Host]) -> None:
    opened = host()
    for data, state in STRANGE:
        opened.give(data)
        opened.settle()
        assert opened.frame.evaluate("document.getElementById('view').dataset.state") == state, data
        if state == "empty":
            expect(opened.frame.get_by_role("status")).to_contain_text("nothing to draw")
            continue
        assert not re.search(
            "NaN|Infinity|undefined", opened.frame.evaluate("document.body.outerHTML.split('<script')[0]")
        )
        opened.frame.get_by_role("img").focus()
        expect(opened.frame.locator("#tip")).not_to_be_empty()
        opened.frame.get_by_role("img").blur()
