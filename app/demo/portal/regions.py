"""The districts and legal dongs the stand-in knows: the public code table, read from the files beside the tools.

The table names a dong under its district's five digits only. The last five are made up here, in the table's order
and the official style (dong from 101, eup from 250, myeon from 310, ri from 21): one number per place, the same in
every dataset of the stand-in, and not the official one.
"""

from __future__ import annotations

import gzip
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

_SHORT = {
    "서울특별시": "서울",
    "부산광역시": "부산",
    "대구광역시": "대구",
    "인천광역시": "인천",
    "대전광역시": "대전",
    "울산광역시": "울산",
    "세종특별자치시": "세종",
    "경기도": "경기",
    "강원특별자치도": "강원",
    "충청북도": "충북",
    "충청남도": "충남",
    "전북특별자치도": "전북",
    "전남광주통합특별시": "전남광주",
    "경상북도": "경북",
    "경상남도": "경남",
    "제주특별자치도": "제주",
}


@dataclass(frozen=True)
class Dong:
    """A legal dong: ten digits, and its name within the district (in counties ``면 리``)."""

    code: str
    name: str


@dataclass(frozen=True)
class District:
    """A living district. ``dongs`` holds the lowest level only; ``agent`` is how estate agents' seats are worded."""

    code: str
    name: str
    sido: str
    sgg: str
    agent: str
    dongs: tuple[Dong, ...]


@dataclass(frozen=True)
class Change:
    """A retired code and one of its successors; ``month`` (YYYYMM) is the first served under the new code only."""

    old: str
    new: str
    month: str


@dataclass(frozen=True)
class Entry:
    """One row of the official code table: a province, a district, a city with districts, a dong, a ri."""

    code: str
    name: str
    parent: str


def _lines(name: str) -> list[list[str]]:
    data = (files("app") / "tools" / "real_estate" / "data" / name).read_bytes()
    text = (gzip.decompress(data) if name.endswith(".gz") else data).decode("utf-8")
    return [line.split("\t") for line in text.splitlines()[1:]]


@lru_cache(maxsize=1)
def _inside() -> dict[str, dict[str, str]]:
    """Return each district's places by their name within it, with the last five digits."""
    full = {code: name for code, name, level in _lines("sigungu.tsv") if level == "leaf"}
    names: dict[str, list[str]] = {code: [] for code in full}
    for code, name in _lines("legal_dong_names.tsv.gz"):
        if inside := name[len(full[code]) :].strip():
            names[code].append(inside)
    return {code: _numbered(inside) for code, inside in names.items()}


def _numbered(names: Iterable[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    following = defaultdict(lambda: 101, {"읍": 250, "면": 310})
    ri: defaultdict[str, int] = defaultdict(lambda: 21)
    for name in names:
        upper, _, last = name.rpartition(" ")
        if upper:
            given[name] = f"{given[upper][:3]}{ri[upper]}"
            ri[upper] += 1
        else:
            kind = last[-1] if last[-1] in "읍면" else "동"
            given[name] = f"{following[kind]}00"
            following[kind] += 1
    return given


@lru_cache(maxsize=1)
def districts() -> Mapping[str, District]:
    """Return every living district by its five digits; parents of districts and retired codes are not among them."""
    found = {}
    for code, name, level in _lines("sigungu.tsv"):
        if level != "leaf":
            continue
        sido, _, rest = name.partition(" ")
        dongs = tuple(Dong(code + five, inside) for inside, five in _inside()[code].items() if inside[-1] not in "읍면")
        agent = f"{_SHORT[sido]} {rest.split(' ')[0]}".strip()
        found[code] = District(code, name, sido, rest or sido, agent, dongs)
    return found


@lru_cache(maxsize=1)
def changes() -> tuple[Change, ...]:
    """Return the changes of district codes since 2018."""
    return tuple(Change(row[0], row[2], row[4][:4] + row[4][5:7]) for row in _lines("sigungu_changes.tsv"))


@lru_cache(maxsize=1)
def code_table() -> tuple[Entry, ...]:
    """Return the living codes in the order of their ten digits."""
    return tuple(sorted(_entries(), key=lambda entry: entry.code))


def _entries() -> Iterator[Entry]:
    rows = _lines("sigungu.tsv")
    whole = {name: code for code, name, _ in rows}
    for sido, prefix in {(row[1].split(" ")[0], row[0][:2]) for row in rows}:
        if sido not in whole:
            yield Entry(f"{prefix}00000000", sido, "0" * 10)
    for code, name, _ in rows:
        upper = name.rpartition(" ")[0]
        above = f"{whole[upper]}00000" if upper in whole else f"{code[:2]}00000000" if upper else "0" * 10
        yield Entry(f"{code}00000", name, above)
        for inside, five in _inside().get(code, {}).items():
            part = inside.rpartition(" ")[0]
            yield Entry(code + five, f"{name} {inside}", f"{code}{_inside()[code][part] if part else '00000'}")
