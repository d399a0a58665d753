"""Medians and counts over deals. Everything here is pure; nothing is made of nothing (None).

Medians and not means, because a few large deals move a mean. A median per square metre is the median of each deal's
own amount per square metre, not a quotient of medians.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from app.tools.real_estate.area_bands import AREA_BANDS, AreaBandName
from app.tools.real_estate.deals import Deal, Status

Number = int | float


def middle(values: Sequence[Number]) -> Number | None:
    """Return the median; of an even count the mean of the two in the middle, whole when it is whole."""
    if not values:
        return None
    value = float(median(values))
    return int(value) if value.is_integer() else value


def mean(values: Sequence[int]) -> float | None:
    """Return the arithmetic mean, to two places."""
    return round(sum(values) / len(values), 2) if values else None


def middle_per_sqm(deals: Iterable[Deal]) -> float | None:
    """Return the median amount per square metre over the deals whose area is known, to two places."""
    value = middle([deal.amount_10k / deal.area_sqm for deal in deals if deal.area_sqm])
    return None if value is None else round(float(value), 2)


def change_pct(before: Number | None, after: Number | None) -> float | None:
    """Return by how many percent ``after`` differs from ``before``, to one place."""
    return None if not before or after is None else round((after - before) / before * 100, 1)


def with_status(deals: Iterable[Deal], status: Status) -> list[Deal]:
    """Return the deals of one status, in their order."""
    return [deal for deal in deals if deal.status == status]


def by_band(deals: Iterable[Deal]) -> dict[AreaBandName, list[Deal]]:
    """Sort the deals of known area into their bands, the smallest band first; bands without a deal are left out."""
    bands: dict[AreaBandName, list[Deal]] = {band.key: [] for band in AREA_BANDS}
    for deal in deals:
        if deal.band:
            bands[deal.band].append(deal)
    return {key: members for key, members in bands.items() if members}


@dataclass(frozen=True)
class Figures:
    """One month of one kind of deal. ``total`` = ``filtered_out`` + ``cancelled`` + ``unparsed`` + ``excluded`` +
    ``samples``; excluded are sales of a share, or the monthly leases beside jeonse."""

    median_10k: Number | None
    median_per_sqm_10k: float | None
    samples: int
    cancelled: int
    unparsed: int
    excluded: int
    filtered_out: int
    total: int


def figures(chosen: Sequence[Deal], kind: Status, total: int) -> Figures:
    """Compute the figures of the deals of ``kind`` among ``chosen``, which filters left of ``total`` rows."""
    counts = Counter(deal.status for deal in chosen)
    sample = with_status(chosen, kind)
    return Figures(
        median_10k=middle([deal.amount_10k for deal in sample]),
        median_per_sqm_10k=middle_per_sqm(sample),
        samples=len(sample),
        cancelled=counts["cancelled"],
        unparsed=counts["unparsed"],
        excluded=counts["share"] + counts["monthly"],
        filtered_out=total - len(chosen),
        total=total,
    )
