"""Call a calculator, and hold what goes in and comes out against its schemas."""

from __future__ import annotations

import asyncio
from typing import Any

import jsonschema
from mcp_types import CallToolResult

from app.tools.base import CallContext, Locale
from app.tools.real_estate.finance import finance_tools

TOOLS = {tool.definition.name: tool for tool in finance_tools()}
GOOD: dict[str, dict[str, Any]] = {
    "calculate_loan_payment": {"principal_10k": 30000, "annual_rate_pct": 3.5, "years": 30},
    "calculate_compound_growth": {
        "initial_10k": 5000,
        "monthly_contribution_10k": 50,
        "annual_rate_pct": 5,
        "years": 10,
    },
    "calculate_monthly_cashflow": {
        "monthly_income_10k": 500,
        "monthly_loan_payment_10k": 134.71,
        "monthly_living_cost_10k": 200,
        "other_monthly_costs_10k": 30,
    },
}


def call_raw(name: str, arguments: dict[str, Any], locale: Locale = "en") -> CallToolResult:
    result = asyncio.run(TOOLS[name].call(arguments, CallContext(locale=locale)))
    jsonschema.validate(arguments, TOOLS[name].definition.input_schema)
    jsonschema.validate(result.structured_content, TOOLS[name].definition.output_schema)
    return result


def call(name: str, **arguments: Any) -> dict[str, Any]:
    structured = call_raw(name, arguments).structured_content
    assert isinstance(structured, dict)
    return structured
