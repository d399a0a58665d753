"""From a search to a page over the stand-in portal: the figures of its answers, computed once more from its XML."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any, TypeVar
from xml.etree import ElementTree

import httpx
import pytest

from app.demo.portal import PATH, Portal, create_portal_app
from app.errors import ToolError
from app.tools.base import CallContext, Tool
from app.tools.real_estate.ledger import Ledger
from app.tools.real_estate.search import search_pages, search_tools
from app.tools.real_estate.search_figures import Figures, SourceFigures
from app.tools.real_estate.sources import SourceSettings, open_sources
from tests.tools.search.world import NOW, table

KEY = "aB+c/dEf9Zz0123456789+/qwertyuiopASDFGH=="
T = TypeVar("T")


def portal(**switches: Any) -> Portal:
    return Portal(api_key=KEY, clock=lambda: NOW, **switches)


def rows_of(stand_in: Portal, region: str, month: str) -> list[dict[str, str]]:
    """The rows of a month straight from the portal's XML, before they are counted against the tools."""

    async def ask() -> str:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(create_portal_app(stand_in))) as client:
            asked = {"serviceKey": KEY, "LAWD_CD": region, "DEAL_YMD": month, "numOfRows": "1000"}
            return (await client.get(f"http://portal.test{PATH}", params=asked)).text

    items = ElementTree.fromstring(asyncio.run(ask())).iter("item")
    rows = [{field.tag: (field.text or "").strip() for field in item} for item in items]
    stand_in.requests.clear()
    return rows


def price(row: dict[str, str]) -> int:
    return int(row["dealAmount"].replace(",", ""))


def over(stand_in: Portal, work: Callable[[Figures], Awaitable[T]]) -> T:
    settings = SourceSettings(
        data_go_kr_api_key=KEY, data_go_kr_base_url="http://portal.test", odcloud_base_url="http://cloud.test"
    )

    async def run() -> T:
        transport = httpx.ASGITransport(create_portal_app(stand_in))
        async with open_sources(settings, clock=lambda: NOW, transport=transport) as sources:
            return await work(SourceFigures(Ledger(sources, clock=lambda: NOW, sample=True)))

    return asyncio.run(run())


def tool(figures: Figures, name: str) -> Tool:
    return next(tool for tool in search_tools(figures, clock=lambda: NOW) if tool.definition.name == name)


async def ask(figures: Figures, name: str, **arguments: str) -> dict[str, Any]:
    structured = (await tool(figures, name).call(arguments, CallContext())).structured_content
    assert structured is not None
    return structured


def test_a_month_is_found_and_read_with_one_question_to_the_portal() -> None:
    stand_in = portal()
    rows = rows_of(stand_in, "11440", "202609")
    live = [row for row in rows if row["cdealType"] != "O"]

    async def work(figures: Figures) -> tuple[dict[str, Any], int, str]:
        found = await ask(figures, "search", query="마포구 아파트 2026-09")
        before = sum(stand_in.requests.values())
        fetched = await ask(figures, "fetch", id=found["results"][0]["id"])
        rendered = await search_pages(figures, clock=lambda: NOW).render("apartment-sale/11440/202609", "en")
        return fetched, before, rendered

    fetched, before, rendered = over(stand_in, work)
    assert before == 0
    assert sum(stand_in.requests.values()) == 1
    middle = f"{median(map(price, live)):,.0f}"
    assert f"- Sales: {len(live):,}\n- Median: {middle}\n" in fetched["text"]
    assert f"{len(rows):,} contracts reported" in fetched["text"]
    assert f"<dd>{middle}</dd>" in rendered
    assert fetched["metadata"]["sample"] == "true"
    newest = sorted((row["dealDay"].rjust(2, "0") for row in live), reverse=True)[:30]
    assert [row[0][-2:] for row in table(fetched["text"], "Newest 30 listed")] == newest


def test_a_complex_is_found_with_three_questions_and_read_with_none_more() -> None:
    stand_in = portal()
    rows = [row for month in ("202607", "202608", "202609") for row in rows_of(stand_in, "11680", month)]
    live = [row for row in rows if row["cdealType"] != "O"]
    name, dong = live[0]["aptNm"], live[0]["umdNm"]
    own = [row for row in live if (row["aptNm"], row["umdNm"]) == (name, dong)]

    async def work(figures: Figures) -> tuple[str, int]:
        found = await ask(figures, "search", query=f"강남구 {name} 아파트 매매")
        asked = sum(stand_in.requests.values())
        identifier = f"complex:apartment:sale:11680:202609:{dong}:{name}"
        assert identifier in [result["id"] for result in found["results"]]
        return str((await ask(figures, "fetch", id=identifier))["text"]), asked

    text, asked = over(stand_in, work)
    assert asked == 3
    assert sum(stand_in.requests.values()) == 3
    assert f"- Sales: {len(own)}\n" in text
    assert f"- Highest: {max(map(price, own)):,}\n" in text


def test_a_trend_is_read_month_by_month() -> None:
    stand_in = portal()
    live = [row for row in rows_of(stand_in, "51110", "202507") if row["cdealType"] != "O"]

    async def work(figures: Figures) -> dict[str, Any]:
        return await ask(figures, "fetch", id="trend:apartment:sale:51110")

    text = over(stand_in, work)["text"]
    rows = {row[0]: row[1:] for row in table(text, "Month by month")}
    assert len(rows) == 36
    assert rows["2025-07"][2] == f"{len(live)}"
    assert float(rows["2025-07"][0].replace(",", "")) == median(map(price, live))
    assert sum(stand_in.requests.values()) == 36


@pytest.mark.parametrize("fault", ["quota", "A", "truncated", "missing_rows", "html"])
def test_a_fault_of_the_portal_is_told_and_shows_neither_key_nor_answer(fault: str) -> None:
    async def work(figures: Figures) -> None:
        await ask(figures, "fetch", id="month:apartment:sale:11440:202609")

    with pytest.raises(ToolError) as told:
        over(portal(fault=fault), work)
    assert KEY not in str(told.value)
    assert "<" not in str(told.value)
