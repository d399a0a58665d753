"""The sources and the stand-in portal, which share no code, understand each other."""

from __future__ import annotations

import asyncio
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from app.demo.portal import Portal, create_portal_app, path_of
from app.tools.base import CallContext
from app.tools.real_estate.contract import Dataset, Listing
from app.tools.real_estate.sources import PortalSources
from tests.tools.sources.questions import auctions, cloud
from tests.tools.sources.support import AUCTIONS, CODES, KEY, NOTICES, NOW, SALES, World, refused

SEARCH = {"cltrTypeCd": "0001", "prptDivCd": "0007,0010", "opbdDtStart": "20261001", "opbdDtEnd": "20261031"}


def facing(**switches: Any) -> tuple[Portal, World]:
    """A stand-in with its switches, and a world that asks it."""
    portal = Portal(api_key=KEY, clock=lambda: NOW, **switches)
    inner = httpx.ASGITransport(app=create_portal_app(portal))
    return portal, World(inner.handle_async_request)


def plain_rows(world: World, path: str, region: str, month: str) -> list[dict[str, str]]:
    """Read a month a second way: one request, the standard library's parser, no page beyond the first."""

    async def ask() -> bytes:
        query = {"serviceKey": KEY, "LAWD_CD": region, "DEAL_YMD": month, "numOfRows": "9999"}
        request = httpx.Request("GET", "https://portal.test" + path, params=query)
        answer = world.answer(request)
        response = answer if isinstance(answer, httpx.Response) else await answer
        return await response.aread()

    items = ElementTree.fromstring(asyncio.run(ask())).iter("item")
    return [{tag.tag: tag.text.strip() for tag in item if tag.text and tag.text.strip()} for item in items]


@pytest.mark.parametrize("service", ["AptTrade", "AptRent", "NrgTrade", "SHRent", "LandTrade"])
@pytest.mark.parametrize("cap", [1_000, 37])
def test_a_month_is_read_alike_in_two_ways(service: str, cap: int) -> None:
    dataset = Dataset("1", path_of(service), "", "")
    portal, world = facing(page_cap=9_999)
    expected = plain_rows(world, dataset.path, "51110", "202506")
    portal.page_cap = cap
    found = world.run(lambda sources: sources.months(dataset, [("51110", "202506")], CallContext()))
    assert len(expected) > 3
    assert [dict(row) for row in found[0].rows] == expected
    assert len(world.asked) == -(-len(expected) // cap)


FAULTS = [
    ("A", "does not know the key"),
    ("B", "does not know the key"),
    ("C", "does not know the key"),
    ("forbidden", "not registered for this dataset"),
    ("retired", "no service at this address"),
    ("quota", "midnight"),
    ("rate", "too many requests"),
    ("application_error", "fault of its own"),
    ("http_error", "fault of its own"),
    ("service_timeout", "fault of its own"),
    ("unexpected", "fault of its own"),
    ("bad_gateway", "fault of its own"),
    ("gateway_timeout", "fault of its own"),
    ("empty", "empty answer"),
    ("html", "other than its documents"),
    ("truncated", "other than its documents"),
    ("bomb", "other than its documents"),
    ("redirect", "another address"),
    ("missing_rows", "statistics on a part are refused"),
]
PASSING = ["rate", "application_error", "http_error", "service_timeout", "unexpected", "bad_gateway", "empty"]


@pytest.mark.parametrize(("fault", "said"), FAULTS)
@pytest.mark.parametrize("generation", ["A", "B", "C"])
def test_every_fault_of_the_ministry_s_stand_in_is_understood(fault: str, said: str, generation: str) -> None:
    _, world = facing(fault=fault, error_generation=generation)
    assert said in refused(world)


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("generation", ["A", "B", "C"])
def test_a_portal_that_recovers_is_never_seen_to_have_failed(fault: str, generation: str) -> None:
    portal, world = facing(fault=fault, error_generation=generation, fault_times=2)
    found = world.run(lambda sources: sources.months(SALES, [("51110", "202506")], CallContext()))
    assert found[0].rows
    assert (portal.faults_given, len(world.slept)) == (2, 2)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("forbidden", "활용신청"),
        ("retired", "no service at this address"),
        ("quota", "midnight"),
        ("application_error", "fault of its own"),
        ("bad_gateway", "fault of its own"),
        ("html", "other than its documents"),
        ("empty", "empty answer"),
    ],
)
def test_the_faults_of_the_other_stand_ins_are_understood(fault: str, said: str) -> None:
    for work in (cloud, auctions):
        assert said in refused(facing(fault=fault)[1], work)


@pytest.mark.parametrize("setting", ["odcloud_api_key", "odcloud_service_key", "data_go_kr_api_key"])
def test_odcloud_takes_the_key_from_each_place(setting: str) -> None:
    _, world = facing(odcloud_strict=True)
    world.settings = {"data_go_kr_api_key": "", setting: KEY}

    async def both(sources: PortalSources) -> tuple[Listing, Listing]:
        conditions = {"RCRIT_PBLANC_DE::GTE": "2026-06-01"}
        return await sources.odcloud(NOTICES, {}, 1, 10), await sources.odcloud(NOTICES, conditions, 2, 10)

    everything, some = world.run(both)
    assert everything.total_count == everything.match_count == some.total_count
    assert 10 < some.match_count < everything.match_count
    assert all(str(row["RCRIT_PBLANC_DE"]) >= "2026-06-01" for row in some.rows)


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("no_data_code", [False, True])
def test_onbid_is_understood_in_each_of_its_manners(wrapped: bool, no_data_code: bool) -> None:
    _, world = facing(onbid_wrapped=wrapped, onbid_no_data_code=no_data_code)

    async def work(sources: PortalSources) -> tuple[Listing, Listing, Listing]:
        return (
            await sources.onbid(AUCTIONS, SEARCH, 1, 5),
            await sources.onbid(AUCTIONS, SEARCH | {"onbidCltrNm": "없는이름"}, 1, 5),
            await sources.onbid_codes(CODES),
        )

    some, none, codes = world.run(work)
    assert len(some.rows) == 5 < some.total_count
    assert (none.rows, none.total_count) == ((), 0)
    assert len(codes.rows) == codes.total_count > 100


def test_the_quota_of_the_stand_in_ends_a_long_question_in_the_middle() -> None:
    _, world = facing(quota_per_day=2)
    wanted = [("11710", f"2025{month:02d}") for month in range(1, 13)]
    text = refused(world, lambda sources: sources.months(SALES, wanted, CallContext()))
    assert "midnight" in text
