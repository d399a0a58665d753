"""Fetching months through the :class:`~app.tools.real_estate.contract.Sources` and remembering how they were read.

Reading a month costs more than computing its figures, so read months are kept, by what was asked and when the portal
answered, until memory for :data:`MOST_DEALS` is used up. Fetching, caching of rows and quotas are the sources' work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from cachetools import LRUCache

from app.tools.base import CallContext
from app.tools.real_estate.contract import SEOUL, Clock, Dataset, Month, Sources, provenance
from app.tools.real_estate.datasets import PUBLISHER
from app.tools.real_estate.deals import Deal, read_deals
from app.tools.real_estate.filters import NO_FILTERS, Filters, select
from app.tools.real_estate.house_types import Contract, DealKind, HouseType
from app.tools.real_estate.months import former_code
from app.tools.real_estate.statistics import Figures, figures

MOST_DEALS = 150_000
"""How many deals are remembered: some 40 MB, or five of the busiest districts over two years."""

Place = tuple[str, str]
"""A district's code and a month."""
_Key = tuple[str, str, str, datetime]


@dataclass(frozen=True)
class Deals:
    """The deals of one month, newest first, with their figures once they were asked for."""

    all: tuple[Deal, ...]

    @cached_property
    def sales(self) -> Figures:
        return figures(self.all, "sale", len(self.all))

    @cached_property
    def jeonse(self) -> Figures:
        return figures(self.all, "jeonse", len(self.all))


@dataclass(frozen=True)
class MonthOfDeals:
    """A month as the portal gave it, and the deals in it. The code of ``month`` may be the district's former one."""

    month: Month
    deals: Deals


class Ledger:
    """The months that the transaction tools work on."""

    def __init__(self, sources: Sources, *, clock: Clock, sample: bool) -> None:
        self._sources = sources
        self._clock = clock
        self._sample = sample
        self._read: LRUCache[_Key, Deals] = LRUCache(MOST_DEALS, getsizeof=lambda deals: len(deals.all) + 1)

    def now(self) -> datetime:
        """Return the time it is in Korea."""
        return self._clock().astimezone(SEOUL)

    async def months(
        self, house: HouseType, contract: Contract, wanted: Sequence[Place], context: CallContext
    ) -> list[MonthOfDeals]:
        """Return the wanted months in their order; a month that is empty is also looked for under the former code."""
        dataset = house.dataset(contract)
        months = await self._sources.months(dataset, wanted, context)
        months = await self._from_former_codes(dataset, wanted, months, context)
        keys = [(dataset.number, month.region_code, month.year_month, month.as_of) for month in months]
        known = {key: deals for key in keys if (deals := self._read.get(key)) is not None}
        unread = {key: month for key, month in zip(keys, months, strict=True) if key not in known}
        if unread:
            known |= await asyncio.to_thread(_read_all, unread, house, contract)
            for key in unread:
                self._keep(key, known[key])
        return [MonthOfDeals(month, known[key]) for key, month in zip(keys, months, strict=True)]

    def origin(self, dataset: Dataset, months: Sequence[MonthOfDeals]) -> dict[str, Any]:
        """Return the fields of :class:`~app.tools.real_estate.contract.Provenance`; the oldest answer counts."""
        oldest = min(month.month.as_of for month in months)
        return provenance(self._sources, dataset, oldest, publisher=PUBLISHER, sample=self._sample)

    async def _from_former_codes(
        self, dataset: Dataset, wanted: Sequence[Place], months: list[Month], context: CallContext
    ) -> list[Month]:
        former = {
            index: (code, year_month)
            for index, (region_code, year_month) in enumerate(wanted)
            if not months[index].rows and (code := former_code(region_code, year_month))
        }
        if not former:
            return months
        quiet = CallContext(locale=context.locale, link=context.link)  # progress was told to its end already
        found = await self._sources.months(dataset, list(former.values()), quiet)
        instead = dict(zip(former, found, strict=True))
        return [instead.get(index, month) for index, month in enumerate(months)]

    def _keep(self, key: _Key, deals: Deals) -> None:
        if len(deals.all) < MOST_DEALS:
            self._read[key] = deals


def _read_all(months: Mapping[_Key, Month], house: HouseType, contract: Contract) -> dict[_Key, Deals]:
    return {key: Deals(read_deals(month.rows, house, contract)) for key, month in months.items()}


def figures_of(deals: Deals, deal: DealKind, filters: Filters, region_name: str) -> Figures:
    """Return the figures of the deals that fit the filters; without filters they are computed once."""
    if filters == NO_FILTERS:
        return deals.sales if deal == "sale" else deals.jeonse
    return figures(select(deals.all, filters, region_name), deal, len(deals.all))


def later_part(context: CallContext, done: int, all_of_them: int) -> CallContext:
    """Return a context for fetching the part after the first ``done`` of the months: progress only grows."""

    async def later(progress: float, total: float | None, message: str | None) -> None:
        await context.progress(done + progress, all_of_them, message)

    return replace(context, progress=later)
