"""``get_price_trend``: the medians of one district month by month, with the changes over a year and over the period.

One call reads exactly the months of the period, up to 60; the change over a year is known from its second year on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from app.tools.base import CallContext, Locale, Tool, ToolModel, typed_tool
from app.tools.real_estate.contract import PORTAL_READ, Provenance, marked
from app.tools.real_estate.filters import AppliedFilters, Filters
from app.tools.real_estate.house_types import HOUSE_TYPES, DealKind, HouseTypeName
from app.tools.real_estate.ledger import Ledger, figures_of
from app.tools.real_estate.monthly import DISTRICT, DISTRICT_PATTERN
from app.tools.real_estate.months import reporting_deadline
from app.tools.real_estate.region_tools import living_district
from app.tools.real_estate.regions import load_regions
from app.tools.real_estate.series import (
    Counts,
    PeriodQuery,
    TrendPoint,
    TrendSummary,
    check_question,
    make_points,
    sum_counts,
    summarize_points,
)
from app.tools.real_estate.wording import left_out, money, month, percent

MOST_MONTHS = 60


class _Trend(PeriodQuery):
    region_code: str = Field(description=DISTRICT, examples=["11680"], json_schema_extra=DISTRICT_PATTERN)
    house_type: HouseTypeName = Field(description="jeonse: apartment, officetel, villa and single_house only.")
    deal: DealKind = Field(default="sale", description="sale: prices. jeonse: deposits of leases without rent.")
    months: int = Field(default=36, ge=1, le=MOST_MONTHS, description="How many months, the newest included.")


class TrendQuery(Filters, _Trend):
    """What ``get_price_trend`` is asked."""


class _TrendHead(ToolModel):
    region_code: str
    region_name: str
    house_type: HouseTypeName
    deal: DealKind = Field(description="sale: median_price is the sale price. jeonse: it is the deposit.")
    area_basis: str = Field(description="Which area the prices per ㎡ and area bands refer to.")
    filters: AppliedFilters
    points: tuple[TrendPoint, ...] = Field(description="One per month, oldest first.")
    summary: TrendSummary
    incomplete: bool = Field(description="True when a point is incomplete.")
    reporting_deadline: str = Field(description="Last day for reporting deals of the newest month, YYYY-MM-DD.")


class Trend(Provenance, Counts, _TrendHead):
    """A district's months; the counts are sums over the points."""


def trend_tool(ledger: Ledger, *, meta: Mapping[str, Any] | None) -> Tool:
    """Build ``get_price_trend``; ``meta`` is its definition's ``_meta``."""

    async def get_price_trend(query: TrendQuery, context: CallContext) -> Trend:
        return await price_trend(ledger, query, context)

    return typed_tool(
        get_price_trend,
        name="get_price_trend",
        title="Price trend of a Korean district",
        description=(
            "Use this when a question is about how prices or jeonse deposits in one Korean district changed over "
            f"time: up to {MOST_MONTHS} contract months in one call, each with its median, median per ㎡, number of "
            "deals and change from a year before (null for the first twelve months, which have none before them in "
            "the period), and the change over the whole period. Amounts are in 10,000 won (만원). A median over all "
            "homes also moves with the mix of what was sold; an area band or a complex name makes it comparable. The "
            "newest two months are incomplete and are not used for the change over the period."
        ),
        arguments=TrendQuery,
        result=Trend,
        scope="read",
        annotations=PORTAL_READ,
        summarize=_summarize,
        meta=meta,
    )


async def price_trend(ledger: Ledger, query: TrendQuery, context: CallContext) -> Trend:
    """Read the months and compute their points; raise :class:`ToolError` on bad arguments."""
    filters = query.only_filters()
    name = living_district(await asyncio.to_thread(load_regions), query.region_code)
    period = check_question(ledger, query, filters, query.house_type, query.deal)
    wanted = [(query.region_code, year_month) for year_month in period.months]
    read = await ledger.months(period.house, period.contract, wanted, context)

    def compute() -> tuple[TrendPoint, ...]:
        found = (figures_of(month.deals, query.deal, filters, name) for month in read)
        return make_points(period.months, dict(zip(period.months, found, strict=True)), period.now)

    points = await asyncio.to_thread(compute)
    return Trend(
        region_code=query.region_code,
        region_name=name,
        house_type=query.house_type,
        deal=query.deal,
        area_basis=period.house.area_basis,
        filters=filters.applied(),
        points=points,
        summary=summarize_points(points),
        incomplete=any(point.incomplete for point in points),
        reporting_deadline=reporting_deadline(period.months[-1]).isoformat(),
        **sum_counts(points),
        **ledger.origin(period.dataset, read),
    )


def _summarize(trend: Trend, locale: Locale) -> str:
    house, summary = HOUSE_TYPES[trend.house_type], trend.summary
    period = f"{month(trend.points[0].year_month)}~{month(trend.points[-1].year_month)}"
    before, after = money(summary.first_median_price_10k), money(summary.last_median_price_10k)
    since, until = (month(end) if end else "" for end in (summary.first_year_month, summary.last_year_month))
    change = percent(summary.change_pct)
    kinds = ("cancelled", "unparsed", "excluded", "filtered_out")
    out = left_out({kind: getattr(trend, f"{kind}_count") for kind in kinds}, locale, trend.deal)
    if locale == "ko":
        kind = "매매가" if trend.deal == "sale" else "전세 보증금"
        text = f"{trend.region_name} {house.ko} {kind} {period}, {trend.sample_count:,}건{out}."
        figures = f" 중앙값 {since} {before}만원 → {until} {after}만원 ({change})."
        if since == until:
            figures = f" 중앙값 {until} {after}만원."
        late = f" 최근 달은 미완성: {trend.reporting_deadline}까지 신고됩니다."
    else:
        kind = "sale prices" if trend.deal == "sale" else "jeonse deposits"
        text = f"{trend.region_name}, {house.en} {kind} {period}: {trend.sample_count:,} deals{out}."
        figures = f" Median {before} in {since}, {after} in {until} ({change}), 만원."
        if since == until:
            figures = f" Median {after} in {until}, 만원."
        late = f" The newest months are incomplete: reported until {trend.reporting_deadline}."
    text += figures if summary.first_year_month else ""
    return marked(trend, text + (late if trend.incomplete else ""), locale)
