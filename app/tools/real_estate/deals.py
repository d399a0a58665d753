"""The rows of a month, sorted into what they are: each row becomes exactly one :class:`Deal` with exactly one status.

That is why the counts of every result add up to the rows upstream. A deal holds only what statistics and filters
need, because many months of them are remembered; the rest of a row is read when it is listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from app.tools.real_estate.area_bands import AreaBandName, area_band
from app.tools.real_estate.contract import Row
from app.tools.real_estate.house_types import Contract, HouseType
from app.tools.real_estate.values import amount, area, contract_date, text

Status = Literal["sale", "share", "cancelled", "jeonse", "monthly", "unparsed"]
"""``share``: only a share (지분) was sold; ``unparsed``: the price or the terms cannot be read."""


class Deal(NamedTuple):
    """One contract. ``amount_10k`` is the price of a sale or the deposit of a lease; ``row_index`` leads to its row."""

    status: Status
    amount_10k: int
    monthly_rent_10k: int
    area_sqm: float | None
    band: AreaBandName | None
    signed_on: str | None
    name: str | None
    dong: str | None
    row_index: int

    @property
    def per_sqm_10k(self) -> float | None:
        """The amount per square metre, to two places."""
        return round(self.amount_10k / self.area_sqm, 2) if self.area_sqm else None


def read_deals(rows: Sequence[Row], house: HouseType, contract: Contract) -> tuple[Deal, ...]:
    """Read every row, newest first, undated ones last; texts that repeat are kept once."""
    kept: dict[str, str] = {}
    read = _sale if contract == "sale" else _lease
    deals = []
    for index, row in enumerate(rows):
        size = area(row, house.area_tag)
        texts = [contract_date(row), text(row, house.name_tag), text(row, "umdNm")]
        signed_on, name, dong = (word and kept.setdefault(word, word) for word in texts)
        deals.append(Deal(*read(row), size, area_band(size), signed_on, name, dong, index))
    return tuple(sorted(deals, key=lambda deal: deal.signed_on or "", reverse=True))


def _sale(row: Row) -> tuple[Status, int, int]:
    price = amount(row, "dealAmount") or 0
    if (text(row, "cdealType") or text(row, "cdealtype")) == "O":  # documents disagree on the spelling
        return "cancelled", price, 0
    if not price:
        return "unparsed", 0, 0
    return ("share" if "지분" in (text(row, "shareDealingType") or "") else "sale"), price, 0


def _lease(row: Row) -> tuple[Status, int, int]:
    deposit = amount(row, "deposit")
    rent = amount(row, "monthlyRent") if text(row, "monthlyRent") else 0  # blank is how some jeonse leases are reported
    if deposit is None or rent is None or not deposit + rent:
        return "unparsed", 0, 0
    return ("monthly" if rent else "jeonse"), deposit, rent
