"""Money, percentages and the scale beside the chart, as the view's own script writes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from app.tools.real_estate import view
from tests.tools.view.data import won

WORDS = (Path(view.__file__).parent / "words.js").read_text(encoding="utf-8")
MODEL = (Path(view.__file__).parent / "model.js").read_text(encoding="utf-8")

# Amounts in 10,000 won; Korean; English.
MONEY = [
    (118_500, "11억 8,500만원", "₩1,185M"),
    (110_000, "11억원", "₩1,100M"),
    (100_050, "10억 50만원", "₩1,000.5M"),
    (8_500, "8,500만원", "₩85M"),
    (1_394.1, "1,394.1만원", "₩13.94M"),
    (118_500.5, "11억 8,500.5만원", "₩1,185.01M"),
    (9_999.96, "1억원", "₩100M"),
    (19_999.9, "1억 9,999.9만원", "₩200M"),
    (12_345_678, "1,234억 5,678만원", "₩123,456.78M"),
    (1, "1만원", "₩0.01M"),
    (0, "0만원", "₩0M"),
]
# An amount, the step between grid lines; Korean; English.
SCALE = [
    (115_000, 5_000, "11.5억", "₩1,150M"),
    (110_000, 5_000, "11억", "₩1,100M"),
    (110_000, 10_000, "11억", "₩1,100M"),
    (112_500, 500, "11.25억", "₩1,125M"),
    (9_500, 500, "9,500만", "₩95M"),
    (10_000, 500, "1억", "₩100M"),
    (1_400, 50, "1,400만", "₩14M"),
    (1_450, 50, "1,450만", "₩14.5M"),
    (1_450.5, 0.5, "1,450.5만", "₩14.505M"),
    (0, 50_000, "0", "₩0M"),
]


Run = Callable[[str, str, object], list[Any]]


@pytest.fixture(scope="module")
def run(tab: Page) -> Run:
    """Apply an expression of the script to each of some values, in a language."""

    def apply(lang: str, expression: str, given: object) -> list[Any]:
        script = f"() => {{ {WORDS} {MODEL} lang = '{lang}'; return {json.dumps(given)}.map({expression}); }}"
        return list(tab.evaluate(script))

    return apply


@pytest.mark.parametrize(("lang", "column"), [("ko", 1), ("en", 2)])
def test_money_reads_as_people_say_it(run: Run, lang: str, column: int) -> None:
    written = run(lang, "money", [row[0] for row in MONEY])
    assert written == [row[column] for row in MONEY] == [won(row[0], lang) for row in MONEY]


@pytest.mark.parametrize(("lang", "column"), [("ko", 2), ("en", 3)])
def test_grid_lines_read_short_and_apart(run: Run, lang: str, column: int) -> None:
    written = run(lang, "([n, step]) => scaleMoney(n, step)", [row[:2] for row in SCALE])
    assert written == [row[column] for row in SCALE]


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_percentages_carry_their_sign(run: Run, lang: str) -> None:
    assert run(lang, "percent", [3.25, 3, -1.1, 0, 1234.5]) == ["+3.3%", "+3%", "-1.1%", "0%", "+1,234.5%"]


# The lowest and highest value, the wished number of steps; the lines that are drawn.
TICKS = [
    ([210_000, 240_000], 5, [210_000, 220_000, 230_000, 240_000]),
    ([78_000, 240_000], 5, [0, 50_000, 100_000, 150_000, 200_000, 250_000]),
    ([118_500, 118_500], 3, [110_000, 115_000, 120_000, 125_000]),
    ([0, 0], 3, [-1, 0, 1]),
    ([1_381.2, 1_394.7], 5, [1_380, 1_385, 1_390, 1_395]),
]


@pytest.mark.parametrize(("values", "count", "lines"), TICKS)
def test_grid_lines_are_round_and_enclose_the_values(
    run: Run, values: list[float], count: int, lines: list[float]
) -> None:
    (drawn,) = run("en", f"values => ticks(values, {count}).prices", [values])
    assert list(drawn) == pytest.approx(lines)
    assert lines[0] <= min(values)
    assert max(values) <= lines[-1]
