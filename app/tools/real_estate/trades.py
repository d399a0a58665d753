"""Apartment sales of one district in one contract month, with statistics over every sale that was not cancelled.

The fields are those of the portal's dataset 15126469. Every upstream row is accounted for: it is cancelled, or its
price cannot be read, or it is in the statistics. Retired codes are not asked for, because the portal serves old
months under the new ones; and there are no statistics on a part of the rows.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from mcp_types import ToolAnnotations
from pydantic import Field

from app.errors import ToolError
from app.tools.base import CallContext, Locale, Tool, ToolModel, typed_tool
from app.tools.real_estate.portal import Dataset, PortalClient, Row
from app.tools.real_estate.region_tools import SEOUL, Clock, living_district
from app.tools.real_estate.regions import load_regions

DATASET = Dataset(
    "/1613000/RTMSDataSvcAptTrade/getRTMSDataSvcAptTrade", "https://www.data.go.kr/data/15126469/openapi.do"
)
FIRST_MONTH = "200601"
REPORTING_DAYS = timedelta(days=30)
_SOURCE = "Ministry of Land, Infrastructure and Transport (국토교통부 아파트 매매 실거래가), data.go.kr 15126469"
_LONGEST_TEXT = 120


class TradesQuery(ToolModel):
    region_code: str = Field(
        description="Five-digit code of one district, as get_region_code gives it.",
        examples=["11680"],
        json_schema_extra={"pattern": "^[0-9]{5}$"},
    )
    year_month: str = Field(
        description="Contract month YYYYMM, from 200601 to the current month in Korea.",
        examples=["202509"],
        json_schema_extra={"pattern": "^[0-9]{6}$"},
    )
    num_of_rows: int = Field(
        default=100, ge=1, le=1000, description="How many sales to list, newest first; the summary covers all of them."
    )


class Trade(ToolModel):
    apt_name: str | None
    dong: str | None = Field(description="Legal dong (in counties eup or myeon, and ri).")
    jibun: str | None = Field(description="Lot number.")
    area_sqm: float | None = Field(description="Exclusive area in square metres.")
    floor: int | None = Field(description="Negative for basements.")
    price_10k: int = Field(description="Price in 10,000 won (만원).")
    trade_date: str | None = Field(description="Contract date, YYYY-MM-DD.")
    build_year: int | None
    deal_type: str | None = Field(description="중개거래 (through an agent) or 직거래 (direct).")


class Summary(ToolModel):
    median_price_10k: int | float | None
    min_price_10k: int | None
    max_price_10k: int | None
    sample_count: int = Field(description="Sales in the statistics: neither cancelled nor unreadable.")


class Trades(ToolModel):
    region_code: str
    region_name: str
    year_month: str
    total_count: int = Field(description="Rows upstream: cancelled_count + unparsed_count + summary.sample_count.")
    cancelled_count: int
    unparsed_count: int = Field(description="Rows whose price cannot be read.")
    items_returned: int
    items: tuple[Trade, ...] = Field(description="Sales that were not cancelled, newest first, at most num_of_rows.")
    summary: Summary = Field(description="Over all sales of the month, not only the listed items.")
    incomplete: bool = Field(description="True while sales of the month are still being reported.")
    reporting_deadline: str = Field(description="Last day for reporting a sale of the month, YYYY-MM-DD.")
    source: str
    data_as_of: str = Field(description="When the portal was asked, ISO 8601, Korean time.")
    sample: bool = Field(description="True when the data is made up for a demonstration.")


@dataclass(frozen=True)
class Sales:
    """The upstream rows of a month, sorted into what they are."""

    trades: list[Trade]
    cancelled: int
    unparsed: int


def trades_tool(portal: PortalClient, *, clock: Clock, sample: bool) -> Tool:
    """Build ``get_apartment_trades``."""

    async def get_apartment_trades(arguments: TradesQuery, _: CallContext) -> Trades:
        now = clock().astimezone(SEOUL)
        regions = await asyncio.to_thread(load_regions)
        name = living_district(regions, arguments.region_code)
        deadline = reporting_deadline(arguments.year_month, now)
        query = {"LAWD_CD": arguments.region_code, "DEAL_YMD": arguments.year_month}
        sales = await asyncio.to_thread(sort_rows, await portal.fetch(DATASET, query))
        listed = tuple(sales.trades[: arguments.num_of_rows])
        return Trades(
            region_code=arguments.region_code,
            region_name=name,
            year_month=arguments.year_month,
            total_count=len(sales.trades) + sales.cancelled + sales.unparsed,
            cancelled_count=sales.cancelled,
            unparsed_count=sales.unparsed,
            items_returned=len(listed),
            items=listed,
            summary=summarize_prices([trade.price_10k for trade in sales.trades]),
            incomplete=now.date() <= deadline or arguments.year_month >= _previous_month(now),
            reporting_deadline=deadline.isoformat(),
            source="made-up sample data of a demonstration" if sample else _SOURCE,
            data_as_of=now.isoformat(timespec="seconds"),
            sample=sample,
        )

    return typed_tool(
        get_apartment_trades,
        name="get_apartment_trades",
        title="Apartment sales in Korea",
        description=(
            "Use this for apartment sale prices in one Korean district and one contract month: every reported sale "
            "with a summary (median, lowest, highest) over all of them. Takes the five-digit code that get_region_code "
            "gives. Prices are in 10,000 won (만원). Cancelled sales are counted but left out; the current and the "
            "previous month are incomplete, because a sale may be reported up to 30 days later."
        ),
        arguments=TradesQuery,
        result=Trades,
        scope="read",
        annotations=ToolAnnotations(
            read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True
        ),
        summarize=_summarize,
    )


def reporting_deadline(year_month: str, now: datetime) -> date:
    """Check the month and return the last day on which a sale of it may be reported."""
    if not re.fullmatch(r"[0-9]{4}(0[1-9]|1[0-2])", year_month):
        raise ToolError("year_month: must be a month as YYYYMM, for example 202509 for September 2025.")
    current = f"{now:%Y%m}"
    if not FIRST_MONTH <= year_month <= current:
        raise ToolError(f"year_month: must be from {FIRST_MONTH}, when the data begins, to {current}, now in Korea.")
    in_next_month = date(int(year_month[:4]), int(year_month[4:]), 1) + timedelta(days=31)
    return in_next_month.replace(day=1) - timedelta(days=1) + REPORTING_DAYS


def _previous_month(now: datetime) -> str:
    return f"{now.replace(day=1) - timedelta(days=1):%Y%m}"


def sort_rows(rows: Sequence[Row]) -> Sales:
    """Tell live, cancelled and unreadable rows apart; live ones newest first, undated ones last."""
    live = [row for row in rows if (_text(row, "cdealType") or _text(row, "cdealtype")) != "O"]
    trades = [trade for row in live if (trade := _trade(row))]
    trades.sort(key=lambda trade: trade.trade_date or "", reverse=True)
    return Sales(trades, cancelled=len(rows) - len(live), unparsed=len(live) - len(trades))


def summarize_prices(prices: Sequence[int]) -> Summary:
    """Compute the statistics; none over nothing."""
    if not prices:
        return Summary(median_price_10k=None, min_price_10k=None, max_price_10k=None, sample_count=0)
    middle = float(median(prices))
    return Summary(
        median_price_10k=int(middle) if middle.is_integer() else middle,
        min_price_10k=min(prices),
        max_price_10k=max(prices),
        sample_count=len(prices),
    )


def _trade(row: Row) -> Trade | None:
    price = _integer(row, "dealAmount")
    if price is None or price <= 0:
        return None
    return Trade(
        apt_name=_text(row, "aptNm"),
        dong=_text(row, "umdNm"),
        jibun=_text(row, "jibun"),
        area_sqm=_area(row),
        floor=_integer(row, "floor"),
        price_10k=price,
        trade_date=_date(row),
        build_year=_integer(row, "buildYear"),
        deal_type=_text(row, "dealingGbn"),
    )


def _text(row: Row, tag: str) -> str | None:
    value = row.get(tag)
    if not isinstance(value, str):
        return None
    printable = "".join(character if character.isprintable() else " " for character in value)
    return " ".join(printable.split())[:_LONGEST_TEXT] or None


def _integer(row: Row, tag: str) -> int | None:
    text = _text(row, tag) or ""
    return int(text.replace(",", "")) if re.fullmatch(r"-?([0-9]{1,12}|[0-9]{1,3}(,[0-9]{3}){1,3})", text) else None


def _area(row: Row) -> float | None:
    text = _text(row, "excluUseAr") or ""
    return float(text) if re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,6})?", text) else None


def _date(row: Row) -> str | None:
    parts = [_integer(row, tag) for tag in ("dealYear", "dealMonth", "dealDay")]
    try:
        return date(*(part or 0 for part in parts)).isoformat()
    except (ValueError, OverflowError):
        return None


def _summarize(trades: Trades, _: Locale) -> str:
    summary = trades.summary
    month = f"{trades.year_month[:4]}-{trades.year_month[4:]}"
    head = f"{trades.region_name}, {month}: {summary.sample_count} apartment sales"
    left_out = f"{trades.cancelled_count} cancelled and {trades.unparsed_count} unreadable left out"
    text = f"{head} ({left_out})."
    if summary.sample_count:
        text += (
            f" Median {summary.median_price_10k:,}, lowest {summary.min_price_10k:,}, highest "
            f"{summary.max_price_10k:,} (만원). {trades.items_returned} listed, newest first."
        )
    if trades.incomplete:
        text += f" Incomplete: sales are reported until {trades.reporting_deadline}."
    return f"SAMPLE DATA, not real sales. {text}" if trades.sample else text
