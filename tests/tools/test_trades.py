"""Apartment sales: every row accounted for, statistics over all of them, blanks that stay blank."""

from __future__ import annotations

import asyncio
import re
from datetime import date, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo.portal import PATH
from app.demo.portal.deals import sales
from app.errors import ToolError
from app.tools.real_estate.trades import sort_rows, summarize_prices
from tests.tools.toolbox import (
    KEY,
    NOW,
    SEOUL,
    answering,
    call,
    call_raw,
    envelope,
    nowhere,
    saying,
    stand_in,
    to_portal,
    trades,
)

ROW = (
    "<item><aptDong> </aptDong><aptNm>한빛마을</aptNm><buildYear>2004</buildYear><cdealDay> </cdealDay>"
    "<cdealType> </cdealType><dealAmount>118,500</dealAmount><dealDay>7</dealDay><dealMonth>6</dealMonth>"
    "<dealYear>2025</dealYear><dealingGbn>중개거래</dealingGbn><excluUseAr>84.97</excluUseAr><floor>12</floor>"
    "<jibun>412-3</jibun><umdNm>상도동</umdNm></item>"
)


def one(row: str) -> dict[str, Any]:
    return trades(saying(envelope(row, total=1)))


def by_hand(region: str, month: str) -> dict[str, Any]:
    """Compute the statistics a second time, from the stand-in's raw rows and without the tool's code."""
    rows = sales(region, month, NOW.date())
    prices = sorted(int(re.sub(r"[ ,]", "", row["dealAmount"])) for row in rows if row["cdealType"] == " ")
    middle = (prices[(len(prices) - 1) // 2] + prices[len(prices) // 2]) / 2
    cancelled = sum(row["cdealType"] == "O" for row in rows)
    return {"total": len(rows), "cancelled": cancelled, "prices": prices, "median": middle}


@pytest.mark.parametrize(
    ("region", "month", "page_cap"),
    [
        ("11710", "202506", 1000),
        ("11710", "202506", 300),
        ("11680", "202506", 1000),
        ("51110", "202503", 1000),
        ("36110", "201209", 7),
    ],
)
def test_statistics_cover_every_live_row_of_every_page(region: str, month: str, page_cap: int) -> None:
    portal = stand_in(page_cap=page_cap)
    answer = trades(to_portal(portal), region, month, num_of_rows=5)
    expected = by_hand(region, month)
    assert answer["total_count"] == expected["total"]
    assert answer["cancelled_count"] == expected["cancelled"]
    assert answer["unparsed_count"] == 0
    assert answer["summary"] == {
        "median_price_10k": expected["median"],
        "min_price_10k": expected["prices"][0],
        "max_price_10k": expected["prices"][-1],
        "sample_count": len(expected["prices"]),
    }
    assert len(answer["items"]) == answer["items_returned"] == 5
    assert portal.requests[PATH] == -(-expected["total"] // page_cap)


def test_a_busy_month_is_more_than_one_page_and_lists_at_most_what_was_asked() -> None:
    answer = trades(to_portal(stand_in()), num_of_rows=1000)
    assert answer["total_count"] > 1500
    assert answer["items_returned"] == len(answer["items"]) == 1000
    dates = [item["trade_date"] for item in answer["items"]]
    assert dates == sorted(dates, reverse=True)
    assert answer["summary"]["sample_count"] > 1000


@pytest.mark.parametrize("fault", [None, "unreadable_rows"])
def test_the_counts_add_up(fault: str | None) -> None:
    answer = trades(to_portal(stand_in(fault=fault)), "11680", "202410")
    counted = answer["cancelled_count"] + answer["unparsed_count"] + answer["summary"]["sample_count"]
    assert answer["total_count"] == counted > 0
    assert (answer["unparsed_count"] > 0) is (fault is not None)


def test_a_row_becomes_an_item() -> None:
    assert one(ROW)["items"] == [
        {
            "apt_name": "한빛마을",
            "dong": "상도동",
            "jibun": "412-3",
            "area_sqm": 84.97,
            "floor": 12,
            "price_10k": 118500,
            "trade_date": "2025-06-07",
            "build_year": 2004,
            "deal_type": "중개거래",
        }
    ]


@pytest.mark.parametrize(
    ("tag", "field"),
    [
        ("floor", "floor"),
        ("buildYear", "build_year"),
        ("excluUseAr", "area_sqm"),
        ("jibun", "jibun"),
        ("dealingGbn", "deal_type"),
        ("dealDay", "trade_date"),
        ("aptNm", "apt_name"),
    ],
)
@pytest.mark.parametrize(
    "blank", ["<{0}> </{0}>", "<{0}></{0}>", "<{0}/>", "", "<{0}><b>1</b></{0}>", "<{0}>1</{0}><{0}>2</{0}>"]
)
def test_a_blank_is_null_and_never_zero(tag: str, field: str, blank: str) -> None:
    answer = one(re.sub(f"<{tag}>.*?</{tag}>", blank.format(tag), ROW))
    assert answer["items"][0][field] is None
    assert answer["summary"]["sample_count"] == 1


@pytest.mark.parametrize(
    ("tag", "text", "field", "value"),
    [
        ("dealAmount", "  82,500", "price_10k", 82500),
        ("dealAmount", "900", "price_10k", 900),
        ("dealAmount", "1,118,500", "price_10k", 1118500),
        ("floor", "-1", "floor", -1),
        ("floor", "지하", "floor", None),
        ("buildYear", "이천", "build_year", None),
        ("excluUseAr", "59.8125", "area_sqm", 59.8125),
        ("excluUseAr", "NaN", "area_sqm", None),
        ("jibun", "산 12-1", "jibun", "산 12-1"),
        ("dealDay", "31", "trade_date", None),
        ("dealDay", "99999999999", "trade_date", None),
        ("aptNm", "a&#10;b&lt;i&gt;", "apt_name", "a b<i>"),
        ("aptNm", "긴" * 500, "apt_name", "긴" * 120),
    ],
)
def test_values_are_read_as_the_portal_writes_them(tag: str, text: str, field: str, value: object) -> None:
    assert one(re.sub(f"<{tag}>.*?</{tag}>", f"<{tag}>{text}</{tag}>", ROW))["items"][0][field] == value


@pytest.mark.parametrize("amount", [" ", "", "0", "-100", "십억", "1,18,500", "12.5", "١٢", "9" * 30])
def test_a_row_without_a_readable_price_is_counted_and_left_out(amount: str) -> None:
    answer = trades(saying(envelope(ROW + ROW.replace("118,500", amount), total=2)))
    assert (answer["total_count"], answer["unparsed_count"], answer["summary"]["sample_count"]) == (2, 1, 1)


@pytest.mark.parametrize("flag", ["<cdealType>O</cdealType>", "<cdealType> O </cdealType>", "<cdealtype>O</cdealtype>"])
def test_a_cancelled_row_is_counted_and_left_out(flag: str) -> None:
    cancelled = ROW.replace("<cdealType> </cdealType>", flag).replace("118,500", "1")
    answer = trades(saying(envelope(ROW + cancelled, total=2)))
    assert (answer["total_count"], answer["cancelled_count"], answer["summary"]["min_price_10k"]) == (2, 1, 118500)


@pytest.mark.parametrize("items", ["<items/>", "<items></items>", "<items> </items>"])
def test_no_sales_are_an_empty_result_with_null_statistics(items: str) -> None:
    answer = trades(saying(envelope("", total=0).replace("<items></items>", items)))
    assert (answer["total_count"], answer["items"]) == (0, [])
    assert answer["summary"] == {
        "median_price_10k": None,
        "min_price_10k": None,
        "max_price_10k": None,
        "sample_count": 0,
    }


def test_the_older_success_code_is_accepted_too() -> None:
    assert trades(saying(envelope(ROW, total=1, code="00")))["total_count"] == 1


@pytest.mark.parametrize(
    ("region", "said"),
    [
        ("42110", "51110 강원특별자치도 춘천시"),
        ("28110", "28125 인천광역시 제물포구, 28155 인천광역시 영종구"),
        ("29110", "12210 전남광주통합특별시 동구"),
        ("41110", "41111 경기도 수원시 장안구"),
        ("41190", "41192 경기도 부천시 원미구"),
        ("45110", "52111 전북특별자치도 전주시 완산구"),
        ("11000", "11110 서울특별시 종로구"),
        ("42000", "51110 강원특별자치도 춘천시"),
        ("1168010100", "11680"),
        ("1168", "five digits"),
        ("강남구", "get_region_code"),
        ("99999", "get_region_code"),
        ("１１６８０", "five digits"),
    ],
)
def test_a_code_that_is_no_living_district_is_refused_with_the_one_to_use(region: str, said: str) -> None:
    with pytest.raises(ToolError, match="region_code") as caught:
        trades(nowhere(), region)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "month", ["200512", "202612", "202613", "202500", "2025", "2025-06", "20250601", "２０２５０６", ""]
)
def test_a_month_outside_the_data_is_refused_before_the_portal_is_asked(month: str) -> None:
    with pytest.raises(ToolError, match="year_month"):
        trades(nowhere(), month=month)


@pytest.mark.parametrize("rows", [0, 1001, -1, "many", None])
def test_num_of_rows_is_bounded(rows: object) -> None:
    with pytest.raises(ToolError, match="num_of_rows"):
        trades(nowhere(), num_of_rows=rows)


@pytest.mark.parametrize(
    ("now", "month", "incomplete", "deadline"),
    [
        (datetime(2026, 11, 22, 12, tzinfo=SEOUL), "202611", True, "2026-12-30"),
        (datetime(2026, 11, 22, 12, tzinfo=SEOUL), "202610", True, "2026-11-30"),
        (datetime(2026, 11, 22, 12, tzinfo=SEOUL), "202609", False, "2026-10-30"),
        (datetime(2026, 3, 31, 12, tzinfo=SEOUL), "202602", True, "2026-03-30"),
        (datetime(2026, 3, 2, 12, tzinfo=SEOUL), "202601", True, "2026-03-02"),
        (datetime(2026, 3, 3, 12, tzinfo=SEOUL), "202601", False, "2026-03-02"),
        (datetime(2026, 1, 5, 12, tzinfo=SEOUL), "202512", True, "2026-01-30"),
    ],
)
def test_a_month_is_incomplete_until_its_sales_must_be_reported(
    now: datetime, month: str, incomplete: bool, deadline: str
) -> None:
    answer = trades(saying(envelope(ROW, total=1)), month=month, clock=lambda: now)
    assert (answer["incomplete"], answer["reporting_deadline"]) == (incomplete, deadline)


def test_the_first_of_the_month_begins_in_seoul_not_in_utc() -> None:
    at = datetime.fromisoformat("2026-11-30T15:00:00+00:00")
    answer = call("get_current_year_month", {}, nowhere(), clock=lambda: at)
    assert answer == {"year_month": "202612", "as_of": "2026-12-01T00:00:00+09:00"}
    assert trades(saying(envelope("", total=0)), month="202612", clock=lambda: at)["incomplete"] is True


def test_sample_data_says_so() -> None:
    for sample in (True, False):
        arguments = {"region_code": "11710", "year_month": "202506"}
        result = call_raw("get_apartment_trades", arguments, to_portal(stand_in()), sample=sample)
        assert result.structured_content is not None
        assert result.structured_content["sample"] is sample
        assert result.content[0].type == "text"
        assert ("SAMPLE" in result.content[0].text) is sample
        assert len(result.content[0].text) < 400


def test_pages_after_the_first_are_fetched_at_most_four_at_once() -> None:
    running, most = 0, 0
    portal = to_portal(stand_in(page_cap=100))

    class Watching(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)  # lets the other fetches begin
            try:
                return await portal.handle_async_request(request)
            finally:
                running -= 1

    assert trades(Watching())["total_count"] > 1500
    assert 1 < most <= 4


@pytest.mark.parametrize("key", [KEY, "aB%2Bc%2FdEf9Zz0123456789%2B%2FqwertyuiopASDFGH%3D%3D", f" {KEY}\n"])
def test_both_printed_forms_of_the_key_reach_the_portal_encoded_once(key: str) -> None:
    queries = []

    def answer(request: httpx.Request) -> httpx.Response:
        queries.append(request.url.query)
        return httpx.Response(200, content=envelope(ROW, total=1))

    trades(answering(answer), api_key=key)
    assert queries == [
        b"serviceKey=aB%2Bc%2FdEf9Zz0123456789%2B%2FqwertyuiopASDFGH%3D%3D"
        b"&LAWD_CD=11710&DEAL_YMD=202506&pageNo=1&numOfRows=1000"
    ]


PRICES = st.lists(st.integers(min_value=1, max_value=10**7), max_size=60)


@given(PRICES, st.integers(min_value=0, max_value=5), st.integers(min_value=0, max_value=5))
def test_rows_are_never_lost_between_the_three_counts(prices: list[int], cancelled: int, unreadable: int) -> None:
    rows = [{"dealAmount": f"{price:,}"} for price in prices]
    rows += [{"dealAmount": "1,000", "cdealType": "O"}] * cancelled + [{"dealAmount": "?"}] * unreadable
    sorted_rows = sort_rows(rows)
    assert (len(sorted_rows.trades), sorted_rows.cancelled, sorted_rows.unparsed) == (
        len(prices),
        cancelled,
        unreadable,
    )
    summary = summarize_prices([trade.price_10k for trade in sorted_rows.trades])
    assert summary.sample_count == len(prices)
    if prices and summary.median_price_10k is not None:
        assert sum(price <= summary.median_price_10k for price in prices) * 2 >= len(prices)
        assert sum(price >= summary.median_price_10k for price in prices) * 2 >= len(prices)


def test_every_date_is_a_real_one() -> None:
    answer = trades(to_portal(stand_in()), num_of_rows=1000)
    assert {date.fromisoformat(item["trade_date"]).month for item in answer["items"]} == {6}
