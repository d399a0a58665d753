"""Requests are counted per dataset and Korean day, also over a restart, and the last one is not overdrawn."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from app.tools.base import CallContext
from app.tools.real_estate.contract import Month
from app.tools.real_estate.sources import PortalSources
from app.tools.real_estate.sources.store import FILE
from tests.tools.sources.support import LEASES, NOW, SALES, World, ministry, months_back, refused, saying

FEW = replace(SALES, per_day=5)


async def three(sources: PortalSources) -> list[Month]:
    return await sources.months(FEW, months_back(3), CallContext())


async def counted(sources: PortalSources) -> int:
    return sources.calls_today(SALES)


def test_every_request_counts_for_its_dataset_and_answers_that_were_kept_do_not() -> None:
    async def work(sources: PortalSources) -> None:
        assert sources.calls_today(SALES) == 0
        for _ in range(2):
            await sources.months(SALES, months_back(3), CallContext())
        await sources.months(LEASES, months_back(2), CallContext())
        assert (sources.calls_today(SALES), sources.calls_today(LEASES)) == (3, 2)

    World(ministry()).run(work)


def test_pages_and_attempts_count_one_by_one() -> None:
    async def work(sources: PortalSources) -> None:
        await sources.months(SALES, months_back(1), CallContext())
        assert sources.calls_today(SALES) == 3

    World(ministry(2_500)).run(work)
    world = World(saying("", 502))
    refused(world, three)
    assert len(world.asked) >= 3


@pytest.mark.parametrize(
    ("error", "counts"),
    [(httpx.ConnectError, 0), (httpx.ConnectTimeout, 0), (httpx.ReadError, 2), (httpx.ReadTimeout, 2)],
)
def test_a_request_that_never_left_is_not_counted(error: type[Exception], counts: int, tmp_path: Path) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error("broken")

    world = World(answer)

    async def work(sources: PortalSources) -> int:
        with pytest.raises(Exception, match="portal"):
            await sources.months(SALES, months_back(1), CallContext())
        return sources.calls_today(SALES)

    assert world.run(work, tmp_path) == counts


def test_the_count_survives_a_restart_and_ends_at_midnight_in_korea(tmp_path: Path) -> None:
    world = World(ministry())
    world.run(three, tmp_path)
    world.clock.advance(hours=14)  # 23:30 in Seoul
    assert world.run(counted, tmp_path) == 3

    async def over_midnight(sources: PortalSources) -> list[int]:
        before = sources.calls_today(SALES)
        world.clock.advance(minutes=30)
        after = sources.calls_today(SALES)
        await sources.months(SALES, months_back(3), CallContext())
        return [before, after, sources.calls_today(SALES)]

    assert world.run(over_midnight, tmp_path) == [3, 0, 3]
    assert world.run(counted, tmp_path) == 3
    connection = sqlite3.connect(tmp_path / FILE)
    assert connection.execute("select day, count from requests").fetchall() == [("2026-11-23", 3)]
    connection.close()


def test_a_failed_call_is_counted_over_a_restart_too(tmp_path: Path) -> None:
    world = World(saying("Unauthorized", 401))
    with pytest.raises(Exception, match="does not know the key"):
        world.run(lambda sources: sources.months(SALES, months_back(1), CallContext()), tmp_path)
    assert world.run(counted, tmp_path) == 1


def test_a_request_whose_caller_left_is_counted_over_a_restart_too(tmp_path: Path) -> None:
    asked = asyncio.Event()

    async def never(_: httpx.Request) -> httpx.Response:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def leave(sources: PortalSources) -> None:
        caller = asyncio.create_task(sources.months(SALES, months_back(1), CallContext()))
        await asked.wait()
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)

    world = World(never)
    world.run(leave, tmp_path)
    assert world.run(counted, tmp_path) == 1


def test_two_servers_with_one_folder_share_the_count(tmp_path: Path) -> None:
    async def work(first: PortalSources) -> None:
        async with world.open(tmp_path) as second:
            await first.months(SALES, months_back(3), CallContext())
            await second.months(SALES, [("51110", "202506")], CallContext())
            assert second.calls_today(SALES) == 4

    world = World(ministry())
    world.run(work, tmp_path)


def test_a_quota_used_up_is_not_overdrawn_and_what_is_kept_is_still_given(tmp_path: Path) -> None:
    world = World(ministry())

    async def work(sources: PortalSources) -> None:
        await three(sources)
        world.clock.advance(hours=7)
        newest = await sources.months(FEW, months_back(2), CallContext())
        assert {month.as_of for month in newest} == {NOW + timedelta(hours=7)}
        assert sources.calls_today(FEW) == 5
        world.clock.advance(hours=6, minutes=1)
        kept = await three(sources)
        assert [month.as_of for month in kept] == [NOW, *[NOW + timedelta(hours=7)] * 2]
        assert len(world.asked) == 5

    world.run(work, tmp_path)
    with pytest.raises(Exception, match="midnight in Korea") as said:
        world.run(lambda sources: sources.months(FEW, [("51110", "202506")], CallContext()), tmp_path)
    assert "all 5 requests" in str(said.value)
    assert len(world.asked) == 5
    world.clock.advance(hours=2)  # past midnight
    assert world.run(three, tmp_path)
    assert len(world.asked) == 8


def test_the_last_requests_of_a_day_are_not_overdrawn_by_callers_side_by_side() -> None:
    world = World(ministry())
    refused(world, lambda sources: sources.months(FEW, months_back(36), CallContext()))
    assert len(world.asked) == 5
