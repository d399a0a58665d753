"""The two code tables of Onbid: what is auctioned, and where objects are.

The names of their fields are ASSUMED. By default they are those that public records of calls in August 2026 show:
one use a row under ``ctgrId, ctgrNm, upCtgrId, upCtgrNm``, and one object's address a row under ``sdnm, sggnm, emdNm,
dtlAddr``. With ``onbid_code_names`` set to ``styled`` they follow the other services: the three levels of a use in one
row (``cltrUsg{Lcls,Mcls,Scls}Ctgr{Id,Nm}``), and ``lctnSdnm, lctnSggnm, lctnEmdNm, lctnDtlAddr``. Every field filters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from random import Random

from app.demo.portal.auction_objects import Row
from app.demo.portal.homes import jibun
from app.demo.portal.regions import code_table
from app.demo.portal.usage_codes import smallest_uses, uses

_ADDRESS = {
    "recorded": ("sdnm", "sggnm", "emdNm", "dtlAddr"),
    "styled": ("lctnSdnm", "lctnSggnm", "lctnEmdNm", "lctnDtlAddr"),
}


def use_rows(names: str) -> Sequence[Mapping[str, str]]:
    """Return the uses under ``names``: ``recorded`` or ``styled``."""
    return {"recorded": uses, "styled": smallest_uses}[names]()


@lru_cache(maxsize=2)
def address_rows(names: str) -> Sequence[Row]:
    """Return the addresses of objects, one in every legal dong and ri, under ``names``: ``recorded`` or ``styled``."""
    kinds = [use["cltrUsgSclsCtgrNm"] for use in smallest_uses() if use["cltrUsgLclsCtgrId"] == "10000"]
    chance = Random("addresses of objects")  # noqa: S311  (made-up data, not a secret)
    found: list[Row] = []
    for entry in code_table():
        if entry.code[5:] == "00000":
            continue
        sido, *sgg, last = entry.name.split(" ")
        ri = entry.code[8:] != "00"
        emd = sgg.pop() if ri else last
        lot = f"{last} {jibun(chance)}" if ri else jibun(chance)
        place = (sido, " ".join(sgg) or None, emd, f"{lot} {chance.choice(kinds)}")
        found.append(dict(zip(_ADDRESS[names], place, strict=True)))
    return found
