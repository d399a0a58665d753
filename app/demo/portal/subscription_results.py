"""How subscriptions went (ApplyhomeInfoCmpetRtSvc), made up: applications, competition, scores, special supply.

Only notices of the last two years whose winners are announced have results. A rate is a string: ``18.58``, ``-``
where nobody asked or nothing was left, ``(△61)`` where 61 applications were missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache, partial
from random import Random

from app.demo.portal.house_types import house_types
from app.demo.portal.notices import Notice, Row, announced

_KEPT = timedelta(days=730)
_RESIDENCES = (("01", "해당지역"), ("03", "기타경기"), ("02", "기타지역"))
_SPECIAL = ("MNYCH", "NWWDS_NMTW", "LFE_FRST", "YGMN", "OLD_PARNTS_SUPORT", "NWBB_NWBBSHR", "INSTT_RECOMEND")


def _finished(kind: str, today: date) -> Iterator[tuple[Notice, Row]]:
    for notice in announced(kind, today):
        if today - _KEPT <= notice.day and notice.winners_on <= today:
            yield from ((notice, row) for row in house_types(notice))


def _chance(what: str, row: Row) -> Random:
    return Random(f"{what} {row['HOUSE_MANAGE_NO']} {row['MODEL_NO']}")  # noqa: S311  (made-up data, not a secret)


def _named(row: Row) -> Row:
    return {name: row[name] for name in ("HOUSE_MANAGE_NO", "PBLANC_NO", "MODEL_NO")} | {
        "HOUSE_TY": row.get("HOUSE_TY") or row.get("TP")
    }


def rate(homes: int, applications: int) -> str:
    """Write applications for each home, as the live service words it."""
    if not homes or not applications:
        return "-"
    return f"{applications / homes:.2f}" if applications >= homes else f"(△{homes - applications})"


@lru_cache(maxsize=8)
def _competition(kind: str, today: date) -> Sequence[Row]:
    """Return applications by house type; of apartments also by rank and by where the applicants live."""
    found: list[Row] = []
    for notice, row in _finished(kind, today):
        chance, homes = _chance("competition", row), int(row["SUPLY_HSHLDCO"] or 0)
        popular = chance.lognormvariate(0.6, 1.3)
        if kind != "APT":
            found.append(_named(row) | _outcome(homes, int(homes * popular)))
            continue
        for rank in ("1", "2"):
            for code, name in _RESIDENCES if notice.capital_ring else (_RESIDENCES[0], _RESIDENCES[2]):
                applications = int(homes * popular * chance.uniform(0.1, 1) * (1 if rank == "1" else 0.05))
                where: Row = {"SUBSCRPT_RANK_CODE": int(rank), "RESIDE_SECD": code, "RESIDE_SENM": name}
                found.append(_named(row) | where | _outcome(homes, applications))
    return found


def _outcome(homes: int, applications: int) -> Row:
    return {"SUPLY_HSHLDCO": homes, "REQ_CNT": f"{applications}", "CMPET_RATE": rate(homes, applications)}


@lru_cache(maxsize=2)
def _scores(today: date) -> Sequence[Row]:
    """Return the winners' scores by house type and residence; ``-`` where no score decided."""
    found: list[Row] = []
    for _, row in _finished("APT", today):
        chance = _chance("scores", row)
        for code, name in (_RESIDENCES[0], _RESIDENCES[2]):
            lowest = chance.randint(0, 62)
            top = min(84, lowest + chance.randint(2, 22))
            scores = (lowest, round((lowest + top) / 2 + chance.uniform(-1, 1), 2), top)
            texts = [f"{score}" for score in scores] if lowest > 8 else ["-"] * 3
            where = {"RESIDE_SECD": code, "RESIDE_SENM": name}
            found.append(_named(row) | where | dict(zip(("LWET_SCORE", "AVRG_SCORE", "TOP_SCORE"), texts, strict=True)))
    return found


@lru_cache(maxsize=2)
def _special_supply(today: date) -> Sequence[Row]:
    """Return how the special supply went by house type."""
    found: list[Row] = []
    for _, row in _finished("APT", today):
        chance = _chance("special supply", row)
        counts: Row = {f"{name}_HSHLDCO": chance.randint(0, 12) for name in _SPECIAL}
        result = "청약 접수 종료" if row["SPSPLY_HSHLDCO"] else None
        total: Row = {"SPSPLY_HSHLDCO": row["SPSPLY_HSHLDCO"]}
        found.append(_named(row) | total | counts | {"SUBSCRPT_RESULT_NM": result})
    return found


def _cancelled(today: date) -> Sequence[Row]:
    """Return the competition for homes whose contracts were cancelled: every fourth of the remaining ones."""
    return _competition("Remndr", today)[::4]


RESULTS: dict[str, Callable[[date], Sequence[Row]]] = {
    **{
        f"get{kind}LttotPblancCmpet": partial(_competition, kind)
        for kind in ("APT", "UrbtyOfctl", "PblPvtRent", "Remndr")
    },
    "getCancResplLttotPblancCmpet": _cancelled,
    "getAPTSpsplyReqstStus": _special_supply,
    "getAptLttotPblancScore": _scores,
}
"""By operation; the last one spells ``Apt`` differently, as the live service does."""
