"""The words of a search that name no place: house types, contracts, and what people add without changing the question.

Korean words grow together (마포아파트매매가), so they are taken off the end of a word; English ones stand alone. Short
words that names of places end in (평 of 양평) are taken only when they stand alone too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from app.tools.real_estate.house_types import Contract, HouseTypeName
from app.tools.real_estate.regions import LONGEST_NAME

_HOUSES: dict[HouseTypeName, str] = {
    "apartment": "아파트값 아파트 apartment apartments apt apts flat flats condo condos",
    "officetel": "오피스텔 officetel officetels",
    "villa": "연립다세대 연립주택 다세대주택 빌라 연립 다세대 villa villas rowhouse row-house townhouse townhouses",
    "single_house": "단독다가구 단독주택 다가구주택 단독 다가구 detached single-family",
    "presale_right": "분양권전매 분양권 입주권 전매권 전매 presale pre-sale",
    "commercial": "상업업무용 상가 상업용 업무용 사무실 commercial office offices shop shops store stores retail",
    "land": "토지 땅 land",
    "factory_warehouse": "공장 창고 factory factories warehouse warehouses",
}
_CONTRACTS: dict[Contract, str] = {
    "sale": "매매가격 매매가 매매 sale sales sold buy purchase",
    "lease": "전월세 전세가 전셋값 반전세 전세 월세 임대차 임대 보증금 "
    "lease leases rent rents rental rentals jeonse wolse",
}
_TREND = "추이 추세 동향 변화 그래프 차트 trend trends chart history"
_NOISE = (
    "실거래가격 실거래가 실거래 거래내역 거래량 거래 시세 가격 중위가격 평균가격 평균 중위 최근 최신 현재 요즘 "
    "알려줘 보여줘 찾아줘 얼마야 얼마 비교 분석 전망 투자 추천 집값 주택 부동산 매물 정보 현황 통계 조회 검색 "
    "국토부 국토교통부 신축 구축 평형 어때 궁금해 얼마나 얼마인가요 해줘 대해 대한 관련 기준"
)
_ALONE = (
    "집 평 월 년 달 및 의 한국 대한민국 지역 단지 소형 대형 house houses home homes housing price prices cost "
    "costs value values market real estate property properties data deal deals trade trades transaction transactions "
    "in of the for and at on to by a an is are was what how much many korea korean south republic district county city "
    "province metropolitan area recent recently latest newest current new average median month months monthly year "
    "report reports complex complexes show me find list gu si gun do dong"
)
_PARTICLES = (
    "에서의",
    "에서",
    "에는",
    "으로",
    "까지",
    "부터",
    "의",
    "에",
    "은",
    "는",
    "이",
    "가",
    "을",
    "를",
    "로",
    "와",
    "과",
    "도",
)

Meaning = tuple[Literal["house", "contract", "trend", "noise"], str]

_WORDS: dict[str, Meaning] = {
    **dict.fromkeys(_NOISE.split(), ("noise", "")),
    **dict.fromkeys(_TREND.split(), ("trend", "")),
    **{word: ("contract", key) for key, words in _CONTRACTS.items() for word in words.split()},
    **{word: ("house", key) for key, words in _HOUSES.items() for word in words.split()},
}
_STANDING_ALONE: dict[str, Meaning] = {**dict.fromkeys(_ALONE.split(), ("noise", "")), **_WORDS}
_ENDINGS = sorted((word for word in _WORDS if not word.isascii()), key=len, reverse=True)
_TOKEN = re.compile(r"[a-z]+(?:-[a-z]+)*(?![^\W_])|[^\W_]+")


@dataclass(frozen=True)
class Token:
    """What is left of a word, and the meanings taken from it. An empty ``rest`` means that nothing is left."""

    rest: str
    meanings: tuple[Meaning, ...] = ()


def tokens(text: str, most: int) -> list[Token]:
    """Split a lower-case text into at most ``most`` words, each with its known endings taken off."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        if len(found) == most:
            break
        found.append(_read(match[0]))
    return found


def _read(word: str) -> Token:
    if len(word) > LONGEST_NAME:
        return Token("")
    for form in forms(word):
        if meaning := _STANDING_ALONE.get(form):
            return Token("", (meaning,))
    for form in forms(word):
        if ending := next((ending for ending in _ENDINGS if form.endswith(ending)), None):
            before = _read(form[: -len(ending)])
            return Token(before.rest, (*before.meanings, _WORDS[ending]))
    return Token(word)


def forms(word: str) -> list[str]:
    """Return the ways to read a word: as it stands, and without the particle it may end in (마포구의)."""
    return [word, *(word[: -len(end)] for end in _PARTICLES if word.endswith(end) and len(word) > len(end) + 1)]
