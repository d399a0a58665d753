"""What the public-auction tools share: arguments with Onbid's codes, and the datasets of its second generation.

The paths are the services in use since 2026-04-06; those before (openapi.onbid.co.kr, and B010003 without the ending 2)
are closed. Codes are Onbid's own; amounts are in won, not in 10,000 won.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from app.tools.base import Locale
from app.tools.real_estate.contract import Dataset
from app.tools.real_estate.listings import Blank, none_if_blank, refuse

PUBLISHER = "Korea Asset Management Corporation (한국자산관리공사)"
PER_DAY = 1_000
MOST_WON = 10**15

PROPERTY_KINDS = {
    "0002": "공유",
    "0003": "금융권담보",
    "0004": "불용품",
    "0005": "기타일반",
    "0006": "유입",
    "0007": "압류",
    "0008": "수탁",
    "0010": "국유",
    "0011": "공공개발",
    "0013": "파산",
}
KINDS_LISTED = ", ".join(f"{code} {name}" for code, name in PROPERTY_KINDS.items())
_PROVINCES = {
    "서울": "서울특별시",
    "부산": "부산광역시",
    "대구": "대구광역시",
    "인천": "인천광역시",
    "대전": "대전광역시",
    "울산": "울산광역시",
    "세종": "세종특별자치시",
    "경기": "경기도",
    "강원": "강원특별자치도",
    "충북": "충청북도",
    "충남": "충청남도",
    "전북": "전북특별자치도",
    "경북": "경상북도",
    "경남": "경상남도",
    "제주": "제주특별자치도",
}
"""Without 광주 and 전남: Onbid has their joint name since 2026-07, and older rows may have the former ones."""


def _dataset(number: str, path: str, title_en: str, title_ko: str) -> Dataset:
    return Dataset(number, f"/B010003/{path}", title_en, f"차세대 온비드 {title_ko}", "", PER_DAY)


BID_RESULTS = _dataset(
    "15157252", "OnbidCltrBidRsltListSrvc2/getCltrBidRsltList2", "public-auction bid results", "물건 입찰결과목록"
)
BID_RESULT_DETAIL = _dataset(
    "15157254", "OnbidCltrBidRsltDtlSrvc2/getCltrBidRsltDtl2", "public-auction bid result, detail", "물건 입찰결과상세"
)
ON_OFFER = _dataset(
    "15157207", "OnbidRlstListSrvc2/getRlstCltrList2", "real estate on public auction", "부동산 물건목록"
)
USAGE_CODES = _dataset("15157768", "OnbidCodeSrvc/getOnbidUsgCodeInfo", "usage codes", "코드 및 주소 (용도 코드)")
ADDRESSES = _dataset("15157768", "OnbidCodeSrvc/getOnbidDtlAddrInfo", "addresses of objects", "코드 및 주소 (주소)")


def _digits(value: object) -> object:
    """Take ``1,000,000`` as saved prompts write it; leave everything else to the type."""
    if isinstance(value, str) and re.fullmatch(r"[0-9,]{1,25}", value.strip()):
        return value.strip().replace(",", "")
    return none_if_blank(value)


Won = Annotated[Annotated[int, Field(ge=0, le=MOST_WON)] | None, BeforeValidator(_digits)]
DisposalCode = Annotated[Literal["0001", "0002"] | None, Blank]
StateCode = Annotated[Literal["0001", "0002", "0003", "0006", "0009", "0010", "0011", "0012"] | None, Blank]
Code = Annotated[Annotated[str, Field(pattern=r"^[0-9]{1,20}$")] | None, Blank]


def property_kinds(given: str | None, locale: Locale) -> str:
    """Return a comma list of property kinds; all of them when none is given."""
    kinds = [kind.strip() for kind in (given or ",".join(PROPERTY_KINDS)).split(",") if kind.strip()]
    if not kinds or not PROPERTY_KINDS.keys() >= set(kinds):
        refuse(
            locale,
            f"prpt_div_cd: must be one or more of these codes, joined by commas: {KINDS_LISTED}.",
            f"prpt_div_cd: 다음 코드를 하나 이상, 쉼표로 이어 쓰세요: {KINDS_LISTED}.",
        )
    return ",".join(dict.fromkeys(kinds))


def province(name: str | None) -> str | None:
    """Complete the short name of a province, because Onbid compares with the full one."""
    return _PROVINCES.get(name, name) if name else None
