"""What an owner types for an end of access."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from app.people.until import moment, span

NOW = datetime(2026, 11, 25, 12, 0)  # noqa: DTZ001  (a Wednesday, on this machine's clock)


@pytest.fixture(params=["UTC", "Asia/Seoul", "America/New_York"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


ENDS = [
    ("2026-12-31", "2027-01-01T00:00"),
    ("20261231", "2027-01-01T00:00"),
    ("2026-11-25", "2026-11-26T00:00"),
    ("2026-12-31T18:30", "2026-12-31T18:30"),
    ("2026-12-31 18:30:15", "2026-12-31T18:30:15"),
    ("friday", "2026-11-28T00:00"),
    ("Wednesday", "2026-11-26T00:00"),
    ("tuesday", "2026-12-02T00:00"),
    ("7d", "2026-12-02T12:00"),
    ("12h", "2026-11-26T00:00"),
    ("3w", "2026-12-16T12:00"),
]


@pytest.mark.parametrize(("text", "end"), ENDS)
def test_days_end_at_midnight_of_this_machines_time_zone(zone: str, text: str, end: str) -> None:
    assert moment(text, NOW.timestamp()) == datetime.fromisoformat(end).timestamp()


def test_a_moment_with_a_zone_of_its_own_is_that_moment(zone: str) -> None:
    assert moment("2026-12-31T18:00:00+09:00", NOW.timestamp()) == 1_798_707_600


@pytest.mark.parametrize(
    "text", ["", " ", "soon", "0d", "-7d", "7", "d", "7m", "1.5d", "100000d", "2026-02-30", "fri", "2026-11-24", "²d"]
)
def test_what_is_no_time_to_come_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"(is not a time\. Write|is over already\.)"):
        moment(text, NOW.timestamp())


def test_a_length_of_time() -> None:
    assert span("90d").days == 90
    with pytest.raises(ValueError, match="12h, 7d or 3w"):
        span("friday")
