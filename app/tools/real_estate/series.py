"""Months side by side: the question about a period, its months as points, and what they amount to.

Shared by the trend of one district, the comparison of several, and the jeonse ratio. A change is measured from
complete months only, because in an incomplete one the deals that are reported late are missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import Field

from app.tools.base import ToolModel
from app.tools.real_estate.contract import Dataset
from app.tools.real_estate.filters import Filters
from app.tools.real_estate.house_types import HOUSE_TYPES, Contract, DealKind, HouseType, HouseTypeName
from app.tools.real_estate.ledger import Ledger
from app.tools.real_estate.monthly import MONTH_PATTERN
from app.tools.real_estate.months import check_month, check_period, is_incomplete, shifted
from app.tools.real_estate.statistics import Figures, change_pct

END_MONTH = "Newest contract month YYYYMM; the current month in Korea when left out."


class PeriodQuery(ToolModel):
    """The arguments about time that every tool for several months has; each sets its own number of months."""

    months: int
    end_year_month: str | None = Field(
        default=None, description=END_MONTH, examples=["202609"], json_schema_extra=MONTH_PATTERN
    )


class Counts(ToolModel):
    total_count: int = Field(
        description="Rows upstream: filtered_out_count + cancelled_count + unparsed_count + excluded_count + "
        "sample_count."
    )
    filtered_out_count: int = Field(description="Rows that do not fit the filters.")
    cancelled_count: int = Field(description="Cancelled afterwards; leases have no such mark, so 0.")
    unparsed_count: int = Field(description="Rows whose price or terms cannot be read.")
    excluded_count: int = Field(description="Sales of a mere share (지분); among leases those with a monthly rent.")
    sample_count: int = Field(description="Deals in the medians.")


class _Point(ToolModel):
    year_month: str
    median_price_10k: int | float | None = Field(description="Sale price, or jeonse deposit, in 10,000 won (만원).")
    median_price_per_sqm_10k: float | None = Field(description="The same per ㎡ of each deal's area.")
    yoy_pct: float | None = Field(
        description="Change of the median from the same month a year before, percent; null while incomplete."
    )
    incomplete: bool = Field(description="True while deals of the month are still being reported.")


class TrendPoint(Counts, _Point):
    """One month; its counts say what became of every row."""


class TrendSummary(ToolModel):
    """From the first to the last complete month that has deals; null when there is none."""

    first_year_month: str | None
    first_median_price_10k: int | float | None
    first_median_price_per_sqm_10k: float | None
    first_sample_count: int
    last_year_month: str | None
    last_median_price_10k: int | float | None
    last_median_price_per_sqm_10k: float | None
    last_sample_count: int
    change_pct: float | None = Field(description="Change of the median, percent; null with fewer than two months.")
    change_per_sqm_pct: float | None = Field(description="Change of the median per ㎡, percent.")
    sample_count: int = Field(description="Deals in the medians of all points, incomplete months too.")


@dataclass(frozen=True)
class Period:
    """A checked question about several months of one kind of real estate, oldest month first."""

    house: HouseType
    contract: Contract
    dataset: Dataset
    months: list[str]
    now: datetime


def check_question(
    ledger: Ledger, query: PeriodQuery, filters: Filters, house_type: HouseTypeName, deal: DealKind
) -> Period:
    """Return the period that is asked about; raise :class:`ToolError` for what cannot be answered."""
    house, now = HOUSE_TYPES[house_type], ledger.now()
    contract: Contract = "sale" if deal == "sale" else "lease"
    dataset = house.dataset(contract)
    filters.check(house)
    last = check_month("end_year_month", query.end_year_month or f"{now:%Y%m}", dataset.first_month, now)
    return Period(house, contract, dataset, check_period(last, query.months, dataset.first_month), now)


def make_points(months: Sequence[str], found: Mapping[str, Figures], now: datetime) -> tuple[TrendPoint, ...]:
    """Return a point for each of ``months``; the year before is compared where ``found`` has it."""
    return tuple(_point(month, found[month], found.get(shifted(month, -12)), now) for month in months)


def _point(month: str, now_figures: Figures, year_before: Figures | None, now: datetime) -> TrendPoint:
    late = is_incomplete(month, now)
    return TrendPoint(
        year_month=month,
        median_price_10k=now_figures.median_10k,
        median_price_per_sqm_10k=now_figures.median_per_sqm_10k,
        yoy_pct=None if late or not year_before else change_pct(year_before.median_10k, now_figures.median_10k),
        incomplete=late,
        **count_fields(now_figures),
    )


def count_fields(part: Figures) -> dict[str, Any]:
    """Return the fields of :class:`Counts` for one month."""
    return {
        "total_count": part.total,
        "filtered_out_count": part.filtered_out,
        "cancelled_count": part.cancelled,
        "unparsed_count": part.unparsed,
        "excluded_count": part.excluded,
        "sample_count": part.samples,
    }


def sum_counts(parts: Iterable[Counts]) -> dict[str, Any]:
    """Return the fields of :class:`Counts`, summed over results that have them."""
    parts = tuple(parts)
    return {name: sum(getattr(part, name) for part in parts) for name in Counts.model_fields}


def summarize_points(points: Sequence[TrendPoint]) -> TrendSummary:
    """Compare the first and the last complete month that has deals."""
    usable = [point for point in points if point.median_price_10k is not None and not point.incomplete]
    first, last = (usable[0], usable[-1]) if usable else (None, None)
    both = len(usable) > 1

    def change(name: str) -> float | None:
        before, after = getattr(first, name, None), getattr(last, name, None)
        return change_pct(before, after) if both else None

    return TrendSummary(
        **_end("first", first),
        **_end("last", last),
        change_pct=change("median_price_10k"),
        change_per_sqm_pct=change("median_price_per_sqm_10k"),
        sample_count=sum(point.sample_count for point in points),
    )


def _end(which: str, point: TrendPoint | None) -> dict[str, Any]:
    fields = ("year_month", "median_price_10k", "median_price_per_sqm_10k")
    return {
        **{f"{which}_{name}": getattr(point, name, None) for name in fields},
        f"{which}_sample_count": point.sample_count if point else 0,
    }
