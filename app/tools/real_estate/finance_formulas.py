"""The arithmetic of a loan, of savings and of a month's money.

Monthly compounding at a twelfth of the nominal annual rate, payments at the end of each month; nothing is rounded
here. No taxes, fees, changing rates or inflation.
"""

from __future__ import annotations

from math import expm1, log1p

LIVING_COST_SHARE = 0.4
"""The part of the income that is taken for living costs when none are given."""


def monthly_payment(principal: float, annual_rate_pct: float, years: int) -> float:
    """Return the level payment that pays ``principal`` off in ``years`` (annuity, 원리금균등상환)."""
    rate, months = annual_rate_pct / 1200, years * 12
    if rate == 0:
        return principal / months
    # expm1 and log1p keep a rate far below the resolution of 1 + rate from dividing by zero
    return principal * rate / -expm1(-months * log1p(rate))


def final_value(initial: float, monthly_contribution: float, annual_rate_pct: float, years: int) -> float:
    """Return what ``initial`` and a contribution at the end of each month have become after ``years``."""
    rate, months = annual_rate_pct / 1200, years * 12
    if rate == 0:
        return initial + monthly_contribution * months
    growth = expm1(months * log1p(rate))
    return initial * (1 + growth) + monthly_contribution * (growth / rate)


def cents(amount: float) -> float:
    """Round to two places; a vanishing negative becomes 0, not -0."""
    return round(amount, 2) + 0.0
