"""Contract months: counting them, checking them, when they are complete, and under which code old ones are kept.

A contract is reported within 30 days, so a month is complete only when its last contracts can no longer come in
(Act on Report on Real Estate Transactions, article 3). Months are texts YYYYMM, which sort as they follow each other.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files

from app.errors import ToolError
from app.tools.real_estate.regions import Change

REPORTING_DAYS = timedelta(days=30)


def shifted(year_month: str, by: int) -> str:
    """Return the month ``by`` months later; earlier when it is negative."""
    months = int(year_month[:4]) * 12 + int(year_month[4:]) - 1 + by
    return f"{months // 12:04}{months % 12 + 1:02}"


def months_up_to(last: str, count: int) -> list[str]:
    """Return ``count`` months, oldest first, of which the newest is ``last``."""
    return [shifted(last, back) for back in range(1 - count, 1)]


def check_month(argument: str, year_month: str, first: str, now: datetime) -> str:
    """Return the month if it lies in the data, ``first`` to the current month of ``now`` (Korean time)."""
    if not re.fullmatch(r"[0-9]{4}(0[1-9]|1[0-2])", year_month):
        raise ToolError(f"{argument}: must be a month as YYYYMM, for example 202509 for September 2025.")
    current = f"{now:%Y%m}"
    if not first <= year_month <= current:
        raise ToolError(f"{argument}: must be from {first}, when the data begins, to {current}, now in Korea.")
    return year_month


def check_period(last: str, count: int, first: str) -> list[str]:
    """Return the ``count`` months up to ``last``; a :class:`ToolError` when they reach back before the data."""
    months = months_up_to(last, count)
    if months[0] >= first:
        return months
    most = (int(last[:4]) - int(first[:4])) * 12 + int(last[4:]) - int(first[4:]) + 1
    raise ToolError(f"months: the data begins in {first}; up to {last} there are {most} months, so at most {most}.")


def reporting_deadline(year_month: str) -> date:
    """Return the last day on which a contract of the month may be reported."""
    return date.fromisoformat(f"{shifted(year_month, 1)}01") - timedelta(days=1) + REPORTING_DAYS


def is_incomplete(year_month: str, now: datetime) -> bool:
    """Tell whether contracts of the month are still coming in; so is the previous month to its last day."""
    return year_month >= shifted(f"{now:%Y%m}", -1) or now.date() <= reporting_deadline(year_month)


@lru_cache(maxsize=1)
def _predecessors() -> dict[str, tuple[str, str]]:
    """Read which district is exactly one former district, nothing split off or joined: its old code, and since when."""
    table = (files(__package__) / "data" / "sigungu_changes.tsv").read_text("utf-8")
    changes = [Change(*line.split("\t")) for line in table.splitlines()[1:]]
    parts = Counter(change.old_code for change in changes)
    wholes = Counter(change.new_code for change in changes)
    return {
        change.new_code: (change.old_code, change.effective)
        for change in changes
        if parts[change.old_code] == wholes[change.new_code] == 1
    }


def former_code(region_code: str, year_month: str) -> str | None:
    """Return the code under which this very district was kept when the month began, if it was another one.

    The portal moves old months to the new code, but there is one report of months that stayed behind.
    """
    old_code, effective = _predecessors().get(region_code, ("", ""))
    began = f"{year_month[:4]}-{year_month[4:]}-01"
    return old_code if began < effective else None
