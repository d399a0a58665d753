"""Objects in public auction, made up: each goes through rounds a week apart until it is sold, withdrawn or given up.

What an object is and how its rounds end depends on the month of its first round alone; the moment of asking decides
which rounds are over. Amounts are won, not 10,000 won. Of most seized objects the place is hidden (how it reads then
is assumed: three asterisks in each field).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random

from app.demo.portal.auction_objects import Row, Thing, things
from app.demo.portal.state import SEOUL

FIRST_YEAR = 2021
MOST_ROUNDS = 6
_LONGEST = 2
"""Months after that of its first round in which an object can still be opened."""
_HAD_FOR = timedelta(days=60)
"""How long an object that nobody bid for can be had without bidding."""
_NEVER = "299912312359"
_WITHDRAWN = ("체납액 납부", "위임기관 요청", "권리관계 변동")
_STATES = {
    "0001": "입찰준비중",
    "0002": "입찰진행중",
    "0003": "입찰마감",
    "0009": "수의계약가능",
    "0010": "낙찰",
    "0011": "유찰",
    "0012": "취소",
}


@dataclass(frozen=True)
class Round:
    """One round of one object. ``state`` and ``outcome`` are what it ends with; ``lowest`` is also told when hidden."""

    thing: Thing
    number: int
    condition: int
    opening: datetime
    lowest: int
    state: str
    outcome: Row
    detail: Row

    @property
    def begins(self) -> datetime:
        """Return when bidding begins."""
        return (self.opening - timedelta(days=3)).replace(hour=10)

    @property
    def ends(self) -> datetime:
        """Return when bidding ends."""
        return (self.opening - timedelta(days=1)).replace(hour=17)

    def state_at(self, now: datetime) -> str:
        """Return the code of the state at a moment."""
        if now >= self.opening:
            return self.state
        return "0003" if now >= self.ends else "0002" if now >= self.begins else "0001"

    def private_at(self, now: datetime) -> bool:
        """Say whether the object can be had without bidding: nobody bid in its last round, and its kind allows it."""
        failed = self.number == MOST_ROUNDS and self.state == "0011" and self.thing.private
        return failed and self.opening <= now <= self.opening + _HAD_FOR


def rounds_between(start: datetime, end: datetime) -> Sequence[Round]:
    """Return the rounds opened from ``start`` up to and including ``end``, by opening."""
    first = max(start.year * 12 + start.month - 1 - _LONGEST, FIRST_YEAR * 12)
    found = [one for month in range(first, end.year * 12 + end.month) for one in _month(month // 12, month % 12 + 1)]
    return sorted((one for one in found if start <= one.opening <= end), key=lambda one: one.opening)


def on_offer(now: datetime) -> Sequence[Round]:
    """Return the round that each announced object is waiting for, or its last one when it can be had without."""
    waiting: dict[str, Round] = {}
    for one in rounds_between(now - _HAD_FOR, now + timedelta(days=20)):
        if one.opening > now or one.private_at(now):
            waiting.setdefault(one.thing.number, one)
    return list(waiting.values())


def find(number: str, condition: int) -> Round | None:
    """Return a round by its object's number and its condition number, which tells the month."""
    month = condition // 10_000 + FIRST_YEAR * 12
    if not FIRST_YEAR * 12 <= month < 9999 * 12:
        return None
    rounds = _month(month // 12, month % 12 + 1)
    return next((one for one in rounds if (one.thing.number, one.condition) == (number, condition)), None)


def row(one: Round, now: datetime, *, offered: bool = False) -> Row:
    """Write one round: as a result, or as it is ``offered``; what is not decided yet is null."""
    private = offered and one.private_at(now)
    over, hidden = now >= one.opening and not private, one.thing.hides_price
    state = "0009" if private else one.state_at(now)
    serial = {} if one.opening.year >= 2026 else {"pbctsn": "1"}
    return {
        **one.thing.row,
        **serial,
        "pbctCdtnNo": one.condition,
        "pbctNo": one.condition + 5_000_000,
        "pbctNsq": f"{one.number}",
        "lowstBidPrcIndctCont": "비공개" if hidden else f"{one.lowest}",
        "apslPrcCtrsLowstBidRto": round(one.lowest / one.thing.appraisal * 100, 1) if over and not hidden else None,
        "cltrBidBgngDt": _stamp(one.begins),
        "cltrBidEndDt": _NEVER if private else _stamp(one.ends),
        "cltrOpbdDt": _stamp(one.opening),
        "pbctStatCd": state,
        "pbctStatNm": _STATES[state],
        "usbdNft": one.number if private else one.number - 1,
        **(one.outcome if over else dict.fromkeys(one.outcome)),
    }


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y%m%d%H%M}"


@lru_cache(maxsize=80)
def _month(year: int, month: int) -> tuple[Round, ...]:
    """Return every round of the objects whose first one is in a month."""
    chance = Random(f"auctions of {year}-{month}")  # noqa: S311  (made-up data, not a secret)
    base = ((year - FIRST_YEAR) * 12 + month - 1) * 10_000
    found: list[Round] = []
    for thing in things(year, month):
        opening = datetime(year, month, chance.randint(1, 28), 11, tzinfo=SEOUL)
        for number in range(1, MOST_ROUNDS + 1):
            one = _round(thing, number, base + len(found), opening + timedelta(days=7 * (number - 1)), chance)
            found.append(one)
            if one.state != "0011":
                break
    return tuple(found)


def _round(thing: Thing, number: int, condition: int, opening: datetime, chance: Random) -> Round:
    lowest = int(thing.appraisal * (1.1 - 0.1 * number)) // 1000 * 1000
    lot = chance.random()
    state = "0012" if lot < 0.05 else "0010" if lot < 0.2 + 0.06 * number else "0011"
    bidders = 1 + int(6 * chance.random() ** 2) if state == "0010" else 0
    bids = sorted((int(lowest * chance.uniform(1, 1.25)) for _ in range(bidders)), reverse=True)
    outcome, detail = _outcome(thing, lowest, bids, chance), _detail(opening, state, bids, chance)
    return Round(thing, number, condition, opening, lowest, state, outcome, detail)


def _outcome(thing: Thing, lowest: int, bids: Sequence[int], chance: Random) -> Row:
    won = bids[0] if bids else None
    several = chance.random() < 0.03
    return {
        "scfbAmt": None if won is None else f"{won}|{bids[-1]}" if several else f"{won}",
        "apslPrcCtrsScfbPrcRto": won and round(won / thing.appraisal * 100, 1),
        "lowstBidCtrsScfbPrcRto": won and round(won / lowest * 100, 1),
        "vldBddrNope": len(bids),
        "nfctBddrNope": int(2 * chance.random()) if bids else 0,
    }


def _detail(opening: datetime, state: str, bids: Sequence[int], chance: Random) -> Row:
    done = opening + timedelta(minutes=chance.randint(2, 50))
    return {
        "bidAmtClgCont": "|".join(map(str, bids)) or None,
        "opbdBgngDt": _stamp(opening),
        "opbdCmptnDt": _stamp(done),
        "afsbRtrcnRsnCont": None,
        "rtrcnRsnCont": chance.choice(_WITHDRAWN) if state == "0012" else None,
        "onbidPbancNm": f"{opening.year}년 제{opening.isocalendar().week}회 공매 공고",
        "pbancMngNo": f"{opening:%Y%m}-{chance.randint(1, 99999):05d}-00",
        "pbctTdpsCont": "최저입찰가의 10%",
    }
