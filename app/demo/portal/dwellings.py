"""Sales and leases of homes in buildings with a name, and of detached houses, which have none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from random import Random

from app.demo.portal.homes import PRESALE, Home, Kind, homes, jibun
from app.demo.portal.lease import lease
from app.demo.portal.market import course, level
from app.demo.portal.regions import District
from app.demo.portal.sale import BLANK, Deal, Row, amount, sale
from app.demo.portal.tags import ROAD

Maker = Callable[[District, date, int, Random], Deal]
"""Makes one deal: the district, the first day of the month, the contract day's ordinal, the chance to draw from."""


def standing(kind: Kind, region: str, year: int) -> Sequence[Home]:
    """Return the buildings whose homes are dealt in that year: those that stand, or those that are being built."""
    every = homes(kind, region)
    if kind is PRESALE:
        return [every[(year * 3 + number) % len(every)] for number in range(5)]
    return [home for home in every if home.build_year <= year]


def _pick(kind: Kind, district: District, month: date, chance: Random) -> Home:
    buildings = standing(kind, district.code, month.year)
    return buildings[int(len(buildings) * chance.random())]


def worth(home: Home, area: float, floor: int, month: date) -> float:
    """Return a home's price in 10,000 won: dearer when high up and new, along the course of prices."""
    age = 0 if home.kind is PRESALE else min(month.year - home.build_year, 30)
    height = 0.93 + min(max(floor, 0), 15) * 0.007
    return home.per_sqm * area * course(month.year, month.month) * (1 - age * 0.006) * height


def _floor(home: Home, chance: Random) -> int:
    return -1 if chance.random() < 0.003 else 1 + int(home.top_floor * chance.random())


def _unit(home: Home, name: str, area: float, floor: int, chance: Random) -> Row:
    return {
        **home.address,
        "jibun": home.address["jibun"] if chance.random() > 0.01 else BLANK,
        name: home.name,
        "excluUseAr": f"{area}",
        "floor": f"{floor}" if chance.random() > 0.004 else BLANK,
        "buildYear": f"{home.build_year}" if chance.random() > 0.004 else BLANK,
    }


def home_sale(kind: Kind, name: str, extra: Callable[[Home, float, Random], Row] | None = None) -> Maker:
    """Make sales of a kind of building; ``name`` is the tag of its name, ``extra`` draws what only this kind tells."""

    def make(district: District, month: date, day: int, chance: Random) -> Deal:
        home = _pick(kind, district, month, chance)
        area, floor = home.area(chance), _floor(home, chance)
        value = worth(home, area, floor, month) * (0.94 + 0.12 * chance.random())
        price = amount(value, 500 if value > 10_000 else 100, chance)
        unit = _unit(home, name, area, floor, chance)
        return sale(district, day, price, unit | (extra(home, area, chance) if extra else {}), chance)

    return make


def home_lease(kind: Kind, name: str, extra: Callable[[Home], Row], *, monthly: float, years: int = 2) -> Maker:
    """Make leases of a kind of building, whose deposits stand in each building's own proportion to its prices."""

    def make(district: District, month: date, day: int, chance: Random) -> Deal:
        home = _pick(kind, district, month, chance)
        area, floor = home.area(chance), _floor(home, chance)
        jeonse = worth(home, area, floor, month) * home.jeonse_ratio * (0.97 + 0.06 * chance.random())
        unit = _unit(home, name, area, floor, chance) | extra(home)
        return lease(day, jeonse, unit, chance, monthly=monthly, years=years)

    return make


def apartment(home: Home, _: float, chance: Random) -> Row:
    """Add what the detailed service tells of the place; the basic one leaves it out."""
    return {**home.parcel, **home.road, "landLeaseholdGbn": "Y" if chance.random() < 0.002 else "N"}


def apartment_let(home: Home) -> Row:
    """Add the complex and the road address, whose tags leases write in lower case."""
    return {"aptSeq": home.parcel["aptSeq"], **{tag.lower(): home.road[tag] for tag in ROAD}}


def villa(home: Home, area: float, chance: Random) -> Row:
    """Add the share of the land (㎡) and which of the two house types it is."""
    return {"houseType": home.house_type, "landAr": f"{area * (0.4 + 0.3 * chance.random()):.2f}"}


def presale(_: Home, __: float, chance: Random) -> Row:
    """Add whose right is sold: a presale right (분), or the occupancy right of an owner of the old houses (입)."""
    return {"ownershipGbn": "입" if chance.random() < 0.25 else "분"}


def masked(lot: str) -> str:
    """Hide a lot number but for its first digit, as ``412-3`` becomes ``4**``."""
    mountain = "산" if lot.startswith("산") else ""
    main = lot.removeprefix("산").partition("-")[0]
    return mountain + main[0] + "*" * max(1, len(main) - 1)


def _house(district: District, chance: Random) -> Row:
    return {
        "sggCd": district.code,
        "umdNm": chance.choice(district.dongs).name,
        "houseType": "다가구" if chance.random() < 0.45 else "단독",
    }


def house_sale(district: District, month: date, day: int, chance: Random) -> Deal:
    """Make the sale of a whole house: no name, no floor, and a lot that is masked or missing."""
    house = _house(district, chance)
    floors = 1.9 if house["houseType"] == "다가구" else 0.8
    plot = round(60 + 240 * chance.random() ** 2, 1)
    gross = round(plot * floors * (0.7 + 0.5 * chance.random()), 2)
    price = level(district.code) * course(month.year, month.month) * (plot * 0.75 + gross * 0.12)
    house |= {
        "jibun": masked(jibun(chance)) if chance.random() > 0.1 else BLANK,
        "plottageAr": f"{plot:g}",
        "totalFloorAr": f"{gross:g}",
        "buildYear": f"{1965 + int((month.year - 1965) * chance.random())}" if chance.random() > 0.05 else BLANK,
    }
    return sale(district, day, amount(price * (0.85 + 0.3 * chance.random()), 500, chance), house, chance)


def house_lease(district: District, month: date, day: int, chance: Random) -> Deal:
    """Make the lease of a part of a house: no name, lot or floor, and often no year."""
    area = round(14 + 60 * chance.random() ** 1.6, 2)
    jeonse = level(district.code) * 0.36 * course(month.year, month.month) * area * (0.8 + 0.4 * chance.random())
    house = _house(district, chance)
    house |= {
        "totalFloorAr": f"{area:g}",
        "buildYear": f"{1965 + int((month.year - 1965) * chance.random())}" if chance.random() > 0.5 else BLANK,
    }
    return lease(day, jeonse, house, chance, monthly=0.6)
