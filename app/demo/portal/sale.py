"""What the sale of anything looks like: price as written, parties, agent, cancellation, registration, report."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import NamedTuple

from app.demo.portal.regions import District

Row = dict[str, str]

BLANK = " "
_CANCELLED = 0.06
_DIRECT = 0.08
_REGISTERED = 0.6
_PARTIES = ("개인", "법인", "공공기관", "기타")
_AGENTS_NAMED_FROM = date(2021, 11, 1).toordinal()
_REGISTRATION_SHOWN_FROM = date(2023, 1, 1).toordinal()
_PARTIES_SHOWN_FROM = date(2024, 1, 1).toordinal()


class Deal(NamedTuple):
    """One row as it will read in the end, and the days (ordinals; 0 is never) on which parts of it become known."""

    reported: int
    cancelled: int
    registered: int
    row: Row


def amount(value: float, step: int, chance: Random) -> str:
    """Write 10,000 won: rounded to ``step``, never nothing, with commas, now and then padded with spaces."""
    text = f"{max(step, round(value / step) * step):,}"
    return text.rjust(10) if chance.random() < 0.15 else text


def dated(day: int) -> Row:
    """Write the contract date in its three parts, without leading zeros."""
    when = date.fromordinal(day)
    return {"dealYear": f"{when.year}", "dealMonth": f"{when.month}", "dealDay": f"{when.day}"}


def reporting_lag(chance: Random) -> int:
    """Draw how many days after the contract it is reported: at most 30, mostly fewer than ten."""
    return int(31 * chance.random() ** 1.8)


def sale(district: District, day: int, price: str, sold: Row, chance: Random) -> Deal:
    """Complete the row of a sale; ``sold`` says what was sold and ``day`` is the ordinal of the contract's date."""
    luck = chance.random
    cancelled = day + _days_until_cancelled(chance) if luck() < _CANCELLED else 0
    registered = 0
    if day >= _REGISTRATION_SHOWN_FROM and not cancelled and luck() < _REGISTERED:
        registered = day + 30 + int(61 * luck())
    row = {
        **sold,
        **dated(day),
        "dealAmount": price,
        "cdealType": "O" if cancelled else BLANK,
        "cdealDay": short_date(cancelled),
        "rgstDate": short_date(registered),
        "aptDong": f"{101 + int(18 * luck())}" if registered else BLANK,
        "slerGbn": _party(day, luck()),
        "buyerGbn": _party(day, luck()),
        **_dealing(district, day, chance),
    }
    return Deal(day + reporting_lag(chance), cancelled, registered, row)


def short_date(day: int) -> str:
    """Write an ordinal as ``YY.MM.DD``, and 0 as a blank."""
    if not day:
        return BLANK
    when = date.fromordinal(day)
    return f"{when.year % 100:02d}.{when.month:02d}.{when.day:02d}"


def _days_until_cancelled(chance: Random) -> int:
    return 1 + int(55 * chance.random()) if chance.random() < 0.77 else 56 + int(270 * chance.random())


def _dealing(district: District, day: int, chance: Random) -> Row:
    if day < _AGENTS_NAMED_FROM:
        return {"dealingGbn": BLANK, "estateAgentSggNm": BLANK}
    if chance.random() < _DIRECT:
        return {"dealingGbn": "직거래", "estateAgentSggNm": BLANK}
    seats = f"{district.agent}, 서울 강남구" if chance.random() < 0.06 else district.agent
    return {"dealingGbn": "중개거래", "estateAgentSggNm": seats}


def _party(day: int, lot: float) -> str:
    if day < _PARTIES_SHOWN_FROM:
        return BLANK
    return _PARTIES[0 if lot < 0.92 else 1 if lot < 0.98 else 2 if lot < 0.99 else 3]
