"""The three calculators: loan payment, compound growth, monthly cash flow. Amounts are in 10,000 won (만원).

Their argument and result names are those of the saved prompts that use them. They ask nobody for anything, know no
current rate and no lending rule, and give no advice. The bounds (10^9 만원, 100 % a year, 100 years) keep every
result finite.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from mcp_types import ToolAnnotations
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from app.tools.base import CallContext, Locale, Tool, ToolModel, typed_tool
from app.tools.real_estate.finance_formulas import LIVING_COST_SHARE, cents, final_value, monthly_payment

MOST_10K = 1_000_000_000
MOST_RATE_PCT = 100
MOST_YEARS = 100

_CALCULATION = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)


def _a_number(value: object) -> object:
    """Refuse what Python would quietly take for a number, so that the schema says all there is to say."""
    if isinstance(value, bool | str):
        raise PydanticCustomError("number", "Input should be a number")
    return value


Number = BeforeValidator(_a_number)
Amount = Annotated[float, Field(ge=0, le=MOST_10K), Number]
Rate = Annotated[
    float,
    Field(
        ge=0,
        le=MOST_RATE_PCT,
        description="Nominal annual rate in percent (3.5 means 3.5 %); a twelfth of it applies each month.",
        examples=[3.5],
    ),
    Number,
]
Years = Annotated[int, Field(ge=1, le=MOST_YEARS, description="Whole years.", examples=[30]), Number]


class LoanArguments(ToolModel):
    principal_10k: Annotated[int, Number] = Field(
        ge=1,
        le=MOST_10K,
        description="Amount borrowed in 10,000 won (만원): 30000 is 300 million won.",
        examples=[30000],
    )
    annual_rate_pct: Rate
    years: Years


class Loan(LoanArguments):
    monthly_payment_10k: float = Field(description="Level payment at the end of each month, 10,000 won, two places.")
    total_payment_10k: float = Field(description="All payments together, before the monthly one is rounded.")
    total_interest_10k: float = Field(description="total_payment_10k minus principal_10k.")


class GrowthArguments(ToolModel):
    initial_10k: Amount = Field(description="What is there at the start, in 10,000 won (만원).", examples=[5000])
    monthly_contribution_10k: Amount = Field(
        description="What is added at the end of each month, in 10,000 won (만원).", examples=[50]
    )
    annual_rate_pct: Rate
    years: Years


class Growth(GrowthArguments):
    final_value_10k: float = Field(description="Value at the end, in 10,000 won, two places.")
    total_contributed_10k: float = Field(description="initial_10k and all monthly contributions, without returns.")
    total_gain_10k: float = Field(description="final_value_10k minus total_contributed_10k.")


class CashflowArguments(ToolModel):
    monthly_income_10k: Annotated[float, Number] = Field(
        gt=0, le=MOST_10K, description="Net income of a month, 10,000 won (만원).", examples=[500]
    )
    monthly_loan_payment_10k: Amount = Field(
        description="All loan payments of a month, 10,000 won (만원); 0 without a loan.", examples=[134.71]
    )
    monthly_living_cost_10k: Amount = Field(
        default=0.0,
        description="Living costs of a month, 10,000 won (만원); 0 means unknown, and 40 % of the income is taken.",
        examples=[200],
    )
    other_monthly_costs_10k: Amount = Field(default=0.0, description="Other costs of a month, 10,000 won (만원).")


class Cashflow(CashflowArguments):
    monthly_living_cost_10k: float = Field(description="What was taken: as given, or 40 % of the income. 10,000 won.")
    monthly_cashflow_10k: float = Field(
        description="Income minus loan payment, living cost and other costs, 10,000 won; negative when short."
    )
    living_cost_auto_applied: bool = Field(description="True when 40 % of the income was taken as the living cost.")


async def calculate_loan_payment(given: LoanArguments, _: CallContext) -> Loan:
    """Compute an annuity; the total is over unrounded payments."""
    payment = monthly_payment(given.principal_10k, given.annual_rate_pct, given.years)
    total = payment * given.years * 12
    return Loan(
        **given.model_dump(),
        monthly_payment_10k=cents(payment),
        total_payment_10k=cents(total),
        total_interest_10k=cents(total - given.principal_10k),
    )


async def calculate_compound_growth(given: GrowthArguments, _: CallContext) -> Growth:
    """Compute the end value of savings."""
    value = final_value(given.initial_10k, given.monthly_contribution_10k, given.annual_rate_pct, given.years)
    contributed = given.initial_10k + given.monthly_contribution_10k * (given.years * 12)
    return Growth(
        **given.model_dump(),
        final_value_10k=cents(value),
        total_contributed_10k=cents(contributed),
        total_gain_10k=cents(value - contributed),
    )


async def calculate_monthly_cashflow(given: CashflowArguments, _: CallContext) -> Cashflow:
    """Compute what is left of a month's income."""
    unknown = given.monthly_living_cost_10k == 0
    living = given.monthly_income_10k * LIVING_COST_SHARE if unknown else given.monthly_living_cost_10k
    left = given.monthly_income_10k - given.monthly_loan_payment_10k - living - given.other_monthly_costs_10k
    return Cashflow(
        monthly_income_10k=given.monthly_income_10k,
        monthly_loan_payment_10k=given.monthly_loan_payment_10k,
        monthly_living_cost_10k=cents(living) if unknown else living,
        other_monthly_costs_10k=given.other_monthly_costs_10k,
        monthly_cashflow_10k=cents(left),
        living_cost_auto_applied=unknown,
    )


def _loan_text(loan: Loan, locale: Locale) -> str:
    if locale == "ko":
        return (
            f"{loan.principal_10k:,}만원, 연 {loan.annual_rate_pct:.10g} %, {loan.years}년 원리금균등상환: 매월 "
            f"{loan.monthly_payment_10k:,.2f}만원, 총 {loan.total_payment_10k:,.2f}만원, 그중 이자 "
            f"{loan.total_interest_10k:,.2f}만원입니다."
        )
    return (
        f"{loan.principal_10k:,} (만원) at {loan.annual_rate_pct:.10g} % over {loan.years} years in level payments: "
        f"{loan.monthly_payment_10k:,.2f} a month, {loan.total_payment_10k:,.2f} in all, "
        f"{loan.total_interest_10k:,.2f} of it interest."
    )


def _growth_text(growth: Growth, locale: Locale) -> str:
    if locale == "ko":
        return (
            f"연 {growth.annual_rate_pct:.10g} %로 {growth.years}년 뒤 {growth.final_value_10k:,.2f}만원: 납입 "
            f"{growth.total_contributed_10k:,.2f}만원, 수익 {growth.total_gain_10k:,.2f}만원입니다."
        )
    return (
        f"{growth.final_value_10k:,.2f} (만원) after {growth.years} years at {growth.annual_rate_pct:.10g} %: "
        f"{growth.total_contributed_10k:,.2f} paid in, {growth.total_gain_10k:,.2f} gained."
    )


def _cashflow_text(month: Cashflow, locale: Locale) -> str:
    if locale == "ko":
        assumed = " (소득의 40 %로 가정)" if month.living_cost_auto_applied else ""
        return (
            f"매월 {month.monthly_cashflow_10k:,.2f}만원 = 소득 {month.monthly_income_10k:,.2f} - 대출 상환 "
            f"{month.monthly_loan_payment_10k:,.2f} - 생활비 {month.monthly_living_cost_10k:,.2f}{assumed} - 기타 "
            f"{month.other_monthly_costs_10k:,.2f}."
        )
    assumed = " (assumed, 40 % of the income)" if month.living_cost_auto_applied else ""
    return (
        f"{month.monthly_cashflow_10k:,.2f} (만원) a month = income {month.monthly_income_10k:,.2f} - loan "
        f"{month.monthly_loan_payment_10k:,.2f} - living cost {month.monthly_living_cost_10k:,.2f}{assumed} - other "
        f"{month.other_monthly_costs_10k:,.2f}."
    )


R = TypeVar("R", Loan, Growth, Cashflow)


def _calculator(function: Callable[..., Any], summarize: Callable[[R, Locale], str], **texts: Any) -> Tool:
    return typed_tool(
        function, name=function.__name__, scope="read", annotations=_CALCULATION, summarize=summarize, **texts
    )


def finance_tools() -> tuple[Tool, ...]:
    """Build ``calculate_loan_payment``, ``calculate_compound_growth`` and ``calculate_monthly_cashflow``."""
    return (
        _calculator(
            calculate_loan_payment,
            _loan_text,
            title="Loan payment",
            description=(
                "Use this for the monthly payment, the total and the interest of a loan with level payments "
                "(원리금균등상환). Amounts are in 10,000 won (만원); the rate is nominal and compounds monthly; "
                "payments fall at the end of each month. Fees, taxes and grace periods are left out."
            ),
            arguments=LoanArguments,
            result=Loan,
        ),
        _calculator(
            calculate_compound_growth,
            _growth_text,
            title="Compound growth",
            description=(
                "Use this for what savings or an investment become over the years at a constant rate, with or without "
                "monthly contributions. Amounts are in 10,000 won (만원); the rate is nominal and compounds monthly; "
                "contributions fall at the end of each month. Taxes and inflation are left out."
            ),
            arguments=GrowthArguments,
            result=Growth,
        ),
        _calculator(
            calculate_monthly_cashflow,
            _cashflow_text,
            title="Monthly cash flow",
            description=(
                "Use this for what is left of a household's monthly income after loan payments and living costs. "
                "Amounts are in 10,000 won (만원). Without a living cost, 40 % of the income is taken and "
                "living_cost_auto_applied is true."
            ),
            arguments=CashflowArguments,
            result=Cashflow,
        ),
    )
