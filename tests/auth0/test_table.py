"""The table of what a tenant should be, and the page that explains it, say the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from app.auth0 import people, registration
from app.auth0.plan import needed_scopes
from app.auth0.steps import STEPS
from app.auth0.table import table
from app.auth0.wanted import Wanted, at_most, over, truth, with_all, with_scopes

PAGE = (Path(__file__).parents[2] / "docs/how-to/auth0.md").read_text(encoding="utf-8")
MODES = ("shared", "dcr", "cimd")


def rows(mode: str) -> tuple[Any, ...]:
    return table(Wanted("https://home.example.net", mode))  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", MODES)
def test_each_row_has_a_step_a_reason_and_a_place_of_its_own(mode: str) -> None:
    places = [(row.part, row.path) for row in rows(mode)]
    assert len(places) == len(set(places))
    assert {row.part for row in rows(mode)} <= {step.part for step in STEPS}
    assert all(row.why.endswith(".") for row in rows(mode))


def test_the_page_explains_every_row_and_no_other() -> None:
    section = PAGE.partition("### What is changed")[2].partition("###")[0]
    told = re.findall(r"^\| [^|]+ \| ([^|]+) \| [^|]+ \|$", section, re.M)[1:]
    wanted = [row.what for mode in MODES for row in rows(mode)]
    assert sorted(one for one in told if set(one) != {"-"}) == sorted(set(wanted))


def test_the_page_names_exactly_the_permissions_that_each_command_asks_for() -> None:
    section = PAGE.partition("### Which permissions")[2].partition("##")[0]
    told = {
        command: set(re.findall(r"`([a-z]+:[a-z_]+)`", scopes))
        for command, scopes in re.findall(r"^\| `gatehouse ([a-z0-9 -]+)`[^|]* \| (.*) \|$", section, re.M)
    }
    both = [Wanted("https://home.example.net", mode) for mode in ("shared", "dcr", "cimd")]  # type: ignore[arg-type]
    look = {scope for one in both for scope in needed_scopes(one, change=False)}
    change = {scope for one in both for scope in needed_scopes(one, change=True)}
    assert told == {
        "auth0 plan": look,
        "auth0 apply": change - look,
        "people invite": set(people.INVITE_SCOPES),
        "people block": set(people.BLOCK_SCOPES) | set(people.UNBLOCK_SCOPES),
        "people list --auth0": set(people.LIST_SCOPES),
        "access close": set(registration.SWITCH_SCOPES),
        "clients prune": set(registration.PRUNE_SCOPES),
    }


JOINS = [
    (with_all, None, ["a"], ["a"]),
    (with_all, ["b", "a"], ["a", "c"], ["b", "a", "c"]),
    (with_scopes, [{"value": "a", "description": "mine"}], [{"value": "a", "description": "x"}, {"value": "b"}],
     [{"value": "a", "description": "mine"}, {"value": "b"}]),
    (over, {"a": 1, "b": 2}, {"b": 3}, {"a": 1, "b": 3}),
    (over, None, {"b": 3}, {"b": 3}),
    (at_most, 600, 3600, 600),
    (at_most, 86400, 3600, 3600),
    (at_most, 0, 3600, 3600),
    (at_most, None, 3600, 3600),
    (truth, None, False, None),
    (truth, False, False, False),
    (truth, None, True, True),
    (truth, True, False, False),
]  # fmt: skip


@pytest.mark.parametrize(("join", "current", "desired", "after"), JOINS)
def test_what_is_there_and_what_should_be_are_joined_without_loss(
    join: Any, current: Any, desired: Any, after: Any
) -> None:
    assert join(current, desired) == after
    assert join(after, desired) == after
