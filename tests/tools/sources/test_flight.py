"""Those who want the same at the same time share one fetch, and none can spoil it for the others."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from app.errors import ToolError
from app.tools.base import CallContext
from app.tools.real_estate.contract import Month
from app.tools.real_estate.sources import PortalSources
from app.tools.real_estate.sources.flight import Flights
from tests.tools.sources.support import AUCTIONS, SALES, World, ministry, sold


class Gate:
    """A ministry that answers when it is opened."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.opened = asyncio.Event()
        self.cancelled = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.set()
        try:
            await self.opened.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        answered = ministry()(request)
        assert isinstance(answered, httpx.Response)
        return answered


def ask(sources: PortalSources) -> asyncio.Task[list[Month]]:
    return asyncio.create_task(sources.months(SALES, [("11710", "202506")], CallContext()))


def test_two_callers_share_one_fetch() -> None:
    async def work(sources: PortalSources) -> None:
        gate = world.answer = Gate()
        first, second = ask(sources), ask(sources)
        await gate.asked.wait()
        third = ask(sources)
        gate.opened.set()
        found = await asyncio.gather(first, second, third)
        assert [list(months[0].rows) for months in found] == [sold("11710", "202506")] * 3

    world = World(ministry())
    world.run(work)
    assert len(world.asked) == 1


@pytest.mark.parametrize("leaving", [0, 1])
def test_a_caller_who_leaves_does_not_cancel_the_fetch_of_the_other(leaving: int) -> None:
    async def work(sources: PortalSources) -> None:
        gate = world.answer = Gate()
        callers = [ask(sources), ask(sources)]
        await gate.asked.wait()
        callers[leaving].cancel()
        with pytest.raises(asyncio.CancelledError):
            await callers[leaving]
        gate.opened.set()
        assert list((await callers[1 - leaving])[0].rows) == sold("11710", "202506")
        assert gate.cancelled == 0

    world = World(ministry())
    world.run(work)
    assert len(world.asked) == 1


def test_a_fetch_that_nobody_waits_for_is_cancelled_and_the_next_caller_starts_anew() -> None:
    async def work(sources: PortalSources) -> None:
        gate = world.answer = Gate()
        callers = [ask(sources), ask(sources)]
        await gate.asked.wait()
        for caller in callers:
            caller.cancel()
        await asyncio.gather(*callers, return_exceptions=True)
        late = ask(sources)
        gate.opened.set()
        assert list((await late)[0].rows) == sold("11710", "202506")
        assert gate.cancelled == 1

    world = World(ministry())
    world.run(work)
    assert len(world.asked) == 2


def test_a_failed_fetch_fails_for_all_who_waited_and_not_for_those_after() -> None:
    async def work(sources: PortalSources) -> None:
        world.answer = lambda _: httpx.Response(401, content="Unauthorized")
        outcomes = await asyncio.gather(ask(sources), ask(sources), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [ToolError, ToolError]
        assert len(world.asked) == 1
        world.answer = ministry()
        assert await ask(sources)

    World(ministry())
    world = World(ministry())
    world.run(work)


def test_callers_with_months_in_common_fetch_each_month_once() -> None:
    async def work(sources: PortalSources) -> None:
        gate = world.answer = Gate()
        wanted = [[("11710", f"2025{month:02d}") for month in months] for months in (range(1, 7), range(4, 10))]
        tasks = [asyncio.create_task(sources.months(SALES, pairs, CallContext())) for pairs in wanted]
        await gate.asked.wait()
        gate.opened.set()
        await asyncio.gather(*tasks)

    world = World(ministry())
    world.run(work)
    assert len(world.asked) == 9
    assert set(world.months_asked.values()) == {1}


def test_pages_of_lists_share_their_fetch_too() -> None:
    async def work(sources: PortalSources) -> None:
        world.answer = lambda _: httpx.Response(200, content='{"result": {"resultCode": "03"}}')
        await asyncio.gather(*(sources.onbid(AUCTIONS, {"cltrTypeCd": "0001"}, 1, 10) for _ in range(5)))

    world = World(ministry())
    world.run(work)
    assert len(world.asked) == 1


def test_closing_ends_what_is_under_way() -> None:
    gate: Gate | None = None

    async def work() -> None:
        nonlocal gate
        async with world.open() as sources:
            gate = world.answer = Gate()
            caller = ask(sources)
            await gate.asked.wait()
        with pytest.raises((asyncio.CancelledError, ToolError)):
            await caller

    world = World(ministry())
    asyncio.run(work())
    assert gate is not None
    assert gate.cancelled == 1


def test_work_that_fails_after_everybody_left_is_silent(caplog: pytest.LogCaptureFixture) -> None:
    async def stubborn() -> int:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ValueError from None
        return 1

    async def work() -> None:
        flights: Flights[int] = Flights()
        caller = asyncio.create_task(flights.join("key", stubborn))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)
        await asyncio.sleep(0)
        await flights.close()

    asyncio.run(work())
    assert caplog.records == []
