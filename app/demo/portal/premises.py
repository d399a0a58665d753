"""Sales of commercial buildings, factories and land: by square metre of building or ground, by use and zone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from random import Random

from app.demo.portal.dwellings import Maker, masked
from app.demo.portal.homes import jibun
from app.demo.portal.market import course, level
from app.demo.portal.regions import District
from app.demo.portal.sale import BLANK, Deal, Row, amount, sale

_SHARE = 0.08
_COMMERCIAL_USES = ("제1종근린생활", "제2종근린생활", "제2종근린생활", "업무", "판매", "숙박", "교육연구", "기타")
_COMMERCIAL_ZONES = ("일반상업", "준주거", "제2종일반주거", "제3종일반주거", "준공업", "근린상업")
_INDUSTRIAL_USES = ("공장", "공장", "창고")
_INDUSTRIAL_ZONES = ("계획관리", "준공업", "일반공업", "자연녹지", "생산관리")

_TOWN = (
    ("대", "제2종일반주거", 0.95),
    ("대", "일반상업", 1.7),
    ("도로", "제1종일반주거", 0.3),
    ("임야", "자연녹지", 0.08),
)
_COUNTRY = (
    ("전", "계획관리", 0.3),
    ("전", "생산관리", 0.18),
    ("답", "농림", 0.14),
    ("대", "계획관리", 0.6),
    ("임야", "보전관리", 0.05),
    ("임야", "농림", 0.03),
    ("잡종지", "계획관리", 0.4),
    ("도로", "자연녹지", 0.2),
)
_LAND_AREAS = {"대": 320, "도로": 140, "전": 1400, "답": 1900, "임야": 7000, "잡종지": 900}


def _place(district: District, chance: Random) -> Row:
    return {"sggCd": district.code, "sggNm": district.sgg, "umdNm": chance.choice(district.dongs).name}


def _share(chance: Random) -> tuple[str, float]:
    return ("지분", 0.2 + 0.5 * chance.random()) if chance.random() < _SHARE else (BLANK, 1.0)


def _building(uses: Sequence[str], zones: Sequence[str], units: Callable[[str], float], dearness: float) -> Maker:
    """Make sales of buildings; ``units`` says by district how many of them are single units of a building."""

    def make(district: District, month: date, day: int, chance: Random) -> Deal:
        unit = chance.random() < units(district.code)
        share, part = _share(chance)
        gross = round(18 + 180 * chance.random() ** 3 if unit else 120 + 1800 * chance.random() ** 2, 2)
        plot = round(gross * (0.35 + 0.5 * chance.random()), 1)
        per_sqm = level(district.code) * dearness * (0.7 + 0.6 * chance.random()) * course(month.year, month.month)
        lot = jibun(chance)
        sold = _place(district, chance) | {
            "jibun": lot if unit and month.year >= 2024 else masked(lot),
            "buildingType": "집합" if unit else "일반",
            "buildingUse": chance.choice(uses),
            "landUse": chance.choice(zones),
            "buildingAr": f"{gross:g}",
            "plottageAr": BLANK if unit else f"{plot:g}",
            "floor": f"{chance.choice((-1, 1, 1, 2, 3, 4, 6, 9))}" if unit else BLANK,
            "buildYear": f"{month.year - int(35 * chance.random() ** 1.5)}" if chance.random() > 0.06 else BLANK,
            "shareDealingType": share,
        }
        return sale(district, day, amount(per_sqm * gross * part, 100, chance), sold, chance)

    return make


commercial_sale = _building(_COMMERCIAL_USES, _COMMERCIAL_ZONES, lambda region: 0.7, 0.9)
industrial_sale = _building(
    _INDUSTRIAL_USES, _INDUSTRIAL_ZONES, lambda region: 0.85 if region.startswith("11") else 0.2, 0.45
)


def land_sale(district: District, month: date, day: int, chance: Random) -> Deal:
    """Make the sale of a piece of land, whose lot is masked; it tells no parties."""
    dong = chance.choice(district.dongs)
    category, zone, dearness = chance.choice(_COUNTRY if " " in dong.name else _TOWN)
    share, part = _share(chance)
    area = round(_LAND_AREAS[category] * (0.2 + 1.6 * chance.random()) * part, 1)
    price = level(district.code) * 0.5 * dearness * area * course(month.year, month.month)
    sold = _place(district, chance) | {
        "umdNm": dong.name,
        "jibun": masked(jibun(chance)),
        "jimok": category,
        "landUse": zone,
        "dealArea": f"{area:g}",
        "shareDealingType": share,
    }
    return sale(district, day, amount(price * (0.7 + 0.6 * chance.random()), 100, chance), sold, chance)
