"""One month of contracts in one district, from the ministry's services (apis.data.go.kr/1613000), in XML.

JSON is not documented there and loses leading zeros. No rows is an answer, also to a malformed question: whoever asks
checks the code and the month before. Amounts, dates and flags are left as the texts they are.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from app.tools.real_estate.contract import SEOUL, Clock, Dataset, Listing, Row
from app.tools.real_estate.sources.client import PortalClient
from app.tools.real_estate.sources.credentials import Credential
from app.tools.real_estate.sources.documents import check_header, read_document
from app.tools.real_estate.sources.faults import fail, status_kind
from app.tools.real_estate.sources.pages import Page, all_rows

_NEWEST = 2
"""Months before the current one in which contracts still come in daily."""


async def fetch_month(
    portal: PortalClient, credential: Credential, dataset: Dataset, region_code: str, year_month: str, clock: Clock
) -> Listing:
    """Fetch every row of the month, cleaned; raises :class:`Fault`."""

    async def page(number: int, size: int) -> Page:
        query = {"LAWD_CD": region_code, "DEAL_YMD": year_month, "pageNo": str(number), "numOfRows": str(size)}
        return await portal.ask(credential, dataset, query, partial(read_month_page, number=number))

    rows = await all_rows(page)
    return Listing(rows, len(rows), len(rows), clock().astimezone(SEOUL))


def read_month_page(status: int, body: bytes, *, number: int) -> Page:
    """Read one answer: a page of rows, or a :class:`Fault` for every other thing that an answer can be."""
    document = read_document(status, body)
    page = None
    with suppress(KeyError, TypeError, ValueError, AttributeError):
        page = _page(document["response"], status, number)
    return page or fail("unreadable" if status == 200 else status_kind(status, ""))


def _page(response: dict[str, Any], status: int, number: int) -> Page | None:
    if check_header(response["header"]) != "00":
        fail("no data")
    if status != 200:
        return None
    body = response["body"]
    if int(body.get("pageNo") or 1) != number:
        fail("partial")
    rows = (body["items"] or {}).get("item", [])
    seen: dict[str, str] = {}
    return Page(int(body["totalCount"]), [_row(row, seen) for row in rows])


def _row(item: object, seen: dict[str, str]) -> Row:
    """Keep what holds something. ``seen`` lets rows share equal texts, which saves half of their memory."""
    if not isinstance(item, dict):
        return {}
    texts = ((tag, value.strip()) for tag, value in item.items() if isinstance(value, str))
    return {seen.setdefault(tag, tag): seen.setdefault(text, text) for tag, text in texts if text}


def month_lifetime(year_month: str, month: Listing, now: datetime) -> timedelta:
    """How long a month may be kept: new ones grow daily, and cancellations come in for about a year."""
    age = (now.year - int(year_month[:4])) * 12 + now.month - int(year_month[4:])
    if age <= _NEWEST:
        return timedelta(hours=6 if month.rows else 1)
    return timedelta(days=7 if age <= 12 else 30)
