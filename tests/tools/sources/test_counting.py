"""Whoever counts hears of each request to a portal: which portal, and how it ended."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from app.tools.base import CallContext
from app.tools.real_estate.sources import PortalSources
from tests.tools.sources.questions import auctions, cloud, contracts
from tests.tools.sources.support import SALES, World, ministry, months_back, refused, saying, silent_for


def test_each_request_counts_and_an_answer_that_was_kept_does_not() -> None:
    world = World(ministry())

    async def twice(sources: PortalSources) -> None:
        for _ in range(2):
            await sources.months(SALES, months_back(3), CallContext())

    world.run(twice)
    assert world.told == [("data_go_kr", "ok")] * 3


@pytest.mark.parametrize(
    ("ask", "portal"),
    [(contracts, "data_go_kr"), (auctions, "data_go_kr"), (cloud, "odcloud")],
    ids=["contracts", "auctions", "cloud"],
)
def test_portals_are_told_apart(ask: object, portal: str) -> None:
    world = World(saying("Unauthorized", 401))
    refused(world, ask)  # type: ignore[arg-type]
    assert world.told == [(portal, "key")]


@pytest.mark.parametrize(
    ("status", "text", "outcomes"),
    [
        (502, "<html>Bad Gateway</html>", ["hiccup"] * 3),
        (429, "API token quota exceeded", ["quota"]),
        (200, "<html/>", ["unreadable"]),
    ],
)
def test_each_attempt_counts_by_what_went_wrong(status: int, text: str, outcomes: list[str]) -> None:
    world = World(saying(text, status))
    refused(world)
    assert [outcome for _, outcome in world.told] == outcomes


def test_a_portal_that_cannot_be_reached_or_is_silent_counts_too() -> None:
    def unreachable(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no")

    world = World(unreachable)
    refused(world)
    assert world.told == [("data_go_kr", "unreachable")] * 2
    world = World(silent_for(60.0))
    refused(world)
    assert {outcome for _, outcome in world.told} <= {"timeout", "cancelled"}
    assert world.told[0] == ("data_go_kr", "timeout")


def test_a_request_that_was_given_up_is_told_as_cancelled() -> None:
    inside = asyncio.Event()

    async def hold(_: httpx.Request) -> httpx.Response:
        inside.set()
        await asyncio.Event().wait()
        raise AssertionError

    world = World(hold)

    async def give_up(sources: PortalSources) -> None:
        task = asyncio.create_task(sources.months(SALES, months_back(1), CallContext()))
        await inside.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    world.run(give_up)
    assert world.told == [("data_go_kr", "cancelled")]
