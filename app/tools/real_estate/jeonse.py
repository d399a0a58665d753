"""``get_jeonse_ratio``: jeonse deposits as a share of sale prices (전세가율), compared within bands of floor area.

A ratio of the two medians over all homes would compare the homes that were sold with other ones that were let; within
a band they are alike. The ratio is not that of single complexes, and says nothing about a particular home.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pydantic import Field

from app.tools.base import CallContext, Locale, Tool, ToolModel, typed_tool
from app.tools.real_estate.area_bands import AREA_BANDS, AreaBandName
from app.tools.real_estate.contract import PORTAL_READ, Provenance, marked
from app.tools.real_estate.deals import Deal
from app.tools.real_estate.filters import AppliedFilters, Filters, select
from app.tools.real_estate.house_types import HOUSE_TYPES, DealKind, LeasedHouseTypeName
from app.tools.real_estate.ledger import Ledger, MonthOfDeals, later_part
from app.tools.real_estate.monthly import DISTRICT, DISTRICT_PATTERN
from app.tools.real_estate.months import is_incomplete, reporting_deadline
from app.tools.real_estate.region_tools import living_district
from app.tools.real_estate.regions import load_regions
from app.tools.real_estate.series import Counts, PeriodQuery, check_question, count_fields, sum_counts
from app.tools.real_estate.statistics import by_band, figures, middle, with_status
from app.tools.real_estate.wording import month

FEWEST = 3
"""Fewer deals than this on either side make no ratio."""
_METHOD = (
    "Per area band: median jeonse deposit / median sale price over all months together, when both sides have at least "
    f"{FEWEST} deals. ratio_pct: mean of these, weighted by the number of sales and jeonse leases in the band."
)
_HOUSES = (
    " Caution: a house is sold whole, while a lease may be for a part of one; bands compare a house with a part of "
    "equal area, so the ratio is a rough guide."
)


class _Ratio(PeriodQuery):
    region_code: str = Field(description=DISTRICT, examples=["11680"], json_schema_extra=DISTRICT_PATTERN)
    house_type: LeasedHouseTypeName = Field(description="Kind of home.", examples=["apartment"])
    months: int = Field(default=6, ge=1, le=24, description="How many months are taken together, the newest included.")


class RatioQuery(Filters, _Ratio):
    """What ``get_jeonse_ratio`` is asked."""


class RatioBand(ToolModel):
    area_band: AreaBandName = Field(description="Band of area in ㎡; the upper limit belongs to it.")
    median_price_10k: int | float | None = Field(description="Median sale price in 10,000 won (만원).")
    sale_count: int
    median_deposit_10k: int | float | None = Field(description="Median jeonse deposit in 10,000 won.")
    jeonse_count: int
    ratio_pct: float | None = Field(description=f"Deposit / price; null with fewer than {FEWEST} deals on a side.")


class Side(Counts):
    area_unknown_count: int = Field(description="Of the sample, deals without an area: in no band.")


class _RatioHead(ToolModel):
    region_code: str
    region_name: str
    house_type: LeasedHouseTypeName
    first_year_month: str
    last_year_month: str
    area_basis: str = Field(description="Which area the bands refer to.")
    filters: AppliedFilters
    ratio_pct: float | None = Field(description="Over all bands that have a ratio, computed as method says.")
    reason: str | None = Field(description="Why ratio_pct is null.")
    method: str
    by_area_band: tuple[RatioBand, ...] = Field(description="Bands that hold sales or jeonse leases.")
    sales: Side = Field(description="What became of the rows of sales.")
    leases: Side = Field(description="What became of the rows of leases; the sample is jeonse.")
    incomplete: bool = Field(description="True when a month is incomplete.")
    reporting_deadline: str = Field(description="Last day for reporting deals of the newest month, YYYY-MM-DD.")
    lease_source: str = Field(description="As source, for the leases; source and portal_calls are those of sales.")
    lease_portal_calls_today: int


class JeonseRatio(Provenance, Counts, _RatioHead):
    """A district's jeonse ratio; the counts are those of sales and leases together."""


def ratio_tool(ledger: Ledger) -> Tool:
    """Build ``get_jeonse_ratio``."""

    async def get_jeonse_ratio(query: RatioQuery, context: CallContext) -> JeonseRatio:
        return await jeonse_ratio(ledger, query, context)

    return typed_tool(
        get_jeonse_ratio,
        name="get_jeonse_ratio",
        title="Jeonse ratio of a Korean district",
        description=(
            "Use this when a question is about the jeonse ratio (전세가율), the risk of a jeonse deposit or the gap "
            "between sale price and deposit (갭) in one Korean district: medians of sale prices and jeonse deposits by "
            "area band over the last months, and their ratio in percent. Amounts are in 10,000 won (만원). A name "
            "narrows it to one complex. Months still being reported are included and marked."
        ),
        arguments=RatioQuery,
        result=JeonseRatio,
        scope="read",
        annotations=PORTAL_READ,
        summarize=_summarize,
    )


async def jeonse_ratio(ledger: Ledger, query: RatioQuery, context: CallContext) -> JeonseRatio:
    """Read sales and leases of the months and compare them; raise :class:`ToolError` on bad arguments."""
    filters = query.only_filters()
    name = living_district(await asyncio.to_thread(load_regions), query.region_code)
    period = check_question(ledger, query, filters, query.house_type, "jeonse")
    house, months = period.house, period.months
    wanted, both = [(query.region_code, year_month) for year_month in months], 2 * len(months)
    sales = await ledger.months(house, "sale", wanted, later_part(context, 0, both))
    leases = await ledger.months(house, "lease", wanted, later_part(context, len(months), both))

    def compute() -> tuple[Side, Side, tuple[RatioBand, ...]]:
        sold, sale_side = _pooled(sales, "sale", filters, name)
        let, lease_side = _pooled(leases, "jeonse", filters, name)
        return sale_side, lease_side, compare_bands(sold, let)

    sale_side, lease_side, bands = await asyncio.to_thread(compute)
    ratio = weighted_ratio(bands)
    lease_origin = ledger.origin(period.dataset, leases)
    return JeonseRatio(
        region_code=query.region_code,
        region_name=name,
        house_type=query.house_type,
        first_year_month=months[0],
        last_year_month=months[-1],
        area_basis=house.area_basis,
        filters=filters.applied(),
        ratio_pct=ratio,
        reason=None if ratio is not None else f"No area band holds {FEWEST} sales and {FEWEST} jeonse leases.",
        method=_METHOD + (_HOUSES if query.house_type == "single_house" else ""),
        by_area_band=bands,
        sales=sale_side,
        leases=lease_side,
        incomplete=any(is_incomplete(year_month, period.now) for year_month in months),
        reporting_deadline=reporting_deadline(months[-1]).isoformat(),
        lease_source=lease_origin["source"],
        lease_portal_calls_today=lease_origin["portal_calls_today"],
        **sum_counts((sale_side, lease_side)),
        **ledger.origin(house.sale, [*sales, *leases]),
    )


def _pooled(read: Sequence[MonthOfDeals], kind: DealKind, filters: Filters, name: str) -> tuple[list[Deal], Side]:
    chosen = [deal for month_read in read for deal in select(month_read.deals.all, filters, name)]
    sample = with_status(chosen, kind)
    unknown = sum(deal.band is None for deal in sample)
    counts = figures(chosen, kind, sum(len(month_read.deals.all) for month_read in read))
    return sample, Side(**count_fields(counts), area_unknown_count=unknown)


def compare_bands(sales: Sequence[Deal], jeonse: Sequence[Deal]) -> tuple[RatioBand, ...]:
    """Compare the medians of both sides in each band that holds a deal of either."""
    sold, let = by_band(sales), by_band(jeonse)
    return tuple(
        _band(band.key, sold.get(band.key, []), let.get(band.key, []))
        for band in AREA_BANDS
        if band.key in sold or band.key in let
    )


def _band(key: AreaBandName, sales: Sequence[Deal], jeonse: Sequence[Deal]) -> RatioBand:
    price, deposit = middle([sale.amount_10k for sale in sales]), middle([lease.amount_10k for lease in jeonse])
    enough = min(len(sales), len(jeonse)) >= FEWEST
    return RatioBand(
        area_band=key,
        median_price_10k=price,
        sale_count=len(sales),
        median_deposit_10k=deposit,
        jeonse_count=len(jeonse),
        ratio_pct=round(deposit / price * 100, 1) if enough and deposit and price else None,
    )


def weighted_ratio(bands: Sequence[RatioBand]) -> float | None:
    """Return the mean ratio, each band weighted by its deals; None when no band has a ratio."""
    weights = [
        (band.sale_count + band.jeonse_count, (band.median_deposit_10k or 0) / (band.median_price_10k or 1))
        for band in bands
        if band.ratio_pct is not None
    ]
    total = sum(weight for weight, _ in weights)
    return round(sum(weight * ratio for weight, ratio in weights) / total * 100, 1) if total else None


def _summarize(ratio: JeonseRatio, locale: Locale) -> str:
    house, period = HOUSE_TYPES[ratio.house_type], f"{month(ratio.first_year_month)}~{month(ratio.last_year_month)}"
    sold, let = ratio.sales.sample_count, ratio.leases.sample_count
    if locale == "ko":
        value = f"{ratio.ratio_pct}%" if ratio.ratio_pct is not None else "계산할 만큼 거래가 없음"
        text = f"{ratio.region_name} {house.ko} 전세가율 {period}: {value} (매매 {sold:,}건, 전세 {let:,}건)."
        late = f" 최근 달은 미완성: {ratio.reporting_deadline}까지 신고됩니다."
    else:
        value = f"{ratio.ratio_pct}%" if ratio.ratio_pct is not None else f"none. {ratio.reason}"
        text = (
            f"{ratio.region_name}, {house.en} jeonse ratio {period}: {value} ({sold:,} sales, {let:,} jeonse leases)."
        )
        late = f" The newest months are incomplete: reported until {ratio.reporting_deadline}."
    return marked(ratio, text + (late if ratio.incomplete else ""), locale)
