"""What the transaction tools are asked with in common: a district, and filters on area, complex and legal dong.

Filters narrow the rows before anything is counted; what they leave out is counted too. A deal whose area, name or
dong is unknown fits no filter on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from pydantic import Field

from app.errors import ToolError
from app.tools.base import ToolModel
from app.tools.real_estate.area_bands import AreaBandName
from app.tools.real_estate.deals import Deal
from app.tools.real_estate.house_types import HouseType
from app.tools.real_estate.regions import normalize, spelled

_NUMBERED = re.compile(r"\d+가$")


class Filters(ToolModel):
    """The filters as arguments."""

    name: str | None = Field(
        default=None,
        min_length=1,
        max_length=60,
        description="Only complexes whose name contains this; spaces and punctuation do not matter.",
        examples=["은마"],
    )
    dong: str | None = Field(
        default=None, min_length=1, max_length=60, description="Only this legal dong.", examples=["대치동"]
    )
    area_band: AreaBandName | None = Field(
        default=None,
        description="Only areas in this band, in ㎡, upper limit included; instead of area_min_sqm and area_max_sqm.",
        examples=["60_to_85"],
    )
    area_min_sqm: float | None = Field(
        default=None, gt=0, le=10_000_000, allow_inf_nan=False, description="Smallest area in ㎡.", examples=[59]
    )
    area_max_sqm: float | None = Field(
        default=None, gt=0, le=10_000_000, allow_inf_nan=False, description="Largest area in ㎡.", examples=[85]
    )

    def only_filters(self) -> Filters:
        """Return the filters without the other arguments of a tool."""
        return Filters(**self.applied())

    def applied(self) -> dict[str, Any]:
        """Return the filters that were given, by name, as results repeat them."""
        given = {name: getattr(self, name) for name in Filters.model_fields}
        return {name: value for name, value in given.items() if value is not None}

    def check(self, house: HouseType) -> None:
        """Raise a :class:`ToolError` for filters that contradict each other or cannot work for the house type."""
        if self.area_band and (self.area_min_sqm or self.area_max_sqm):
            raise ToolError("area_band: is not combined with area_min_sqm or area_max_sqm; leave out one of them.")
        if self.area_min_sqm and self.area_max_sqm and self.area_min_sqm > self.area_max_sqm:
            raise ToolError("area_min_sqm: is larger than area_max_sqm; exchange the two.")
        for argument in ("name", "dong"):
            if (value := getattr(self, argument)) is not None and not normalize(value):
                raise ToolError(f"{argument}: holds no letter or digit; give a part of the name or leave it out.")
        if self.name and not house.name_tag:
            raise ToolError(f"name: the data on {house.key} names no complexes; leave it out. dong works.")


NO_FILTERS = Filters()
AppliedFilters = Annotated[dict[str, str | float], Field(description="The filters that were given.")]
"""How a result repeats the filters."""


def select(deals: Sequence[Deal], filters: Filters, region_name: str) -> Sequence[Deal]:
    """Return the deals that fit every filter, in their order. ``region_name`` may be part of the asked dong."""
    if filters.name:
        names = {name for name in _distinct(deal.name for deal in deals) if _contains(name, filters.name)}
        deals = [deal for deal in deals if deal.name in names]
    if filters.dong:
        dongs = {dong for dong in _distinct(deal.dong for deal in deals) if _is_dong(dong, filters.dong, region_name)}
        deals = [deal for deal in deals if deal.dong in dongs]
    if filters.area_band:
        deals = [deal for deal in deals if deal.band == filters.area_band]
    if filters.area_min_sqm or filters.area_max_sqm:
        low, high = filters.area_min_sqm or 0, filters.area_max_sqm or float("inf")
        deals = [deal for deal in deals if deal.area_sqm and low <= deal.area_sqm <= high]
    return deals


def _distinct(values: Iterable[str | None]) -> set[str]:
    return {value for value in values if value}


def _contains(name: str, part: str) -> bool:
    return normalize(part).casefold() in normalize(name).casefold()


def _is_dong(dong: str, asked: str, region_name: str) -> bool:
    """Tell whether ``asked`` means ``dong``: 역삼, 역삼동 and 강남구 역삼동; 성수동 means 성수동1가 and 성수동2가."""
    place, parts = tuple(region_name.split()), tuple(dong.split())
    whole = tuple(_NUMBERED.sub("", part) or part for part in parts)
    return any(spelled(normalize(asked), (*place, *inside)) for inside in (parts, whole))
