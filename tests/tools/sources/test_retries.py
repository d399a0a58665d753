"""What may pass is tried again, after a growing wait; what will not pass is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app.tools.real_estate.sources import CALL_SECONDS
from tests.tools.sources.questions import XML_ENVELOPE, auctions, cloud, contracts
from tests.tools.sources.support import (
    World,
    let_pass,
    ministry,
    one_month,
    refused,
    saying,
    silent_for,
    sold,
    xml_page,
)

AGAIN = [
    (429, "API rate limit exceeded"),
    (200, XML_ENVELOPE.format("?", "?", "23")),
    (500, "Unexpected error"),
    (502, "Error forwarding request to backend server"),
    (504, "Error receiving response from backend server"),
    (502, "<html>Bad Gateway</html>"),
    (200, XML_ENVELOPE.format("SERVICE ERROR", "APPLICATION_ERROR", "01")),
    (400, XML_ENVELOPE.format("HTTP_ERROR", "?", "04")),
    (200, XML_ENVELOPE.format("?", "?", "05")),
    (200, xml_page("", total=0, code="05")),
    (200, ""),
]
FINAL = [
    (429, "API token quota exceeded"),
    (200, XML_ENVELOPE.format("?", "?", "22")),
    (401, "Unauthorized"),
    (403, "Forbidden"),
    (404, "API not found"),
    (301, ""),
    (503, "Service Unavailable"),
    (200, "<html/>"),
    (200, xml_page("", total=3)),
    (200, xml_page("<item/>", total=10**9)),
    *((200, XML_ENVELOPE.format("?", "?", code)) for code in ("02", "03", "10", "11", "12", "20", "21", "29")),
    *((403, XML_ENVELOPE.format("?", "?", code)) for code in ("30", "31", "32", "33", "99", "77")),
]


@pytest.mark.parametrize(("status", "text"), AGAIN)
def test_what_may_pass_is_tried_three_times_with_growing_waits(status: int, text: str) -> None:
    world = World(saying(text, status))
    refused(world)
    assert len(world.asked) == 3
    first, second = world.slept
    assert 0.5 <= first <= 1.0 <= second <= 1.5


@pytest.mark.parametrize(("status", "text"), AGAIN)
def test_a_fault_that_passed_is_never_seen(status: int, text: str) -> None:
    good = ministry()

    def answer(request: httpx.Request) -> httpx.Response:
        if len(world.asked) < 3:
            return httpx.Response(status, content=text)
        answered = good(request)
        assert isinstance(answered, httpx.Response)
        return answered

    world = World(answer)
    assert one_month(world) == sold("11710", "202506")
    assert len(world.asked) == 3


@pytest.mark.parametrize(("status", "text"), FINAL)
def test_what_will_not_pass_is_asked_once(status: int, text: str) -> None:
    world = World(saying(text, status))
    refused(world)
    assert (len(world.asked), world.slept) == (1, [])


@pytest.mark.parametrize("work", [cloud, auctions])
def test_the_other_services_keep_the_same_rules(work: Any) -> None:
    for status, text, requests in ((502, "", 3), (401, "Unauthorized", 1), (429, "API token quota exceeded", 1)):
        world = World(saying(text, status))
        refused(world, work)
        assert len(world.asked) == requests


def test_waits_differ_from_one_another() -> None:
    world = World(saying("", 502))
    for _ in range(3):
        refused(world)
    assert len(set(world.slept)) == len(world.slept) == 6


@pytest.mark.parametrize(
    "error", [httpx.ConnectError, httpx.ReadError, httpx.ReadTimeout, httpx.ConnectTimeout, OSError]
)
def test_a_failed_connection_is_tried_once_more(error: type[Exception]) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error("broken")

    world = World(answer)
    refused(world)
    assert (len(world.asked), len(world.slept)) == (2, 1)


def test_an_answer_that_does_not_come_in_time_is_waited_for_once_more() -> None:
    world = World(silent_for(15))
    assert "did not answer in time" in refused(world)
    assert len(world.asked) == 2


def test_a_body_that_trickles_without_end_is_cut_off_by_the_time_of_the_request() -> None:
    async def trickle() -> AsyncIterator[bytes]:
        while True:
            let_pass(1)
            yield b" "
            await asyncio.sleep(0)

    world = World(lambda _: httpx.Response(200, content=trickle()))
    assert "did not answer in time" in refused(world)


@pytest.mark.parametrize(("work", "said"), [(contracts, "0 of 1 months are already fetched"), (cloud, "40 seconds")])
def test_attempts_end_with_the_time_of_the_question(work: Any, said: str) -> None:
    world = World(silent_for(CALL_SECONDS), settings={"request_seconds": 1_000.0})
    assert said in refused(world, work)
    assert len(world.asked) == 1
