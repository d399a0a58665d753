"""The Korean real-estate toolset: district codes, the month in Korea, apartment sales of the open-data portal.

Opening it opens one pool of connections for its life; nothing is asked of the portal before a tool is called. The
toolset reads no settings by itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx

from app.tools.base import Toolset
from app.tools.real_estate.portal import REQUEST_SECONDS, open_portal
from app.tools.real_estate.region_tools import Clock, region_tools
from app.tools.real_estate.trades import trades_tool

INSTRUCTIONS = (
    "Korean real estate. get_region_code gives the five-digit district code that get_apartment_trades takes, and "
    "get_current_year_month gives the current month in Korea. One call covers one district and one contract month; "
    "longer periods are several calls. The current and the previous month are incomplete. Prices are in 10,000 won "
    "(만원). A failed call says nothing about prices."
)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def open_real_estate(
    *,
    api_key: str,
    base_url: str,
    clock: Clock = _utc_now,
    sample: bool = False,
    transport: httpx.AsyncBaseTransport | None = None,
    request_seconds: float = REQUEST_SECONDS,
) -> AsyncIterator[Toolset]:
    """Open the toolset against the portal at ``base_url``; ``sample`` marks every result as made-up data."""
    async with open_portal(api_key=api_key, base_url=base_url, seconds=request_seconds, transport=transport) as portal:
        tools = (*region_tools(clock), trades_tool(portal, clock=clock, sample=sample))
        yield Toolset(name="real_estate", tools=tools, instructions=INSTRUCTIONS)
