"""The kinds of real estate whose contracts are published, each with its datasets, tags, tools and names.

One table, so that every tool means the same by ``house_type``. Which area a kind is measured by decides its price
per square metre and its area band.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from app.errors import ToolError
from app.tools.real_estate import datasets
from app.tools.real_estate.contract import Dataset

HouseTypeName = Literal[
    "apartment", "officetel", "villa", "single_house", "presale_right", "commercial", "land", "factory_warehouse"
]
LeasedHouseTypeName = Literal["apartment", "officetel", "villa", "single_house"]
Contract = Literal["sale", "lease"]
"""Which of a house type's two datasets."""
DealKind = Literal["sale", "jeonse"]
"""What is compared over time: sale prices, or the deposits of jeonse leases (deposit only, no monthly rent)."""

_EXCLUSIVE = "exclusive area (전용면적)"
_FLOORS = "gross floor area (연면적); of a lease, the leased area"
_BUILDING = "building area (건물면적): of a unit its own area, of a whole building the gross floor area"
_LAND = "traded land area (거래면적)"


@dataclass(frozen=True)
class HouseType:
    """One kind of real estate. ``name_tag`` is empty where the data names no complex."""

    key: HouseTypeName
    en: str
    ko: str
    sale: Dataset
    sale_tool: str
    area_tag: str
    area_basis: str
    name_tag: str = ""
    lease: Dataset | None = None
    lease_tool: str | None = None

    def dataset(self, contract: Contract) -> Dataset:
        """Return the dataset of sales or leases; a :class:`ToolError` where leases are not published."""
        if contract == "sale":
            return self.sale
        if self.lease is None:
            leased = ", ".join(get_args(LeasedHouseTypeName))
            raise ToolError(f"house_type: leases are published for {leased} only.")
        return self.lease


HOUSE_TYPES: dict[HouseTypeName, HouseType] = {
    house.key: house
    for house in (
        HouseType(
            "apartment",
            "apartment",
            "아파트",
            datasets.APARTMENT_SALES,
            "get_apartment_trades",
            "excluUseAr",
            _EXCLUSIVE,
            "aptNm",
            datasets.APARTMENT_LEASES,
            "get_apartment_rent",
        ),
        HouseType(
            "officetel",
            "officetel",
            "오피스텔",
            datasets.OFFICETEL_SALES,
            "get_officetel_trades",
            "excluUseAr",
            _EXCLUSIVE,
            "offiNm",
            datasets.OFFICETEL_LEASES,
            "get_officetel_rent",
        ),
        HouseType(
            "villa",
            "villa",
            "연립다세대",
            datasets.VILLA_SALES,
            "get_villa_trades",
            "excluUseAr",
            _EXCLUSIVE,
            "mhouseNm",
            datasets.VILLA_LEASES,
            "get_villa_rent",
        ),
        HouseType(
            "single_house",
            "detached or multi-family house",
            "단독/다가구",
            datasets.SINGLE_HOUSE_SALES,
            "get_single_house_trades",
            "totalFloorAr",
            _FLOORS,
            lease=datasets.SINGLE_HOUSE_LEASES,
            lease_tool="get_single_house_rent",
        ),
        HouseType(
            "presale_right",
            "presale right",
            "분양권/입주권",
            datasets.PRESALE_RIGHT_SALES,
            "get_presale_right_trades",
            "excluUseAr",
            _EXCLUSIVE,
            "aptNm",
        ),
        HouseType(
            "commercial",
            "commercial property",
            "상업업무용",
            datasets.COMMERCIAL_SALES,
            "get_commercial_trade",
            "buildingAr",
            _BUILDING,
        ),
        HouseType("land", "land", "토지", datasets.LAND_SALES, "get_land_trades", "dealArea", _LAND),
        HouseType(
            "factory_warehouse",
            "factory or warehouse",
            "공장/창고",
            datasets.FACTORY_WAREHOUSE_SALES,
            "get_factory_warehouse_trades",
            "buildingAr",
            _BUILDING,
        ),
    )
}
