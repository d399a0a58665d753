"""What the real-estate tools need of the open-data portals, in types: who fetches knows no tool, and no tool fetches.

``sources/`` keeps these promises over the network with a cache; the tests keep them from a list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from mcp_types import ToolAnnotations
from pydantic import Field

from app.tools.base import CallContext, Locale, ToolModel

SEOUL = ZoneInfo("Asia/Seoul")
Clock = Callable[[], datetime]
"""The time, with its zone."""

PORTAL_READ = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True)
"""What every tool that asks a portal is."""

Row = Mapping[str, str]
"""One row of a monthly dataset: only the tags that hold something, with white space trimmed; blanks are absent."""


@dataclass(frozen=True)
class Dataset:
    """One dataset of the portal.

    ``number`` is its number at data.go.kr, ``path`` where it is asked for, ``first_month`` (YYYYMM) where its history
    begins, ``per_day`` how many calls a key has.
    """

    number: str
    path: str
    title_en: str
    title_ko: str
    first_month: str = ""
    per_day: int = 10_000

    @property
    def page(self) -> str:
        """Where a key's owner applies for the dataset."""
        return f"https://www.data.go.kr/data/{self.number}/openapi.do"


@dataclass(frozen=True)
class Month:
    """Every row of one dataset, district and contract month, as the portal had it at ``as_of`` (Korean time)."""

    region_code: str
    year_month: str
    rows: tuple[Row, ...]
    as_of: datetime


@dataclass(frozen=True)
class Listing:
    """One page of another dataset: rows as they came, and how many there are (``match_count``: after filters)."""

    rows: tuple[Mapping[str, Any], ...]
    total_count: int
    match_count: int
    as_of: datetime


class Sources(Protocol):
    """The open-data portals. Every method raises :class:`~app.errors.ToolError`, which says what to do, when the
    answer cannot be had whole."""

    async def months(self, dataset: Dataset, wanted: Sequence[tuple[str, str]], context: CallContext) -> list[Month]:
        """Every month of ``wanted``, pairs of district and month, in their order; progress is told per month."""
        ...

    async def odcloud(self, dataset: Dataset, conditions: Mapping[str, str], page: int, per_page: int) -> Listing:
        """One page of an api.odcloud.kr dataset. ``conditions`` maps ``FIELD::OP`` to a value."""
        ...

    async def onbid(self, dataset: Dataset, parameters: Mapping[str, str], page_no: int, num_of_rows: int) -> Listing:
        """One page of an Onbid v2 service."""
        ...

    async def onbid_codes(self, dataset: Dataset) -> Listing:
        """All rows of an Onbid code service, kept for days."""
        ...

    def calls_today(self, dataset: Dataset) -> int:
        """How many requests this dataset was sent since midnight in Korea."""
        ...


class Provenance(ToolModel):
    """Where figures come from; part of every result that holds some."""

    source: str = Field(description="Who publishes the data, and the number of the dataset at data.go.kr.")
    data_as_of: str = Field(description="When the portal was asked (the oldest answer used), ISO 8601, Korean time.")
    sample: bool = Field(description="True when the data is made up for a demonstration.")
    portal_calls_today: int = Field(description="Requests to this dataset since midnight in Korea.")
    portal_calls_per_day: int = Field(description="How many requests the portal allows per day.")


def provenance(sources: Sources, dataset: Dataset, as_of: datetime, *, publisher: str, sample: bool) -> dict[str, Any]:
    """The fields of :class:`Provenance` for figures of ``dataset``."""
    source = f"{publisher}: {dataset.title_ko} ({dataset.title_en}), data.go.kr {dataset.number}"
    return {
        "source": "made-up sample data of a demonstration" if sample else source,
        "data_as_of": as_of.astimezone(SEOUL).isoformat(timespec="seconds"),
        "sample": sample,
        "portal_calls_today": sources.calls_today(dataset),
        "portal_calls_per_day": dataset.per_day,
    }


def marked(result: Provenance, text: str, locale: Locale) -> str:
    """Put first, for made-up data, that it is made up."""
    if not result.sample:
        return text
    return f"예시 데이터이며 실제가 아닙니다. {text}" if locale == "ko" else f"SAMPLE DATA, not real. {text}"
