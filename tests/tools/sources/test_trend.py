"""A trend of three years costs what it must and no more, tells how far it is, and loses nothing when it fails."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.errors import ToolError
from app.tools.base import CallContext
from app.tools.real_estate.contract import Month
from app.tools.real_estate.sources import CALL_SECONDS, PortalSources
from tests.tools.sources.support import (
    SALES,
    World,
    let_pass,
    ministry,
    months_back,
)

TREND = months_back(36)


async def trend(sources: PortalSources) -> list[Month]:
    return await sources.months(SALES, TREND, CallContext())


def test_a_trend_costs_its_months_once_then_nothing_then_the_newest_three() -> None:
    world = World(ministry())

    async def work(sources: PortalSources) -> list[int]:
        costs = []
        for hours in (0, 5, 2, 0, 7):
            world.clock.advance(hours=hours)
            before = len(world.asked)
            await trend(sources)
            costs.append(len(world.asked) - before)
        return costs

    assert world.run(work) == [36, 0, 3, 0, 3]


def test_a_trend_costs_nothing_after_a_restart(tmp_path: Path) -> None:
    world = World(ministry(rows_per_month=40))
    first = world.run(trend, tmp_path)
    assert len(world.asked) == 36
    world.clock.advance(hours=1)
    again = world.run(trend, tmp_path)
    assert len(world.asked) == 36
    assert again == first


def test_a_warm_trend_takes_less_than_five_milliseconds() -> None:
    async def work(sources: PortalSources) -> float:
        await trend(sources)
        took = []
        for _ in range(5):
            started = time.perf_counter()
            await trend(sources)
            took.append(time.perf_counter() - started)
        return min(took)

    assert World(ministry(rows_per_month=300)).run(work) < 0.005


@pytest.mark.parametrize(
    ("locale", "last"), [("en", "36 of 36 months"), ("ko", "36개월 중 36개월")], ids=["English", "Korean"]
)
def test_progress_is_told_once_per_month_and_only_goes_up(locale: Any, last: str) -> None:
    told: list[tuple[float, float | None, str | None]] = []

    async def hear(done: float, total: float | None, message: str | None) -> None:
        told.append((done, total, message))

    async def work(sources: PortalSources) -> None:
        await sources.months(SALES, TREND[:10], CallContext())
        await sources.months(SALES, TREND, CallContext(locale=locale, progress=hear))

    World(ministry()).run(work)
    assert [done for done, _, _ in told] == list(range(1, 37))
    assert {total for _, total, _ in told} == {36}
    assert told[-1][2] == last


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "20 of 36 months are already fetched and kept; asking the same question again goes on from there."),
        ("ko", "36개월 중 20개월은 이미 받아 보관했습니다. 같은 질문을 다시 하면 나머지부터 이어서 받습니다."),
    ],
)
def test_a_question_that_runs_out_of_time_says_how_far_it_is_and_goes_on_from_there(locale: Any, said: str) -> None:
    good = ministry()

    async def answer(request: httpx.Request) -> httpx.Response:
        if len(world.asked) > 20:
            await asyncio.Event().wait()
        answered = good(request)
        assert isinstance(answered, httpx.Response)
        return answered

    async def hear(done: float, _: float | None, __: str | None) -> None:
        let_pass(CALL_SECONDS if done == 20 else 0)

    async def work(sources: PortalSources) -> int:
        with pytest.raises(ToolError, match=said):
            await sources.months(SALES, TREND, CallContext(locale=locale, progress=hear))
        world.answer = good
        before = len(world.asked)
        await trend(sources)
        return len(world.asked) - before

    world = World(answer, settings={"request_seconds": 1_000.0})
    assert world.run(work) == 16


def test_months_fetched_before_a_failure_are_kept(tmp_path: Path) -> None:
    good = ministry()

    def answer(request: httpx.Request) -> httpx.Response:
        answered = good(request) if len(world.asked) <= 20 else httpx.Response(429, content="API token quota exceeded")
        assert isinstance(answered, httpx.Response)
        return answered

    world = World(answer)
    with pytest.raises(ToolError) as caught:
        world.run(trend, tmp_path)
    assert "midnight" in str(caught.value)
    kept = re.search(r"([0-9]+) of 36 months are already fetched and kept", str(caught.value))
    assert kept is not None
    assert 20 - 8 < int(kept[1]) <= 20  # those being read when another fails are given up
    world.answer, world.asked = good, []
    world.run(trend, tmp_path)
    assert len(world.asked) <= 36 - int(kept[1])


def test_no_more_than_eight_requests_are_under_way_at_once() -> None:
    under_way, most = 0, 0
    good = ministry()

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        for _ in range(3):
            await asyncio.sleep(0)
        under_way -= 1
        answered = good(request)
        assert isinstance(answered, httpx.Response)
        return answered

    World(answer).run(trend)
    assert most == 8
