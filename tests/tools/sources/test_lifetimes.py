"""Every answer is kept for as long as it may be, and not a second longer."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.tools.base import CallContext
from app.tools.real_estate.contract import SEOUL, Listing, Month
from app.tools.real_estate.sources import PortalSources
from tests.tools.sources.support import (
    AUCTIONS,
    CODES,
    NOTICES,
    NOW,
    SALES,
    World,
    ministry,
    saying,
)
from tests.tools.sources.test_listings import NOTICE, RESULT, auction_page, cloud_page

LIFETIMES = [
    ("202611", 3, timedelta(hours=6)),
    ("202610", 3, timedelta(hours=6)),
    ("202609", 3, timedelta(hours=6)),
    ("202608", 3, timedelta(days=7)),
    ("202511", 3, timedelta(days=7)),
    ("202510", 3, timedelta(days=30)),
    ("200601", 3, timedelta(days=30)),
    ("202611", 0, timedelta(hours=1)),
    ("202609", 0, timedelta(hours=1)),
    ("202608", 0, timedelta(days=7)),
    ("202510", 0, timedelta(days=30)),
]


@pytest.mark.parametrize(("month", "rows", "lifetime"), LIFETIMES)
@pytest.mark.parametrize("on_disk", [False, True], ids=["memory", "disk"])
def test_a_month_is_kept_for_as_long_as_its_age_allows(
    month: str, rows: int, lifetime: timedelta, on_disk: bool, tmp_path: Path
) -> None:
    # The first of a month leaves the most days before the months grow older by one.
    world = World(ministry(rows))
    start = datetime(2026, 11, 1, 0, 0, tzinfo=SEOUL)

    async def ask(sources: PortalSources) -> Month:
        return (await sources.months(SALES, [("11710", month)], CallContext()))[0]

    async def work(sources: PortalSources) -> None:
        for passed, requests in ((timedelta(), 1), (lifetime - timedelta(seconds=1), 1), (lifetime, 2)):
            world.clock.now = start + passed
            found = await ask(sources)
            assert len(world.asked) == requests
            assert found.as_of == start + (lifetime if requests == 2 else timedelta())

    if not on_disk:
        world.run(work)
        return
    for passed, requests in ((timedelta(), 1), (lifetime - timedelta(seconds=1), 1), (lifetime, 2)):
        world.clock.now = start + passed
        world.run(ask, tmp_path)
        assert len(world.asked) == requests


def test_the_month_is_that_of_korea() -> None:
    """At 23:00 UTC on 31 October it is November in Seoul, so August is three months old there."""
    world = World(ministry())
    world.clock.now = datetime.fromisoformat("2026-10-31T23:00:00+00:00")

    async def work(sources: PortalSources) -> int:
        await sources.months(SALES, [("11710", "202608")], CallContext())
        world.clock.advance(hours=7)
        await sources.months(SALES, [("11710", "202608")], CallContext())
        return len(world.asked)

    assert world.run(work) == 1


def test_an_answer_from_the_future_is_stale() -> None:
    world = World(ministry())

    async def work(sources: PortalSources) -> datetime:
        await sources.months(SALES, [("11710", "202506")], CallContext())
        world.clock.advance(hours=-1)
        return (await sources.months(SALES, [("11710", "202506")], CallContext()))[0].as_of

    assert world.run(work) == NOW - timedelta(hours=1)
    assert len(world.asked) == 2


@pytest.mark.parametrize(
    ("name", "lifetime"),
    [("odcloud", timedelta(hours=1)), ("onbid", timedelta(minutes=10)), ("codes", timedelta(days=7))],
)
def test_lists_are_kept_for_as_long_as_they_may_be(name: str, lifetime: timedelta, tmp_path: Path) -> None:
    world = World(saying(cloud_page([NOTICE], 1)) if name == "odcloud" else saying(auction_page({"item": RESULT}, 1)))

    async def work(sources: PortalSources) -> Listing:
        if name == "codes":
            return await sources.onbid_codes(CODES)
        if name == "onbid":
            return await sources.onbid(AUCTIONS, {"cltrTypeCd": "0001"}, 1, 10)
        return await sources.odcloud(NOTICES, {}, 1, 10)

    for passed, requests in ((timedelta(), 1), (lifetime - timedelta(seconds=1), 1), (lifetime, 2)):
        world.clock.now = NOW + passed
        assert world.run(work, tmp_path).as_of == NOW + (lifetime if requests == 2 else timedelta())
        assert len(world.asked) == requests
