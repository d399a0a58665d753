"""``compare_regions``: the trends of two to five districts side by side, and their order by price and by change.

All districts are asked about the same kind of real estate, months and filters. Changes from a year before are given
within the period only; no months are read beyond it, so that a comparison stays within what a day's quota allows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from app.errors import ToolError
from app.tools.base import CallContext, Locale, Tool, ToolModel, typed_tool
from app.tools.real_estate.contract import PORTAL_READ, Provenance, marked
from app.tools.real_estate.filters import AppliedFilters, Filters
from app.tools.real_estate.house_types import HOUSE_TYPES, DealKind, HouseTypeName
from app.tools.real_estate.ledger import Ledger, MonthOfDeals, figures_of
from app.tools.real_estate.months import reporting_deadline
from app.tools.real_estate.region_tools import living_district
from app.tools.real_estate.regions import RegionTable, load_regions
from app.tools.real_estate.series import (
    Counts,
    Period,
    PeriodQuery,
    TrendPoint,
    TrendSummary,
    check_question,
    make_points,
    sum_counts,
    summarize_points,
)
from app.tools.real_estate.wording import money, percent


class _Comparison(PeriodQuery):
    region_codes: tuple[str, ...] = Field(
        min_length=2,
        max_length=5,
        description="Two to five different five-digit district codes, as get_region_code gives them.",
        examples=[["11680", "11650", "11710"]],
    )
    house_type: HouseTypeName = Field(description="jeonse: apartment, officetel, villa and single_house only.")
    deal: DealKind = Field(default="sale", description="sale: prices. jeonse: deposits of leases without rent.")
    months: int = Field(default=12, ge=1, le=24, description="How many months, the newest included.")


class ComparisonQuery(Filters, _Comparison):
    """What ``compare_regions`` is asked."""


FEWEST = 3
"""Fewer deals than this at an end of the period decide no order."""


class _Region(ToolModel):
    region_code: str
    region_name: str
    points: tuple[TrendPoint, ...] = Field(description="One per month, oldest first.")
    summary: TrendSummary


class RegionTrend(Counts, _Region):
    """One district of several; the counts are sums over its points."""


class Ranked(ToolModel):
    rank: int = Field(description="1 is the highest; equal values share a rank.")
    region_code: str
    region_name: str
    value: float


class _ComparisonHead(ToolModel):
    house_type: HouseTypeName
    deal: DealKind = Field(description="sale: median_price is the sale price. jeonse: it is the deposit.")
    area_basis: str = Field(description="Which area the prices per ㎡ and area bands refer to.")
    filters: AppliedFilters
    regions: tuple[RegionTrend, ...] = Field(description="In the order asked for.")
    ranking_by_price_per_sqm: tuple[Ranked, ...] = Field(
        description="By summary.last_median_price_per_sqm_10k (10,000 won), highest first; only regions whose last "
        f"month is the same as the others' and has {FEWEST} deals."
    )
    ranking_by_change: tuple[Ranked, ...] = Field(
        description="By summary.change_pct (percent), highest first; only regions whose first and last month are the "
        f"same as the others' and have {FEWEST} deals each."
    )
    incomplete: bool = Field(description="True when a point is incomplete.")
    reporting_deadline: str = Field(description="Last day for reporting deals of the newest month, YYYY-MM-DD.")


class Comparison(Provenance, Counts, _ComparisonHead):
    """Several districts over the same months; the counts are sums over all of them."""


def comparison_tool(ledger: Ledger, *, meta: Mapping[str, Any] | None) -> Tool:
    """Build ``compare_regions``; ``meta`` is its definition's ``_meta``."""

    async def compare_regions(query: ComparisonQuery, context: CallContext) -> Comparison:
        return await compare(ledger, query, context)

    return typed_tool(
        compare_regions,
        name="compare_regions",
        title="Compare Korean districts",
        description=(
            "Use this when a question compares two to five Korean districts by sale prices or jeonse deposits: the "
            "monthly medians of each over the same months (up to 24), and the order of the districts by median per ㎡ "
            "and by change. Amounts are in 10,000 won (만원). The newest two months are incomplete and decide neither "
            "order. An area band makes districts with different homes comparable."
        ),
        arguments=ComparisonQuery,
        result=Comparison,
        scope="read",
        annotations=PORTAL_READ,
        summarize=_summarize,
        meta=meta,
    )


async def compare(ledger: Ledger, query: ComparisonQuery, context: CallContext) -> Comparison:
    """Read all months of all districts at once and compute; raise :class:`ToolError` on bad arguments."""
    filters = query.only_filters()
    names = _names(query.region_codes, await asyncio.to_thread(load_regions))
    period = check_question(ledger, query, filters, query.house_type, query.deal)
    wanted = [(code, year_month) for code in names for year_month in period.months]
    read = await ledger.months(period.house, period.contract, wanted, context)
    size = len(period.months)

    def compute() -> tuple[RegionTrend, ...]:
        parts = (read[start : start + size] for start in range(0, len(read), size))
        return tuple(
            _region(period, query.deal, filters, place, part) for place, part in zip(names.items(), parts, strict=True)
        )

    regions = await asyncio.to_thread(compute)
    return Comparison(
        house_type=query.house_type,
        deal=query.deal,
        area_basis=period.house.area_basis,
        filters=filters.applied(),
        regions=regions,
        ranking_by_price_per_sqm=rank(comparable(regions, "last"), "last_median_price_per_sqm_10k"),
        ranking_by_change=rank(comparable(regions, "first", "last"), "change_pct"),
        incomplete=any(point.incomplete for point in regions[0].points),
        reporting_deadline=reporting_deadline(period.months[-1]).isoformat(),
        **sum_counts(regions),
        **ledger.origin(period.dataset, read),
    )


def _names(codes: Sequence[str], regions: RegionTable) -> dict[str, str]:
    """Return the name of each district, in the order asked for."""
    if len(set(codes)) < len(codes):
        raise ToolError("region_codes: names a district twice; give two to five different ones.")
    try:
        return {code: living_district(regions, code) for code in codes}
    except ToolError as error:
        message = str(error).removeprefix("region_code: ")
    raise ToolError(f"region_codes: {message}")


def _region(
    period: Period, deal: DealKind, filters: Filters, place: tuple[str, str], read: Sequence[MonthOfDeals]
) -> RegionTrend:
    code, name = place
    found = (figures_of(month.deals, deal, filters, name) for month in read)
    points = make_points(period.months, dict(zip(period.months, found, strict=True)), period.now)
    return RegionTrend(
        region_code=code, region_name=name, points=points, summary=summarize_points(points), **sum_counts(points)
    )


def comparable(regions: Sequence[RegionTrend], *ends: str) -> tuple[RegionTrend, ...]:
    """The regions that can be ranked: with enough deals in the months compared, and these the same as most have."""
    solid = [one for one in regions if all(getattr(one.summary, f"{end}_sample_count") >= FEWEST for end in ends)]
    spans = [tuple(getattr(one.summary, f"{end}_year_month") for end in ends) for one in solid]
    usual = max(spans, key=lambda span: (spans.count(span), span), default=())
    return tuple(one for one, span in zip(solid, spans, strict=True) if span == usual)


def rank(regions: Sequence[RegionTrend], field: str) -> tuple[Ranked, ...]:
    """Order the regions by a field of their summary, highest first, equal ones in the order asked for."""
    valued = [(value, region) for region in regions if (value := getattr(region.summary, field)) is not None]
    valued.sort(key=lambda pair: -pair[0])
    return tuple(
        Ranked(
            rank=1 + sum(other > value for other, _ in valued),
            region_code=region.region_code,
            region_name=region.region_name,
            value=value,
        )
        for value, region in valued
    )


def _summarize(comparison: Comparison, locale: Locale) -> str:
    house = HOUSE_TYPES[comparison.house_type]
    changes = {ranked.region_code: ranked.value for ranked in comparison.ranking_by_change}
    order = "; ".join(
        f"{ranked.rank}. {ranked.region_name} {money(ranked.value)} ({percent(changes.get(ranked.region_code))})"
        for ranked in comparison.ranking_by_price_per_sqm
    )
    if locale == "ko":
        kind = "매매가" if comparison.deal == "sale" else "전세 보증금"
        text = f"{house.ko} {kind} 비교, ㎡당 중앙값(만원)과 기간 변동률: {order or '비교할 거래가 없습니다'}."
        late = f" 최근 달은 미완성: {comparison.reporting_deadline}까지 신고됩니다."
    else:
        kind = "sale prices" if comparison.deal == "sale" else "jeonse deposits"
        text = f"{house.en.capitalize()} {kind} per ㎡ (만원), and change over the period: {order or 'no deals'}."
        late = f" The newest months are incomplete: reported until {comparison.reporting_deadline}."
    return marked(comparison, text + (late if comparison.incomplete else ""), locale)
