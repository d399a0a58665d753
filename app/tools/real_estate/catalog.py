"""The way into the transactions: their tools, the kinds of real estate, and one month's report for other tools.

``HOUSE_TYPES`` names each kind in English and Korean and the tools and datasets it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.tools.base import CallContext, Tool
from app.tools.real_estate.compare import comparison_tool
from app.tools.real_estate.contract import Sources
from app.tools.real_estate.house_types import HOUSE_TYPES, Contract, HouseType, HouseTypeName
from app.tools.real_estate.jeonse import ratio_tool
from app.tools.real_estate.leases import LeaseMonth, lease_month, lease_tools
from app.tools.real_estate.ledger import Ledger
from app.tools.real_estate.monthly import MonthQuery
from app.tools.real_estate.region_tools import Clock
from app.tools.real_estate.sales import SaleMonth, sale_month, sale_tools
from app.tools.real_estate.trend import trend_tool

__all__ = ["HOUSE_TYPES", "Contract", "HouseType", "HouseTypeName", "month_report", "transaction_tools"]


def transaction_tools(
    sources: Sources, *, clock: Clock, sample: bool, chart_meta: Mapping[str, Any] | None = None
) -> tuple[Tool, ...]:
    """Build the fifteen tools: sales, leases, trend, comparison, jeonse ratio.

    ``sample`` marks every result as made-up data; ``chart_meta`` is the ``_meta`` of the tools that have a picture.
    They share the memory of months read, so build them once.
    """
    ledger = Ledger(sources, clock=clock, sample=sample)
    return (
        *sale_tools(ledger),
        *lease_tools(ledger),
        trend_tool(ledger, meta=chart_meta),
        comparison_tool(ledger, meta=chart_meta),
        ratio_tool(ledger),
    )


async def month_report(
    sources: Sources,
    house_type: HouseTypeName,
    contract: Contract,
    region_code: str,
    year_month: str,
    *,
    clock: Clock,
    sample: bool,
    num_of_rows: int = 100,
    context: CallContext | None = None,
) -> SaleMonth | LeaseMonth:
    """Return what the matching tool for one month returns: ``contract`` is ``sale`` or ``lease``.

    Raises :class:`~app.errors.ToolError` as the tool does, also where a kind has no leases.
    """
    house, ledger = HOUSE_TYPES[house_type], Ledger(sources, clock=clock, sample=sample)
    query = MonthQuery(region_code=region_code, year_month=year_month, num_of_rows=num_of_rows)
    report = sale_month if contract == "sale" else lease_month
    return await report(ledger, house, query, context or CallContext())
