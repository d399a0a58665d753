"""Sales of one month: every row is accounted for, and every figure is what the raw rows give a second way."""

from __future__ import annotations

import pytest

from tests.tools.transactions import rows as oracle
from tests.tools.transactions.rows import AREA_TAGS, SALES, made_up, of_kind
from tests.tools.transactions.world import one_month

OF_THE_EARLIER_SERVER = {
    "get_apartment_trades": "apt_name dong area_sqm floor price_10k trade_date build_year deal_type",
    "get_officetel_trades": "unit_name dong area_sqm floor price_10k trade_date build_year deal_type",
    "get_villa_trades": "unit_name dong area_sqm floor price_10k trade_date build_year deal_type house_type",
    "get_single_house_trades": "unit_name dong area_sqm floor price_10k trade_date build_year deal_type house_type",
    "get_commercial_trade": "building_type building_use land_use dong building_ar floor price_10k trade_date "
    "build_year deal_type share_dealing",
}
WHOLE = {
    "aptDong": "103",
    "aptNm": "한빛마을",
    "offiNm": "한빛마을",
    "mhouseNm": "한빛마을",
    "buildYear": "2004",
    "buildingAr": "84.97",
    "buildingType": "집합",
    "buildingUse": "업무",
    "buyerGbn": "개인",
    "dealAmount": "118,500",
    "dealArea": "84.97",
    "dealDay": "7",
    "dealMonth": "9",
    "dealYear": "2025",
    "dealingGbn": "중개거래",
    "estateAgentSggNm": "서울 강남구, 서울 서초구",
    "excluUseAr": "84.97",
    "floor": "-1",
    "houseType": "다세대",
    "jibun": "412-3",
    "jimok": "대",
    "landAr": "27.5",
    "landLeaseholdGbn": "N",
    "landUse": "준주거",
    "ownershipGbn": "입",
    "plottageAr": "1,201.3",
    "rgstDate": "25.10.20",
    "slerGbn": "법인",
    "totalFloorAr": "84.97",
    "umdNm": "역삼동",
}
READ = {
    "apt_name": "한빛마을",
    "unit_name": "한빛마을",
    "block": "103",
    "build_year": 2004,
    "area_sqm": 84.97,
    "building_ar": 84.97,
    "building_type": "집합",
    "building_use": "업무",
    "buyer_kind": "개인",
    "seller_kind": "법인",
    "price_10k": 118500,
    "price_per_sqm_10k": 1394.61,
    "trade_date": "2025-09-07",
    "deal_type": "중개거래",
    "agent_district": "서울 강남구, 서울 서초구",
    "floor": -1,
    "house_type": "다세대",
    "jibun": "412-3",
    "jimok": "대",
    "land_share_sqm": 27.5,
    "leasehold_land": "N",
    "land_use": "준주거",
    "right_type": "입",
    "plottage_sqm": 1201.3,
    "registered_on": "2025-10-20",
    "dong": "역삼동",
    "share_dealing": None,
}


@pytest.mark.parametrize("tool", SALES)
@pytest.mark.parametrize("count", [0, 1, 2, 7, 400])
def test_every_figure_is_what_the_raw_rows_give(tool: str, count: int) -> None:
    rows = made_up(tool, count, "figures")
    answer = one_month(tool, rows)
    sales = of_kind(rows, tool, "sale")
    prices = [oracle.money(row, "dealAmount") for row in sales]
    summary = answer["summary"]
    assert {name: summary[name] for name in ("median_price_10k", "min_price_10k", "max_price_10k", "sample_count")} == {
        "median_price_10k": oracle.middle(prices),
        "min_price_10k": sorted(prices)[0] if prices else None,
        "max_price_10k": sorted(prices)[-1] if prices else None,
        "sample_count": len(prices),
    }
    assert oracle.close(summary["median_price_per_sqm_10k"], oracle.per_sqm(sales, tool, "dealAmount"))
    assert answer["total_count"] == count
    for part in ("cancelled", "unparsed", "share"):
        assert answer[f"{part}_count"] == len(of_kind(rows, tool, part))


@pytest.mark.parametrize("tool", SALES)
def test_each_sale_of_known_area_is_in_exactly_one_band(tool: str) -> None:
    rows = made_up(tool, 400, "bands")
    sales = of_kind(rows, tool, "sale")
    summary = one_month(tool, rows)["summary"]
    expected = oracle.in_bands(sales, tool)
    assert [band["area_band"] for band in summary["by_area_band"]] == list(expected)
    for band in summary["by_area_band"]:
        members = expected[band["area_band"]]
        assert band["sample_count"] == len(members)
        assert band["median_price_10k"] == oracle.middle(oracle.money(row, "dealAmount") for row in members)
        assert oracle.close(band["median_price_per_sqm_10k"], oracle.per_sqm(members, tool, "dealAmount"))
    unknown = sum(AREA_TAGS[tool] not in row for row in sales)
    assert summary["area_unknown_count"] == unknown > 0
    assert sum(band["sample_count"] for band in summary["by_area_band"]) + unknown == summary["sample_count"]


@pytest.mark.parametrize("tool", SALES)
def test_sales_are_listed_newest_first_and_the_summary_covers_the_unlisted_too(tool: str) -> None:
    rows = made_up(tool, 60, "list")
    listed = of_kind(rows, tool, "sale", "share")
    answer = one_month(tool, rows, num_of_rows=5)
    assert (answer["items_returned"], len(answer["items"])) == (5, 5)
    assert [item["trade_date"] for item in answer["items"]] == sorted(map(oracle.signed, listed), reverse=True)[:5]
    assert answer["summary"]["sample_count"] == len(of_kind(rows, tool, "sale")) > 5
    everything = one_month(tool, rows, num_of_rows=1000)
    assert sorted(item["price_10k"] for item in everything["items"]) == sorted(
        oracle.money(row, "dealAmount") for row in listed
    )


@pytest.mark.parametrize("tool", SALES)
def test_each_field_is_read_from_its_tag(tool: str) -> None:
    [item] = one_month(tool, [WHOLE])["items"]
    expected = {name: READ[name] for name in item}
    if tool == "get_single_house_trades":
        expected["unit_name"] = None
    assert item == expected


@pytest.mark.parametrize("tool", SALES)
def test_a_blank_is_null_and_never_zero(tool: str) -> None:
    [item] = one_month(tool, [{"dealAmount": "100"}])["items"]
    assert {name for name, value in item.items() if value is not None} == {"price_10k"}


@pytest.mark.parametrize(("tool", "fields"), OF_THE_EARLIER_SERVER.items())
def test_the_fields_of_the_earlier_server_are_kept(tool: str, fields: str) -> None:
    [item] = one_month(tool, [WHOLE])["items"]
    assert set(fields.split()) <= set(item)


@pytest.mark.parametrize(
    ("tag", "text", "field", "value"),
    [
        ("floor", "지하", "floor", None),
        ("floor", "0", "floor", 0),
        ("buildYear", "0", "build_year", None),
        ("buildYear", "20044", "build_year", None),
        ("excluUseAr", "0", "area_sqm", None),
        ("excluUseAr", "0.0", "area_sqm", None),
        ("excluUseAr", "-84", "area_sqm", None),
        ("excluUseAr", "NaN", "area_sqm", None),
        ("excluUseAr", "1e5", "area_sqm", None),
        ("excluUseAr", "٨٤", "area_sqm", None),
        ("excluUseAr", "1,084.5", "area_sqm", 1084.5),
        ("jibun", "산 12-1", "jibun", "산 12-1"),
        ("jibun", "2**", "jibun", "2**"),
        ("dealDay", "31", "trade_date", None),
        ("dealDay", "99999999999", "trade_date", None),
        ("rgstDate", "25.13.01", "registered_on", None),
        ("rgstDate", "2025.10.20", "registered_on", None),
        ("aptNm", "a\nb\u202e<i>", "apt_name", "a b <i>"),
        ("aptNm", "긴" * 500, "apt_name", "긴" * 120),
        ("dealAmount", "9" * 12, "price_10k", 999999999999),
    ],
)
def test_odd_values_are_read_with_care(tag: str, text: str, field: str, value: object) -> None:
    [item] = one_month("get_apartment_trades", [{**WHOLE, tag: text}])["items"]
    assert item[field] == value


@pytest.mark.parametrize("amount", ["", "0", "-100", "십억", "1,18,500", "12.5", "١٢", "9" * 30])
def test_a_row_without_a_readable_price_is_counted_and_left_out(amount: str) -> None:
    answer = one_month("get_apartment_trades", [WHOLE, {**WHOLE, "dealAmount": amount}])
    assert (answer["total_count"], answer["unparsed_count"], answer["summary"]["sample_count"]) == (2, 1, 1)


@pytest.mark.parametrize("tool", SALES)
@pytest.mark.parametrize("tag", ["cdealType", "cdealtype"])
def test_a_cancelled_sale_is_counted_and_left_out_however_its_tag_is_spelled(tool: str, tag: str) -> None:
    answer = one_month(tool, [WHOLE, {**WHOLE, "dealAmount": "1", tag: "O", "cdealDay": "25.10.02"}])
    assert (answer["total_count"], answer["cancelled_count"], answer["summary"]["min_price_10k"]) == (2, 1, 118500)
    assert [item["price_10k"] for item in answer["items"]] == [118500]


@pytest.mark.parametrize("tool", oracle.WITH_SHARES)
def test_the_sale_of_a_share_is_listed_and_flagged_but_not_in_the_summary(tool: str) -> None:
    answer = one_month(tool, [WHOLE, {**WHOLE, "dealAmount": "1", "shareDealingType": "지분"}])
    assert (answer["share_count"], answer["summary"]["sample_count"], answer["summary"]["min_price_10k"]) == (
        1,
        1,
        118500,
    )
    assert [(item["price_10k"], item["share_dealing"]) for item in answer["items"]] == [(118500, None), (1, "지분")]
