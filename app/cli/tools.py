"""``gatehouse tools``: every tool, who may use it, and how it did in the last seven days."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import anyio

from app.cli.common import add_json, complain, database, say, show, table
from app.journal.tool_use import COUNTED, ToolUse, tool_use
from app.settings import Settings, load_settings
from app.tools.base import Tool, Toolset, ToolsetOpener
from app.tools.who import rule
from app.toolsets import built_in_toolsets, servers_of, upstreams_folder

if TYPE_CHECKING:
    from app.tools.upstream.entry import ServerEntry

WEEK = 7 * 86_400.0
LOOK_SECONDS = 30.0
"""How long servers that were never seen before may take to say what they offer."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare this command's options."""
    add_json(parser)
    parser.add_argument("--accept", metavar="SERVER", help="accept what this server behind the door added or changed")


def run(arguments: argparse.Namespace) -> int:
    """Print the tools, or accept those of a server."""
    settings = load_settings()
    servers = servers_of(settings)
    if arguments.accept is not None:
        return _accept(arguments.accept, servers, settings, as_json=arguments.json)
    tools = anyio.run(_tools, settings, built_in_toolsets(settings), servers)
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


async def _tools(
    settings: Settings, openers: Mapping[str, ToolsetOpener], servers: tuple[ServerEntry, ...]
) -> list[tuple[str, Tool]]:
    async with AsyncExitStack() as stack:
        toolsets = [await stack.enter_async_context(openers[name]()) for name in settings.toolsets]
        toolsets += await _behind_the_door(stack, settings, servers) if servers else []
        return [(toolset.name, tool) for toolset in toolsets for tool in toolset.tools]


async def _behind_the_door(
    stack: AsyncExitStack, settings: Settings, servers: tuple[ServerEntry, ...]
) -> list[Toolset]:
    """What servers offered last; only those never seen before are started, since some can run but once at a time."""
    from app.tools.upstream.servers import open_upstreams, remembered  # noqa: PLC0415  (loads the client of MCP)

    folder = upstreams_folder(settings)
    known = {server.name: remembered(server, folder) for server in servers}
    if new := [server for server in servers if known[server.name] is None]:
        complain(f"Asking what they offer: {', '.join(server.name for server in new)} …")
        asked = await stack.enter_async_context(open_upstreams(new, folder, new_server_seconds=LOOK_SECONDS))
        known |= {toolset.name: toolset for toolset in asked}
        for toolset in asked:
            if toolset.trouble and (why := toolset.trouble()):
                complain(f"{toolset.name} cannot be asked: {why}.")
    return [known[server.name] or Toolset(server.name, ()) for server in servers]


def _accept(name: str, servers: tuple[ServerEntry, ...], settings: Settings, *, as_json: bool) -> int:
    from app.tools.upstream.servers import accept  # noqa: PLC0415  (loads the client of MCP)

    server = next((one for one in servers if one.name == name), None)
    if server is None:
        known = ", ".join(one.name for one in servers) or "none"
        complain(f"There is no server {name} in UPSTREAMS_FILE; there is: {known}.")
        return 2
    accepted = accept(server, upstreams_folder(settings))
    if accepted is None:
        complain(f"{name} never said what it offers. Start Gatehouse, or run gatehouse tools, and then accept it.")
        return 1
    if as_json:
        show({"server": name, "accepted": accepted})
        return 0
    say(*(accepted or [f"{name} has added and changed nothing."]))
    say("", f"The tools of {name} are accepted as they are. A running server takes it up within two seconds.")
    return 0


def _facts(server: str, tool: Tool, use: ToolUse | None, settings: Settings) -> dict[str, Any]:
    calls, failed, p50, p95, more = use or ToolUse(0, 0, None, None)
    return {
        "name": tool.definition.name,
        "server": server,
        "scope": tool.scope,
        "local_only": tool.local_only,
        "rule": rule(tool, settings.default_scopes),
        "origin": tool.origin,
        "note": tool.note,
        "calls": calls,
        "more_calls": more,
        "error_rate": round(failed / calls, 4) if calls else None,
        "p50_ms": p50,
        "p95_ms": p95,
    }


def _row(facts: Mapping[str, Any]) -> dict[str, Any]:
    rate, p50, p95 = facts["error_rate"], facts["p50_ms"], facts["p95_ms"]
    return {
        "tool": facts["name"],
        "of": facts["server"],
        "permission": facts["scope"],
        "local": "yes" if facts["local_only"] else "",
        "by": facts["origin"],
        "look": facts["note"],
        "who": facts["rule"],
        "calls": f"{facts['calls']}+" if facts["more_calls"] else facts["calls"],
        "failed": "-" if rate is None else f"{rate:.0%}",
        "half within": "-" if p50 is None else f"{p50:.0f} ms",
        "95% within": "-" if p95 is None else f"{p95:.0f} ms",
    }
