"""The sources as the tools see them: every method gives a whole answer or a :class:`ToolError` that says what to do.

Keeps the promises of ``contract.Sources``. Fetching, keeping and wording are done next door; here they are joined, and
a question gets its time.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from app.errors import ToolError
from app.tools.base import CallContext, Locale
from app.tools.real_estate.call_budget import PortalError
from app.tools.real_estate.contract import Clock, Dataset, Listing, Month
from app.tools.real_estate.sources.advice import advice, kept_so_far, progress_message
from app.tools.real_estate.sources.client import PortalClient
from app.tools.real_estate.sources.credentials import Credential
from app.tools.real_estate.sources.faults import TRANSIENT, Fault, Kind
from app.tools.real_estate.sources.odcloud import LIFETIME, fetch_cloud_page
from app.tools.real_estate.sources.onbid import CODES_LIFETIME, LIST_LIFETIME, fetch_auctions, fetch_codes
from app.tools.real_estate.sources.quota import Quota
from app.tools.real_estate.sources.rtms import fetch_month, month_lifetime
from app.tools.real_estate.sources.shelf import Shelf, Want


@dataclass(frozen=True)
class Family:
    """One family of datasets: whom to ask, with which key, and ``place``, which tells portals apart on the shelf."""

    portal: PortalClient
    credential: Credential
    place: str


@dataclass(frozen=True)
class Families:
    """The ministry's contracts, Applyhome at api.odcloud.kr, and Onbid's auctions."""

    contracts: Family
    cloud: Family
    auctions: Family


class PortalSources:
    """The open-data portals behind a shelf of earlier answers."""

    def __init__(self, families: Families, shelf: Shelf, quota: Quota, *, clock: Clock, call_seconds: float) -> None:
        self._families = families
        self._shelf = shelf
        self._quota = quota
        self._clock = clock
        self._call_seconds = call_seconds

    async def months(self, dataset: Dataset, wanted: Sequence[tuple[str, str]], context: CallContext) -> list[Month]:
        """Every month of ``wanted``, pairs of district and month, in their order.

        Progress is told once per different month. A :class:`ToolError` loses none of the months that had come.
        """
        wants = {pair: self._month(dataset, *pair) for pair in wanted}

        async def tell(done: int) -> None:
            await context.progress(done, len(wants), progress_message(done, len(wants), context.locale))

        found: dict[str, Listing] = {}
        kind = await self._take(list(wants.values()), found, tell)
        if kind:
            text = self._advice(kind, self._families.contracts, dataset, context.locale)
            done = max(len(found), sum(self._shelf.at_hand(want) is not None for want in wants.values()))
            if kind == "budget" or (done and kind in TRANSIENT):
                text += f" {kept_so_far(done, len(wants), context.locale)}"
            raise ToolError(text)
        listings = [(pair, found[wants[pair].key]) for pair in wanted]
        return [Month(*pair, rows=listing.rows, as_of=listing.as_of) for pair, listing in listings]

    async def odcloud(self, dataset: Dataset, conditions: Mapping[str, str], page: int, per_page: int) -> Listing:
        """One page of an api.odcloud.kr dataset. ``conditions`` maps ``FIELD::OP`` to a value."""
        family = self._families.cloud
        fetch = partial(
            fetch_cloud_page, family.portal, family.credential, dataset, conditions, page, per_page, self._clock
        )
        key = self._key(family, dataset, sorted(conditions.items()), page, per_page)
        return await self._one(family, dataset, Want(key, dataset.number, lambda *_: LIFETIME, fetch))

    async def onbid(self, dataset: Dataset, parameters: Mapping[str, str], page_no: int, num_of_rows: int) -> Listing:
        """One page of an Onbid v2 service."""
        family = self._families.auctions
        fetch = partial(
            fetch_auctions, family.portal, family.credential, dataset, parameters, page_no, num_of_rows, self._clock
        )
        key = self._key(family, dataset, sorted(parameters.items()), page_no, num_of_rows)
        return await self._one(family, dataset, Want(key, dataset.number, lambda *_: LIST_LIFETIME, fetch))

    async def onbid_codes(self, dataset: Dataset) -> Listing:
        """All rows of an Onbid code service, kept for days."""
        family = self._families.auctions
        fetch = partial(fetch_codes, family.portal, family.credential, dataset, self._clock)
        want = Want(self._key(family, dataset, "codes"), dataset.number, lambda *_: CODES_LIFETIME, fetch)
        return await self._one(family, dataset, want)

    def calls_today(self, dataset: Dataset) -> int:
        """How many requests this dataset was sent since midnight in Korea."""
        return self._quota.today(dataset)

    def _month(self, dataset: Dataset, region_code: str, year_month: str) -> Want:
        family = self._families.contracts
        fetch = partial(fetch_month, family.portal, family.credential, dataset, region_code, year_month, self._clock)
        key = f"{family.place} {dataset.path} {region_code} {year_month}"
        return Want(key, dataset.number, partial(month_lifetime, year_month), fetch)

    async def _one(self, family: Family, dataset: Dataset, want: Want) -> Listing:
        found: dict[str, Listing] = {}
        if kind := await self._take([want], found, _untold):
            raise PortalError(*(self._advice(kind, family, dataset, locale) for locale in ("en", "ko")))
        return found[want.key]

    async def _take(
        self, wants: list[Want], found: dict[str, Listing], tell: Callable[[int], Awaitable[None]]
    ) -> Kind | None:
        """Put what is wanted into ``found``, within the time of a question; return what went wrong, if anything."""
        kind: Kind | None = None
        try:
            async with asyncio.timeout(self._call_seconds):
                await self._collect(wants, found, tell)
        except Fault as fault:
            kind = fault.kind
        except TimeoutError:
            kind = None if await self._completed(wants, found) else "budget"
        await self._quota.save()
        return kind

    async def _collect(
        self, wants: list[Want], found: dict[str, Listing], tell: Callable[[int], Awaitable[None]]
    ) -> None:
        missing = []
        for want in wants:
            listing = self._shelf.at_hand(want)
            if listing is None:
                missing.append(want)
            else:
                found[want.key] = listing
                await tell(len(found))

        async def take(want: Want) -> None:
            found[want.key] = await self._shelf.take(want)
            await tell(len(found))

        try:
            async with asyncio.TaskGroup() as group:
                for want in missing:
                    group.create_task(take(want))
        except ExceptionGroup as failures:
            failure = failures.exceptions[0]
        else:
            if len(found) < len({want.key for want in wants}):
                raise asyncio.CancelledError  # the sources were closed under it
            return
        raise failure

    async def _completed(self, wants: list[Want], found: dict[str, Listing]) -> bool:
        """Let older answers stand in for what did not come in time; False when one has none."""
        older = {want.key: await self._shelf.kept(want) for want in wants if want.key not in found}
        complete = all(listing is not None for listing in older.values())
        if complete:
            found |= {key: listing for key, listing in older.items() if listing is not None}
        return complete

    def _key(self, family: Family, dataset: Dataset, *parts: object) -> str:
        return f"{family.place} {dataset.path} {json.dumps(parts)}"

    def _advice(self, kind: Kind, family: Family, dataset: Dataset, locale: Locale) -> str:
        return advice(kind, family.credential, dataset, self._call_seconds, locale)


async def _untold(_: int) -> None:
    """Nobody waits for the progress of one page."""
