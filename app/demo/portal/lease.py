"""What a lease looks like: jeonse or a deposit with rent, new or renewed, and the terms before a renewal.

Leases carry no cancellation and no parties. Terms are told only of contracts since the duty to report them (June
2021), and not of all of these.
"""

from __future__ import annotations

from datetime import date
from random import Random

from app.demo.portal.sale import BLANK, Deal, Row, amount, dated, reporting_lag

_TERMS_SHOWN_FROM = date(2021, 6, 1).toordinal()
_RENT_FOR_DEPOSIT = 0.05
"""How much yearly rent stands for a deposit that is not paid."""
_MOST_RISE = 0.05
"""By how much deposit and rent may rise when the tenant uses the right to renew."""
_NO_TERMS = {
    "contractTerm": BLANK,
    "contractType": BLANK,
    "useRRRight": BLANK,
    "preDeposit": BLANK,
    "preMonthlyRent": BLANK,
}


def lease(day: int, jeonse: float, let: Row, chance: Random, *, monthly: float, years: int = 2) -> Deal:
    """Complete the row of a lease.

    ``jeonse`` is the deposit (10,000 won) for which no rent is paid, ``monthly`` how likely rent is paid, ``let`` what
    was let, ``day`` the ordinal of the contract's date.
    """
    deposit, rent = jeonse, 0
    if chance.random() < monthly:
        deposit = jeonse * (0.05 + 0.45 * chance.random())
        rent = max(1, round((jeonse - deposit) * _RENT_FOR_DEPOSIT / 12))
    step = 1000 if deposit > 20_000 else 500 if deposit > 3000 else 100
    whole = max(step, round(deposit / step) * step)
    row = {
        **let,
        **dated(day),
        "deposit": amount(whole, 1, chance),
        "monthlyRent": f"{rent:,}" if rent or chance.random() > 0.02 else BLANK,
        **_terms(day, whole, rent, years, chance),
    }
    return Deal(day + reporting_lag(chance), 0, 0, row)


def _terms(day: int, deposit: int, rent: int, years: int, chance: Random) -> Row:
    lot = chance.random()
    if day < _TERMS_SHOWN_FROM or lot < 0.2:
        return _NO_TERMS
    terms = {**_NO_TERMS, "contractTerm": _term(day, years, chance)}
    if lot < 0.7:
        return terms | {"contractType": "신규"}
    used = chance.random() < 0.45
    rise = _MOST_RISE * chance.random() if used else -0.08 + 0.3 * chance.random()
    return terms | {
        "contractType": "갱신",
        "useRRRight": "사용" if used else BLANK,
        "preDeposit": f"{-(-deposit / (1 + rise) // 50) * 50:,.0f}",
        "preMonthlyRent": f"{-(-rent / (1 + rise) // 1):,.0f}" if rent else "0",
    }


def _term(day: int, years: int, chance: Random) -> str:
    when = date.fromordinal(day)
    months = when.year * 12 + when.month - 1 + int(3 * chance.random())
    return "~".join(f"{total // 12 % 100:02d}.{total % 12 + 1:02d}" for total in (months, months + 12 * years))
