"""What a client reads of the calculators, and the arguments they refuse."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import jsonschema
import pytest

from app.errors import ToolError
from app.tools.base import CallContext
from tests.tools.finance.calls import GOOD, TOOLS

ARGUMENTS = [(tool, argument) for tool, good in GOOD.items() for argument in good]


@pytest.mark.parametrize(("name", "argument"), ARGUMENTS)
@pytest.mark.parametrize(
    "bad",
    [-1, -0.01, 1e10, 10**400, -(10**400), math.inf, -math.inf, math.nan, True, "300", "", "x" * 10_000, None, [1], {}],
    ids=lambda bad: repr(bad)[:12],
)
def test_an_unusable_number_is_refused_by_name(name: str, argument: str, bad: Any) -> None:
    with pytest.raises(ToolError) as refusal:
        asyncio.run(TOOLS[name].call({**GOOD[name], argument: bad}, CallContext()))
    assert f"{argument}: " in str(refusal.value)
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize(
    ("name", "argument", "bad"),
    [
        ("calculate_loan_payment", "principal_10k", 0),
        ("calculate_loan_payment", "principal_10k", 0.5),
        ("calculate_loan_payment", "principal_10k", 10**9 + 1),
        ("calculate_loan_payment", "annual_rate_pct", 100.01),
        ("calculate_loan_payment", "years", 0),
        ("calculate_loan_payment", "years", 1.5),
        ("calculate_loan_payment", "years", 101),
        ("calculate_compound_growth", "years", 0),
        ("calculate_compound_growth", "annual_rate_pct", 101),
        ("calculate_monthly_cashflow", "monthly_income_10k", 0),
    ],
)
def test_the_bounds_are_where_the_schema_says(name: str, argument: str, bad: float) -> None:
    arguments = {**GOOD[name], argument: bad}
    with pytest.raises(ToolError, match=f"{argument}: "):
        asyncio.run(TOOLS[name].call(arguments, CallContext()))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(arguments, TOOLS[name].definition.input_schema)


@pytest.mark.parametrize("name", TOOLS)
def test_the_definition_tells_a_client_what_it_needs(name: str) -> None:
    definition = TOOLS[name].definition
    assert TOOLS[name].scope == "read"
    assert (definition.description or "").startswith("Use this for")
    assert definition.annotations is not None
    assert definition.annotations.model_dump() == {
        "title": None,
        "read_only_hint": True,
        "destructive_hint": False,
        "idempotent_hint": True,
        "open_world_hint": False,
    }
    for field in definition.input_schema["properties"].values():
        assert field["description"]
        assert field["type"] in {"number", "integer"}
        assert "maximum" in field
        assert "minimum" in field or "exclusiveMinimum" in field


def test_unknown_arguments_are_refused() -> None:
    with pytest.raises(ToolError, match="surprise"):
        asyncio.run(
            TOOLS["calculate_loan_payment"].call({**GOOD["calculate_loan_payment"], "surprise": 1}, CallContext())
        )
