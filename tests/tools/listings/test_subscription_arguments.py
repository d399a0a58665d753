"""Subscription notices: supply areas by any of their names, and arguments that cannot be used."""

from __future__ import annotations

from typing import Any

import pytest

from app.errors import ToolError
from app.tools.real_estate.subscription_areas import AREAS
from tests.tools.listings.fakes import call, call_raw
from tests.tools.listings.test_subscription_notices import INFO, many, notice, over


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("서울", "100"),
        ("서울시", "100"),
        ("서울특별시", "100"),
        (" 서울 ", "100"),
        ("100", "100"),
        ("경기도", "410"),
        ("강원특별자치도", "200"),
        ("전라북도", "560"),
        ("전북특별자치도", "560"),
        ("충청남도", "312"),
        ("세종특별자치시", "338"),
        ("제주도", "690"),
        ("경상남도", "621"),
        ("\u1109\u1165\u110b\u116e\u11af", "100"),  # 서울 in pieces
    ],
)
def test_an_area_is_understood_by_code_and_by_name(name: str, code: str) -> None:
    answer = call(over([notice(1, "2026-10-30", code), notice(2, "2026-10-30", "000")]), INFO, area=name)
    assert (answer["area_code"], answer["match_count"]) == (code, 1)


def test_the_areas_are_those_of_applyhome() -> None:
    assert " ".join(f"{code}{name}" for code, name in AREAS.items()) == (
        "100서울 200강원 300대전 312충남 338세종 360충북 400인천 410경기 500광주 513전남 560전북 600부산 621경남 "
        "680울산 690제주 700대구 712경북"
    )


def test_every_area_is_found_by_its_name() -> None:
    rows = [notice(index, "2026-10-30", code) for index, code in enumerate(AREAS)]
    for code, name in AREAS.items():
        assert [item["SUBSCRPT_AREA_CODE"] for item in call(over(rows), INFO, area=name)["items"]] == [code]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"page": 0}, "page: "),
        ({"page": -1}, "page: "),
        ({"page": 10**9}, "page: "),
        ({"page": "x"}, "page: "),
        ({"page": 1.5}, "page: "),
        ({"page": None}, "page: "),
        ({"per_page": 0}, "per_page: "),
        ({"per_page": 1001}, "per_page: "),
        ({"per_page": ""}, "per_page: "),
        ({"return_type": "XML"}, "return_type: only JSON works"),
        ({"return_type": "xml"}, "return_type: only JSON works"),
        ({"return_type": 1}, "return_type: "),
        ({"return_type": "x" * 10_000}, "return_type: "),
        ({"area": "01"}, "area: is no supply area .* 100 서울, .* 712 경북"),
        ({"area": "11680"}, "area: "),
        ({"area": "수원"}, "area: "),
        ({"area": "전남광주통합특별시"}, "area: "),
        ({"area": "x" * 10_000}, "area: "),
        ({"area": 100}, "area: "),
        ({"area": ["100"]}, "area: "),
        ({"notice_from": "2026-02-30"}, "notice_from: must be a date"),
        ({"notice_from": "2026-13-01"}, "notice_from: "),
        ({"notice_from": "2026-1-1"}, "notice_from: "),
        ({"notice_from": "202610-30"}, "notice_from: "),
        ({"notice_from": "26.10.30"}, "notice_from: "),
        ({"notice_from": "0001-01-01"}, "notice_from: "),
        ({"notice_from": "20٢٦-10-30"}, "notice_from: "),
        ({"notice_from": "today"}, "notice_from: "),
        ({"notice_from": 20261030}, "notice_from: "),
        ({"notice_to": "x" * 10_000}, "notice_to: "),
        ({"notice_to": "2026-10-32"}, "notice_to: "),
        ({"notice_from": "2026-10-02", "notice_to": "2026-10-01"}, "notice_from: is after notice_to"),
        ({"house_kind": "villa"}, "house_kind: .*officetel"),
        ({"house_kind": "x" * 10_000}, "house_kind: "),
        ({"house_kind": 1}, "house_kind: "),
        ({"surprise": 1}, "surprise: "),
    ],
)
def test_unusable_arguments_are_refused_by_name_before_the_portal_is_asked(
    arguments: dict[str, Any], said: str
) -> None:
    sources = over(many(3))
    with pytest.raises(ToolError, match=said) as refusal:
        call(sources, INFO, **arguments)
    assert not sources.asked
    assert len(str(refusal.value)) < 500


def test_refusals_are_korean_for_korean_callers() -> None:
    for arguments, said in (
        ({"area": "01"}, "청약홈의 공급지역이 아닙니다"),
        ({"return_type": "XML"}, "JSON만 됩니다"),
        ({"notice_to": "2026-02-30"}, "날짜여야 합니다"),
        ({"notice_from": "2026-10-02", "notice_to": "2026-10-01"}, "맞는 자료가 있을 수 없습니다"),
    ):
        with pytest.raises(ToolError, match=said):
            call_raw(over([]), INFO, arguments, locale="ko")
