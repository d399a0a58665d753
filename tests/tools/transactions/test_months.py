"""When a month is complete, and how months are counted."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.tools.real_estate.months import is_incomplete, months_up_to, reporting_deadline, shifted
from tests.tools.transactions.world import GANGNAM, SEOUL, ListedSources, call

TOOLS = ["get_apartment_trades", "get_apartment_rent"]


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize(
    ("now", "month", "incomplete", "deadline"),
    [
        (datetime(2026, 11, 22, 12, tzinfo=SEOUL), "202611", True, "2026-12-30"),
        (datetime(2026, 11, 22, 12, tzinfo=SEOUL), "202610", True, "2026-11-30"),
        (datetime(2026, 11, 22, 12, tzinfo=SEOUL), "202609", False, "2026-10-30"),
        (datetime(2026, 3, 31, 12, tzinfo=SEOUL), "202602", True, "2026-03-30"),
        (datetime(2026, 3, 2, 12, tzinfo=SEOUL), "202601", True, "2026-03-02"),
        (datetime(2026, 3, 3, 12, tzinfo=SEOUL), "202601", False, "2026-03-02"),
        (datetime(2026, 1, 5, 12, tzinfo=SEOUL), "202512", True, "2026-01-30"),
    ],
)
def test_a_month_is_incomplete_until_its_contracts_must_be_reported(
    tool: str, now: datetime, month: str, incomplete: bool, deadline: str
) -> None:
    answer = call(tool, ListedSources(), {"region_code": GANGNAM, "year_month": month}, clock=lambda: now)
    assert (answer["incomplete"], answer["reporting_deadline"]) == (incomplete, deadline)


@pytest.mark.parametrize("tool", TOOLS)
def test_the_first_of_the_month_begins_in_seoul_not_in_utc(tool: str) -> None:
    at = datetime.fromisoformat("2026-11-30T15:00:00+00:00")
    arguments = {"region_code": GANGNAM, "year_month": "202612"}
    assert call(tool, ListedSources(), arguments, clock=lambda: at)["incomplete"] is True


@given(st.dates(date(2006, 1, 1), date(2090, 1, 1)), st.integers(-300, 300))
def test_months_are_counted_as_the_calendar_counts_them(day: date, by: int) -> None:
    month, there = f"{day:%Y%m}", shifted(f"{day:%Y%m}", by)
    assert shifted(there, -by) == month
    assert (there > month) is (by > 0)
    assert (int(there[:4]) - day.year) * 12 + int(there[4:]) - day.month == by


@given(st.dates(date(2006, 1, 1), date(2090, 1, 1)), st.integers(1, 60))
def test_a_period_is_unbroken_and_ends_where_it_should(day: date, count: int) -> None:
    months = months_up_to(f"{day:%Y%m}", count)
    assert (len(months), months[-1]) == (count, f"{day:%Y%m}")
    assert all(shifted(early, 1) == late for early, late in pairwise(months))


@given(st.dates(date(2006, 1, 1), date(2090, 1, 1)))
def test_the_deadline_is_thirty_days_after_the_last_day(day: date) -> None:
    last = reporting_deadline(f"{day:%Y%m}") - timedelta(days=30)
    assert (f"{last:%Y%m}", (last + timedelta(days=1)).day) == (f"{day:%Y%m}", 1)
    after = datetime(last.year, last.month, last.day, tzinfo=SEOUL) + timedelta(days=62)
    assert not is_incomplete(f"{day:%Y%m}", after)
