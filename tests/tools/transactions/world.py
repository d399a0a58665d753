"""The transaction tools over rows from a list: nothing is fetched, everything else is real."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
from mcp_types import CallToolResult

from app.tools.base import CallContext, Tool
from app.tools.real_estate.catalog import transaction_tools
from app.tools.real_estate.contract import Dataset, Listing, Month, Row, Sources
from app.tools.real_estate.house_types import HOUSE_TYPES
from app.tools.real_estate.ledger import Ledger

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=SEOUL)
AS_OF = datetime(2026, 11, 22, 9, 0, tzinfo=SEOUL)
GANGNAM, SEOCHO, SONGPA = "11680", "11650", "11710"

Key = tuple[str, str, str]
"""Number of the dataset, district, month."""


class ListedSources:
    """Keeps the promises of ``Sources.months`` from a mapping; what is not in it is an empty month."""

    def __init__(self, rows: Mapping[Key, Sequence[Row]] | None = None, as_of: datetime = AS_OF) -> None:
        self.rows = dict(rows or {})
        self.as_of = as_of
        self.asked: list[Key] = []

    async def months(self, dataset: Dataset, wanted: Sequence[tuple[str, str]], context: CallContext) -> list[Month]:
        found = []
        for done, (code, year_month) in enumerate(wanted, 1):
            key = (dataset.number, code, year_month)
            self.asked.append(key)
            found.append(Month(code, year_month, tuple(self.rows.get(key, ())), self.as_of))
            await context.progress(done, len(wanted), None)
        return found

    async def odcloud(self, dataset: Dataset, conditions: Mapping[str, str], page: int, per_page: int) -> Listing:
        raise AssertionError("the transaction tools ask for contracts only")

    async def onbid(self, dataset: Dataset, parameters: Mapping[str, str], page_no: int, num_of_rows: int) -> Listing:
        raise AssertionError("the transaction tools ask for contracts only")

    async def onbid_codes(self, dataset: Dataset) -> Listing:
        raise AssertionError("the transaction tools ask for contracts only")

    def calls_today(self, dataset: Dataset) -> int:
        return sum(number == dataset.number for number, _, _ in self.asked)


class Relay(ListedSources):
    """Hands every question on to ``inner``. Tools are built over it once, because their schemas take time.

    Each call is answered a microsecond later than the last, so that nothing is remembered from test to test.
    """

    inner = ListedSources()
    now = NOW
    later = timedelta(0)

    async def months(self, dataset: Dataset, wanted: Sequence[tuple[str, str]], context: CallContext) -> list[Month]:
        found = await self.inner.months(dataset, wanted, context)
        return [replace(month, as_of=month.as_of + self.later) for month in found]

    def calls_today(self, dataset: Dataset) -> int:
        return self.inner.calls_today(dataset)


RELAY = Relay()


def tools(sources: Sources, **options: Any) -> dict[str, Tool]:
    settings: dict[str, Any] = {"clock": lambda: NOW, "sample": False, **options}
    meta = settings.pop("chart_meta", None)
    return {tool.definition.name: tool for tool in transaction_tools(Ledger(sources, **settings), chart_meta=meta)}


@cache
def relayed(*, sample: bool) -> dict[str, tuple[Tool, jsonschema.Draft202012Validator]]:
    built = tools(RELAY, clock=lambda: RELAY.now, sample=sample)
    return {
        name: (tool, jsonschema.Draft202012Validator(tool.definition.output_schema)) for name, tool in built.items()
    }


def call_raw(
    name: str,
    sources: ListedSources,
    arguments: Mapping[str, Any],
    context: CallContext | None = None,
    *,
    clock: Callable[[], datetime] = lambda: NOW,
    sample: bool = False,
) -> CallToolResult:
    """Call a tool; its result is held against the output schema each time."""
    RELAY.inner, RELAY.now, RELAY.later = sources, clock(), RELAY.later + timedelta(microseconds=1)
    tool, validator = relayed(sample=sample)[name]
    result = asyncio.run(tool.call(arguments, context or CallContext()))
    validator.validate(result.structured_content)
    return result


def call(name: str, sources: ListedSources, arguments: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    structured = call_raw(name, sources, arguments, **options).structured_content
    assert isinstance(structured, dict)
    return structured


def number_of(tool: str) -> str:
    """The number of the dataset behind a tool for one month."""
    for house in HOUSE_TYPES.values():
        if tool == house.sale_tool:
            return house.sale.number
        if house.lease and tool == house.lease_tool:
            return house.lease.number
    raise AssertionError(tool)


def one_month(tool: str, rows: Sequence[Row], /, month: str = "202509", **arguments: Any) -> dict[str, Any]:
    """Call a tool for one month of Gangnam that holds ``rows``."""
    sources = ListedSources({(number_of(tool), GANGNAM, month): rows})
    return call(tool, sources, {"region_code": GANGNAM, "year_month": month, **arguments})
