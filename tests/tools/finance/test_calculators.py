"""The calculators against printed figures, independent simulations, and arguments that are not usable."""

from __future__ import annotations

import json
import math
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.tools.real_estate.finance_formulas import final_value, monthly_payment
from tests.tools.finance.calls import GOOD, call, call_raw

MANY = settings(max_examples=100, deadline=None)
FEW = settings(max_examples=40, deadline=None)
principals = st.integers(1, 10**9)
amounts = st.floats(0, 1e9)
rates = st.floats(0, 100)
years = st.integers(1, 100)


def exact_payment(principal: float, rate_pct: float, months: int) -> Decimal:
    """The textbook formula, P·r·q^n / (q^n - 1), in digits enough for the smallest rate."""
    with localcontext() as context:
        context.prec = 400  # a rate of 5e-324 has to leave its mark on 1 + r
        rate = Decimal(rate_pct) / 1200
        power = (1 + rate) ** months
        return Decimal(principal) / months if power == 1 else Decimal(principal) * rate * power / (power - 1)


def by_month(initial: float, contribution: float, rate_pct: float, months: int) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        value = Decimal(initial)
        for _ in range(months):
            value += value * Decimal(rate_pct) / 1200 + Decimal(contribution)
        return value


def close(value: float, expected: Decimal | float) -> bool:
    """Equal to two places, or to twelve digits where a float holds no more."""
    return math.isclose(value, float(expected), rel_tol=1e-12, abs_tol=0.0051)


@pytest.mark.parametrize(
    ("name", "arguments", "figures"),
    [
        (
            "calculate_loan_payment",
            {"principal_10k": 30000, "annual_rate_pct": 3.5, "years": 30},
            {"monthly_payment_10k": 134.71, "total_payment_10k": 48496.83, "total_interest_10k": 18496.83},
        ),
        (
            "calculate_loan_payment",
            {"principal_10k": 30000, "annual_rate_pct": 0, "years": 30},
            {"monthly_payment_10k": 83.33, "total_payment_10k": 30000, "total_interest_10k": 0},
        ),
        (
            "calculate_compound_growth",
            {"initial_10k": 5000, "monthly_contribution_10k": 50, "annual_rate_pct": 5, "years": 10},
            {"final_value_10k": 15999.16, "total_contributed_10k": 11000, "total_gain_10k": 4999.16},
        ),
        (
            "calculate_compound_growth",
            {"initial_10k": 5000, "monthly_contribution_10k": 50, "annual_rate_pct": 0, "years": 10},
            {"final_value_10k": 11000, "total_contributed_10k": 11000, "total_gain_10k": 0},
        ),
        (
            "calculate_monthly_cashflow",
            {
                "monthly_income_10k": 500,
                "monthly_loan_payment_10k": 134.67,
                "monthly_living_cost_10k": 200,
                "other_monthly_costs_10k": 0.0,
            },
            {"monthly_cashflow_10k": 165.33, "living_cost_auto_applied": False},
        ),
    ],
)
def test_printed_figures_are_met_and_arguments_come_back(
    name: str, arguments: dict[str, Any], figures: dict[str, Any]
) -> None:
    assert call(name, **arguments) == {**arguments, **figures}


@pytest.mark.parametrize("missing", [{}, {"monthly_living_cost_10k": 0}, {"monthly_living_cost_10k": 0.0}])
def test_an_unknown_living_cost_is_two_fifths_of_the_income(missing: dict[str, Any]) -> None:
    answer = call("calculate_monthly_cashflow", monthly_income_10k=500, monthly_loan_payment_10k=100, **missing)
    assert answer == {
        "monthly_income_10k": 500,
        "monthly_loan_payment_10k": 100,
        "monthly_living_cost_10k": 200,
        "other_monthly_costs_10k": 0,
        "monthly_cashflow_10k": 200,
        "living_cost_auto_applied": True,
    }


def test_a_vanishing_shortage_is_written_as_zero() -> None:
    arguments = {"monthly_income_10k": 100, "monthly_loan_payment_10k": 50, "monthly_living_cost_10k": 50.001}
    assert json.dumps(call("calculate_monthly_cashflow", **arguments)["monthly_cashflow_10k"]) == "0.0"
    assert "-0.00" not in call_raw("calculate_monthly_cashflow", arguments).content[0].text  # type: ignore[union-attr]


@MANY
@given(principals, rates, years)
def test_a_loan_adds_up(principal: int, rate: float, term: int) -> None:
    answer = call("calculate_loan_payment", principal_10k=principal, annual_rate_pct=rate, years=term)
    months = term * 12
    assert math.isclose(answer["monthly_payment_10k"] * months, answer["total_payment_10k"], abs_tol=0.0051 * months)
    assert math.isclose(answer["total_payment_10k"] - principal, answer["total_interest_10k"], abs_tol=0.011)
    assert answer["total_interest_10k"] >= 0
    assert close(answer["monthly_payment_10k"], exact_payment(principal, rate, months))
    assert all(answer[key] == round(answer[key], 2) for key in ("monthly_payment_10k", "total_interest_10k"))


@MANY
@given(principals, rates, rates, years)
def test_a_higher_rate_never_costs_less(principal: int, one: float, other: float, term: int) -> None:
    low, high = sorted((one, other))
    cheap, dear = (
        call("calculate_loan_payment", principal_10k=principal, annual_rate_pct=rate, years=term)
        for rate in (low, high)
    )
    assert cheap["monthly_payment_10k"] <= dear["monthly_payment_10k"]
    assert cheap["total_interest_10k"] <= dear["total_interest_10k"] + 0.01


@MANY
@given(principals, principals, rates, years)
def test_a_larger_loan_never_costs_less(one: int, other: int, rate: float, term: int) -> None:
    small, large = sorted((one, other))
    payments = [
        call("calculate_loan_payment", principal_10k=principal, annual_rate_pct=rate, years=term)["monthly_payment_10k"]
        for principal in (small, large)
    ]
    assert payments[0] <= payments[1]


@FEW
@given(principals, st.floats(0, 30), st.integers(1, 40))
def test_nothing_is_owed_after_the_last_payment(principal: int, rate: float, term: int) -> None:
    payment = monthly_payment(principal, rate, term)
    balance = by_month(principal, -payment, rate, term * 12)
    growth = by_month(1, 0, rate, term * 12)
    assert abs(balance) <= Decimal(principal) * growth * Decimal("1e-11")
    assert (
        by_month(principal, -payment * 1.01, rate, term * 12)
        < 0
        < by_month(principal, -payment * 0.99, rate, term * 12)
    )


@FEW
@given(amounts, amounts, rates, years)
def test_growth_is_what_month_by_month_gives(initial: float, contribution: float, rate: float, term: int) -> None:
    answer = call(
        "calculate_compound_growth",
        initial_10k=initial,
        monthly_contribution_10k=contribution,
        annual_rate_pct=rate,
        years=term,
    )
    assert close(answer["final_value_10k"], by_month(initial, contribution, rate, term * 12))
    parts = answer["total_contributed_10k"] + answer["total_gain_10k"]
    assert math.isclose(parts, answer["final_value_10k"], rel_tol=1e-12, abs_tol=0.016)  # three roundings
    assert answer["total_gain_10k"] >= 0


@MANY
@given(amounts, amounts, rates, years)
def test_growth_of_a_sum_is_the_sum_of_growths(initial: float, contribution: float, rate: float, term: int) -> None:
    apart = final_value(initial, 0, rate, term) + final_value(0, contribution, rate, term)
    assert math.isclose(final_value(initial, contribution, rate, term), apart, rel_tol=1e-12)


@MANY
@given(st.floats(0.01, 1e9), amounts, amounts, amounts)
def test_cash_flow_is_income_less_costs(income: float, loan: float, living: float, other: float) -> None:
    answer = call(
        "calculate_monthly_cashflow",
        monthly_income_10k=income,
        monthly_loan_payment_10k=loan,
        monthly_living_cost_10k=living,
        other_monthly_costs_10k=other,
    )
    taken = Decimal(living) if living else Decimal(income) * 2 / 5
    assert close(answer["monthly_cashflow_10k"], Decimal(income) - Decimal(loan) - taken - Decimal(other))
    assert answer["living_cost_auto_applied"] is (living == 0)
    assert close(answer["monthly_living_cost_10k"], taken)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("calculate_loan_payment", {"principal_10k": 10**9, "annual_rate_pct": 100, "years": 100}),
        ("calculate_loan_payment", {"principal_10k": 10**9, "annual_rate_pct": 5e-324, "years": 100}),
        ("calculate_loan_payment", {"principal_10k": 1, "annual_rate_pct": 1e-13, "years": 1}),
        (
            "calculate_compound_growth",
            {"initial_10k": 1e9, "monthly_contribution_10k": 1e9, "annual_rate_pct": 100, "years": 100},
        ),
        (
            "calculate_compound_growth",
            {"initial_10k": 1e9, "monthly_contribution_10k": 1e9, "annual_rate_pct": 5e-324, "years": 100},
        ),
    ],
)
def test_the_extremes_stay_finite_json(name: str, arguments: dict[str, Any]) -> None:
    answer = json.loads(json.dumps(call(name, **arguments), allow_nan=False))
    assert all(math.isfinite(value) and value >= 0 for value in answer.values())


@pytest.mark.parametrize(
    ("name", "english", "korean"),
    [
        ("calculate_loan_payment", "134.71 a month, 48,496.83 in all, 18,496.83 of it interest", "매월 134.71만원"),
        ("calculate_compound_growth", "15,999.16 (만원) after 10 years at 5 %", "10년 뒤 15,999.16만원"),
        ("calculate_monthly_cashflow", "135.29 (만원) a month", "매월 135.29만원"),
    ],
)
def test_the_text_says_the_figures_in_the_language_asked_for(name: str, english: str, korean: str) -> None:
    for locale, expected in (("en", english), ("ko", korean)):
        content = call_raw(name, GOOD[name], locale).content  # type: ignore[arg-type]
        assert expected in content[0].text  # type: ignore[union-attr]
