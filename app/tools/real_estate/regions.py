"""Korean districts: which one a piece of text means, and whether a code is a living one.

The table is the official code list (code.go.kr) of ``TABLE_DATE``, kept as package files and read once. A search
never picks one of several districts: cities with districts, provinces and shared names give candidates. This module
fetches no newer table, corrects no typing errors, and knows legal dongs only as the way to their district.
"""

from __future__ import annotations

import gzip
import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

TABLE_DATE = "2026-10-08"
LONGEST_NAME = 60
"""Characters after which nothing can be a name; a search costs the square of its text."""

_SHORT_PROVINCES = {
    "경기도": ("경기",),
    "강원특별자치도": ("강원",),
    "충청북도": ("충북", "충북도"),
    "충청남도": ("충남", "충남도"),
    "전북특별자치도": ("전북", "전북도"),
    "전라북도": ("전북",),
    "전라남도": ("전남", "전남도"),
    "전남광주통합특별시": ("전남광주", "전남광주시"),
    "경상북도": ("경북", "경북도"),
    "경상남도": ("경남", "경남도"),
    "제주특별자치도": ("제주", "제주도"),
}
_METROPOLIS = re.compile(r"(..)(?:특별시|광역시|특별자치시)")
_DONG_ENDINGS = ("동", "읍", "면", "리", "가")
_NUMBERED = re.compile(r"\d+가$")
_RANKS = ("district", "city", "province", "former")

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the table of changes: an old district and one district that took its place."""

    old_code: str
    old_name: str
    new_code: str
    new_name: str
    effective: str
    note: str


@dataclass(frozen=True, slots=True)
class Place:
    """Something a query can name: a district, a city with districts, a province, or a former one of these."""

    kind: Literal["district", "city", "province", "former"]
    path: Path
    codes: tuple[str, ...]
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A district, and the name by which it was found: its own, or that of a legal dong in it."""

    code: str
    name: str


@dataclass(frozen=True)
class Found:
    """Matches (districts of the name, then those of larger, then of former places), how they were found, which
    renamings were followed, and what else bears the name."""

    by: Literal["district", "larger", "former", "dong", "nothing"]
    matches: tuple[Match, ...] = ()
    changes: tuple[Change, ...] = ()
    elsewhere: tuple[Match, ...] = ()

    @property
    def code(self) -> str | None:
        """The one district that was meant; None when there are several, none, or only something larger."""
        codes = {match.code for match in self.matches}
        return codes.pop() if len(codes) == 1 and self.by != "larger" else None


class RegionTable:
    """The living districts, what became of former ones, and the legal dongs inside."""

    def __init__(
        self, districts: dict[str, str], cities: dict[str, str], changes: Iterable[Change], dongs: Iterable[list[str]]
    ) -> None:
        self.districts = districts
        self._dongs = sorted(row for code, name in dongs for row in _dong_rows(code, name[len(districts[code]) + 1 :]))
        self._by_code: dict[str, Place] = {}
        self._by_spelling: dict[str, list[Place]] = defaultdict(list)
        self._paths: dict[str, list[tuple[Path, tuple[Change, ...]]]] = {
            code: [(tuple(name.split()), ())] for code, name in districts.items()
        }
        for code, place in self._places(cities, tuple(changes)):
            self._by_code[code] = place
            for spelling in spellings(place.path[-1]):
                self._by_spelling[spelling].append(place)

    def place(self, code: str) -> Place | None:
        """Return what a five-digit code stands for, living or not."""
        return self._by_code.get(code)

    def search(self, query: str) -> Found:
        """Find the districts that a name, an abbreviation, a former name or a 5- or 10-digit code means."""
        text = normalize(query)
        if len(text) > LONGEST_NAME:
            return Found("nothing")
        if re.fullmatch(r"[0-9]{5}([0-9]{5})?", text):
            place = self.place(text[:5])
            return self._found([place] if place else [])
        places = [
            place
            for start in range(len(text))
            for place in self._by_spelling.get(text[start:], ())
            if spelled(text[:start], place.path[:-1])
        ]
        dongs, changes = self._search_dongs(text)
        if not places:
            return Found("dong" if dongs else "nothing", dongs, changes)
        return self._found(places, dongs)

    def _found(self, places: list[Place], dongs: tuple[Match, ...] = ()) -> Found:
        if not places:
            return Found("nothing")
        known = {code for place in places if place.kind != "former" for code in place.codes}
        places = [place for place in places if place.kind != "former" or not known.issuperset(place.codes)]
        kinds = {place.kind for place in places}
        places.sort(key=lambda place: (_RANKS.index(place.kind), place.codes))
        codes = list(dict.fromkeys(code for place in places for code in place.codes))
        return Found(
            "larger" if kinds <= {"city", "province"} else "former" if kinds == {"former"} else "district",
            tuple(Match(code, self.districts[code]) for code in codes),
            tuple(change for place in places for change in place.changes),
            tuple(dong for dong in dongs if dong.code not in codes),
        )

    def _search_dongs(self, text: str) -> tuple[tuple[Match, ...], tuple[Change, ...]]:
        for endings in (("",), _DONG_ENDINGS):
            found: dict[Match, tuple[Change, ...]] = {}
            for start in range(len(text) - 1):
                for ending in endings:
                    self._match_dongs(text[start:] + ending, text[:start], found)
            if found:
                matches = sorted(found, key=lambda match: match.code)
                changes = dict.fromkeys(change for match in matches for change in found[match])
                return tuple(matches), tuple(changes)
        return (), ()

    def _match_dongs(self, key: str, before: str, found: dict[Match, tuple[Change, ...]]) -> None:
        position = bisect_left(self._dongs, f"{key} ")
        while position < len(self._dongs) and (row := self._dongs[position]).startswith(f"{key} "):
            position += 1
            _, code, *inside = row.split(" ")
            for path, changes in self._paths[code]:
                if spelled(before, (*path, *inside[:-1])):
                    found.setdefault(Match(code, " ".join((self.districts[code], *inside))), changes)
                    break

    def _places(self, cities: dict[str, str], changes: tuple[Change, ...]) -> Iterator[tuple[str, Place]]:
        inside: dict[str, list[str]] = defaultdict(list)
        for code, name in self.districts.items():
            yield code, Place("district", tuple(name.split()), (code,))
            inside[name.split()[0]].append(code)
        for code, name in cities.items():
            children = tuple(child for child, full in self.districts.items() if full.startswith(f"{name} "))
            yield code, Place("city", tuple(name.split()), children)
        for name, codes in inside.items():
            if name not in self.districts.values():
                yield codes[0][:2] + "000", Place("province", (name,), tuple(codes))
        yield from self._former_places(changes, {*self.districts.values(), *cities.values(), *inside})

    def _former_places(self, changes: tuple[Change, ...], living: set[str]) -> Iterator[tuple[str, Place]]:
        districts: dict[tuple[str, str], list[Change]] = defaultdict(list)
        provinces: dict[tuple[str, str], list[Change]] = defaultdict(list)
        for change in changes:
            if change.old_name in living:  # the code lives on as that of a city with districts
                continue
            province = change.old_name.split()[0]
            districts[change.old_code, change.old_name].append(change)
            if province not in living:
                provinces[change.old_code[:2] + "000", province].append(change)
            if change.new_code in self._paths:
                self._paths[change.new_code].append((tuple(change.old_name.split()), (change,)))
        for (code, name), rows in (*districts.items(), *provinces.items()):
            codes = dict.fromkeys(new for row in rows for new in self._by_code[row.new_code].codes)
            yield code, Place("former", tuple(name.split()), tuple(codes), tuple(rows))


def _dong_rows(code: str, inside: str) -> Iterator[str]:
    """Key one legal dong by its own name and, for ``성수동1가``, also by ``성수동``; sorted rows take little memory."""
    last = inside.rsplit(" ", 1)[-1]
    for key in {last, _NUMBERED.sub("", last)} - {""}:
        yield f"{key} {code} {inside}"


def normalize(query: str) -> str:
    """Compose syllables that came in pieces, narrow full-width digits, drop spaces, punctuation and pictures."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", query))


@lru_cache(maxsize=512)
def spellings(part: str) -> tuple[str, ...]:
    """Return the ways to write one part of a name: ``강남구`` and ``강남``, ``서울특별시``, ``서울시`` and ``서울``."""
    if part in _SHORT_PROVINCES:
        return (part, *_SHORT_PROVINCES[part])
    if metropolis := _METROPOLIS.fullmatch(part):
        return part, f"{metropolis[1]}시", metropolis[1]
    if len(part) > 2 and part[-1] in ("시", "군", "구", *_DONG_ENDINGS):
        return part, part[:-1]
    return (part,)


def spelled(text: str, path: Path) -> bool:
    """Tell whether ``text`` writes parts of ``path`` in their order; parts may be left out."""
    if not text or not path:
        return not text
    return spelled(text, path[1:]) or any(
        text.startswith(spelling) and spelled(text[len(spelling) :], path[1:]) for spelling in spellings(path[0])
    )


@lru_cache(maxsize=1)
def load_regions() -> RegionTable:
    """Read the package's table, once for the life of the process."""
    data = files(__package__) / "data"
    dongs = gzip.decompress((data / "legal_dong_names.tsv.gz").read_bytes())
    rows = _rows((data / "sigungu.tsv").read_bytes())
    changes = [Change(*row) for row in _rows((data / "sigungu_changes.tsv").read_bytes())]
    return RegionTable(
        {code: name for code, name, level in rows if level == "leaf"},
        {code: name for code, name, level in rows if level == "parent"},
        changes,
        _rows(dongs),
    )


def _rows(table: bytes) -> list[list[str]]:
    return [line.split("\t") for line in table.decode().splitlines()[1:]]
