"""Notices of new homes (Applyhome), made up: what was announced up to a day, newest first.

The fields of apartments are the documented ones. Those of the four other kinds are assumed in their style, because
no description of them is at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from random import Random

from app.demo.portal.homes import PRESALE, invented_name
from app.demo.portal.regions import District, districts

Value = str | int | None
Row = dict[str, Value]

_FIRST = (2020, 2)
_AREAS = {
    "11": ("100", "서울"),
    "51": ("200", "강원"),
    "30": ("300", "대전"),
    "44": ("312", "충남"),
    "36": ("338", "세종"),
    "43": ("360", "충북"),
    "28": ("400", "인천"),
    "41": ("410", "경기"),
    "12": ("513", "전남"),
    "52": ("560", "전북"),
    "26": ("600", "부산"),
    "48": ("621", "경남"),
    "31": ("680", "울산"),
    "50": ("690", "제주"),
    "27": ("700", "대구"),
    "47": ("712", "경북"),
}
_GWANGJU = ("500", "광주")
_GWANGJU_DISTRICTS = frozenset({"12210", "12240", "12270", "12300", "12330"})
AREAS = (*_AREAS.values(), _GWANGJU)
"""Supply areas: code and name. They are no legal-district codes."""
_BUILDERS = ("가람건설", "누리종합건설", "한울산업개발", "다온건설", "새벽건설")
_PAPERS = ("한강일보", "남산경제", "백두신문")
_SITES = "https://apply.example.com"


@dataclass(frozen=True)
class Kind:
    """A kind of notice: how many a month, the digit in its numbers, the code and name of its homes."""

    a_month: int
    digit: str
    code: str
    name: str


KINDS = {
    "APT": Kind(34, "0", "01", "APT"),
    "UrbtyOfctl": Kind(9, "2", "02", "도시형/오피스텔/생활숙박시설/민간임대"),
    "PblPvtRent": Kind(3, "3", "03", "공공지원민간임대"),
    "Remndr": Kind(19, "4", "04", "무순위/잔여세대"),
    "OPT": Kind(6, "6", "06", "임의공급"),
}


@dataclass(frozen=True)
class Notice:
    """One notice: its number, day, place, name and how many homes."""

    kind: str
    number: str
    day: date
    district: District
    area: tuple[str, str]
    name: str
    units: int

    @property
    def capital_ring(self) -> bool:
        """Whether the province has a window of its own for other residents of Gyeonggi."""
        return self.area[1] == "경기"

    @property
    def winners_on(self) -> date:
        """Return the day on which the winners are announced."""
        return workday(self.day, 19)


def workday(day: date, later: int) -> date:
    """Return the day ``later`` days on, or the Monday after it when it is on a weekend."""
    when = day + timedelta(days=later)
    return when + timedelta(days=7 - when.weekday() if when.weekday() > 4 else 0)


@lru_cache(maxsize=1)
def _places() -> tuple[list[District], list[int]]:
    chosen = list(districts().values())
    return chosen, [3 if district.code[:2] in ("11", "41", "28") else 1 for district in chosen]


@lru_cache(maxsize=1024)
def _month(kind: str, year: int, month: int) -> tuple[Notice, ...]:
    chance = Random(f"{kind} notices of {year}-{month}")  # noqa: S311  (made-up data, not a secret)
    usual = KINDS[kind].a_month
    made = (_notice(kind, year, month, serial, chance) for serial in range(chance.randint(usual * 4 // 5, usual + 2)))
    return tuple(sorted(made, key=lambda notice: (notice.day, notice.number), reverse=True))


def _notice(kind: str, year: int, month: int, serial: int, chance: Random) -> Notice:
    district = chance.choices(*_places())[0]
    area = _GWANGJU if district.code in _GWANGJU_DISTRICTS else _AREAS[district.code[:2]]
    number = f"{year}{KINDS[kind].digit}{month:02d}{serial + 1:03d}"
    day = workday(date(year, month, chance.randint(1, 26)), 0)
    units = chance.randint(2, 30) if kind in ("Remndr", "OPT") else chance.randint(40, 900)
    return Notice(kind, number, day, district, area, invented_name(PRESALE, chance), units)


@lru_cache(maxsize=8)
def announced(kind: str, today: date) -> tuple[Notice, ...]:
    """Return the notices of a kind up to a day, newest first."""
    months = range(today.year * 12 + today.month - 1, _FIRST[0] * 12 + _FIRST[1] - 2, -1)
    found = (notice for month in months for notice in _month(kind, month // 12, month % 12 + 1))
    return tuple(notice for notice in found if notice.day <= today)


@lru_cache(maxsize=8)
def details(kind: str, today: date) -> Sequence[Row]:
    """Return the rows of the notice list."""
    return [_apartment(notice) if kind == "APT" else _other(notice) for notice in announced(kind, today)]


def _common(notice: Notice) -> Row:
    kind, chance = KINDS[notice.kind], Random(f"notice {notice.number}")  # noqa: S311
    dong = chance.choice(notice.district.dongs).name
    builder = chance.choice(_BUILDERS)
    return {
        "HOUSE_MANAGE_NO": notice.number,
        "PBLANC_NO": notice.number,
        "HOUSE_NM": notice.name,
        "HOUSE_SECD": kind.code,
        "HOUSE_SECD_NM": kind.name,
        "HOUSE_DTL_SECD": "03" if chance.random() < 0.2 else "01",
        "SUBSCRPT_AREA_CODE": notice.area[0],
        "SUBSCRPT_AREA_CODE_NM": notice.area[1],
        "HSSPLY_ZIP": f"{chance.randint(10000, 63000):05d}",
        "HSSPLY_ADRES": f"{notice.district.name} {dong} {chance.randint(1, 1200)}",
        "TOT_SUPLY_HSHLDCO": notice.units,
        "RCRIT_PBLANC_DE": f"{notice.day}",
        "NSPRC_NM": chance.choice((*_PAPERS, None)),
        "PRZWNER_PRESNATN_DE": f"{notice.winners_on}",
        "CNTRCT_CNCLS_BGNDE": f"{workday(notice.day, 30)}",
        "CNTRCT_CNCLS_ENDDE": f"{workday(notice.day, 32)}",
        "MVN_PREARNGE_YM": f"{notice.day.year + chance.randint(2, 3)}{chance.randint(1, 12):02d}",
        "HMPG_ADRES": f"{_SITES}/{notice.number}" if chance.random() < 0.8 else None,
        "PBLANC_URL": f"{_SITES}/notice?pblancNo={notice.number}",
        "CNSTRCT_ENTRPS_NM": builder if chance.random() < 0.9 else None,
        "BSNS_MBY_NM": f"{builder[:2]}개발",
        "MDHS_TELNO": f"1500-{chance.randint(0, 9999):04d}",
    }


def _apartment(notice: Notice) -> Row:
    row, chance = _common(notice), Random(f"apartments {notice.number}")  # noqa: S311
    first = workday(notice.day, 10)
    row |= {
        "HOUSE_DTL_SECD_NM": "국민" if row["HOUSE_DTL_SECD"] == "03" else "민영",
        "RENT_SECD": "0",
        "RENT_SECD_NM": "분양주택",
        "RCEPT_BGNDE": f"{first}",
        "RCEPT_ENDDE": f"{workday(first, 2)}",
        "SPSPLY_RCEPT_BGNDE": f"{first}",
        "SPSPLY_RCEPT_ENDDE": f"{first}",
    }
    for rank in (1, 2):
        for who, later in (("CRSPAREA", 0), ("ETC_GG", 0), ("ETC_AREA", 1 if notice.capital_ring else 0)):
            when = None if who == "ETC_GG" and not notice.capital_ring else f"{workday(first, rank + later)}"
            row |= {f"GNRL_RNK{rank}_{who}_RCPTDE": when, f"GNRL_RNK{rank}_{who}_ENDDE": when}
    capital, public = notice.area[1] in ("서울", "경기", "인천"), chance.random() < 0.2
    flags = {
        "SPECLT_RDN_EARTH_AT": notice.area[1] == "서울",
        "MDAT_TRGET_AREA_SECD": notice.area[1] == "서울",
        "PARCPRC_ULS_AT": public or notice.area[1] == "서울",
        "IMPRMN_BSNS_AT": chance.random() < 0.3,
        "PUBLIC_HOUSE_EARTH_AT": public,
        "LRSCL_BLDLND_AT": chance.random() < 0.15,
        "NPLN_PRVOPR_PUBLIC_HOUSE_AT": public and capital,
        "PUBLIC_HOUSE_SPCLW_APPLC_AT": public,
    }
    return row | {name: "Y" if holds else "N" for name, holds in flags.items()}


def _other(notice: Notice) -> Row:
    row, first = _common(notice), workday(notice.day, 6)
    row["HOUSE_DTL_SECD_NM"] = KINDS[notice.kind].name.split("/", maxsplit=1)[0]
    return row | {"SUBSCRPT_RCEPT_BGNDE": f"{first}", "SUBSCRPT_RCEPT_ENDDE": f"{workday(first, 1)}"}
