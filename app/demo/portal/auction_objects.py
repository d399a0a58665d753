"""The objects that are put up for public auction, made up: what they are, where, whose, and what they are worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from random import Random

from app.demo.portal.homes import jibun
from app.demo.portal.market import level
from app.demo.portal.regions import District, Dong, districts
from app.demo.portal.usage_codes import smallest_uses

Value = str | int | float | None
Row = dict[str, Value]

HIDDEN = "***"
_A_MONTH = 170
_PROPERTY = {
    "0002": "공유재산",
    "0003": "금융권담보재산",
    "0004": "불용품",
    "0005": "기타일반재산",
    "0006": "유입재산",
    "0007": "압류재산",
    "0008": "수탁재산",
    "0010": "국유재산",
    "0011": "공공개발재산",
    "0013": "파산재산",
}
_OWNERS = {
    "0001": {"0007": 74, "0010": 8, "0002": 6, "0008": 4, "0006": 3, "0005": 3, "0013": 1, "0011": 1},
    "0002": {"0007": 70, "0004": 20, "0005": 10},
    "0003": {"0007": 40, "0004": 45, "0005": 15},
}
_LARGES = {"0001": ("부동산",), "0002": ("자동차·운송장비",), "0003": ("물품", "권리")}


@dataclass(frozen=True)
class Thing:
    """One object. ``row`` holds what every list says of it, ``place`` where it truly is, ``appraisal`` won."""

    number: str
    type_code: str
    appraisal: int
    place: tuple[str, str, str]
    hides_price: bool
    private: bool
    row: Row


@lru_cache(maxsize=80)
def things(year: int, month: int) -> Sequence[Thing]:
    """Return the objects whose first round is in a month."""
    chance = Random(f"objects of {year}-{month}")  # noqa: S311  (made-up data, not a secret)
    return [_thing(f"{year}-{month:02d}00-{serial:06d}", date(year, month, 1), chance) for serial in range(1, _A_MONTH)]


def _thing(number: str, first: date, chance: Random) -> Thing:
    type_code = chance.choices(("0001", "0002", "0003"), (74, 12, 14))[0]
    owner = chance.choices(*zip(*_OWNERS[type_code].items(), strict=True))[0]
    district = chance.choice(list(districts().values()))
    dong, lot = chance.choice(district.dongs), jibun(chance)
    usage = chance.choice(_usages(type_code))
    sizes, appraisal = _worth(type_code, usage, district, chance)
    masked = owner == "0007" and chance.random() < 0.86
    rented = owner in ("0002", "0010") and chance.random() < 0.5
    private = owner in ("0002", "0008", "0010")
    place = (district.sido, district.sgg if district.sgg != district.sido else "", dong.name.split(" ")[0])
    shown = (HIDDEN,) * 3 if masked else place
    row: Row = {
        "cltrMngNo": number,
        "onbidCltrno": int(number[-6:]) + first.toordinal() * 100,
        "onbidPbancNo": first.toordinal(),
        "onbidCltrNm": f"{HIDDEN if masked else f'{district.name} {dong.name} {lot}'} {usage['cltrUsgSclsCtgrNm']}",
        "prptDivCd": owner,
        "prptDivNm": _PROPERTY[owner],
        "dspsMthodCd": "0002" if rented else "0001",
        "dspsMthodNm": "임대" if rented else "매각",
        "bidDivCd": "0001",
        "bidDivNm": "전자입찰",
        "cptnMthodNm": "일반경쟁",
        "pvctTrgtYn": "Y" if private else "N",
        **usage,
        **dict(zip(("lctnSdnm", "lctnSggnm", "lctnEmdNm"), (name or None for name in shown), strict=True)),
        **sizes,
        "apslEvlAmt": appraisal,
        "feeRate": chance.choice((None, 1, 2.5)),
        "ltnoPnu": None if masked or type_code != "0001" else _parcel_number(dong, lot),
        "thnlImgUrlAdr": None if chance.random() < 0.7 else f"https://onbid.example.com/{number}.jpg",
        "orgNm": "한국자산관리공사",
        "rqstOrgNm": f"{district.sgg.split(' ')[0]}{chance.choice(('청', '세무서'))}" if owner == "0007" else None,
    }
    return Thing(number, type_code, appraisal, place, owner in ("0006", "0008") and chance.random() < 0.6, private, row)


@lru_cache(maxsize=4)
def _usages(type_code: str) -> Sequence[dict[str, str]]:
    return [usage for usage in smallest_uses() if usage["cltrUsgLclsCtgrNm"].startswith(_LARGES[type_code])]


def _worth(type_code: str, usage: dict[str, str], district: District, chance: Random) -> tuple[Row, int]:
    """Draw sizes (㎡) and the appraisal (won, whole thousands)."""
    if type_code != "0001":
        return {"landSqms": None, "bldSqms": None}, chance.randint(300, 60_000) * 1000
    if usage["cltrUsgMclsCtgrNm"] == "토지":
        land, per_sqm = round(40 + 3000 * chance.random() ** 3, 1), level(district.code) * chance.uniform(0.03, 0.5)
        return {"landSqms": land, "bldSqms": None}, max(1, round(land * per_sqm * 10)) * 1000
    built = round(20 + 300 * chance.random() ** 2, 2)
    per_sqm = level(district.code) * chance.uniform(0.4, 1.1)
    return {"landSqms": round(built * 0.5, 1), "bldSqms": built}, max(1, round(built * per_sqm * 10)) * 1000


def _parcel_number(dong: Dong, lot: str) -> str:
    main, _, sub = lot.removeprefix("산").partition("-")
    return f"{dong.code}{2 if lot.startswith('산') else 1}{int(main):04d}{int(sub or 0):04d}"
