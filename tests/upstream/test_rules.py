"""What permission a tool from elsewhere needs: a table of the owner's rules, the tool's word, and its history."""

from __future__ import annotations

from typing import Any

import pytest

from app.tools.upstream import rules
from app.tools.upstream.entry import Options, ServerEntry
from app.tools.upstream.rules import Known, Permission


def server(prefix: str = "p", **options: Any) -> ServerEntry:
    return ServerEntry(name="s", prefix=prefix, options=Options(**options), command="x")


@pytest.mark.parametrize(
    ("annotations", "scope"),
    [
        (None, "write"),
        ({}, "write"),
        ({"readOnlyHint": True}, "read"),
        ({"readOnlyHint": True, "destructiveHint": False}, "read"),
        ({"readOnlyHint": True, "destructiveHint": True}, "write"),
        ({"readOnlyHint": False}, "write"),
        ({"readOnlyHint": "true"}, "write"),
        ({"readOnlyHint": 1}, "write"),
        ({"destructiveHint": True}, "write"),
        ({"title": "admin"}, "write"),
    ],
)
def test_without_a_rule_only_a_clear_word_makes_a_tool_readable(annotations: Any, scope: str) -> None:
    assert rules.claimed_scope(annotations) == scope


@pytest.mark.parametrize(
    ("scopes", "rule"),
    [
        ({"*": "read", "get_*": "write", "get_page": "deny"}, "get_page"),
        ({"*": "read", "get_*": "write"}, "get_*"),
        ({"get_*": "read", "*_page": "write"}, "*_page"),  # as many letters but one
        ({"get_*": "read", "*page": "admin"}, "*page"),  # as many letters: the stricter
        ({"*page": "read", "get_*": "deny"}, "get_*"),
        ({"get_pag?": "read", "get_*": "deny"}, "get_pag?"),
        ({"get_[a-q]age": "read", "get_*": "deny"}, "get_[a-q]age"),
        ({"p_get_page": "admin", "get_page": "read"}, "p_get_page"),
        ({"p_*": "admin"}, "p_*"),
        ({"GET_PAGE": "read", "get": "read"}, None),
        ({}, None),
    ],
)
def test_the_most_specific_rule_counts_and_of_two_alike_the_stricter(scopes: dict[str, str], rule: str | None) -> None:
    assert rules.matching(scopes, rules.names_of(server(), "get_page")) == rule


SAME, OTHER = "same", "other"
HISTORY: list[tuple[dict[str, Any], str, Known | None, Permission]] = [
    ({}, "read", Known(SAME, "read"), Permission("read", "readOnlyHint")),
    ({}, "write", Known(SAME, "write"), Permission("write", "no readOnlyHint")),
    # It came later: its own word does not count.
    ({}, "read", None, Permission("write", "new since the others were accepted", "new")),
    # It changed its mind: harder to reach is believed, easier is not.
    ({}, "read", Known(OTHER, "write"), Permission("write", "as accepted before it changed", "changed")),
    ({}, "write", Known(OTHER, "read"), Permission("write", "as accepted before it changed", "changed")),
    # The owner's rules count whatever happens, and the owner sees it.
    ({"scopes": {"t": "read"}}, "write", None, Permission("read", "scopes t", "new")),
    # A pattern was written for what was there: what came later does not become readable by it.
    ({"scopes": {"*": "read"}}, "read", None, Permission("write", "scopes *", "new")),
    ({"scopes": {"*": "admin"}}, "read", None, Permission("admin", "scopes *", "new")),
    ({"scopes": {"*": "read"}}, "write", Known(OTHER, "write"), Permission("read", "scopes *", "changed")),
    ({"scopes": {"*": "admin"}}, "read", Known(OTHER, "read"), Permission("admin", "scopes *", "changed")),
    ({"scopes": {"t": "deny"}}, "read", Known(SAME, "read"), Permission("deny", "scopes t")),
    # Pinned: nobody gets it before it is accepted.
    ({"pin": True}, "read", Known(SAME, "read"), Permission("read", "readOnlyHint")),
    ({"pin": True}, "read", Known(OTHER, "read"), Permission("deny", "pin: changed since it was accepted", "changed")),
    ({"pin": True, "scopes": {"*": "read"}}, "read", None, Permission("deny", "pin: new since it was accepted", "new")),
]


@pytest.mark.parametrize(("options", "claimed", "known", "expected"), HISTORY)
def test_a_later_change_cannot_make_a_tool_easier_to_reach(
    options: dict[str, Any], claimed: str, known: Known | None, expected: Permission
) -> None:
    assert rules.permission(server(**options), "t", claimed, SAME, known) == expected


@pytest.mark.parametrize(
    ("prefix", "name", "public"),
    [
        ("p", "get", "p_get"),
        ("", "get", "get"),
        ("p", "a.b/c d", "p_a_b_c_d"),
        ("p", "찾기", "p___"),
        ("a-b", "x", "a-b_x"),
    ],
)
def test_public_names_have_the_letters_that_every_client_takes(prefix: str, name: str, public: str) -> None:
    assert rules.public_name(server(prefix), name) == public


def test_local_only_takes_names_and_globs_in_either_form() -> None:
    one = server(local_only=["file_*", "p_sync"])
    assert [rules.is_local_only(one, name) for name in ("file_list", "sync", "list")] == [True, True, False]


def test_rules_that_fit_nothing_are_found() -> None:
    one = server(scopes={"get": "read", "gett": "read", "p_*": "read"}, local_only=["none*"])
    assert rules.unused_rules(one, ["get"]) == ["gett", "none*"]


def test_prompts_and_resources_are_read_unless_a_rule_says_otherwise() -> None:
    assert rules.offered_permission(server(), "x") == Permission("read", "default")
    assert rules.offered_permission(server(scopes={"*": "admin"}), "x") == Permission("admin", "scopes *")
