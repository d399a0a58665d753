"""The figures that documents are made of: what is needed, as a protocol, and how the transaction tools provide it.

A month and a trend are the results of the tools for them. A complex is looked at over several months here, because
no tool does: its deals are those whose name and legal dong have the asked keys, so 현대 is not 현대2차.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.tools.base import CallContext
from app.tools.real_estate.deals import Deal
from app.tools.real_estate.house_types import HOUSE_TYPES, Contract, DealKind, HouseType, HouseTypeName
from app.tools.real_estate.items import LeaseItem, SaleItem, read_items
from app.tools.real_estate.leases import LEASES, LeaseMonth, LeaseSummary, lease_month, summarize_leases
from app.tools.real_estate.ledger import Ledger, MonthOfDeals
from app.tools.real_estate.monthly import MonthQuery
from app.tools.real_estate.months import is_incomplete
from app.tools.real_estate.sales import SALES, SaleMonth, SaleSummary, sale_month, summarize_sales
from app.tools.real_estate.search_ids import key
from app.tools.real_estate.trend import Trend, TrendQuery, price_trend

MOST_DEALS = 30
"""How many deals a document lists."""


@dataclass(frozen=True)
class Complex:
    """A complex with deals in the months asked, and how many."""

    name: str
    dong: str | None
    deals: int


@dataclass(frozen=True)
class ComplexDeals:
    """The deals of one complex over ``months``, oldest first. ``name`` is None when it had none."""

    name: str | None
    dong: str | None
    months: tuple[str, ...]
    summary: SaleSummary | LeaseSummary
    items: tuple[SaleItem | LeaseItem, ...]
    cancelled_count: int
    unparsed_count: int
    incomplete: bool
    source: str
    data_as_of: str
    sample: bool


class Figures(Protocol):
    """What search and fetch need of the transactions. Every method raises :class:`~app.errors.ToolError`, which says
    what to do, when the figures cannot be had whole."""

    async def month(
        self, house_type: HouseTypeName, contract: Contract, region_code: str, year_month: str, context: CallContext
    ) -> SaleMonth | LeaseMonth:
        """One month of a district, with the newest :data:`MOST_DEALS` deals."""
        ...

    async def trend(
        self, house_type: HouseTypeName, contract: Contract, region_code: str, months: int, context: CallContext
    ) -> Trend:
        """The newest ``months`` of a district; of leases, the jeonse deposits."""
        ...

    async def complexes(
        self,
        house_type: HouseTypeName,
        contract: Contract,
        region_code: str,
        months: Sequence[str],
        context: CallContext,
    ) -> list[Complex]:
        """Every complex with deals in the months, those with most first."""
        ...

    async def complex(
        self,
        house_type: HouseTypeName,
        contract: Contract,
        region_code: str,
        months: Sequence[str],
        dong_and_name: tuple[str, str],
        context: CallContext,
    ) -> ComplexDeals:
        """The deals of the complex whose dong and name have these keys."""
        ...


class SourceFigures:
    """Keeps the promises of :class:`Figures` from the months that ``ledger`` reads and remembers."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def month(
        self, house_type: HouseTypeName, contract: Contract, region_code: str, year_month: str, context: CallContext
    ) -> SaleMonth | LeaseMonth:
        query = MonthQuery(region_code=region_code, year_month=year_month, num_of_rows=MOST_DEALS)
        report = sale_month if contract == "sale" else lease_month
        return await report(self._ledger, HOUSE_TYPES[house_type], query, context)

    async def trend(
        self, house_type: HouseTypeName, contract: Contract, region_code: str, months: int, context: CallContext
    ) -> Trend:
        deal: DealKind = "sale" if contract == "sale" else "jeonse"
        query = TrendQuery(region_code=region_code, house_type=house_type, deal=deal, months=months)
        return await price_trend(self._ledger, query, context)

    async def complexes(
        self,
        house_type: HouseTypeName,
        contract: Contract,
        region_code: str,
        months: Sequence[str],
        context: CallContext,
    ) -> list[Complex]:
        wanted = [(region_code, month) for month in months]
        found = await self._ledger.months(HOUSE_TYPES[house_type], contract, wanted, context)
        counted = Counter(
            (deal.name, deal.dong) for month in found for deal in month.deals.all if deal.name and _counts(deal)
        )
        ranked = sorted(counted.items(), key=lambda one: (-one[1], one[0][0] or "", one[0][1] or ""))
        return [Complex(name or "", dong, count) for (name, dong), count in ranked]

    async def complex(
        self,
        house_type: HouseTypeName,
        contract: Contract,
        region_code: str,
        months: Sequence[str],
        dong_and_name: tuple[str, str],
        context: CallContext,
    ) -> ComplexDeals:
        ledger, house = self._ledger, HOUSE_TYPES[house_type]
        found = await ledger.months(house, contract, [(region_code, month) for month in months], context)
        origin = ledger.origin(house.dataset(contract), found)
        parts = [(month, [deal for deal in month.deals.all if _keys(deal) == dong_and_name]) for month in found]
        deals = [deal for _, members in parts for deal in members]
        counted = [deal for deal in deals if _counts(deal)]
        return ComplexDeals(
            name=next((deal.name for deal in deals), None),
            dong=next((deal.dong for deal in deals), None),
            months=tuple(months),
            summary=summarize_sales(counted) if contract == "sale" else summarize_leases(counted),
            items=await asyncio.to_thread(_newest, house, contract, parts),
            cancelled_count=sum(deal.status == "cancelled" for deal in deals),
            unparsed_count=sum(deal.status == "unparsed" for deal in deals),
            incomplete=any(is_incomplete(month, ledger.now()) for month in months),
            source=origin["source"],
            data_as_of=origin["data_as_of"],
            sample=origin["sample"],
        )


def _counts(deal: Deal) -> bool:
    return deal.status in ("sale", "jeonse", "monthly")


def _keys(deal: Deal) -> tuple[str, str]:
    return key(deal.dong), key(deal.name)


def _newest(
    house: HouseType, contract: Contract, parts: Sequence[tuple[MonthOfDeals, Sequence[Deal]]]
) -> tuple[SaleItem | LeaseItem, ...]:
    """Read the newest deals of the months, which come oldest first."""
    model = SALES[house.key][1] if contract == "sale" else LEASES[house.key][1]
    items: list[SaleItem | LeaseItem] = []
    for month, deals in reversed(parts):
        left = MOST_DEALS - len(items)
        items += read_items(model, filter(_counts, deals), month.month.rows, left)
    return tuple(items)
