"""All pages of something that is counted: the first, then the rest side by side, and every row accounted for.

Rows that do not add up to the portal's own count are refused: statistics on a part are worse than none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from app.tools.real_estate.sources.bounds import MOST_PAGES, MOST_ROWS, PAGE_ROWS
from app.tools.real_estate.sources.faults import fail


@dataclass(frozen=True)
class Page:
    """One page, and how many rows there are on all of them."""

    total: int
    rows: list[Mapping[str, Any]]


async def all_rows(page: Callable[[int, int], Coroutine[Any, Any, Page]]) -> tuple[Mapping[str, Any], ...]:
    """Return the rows of every page; ``page(number, size)`` asks for one. Raises :class:`Fault`."""
    first = await page(1, PAGE_ROWS)
    if first.total <= len(first.rows):
        return _checked([first])
    # A portal may cap a page below what was asked: the rest is asked for in pages of the size that came.
    size = len(first.rows) or fail("partial")
    pages = -(-first.total // size)
    if pages > MOST_PAGES or first.total > MOST_ROWS:
        fail("large")
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(page(number, size)) for number in range(2, pages + 1)]
    except ExceptionGroup as failures:
        failure = failures.exceptions[0]
    else:
        return _checked([first, *(task.result() for task in tasks)])
    raise failure


def check_length(count: int, total: int, *, number: int, size: int) -> None:
    """Refuse page ``number`` of pages of ``size`` rows unless it has every row that ``total`` leaves for it."""
    if count != max(0, min(size, total - (number - 1) * size)):
        fail("partial")


def _checked(pages: list[Page]) -> tuple[Mapping[str, Any], ...]:
    rows = tuple(row for page in pages for row in page.rows)
    if len({page.total for page in pages}) > 1:
        fail("moving")
    if len(rows) != pages[0].total:
        fail("partial")
    return rows
