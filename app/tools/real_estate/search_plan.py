"""Which documents answer a search that was understood, and in which order. Nothing is fetched here.

Without a month it is the newest complete one and the trend; without a house type apartments, sales and leases; of
several districts that fit, one document each. What the ministry does not publish, or not yet, is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.errors import ToolError
from app.tools.real_estate.house_types import HOUSE_TYPES, Contract, HouseTypeName
from app.tools.real_estate.months import check_month, is_incomplete, months_up_to, shifted
from app.tools.real_estate.regions import normalize
from app.tools.real_estate.search_figures import Complex
from app.tools.real_estate.search_ids import DocumentId, key
from app.tools.real_estate.search_query import Wanted
from app.tools.real_estate.search_words import forms

MOST_RESULTS = 10
COMPLEX_MONTHS = 3
_MOST_COMPLEXES = 5


def newest_complete(now: datetime) -> str:
    """Return the newest month whose contracts can no longer come in; ``now`` is the time in Korea."""
    month = shifted(f"{now:%Y%m}", -2)
    return shifted(month, -1) if is_incomplete(month, now) else month


def plan(wanted: Wanted, now: datetime) -> list[DocumentId]:
    """Return the documents, the likeliest first, at most :data:`MOST_RESULTS`."""
    each = MOST_RESULTS // len(wanted.regions) if wanted.certain and wanted.regions else 1
    found: list[DocumentId] = []
    for region in wanted.regions[:MOST_RESULTS]:
        found += list(_documents(wanted, region, now))[: max(each, 1)]
    return found[:MOST_RESULTS]


def _documents(wanted: Wanted, region: str, now: datetime) -> Iterator[DocumentId]:
    months, trends = list(_months(wanted, region, now)), list(_trends(wanted, region))
    yield from (*trends, *months) if wanted.trend else (*months, *trends)


def _months(wanted: Wanted, region: str, now: datetime) -> Iterator[DocumentId]:
    for house, contract in _kinds(wanted):
        for month in wanted.months or (newest_complete(now),):
            if is_published(house, contract, month, now):
                yield DocumentId("month", house, contract, region, month)


def _trends(wanted: Wanted, region: str) -> Iterator[DocumentId]:
    if wanted.trend or not wanted.months or not wanted.houses:
        for house, contract in _kinds(wanted):
            if contract == "sale" or wanted.contracts:
                yield DocumentId("trend", house, contract, region)


def _kinds(wanted: Wanted) -> Iterator[tuple[HouseTypeName, Contract]]:
    default: tuple[HouseTypeName, ...] = ("apartment",)
    both: tuple[Contract, ...] = ("sale", "lease")
    for house in wanted.houses or default:
        for contract in wanted.contracts or both:
            if contract == "sale" or HOUSE_TYPES[house].lease:
                yield house, contract


def is_published(house: HouseTypeName, contract: Contract, month: str, now: datetime) -> bool:
    """Tell whether ``month`` is one, and lies in the data."""
    try:
        check_month("query", month, HOUSE_TYPES[house].dataset(contract).first_month, now)
    except ToolError:
        return False
    return True


@dataclass(frozen=True)
class ComplexSearch:
    """Where a complex is looked for: one district, one kind of contract, at most :data:`COMPLEX_MONTHS` months."""

    house_type: HouseTypeName
    contract: Contract
    region_code: str
    months: tuple[str, ...]

    def document(self, found: Complex) -> DocumentId:
        """Return the document of a complex that was found."""
        place = (self.house_type, self.contract, self.region_code, self.months[-1])
        return DocumentId("complex", *place, key(found.dong), key(found.name))


def complex_search(wanted: Wanted, now: datetime) -> ComplexSearch | None:
    """Return where to look for the complex that the search may name; None when it names no district or no complex."""
    if not (wanted.words and wanted.certain):
        return None
    last = wanted.months[0] if wanted.months else newest_complete(now)
    for house, contract in _kinds(wanted):
        if HOUSE_TYPES[house].name_tag and is_published(house, contract, last, now):
            months = [
                month for month in months_up_to(last, COMPLEX_MONTHS) if is_published(house, contract, month, now)
            ]
            return ComplexSearch(house, contract, wanted.regions[0], tuple(months))
    return None


def matching(complexes: Sequence[Complex], words: Sequence[str]) -> list[Complex]:
    """Return the complexes whose name holds the most of ``words``, in their order; none that holds no word."""
    spelled = [[normalize(form).casefold() for form in forms(word)] for word in words]

    def score(found: Complex) -> int:
        name = normalize(found.name).casefold()
        return sum(any(form in name for form in word) for word in spelled) if key(found.name) != "-" else 0

    scores = [score(found) for found in complexes]
    best = max(scores, default=0)
    return [found for found, points in zip(complexes, scores, strict=True) if points and points == best][
        :_MOST_COMPLEXES
    ]
