"""Raw rows as the portal words them, and the oracle: every statistic once more, from the raw text by other code.

The oracle shares nothing with the tools: it knows the tags by itself, sorts by hand and divides with fractions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from random import Random
from typing import Any

Row = dict[str, str]
NAMES = ("한빛마을", "솔내음", "노들센트럴 1차", "새봄 더포레", "가온빌(A동)")
DONGS = ("역삼동", "대치동", "개포동", "성수동2가", "동면 만천리")
AREAS = (
    "24.6",
    "39.99",
    "40",
    "40.01",
    "59.8",
    "60",
    "84.97",
    "85",
    "85.0001",
    "101.83",
    "102",
    "134.99",
    "135",
    "241.68",
)
AREA_TAGS = {
    "get_apartment_trades": "excluUseAr",
    "get_officetel_trades": "excluUseAr",
    "get_villa_trades": "excluUseAr",
    "get_single_house_trades": "totalFloorAr",
    "get_commercial_trade": "buildingAr",
    "get_presale_right_trades": "excluUseAr",
    "get_land_trades": "dealArea",
    "get_factory_warehouse_trades": "buildingAr",
    "get_apartment_rent": "excluUseAr",
    "get_officetel_rent": "excluUseAr",
    "get_villa_rent": "excluUseAr",
    "get_single_house_rent": "totalFloorAr",
}
NAME_TAGS = {
    "get_apartment_trades": "aptNm",
    "get_officetel_trades": "offiNm",
    "get_villa_trades": "mhouseNm",
    "get_presale_right_trades": "aptNm",
    "get_apartment_rent": "aptNm",
    "get_officetel_rent": "offiNm",
    "get_villa_rent": "mhouseNm",
}
TEXT_TAGS = (
    "umdNm",
    "jibun",
    "floor",
    "dealAmount",
    "dealYear",
    "dealMonth",
    "dealDay",
    "buildYear",
    "cdealType",
    "rgstDate",
    "shareDealingType",
    "deposit",
    "monthlyRent",
    "preDeposit",
    "useRRRight",
    "contractTerm",
    "houseType",
    "plottageAr",
)
ODD = ("-", "십억", "-5", "1,2,3")
"""Amounts that are none."""
WITH_SHARES = ("get_commercial_trade", "get_land_trades", "get_factory_warehouse_trades")
SALES = tuple(tool for tool in AREA_TAGS if not tool.endswith("_rent"))
LEASES = tuple(tool for tool in AREA_TAGS if tool.endswith("_rent"))


def made_up(tool: str, count: int, seed: str, month: str = "202509") -> list[Row]:
    """Rows of all sorts: whole and odd ones, cancelled ones, shares, blanks."""
    chance = Random(f"{tool} {count} {seed}")
    return [_row(tool, chance, month) for _ in range(count)]


def _row(tool: str, chance: Random, month: str) -> Row:
    row = {
        "sggCd": "11680",
        "umdNm": chance.choice(DONGS),
        "dealYear": month[:4],
        "dealMonth": str(int(month[4:])),
        "dealDay": str(chance.randint(1, 28)),
        AREA_TAGS[tool]: chance.choice(AREAS),
        **(_price(tool, chance) if tool in SALES else _terms(chance)),
    }
    if tool in NAME_TAGS:
        row[NAME_TAGS[tool]] = chance.choice(NAMES)
    for tag, odds in ((AREA_TAGS[tool], 0.08), ("umdNm", 0.03), ("dealDay", 0.03)):
        if chance.random() < odds:
            del row[tag]
    return row


def _price(tool: str, chance: Random) -> Row:
    row = {"dealAmount": chance.choice((f"{chance.randint(1, 400_000):,}", f"{chance.randint(500, 900)}"))}
    if chance.random() < 0.1:
        row[chance.choice(("cdealType", "cdealtype"))] = "O"
    if tool in WITH_SHARES and chance.random() < 0.15:
        row["shareDealingType"] = "지분"
    return {**row, "dealAmount": chance.choice(ODD)} if chance.random() < 0.06 else row


def _terms(chance: Random) -> Row:
    row = {"deposit": f"{chance.randint(0, 90_000):,}", "monthlyRent": chance.choice(("0", "0", "55", "1,200"))}
    if chance.random() < 0.1:
        del row["monthlyRent"]
    return {**row, "deposit": chance.choice(ODD)} if chance.random() < 0.06 else row


def whole(text: str | None) -> int | None:
    """The number in an amount, or nothing; the odd texts above are nothing."""
    if text is None or not text.replace(",", "").isascii() or not text.replace(",", "").isdigit():
        return None
    groups = text.split(",")
    well_formed = len(groups) == 1 or (0 < len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:]))
    return int("".join(groups)) if well_formed else None


def middle(values: Iterable[Any]) -> Any:
    """The median by sorting and picking."""
    ordered = sorted(values)
    if not ordered:
        return None
    half = len(ordered) // 2
    value = Fraction(ordered[half]) if len(ordered) % 2 else (Fraction(ordered[half - 1]) + Fraction(ordered[half])) / 2
    return int(value) if value.denominator == 1 else float(value)


def kind(row: Row, tool: str) -> str:
    """What a row is, decided by hand."""
    if tool in LEASES:
        deposit, rent = whole(row.get("deposit")), whole(row.get("monthlyRent", "0"))
        if deposit is None or rent is None or (deposit == 0 and rent == 0):
            return "unparsed"
        return "monthly" if rent > 0 else "jeonse"
    if "O" in (row.get("cdealType"), row.get("cdealtype")):
        return "cancelled"
    if whole(row.get("dealAmount")) in (None, 0):
        return "unparsed"
    return "share" if row.get("shareDealingType") == "지분" else "sale"


def of_kind(rows: Sequence[Row], tool: str, *kinds: str) -> list[Row]:
    return [row for row in rows if kind(row, tool) in kinds]


def money(row: Row, tag: str) -> int:
    value = whole(row.get(tag, "0"))
    assert value is not None
    return value


def size(row: Row, tool: str) -> Fraction | None:
    text = row.get(AREA_TAGS[tool])
    return Fraction(text) if text else None


def band(area: Fraction | None) -> str | None:
    if area is None:
        return None
    for limit, name in ((40, "up_to_40"), (60, "40_to_60"), (85, "60_to_85"), (102, "85_to_102"), (135, "102_to_135")):
        if area <= limit:
            return name
    return "over_135"


def per_sqm(rows: Sequence[Row], tool: str, tag: str) -> float | None:
    value = middle(Fraction(money(row, tag)) / area for row in rows if (area := size(row, tool)))
    return None if value is None else float(value)


def in_bands(rows: Sequence[Row], tool: str) -> dict[str, list[Row]]:
    names = ("up_to_40", "40_to_60", "60_to_85", "85_to_102", "102_to_135", "over_135")
    found = {name: [row for row in rows if band(size(row, tool)) == name] for name in names}
    return {name: members for name, members in found.items() if members}


def close(left: float | None, right: float | None, step: float = 0.01) -> bool:
    """Whether two figures agree to the rounding of the second place (or another ``step``)."""
    if left is None or right is None:
        return left is right
    return abs(left - right) <= step * 0.5000001


def signed(row: Mapping[str, str]) -> str:
    """The contract date as text that sorts; nothing when the day is missing."""
    if "dealDay" not in row:
        return ""
    return f"{row['dealYear']}-{int(row['dealMonth']):02}-{int(row['dealDay']):02}"
