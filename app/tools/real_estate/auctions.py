"""The ten tools over Onbid (온비드), the public auctions of the Korea Asset Management Corporation.

They ask the services in use since 2026-04-06. Court auctions are not among them.
"""

from __future__ import annotations

from app.tools.base import Tool
from app.tools.real_estate.auctions_codes import code_tools
from app.tools.real_estate.auctions_common import ADDRESSES, BID_RESULT_DETAIL, BID_RESULTS, ON_OFFER, USAGE_CODES
from app.tools.real_estate.auctions_items import item_tools
from app.tools.real_estate.contract import Clock, Dataset, Sources

AUCTION_DATASETS: tuple[Dataset, ...] = (BID_RESULTS, BID_RESULT_DETAIL, ON_OFFER, USAGE_CODES, ADDRESSES)
"""Each number needs its own application at data.go.kr; the last two share one."""


def auction_tools(sources: Sources, *, clock: Clock, sample: bool) -> tuple[Tool, ...]:
    """Build the tools over auctioned objects and those over codes; ``sample`` marks made-up data."""
    return *item_tools(sources, clock=clock, sample=sample), *code_tools(sources, sample=sample)
