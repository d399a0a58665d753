"""One pool of connections per portal, in which a key is never seen by a log line or an exception.

The key is added below httpx, so that no URL or header httpx logs or raises with holds it; what httpcore logs of it is
dropped. Certificates are checked against the system's store (``SSL_CERT_FILE`` is honoured). Redirects are not
followed, cookies are not taken, and nothing compressed is asked for.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from app.tools.real_estate.sources.bounds import Limits
from app.tools.real_estate.sources.credentials import Credential

CREDENTIAL = "credential"
"""The request extension that carries the :class:`Credential` down to the transport."""

_LOGGERS = tuple(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks"))


class _Keyed(httpx.AsyncBaseTransport):
    """Adds the key to a copy of the request, which httpx never sees."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        extensions = dict(request.extensions)
        credential: Credential = extensions.pop(CREDENTIAL)
        headers, url = httpx.Headers(request.headers), request.url
        if credential.in_header:
            headers["Authorization"] = f"Infuser {credential.key}"
        else:
            url = url.copy_with(query=b"serviceKey=" + credential.encoded.encode() + b"&" + url.query)
        keyed = httpx.Request(request.method, url, headers=headers, stream=request.stream, extensions=extensions)
        return await self._inner.handle_async_request(keyed)

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Hush(logging.Filter):
    """Drops debug records that repeat a key, as a redirect's Location in the response headers does."""

    def __init__(self, forms: Collection[str]) -> None:
        super().__init__()
        self._forms = forms

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage().lower()
        return not any(form in message for form in self._forms)


@contextmanager
def hushed(*credentials: Credential) -> Iterator[None]:
    """Keep the keys out of httpcore's log for a while."""
    hush = _Hush(frozenset().union(*(credential.forms for credential in credentials)))
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    for logger in loggers:
        logger.addFilter(hush)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(hush)


def http_client(
    base_url: str, seconds: float, limits: Limits, transport: httpx.AsyncBaseTransport | None
) -> httpx.AsyncClient:
    """Build the client of one portal; ``transport`` takes the network's place."""
    inner = transport or httpx.AsyncHTTPTransport(
        verify=ssl.create_default_context(), limits=httpx.Limits(max_connections=2 * limits.at_once)
    )
    return httpx.AsyncClient(
        base_url=base_url,
        transport=_Keyed(inner),
        # A connection that takes half the time will not come, and a request never sent uses no quota.
        timeout=httpx.Timeout(seconds, connect=seconds / 2),
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        trust_env=False,
        headers={"Accept-Encoding": "identity"},
    )
