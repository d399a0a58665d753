"""Rows that a portal would send to hurt."""

from __future__ import annotations

from typing import Any

from tests.tools.listings.fakes import FakeSources, call_raw


def test_hostile_rows_are_bounded_and_never_break_the_answer() -> None:
    deep: Any = "deep"
    for _ in range(50):
        deep = [deep]
    nested: Any = "deep"
    for _ in range(50):
        nested = {"a": nested}
    hostile = {
        "onbidCltrNm": "이름\n\x1b[31m" + "가" * 100_000,
        "k" * 10_000: 1,
        "model_dump": "x",
        "__class__": "y",
        "items": [{"a": [1, 2, {"b": float("inf")}]}] * 1_000,
        "deep": deep,
        "nested": nested,
        "big": 10**300,
        **{f"field{number}": number for number in range(5_000)},
    }
    result = call_raw(FakeSources(onbid_rows=[hostile, {}]), "get_public_auction_items", {})
    assert result.structured_content is not None
    item, empty = result.structured_content["items"]
    assert len(item) <= 150 + 4
    assert len(item["onbidCltrNm"]) == 1_000
    assert item["model_dump"] == "x"
    assert len(item["items"]) == 150
    assert item["deep"] == [[[[None]]]]
    assert item["nested"] == {"a": {"a": {"a": {"a": None}}}}
    assert item["items"][0] == {"a": [1, 2, {"b": None}]}
    assert empty == {"appraisal_won": None, "minimum_bid_won": None, "winning_bid_won": None, "location_masked": False}
    text = result.content[0].text  # type: ignore[union-attr]
    assert len(text) < 400
    assert text.isprintable()
