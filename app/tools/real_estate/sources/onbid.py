"""Onbid's second generation of services (apis.data.go.kr/B010003): public auctions and their codes, in JSON.

Live answers come without the ``response`` around header and body that the documents show; one row comes as an object
and none as an empty text; ``03`` is an empty list, not an error. Rows are handed on as they come.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from app.tools.real_estate.contract import SEOUL, Clock, Dataset, Listing
from app.tools.real_estate.sources.client import PortalClient
from app.tools.real_estate.sources.credentials import Credential
from app.tools.real_estate.sources.documents import Document, check_header, read_document
from app.tools.real_estate.sources.faults import fail, status_kind
from app.tools.real_estate.sources.pages import Page, all_rows, check_length

LIST_LIFETIME = timedelta(minutes=10)
"""The service is brought up to date hourly, and bids change within the hour."""

CODES_LIFETIME = timedelta(days=7)

_NOTHING = Page(0, [])


async def fetch_auctions(
    portal: PortalClient,
    credential: Credential,
    dataset: Dataset,
    parameters: Mapping[str, str],
    page_no: int,
    num_of_rows: int,
    clock: Clock,
) -> Listing:
    """Fetch one page; raises :class:`Fault`."""
    page = await _ask(portal, credential, dataset, parameters, page_no, num_of_rows)
    check_length(len(page.rows), page.total, number=page_no, size=num_of_rows)
    return Listing(tuple(page.rows), page.total, page.total, clock().astimezone(SEOUL))


async def fetch_codes(portal: PortalClient, credential: Credential, dataset: Dataset, clock: Clock) -> Listing:
    """Fetch every row of a code service; raises :class:`Fault`."""
    rows = await all_rows(partial(_ask, portal, credential, dataset, {}))
    return Listing(rows, len(rows), len(rows), clock().astimezone(SEOUL))


async def _ask(
    portal: PortalClient,
    credential: Credential,
    dataset: Dataset,
    parameters: Mapping[str, str],
    number: int,
    size: int,
) -> Page:
    query = {**parameters, "pageNo": str(number), "numOfRows": str(size), "resultType": "json"}
    return await portal.ask(credential, dataset, query, partial(read_auction_page, number=number))


def read_auction_page(status: int, body: bytes, *, number: int) -> Page:
    """Read one answer, with or without a ``response`` around it; :class:`Fault` for everything that is no page."""
    document = read_document(status, body)
    page = None
    with suppress(KeyError, TypeError, ValueError, AttributeError):
        page = _page(document, status, number)
    return page or fail("unreadable" if status == 200 else status_kind(status, ""))


def _page(document: Document, status: int, number: int) -> Page | None:
    answer = document.get("response") or document
    if check_header(answer.get("header") or answer["result"]) == "03":
        return _NOTHING
    if status != 200:
        return None
    body = answer["body"]
    if int(body.get("pageNo") or 1) != number:
        fail("partial")
    rows = _rows(body.get("items"))
    return Page(int(body["totalCount"]), rows) if all(isinstance(row, dict) for row in rows) else None


def _rows(items: Any) -> list[Any]:
    rows = items.get("item") if isinstance(items, dict) else items
    if isinstance(rows, dict):
        return [rows]
    if isinstance(rows, str):
        rows = rows.strip()
    return list(rows or ())
