"""An older answer stands in where the portal fails for a reason that will pass, and only there."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from app.tools.base import CallContext
from app.tools.real_estate.contract import Month
from app.tools.real_estate.sources import CALL_SECONDS, PortalSources
from tests.tools.sources.support import (
    NOW,
    SALES,
    World,
    ministry,
    months_back,
    refused,
    saying,
    silent_for,
    xml_page,
)

MONTH = [("11710", "202506")]
SECONDS = NOW.timestamp()


async def ask(sources: PortalSources) -> Month:
    return (await sources.months(SALES, MONTH, CallContext()))[0]


STALE = [
    (httpx.Response(429, content="API token quota exceeded"), True),
    (httpx.Response(429, content="API rate limit exceeded"), True),
    (httpx.Response(500), True),
    (httpx.Response(502), True),
    (httpx.Response(503), True),
    (httpx.Response(200), True),
    (httpx.ReadTimeout("late"), True),
    (httpx.ConnectError("gone"), True),
    (httpx.Response(401, content="Unauthorized"), False),
    (httpx.Response(403, content="Forbidden"), False),
    (httpx.Response(404, content="API not found"), False),
    (httpx.Response(302), False),
    (httpx.Response(200, content=xml_page("", total=5)), False),
    (httpx.Response(200, content="<html/>"), False),
]


@pytest.mark.parametrize(("answer", "stands_in"), STALE)
@pytest.mark.parametrize("on_disk", [False, True], ids=["memory", "disk"])
def test_an_older_answer_stands_in_for_a_fault_that_will_pass(
    answer: httpx.Response | Exception, stands_in: bool, on_disk: bool, tmp_path: Path
) -> None:
    def failing(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, content=answer.content)

    world = World(ministry())

    async def later(sources: PortalSources) -> datetime:
        world.clock.advance(days=31)
        world.answer = failing
        return (await ask(sources)).as_of

    async def both(sources: PortalSources) -> datetime:
        await ask(sources)
        return await later(sources)

    if on_disk:
        world.run(ask, tmp_path)
    work = later if on_disk else both
    if stands_in:
        assert world.run(work, tmp_path) == NOW
    else:
        refused(world, both)


def test_a_stand_in_does_not_become_fresh() -> None:
    world = World(ministry())

    async def work(sources: PortalSources) -> datetime:
        await ask(sources)
        world.clock.advance(days=31)
        world.answer = saying("", 502)
        await ask(sources)
        world.answer = ministry()
        return (await ask(sources)).as_of

    assert world.run(work) == NOW + timedelta(days=31)


def test_older_answers_stand_in_for_what_does_not_come_in_time(tmp_path: Path) -> None:
    wanted = months_back(12)
    world = World(ministry(), settings={"request_seconds": 1_000.0})

    async def work(sources: PortalSources) -> list[Month]:
        return await sources.months(SALES, wanted, CallContext())

    first = world.run(work, tmp_path)
    world.clock.advance(days=40)
    world.answer = silent_for(CALL_SECONDS)
    assert world.run(work, tmp_path) == first


def test_a_portal_that_does_not_answer_is_left_alone_for_half_a_minute_where_older_answers_can_stand_in() -> None:
    world = World(ministry())

    def gone(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("gone")

    async def work(sources: PortalSources) -> list[int]:
        wanted = months_back(3)
        await sources.months(SALES, wanted, CallContext())
        world.clock.advance(hours=7)
        world.answer = gone
        costs = []
        for seconds in (0, 29, 1):
            world.clock.advance(seconds=seconds)
            before = len(world.asked)
            for pair in wanted:
                await sources.months(SALES, [pair], CallContext())
            costs.append(len(world.asked) - before)
        return costs

    assert world.run(work) == [2, 0, 2]
