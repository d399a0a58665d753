"""The tools for the leases of one month: jeonse (deposit only) and monthly leases, never mixed in one figure.

A lease without a monthly rent is jeonse. The data marks no lease as cancelled. The summary keeps the keys of the
earlier server of these tools, with a meaning that holds: deposits are those of jeonse leases, rents of monthly ones.
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
    ApartmentLease,
    LeaseItem,
    OfficetelLease,
    SingleHouseLease,
    VillaLease,
    read_items,
)
from app.tools.real_estate.ledger import Ledger
from app.tools.real_estate.monthly import Chosen, MonthQuery, MonthResult, choose
from app.tools.real_estate.statistics import by_band, mean, middle, middle_per_sqm, with_status
from app.tools.real_estate.wording import left_out, listed, money, month


class JeonseSummary(ToolModel):
    median_deposit_10k: int | float | None
    min_deposit_10k: int | None
    max_deposit_10k: int | None
    median_deposit_per_sqm_10k: float | None
    count: int


class MonthlySummary(ToolModel):
    median_deposit_10k: int | float | None
    median_monthly_rent_10k: int | float | None
    min_monthly_rent_10k: int | None
    max_monthly_rent_10k: int | None
    count: int


class LeaseBand(ToolModel):
    area_band: AreaBandName = Field(description="Band of area in ㎡; the upper limit belongs to it.")
    jeonse_median_deposit_10k: int | float | None
    jeonse_count: int
    monthly_median_deposit_10k: int | float | None
    monthly_median_rent_10k: int | float | None
    monthly_count: int


class LeaseSummary(ToolModel):
    median_deposit_10k: int | float | None = Field(description="Over jeonse leases, in 10,000 won; null without any.")
    min_deposit_10k: int | None = Field(description="Over jeonse leases.")
    max_deposit_10k: int | None = Field(description="Over jeonse leases.")
    monthly_rent_avg_10k: float | None = Field(description="Mean rent over monthly leases; null without any.")
    jeonse_ratio_pct: None = Field(default=None, description="Not computed here: needs sales too (get_jeonse_ratio).")
    sample_count: int = Field(description="jeonse.count + monthly.count.")
    jeonse: JeonseSummary = Field(description="Leases with a deposit and no monthly rent.")
    monthly: MonthlySummary = Field(description="Leases with a monthly rent.")
    area_unknown_count: int = Field(description="Leases without an area: in no band.")
    by_area_band: tuple[LeaseBand, ...] = Field(description="Bands that hold leases; each lease is in one.")


class LeaseMonth(Provenance, MonthResult):
    """Leases of a month: total_count = filtered_out + unparsed + summary.jeonse.count + summary.monthly.count."""

    summary: LeaseSummary = Field(
        description="Over all leases that fit the filters, not only the listed items. total_count = "
        "filtered_out_count + unparsed_count + jeonse.count + monthly.count."
    )
    items: tuple[LeaseItem, ...] = Field(description="Newest first, at most num_of_rows.")


class ApartmentLeases(LeaseMonth):
    items: tuple[ApartmentLease, ...]


class OfficetelLeases(LeaseMonth):
    items: tuple[OfficetelLease, ...]


class VillaLeases(LeaseMonth):
    items: tuple[VillaLease, ...]


class SingleHouseLeases(LeaseMonth):
    items: tuple[SingleHouseLease, ...]


LEASES: dict[HouseTypeName, tuple[type[LeaseMonth], type[LeaseItem], str]] = {
    "apartment": (ApartmentLeases, ApartmentLease, "apartment leases (아파트 전월세)"),
    "officetel": (OfficetelLeases, OfficetelLease, "officetel leases (오피스텔 전월세)"),
    "villa": (
        VillaLeases,
        VillaLease,
        "leases of villas: row houses and multi-unit houses (빌라, 연립·다세대 전월세)",
    ),
    "single_house": (
        SingleHouseLeases,
        SingleHouseLease,
        "leases in detached and multi-family houses (단독·다가구 전월세)",
    ),
}
"""Result, item and subject of the tool for each kind."""


async def lease_month(ledger: Ledger, house: HouseType, query: MonthQuery, context: CallContext) -> LeaseMonth:
    """Return the leases of a district and month with their summary; raise :class:`ToolError` on bad arguments."""
    chosen = await choose(ledger, house, "lease", query, context)
    return await asyncio.to_thread(_result, house, chosen, query.num_of_rows)


def _result(house: HouseType, chosen: Chosen, most: int) -> LeaseMonth:
    result, item, _ = LEASES[house.key]
    leases = chosen.of("jeonse", "monthly")
    found = read_items(item, leases, chosen.rows, most)
    return result(**chosen.fields, summary=summarize_leases(leases), items=found, items_returned=len(found))


def summarize_leases(leases: Sequence[Deal]) -> LeaseSummary:
    """Compute the statistics, jeonse and monthly leases apart."""
    jeonse, monthly = _jeonse(with_status(leases, "jeonse")), with_status(leases, "monthly")
    bands = by_band(leases)
    return LeaseSummary(
        median_deposit_10k=jeonse.median_deposit_10k,
        min_deposit_10k=jeonse.min_deposit_10k,
        max_deposit_10k=jeonse.max_deposit_10k,
        monthly_rent_avg_10k=mean([lease.monthly_rent_10k for lease in monthly]),
        sample_count=len(leases),
        jeonse=jeonse,
        monthly=_monthly(monthly),
        area_unknown_count=len(leases) - sum(map(len, bands.values())),
        by_area_band=tuple(_band(key, members) for key, members in bands.items()),
    )


def _jeonse(leases: Sequence[Deal]) -> JeonseSummary:
    deposits = [lease.amount_10k for lease in leases]
    return JeonseSummary(
        median_deposit_10k=middle(deposits),
        min_deposit_10k=min(deposits, default=None),
        max_deposit_10k=max(deposits, default=None),
        median_deposit_per_sqm_10k=middle_per_sqm(leases),
        count=len(leases),
    )


def _monthly(leases: Sequence[Deal]) -> MonthlySummary:
    rents = [lease.monthly_rent_10k for lease in leases]
    return MonthlySummary(
        median_deposit_10k=middle([lease.amount_10k for lease in leases]),
        median_monthly_rent_10k=middle(rents),
        min_monthly_rent_10k=min(rents, default=None),
        max_monthly_rent_10k=max(rents, default=None),
        count=len(leases),
    )


def _band(key: AreaBandName, leases: Sequence[Deal]) -> LeaseBand:
    jeonse, monthly = with_status(leases, "jeonse"), with_status(leases, "monthly")
    return LeaseBand(
        area_band=key,
        jeonse_median_deposit_10k=middle([lease.amount_10k for lease in jeonse]),
        jeonse_count=len(jeonse),
        monthly_median_deposit_10k=middle([lease.amount_10k for lease in monthly]),
        monthly_median_rent_10k=middle([lease.monthly_rent_10k for lease in monthly]),
        monthly_count=len(monthly),
    )


def lease_tools(ledger: Ledger) -> tuple[Tool, ...]:
    """Build the four tools, ``get_apartment_rent`` first."""
    return tuple(_lease_tool(ledger, HOUSE_TYPES[key]) for key in LEASES)


def _lease_tool(ledger: Ledger, house: HouseType) -> Tool:
    result, _, subject = LEASES[house.key]

    async def call(query: MonthQuery, context: CallContext) -> LeaseMonth:
        return await lease_month(ledger, house, query, context)

    return typed_tool(
        call,
        name=house.lease_tool or "",
        title=f"{house.en.capitalize()} leases in Korea",
        description=(
            f"Use this for {subject} in one Korean district and one contract month: the reported leases with a summary "
            "over all of them, jeonse (deposit only) and monthly rent apart. Amounts are in 10,000 won (만원). The "
            "current and the previous month are incomplete, because a lease may be reported up to 30 days later. "
            "get_price_trend (deal jeonse) covers many months in one call."
        ),
        arguments=MonthQuery,
        result=result,
        scope="read",
        annotations=PORTAL_READ,
        summarize=partial(_summarize, house),
    )


def _summarize(house: HouseType, result: LeaseMonth, locale: Locale) -> str:
    jeonse, monthly = result.summary.jeonse, result.summary.monthly
    out = left_out({"unparsed": result.unparsed_count, "filtered_out": result.filtered_out_count}, locale)
    when = month(result.year_month)
    deposit, rent = money(jeonse.median_deposit_10k), money(monthly.median_monthly_rent_10k)
    if locale == "ko":
        text = f"{result.region_name} {when} {house.ko} 전월세 {result.summary.sample_count:,}건{out}."
        text += f" 전세 {jeonse.count:,}건, 보증금 중앙값 {deposit}만원." if jeonse.count else ""
        if monthly.count:
            text += f" 월세 {monthly.count:,}건, 중앙값 보증금 {money(monthly.median_deposit_10k)}/월 {rent}만원."
    else:
        text = f"{result.region_name}, {when}: {result.summary.sample_count:,} {house.en} leases{out}."
        text += f" {jeonse.count:,} jeonse, median deposit {deposit} (만원)." if jeonse.count else ""
        if monthly.count:
            text += (
                f" {monthly.count:,} monthly, median deposit {money(monthly.median_deposit_10k)}, rent {rent} (만원)."
            )
    return marked(result, text + listed(result, locale), locale)
