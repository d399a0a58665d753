"""Search and fetch over rows from a list: nothing is fetched over a network, everything else is real."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema

from app.tools.base import CallContext, Locale
from app.tools.real_estate.contract import Dataset, Listing, Month, Row
from app.tools.real_estate.ledger import Ledger
from app.tools.real_estate.search import search_pages, search_tools
from app.tools.real_estate.search_figures import SourceFigures

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=SEOUL)
AS_OF = datetime(2026, 11, 22, 9, 0, tzinfo=SEOUL)
APARTMENT_SALES, APARTMENT_LEASES, LAND_SALES = "15126469", "15126474", "15126466"
GANGNAM = "11680"
BASE = "https://home.example.net/d/"

Key = tuple[str, str, str]
"""Number of the dataset, district, month."""


class ListedSources:
    """Keeps the promises of ``Sources.months`` from a mapping; what is not in it is an empty month."""

    def __init__(self, rows: Mapping[Key, Sequence[Row]] | None = None) -> None:
        self.rows = dict(rows or {})
        self.asked: list[Key] = []

    async def months(self, dataset: Dataset, wanted: Sequence[tuple[str, str]], context: CallContext) -> list[Month]:
        keys = [(dataset.number, code, month) for code, month in wanted]
        self.asked += keys
        return [Month(key[1], key[2], tuple(self.rows.get(key, ())), AS_OF) for key in keys]

    async def odcloud(self, dataset: Dataset, conditions: Mapping[str, str], page: int, per_page: int) -> Listing:
        raise AssertionError("search asks for contracts only")

    async def onbid(self, dataset: Dataset, parameters: Mapping[str, str], page_no: int, num_of_rows: int) -> Listing:
        raise AssertionError("search asks for contracts only")

    async def onbid_codes(self, dataset: Dataset) -> Listing:
        raise AssertionError("search asks for contracts only")

    def calls_today(self, dataset: Dataset) -> int:
        return len(self.asked)


def sale(name: str, price: int, day: str, /, dong: str = "대치동", area: str = "84.97", **more: str) -> Row:
    """A row of an apartment sale as the portal words it; ``day`` is YYYY-MM-DD."""
    year, month, date = day.split("-")
    parts = {"dealYear": year, "dealMonth": str(int(month)), "dealDay": str(int(date))}
    return {"aptNm": name, "umdNm": dong, "excluUseAr": area, "dealAmount": f"{price:,}", "floor": "7", **parts, **more}


def lease(name: str, deposit: int, rent: int, day: str, /, dong: str = "대치동", area: str = "59.8") -> Row:
    year, month, date = day.split("-")
    parts = {"dealYear": year, "dealMonth": str(int(month)), "dealDay": str(int(date))}
    amounts = {"deposit": f"{deposit:,}", "monthlyRent": str(rent)}
    return {"aptNm": name, "umdNm": dong, "excluUseAr": area, **amounts, **parts}


def figures_of(sources: ListedSources, **options: Any) -> SourceFigures:
    return SourceFigures(Ledger(sources, **{"clock": lambda: NOW, "sample": False, **options}))


def call(name: str, argument: str, figures: Any, *, locale: Locale = "en", now: datetime = NOW) -> dict[str, Any]:
    """Call ``search`` or ``fetch``; what deep research expects of every result is checked each time."""
    tool = next(tool for tool in search_tools(figures, clock=lambda: now) if tool.definition.name == name)
    context = CallContext(locale=locale, link=lambda page: BASE + page)
    arguments = {"query" if name == "search" else "id": argument}
    result = asyncio.run(tool.call(arguments, context))
    [item] = result.content
    assert item.type == "text"
    structured = result.structured_content
    assert isinstance(structured, dict)
    assert json.loads(item.text) == structured
    assert item.text == json.dumps(structured, ensure_ascii=False)
    assert tool.definition.output_schema is not None
    jsonschema.Draft202012Validator(tool.definition.output_schema).validate(structured)
    return structured


def search(query: str, figures: Any = None, **options: Any) -> list[dict[str, Any]]:
    results = call("search", query, figures, **options)["results"]
    assert all(set(result) == {"id", "title", "url"} for result in results)
    assert all(result["url"].startswith(BASE + "real_estate/") for result in results)
    return list(results)


def ids(query: str, figures: Any = None, **options: Any) -> list[str]:
    return [result["id"] for result in search(query, figures, **options)]


def fetch(identifier: str, figures: Any, **options: Any) -> dict[str, Any]:
    return call("fetch", identifier, figures, **options)


def page(path: str, figures: Any, locale: Locale = "en") -> str:
    return asyncio.run(search_pages(figures, clock=lambda: NOW).render(path, locale))


def table(text: str, heading: str) -> list[list[str]]:
    """The cells of the Markdown table under a heading, without its head."""
    lines = text.split(f"## {heading}\n\n")[1].split("\n\n", maxsplit=1)[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]
