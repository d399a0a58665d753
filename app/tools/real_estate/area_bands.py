"""Bands of floor area, so that medians compare like with like.

The limits are those of Korean practice: up to 60 ㎡ is small (소형), up to 85 ㎡ the national housing size
(국민주택규모), 102 and 135 ㎡ are the limits of subscription deposits, and above 135 ㎡ is large. Every positive area
is in exactly one band; an unknown area is in none.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Literal

AreaBandName = Literal["up_to_40", "40_to_60", "60_to_85", "85_to_102", "102_to_135", "over_135"]


@dataclass(frozen=True)
class AreaBand:
    """Areas above ``over`` up to and with ``up_to``, in square metres."""

    key: AreaBandName
    over: float
    up_to: float
    ko: str


AREA_BANDS = (
    AreaBand("up_to_40", 0, 40, "40㎡ 이하"),
    AreaBand("40_to_60", 40, 60, "40㎡ 초과 60㎡ 이하"),
    AreaBand("60_to_85", 60, 85, "60㎡ 초과 85㎡ 이하"),
    AreaBand("85_to_102", 85, 102, "85㎡ 초과 102㎡ 이하"),
    AreaBand("102_to_135", 102, 135, "102㎡ 초과 135㎡ 이하"),
    AreaBand("over_135", 135, inf, "135㎡ 초과"),
)


def area_band(area_sqm: float | None) -> AreaBandName | None:
    """Return the band that holds ``area_sqm``; None for an unknown area."""
    if area_sqm is None or area_sqm <= 0:
        return None
    return next(band.key for band in AREA_BANDS if area_sqm <= band.up_to)
