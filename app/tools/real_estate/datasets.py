"""The datasets of real-estate contracts that the Ministry of Land, Infrastructure and Transport publishes by month.

Numbers, paths and titles are those of data.go.kr (services in use since 2024-07-17). Apartment sales are taken from
the basic dataset 15126469 and not from the detailed 15126468: a key is applied for dataset by dataset, and owners who
have the basic one would be shut out. ``first_month`` is where the ministry's record begins.
"""

from __future__ import annotations

from app.tools.real_estate.contract import Dataset

PUBLISHER = "Ministry of Land, Infrastructure and Transport (국토교통부)"
_SALES_FROM, _PRESALE_FROM, _LEASES_FROM = "200601", "200701", "201101"


def _contracts(service: str, number: str, title_en: str, title_ko: str, first_month: str) -> Dataset:
    name = f"RTMSDataSvc{service}"
    return Dataset(number, f"/1613000/{name}/get{name}", title_en, title_ko, first_month)


APARTMENT_SALES = _contracts("AptTrade", "15126469", "apartment sales", "아파트 매매 실거래가", _SALES_FROM)
OFFICETEL_SALES = _contracts("OffiTrade", "15126464", "officetel sales", "오피스텔 매매 실거래가", _SALES_FROM)
VILLA_SALES = _contracts(
    "RHTrade", "15126467", "row house and multi-unit villa sales", "연립다세대 매매 실거래가", _SALES_FROM
)
SINGLE_HOUSE_SALES = _contracts(
    "SHTrade", "15126465", "detached and multi-family house sales", "단독/다가구 매매 실거래가", _SALES_FROM
)
COMMERCIAL_SALES = _contracts(
    "NrgTrade", "15126463", "commercial real-estate sales", "상업업무용 부동산 매매 실거래가", _SALES_FROM
)
PRESALE_RIGHT_SALES = _contracts(
    "SilvTrade", "15126471", "resales of presale and occupancy rights", "아파트 분양권전매 실거래가", _PRESALE_FROM
)
LAND_SALES = _contracts("LandTrade", "15126466", "land sales", "토지 매매 실거래가", _SALES_FROM)
FACTORY_WAREHOUSE_SALES = _contracts(
    "InduTrade", "15126470", "factory and warehouse sales", "공장 및 창고 등 부동산 매매 실거래가", _SALES_FROM
)
APARTMENT_LEASES = _contracts("AptRent", "15126474", "apartment leases", "아파트 전월세 실거래가", _LEASES_FROM)
OFFICETEL_LEASES = _contracts("OffiRent", "15126475", "officetel leases", "오피스텔 전월세 실거래가", _LEASES_FROM)
VILLA_LEASES = _contracts(
    "RHRent", "15126473", "row house and multi-unit villa leases", "연립다세대 전월세 실거래가", _LEASES_FROM
)
SINGLE_HOUSE_LEASES = _contracts(
    "SHRent", "15126472", "detached and multi-family house leases", "단독/다가구 전월세 실거래가", _LEASES_FROM
)

CONTRACT_DATASETS = (
    APARTMENT_SALES,
    OFFICETEL_SALES,
    VILLA_SALES,
    SINGLE_HOUSE_SALES,
    COMMERCIAL_SALES,
    PRESALE_RIGHT_SALES,
    LAND_SALES,
    FACTORY_WAREHOUSE_SALES,
    APARTMENT_LEASES,
    OFFICETEL_LEASES,
    VILLA_LEASES,
    SINGLE_HOUSE_LEASES,
)
"""All of them; each needs its own application at data.go.kr."""
