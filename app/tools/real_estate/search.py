"""``search`` and ``fetch``, in the shapes that deep research expects, and the same documents as web pages.

The shapes are those of OpenAI's documentation for data connectors: ``search(query)`` gives ids, titles and addresses,
``fetch(id)`` one document; the result stands in ``structuredContent`` and again as one JSON text. A search asks the
portal for nothing, unless it names a complex in a district: then for at most three months of that district.
"""

from __future__ import annotations

import asyncio
import json
import re
from datetime import datetime

from pydantic import ConfigDict, Field

from app.errors import ToolError
from app.tools.base import CallContext, Locale, Pages, Tool, ToolModel, typed_tool
from app.tools.real_estate.contract import PORTAL_READ, SEOUL, Clock
from app.tools.real_estate.months import months_up_to
from app.tools.real_estate.regions import load_regions, normalize
from app.tools.real_estate.search_document import Document, as_page, as_text, title_of
from app.tools.real_estate.search_figures import Complex, Figures
from app.tools.real_estate.search_ids import DocumentId, no_document, read_id, read_page
from app.tools.real_estate.search_plan import (
    COMPLEX_MONTHS,
    MOST_RESULTS,
    ComplexSearch,
    complex_search,
    is_published,
    matching,
    plan,
)
from app.tools.real_estate.search_query import understand
from app.tools.real_estate.search_reports import complex_document, month_document, trend_document
from app.tools.real_estate.view import page_html

LONGEST_QUERY = 1000
TREND_MONTHS = 36
_BAD_QUERY: dict[Locale, dict[str, str]] = {
    "en": {
        "empty": "query: is empty. Name a district, a house type and a month, for example 마포구 아파트 2026-09.",
        "long": f"query: is longer than {LONGEST_QUERY:,} characters. Name only a district, a house type and a month.",
    },
    "ko": {
        "empty": "query: 비어 있습니다. 시군구, 주택 유형, 달을 넣어 주세요. 예: 마포구 아파트 2026-09.",
        "long": f"query: {LONGEST_QUERY:,}자를 넘습니다. 시군구, 주택 유형, 달만 넣어 주세요.",
    },
}


class SearchQuery(ToolModel):
    model_config = ConfigDict(str_max_length=None)  # the tool's own error says more

    query: str = Field(
        description="What is looked for, in words: a Korean district, and optionally a house type, sale or lease, a "
        "month, the name of an apartment complex. Korean, or English with the names of districts romanized.",
        examples=[
            "마포구 아파트 2026-09",
            "전세 분당 2026년 8월",
            "강남구 은마 아파트",
            "Mapo apartments September 2026",
        ],
        json_schema_extra={"minLength": 1, "maxLength": LONGEST_QUERY},
    )


class SearchResult(ToolModel):
    id: str = Field(description="What fetch takes.")
    title: str
    url: str = Field(description="Address of the document as a web page.")


class SearchResults(ToolModel):
    results: tuple[SearchResult, ...] = Field(
        description=f"At most {MOST_RESULTS}, the likeliest first; one per candidate when a place is ambiguous; empty "
        "when nothing fits."
    )


class FetchQuery(ToolModel):
    model_config = ConfigDict(str_max_length=None)

    id: str = Field(description="An id from the results of search.", examples=["month:apartment:sale:11440:202609"])


class Metadata(ToolModel):
    source: str = Field(description="Who publishes the data.")
    data_as_of: str = Field(description="When the portal was asked, ISO 8601, Korean time.")
    sample: str = Field(description="'true' when the data is made up for a demonstration, else 'false'.")
    incomplete: str = Field(description="'true' while contracts are still being reported, else 'false'.")


class Fetched(ToolModel):
    id: str
    title: str
    text: str = Field(description="The document, Markdown. Amounts in 10,000 won (만원).")
    url: str = Field(description="Address of the document as a web page.")
    metadata: Metadata


def search_tools(figures: Figures, *, clock: Clock) -> tuple[Tool, Tool]:
    """Build ``search`` and ``fetch`` over ``figures``."""

    async def search(arguments: SearchQuery, context: CallContext) -> SearchResults:
        return await _search(figures, arguments.query, clock().astimezone(SEOUL), context)

    async def fetch(arguments: FetchQuery, context: CallContext) -> Fetched:
        now = clock().astimezone(SEOUL)
        found = read_id(arguments.id, await asyncio.to_thread(load_regions), now, context.locale)
        document = await _document(figures, found, now, context)
        return Fetched(
            id=str(found),
            title=document.title,
            text=as_text(document, context.locale),
            url=context.link(found.page),
            metadata=Metadata(
                source=document.source,
                data_as_of=document.data_as_of,
                sample=str(document.sample).lower(),
                incomplete=str(document.incomplete).lower(),
            ),
        )

    return (
        typed_tool(
            search,
            name="search",
            title="Search Korean real-estate documents",
            description=(
                "Use this when Korean real-estate prices are looked for in words rather than by district code, as in "
                "deep research: it returns documents, each with an id that fetch reads. Understands Korean districts "
                "(also abbreviated, former or romanized names), house types, sale or lease, months, and names of "
                "complexes together with their district. An ambiguous place gives one document per candidate."
            ),
            arguments=SearchQuery,
            result=SearchResults,
            scope="read",
            annotations=PORTAL_READ,
            summarize=_as_json,
        ),
        typed_tool(
            fetch,
            name="fetch",
            title="Read a Korean real-estate document",
            description=(
                "Use this when a document that search found is to be read: it returns the figures of a district's "
                "month, of its trend, or of one complex as a text: counts, medians by floor area, the newest "
                "contracts, and whether contracts are still being reported. Amounts are in 10,000 won (만원)."
            ),
            arguments=FetchQuery,
            result=Fetched,
            scope="read",
            annotations=PORTAL_READ,
            summarize=_as_json,
        ),
    )


def search_pages(figures: Figures, *, clock: Clock) -> Pages:
    """Build the pages of the documents; whoever may call ``fetch`` may open them."""

    async def render(page: str, locale: Locale) -> str:
        now = clock().astimezone(SEOUL)
        found = read_page(page, await asyncio.to_thread(load_regions), now, locale)
        document = await _document(figures, found, now, CallContext(locale=locale))
        return await asyncio.to_thread(as_page, document, locale)

    sealed = page_html({}, title="", locale="en")
    return Pages("fetch", render, scripts=_inline(sealed, "script"), styles=_inline(sealed, "style"))


def _inline(html: str, element: str) -> tuple[str, ...]:
    """Return the texts of a document's own inline scripts or styles, which are the same in every page."""
    return tuple(re.findall(rf"<{element}>(.*?)</{element}>", html, re.DOTALL))


async def _search(figures: Figures, query: str, now: datetime, context: CallContext) -> SearchResults:
    if len(query) > LONGEST_QUERY:
        raise ToolError(_BAD_QUERY[context.locale]["long"])
    if not normalize(query):
        raise ToolError(_BAD_QUERY[context.locale]["empty"])
    regions = await asyncio.to_thread(load_regions)
    wanted = await asyncio.to_thread(understand, query, regions, now)
    found: dict[DocumentId, str] = {}
    if where := complex_search(wanted, now):
        complexes = await figures.complexes(where.house_type, where.contract, where.region_code, where.months, context)
        name = regions.districts[where.region_code]
        for one in matching(complexes, wanted.words):
            found.setdefault(where.document(one), _complex_title(where, one, name, context.locale))
    for document in plan(wanted, now):
        found.setdefault(document, title_of(document, regions.districts[document.region_code], context.locale))
    return SearchResults(
        results=tuple(
            SearchResult(id=str(document), title=title, url=context.link(document.page))
            for document, title in list(found.items())[:MOST_RESULTS]
        )
    )


def _complex_title(where: ComplexSearch, found: Complex, region: str, locale: Locale) -> str:
    document = where.document(found)
    return title_of(document, region, locale, months=where.months, name=found.name, dong=found.dong or "")


async def _document(figures: Figures, found: DocumentId, now: datetime, context: CallContext) -> Document:
    what = (found.house_type, found.contract, found.region_code)
    if found.kind == "month":
        return month_document(found, await figures.month(*what, found.year_month, context), context.locale)
    if found.kind == "trend":
        return trend_document(found, await figures.trend(*what, TREND_MONTHS, context), context.locale)
    window = months_up_to(found.year_month, COMPLEX_MONTHS)
    months = [month for month in window if is_published(found.house_type, found.contract, month, now)]
    region = (await asyncio.to_thread(load_regions)).districts[found.region_code]
    deals = await figures.complex(*what, months, (found.dong, found.name), context)
    if deals.name is None:
        raise no_document(context.locale)
    return complex_document(found, region, deals, context.locale)


def _as_json(result: ToolModel, _: Locale) -> str:
    return json.dumps(result.model_dump(mode="json"), ensure_ascii=False)
