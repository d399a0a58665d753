"""Requests keep the plan's pace, and wait when Auth0 asks for it."""

from __future__ import annotations

from itertools import pairwise

import httpx
import pytest

from app.auth0.pace import MAX_TRIES, MAX_WAIT, SECONDS_BETWEEN, Paced, seconds_to_wait
from tests.support.auth0 import WaitingClock


def test_each_request_begins_half_a_second_after_the_one_before() -> None:
    clock = WaitingClock()
    began = []

    def answer(request: httpx.Request) -> httpx.Response:
        began.append(clock.now)
        return httpx.Response(200)

    with httpx.Client(transport=Paced(httpx.MockTransport(answer), clock, clock.sleep)) as http:
        for _ in range(4):
            http.get("http://127.0.0.1/")
        clock.now += 10
        http.get("http://127.0.0.1/")
        clock.now -= 1_000  # somebody sets the clock back
        http.get("http://127.0.0.1/")
    assert [round(later - earlier, 3) for earlier, later in pairwise(began[:4])] == [SECONDS_BETWEEN] * 3
    assert [round(one, 3) for one in clock.slept] == [SECONDS_BETWEEN] * 4


def test_a_429_is_waited_out_and_tried_again_but_not_for_ever() -> None:
    clock, told = WaitingClock(), []
    asked: list[bytes] = []
    refusals = 2

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.read())
        return httpx.Response(429 if len(asked) <= refusals else 201, headers={"retry-after": "7"})

    paced = Paced(httpx.MockTransport(answer), clock, clock.sleep, told.append)
    with httpx.Client(transport=paced) as http:
        assert http.post("http://127.0.0.1/", content=b"body").status_code == 201
        assert asked == [b"body"] * 3
        assert (told, clock.slept) == ([7.0, 7.0], [7.0, 7.0])
        asked.clear()
        refusals = 1_000
        assert http.get("http://127.0.0.1/").status_code == 429
        assert len(asked) == MAX_TRIES


def test_no_other_failure_is_tried_again() -> None:
    clock = WaitingClock()
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(503)

    with httpx.Client(transport=Paced(httpx.MockTransport(answer), clock, clock.sleep)) as http:
        assert http.get("http://127.0.0.1/").status_code == 503
    assert (len(asked), clock.slept) == (1, [])


WAITS = [
    ({"retry-after": "3"}, 3.0),
    ({"x-ratelimit-reset": "1010"}, 10.0),
    ({"retry-after": "2", "x-ratelimit-reset": "1010"}, 2.0),
    ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "x-ratelimit-reset": "1004"}, 4.0),
    ({"x-ratelimit-reset": "900"}, SECONDS_BETWEEN),
    ({"retry-after": "99999"}, MAX_WAIT),
    ({"retry-after": "9" * 400}, 1.0),
    ({"retry-after": "-5"}, 1.0),
    ({"retry-after": "soon"}, 1.0),
    ({}, 1.0),
]


@pytest.mark.parametrize(("headers", "seconds"), WAITS)
def test_the_wait_is_what_the_headers_ask_for_within_reason(headers: dict[str, str], seconds: float) -> None:
    assert seconds_to_wait(httpx.Headers(headers), 1000.0) == seconds
