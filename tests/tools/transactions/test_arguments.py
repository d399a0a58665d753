"""Bad arguments are refused before anything is fetched, by name, with what to do instead."""

from __future__ import annotations

from typing import Any

import pytest

from app.errors import ToolError
from tests.tools.transactions.rows import LEASES, SALES
from tests.tools.transactions.world import GANGNAM, SEOCHO, SONGPA, ListedSources, call

TREND, COMPARE, RATIO = "get_price_trend", "compare_regions", "get_jeonse_ratio"
SOUND: dict[str, dict[str, Any]] = {
    **{tool: {"region_code": GANGNAM, "year_month": "202509"} for tool in (*SALES, *LEASES)},
    TREND: {"region_code": GANGNAM, "house_type": "apartment"},
    COMPARE: {"region_codes": [GANGNAM, SEOCHO], "house_type": "apartment"},
    RATIO: {"region_code": GANGNAM, "house_type": "apartment"},
}
EVERY = list(SOUND)
ONE_DISTRICT = [tool for tool in EVERY if tool != COMPARE]
BAD_DISTRICTS = [
    ("42110", "51110 강원특별자치도 춘천시"),
    ("28110", "28125 인천광역시 제물포구, 28155 인천광역시 영종구"),
    ("29110", "12210 전남광주통합특별시 동구"),
    ("41110", "41111 경기도 수원시 장안구"),
    ("11000", "11110 서울특별시 종로구"),
    ("1168010100", "11680"),
    ("1168", "five digits"),
    ("강남구", "get_region_code"),
    ("99999", "get_region_code"),
    ("１１６８０", "five digits"),
    ("", "five digits"),
]


def refusal(tool: str, **arguments: Any) -> str:
    sources = ListedSources()
    with pytest.raises(ToolError) as caught:
        call(tool, sources, {**SOUND[tool], **arguments})
    assert sources.asked == []
    assert len(str(caught.value)) < 2000
    return str(caught.value)


@pytest.mark.parametrize("tool", EVERY)
def test_sound_arguments_are_answered(tool: str) -> None:
    assert call(tool, ListedSources(), SOUND[tool])["total_count"] == 0


@pytest.mark.parametrize(("code", "said"), BAD_DISTRICTS)
def test_a_code_that_is_no_living_district_is_refused_with_the_one_to_use(code: str, said: str) -> None:
    for tool in ONE_DISTRICT:
        message = refusal(tool, region_code=code)
        assert message.startswith("region_code: ")
        assert said in message


@pytest.mark.parametrize(("code", "said"), BAD_DISTRICTS)
def test_each_compared_code_is_held_to_the_same(code: str, said: str) -> None:
    message = refusal(COMPARE, region_codes=[GANGNAM, code])
    assert message.startswith("region_codes: ")
    assert said in message


@pytest.mark.parametrize(
    "codes",
    [[], [GANGNAM], [GANGNAM, GANGNAM], [GANGNAM, SEOCHO, SONGPA, "11440", "11170", "11110"], "11680", None, [1, 2]],
)
def test_two_to_five_different_districts_are_compared(codes: Any) -> None:
    assert "region_codes" in refusal(COMPARE, region_codes=codes)


@pytest.mark.parametrize(
    "month", ["200512", "202612", "202613", "202500", "2025", "2025-06", "20250601", "２０２５０６", "", 202509.5, None]
)
def test_a_month_outside_the_data_is_refused(month: Any) -> None:
    for tool in (*SALES, *LEASES):
        assert "year_month" in refusal(tool, year_month=month)


@pytest.mark.parametrize(
    ("tool", "first", "before"),
    [
        ("get_apartment_trades", "200601", "200512"),
        ("get_presale_right_trades", "200701", "200612"),
        ("get_land_trades", "200601", "200512"),
        ("get_apartment_rent", "201101", "201012"),
        ("get_single_house_rent", "201101", "201012"),
    ],
)
def test_each_dataset_has_its_own_first_month(tool: str, first: str, before: str) -> None:
    assert f"from {first}" in refusal(tool, year_month=before)
    assert call(tool, ListedSources(), {**SOUND[tool], "year_month": first})["total_count"] == 0


@pytest.mark.parametrize("rows", [0, 1001, -1, "many", None, 1.5])
def test_num_of_rows_is_bounded(rows: Any) -> None:
    for tool in (*SALES, *LEASES):
        assert "num_of_rows" in refusal(tool, num_of_rows=rows)


@pytest.mark.parametrize(("tool", "most"), [(TREND, 60), (COMPARE, 24), (RATIO, 24)])
def test_the_number_of_months_is_bounded(tool: str, most: int) -> None:
    for months in (0, -1, most + 1, 600, "all", None, 2.5):
        assert "months" in refusal(tool, months=months)
    assert call(tool, ListedSources(), {**SOUND[tool], "months": most})["total_count"] == 0


@pytest.mark.parametrize("tool", [TREND, COMPARE, RATIO])
@pytest.mark.parametrize("month", ["202612", "209901", "2026-09", "202600", "soon", 2026.5])
def test_a_period_ends_at_the_latest_now(tool: str, month: Any) -> None:
    assert "end_year_month" in refusal(tool, end_year_month=month)


@pytest.mark.parametrize(("tool", "end", "most"), [(TREND, "200606", 6), (COMPARE, "200606", 6), (RATIO, "201103", 3)])
def test_a_period_that_reaches_back_before_the_data_is_refused_with_what_is_possible(
    tool: str, end: str, most: int
) -> None:
    assert f"at most {most}." in refusal(tool, end_year_month=end, months=most + 1)
    assert call(tool, ListedSources(), {**SOUND[tool], "end_year_month": end, "months": most})["total_count"] == 0


@pytest.mark.parametrize("tool", [TREND, COMPARE, RATIO])
@pytest.mark.parametrize("house", ["flat", "", None, "아파트", "Apartment"])
def test_an_unknown_house_type_is_refused_with_the_known_ones(tool: str, house: Any) -> None:
    message = refusal(tool, house_type=house)
    assert "house_type" in message
    assert "'apartment'" in message


@pytest.mark.parametrize("house", ["presale_right", "commercial", "land", "factory_warehouse"])
def test_jeonse_is_of_homes_only(house: str) -> None:
    for tool in (TREND, COMPARE):
        message = refusal(tool, house_type=house, deal="jeonse")
        assert message == "house_type: leases are published for apartment, officetel, villa, single_house only."
    assert "house_type" in refusal(RATIO, house_type=house)


@pytest.mark.parametrize("tool", [TREND, COMPARE])
def test_an_unknown_kind_of_deal_is_refused(tool: str) -> None:
    assert "deal" in refusal(tool, deal="monthly")


@pytest.mark.parametrize(
    ("filters", "named"),
    [
        ({"area_band": "60-85"}, "area_band"),
        ({"area_band": "60_to_85", "area_min_sqm": 60}, "area_band"),
        ({"area_band": "60_to_85", "area_max_sqm": 60}, "area_band"),
        ({"area_min_sqm": 85, "area_max_sqm": 60}, "area_min_sqm"),
        ({"area_min_sqm": -1}, "area_min_sqm"),
        ({"area_min_sqm": 0}, "area_min_sqm"),
        ({"area_max_sqm": "large"}, "area_max_sqm"),
        ({"area_max_sqm": float("nan")}, "area_max_sqm"),
        ({"area_max_sqm": float("inf")}, "area_max_sqm"),
        ({"area_max_sqm": 1e300}, "area_max_sqm"),
        ({"name": ""}, "name"),
        ({"name": "가" * 61}, "name"),
        ({"name": " ().·"}, "name"),
        ({"dong": ""}, "dong"),
        ({"dong": "--"}, "dong"),
        ({"dong": 5}, "dong"),
        ({"complex": "은마"}, "complex"),
    ],
)
def test_filters_that_cannot_work_are_refused(filters: dict[str, Any], named: str) -> None:
    for tool in EVERY:
        assert named in refusal(tool, **filters)


@pytest.mark.parametrize(
    "tool", ["get_single_house_trades", "get_commercial_trade", "get_land_trades", "get_factory_warehouse_trades"]
)
def test_a_name_is_refused_where_the_data_names_nothing(tool: str) -> None:
    assert refusal(tool, name="은마").startswith("name: ")


def test_what_was_sent_is_not_repeated_at_length() -> None:
    assert len(refusal(TREND, house_type="x" * 9000)) < 400
    assert "x" * 200 not in refusal(TREND, region_code="x" * 9000)
