"""The tools for the sales of one month: eight kinds of real estate, one question, one summary.

Every upstream row is accounted for: it does not fit the filters, is cancelled, cannot be read, is the sale of a mere
share, or is in the summary. There are no statistics on a part of the rows: the sources give whole months or an error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from pydantic import Field

from app.tools.base import CallContext, Locale, Tool, ToolModel, typed_tool
from app.tools.real_estate.area_bands import AreaBandName
from app.tools.real_estate.contract import PORTAL_READ, Provenance, marked
from app.tools.real_estate.deals import Deal
from app.tools.real_estate.house_types import HOUSE_TYPES, HouseType, HouseTypeName
from app.tools.real_estate.items import (
    ApartmentTrade,
    CommercialTrade,
    FactoryWarehouseTrade,
    LandTrade,
    OfficetelTrade,
    PresaleRightTrade,
    SaleItem,
    SingleHouseTrade,
    VillaTrade,
    read_items,
)
from app.tools.real_estate.ledger import Ledger
from app.tools.real_estate.monthly import Chosen, MonthQuery, MonthResult, choose
from app.tools.real_estate.statistics import by_band, middle, middle_per_sqm
from app.tools.real_estate.wording import left_out, listed, money, month


class SaleBand(ToolModel):
    area_band: AreaBandName = Field(description="Band of area in ㎡; the upper limit belongs to it.")
    median_price_10k: int | float | None
    median_price_per_sqm_10k: float | None
    sample_count: int


class SaleSummary(ToolModel):
    median_price_10k: int | float | None = Field(description="In 10,000 won (만원); null without sales.")
    min_price_10k: int | None
    max_price_10k: int | None
    median_price_per_sqm_10k: float | None = Field(description="Median of each sale's own price per ㎡.")
    sample_count: int = Field(description="Sales in the summary.")
    area_unknown_count: int = Field(description="Of these, sales without an area: in no band.")
    by_area_band: tuple[SaleBand, ...] = Field(description="Bands that hold sales; each sale is in one.")


class SaleMonth(Provenance, MonthResult):
    """Sales of a month: total_count = filtered_out + cancelled + unparsed + share + summary.sample_count."""

    share_count: int = Field(
        description="Sales of a mere share (지분): listed, not in the summary. total_count = filtered_out_count + "
        "cancelled_count + unparsed_count + share_count + summary.sample_count."
    )
    summary: SaleSummary = Field(description="Over all sales that fit the filters, not only the listed items.")
    items: tuple[SaleItem, ...] = Field(description="Sales not cancelled, newest first, at most num_of_rows.")


class ApartmentTrades(SaleMonth):
    items: tuple[ApartmentTrade, ...]


class OfficetelTrades(SaleMonth):
    items: tuple[OfficetelTrade, ...]


class VillaTrades(SaleMonth):
    items: tuple[VillaTrade, ...]


class SingleHouseTrades(SaleMonth):
    items: tuple[SingleHouseTrade, ...]


class CommercialTrades(SaleMonth):
    items: tuple[CommercialTrade, ...]


class PresaleRightTrades(SaleMonth):
    items: tuple[PresaleRightTrade, ...]


class LandTrades(SaleMonth):
    items: tuple[LandTrade, ...]


class FactoryWarehouseTrades(SaleMonth):
    items: tuple[FactoryWarehouseTrade, ...]


SALES: dict[HouseTypeName, tuple[type[SaleMonth], type[SaleItem], str]] = {
    "apartment": (ApartmentTrades, ApartmentTrade, "apartment sale prices (아파트 매매)"),
    "officetel": (OfficetelTrades, OfficetelTrade, "officetel sale prices (오피스텔 매매)"),
    "villa": (
        VillaTrades,
        VillaTrade,
        "sale prices of villas: row houses and multi-unit houses (빌라, 연립·다세대 매매)",
    ),
    "single_house": (
        SingleHouseTrades,
        SingleHouseTrade,
        "sale prices of detached and multi-family houses (단독·다가구 매매)",
    ),
    "commercial": (
        CommercialTrades,
        CommercialTrade,
        "sale prices of shops, offices and other commercial property (상가·업무용 매매)",
    ),
    "presale_right": (
        PresaleRightTrades,
        PresaleRightTrade,
        "resales of apartment presale and occupancy rights (분양권·입주권 전매)",
    ),
    "land": (LandTrades, LandTrade, "land sale prices (토지 매매)"),
    "factory_warehouse": (
        FactoryWarehouseTrades,
        FactoryWarehouseTrade,
        "sale prices of factories and warehouses (공장·창고 매매)",
    ),
}
"""Result, item and subject of the tool for each kind."""


async def sale_month(ledger: Ledger, house: HouseType, query: MonthQuery, context: CallContext) -> SaleMonth:
    """Return the sales of a district and month with their summary; raise :class:`ToolError` on bad arguments."""
    chosen = await choose(ledger, house, "sale", query, context)
    return await asyncio.to_thread(_result, house, chosen, query.num_of_rows)


def _result(house: HouseType, chosen: Chosen, most: int) -> SaleMonth:
    result, item, _ = SALES[house.key]
    found = read_items(item, chosen.of("sale", "share"), chosen.rows, most)
    return result(
        **chosen.fields,
        share_count=len(chosen.of("share")),
        summary=summarize_sales(chosen.of("sale")),
        items=found,
        items_returned=len(found),
    )


def summarize_sales(sales: Sequence[Deal]) -> SaleSummary:
    """Compute the statistics over whole sales that count."""
    prices = [sale.amount_10k for sale in sales]
    bands = by_band(sales)
    return SaleSummary(
        median_price_10k=middle(prices),
        min_price_10k=min(prices, default=None),
        max_price_10k=max(prices, default=None),
        median_price_per_sqm_10k=middle_per_sqm(sales),
        sample_count=len(sales),
        area_unknown_count=len(sales) - sum(map(len, bands.values())),
        by_area_band=tuple(
            SaleBand(
                area_band=key,
                median_price_10k=middle([sale.amount_10k for sale in members]),
                median_price_per_sqm_10k=middle_per_sqm(members),
                sample_count=len(members),
            )
            for key, members in bands.items()
        ),
    )


def sale_tools(ledger: Ledger) -> tuple[Tool, ...]:
    """Build the eight tools, ``get_apartment_trades`` first."""
    return tuple(_sale_tool(ledger, HOUSE_TYPES[key]) for key in SALES)


def _sale_tool(ledger: Ledger, house: HouseType) -> Tool:
    result, _, subject = SALES[house.key]

    async def call(query: MonthQuery, context: CallContext) -> SaleMonth:
        return await sale_month(ledger, house, query, context)

    return typed_tool(
        call,
        name=house.sale_tool,
        title=f"{house.en.capitalize()} sales in Korea",
        description=(
            f"Use this for {subject} in one Korean district and one contract month: the reported sales with a summary "
            "(median, lowest, highest, per ㎡, by area) over all of them. Prices are in 10,000 won (만원). Cancelled "
            "sales are counted and left out. The current and the previous month are incomplete, because a sale may be "
            "reported up to 30 days later. get_price_trend covers many months in one call."
        ),
        arguments=MonthQuery,
        result=result,
        scope="read",
        annotations=PORTAL_READ,
        summarize=partial(_summarize, house),
    )


def _summarize(house: HouseType, result: SaleMonth, locale: Locale) -> str:
    summary = result.summary
    counts = {kind: getattr(result, f"{kind}_count") for kind in ("cancelled", "unparsed", "share", "filtered_out")}
    out = left_out(counts, locale)
    low, mid, high = map(money, (summary.min_price_10k, summary.median_price_10k, summary.max_price_10k))
    when = month(result.year_month)
    if locale == "ko":
        text = f"{result.region_name} {when} {house.ko} 매매 {summary.sample_count:,}건{out}."
        prices = f" 중앙값 {mid}만원, 최저 {low}만원, 최고 {high}만원."
    else:
        text = f"{result.region_name}, {when}: {summary.sample_count:,} {house.en} sales{out}."
        prices = f" Median {mid}, lowest {low}, highest {high} (만원)."
    return marked(result, f"{text}{prices if summary.sample_count else ''}{listed(result, locale)}", locale)
