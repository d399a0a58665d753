"""What other tools take from the catalog: a month's report is what the tool for it gives."""

from __future__ import annotations

import asyncio

import pytest

from app.errors import ToolError
from app.tools.real_estate.catalog import HOUSE_TYPES, Contract, HouseTypeName, month_report
from tests.tools.transactions.rows import made_up
from tests.tools.transactions.world import GANGNAM, NOW, ListedSources, call, number_of

CASES: list[tuple[HouseTypeName, Contract, str]] = [
    (key, "sale", house.sale_tool) for key, house in HOUSE_TYPES.items()
]
CASES += [(key, "lease", house.lease_tool) for key, house in HOUSE_TYPES.items() if house.lease_tool]


@pytest.mark.parametrize(("house", "contract", "tool"), CASES)
def test_a_report_is_what_the_tool_for_the_month_gives(house: HouseTypeName, contract: Contract, tool: str) -> None:
    sources = ListedSources({(number_of(tool), GANGNAM, "202509"): made_up(tool, 50, "report")})
    report = asyncio.run(
        month_report(sources, house, contract, GANGNAM, "202509", clock=lambda: NOW, sample=False, num_of_rows=7)
    )
    sources.asked.clear()
    arguments = {"region_code": GANGNAM, "year_month": "202509", "num_of_rows": 7}
    assert report.model_dump(mode="json") == call(tool, sources, arguments)


def test_a_report_of_leases_that_are_not_published_is_refused() -> None:
    report = month_report(ListedSources(), "land", "lease", GANGNAM, "202509", clock=lambda: NOW, sample=False)
    with pytest.raises(ToolError, match="house_type"):
        asyncio.run(report)
