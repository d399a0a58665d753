"""``gatehouse tools``: every tool, who may use it, and how it did in the last seven days."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

import anyio

from app.cli.common import add_json, database, say, show, table
from app.journal.tool_use import COUNTED, ToolUse, tool_use
from app.scopes import LADDER
from app.settings import Settings, load_settings
from app.tools.base import Tool, ToolsetOpener
from app.toolsets import built_in_toolsets

WEEK = 7 * 86_400.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare this command's options."""
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the tools."""
    settings = load_settings()
    tools = anyio.run(_tools, settings, built_in_toolsets(settings))
    with database(settings) as engine:
        used = tool_use(engine, [tool.definition.name for _, tool in tools], time.time() - WEEK)
    facts = [_facts(server, tool, used.get(tool.definition.name), settings) for server, tool in tools]
    if arguments.json:
        show(facts)
        return 0
    table([_row(one) for one in facts])
    say("", f"{len(facts)} tools; calls of the last seven days. Whoever has a permission has those below it too.")
    if any(one["more_calls"] for one in facts):
        say(f"A + means more: only a tool's newest {COUNTED:,} entries of the request log are counted here.")
    return 0


async def _tools(settings: Settings, openers: Mapping[str, ToolsetOpener]) -> list[tuple[str, Tool]]:
    async with AsyncExitStack() as stack:
        toolsets = [await stack.enter_async_context(openers[name]()) for name in settings.toolsets]
        return [(toolset.name, tool) for toolset in toolsets for tool in toolset.tools]


def _facts(server: str, tool: Tool, use: ToolUse | None, settings: Settings) -> dict[str, Any]:
    calls, failed, p50, p95, more = use or ToolUse(0, 0, None, None)
    return {
        "name": tool.definition.name,
        "server": server,
        "scope": tool.scope,
        "local_only": tool.local_only,
        "rule": rule(tool, settings.default_scopes),
        "calls": calls,
        "more_calls": more,
        "error_rate": round(failed / calls, 4) if calls else None,
        "p50_ms": p50,
        "p95_ms": p95,
    }


def rule(tool: Tool, default_scopes: tuple[str, ...]) -> str:
    """Who may use a tool, in words."""
    if tool.scope not in LADDER:
        return "nobody: it does not say what permission it needs"
    if tool.local_only:
        return "programs on this machine only (gatehouse stdio)"
    if not set(LADDER[LADDER.index(tool.scope) :]).isdisjoint(default_scopes):
        return "everybody who comes in (DEFAULT_SCOPES), unless limited"
    return f"who has {tool.scope}: in the token, or given here (gatehouse people scopes)"


def _row(facts: Mapping[str, Any]) -> dict[str, Any]:
    rate, p50, p95 = facts["error_rate"], facts["p50_ms"], facts["p95_ms"]
    return {
        "tool": facts["name"],
        "of": facts["server"],
        "permission": facts["scope"],
        "who": facts["rule"],
        "calls": f"{facts['calls']}+" if facts["more_calls"] else facts["calls"],
        "failed": "-" if rate is None else f"{rate:.0%}",
        "half within": "-" if p50 is None else f"{p50:.0f} ms",
        "95% within": "-" if p95 is None else f"{p95:.0f} ms",
    }
