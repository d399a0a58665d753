"""One page of a dataset of api.odcloud.kr (Applyhome), in JSON, with its own error codes.

``totalCount`` there is the whole dataset, ``matchCount`` what the conditions leave. Rows are handed on as they come;
texts and numbers are mixed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from app.tools.real_estate.contract import SEOUL, Clock, Dataset, Listing
from app.tools.real_estate.sources.client import PortalClient
from app.tools.real_estate.sources.credentials import Credential
from app.tools.real_estate.sources.documents import Document, read_document
from app.tools.real_estate.sources.faults import Kind, fail, status_kind
from app.tools.real_estate.sources.pages import check_length

LIFETIME = timedelta(hours=1)
"""How long a page may be kept."""

_CODES: dict[str, Kind] = {
    "-401": "no key",
    "-4": "key",
    "-1": "fault",
    "-2": "request",
    "-3": "retired",
    "-9": "retired",
    "-10": "quota",
    "-999": "fault",
}


async def fetch_cloud_page(
    portal: PortalClient,
    credential: Credential,
    dataset: Dataset,
    conditions: Mapping[str, str],
    page: int,
    per_page: int,
    clock: Clock,
) -> Listing:
    """Fetch one page; ``conditions`` maps ``FIELD::OP`` to a value. Raises :class:`Fault`."""
    query = {"page": str(page), "perPage": str(per_page), "returnType": "JSON"}
    query |= {f"cond[{name}]": value for name, value in conditions.items()}
    rows, total, match = await portal.ask(credential, dataset, query, read_cloud_page)
    check_length(len(rows), match, number=page, size=per_page)
    return Listing(rows, total, match, clock().astimezone(SEOUL))


def read_cloud_page(status: int, body: bytes) -> tuple[tuple[Mapping[str, Any], ...], int, int]:
    """Return rows, ``totalCount`` and ``matchCount``, or raise :class:`Fault`."""
    document = read_document(status, body)
    if "data" not in document and "code" in document:
        fail(_CODES.get(str(document["code"]).strip(), "fault"))
    if status != 200:
        fail(status_kind(status, ""))
    return _page(document) or fail("unreadable")


def _page(document: Document) -> tuple[tuple[Mapping[str, Any], ...], int, int] | None:
    try:
        total, match, count = (int(document[name]) for name in ("totalCount", "matchCount", "currentCount"))
        rows = tuple(document["data"])
    except (KeyError, TypeError, ValueError):
        return None
    if count != len(rows):
        fail("partial")
    return (rows, total, match) if all(isinstance(row, dict) for row in rows) else None
