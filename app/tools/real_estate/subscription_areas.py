"""The supply areas of Applyhome (청약홈) and their codes, which are not those of legal districts.

Whether 500 and 513 were joined when Gwangju and Jeonnam were (2026-07-01) is not known; both are kept.
"""

from __future__ import annotations

import re

from app.tools.base import Locale
from app.tools.real_estate.listings import refuse

AREAS = {
    "100": "서울",
    "200": "강원",
    "300": "대전",
    "312": "충남",
    "338": "세종",
    "360": "충북",
    "400": "인천",
    "410": "경기",
    "500": "광주",
    "513": "전남",
    "560": "전북",
    "600": "부산",
    "621": "경남",
    "680": "울산",
    "690": "제주",
    "700": "대구",
    "712": "경북",
}
LISTED = ", ".join(f"{code} {name}" for code, name in AREAS.items())
_CODES = {name: code for code, name in AREAS.items()}
_SHORT = {"충청남": "충남", "충청북": "충북", "전라남": "전남", "전라북": "전북", "경상남": "경남", "경상북": "경북"}
_ENDING = re.compile(r"(?:특별자치도|특별자치시|특별시|광역시|도|시)$")


def area_code(argument: str, value: str | None, locale: Locale) -> str | None:
    """Return the code of an area given by its code or its name (서울, 서울시, 서울특별시); refuse any other."""
    if value is None or value in AREAS:
        return value
    name = _ENDING.sub("", "".join(value.split()))
    code = _CODES.get(_SHORT.get(name, name))
    if code is None:
        refuse(
            locale,
            f"{argument}: is no supply area of Applyhome (these are not district codes; 01 matches nothing). "
            f"One of these codes or names fits: {LISTED}.",
            f"{argument}: 청약홈의 공급지역이 아닙니다(법정동 코드가 아니며, 01에 맞는 자료는 없습니다). "
            f"다음 코드나 이름 가운데 하나를 쓰세요: {LISTED}.",
        )
    return code
