"""The tools over housing subscription (청약) in Korea: current notices, and monthly statistics."""

from __future__ import annotations

from app.tools.base import Tool
from app.tools.real_estate.contract import Clock, Dataset, Sources
from app.tools.real_estate.subscription_notices import NOTICES, notices_tool
from app.tools.real_estate.subscription_results import STATISTICS, results_tool

SUBSCRIPTION_DATASETS: tuple[Dataset, ...] = (*NOTICES.values(), *STATISTICS.values())
"""Two services of data.go.kr, 15098547 and 15110812, by operation; each service needs its own application."""


def subscription_tools(sources: Sources, *, clock: Clock, sample: bool) -> tuple[Tool, ...]:
    """Build ``get_apt_subscription_info`` and ``get_apt_subscription_results``; ``sample`` marks made-up data."""
    return notices_tool(sources, sample=sample), results_tool(sources, clock=clock, sample=sample)
