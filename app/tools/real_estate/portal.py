"""The client of the public data portal (apis.data.go.kr): every page of one month in one district, or an error.

The key is added below httpx, so that no URL httpx logs or raises with holds it. Answers are untrusted: bounded in
size, elements and pages; document types are refused; text is never repeated. This module does not cache, does not
try again, and does not follow redirects.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import quote, unquote
from xml.parsers.expat import ExpatError

import httpx
import xmltodict

from app.errors import ToolError
from app.tools.real_estate.portal_errors import advice, code_kind, envelope_kind, json_envelope_kind, status_kind

PAGE_ROWS = 1000
MOST_PAGES = 200
MOST_ROWS = 30_000
MOST_BYTES = 8 * 1024 * 1024
MOST_ELEMENTS = 200_000
MOST_AT_ONCE = 4
REQUEST_SECONDS = 15.0
CALL_SECONDS = 40.0

Row = Mapping[str, Any]


class PortalFault(Exception):
    """The portal did not give a usable answer; the argument is a word of the table in ``portal_errors``."""


@dataclass(frozen=True)
class Dataset:
    """One dataset: its path, and the page where a key's owner applies for it."""

    path: str
    page: str


@dataclass(frozen=True)
class Page:
    number: int
    total: int
    rows: list[Row]


class _Keyed(httpx.AsyncBaseTransport):
    """Adds the key to the URL beneath httpx's own logging and exceptions, which see the URL without it."""

    def __init__(self, inner: httpx.AsyncBaseTransport, encoded_key: str) -> None:
        self._inner = inner
        self._query = b"serviceKey=" + encoded_key.encode("ascii")

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url.copy_with(query=self._query + b"&" + request.url.query)
        keyed = httpx.Request(
            request.method, url, headers=request.headers, stream=request.stream, extensions=request.extensions
        )
        return await self._inner.handle_async_request(keyed)

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Hush(logging.Filter):
    """Drops debug records of httpcore that repeat the key, as a redirect's Location in the response headers does."""

    def __init__(self, key: str, encoded_key: str) -> None:
        super().__init__()
        self._forms = {key, encoded_key, encoded_key.lower(), quote(encoded_key, safe="")}

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        return not any(form in message for form in self._forms)


class PortalClient:
    """Fetches datasets of the portal through one pool of connections."""

    def __init__(self, http: httpx.AsyncClient, *, has_key: bool, seconds: float) -> None:
        self._http = http
        self._has_key = has_key
        self._seconds = seconds
        self._at_once = asyncio.Semaphore(MOST_AT_ONCE)

    async def fetch(self, dataset: Dataset, query: Mapping[str, str]) -> list[Row]:
        """Return all rows that match, from every page; raise :class:`ToolError` when that is not possible."""
        try:
            async with asyncio.timeout(CALL_SECONDS):
                return await self._all_pages(dataset.path, query) if self._has_key else _fail("unset")
        except PortalFault as fault:
            kind = str(fault)
        except TimeoutError:
            kind = "timeout"
        raise ToolError(advice(kind, dataset.page))

    async def _all_pages(self, path: str, query: Mapping[str, str]) -> list[Row]:
        first = await self._page(path, query, 1, PAGE_ROWS)
        if first.total <= len(first.rows):
            return _checked([first])
        # The portal may cap a page below what was asked: the rest is asked for in pages of the size that came.
        size = len(first.rows) or _fail("partial")
        pages = -(-first.total // size)
        if pages > MOST_PAGES or first.total > MOST_ROWS:
            _fail("large")
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._page(path, query, number, size)) for number in range(2, pages + 1)]
        except ExceptionGroup as failures:
            failure = failures.exceptions[0]
        else:
            return _checked([first, *(task.result() for task in tasks)])
        raise failure

    async def _page(self, path: str, query: Mapping[str, str], number: int, size: int) -> Page:
        params = {**query, "pageNo": str(number), "numOfRows": str(size)}
        async with self._at_once:
            status, body = await self._get(path, params)
        return await asyncio.to_thread(read_page, status, body, number)

    async def _get(self, path: str, params: Mapping[str, str]) -> tuple[int, bytes]:
        try:
            async with asyncio.timeout(self._seconds), self._http.stream("GET", path, params=params) as response:
                body = bytearray()
                if response.headers.get("Content-Encoding", "identity") != "identity":
                    _fail("unreadable")  # not asked for, and a few bytes can unpack to very many
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        _fail("large")
                return response.status_code, bytes(body)
        except (TimeoutError, httpx.TimeoutException):
            kind = "timeout"
        except (httpx.HTTPError, httpx.StreamError, OSError):
            kind = "unreachable"
        raise PortalFault(kind)


def _fail(kind: str) -> NoReturn:
    raise PortalFault(kind)


def _checked(pages: list[Page]) -> list[Row]:
    rows = [row for page in pages for row in page.rows]
    if len({page.total for page in pages}) > 1:
        _fail("moving")
    if len(rows) != pages[0].total:
        _fail("partial")
    return rows


def read_page(status: int, body: bytes, number: int) -> Page:
    """Read one answer: a page of rows, or a :class:`PortalFault` for every other thing that an answer can be."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        _fail(status_kind(status, "?"))
    if kind := json_envelope_kind(text):
        _fail(kind)
    document = _parse(text)
    if kind := envelope_kind(document):
        _fail(kind)
    if status != 200 or document is None:
        _fail(status_kind(status, text))
    try:
        return _page(document, number)
    except (KeyError, TypeError, ValueError, AttributeError):
        _fail("unreadable")


def _parse(text: str) -> dict[str, Any] | None:
    text = text.strip("\ufeff \r\n\t")
    if not text.startswith("<") or text.count("<") > MOST_ELEMENTS or "<!DOCTYPE" in text:
        return None
    try:
        return xmltodict.parse(text, disable_entities=True, force_list=("item",))
    except (ExpatError, ValueError):
        return None


def _page(document: dict[str, Any], number: int) -> Page:
    response = document["response"]
    header = response["header"]
    code = str(header["resultCode"])
    if code not in ("00", "000"):
        _fail(code_kind(code, str(header.get("resultMsg") or "")))
    body = response["body"]
    if int(body.get("pageNo") or number) != number:
        _fail("partial")
    rows = (body["items"] or {}).get("item", [])
    return Page(number, int(body["totalCount"]), [row if isinstance(row, dict) else {} for row in rows])


@asynccontextmanager
async def open_portal(
    *, api_key: str, base_url: str, seconds: float, transport: httpx.AsyncBaseTransport | None
) -> AsyncIterator[PortalClient]:
    """Open the pool of connections. Either printed form of the key works: it is unquoted once, then encoded once."""
    key = unquote(api_key.strip()) if "%" in api_key else api_key.strip()
    encoded_key = quote(key, safe="")
    inner = transport or httpx.AsyncHTTPTransport(
        verify=ssl.create_default_context(), limits=httpx.Limits(max_connections=2 * MOST_AT_ONCE)
    )
    client = httpx.AsyncClient(
        base_url=base_url,
        transport=_Keyed(inner, encoded_key),
        timeout=seconds,
        follow_redirects=False,
        headers={"Accept": "application/xml", "Accept-Encoding": "identity"},
    )
    hush = _Hush(key, encoded_key)
    logger = logging.getLogger("httpcore.http11")
    async with client:
        if key:
            logger.addFilter(hush)
        try:
            yield PortalClient(client, has_key=bool(key), seconds=seconds)
        finally:
            logger.removeFilter(hush)
