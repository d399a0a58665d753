"""Sources kept from lists, which count what they were asked, and a way to call a tool over them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from jsonschema import Draft202012Validator
from mcp_types import CallToolResult

from app.tools.base import CallContext, Locale, Tool
from app.tools.real_estate.auctions import auction_tools
from app.tools.real_estate.contract import Dataset, Listing, Month
from app.tools.real_estate.subscription import subscription_tools

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 24, 0, 30, tzinfo=SEOUL)
"""Half past midnight in Korea: in UTC it is still the day before."""

Row = Mapping[str, Any]

TESTS = {
    "EQ": lambda has, wanted: has == wanted,
    "GTE": lambda has, wanted: has >= wanted,
    "LTE": lambda has, wanted: has <= wanted,
}


@dataclass
class FakeSources:
    """``odcloud_rows`` by operation, ``onbid_rows`` for every list, ``code_rows`` by operation.

    ``deaf`` ignores filters in silence; ``page_cap`` delivers fewer rows than were asked for; ``short`` drops rows.
    """

    odcloud_rows: dict[str, Sequence[Row]] = field(default_factory=dict)
    onbid_rows: Sequence[Row] = ()
    code_rows: dict[str, Sequence[Row]] = field(default_factory=dict)
    deaf: bool = False
    page_cap: int = 1_000_000
    short: int = 0
    asked: list[tuple[str, dict[str, str], int, int]] = field(default_factory=list)

    async def months(self, dataset: Dataset, wanted: Any, context: CallContext) -> list[Month]:
        raise AssertionError("listings are not asked for by month")

    async def odcloud(self, dataset: Dataset, conditions: Mapping[str, str], page: int, per_page: int) -> Listing:
        self.asked.append((dataset.path, dict(conditions), page, per_page))
        every = self.odcloud_rows.get(dataset.path.rsplit("/", 1)[1], ())
        rows = [row for row in every if self.deaf or fits(row, conditions)]
        return self._listing(rows, page, min(per_page, self.page_cap), total=len(every))

    async def onbid(self, dataset: Dataset, parameters: Mapping[str, str], page_no: int, num_of_rows: int) -> Listing:
        assert all(isinstance(value, str) and value for value in parameters.values())
        self.asked.append((dataset.path, dict(parameters), page_no, num_of_rows))
        return self._listing(self.onbid_rows, page_no, num_of_rows, total=len(self.onbid_rows))

    async def onbid_codes(self, dataset: Dataset) -> Listing:
        self.asked.append((dataset.path, {}, 0, 0))
        rows = self.code_rows.get(dataset.path.rsplit("/", 1)[1], ())
        return self._listing(rows, 1, len(rows) or 1, total=len(rows))

    def calls_today(self, dataset: Dataset) -> int:
        return len([path for path, *_ in self.asked if path == dataset.path])

    def _listing(self, rows: Sequence[Row], page: int, size: int, *, total: int) -> Listing:
        part = tuple(rows[(page - 1) * size : page * size])
        asked_at = NOW - timedelta(minutes=len(self.asked))
        return Listing(part[: len(part) - self.short], total, len(rows), asked_at)


def fits(row: Row, conditions: Mapping[str, str]) -> bool:
    """Compare as the gateway does: texts, and a null fits nothing."""
    pairs = [(name.split("::"), wanted) for name, wanted in conditions.items()]
    return all(row.get(name) is not None and TESTS[test](str(row[name]), wanted) for (name, test), wanted in pairs)


class _Desk:
    """Stands for whichever sources a test has at hand, so that the tools are built once for all tests."""

    at_hand: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.at_hand, name)


DESK = _Desk()


@cache
def tools_of(now: datetime = NOW, sample: bool = False) -> dict[str, Tool]:
    every = subscription_tools(DESK, clock=lambda: now, sample=sample)
    every += auction_tools(DESK, clock=lambda: now, sample=sample)
    return {tool.definition.name: tool for tool in every}


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(tools_of()[name].definition.output_schema)


def call_raw(
    sources: Any,
    name: str,
    arguments: dict[str, Any],
    *,
    locale: Locale = "en",
    now: datetime = NOW,
    sample: bool = False,
) -> CallToolResult:
    DESK.at_hand = sources
    result = asyncio.run(tools_of(now, sample)[name].call(arguments, CallContext(locale=locale)))
    validator(name).validate(result.structured_content)
    return result


def call(sources: Any, name: str, /, **arguments: Any) -> dict[str, Any]:
    structured = call_raw(sources, name, arguments).structured_content
    assert isinstance(structured, dict)
    return structured


def text_of(sources: Any, name: str, arguments: dict[str, Any], **options: Any) -> str:
    return call_raw(sources, name, arguments, **options).content[0].text  # type: ignore[union-attr]
