"""Korean district names in Latin letters, so that ``Mapo-gu`` finds 마포구.

The spelling is that of the Revised Romanization (Ministry of Culture notice 2000-8, articles 2 and 3), as far as names
of districts need it: sounds that meet change (종로 is Jongno), but not across the hyphen before -si, -gun, -gu, -do.
Other spellings, dongs and complexes are not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from app.tools.real_estate.regions import RegionTable, spellings

_INITIALS = re.split(" ", "g kk n d tt r m b pp s ss  j jj ch k t p h")
_VOWELS = re.split(" ", "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i")
_FINALS = re.split(" ", " k k k n n n t l k m l l l p l m p p t t ng t t k t p t")
"""In the order of Unicode; two spaces hold a silent consonant."""
_MEETING = {
    ("k", ""): "g",
    ("t", ""): "d",
    ("p", ""): "b",
    ("l", ""): "r",
    ("k", "n"): "ngn",
    ("k", "m"): "ngm",
    ("k", "r"): "ngn",
    ("p", "n"): "mn",
    ("p", "m"): "mm",
    ("p", "r"): "mn",
    ("t", "n"): "nn",
    ("t", "m"): "nm",
    ("n", "r"): "ll",
    ("l", "r"): "ll",
    ("l", "n"): "ll",
    ("m", "r"): "mn",
    ("ng", "r"): "ngn",
}
_ENDINGS = {"시": "si", "군": "gun", "구": "gu", "도": "do"}


def romanize(word: str) -> str:
    """Write Hangul syllables in Latin letters, lower case; other characters stay."""
    written, final = "", ""
    for character in word:
        index = ord(character) - 0xAC00
        if not 0 <= index < 11_172:
            written, final = written + final + character, ""
            continue
        initial = _INITIALS[index // 588]
        written += _MEETING.get((final, initial), final + initial) + _VOWELS[index // 28 % 21]
        final = _FINALS[index % 28]
    return written + final


def hangul_names(regions: RegionTable) -> dict[str, str]:
    """Map ``mapo`` and ``mapogu`` to 마포구 and so on, for every part of a living district's name."""
    return _names(tuple(sorted({part for name in regions.districts.values() for part in name.split()})))


@lru_cache(maxsize=1)
def _names(parts: Iterable[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    for part in parts:
        for spelling in spellings(part):
            ending = _ENDINGS.get(spelling[-1], "") if len(spelling) > 2 or spelling == part else ""
            stem = spelling[:-1] if ending else spelling
            names.setdefault(romanize(stem) + ending, spelling)
    return names
