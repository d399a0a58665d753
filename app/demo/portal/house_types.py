"""The house types of notices (the operations ``...Mdl``), made up: sizes, numbers of homes, top prices.

Those of officetels and rentals have fields of their own, assumed like the notices'. The number of homes is a number
and the price (10,000 won) a string, as on the live service.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from random import Random

from app.demo.portal.market import course, level
from app.demo.portal.notices import Notice, Row, announced


@lru_cache(maxsize=4)
def models(kind: str, today: date) -> Sequence[Row]:
    """Return the rows of the house types of every notice."""
    return [row for notice in announced(kind, today) for row in house_types(notice)]


def house_types(notice: Notice) -> Sequence[Row]:
    """Return a notice's house types, whose homes add up to the notice's."""
    chance = Random(f"house types {notice.number}")  # noqa: S311
    rest, number = notice.units, min(chance.randint(2, 7), notice.units)
    found = []
    for serial in range(1, number + 1):
        share = rest if serial == number else max(1, round(rest / (number - serial + 1) * chance.uniform(0.7, 1.2)))
        share = min(share, rest - (number - serial))
        rest -= share
        found.append(_house_type(notice, serial, share, chance))
    return found


def _house_type(notice: Notice, serial: int, homes_of_type: int, chance: Random) -> Row:
    row: Row = {"HOUSE_MANAGE_NO": notice.number, "PBLANC_NO": notice.number, "MODEL_NO": f"{serial:02d}"}
    exclusive = chance.choice((39.9, 49.8, 59.91, 74.5, 84.91, 101.2))
    supplied = exclusive * 1.34
    price = level(notice.district.code) * course(notice.day.year, notice.day.month) * exclusive
    top = f"{round(price * chance.uniform(0.95, 1.25), -1):.0f}"
    if notice.kind in ("UrbtyOfctl", "PblPvtRent"):
        return row | {
            "GP": chance.choice(("1군", "2군", None)),
            "TP": f"{exclusive:.0f}{chance.choice('ABC')}",
            "EXCLUSE_AR": f"{exclusive:.4f}",
            "SUPLY_HSHLDCO": homes_of_type,
            "SUPLY_AMOUNT": top,
            "SUBSCRPT_REQST_AMOUNT": f"{chance.choice((100, 300))}",
        }
    special = _special(homes_of_type, chance) if notice.kind == "APT" else {}
    return row | {
        "HOUSE_TY": f"{exclusive:08.4f}{chance.choice('ABC')}",
        "SUPLY_AR": f"{supplied:.4f}",
        "SUPLY_HSHLDCO": homes_of_type - sum(special.values()),
        "SPSPLY_HSHLDCO": sum(special.values()),
        **special,
        "LTTOT_TOP_AMOUNT": top,
    }


def _special(homes_of_type: int, chance: Random) -> dict[str, int]:
    """Divide the special supply, at most half of a house type, among those it is for."""
    left = int(homes_of_type * chance.uniform(0.2, 0.5))
    parts = {}
    for name in ("MNYCH", "NWWDS", "LFE_FRST", "OLD_PARNTS_SUPORT", "INSTT_RECOMEND", "YGMN", "NWBB"):
        parts[f"{name}_HSHLDCO"] = part = min(left, int(homes_of_type * chance.uniform(0.02, 0.1)))
        left -= part
    return parts | {"ETC_HSHLDCO": left, "TRANSR_INSTT_ENFSN_HSHLDCO": 0}
