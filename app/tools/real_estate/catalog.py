"""The way into the transactions: all their tools, over one memory of months."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.tools.base import Tool
from app.tools.real_estate.compare import comparison_tool
from app.tools.real_estate.jeonse import ratio_tool
from app.tools.real_estate.leases import lease_tools
from app.tools.real_estate.ledger import Ledger
from app.tools.real_estate.sales import sale_tools
from app.tools.real_estate.trend import trend_tool


def transaction_tools(ledger: Ledger, *, chart_meta: Mapping[str, Any] | None = None) -> tuple[Tool, ...]:
    """Build the fifteen tools: sales, leases, trend, comparison, jeonse ratio.

    They share the months that ``ledger`` remembers; ``chart_meta`` is the ``_meta`` of the tools that have a picture.
    """
    return (
        *sale_tools(ledger),
        *lease_tools(ledger),
        trend_tool(ledger, meta=chart_meta),
        comparison_tool(ledger, meta=chart_meta),
        ratio_tool(ledger),
    )
