"""The deals that a result lists: one model per dataset, and one table of how each field is read from a row.

A field has the same name, unit and tag in every model that has it; names that the earlier server of these tools used
are kept. A field that a row leaves blank is null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, Literal, TypeVar

from pydantic import Field

from app.tools.base import ToolModel
from app.tools.real_estate.contract import Row
from app.tools.real_estate.deals import Deal
from app.tools.real_estate.values import amount, area, integer, short_date, text, year


class Item(ToolModel):
    dong: str | None = Field(description="Legal dong; in counties eup or myeon, and ri.")
    trade_date: str | None = Field(description="Contract date, YYYY-MM-DD.")


class SaleItem(Item):
    price_10k: int = Field(description="Price in 10,000 won (만원).")
    price_per_sqm_10k: float | None = Field(description="Price per ㎡ in 10,000 won.")
    deal_type: str | None = Field(description="중개거래 (through an agent) or 직거래 (direct); from 2021-11.")
    agent_district: str | None = Field(description="District of the agents.")
    jibun: str | None = Field(description="Lot number; masked with * in some datasets.")


class _Parties(ToolModel):
    seller_kind: str | None = Field(description="개인 (person), 법인 (company), 공공기관 or 기타; from 2024.")
    buyer_kind: str | None = Field(description="As seller_kind.")


class _Home(ToolModel):
    area_sqm: float | None = Field(description="Exclusive area in ㎡.")
    floor: int | None = Field(description="Negative for basements.")


class _Built(ToolModel):
    build_year: int | None


class _Shared(ToolModel):
    share_dealing: str | None = Field(description="지분 when only a share was sold: listed, not in the summary.")
    land_use: str | None = Field(description="Zoning (용도지역).")


class ApartmentTrade(_Parties, _Built, _Home, SaleItem):
    apt_name: str | None
    block: str | None = Field(description="Block (동) in the complex; after registration only.")
    registered_on: str | None = Field(description="When the transfer was registered, YYYY-MM-DD.")
    leasehold_land: str | None = Field(description="Whether the land is leased (토지임대부), as published.")


class OfficetelTrade(_Parties, _Built, _Home, SaleItem):
    unit_name: str | None = Field(description="Name of the building.")


class VillaTrade(OfficetelTrade):
    house_type: str | None = Field(description="연립 or 다세대.")
    land_share_sqm: float | None = Field(description="Share of the land in ㎡.")
    registered_on: str | None = Field(description="When the transfer was registered, YYYY-MM-DD.")


class SingleHouseTrade(_Parties, _Built, SaleItem):
    unit_name: str | None = Field(description="Not published for houses: null.")
    floor: int | None = Field(description="Not published for houses: null.")
    house_type: str | None = Field(description="단독 or 다가구.")
    area_sqm: float | None = Field(description="Gross floor area in ㎡.")
    plottage_sqm: float | None = Field(description="Lot area in ㎡.")


class PresaleRightTrade(_Parties, _Home, SaleItem):
    apt_name: str | None
    right_type: str | None = Field(description="분 presale right (분양권), 입 occupancy right (입주권).")


class LandTrade(_Shared, SaleItem):
    area_sqm: float | None = Field(description="Traded land area in ㎡.")
    jimok: str | None = Field(description="Land category, e.g. 대, 전.")


class _Building(_Parties, _Shared, _Built, SaleItem):
    building_type: str | None = Field(description="일반 whole building, 집합 unit.")
    building_use: str | None
    floor: int | None = Field(description="Units only.")
    plottage_sqm: float | None = Field(description="Lot area in ㎡; blank for units.")


class CommercialTrade(_Building):
    building_ar: float | None = Field(description="Building area in ㎡: of the unit, or of the whole building.")


class FactoryWarehouseTrade(_Building):
    area_sqm: float | None = Field(description="Building area in ㎡: of the unit, or of the whole building.")


class LeaseItem(_Built, Item):
    lease_type: Literal["jeonse", "monthly"] = Field(description="jeonse: deposit only, no monthly rent.")
    deposit_10k: int = Field(description="Deposit in 10,000 won (만원).")
    monthly_rent_10k: int = Field(description="Monthly rent in 10,000 won; 0 for jeonse.")
    area_sqm: float | None = Field(description="Exclusive area in ㎡; of houses the leased area.")
    contract_type: str | None = Field(description="신규 (new) or 갱신 (renewal).")
    contract_term: str | None = Field(description="YY.MM~YY.MM.")
    renewal_right_used: bool | None = Field(description="True when the right of renewal was used; else not stated.")
    previous_deposit_10k: int | None = Field(description="Deposit before a renewal.")
    previous_monthly_rent_10k: int | None = Field(description="Monthly rent before a renewal.")
    unit_name: str | None = Field(description="Name of the complex or building; houses have none.")


class _LeasedHome(LeaseItem):
    floor: int | None = Field(description="Negative for basements.")
    jibun: str | None = Field(description="Lot number.")


class ApartmentLease(_LeasedHome):
    apt_seq: str | None = Field(description="Id of the complex.")


class OfficetelLease(_LeasedHome):
    pass


class VillaLease(_LeasedHome):
    house_type: str | None = Field(description="연립 or 다세대.")


class SingleHouseLease(LeaseItem):
    house_type: str | None = Field(description="단독 or 다가구.")


_Read = Callable[[Row], Any]


def _tag(read: Callable[[Row, str], Any], tag: str) -> _Read:
    return lambda row: read(row, tag)


_FROM_ROW: dict[str, _Read] = {
    "agent_district": _tag(text, "estateAgentSggNm"),
    "apt_seq": _tag(text, "aptSeq"),
    "block": _tag(text, "aptDong"),
    "build_year": _tag(year, "buildYear"),
    "building_type": _tag(text, "buildingType"),
    "building_use": _tag(text, "buildingUse"),
    "buyer_kind": _tag(text, "buyerGbn"),
    "contract_term": _tag(text, "contractTerm"),
    "contract_type": _tag(text, "contractType"),
    "deal_type": _tag(text, "dealingGbn"),
    "floor": _tag(integer, "floor"),
    "house_type": _tag(text, "houseType"),
    "jibun": _tag(text, "jibun"),
    "jimok": _tag(text, "jimok"),
    "land_share_sqm": _tag(area, "landAr"),
    "land_use": _tag(text, "landUse"),
    "leasehold_land": _tag(text, "landLeaseholdGbn"),
    "plottage_sqm": _tag(area, "plottageAr"),
    "previous_deposit_10k": _tag(amount, "preDeposit"),
    "previous_monthly_rent_10k": _tag(amount, "preMonthlyRent"),
    "registered_on": _tag(short_date, "rgstDate"),
    "renewal_right_used": lambda row: True if text(row, "useRRRight") == "사용" else None,
    "right_type": _tag(text, "ownershipGbn"),
    "seller_kind": _tag(text, "slerGbn"),
    "share_dealing": _tag(text, "shareDealingType"),
}
_FROM_DEAL: dict[str, Callable[[Deal], Any]] = {
    "apt_name": lambda deal: deal.name,
    "unit_name": lambda deal: deal.name,
    "dong": lambda deal: deal.dong,
    "trade_date": lambda deal: deal.signed_on,
    "area_sqm": lambda deal: deal.area_sqm,
    "building_ar": lambda deal: deal.area_sqm,
    "price_10k": lambda deal: deal.amount_10k,
    "price_per_sqm_10k": lambda deal: deal.per_sqm_10k,
    "deposit_10k": lambda deal: deal.amount_10k,
    "monthly_rent_10k": lambda deal: deal.monthly_rent_10k,
    "lease_type": lambda deal: deal.status,
}

AnyItem = TypeVar("AnyItem", bound=Item)


def read_items(model: type[AnyItem], deals: Iterable[Deal], rows: Sequence[Row], most: int) -> tuple[AnyItem, ...]:
    """Return the first ``most`` deals as ``model``, each completed from its row."""
    from_deal = {name: read for name, read in _FROM_DEAL.items() if name in model.model_fields}
    from_row = {name: read for name, read in _FROM_ROW.items() if name in model.model_fields}
    return tuple(
        model(
            **{name: read(deal) for name, read in from_deal.items()},
            **{name: read(rows[deal.row_index]) for name, read in from_row.items()},
        )
        for deal in islice(deals, most)
    )
