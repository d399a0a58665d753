"""What servers list and answer that clients could not take, or should not see: it costs itself, and nothing else."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from app.tools.upstream import listing
from tests.upstream.support import Opened, opened, scripted


def names(servers: Opened) -> list[str]:
    return [tool.definition.name for tool in servers.now["s"].tools]


SCHEMA = {"type": "object"}


@pytest.mark.parametrize(
    ("tools", "kept"),
    [
        ([{"name": "a b/c.d", "inputSchema": SCHEMA}], ["s_a_b_c_d"]),
        ([{"name": "x" * 300, "inputSchema": SCHEMA}], []),
        ([{"name": "x" * 62, "inputSchema": SCHEMA}, {"name": "x" * 63, "inputSchema": SCHEMA}], ["s_" + "x" * 62]),
        ([{"name": "", "inputSchema": SCHEMA}], []),
        ([{"name": "a", "inputSchema": SCHEMA}, {"name": "a", "inputSchema": SCHEMA}], ["s_a"]),
        ([{"name": "a b", "inputSchema": SCHEMA}, {"name": "a_b", "inputSchema": SCHEMA}], ["s_a_b"]),
        ([{"name": "a", "inputSchema": "none"}, {"name": "b", "inputSchema": SCHEMA}], ["s_b"]),
        ([{"name": "a", "inputSchema": {"type": "array"}}, {"name": "b", "inputSchema": SCHEMA}], ["s_b"]),
        ([{"name": "a"}, 5, None, {"name": 7, "inputSchema": SCHEMA}, {"name": "b", "inputSchema": SCHEMA}], ["s_b"]),
        ([{"name": "a", "inputSchema": {**SCHEMA, "description": "x" * 70_000}}], []),
        (
            [{"name": "a", "inputSchema": {**SCHEMA, "$defs": {"a": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}}],
            ["s_a"],
        ),
    ],
    ids=[
        *("signs", "300 letters", "64 letters", "no name", "twice", "twice in our letters", "no schema"),
        *("array schema", "nonsense", "huge", "cyclic"),
    ],
)
def test_unusable_definitions_cost_themselves_only(tmp_path: Path, tools: list[Any], kept: list[str]) -> None:
    async def go() -> list[str]:
        async with opened(tmp_path, {"s": scripted({"tools": tools})}) as servers:
            return names(servers)

    assert asyncio.run(go()) == kept


@pytest.mark.parametrize("size", [100_000, 300], ids=["one page", "pages"])
def test_of_five_thousand_tools_the_first_thousand_are_taken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, size: int
) -> None:
    tools = [{"name": f"t{number}", "inputSchema": SCHEMA} for number in range(5_000)]
    (tmp_path / "tools").write_text(json.dumps(tools))

    async def go() -> list[str]:
        async with opened(tmp_path, {"s": scripted({"listen": str(tmp_path / "tools"), "pages": size})}) as servers:
            return names(servers)

    assert asyncio.run(go()) == [f"s_t{number}" for number in range(listing.MAX_TOOLS)]
    assert "left out" in caplog.text


def test_an_output_schema_that_is_no_object_is_left_out_and_the_result_goes_as_text(tmp_path: Path) -> None:
    tools = [{"name": "a", "inputSchema": SCHEMA, "outputSchema": {"type": "array"}}]

    async def go() -> Any:
        async with opened(tmp_path, {"s": scripted({"tools": tools})}) as servers:
            return servers.tool("s_a").definition, await servers.call("s_a", {"text": "array"})

    definition, result = asyncio.run(go())
    assert definition.output_schema is None
    assert (result.structured_content, result.content[0].text) == (None, "array")


def test_a_challenge_in_a_result_never_reaches_a_client_for_it_would_be_taken_for_ours(tmp_path: Path) -> None:
    async def go() -> Any:
        async with opened(tmp_path, {"s": scripted()}) as servers:
            return await servers.call("s_echo", {"text": "challenge"})

    assert asyncio.run(go()).meta == {"kept": 1}
