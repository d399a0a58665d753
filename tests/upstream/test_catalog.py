"""What is offered: names that collide, addresses that fit templates, changes while the server runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from mcp_types import CallToolResult, ReadResourceResult, ResourceTemplate
from mcp_types import Resource as ResourceDefinition
from mcp_types import Tool as ToolDefinition

from app.tools.base import Arguments, CallContext, Tool, Toolset
from app.tools.catalog import Catalog, NameTaken, fits
from app.tools.elsewhere import Elsewhere


async def call(arguments: Arguments, context: CallContext) -> CallToolResult:
    return CallToolResult(content=[])


async def read(uri: str, context: CallContext) -> ReadResourceResult:
    return ReadResourceResult(contents=[])


def tool(name: str) -> Tool:
    return Tool(ToolDefinition(name=name, input_schema={"type": "object"}), "read", call)


def nothing() -> None:
    pass


@pytest.mark.parametrize(
    ("template", "uri", "fit"),
    [
        ("file:///{path}", "file:///a", True),
        ("file:///{+path}", "file:///a/b", True),
        ("file:///{path}", "http:///a", False),
        ("a://{x}/b/{y}", "a://1/b/2", True),
        ("a://{x}/b/{y}", "a://1/c/2", False),
        ("a://{x}.json", "a://1.json", True),
        ("a://{x}.json", "a://1.xml", False),
        ("a://b", "a://b", True),
        ("a://b", "a://bc", False),
        ("ab{x}ba", "aba", False),
        ("{x}", "anything", True),
        ("a{", "ab", True),
    ],
)
def test_an_address_fits_a_template_by_its_literal_parts(template: str, uri: str, fit: bool) -> None:
    assert fits(template, uri) is fit


def test_a_hostile_template_takes_no_time() -> None:
    started = time.perf_counter()
    assert not fits("a" + "{x}a" * 20_000 + "b", "a" * 40_000)
    assert time.perf_counter() - started < 1


def test_two_tools_of_one_name_name_both_their_groups() -> None:
    with pytest.raises(NameTaken, match="two tools are named search, one of a and one of b"):
        Catalog(nothing).offer([Toolset("a", (tool("search"),)), Toolset("b", (tool("search"),))])


def test_a_server_that_later_takes_a_name_of_another_does_not_get_it(caplog: pytest.LogCaptureFixture) -> None:
    changes: list[Callable[[Toolset], None]] = []
    seen: list[int] = []
    catalog = Catalog(lambda: seen.append(1))
    ours = tool("search")
    catalog.offer([Toolset("a", (ours,)), Toolset("b", (tool("other"),), changes=changes.append)])
    changes[0](Toolset("b", (tool("search"), tool("third"))))
    assert list(catalog.tools) == ["search", "third"]
    assert catalog.tools["search"] is ours
    assert "two tools are named search, one of a and one of b: the second is left out" in caplog.text
    assert len(seen) == 2


def test_no_server_takes_a_name_or_an_address_of_another_wherever_it_stands_in_the_file() -> None:
    first: list[Callable[[Toolset], None]] = []
    third: list[Callable[[Toolset], None]] = []
    mine, any_one = (
        held(ResourceTemplate(name="t", uri_template="b://{x}")),
        ResourceTemplate(name="t", uri_template="{x}"),
    )
    catalog = Catalog(nothing)
    theirs = tool("search")
    b = Toolset("b", (theirs,), elsewhere=(mine,))
    catalog.offer([Toolset("a", (), changes=first.append), b, Toolset("c", (), changes=third.append)])
    first[0](Toolset("a", (tool("search"), tool("own")), elsewhere=(held(any_one), held(mine.definition))))
    third[0](Toolset("c", (tool("other"),)))  # that another changes takes nothing away either
    assert catalog.tools["search"] is theirs
    assert (catalog.owner("tool", "search"), catalog.owner("tool", "own")) == ("b", "a")
    assert next(catalog.holders("b://1")) is mine
    assert catalog.owner("resource", "{x}") == "a"


def test_a_name_that_its_server_gave_up_is_free_for_others() -> None:
    changes: dict[str, Callable[[Toolset], None]] = {}
    catalog = Catalog(nothing)
    for name, tools in (("a", (tool("search"),)), ("b", ())):
        catalog.offer([Toolset(name, tools, changes=partial(changes.__setitem__, name))])
    changes["a"](Toolset("a", ()))
    changes["b"](Toolset("b", (tool("search"),)))
    assert catalog.owner("tool", "search") == "b"
    assert list(catalog.tools) == ["search"]


def held(definition: Any) -> Elsewhere:
    return Elsewhere(definition, "read", read)


def test_a_resource_is_held_by_its_own_address_before_any_template() -> None:
    template = held(ResourceTemplate(name="t", uri_template="a://{x}"))
    exact = held(ResourceDefinition(name="r", uri="a://1"))
    catalog = Catalog(nothing)
    catalog.offer([Toolset("a", (), elsewhere=(template, exact))])
    assert list(catalog.holders("a://1")) == [exact, template]
    assert list(catalog.holders("a://2")) == [template]
    assert list(catalog.holders("b://2")) == []
    assert list(catalog.holders("a://{x}")) == [template]
