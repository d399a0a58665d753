"""The Korean real-estate toolset: districts, transactions and their trends, subscriptions, auctions, calculators.

Opening it opens one pool of connections per portal and the file of earlier answers, for its life; nothing is asked of
a portal before a tool is called. The toolset reads no settings by itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx

from app.tools.base import Observe, Toolset, unobserved
from app.tools.real_estate.auctions import auction_tools
from app.tools.real_estate.call_budget import limited
from app.tools.real_estate.catalog import transaction_tools
from app.tools.real_estate.contract import Clock
from app.tools.real_estate.finance import finance_tools
from app.tools.real_estate.ledger import Ledger
from app.tools.real_estate.region_tools import region_tools
from app.tools.real_estate.search import search_pages, search_tools
from app.tools.real_estate.search_figures import SourceFigures
from app.tools.real_estate.sources import SourceSettings, open_sources
from app.tools.real_estate.subscription import subscription_tools
from app.tools.real_estate.view import CHART_META, chart_resource

__all__ = ["SourceSettings", "open_real_estate"]

INSTRUCTIONS = (
    "Korean real estate. get_region_code turns a place into the five-digit region_code that the other tools take; "
    "get_current_year_month tells the month in Korea. One district and month: get_apartment_trades, get_apartment_rent "
    "and their like. Many months in one call: get_price_trend; several districts: compare_regions; sale against lease: "
    "get_jeonse_ratio. Amounts ending in _10k are 만원. The current and previous month are incomplete.\n"
    "calculate_* tools ask nobody. search and fetch find the same figures by words, as documents. Results marked "
    "sample are made up. A failed call says nothing about prices; its message says what to do."
)
"""The first 512 characters are all that some clients read."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def open_real_estate(
    settings: SourceSettings,
    *,
    clock: Clock = _utc_now,
    sample: bool = False,
    transport: httpx.AsyncBaseTransport | None = None,
    observe: Observe = unobserved,
) -> AsyncIterator[Toolset]:
    """Open the toolset against the portals of ``settings``; ``sample`` marks every result as made-up data.

    ``observe`` is told of each request to a portal.
    """
    async with open_sources(settings, clock=clock, transport=transport, observe=observe) as sources:
        ledger = Ledger(sources, clock=clock, sample=sample)
        figures = SourceFigures(ledger)
        asking = (
            *transaction_tools(ledger, chart_meta=CHART_META),
            *subscription_tools(sources, clock=clock, sample=sample),
            *auction_tools(sources, clock=clock, sample=sample),
            *search_tools(figures, clock=clock),
        )
        yield Toolset(
            name="real_estate",
            tools=(*region_tools(clock), *(limited(tool) for tool in asking), *finance_tools()),
            instructions=INSTRUCTIONS,
            resources=(chart_resource(),),
            pages=search_pages(figures, clock=clock),
        )
