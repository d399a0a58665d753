"""How many requests each dataset was sent today, in Korea: the portals count per dataset and begin anew at midnight.

Counts live in memory and are saved now and then, in one step for all datasets, so that a restart does not forget them.
A request that never left this machine is not counted.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from app.tools.real_estate.contract import SEOUL, Clock, Dataset

if TYPE_CHECKING:
    from app.tools.real_estate.sources.store import Store

DayCount = tuple[str, str]
"""A day in Korea, YYYY-MM-DD, and the number of a dataset."""


class Quota:
    """The counts of today. ``store`` keeps them over a restart; None keeps them in memory only."""

    def __init__(self, clock: Clock, store: Store | None) -> None:
        self._clock = clock
        self._store = store
        self._saved: Counter[DayCount] = Counter()
        self._unsaved: Counter[DayCount] = Counter()
        self._saving = asyncio.Lock()

    def today(self, dataset: Dataset) -> int:
        """Requests since midnight in Korea."""
        day = self._day_count(dataset)
        return self._saved[day] + self._unsaved[day]

    def count(self, dataset: Dataset, requests: int = 1) -> None:
        """Count a request that is about to be sent; -1 takes back one that could not be."""
        self._unsaved[self._day_count(dataset)] += requests

    async def load(self) -> None:
        """Begin with what was counted earlier today."""
        if self._store:
            self._saved = Counter(await asyncio.to_thread(self._store.counts, self._today(), self._now()))

    async def save(self) -> None:
        """Write down what was counted since the last time. What cannot be written is kept for the next time."""
        async with self._saving:
            batch = dict(self._unsaved)
            if not self._store or not any(batch.values()):
                return
            counts = await asyncio.to_thread(self._store.add_counts, batch, self._today(), self._now())
            if counts is not None:
                self._unsaved.subtract(batch)
                self._unsaved = Counter({day: count for day, count in self._unsaved.items() if count})
                self._saved = Counter(counts)

    def _now(self) -> float:
        return self._clock().timestamp()

    def _today(self) -> str:
        return self._clock().astimezone(SEOUL).date().isoformat()

    def _day_count(self, dataset: Dataset) -> DayCount:
        return self._today(), dataset.number
