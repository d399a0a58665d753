"""Months come whole, clean and once, and a trend of three years costs what it must and no more."""

from __future__ import annotations

import httpx
import pytest

from app.tools.base import CallContext
from app.tools.real_estate.contract import SEOUL, Month
from app.tools.real_estate.sources import PortalSources
from tests.tools.sources.support import (
    LEASES,
    NOW,
    SALES,
    World,
    ministry,
    one_month,
    refused,
    saying,
    sold,
    xml_page,
)


def test_months_come_in_the_order_they_were_wanted_with_their_rows_and_the_time_of_the_answer() -> None:
    wanted = [("11710", "202506"), ("51110", "202611"), ("11710", "202401")]

    async def work(sources: PortalSources) -> list[Month]:
        return await sources.months(SALES, wanted, CallContext())

    found = World(ministry()).run(work)
    assert [(month.region_code, month.year_month) for month in found] == wanted
    assert [list(month.rows) for month in found] == [sold(*pair) for pair in wanted]
    assert {month.as_of for month in found} == {NOW}
    assert found[0].as_of.tzinfo is SEOUL


def test_a_month_wanted_twice_is_fetched_once_and_given_twice() -> None:
    world = World(ministry())
    wanted = [("11710", "202506"), ("11710", "202506")]
    found = world.run(lambda sources: sources.months(SALES, wanted, CallContext()))
    assert [month.year_month for month in found] == ["202506", "202506"]
    assert len(world.asked) == 1


def test_nothing_wanted_is_nothing_asked() -> None:
    world = World(ministry())
    assert world.run(lambda sources: sources.months(SALES, [], CallContext())) == []
    assert world.asked == []


@pytest.mark.parametrize(
    ("rows", "cap", "requests"),
    [(0, 1000, 1), (1000, 1000, 1), (1001, 1000, 2), (2033, 1000, 3), (2033, 100, 21), (5, 2, 3)],
)
def test_every_page_of_a_month_is_fetched_in_the_size_that_the_portal_gives(rows: int, cap: int, requests: int) -> None:
    world = World(ministry(rows, cap))
    assert one_month(world) == sold("11710", "202506", rows)
    assert len(world.asked) == requests
    sizes = [request.url.params["numOfRows"] for request in world.asked]
    assert sizes == ["1000"] + [str(cap)] * (requests - 1)


@pytest.mark.parametrize("code", ["0", "00", "000"])
def test_blanks_are_absent_and_white_space_is_trimmed(code: str) -> None:
    item = (
        "<item><aptNm>  한빛 마을 </aptNm><dealAmount>  82,500</dealAmount><cdealDay> </cdealDay><aptDong></aptDong>"
        "<rgstDate/><jibun>\u3000</jibun><floor>0</floor><deep><er>1</er></deep></item><item/><item> </item>"
    )
    rows = one_month(World(saying(xml_page(item, total=3, code=code))))
    assert rows == [{"aptNm": "한빛 마을", "dealAmount": "82,500", "floor": "0"}, {}, {}]


def test_a_byte_order_mark_does_no_harm() -> None:
    assert one_month(World(saying(b"\xef\xbb\xbf" + xml_page(sold("11710", "202506"), total=3).encode())))


def test_a_total_that_changes_between_pages_is_an_error() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params["pageNo"])
        return httpx.Response(200, content=xml_page("<item/>", total=1 + number, number=number))

    assert "changed its data" in refused(World(answer))


def test_rows_missing_on_a_later_page_are_an_error() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params["pageNo"])
        return httpx.Response(200, content=xml_page("<item/>" if number < 3 else "", total=3, number=number))

    assert "statistics on a part are refused" in refused(World(answer))


def test_datasets_and_districts_do_not_share_their_months() -> None:
    world = World(ministry())

    async def work(sources: PortalSources) -> None:
        for dataset in (SALES, LEASES):
            for region in ("11710", "51110"):
                await sources.months(dataset, [(region, "202506")], CallContext())

    world.run(work)
    assert len(world.asked) == 4
