"""The ids of documents: short, readable, the same for ever, and everything a document needs to be made again.

Such as ``month:apartment:sale:11440:202609``, ``trend:apartment:lease:11440`` or
``complex:apartment:sale:11680:202609:대치동:은마``. An id is untrusted when it comes back: only one that this module
could have written, for a living district and a month of the data, is read. Nothing is looked up at the portal.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from app.errors import ToolError
from app.tools.base import Locale
from app.tools.real_estate.house_types import HOUSE_TYPES, Contract, HouseTypeName
from app.tools.real_estate.months import check_month
from app.tools.real_estate.regions import RegionTable

LONGEST_ID = 300
_LONGEST_KEY = 80
_ROOT = "real_estate"
_NO_DOCUMENT: dict[Locale, str] = {
    "en": "id: is not one that search returned. Ids are taken from the results of search, unchanged; an example is "
    "month:apartment:sale:11440:202609.",
    "ko": "id: search가 돌려준 id가 아닙니다. id는 search 결과에 있는 그대로 씁니다. "
    "예: month:apartment:sale:11440:202609.",
}
_NO_PAGE: dict[Locale, str] = {
    "en": "There is no such page. The results of search hold the addresses of pages.",
    "ko": "이런 페이지가 없습니다. 페이지 주소는 search 결과에 있습니다.",
}
_REST = {"month": 1, "trend": 0, "complex": 3}
"""How many parts follow the district's code, by kind."""

Kind = Literal["month", "trend", "complex"]


@dataclass(frozen=True)
class DocumentId:
    """A document: a district's month, its trend, or a complex over the months up to ``year_month``.

    ``dong`` and ``name`` are keys as :func:`key` makes them.
    """

    kind: Kind
    house_type: HouseTypeName
    contract: Contract
    region_code: str
    year_month: str = ""
    dong: str = ""
    name: str = ""

    def __str__(self) -> str:
        parts = (self.kind, self.house_type, self.contract, self.region_code, self.year_month, self.dong, self.name)
        return ":".join(part for part in parts if part)

    @property
    def page(self) -> str:
        """The page that shows the document, as ``CallContext.link`` takes it: nothing in it but letters, digits,
        ``_``, ``-`` and ``/``; not encoded yet."""
        place = (f"{self.house_type}-{self.contract}", self.region_code, self.year_month or "trend")
        return "/".join(part for part in (_ROOT, *place, self.dong, self.name) if part)


def key(name: str | None) -> str:
    """Write a name so that it can stand in an id; ``-`` for none. Names of one key are taken for the same."""
    return re.sub(r"[\W_]+", "-", unicodedata.normalize("NFC", name or ""))[:_LONGEST_KEY].strip("-") or "-"


def read_id(text: str, regions: RegionTable, now: datetime, locale: Locale) -> DocumentId:
    """Read an id; a :class:`ToolError` says where ids come from. ``now`` is the time in Korea."""
    if found := _read(text, regions, now):
        return found
    raise no_document(locale)


def no_document(locale: Locale) -> ToolError:
    """The refusal of an id or a page that search never gave."""
    return ToolError(_NO_DOCUMENT[locale])


def read_page(page: str, regions: RegionTable, now: datetime, locale: Locale) -> DocumentId:
    """Read the part of a page's address after the toolset's name; a :class:`ToolError` when no document has it."""
    if len(page) <= LONGEST_ID:
        what, *rest = page.split("/")
        house, _, contract = what.rpartition("-")
        kind = "trend" if rest[1:] == ["trend"] else "month" if len(rest) == 2 else "complex"
        text = ":".join((kind, house, contract, *(rest[:1] if kind == "trend" else rest)))
        if found := _read(text, regions, now):
            return found
    raise ToolError(_NO_PAGE[locale])


def _read(text: str, regions: RegionTable, now: datetime) -> DocumentId | None:
    if len(text) > LONGEST_ID:
        return None
    match text.split(":"):
        case [kind, house, "sale" | "lease" as contract, region, *rest] if _REST.get(kind) == len(rest):
            if house not in HOUSE_TYPES or region not in regions.districts:
                return None
            found = DocumentId(cast(Kind, kind), house, contract, region, *rest)
            return found if _is_published(found, now) else None
    return None


def _is_published(found: DocumentId, now: datetime) -> bool:
    house = HOUSE_TYPES[found.house_type]
    if found.contract == "lease" and house.lease is None:
        return False
    if found.kind == "trend":
        return True
    if found.kind == "complex" and not (house.name_tag and _are_keys(found.dong, found.name)):
        return False
    try:
        check_month("id", found.year_month, house.dataset(found.contract).first_month, now)
    except ToolError:
        return False
    return True


def _are_keys(dong: str, name: str) -> bool:
    return name != "-" and key(dong) == dong and key(name) == name
