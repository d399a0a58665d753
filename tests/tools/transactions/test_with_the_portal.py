"""The tools over the real sources and the stand-in portal, against figures from the portal's own XML."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import httpx
import jsonschema
import pytest

from app.demo.portal import Portal, create_portal_app, path_of
from app.tools.base import CallContext
from app.tools.real_estate.house_types import HOUSE_TYPES
from app.tools.real_estate.sources import SourceSettings, open_sources
from tests.tools.transactions import rows as oracle
from tests.tools.transactions.rows import LEASES, SALES, Row, of_kind
from tests.tools.transactions.test_definitions import SALES_IN_ORDER
from tests.tools.transactions.world import GANGNAM, NOW, SEOCHO, SONGPA, tools

KEY = "aB+c/dEf9Zz0123456789+/qwertyuiopASDFGH=="
SERVICES = ("AptTrade", "OffiTrade", "RHTrade", "SHTrade", "NrgTrade", "SilvTrade", "LandTrade", "InduTrade")
SERVICE_OF = dict(zip(SALES_IN_ORDER, SERVICES, strict=True)) | dict(
    zip(LEASES, ("AptRent", "OffiRent", "RHRent", "SHRent"), strict=True)
)
SHARED = Portal(api_key=KEY, clock=lambda: NOW)


def answers(portal: Portal, *calls: tuple[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Call tools one after another, over sources that are opened once; each result is held against its schema."""

    async def run() -> list[dict[str, Any]]:
        transport = httpx.ASGITransport(app=create_portal_app(portal))
        settings = SourceSettings(data_go_kr_api_key=KEY, data_go_kr_base_url="http://portal.test")
        found = []
        async with open_sources(settings, clock=lambda: NOW, transport=transport) as sources:
            built = tools(sources, sample=True)
            for name, arguments in calls:
                answer = (await built[name].call(arguments, CallContext())).structured_content
                assert isinstance(answer, dict)
                jsonschema.Draft202012Validator(built[name].definition.output_schema or {}).validate(answer)
                found.append(answer)
        return found

    return asyncio.run(run())


def raw(portal: Portal, service: str, code: str, month: str) -> list[Row]:
    """Ask the portal without the sources, and read its XML with another parser."""

    async def fetch() -> str:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=create_portal_app(portal)), base_url="http://portal.test"
        ) as http:
            query = {"serviceKey": KEY, "LAWD_CD": code, "DEAL_YMD": month, "numOfRows": "99999"}
            return (await http.get(path_of(service), params=query)).text

    cap, portal.page_cap = portal.page_cap, 99_999
    items = ET.fromstring(asyncio.run(fetch())).iter("item")
    portal.page_cap = cap
    return [{tag.tag: tag.text.strip() for tag in item if tag.text and tag.text.strip()} for item in items]


@pytest.mark.parametrize("tool", SALES)
def test_a_month_of_sales_is_what_the_portal_holds(tool: str) -> None:
    rows = raw(SHARED, SERVICE_OF[tool], GANGNAM, "202506")
    [answer] = answers(SHARED, (tool, {"region_code": GANGNAM, "year_month": "202506"}))
    sales = of_kind(rows, tool, "sale")
    assert answer["total_count"] == len(rows) > 0
    for part in ("cancelled", "unparsed", "share"):
        assert answer[f"{part}_count"] == len(of_kind(rows, tool, part))
    summary = answer["summary"]
    assert summary["sample_count"] == len(sales)
    assert summary["median_price_10k"] == oracle.middle(oracle.money(row, "dealAmount") for row in sales)
    assert oracle.close(summary["median_price_per_sqm_10k"], oracle.per_sqm(sales, tool, "dealAmount"))
    found = {band["area_band"]: band["sample_count"] for band in summary["by_area_band"]}
    assert found == {name: len(members) for name, members in oracle.in_bands(sales, tool).items()}


@pytest.mark.parametrize("tool", LEASES)
def test_a_month_of_leases_is_what_the_portal_holds(tool: str) -> None:
    rows = raw(SHARED, SERVICE_OF[tool], GANGNAM, "202506")
    [answer] = answers(SHARED, (tool, {"region_code": GANGNAM, "year_month": "202506"}))
    jeonse, monthly = of_kind(rows, tool, "jeonse"), of_kind(rows, tool, "monthly")
    summary = answer["summary"]
    assert answer["total_count"] == len(rows) > 0
    assert (summary["jeonse"]["count"], summary["monthly"]["count"]) == (len(jeonse), len(monthly))
    assert summary["median_deposit_10k"] == oracle.middle(oracle.money(row, "deposit") for row in jeonse)
    rent = oracle.middle(oracle.money(row, "monthlyRent") for row in monthly)
    assert summary["monthly"]["median_monthly_rent_10k"] == rent


def test_more_pages_than_one_make_one_month() -> None:
    portal = Portal(api_key=KEY, clock=lambda: NOW, page_cap=100)
    rows = raw(portal, "AptTrade", SONGPA, "202506")
    [answer] = answers(portal, ("get_apartment_trades", {"region_code": SONGPA, "year_month": "202506"}))
    assert answer["total_count"] == len(rows) > 1000


def test_cancelled_commercial_sales_are_left_out_however_the_portal_spells_it() -> None:
    found = []
    for tag in ("cdealType", "cdealtype"):
        portal = Portal(api_key=KEY, clock=lambda: NOW, commercial_cancel_tag=tag)
        found += answers(portal, ("get_commercial_trade", {"region_code": GANGNAM, "year_month": "202506"}))
    assert found[0] == found[1]
    assert found[0]["cancelled_count"] > 0


def test_a_trend_a_comparison_and_a_ratio_agree_with_the_months() -> None:
    period = {"house_type": "apartment", "months": 3, "end_year_month": "202508"}
    month = {"region_code": GANGNAM, "year_month": "202508"}
    trend, comparison, ratio, sales, leases = answers(
        SHARED,
        ("get_price_trend", {"region_code": GANGNAM, **period, "months": 13}),
        ("compare_regions", {"region_codes": [SEOCHO, GANGNAM], **period}),
        ("get_jeonse_ratio", {"region_code": GANGNAM, **period, "months": 1}),
        ("get_apartment_trades", month),
        ("get_apartment_rent", month),
    )
    point, summary = trend["points"][-1], sales["summary"]
    assert point["median_price_10k"] == summary["median_price_10k"]
    assert point["median_price_per_sqm_10k"] == summary["median_price_per_sqm_10k"]
    assert (point["total_count"], point["sample_count"]) == (sales["total_count"], summary["sample_count"])
    before = oracle.middle(
        oracle.money(row, "dealAmount")
        for row in of_kind(raw(SHARED, "AptTrade", GANGNAM, "202408"), "get_apartment_trades", "sale")
    )
    assert oracle.close(point["yoy_pct"], (point["median_price_10k"] / before - 1) * 100, step=0.1)
    assert comparison["regions"][1]["points"] == [{**point, "yoy_pct": None} for point in trend["points"][-3:]]
    assert ratio["sales"]["sample_count"] == summary["sample_count"]
    assert ratio["leases"]["sample_count"] == leases["summary"]["jeonse"]["count"]
    for band, of_sales in zip(ratio["by_area_band"], summary["by_area_band"], strict=True):
        assert band["median_price_10k"] == of_sales["median_price_10k"]
    assert 20 < ratio["ratio_pct"] < 100
    assert trend["source"].startswith("made-up")


def test_months_that_stayed_behind_under_a_former_code_are_found() -> None:
    arguments = {"region_code": "51110", "house_type": "apartment", "months": 3, "end_year_month": "202307"}
    moved, stayed = (Portal(api_key=KEY, clock=lambda: NOW), Portal(api_key=KEY, clock=lambda: NOW))
    stayed.old_codes_hold_the_past = {"42110"}
    [here], [there] = (answers(portal, ("get_price_trend", arguments)) for portal in (moved, stayed))
    assert [point["total_count"] for point in there["points"]] == [
        len(raw(stayed, "AptTrade", "42110", "202305")),
        len(raw(stayed, "AptTrade", "51110", "202306")) or len(raw(stayed, "AptTrade", "42110", "202306")),
        len(raw(stayed, "AptTrade", "51110", "202307")),
    ]
    assert all(point["total_count"] for point in (*here["points"], *there["points"]))


def test_every_dataset_has_its_service_at_the_portal() -> None:
    paths = {house.sale.path for house in HOUSE_TYPES.values()} | {
        house.lease.path for house in HOUSE_TYPES.values() if house.lease
    }
    assert {urlsplit(path).path for path in paths} == {path_of(service) for service in SERVICE_OF.values()}
