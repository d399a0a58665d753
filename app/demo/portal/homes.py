"""The buildings that homes are sold and let in: invented names and lots in real legal dongs, always the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from random import Random

from app.demo.portal.market import level
from app.demo.portal.regions import District, Dong, districts

Row = dict[str, str]

_FIRST = (
    "한빛",
    "솔내음",
    "노들",
    "가람",
    "미리내",
    "늘푸른",
    "새솔",
    "온누리",
    "달빛",
    "별하",
    "다솔",
    "초롱",
    "해오름",
    "하늘채움",
    "가온",
    "아람",
    "도담",
    "새봄",
    "너울",
)
_LAST = {
    "apartment": ["마을", "타운", "파크", "센트럴", "리버", "숲", "1차", "2차", "3단지"],
    "officetel": ["센트럴", "시티", "스퀘어", "타워", "오피스텔", "라움", "스테이"],
    "villa": ["빌", "빌라", "하이츠", "캐슬", "빌리지", "주택", "A동", "B동"],
    "presale": ["더포레", "리버뷰", "더퍼스트", "센트럴", "파크원"],
}


@dataclass(frozen=True)
class Kind:
    """A kind of building: how many there are, how large its homes are (㎡, with weights), how dear and how high."""

    word: str
    fewest: int
    most: int
    areas: tuple[float, ...]
    weights: tuple[float, ...]
    dearness: float
    floors: tuple[int, int]
    built: tuple[int, int]


def _kind(
    word: str,
    number: tuple[int, int],
    areas: dict[float, int],
    dearness: float,
    floors: tuple[int, int],
    built: tuple[int, int],
) -> Kind:
    return Kind(word, *number, tuple(areas), tuple(accumulate(areas.values())), dearness, floors, built)


_APARTMENT_AREAS = {39.6: 4, 49.94: 6, 59.8: 18, 59.97: 16, 74.51: 10, 84.82: 16, 84.97: 18, 101.83: 5, 134.9912: 2}
_OFFICETEL_AREAS = {18.2: 14, 21.5: 18, 24.6: 22, 29.84: 16, 36.1: 10, 47.3: 6, 59.9: 4, 84.51: 2}
_VILLA_AREAS = {24.3: 8, 29.98: 14, 36.75: 12, 48.33: 18, 54.6: 14, 59.22: 12, 66.1: 6, 78.405: 3}
_PRESALE_AREAS = {59.92: 30, 74.88: 12, 84.91: 50, 101.3: 8}

APARTMENT = _kind("apartment", (25, 60), _APARTMENT_AREAS, 1.0, (10, 30), (1983, 2024))
OFFICETEL = _kind("officetel", (8, 30), _OFFICETEL_AREAS, 0.62, (8, 22), (1998, 2024))
VILLA = _kind("villa", (30, 60), _VILLA_AREAS, 0.56, (3, 6), (1985, 2024))
PRESALE = _kind("presale", (24, 40), _PRESALE_AREAS, 1.1, (15, 35), (1983, 1983))


@dataclass(frozen=True)
class Home:
    """One building. ``address`` holds what every row of it says; ``road`` and ``parcel`` what some services add."""

    name: str
    kind: Kind
    build_year: int
    per_sqm: float
    jeonse_ratio: float
    top_floor: int
    house_type: str
    address: Row
    parcel: Row
    road: Row

    def area(self, chance: Random) -> float:
        """Draw the exclusive area of one home, in ㎡."""
        return chance.choices(self.kind.areas, cum_weights=self.kind.weights)[0]


def invented_name(kind: Kind, chance: Random) -> str:
    """Draw a name as buildings of a kind have them."""
    return chance.choice(_FIRST) + chance.choice(_LAST[kind.word])


@lru_cache(maxsize=128)
def homes(kind: Kind, region: str) -> Sequence[Home]:
    """Return the buildings of a kind in a district; the first is old, so that no month is without one."""
    chance = Random(f"{kind.word} in {region}")  # noqa: S311  (made-up data, not a secret)
    district = districts()[region]
    number = chance.randint(kind.fewest, kind.most)
    return tuple(_home(kind, district, serial, chance) for serial in range(1, number + 1))


def _home(kind: Kind, district: District, serial: int, chance: Random) -> Home:
    dong, lot = chance.choice(district.dongs), jibun(chance)
    base = level(district.code)
    return Home(
        name=invented_name(kind, chance),
        kind=kind,
        build_year=kind.built[0] if serial == 1 else chance.randint(*kind.built),
        per_sqm=base * kind.dearness * chance.uniform(0.7, 1.35),
        jeonse_ratio=chance.uniform(0.52, 0.6) if base > 1600 else chance.uniform(0.58, 0.72),
        top_floor=chance.randint(*kind.floors),
        house_type=chance.choice(("다세대", "다세대", "연립")),
        address={"sggCd": district.code, "sggNm": district.sgg, "umdNm": dong.name, "jibun": lot},
        parcel=_parcel(district.code, dong, lot, serial),
        road=_road(district.code, dong, chance),
    )


def jibun(chance: Random) -> str:
    """Draw a lot number; a few are mountain lots."""
    lot = f"{chance.randint(1, 1400)}"
    if chance.random() < 0.6:
        lot += f"-{chance.randint(1, 40)}"
    return f"산{lot}" if chance.random() < 0.02 else lot


def _parcel(region: str, dong: Dong, lot: str, serial: int) -> Row:
    main, _, sub = lot.removeprefix("산").partition("-")
    return {
        "umdCd": dong.code[5:],
        "landCd": "2" if lot.startswith("산") else "1",
        "bonbun": f"{int(main):04d}",
        "bubun": f"{int(sub or 0):04d}",
        "aptSeq": f"{region}-{serial * 7 + 3}",
    }


def _road(region: str, dong: Dong, chance: Random) -> Row:
    stem = dong.name.split(" ")[-1]
    return {
        "roadNm": f"{stem[:-1] or stem}{chance.choice(('로', '길', '대로'))}",
        "roadNmSggCd": region,
        "roadNmCd": f"{chance.choice((3, 4))}{chance.randint(100_000, 199_999)}",
        "roadNmSeq": f"{chance.randint(1, 4):02d}",
        "roadNmbCd": "0",
        "roadNmBonbun": f"{chance.randint(1, 420):05d}",
        "roadNmBubun": f"{chance.choice((0, 0, 0, chance.randint(1, 30))):05d}",
    }
