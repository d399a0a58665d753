"""The two hierarchies of Onbid's code service (data.go.kr 15157768): uses of objects, and places where objects are.

The names of the rows' fields are ASSUMED and must be checked on a live key: the service's own documents were not at
hand. Public records of calls in August 2026 show one use a row (``ctgrId, ctgrNm, upCtgrId, upCtgrNm``) and the address
of one object a row (``sdnm, sggnm, emdNm, dtlAddr``). The style of the other services (all three uses in a row:
``cltrUsgLclsCtgrId …``; ``lctnSdnm …``) and the names of the closed service (``CTGR_ID …``, ``ADDR1 …``) are read as
well, whatever their capitals and underscores. Rows that hold none of them are an error, not an empty list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]

LONGEST_NAME = 200
_USE = (("ctgrid",), ("ctgrnm",), ("upctgrid", "ctgrhirkid"), ("upctgrnm", "ctgrhirknm"))
_USES = tuple(((f"cltrusg{level}clsctgrid",), (f"cltrusg{level}clsctgrnm",)) for level in "lms")
_PLACE = (("sdnm", "lctnsdnm", "addr1"), ("sggnm", "lctnsggnm", "addr2"), ("emdnm", "lctnemdnm", "addr3"))
_LOT = ("dtladdr", "lctndtladdr")


class UnknownForm(Exception):
    """The rows hold none of the fields that are looked for."""


@dataclass(frozen=True)
class Use:
    """One use of objects; ``parent`` is None at the top."""

    id: str
    name: str
    parent: str | None = None
    parent_name: str | None = None


Place = tuple[str, str, str, str]
"""Province, city or district, eup/myeon/dong, lot; "" where a row says nothing."""


def read_uses(rows: Sequence[Row]) -> dict[str, Use]:
    """Return every use by its id, in the order of the rows, the parents of a row included."""
    uses: dict[str, Use] = {}
    for use in _uses(rows):
        known = uses.get(use.id)
        if known is None or (known.parent is None and use.parent is not None):
            uses[use.id] = use
    if not uses:
        raise UnknownForm
    return {use.id: use if use.parent in uses else Use(use.id, use.name) for use in uses.values()}


def level(uses: Mapping[str, Use], use: Use) -> int:
    """Return 0 for the top; a circle counts as deep."""
    depth = 0
    while use.parent is not None and depth < len(uses):
        use = uses[use.parent]
        depth += 1
    return depth


def read_places(rows: Sequence[Row]) -> list[Place]:
    """Return the places of all rows, repetitions and blank ones left out, sorted by name."""
    read = _Reader(rows)
    if not any(read.has(names) for names in _PLACE):
        raise UnknownForm
    places = {(*(read(row, names) for names in _PLACE), read(row, _LOT)) for row in rows}
    return sorted((first, second, third, lot) for first, second, third, lot in places if first)


class _Reader:
    """Reads fields by any of their names, whatever the capitals and underscores."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._fields: dict[str, str] = {}
        for field in dict.fromkeys(field for row in rows for field in row):
            self._fields.setdefault(str(field).replace("_", "").lower(), field)

    def has(self, names: Sequence[str]) -> bool:
        return any(name in self._fields for name in names)

    def __call__(self, row: Row, names: Sequence[str]) -> str:
        for name in names:
            value = row.get(self._fields.get(name, ""))
            if isinstance(value, str | int) and not isinstance(value, bool):
                return " ".join(str(value)[:LONGEST_NAME].split())
        return ""


def _uses(rows: Sequence[Row]) -> Iterator[Use]:
    read = _Reader(rows)
    for row in rows:
        use, name, parent, parent_name = (read(row, names) for names in _USE)
        if use:
            # a parent without a row of its own is a top, unless it is the root over all (1 ONBID)
            if re.fullmatch(r"[1-9][0-9]{4}", parent):
                yield Use(parent, parent_name)
            yield Use(use, name, parent, parent_name) if parent not in ("", use) else Use(use, name)
        yield from _uses_in_one_row(read, row)


def _uses_in_one_row(read: _Reader, row: Row) -> Iterator[Use]:
    above: tuple[str | None, str | None] = (None, None)
    for id_names, name_names in _USES:
        use, name = read(row, id_names), read(row, name_names)
        if not use:
            return
        yield Use(use, name, *above)
        above = (use, name)
