"""What a search text asks for: districts, a house type, sales or leases, months, and words that may name a complex.

Nothing is fetched and nothing is guessed: a place that is larger than a district, or that several districts share,
stays a list of candidates. Words that mean nothing here are kept, because complexes are called by any word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from app.tools.real_estate.house_types import Contract, HouseTypeName
from app.tools.real_estate.regions import Found, RegionTable
from app.tools.real_estate.search_months import take_months
from app.tools.real_estate.search_romanized import hangul_names
from app.tools.real_estate.search_words import Token, forms, tokens

MOST_WORDS = 24
MOST_WORDS_OF_A_PLACE = 5
_HANGUL = re.compile(r"[가-힣]")


@dataclass(frozen=True)
class Wanted:
    """A search text, understood. ``regions`` are district codes, the likeliest first; ``certain`` when each of them
    was named, and not one of several that fit. ``months`` can lie outside the data."""

    regions: tuple[str, ...]
    certain: bool
    houses: tuple[HouseTypeName, ...]
    contracts: tuple[Contract, ...]
    trend: bool
    months: tuple[str, ...]
    words: tuple[str, ...]


def understand(query: str, regions: RegionTable, now: datetime) -> Wanted:
    """Read a search text; ``now`` is the time in Korea."""
    text = unicodedata.normalize("NFKC", query).lower()
    months, text = take_months(text, now)
    read = tokens(text, MOST_WORDS)
    codes, certain, words = _places([token for token in read if token.rest], regions)
    return Wanted(
        regions=codes,
        certain=certain,
        houses=tuple(dict.fromkeys(_meant(read, "house"))),  # type: ignore[arg-type]
        contracts=tuple(dict.fromkeys(_meant(read, "contract"))),  # type: ignore[arg-type]
        trend=any(_meant(read, "trend")),
        months=months,
        words=tuple(word for word in words if len(word) > 1 and _HANGUL.search(word)),
    )


def _meant(read: list[Token], kind: str) -> Iterator[str]:
    return (key or kind for token in read for meaning, key in token.meanings if meaning == kind)


def _places(read: list[Token], regions: RegionTable) -> tuple[tuple[str, ...], bool, list[str]]:
    """Find the districts, whether each was named, and the words that are no part of a place's name."""
    names = hangul_names(regions)
    words = [names.get(token.rest.replace("-", ""), token.rest) for token in read]
    best = _best_place(words, regions)
    if best is None:
        return (), False, words
    found, words = best
    codes = [match.code for match in found.matches]
    if found.code is None:
        return tuple(dict.fromkeys(codes)), False, words
    named = [found.code]
    while (best := _best_place(words, regions)) and best[0].by != "dong" and best[0].code:
        named.append(best[0].code)
        words = best[1]
    return tuple(dict.fromkeys(named)), True, words


def _best_place(words: list[str], regions: RegionTable) -> tuple[Found, list[str]] | None:
    """Find the place that takes the most neighbouring words, before all a district, and the words beside it."""
    for length in range(min(MOST_WORDS_OF_A_PLACE, len(words)), 0, -1):
        found = [
            (place, [*words[:start], *words[start + length :]])
            for start in range(len(words) - length + 1)
            if (place := _search(words[start : start + length], regions)).by != "nothing"
        ]
        if found:
            return next((one for one in found if one[0].by != "dong"), found[0])
    return None


def _search(words: list[str], regions: RegionTable) -> Found:
    """Search for neighbouring words as one name, in the order of Korean addresses or of English ones."""
    found = Found("nothing")
    for last in forms(words[-1]):
        for order in ([*words[:-1], last], [last, *words[-2::-1]])[: len(words)]:
            found = regions.search("".join(order))
            if found.by != "nothing":
                return found
    return found
