"""A clock that is off is told once, in one line, as soon as the authorization server answered."""

from __future__ import annotations

import logging
import re
from email.utils import formatdate

import anyio
import httpx
import pytest

from app.auth.clock import ClockWatch
from tests.support.world import eventually, open_world

NOW = 1_800_000_000.0


def look(watch: ClockWatch, *dates: str | None) -> None:
    async def run() -> None:
        for date in dates:
            await watch.look(httpx.Response(200, headers={"date": date} if date is not None else {}))

    anyio.run(run)


@pytest.mark.parametrize(
    ("off", "words"),
    [
        (0, ""),
        (59, ""),
        (-59, ""),
        (600, "600 seconds ahead of"),
        (-600, "600 seconds behind"),
        (-86_400, "86400 seconds behind"),
    ],
)
def test_a_difference_is_told_with_its_side(caplog: pytest.LogCaptureFixture, off: float, words: str) -> None:
    watch = ClockWatch(lambda: NOW + off)
    with caplog.at_level(logging.WARNING):
        look(watch, formatdate(NOW, usegmt=True), formatdate(NOW, usegmt=True))
    assert watch.ahead == off
    assert [words in record.getMessage() for record in caplog.records] == ([True] if words else [])


@pytest.mark.parametrize("date", [None, "", "yesterday", "Wed, 99 Nov 2026 00:00:00 GMT"])
def test_an_answer_without_a_usable_date_says_nothing(caplog: pytest.LogCaptureFixture, date: str | None) -> None:
    look(ClockWatch(lambda: NOW), date)
    assert caplog.records == []


def test_a_clock_set_right_and_wrong_again_is_told_again(caplog: pytest.LogCaptureFixture) -> None:
    dates = [formatdate(NOW + off, usegmt=True) for off in (600, 0, 600)]
    look(ClockWatch(lambda: NOW), *dates)
    assert len(caplog.records) == 2


def test_the_server_tells_it_and_refuses_tokens_from_ahead_with_the_remedy(caplog: pytest.LogCaptureFixture) -> None:
    with open_world() as world:
        world.clock.now -= 600
        token = world.token(iat=world.clock() + 600, nbf=None)
        answer = world.call(token)
        assert answer.status_code == 401
        lines = eventually(
            lambda: [one for one in caplog.records if re.search(r"60[01] seconds behind", one.getMessage())]
        )
        assert lines
    lines = [record.getMessage() for record in caplog.records]
    assert any("reason=issued_in_future" in line and "Check this machine's clock" in line for line in lines)
