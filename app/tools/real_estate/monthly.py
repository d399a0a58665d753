"""What the tools for one month have in common: the question, the counts, and how a month is chosen from.

Sales and leases differ in their items and summaries (``sales.py``, ``leases.py``); which rows there are and what
became of each is the same for both.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field
from pydantic.config import JsonDict

from app.tools.base import CallContext, ToolModel
from app.tools.real_estate.contract import Row
from app.tools.real_estate.deals import Deal, Status
from app.tools.real_estate.filters import AppliedFilters, Filters, select
from app.tools.real_estate.house_types import Contract, HouseType, HouseTypeName
from app.tools.real_estate.ledger import Ledger
from app.tools.real_estate.months import check_month, is_incomplete, reporting_deadline
from app.tools.real_estate.region_tools import living_district
from app.tools.real_estate.regions import load_regions

DISTRICT = "Five-digit code of one district, as get_region_code gives it."
DISTRICT_PATTERN: JsonDict = {"pattern": "^[0-9]{5}$"}
MONTH_PATTERN: JsonDict = {"pattern": "^[0-9]{4}(0[1-9]|1[0-2])$"}


class _Month(ToolModel):
    region_code: str = Field(description=DISTRICT, examples=["11680"], json_schema_extra=DISTRICT_PATTERN)
    year_month: str = Field(
        description="Contract month YYYYMM, at most the current month in Korea.",
        examples=["202609"],
        json_schema_extra=MONTH_PATTERN,
    )
    num_of_rows: int = Field(
        default=100, ge=1, le=1000, description="How many to list, newest first; the summary covers all of them."
    )


class MonthQuery(Filters, _Month):
    """The arguments of every tool for one month."""


class MonthResult(ToolModel):
    """The part of a month's result that says what was asked, what became of every row, and how complete it is."""

    region_code: str
    region_name: str
    house_type: HouseTypeName
    year_month: str
    area_basis: str = Field(description="Which area prices per ㎡ and area bands refer to.")
    filters: AppliedFilters
    total_count: int = Field(description="Rows upstream.")
    filtered_out_count: int = Field(description="Rows that do not fit the filters; 0 without filters.")
    cancelled_count: int = Field(description="Cancelled afterwards; leases have no such mark, so 0.")
    unparsed_count: int = Field(description="Rows whose price or terms cannot be read.")
    items_returned: int
    incomplete: bool = Field(description="True while contracts of the month are still being reported.")
    reporting_deadline: str = Field(description="Last day for reporting a contract of the month, YYYY-MM-DD.")


@dataclass(frozen=True)
class Chosen:
    """The deals of a month that fit the filters, newest first; their rows; the fields of the result but the items."""

    deals: Sequence[Deal]
    rows: tuple[Row, ...]
    fields: dict[str, Any]

    def of(self, *statuses: Status) -> list[Deal]:
        """Return the deals of these statuses, in their order."""
        return [deal for deal in self.deals if deal.status in statuses]


async def choose(
    ledger: Ledger, house: HouseType, contract: Contract, query: MonthQuery, context: CallContext
) -> Chosen:
    """Check the question, fetch the month, filter it and count what it holds; a :class:`ToolError` says what is bad."""
    now, dataset, filters = ledger.now(), house.dataset(contract), query.only_filters()
    name = living_district(await asyncio.to_thread(load_regions), query.region_code)
    check_month("year_month", query.year_month, dataset.first_month, now)
    filters.check(house)
    [found] = await ledger.months(house, contract, [(query.region_code, query.year_month)], context)
    deals = select(found.deals.all, filters, name)
    fields = {
        "region_code": query.region_code,
        "region_name": name,
        "house_type": house.key,
        "year_month": query.year_month,
        "area_basis": house.area_basis,
        "filters": filters.applied(),
        "total_count": len(found.deals.all),
        "filtered_out_count": len(found.deals.all) - len(deals),
        "cancelled_count": sum(deal.status == "cancelled" for deal in deals),
        "unparsed_count": sum(deal.status == "unparsed" for deal in deals),
        "incomplete": is_incomplete(query.year_month, now),
        "reporting_deadline": reporting_deadline(query.year_month).isoformat(),
        **ledger.origin(dataset, [found]),
    }
    return Chosen(deals, found.month.rows, fields)
