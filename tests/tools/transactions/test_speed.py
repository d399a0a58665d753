"""Speed and memory of the layer by itself, at the size of a busy district in Seoul."""

from __future__ import annotations

import asyncio
import threading
import time
import tracemalloc
from typing import Any

import pytest

from app.tools.base import CallContext
from app.tools.real_estate import ledger
from app.tools.real_estate.deals import read_deals
from app.tools.real_estate.house_types import HOUSE_TYPES
from app.tools.real_estate.months import months_up_to
from tests.tools.transactions.rows import made_up
from tests.tools.transactions.test_sales import WHOLE
from tests.tools.transactions.world import GANGNAM, ListedSources, tools

TOOL = "get_apartment_trades"
WARM_SECONDS = 0.020


def busy_district() -> ListedSources:
    rows = [{**WHOLE, **row} for row in made_up(TOOL, 400, "speed")]
    return ListedSources({("15126469", GANGNAM, month): rows for month in months_up_to("202611", 48)})


@pytest.mark.parametrize("filters", [{}, {"area_band": "60_to_85"}, {"name": "한빛", "dong": "역삼동"}], ids=str)
def test_a_warm_trend_over_36_busy_months_takes_less_than_20_ms(filters: dict[str, Any]) -> None:
    tool = tools(busy_district())["get_price_trend"]
    arguments = {"region_code": GANGNAM, "house_type": "apartment", **filters}

    async def quickest() -> float:
        await tool.call(arguments, CallContext())
        times = []
        for _ in range(12):
            start = time.perf_counter()
            await tool.call(arguments, CallContext())
            times.append(time.perf_counter() - start)
        return min(times)  # the machine may be busy with other things; the code is as fast as its fastest run

    assert asyncio.run(quickest()) < WARM_SECONDS


def test_months_are_read_and_summed_up_beside_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: dict[str, set[int]] = {"read_deals": set(), "figures": set(), "select": set()}

    def watched(name: str, plain: Any) -> Any:
        def function(*arguments: Any) -> Any:
            threads[name].add(threading.get_ident())
            return plain(*arguments)

        return function

    for name in threads:
        monkeypatch.setattr(ledger, name, watched(name, getattr(ledger, name)))
    tool = tools(busy_district())["get_price_trend"]
    arguments = {"region_code": GANGNAM, "house_type": "apartment", "area_band": "60_to_85"}
    asyncio.run(tool.call(arguments, CallContext()))
    assert all(used and threading.get_ident() not in used for used in threads.values())


def test_a_remembered_deal_takes_little_memory() -> None:
    rows = [{**WHOLE, **row, "floor": str(index)} for index, row in enumerate(made_up(TOOL, 2000, "memory"))]
    tracemalloc.start()
    deals = read_deals(rows, HOUSE_TYPES["apartment"], "sale")
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(deals) == 2000
    assert size / len(deals) < 300
