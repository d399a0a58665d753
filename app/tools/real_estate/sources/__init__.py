"""The open-data portals as the tools want them: whole, checked, kept for a while, and with a time limit.

This package keeps the promises of ``contract.Sources`` over the network. Its parts, from the network up:
``transport`` hides the keys, ``client`` asks one question, ``documents`` and ``pages`` read, ``rtms``, ``odcloud`` and
``onbid`` know one service each, ``store`` and ``shelf`` keep answers, ``sources`` joins them. It knows no tool.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from app.tools.base import Observe, unobserved
from app.tools.real_estate.contract import Clock
from app.tools.real_estate.sources.bounds import CALL_SECONDS, Limits
from app.tools.real_estate.sources.client import PortalClient, Sleep
from app.tools.real_estate.sources.credentials import SourceSettings, credentials_of
from app.tools.real_estate.sources.quota import Quota
from app.tools.real_estate.sources.shelf import Shelf
from app.tools.real_estate.sources.sources import Families, Family, PortalSources
from app.tools.real_estate.sources.transport import http_client, hushed

if TYPE_CHECKING:
    from app.tools.real_estate.sources.store import Store

__all__ = ["CALL_SECONDS", "Limits", "PortalSources", "SourceSettings", "open_sources"]


@asynccontextmanager
async def open_sources(
    settings: SourceSettings,
    *,
    clock: Clock,
    transport: httpx.AsyncBaseTransport | None = None,
    limits: Limits | None = None,
    sleep: Sleep = asyncio.sleep,
    observe: Observe = unobserved,
) -> AsyncIterator[PortalSources]:
    """Open one pool of connections per host and the file of earlier answers; nothing is asked of a portal yet.

    ``clock`` gives the time with its zone. ``transport`` takes the network's place; ``sleep`` waits between attempts.
    ``observe`` is told of each request: the portal is ``data_go_kr`` or ``odcloud``.
    """
    credentials, limits = credentials_of(settings), limits or Limits()
    async with AsyncExitStack() as stack:
        store = await asyncio.to_thread(_open_store, settings.keep_in, limits.disk_bytes)
        if store:
            stack.push_async_callback(asyncio.to_thread, store.close)
        quota = Quota(clock, store)
        await quota.load()
        stack.push_async_callback(quota.save)
        stack.enter_context(hushed(credentials.contracts, credentials.cloud, credentials.auctions))
        portals = []
        for name, address in (("data_go_kr", settings.data_go_kr_base_url), ("odcloud", settings.odcloud_base_url)):
            http = await stack.enter_async_context(http_client(address, settings.request_seconds, limits, transport))
            seconds, told = settings.request_seconds, partial(observe, name, "")
            portals.append(PortalClient(http, quota, seconds=seconds, limits=limits, sleep=sleep, observe=told))
        data, cloud = portals
        shelf = Shelf(clock, store, limits.memory_rows)
        stack.push_async_callback(shelf.close)
        data_place, cloud_place = _place(settings.data_go_kr_base_url), _place(settings.odcloud_base_url)
        families = Families(
            Family(data, credentials.contracts, data_place),
            Family(cloud, credentials.cloud, cloud_place),
            Family(data, credentials.auctions, data_place),
        )
        yield PortalSources(families, shelf, quota, clock=clock, call_seconds=limits.call_seconds)


def _open_store(folder: Path | None, most_bytes: int) -> Store | None:
    """Load the database library in a worker thread, and only when something is to be kept."""
    if folder is None:
        return None
    from app.tools.real_estate.sources.store import Store  # noqa: PLC0415

    return Store(folder, most_bytes)


def _place(address: str) -> str:
    """A short name for a portal's address, so that a demonstration's answers are never taken for the real portal's."""
    return hashlib.sha256(address.encode()).hexdigest()[:8]
