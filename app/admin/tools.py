"""Tools: what is offered, to whom, how it does; the servers behind the door, and what they changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.admin.house import Ask, Back, NoPage, Page, Work
from app.journal.tool_use import ToolUse, tool_use
from app.tools.base import Tool, Toolset
from app.tools.who import who

if TYPE_CHECKING:
    from app.tools.upstream.entry import ServerEntry

WEEK = 7 * 86_400.0
SHOWN = 300
HERE = "/admin/tools"


@dataclass(frozen=True)
class Changed:
    """A server whose tools are not as they were accepted. ``sign`` stands for the list that is shown."""

    server: str
    pinned: bool
    sign: str
    tools: tuple[Tool, ...]


def show(ask: Ask) -> Page:
    """Everything; what the owner has to decide about first."""
    toolsets = ask.house.toolsets()
    wanted, server = ask.query.get("find", "").strip().lower(), ask.query.get("server", "")
    every = [(one, tool) for one in toolsets for tool in one.tools]
    found = [(one.name, tool) for one, tool in every if _fits(one, tool, wanted, server)]
    used = tool_use(ask.engine, [tool.definition.name for _, tool in found], ask.now - WEEK)
    rows = [_row(ask, name, tool, used.get(tool.definition.name)) for name, tool in found]
    rows.sort(key=lambda one: -one["use"].calls)
    return Page(
        "tools.html",
        {
            "rows": rows[:SHOWN],
            "hidden": max(0, len(rows) - SHOWN),
            "total": len(every),
            "servers": [_server(one) for one in toolsets],
            "changed": [*_changed(ask)],
            "find": ask.query.get("find", ""),
            "server": server,
        },
    )


def _fits(toolset: Toolset, tool: Tool, wanted: str, server: str) -> bool:
    words = f"{tool.definition.name} {tool.definition.title or ''} {tool.definition.description or ''}".lower()
    return server in {"", toolset.name} and wanted in words


def _row(ask: Ask, server: str, tool: Tool, use: ToolUse | None) -> dict[str, Any]:
    return {
        "tool": tool,
        "server": server,
        "who": who(tool, ask.house.settings.default_scopes),
        "use": use or ToolUse(0, 0, None, None),
    }


def _server(toolset: Toolset) -> dict[str, Any]:
    return {
        "name": toolset.name,
        "behind": toolset.trouble is not None,
        "trouble": toolset.trouble() if toolset.trouble else "",
        "tools": len(toolset.tools),
        "withheld": sum(one.scope == "deny" for one in toolset.tools),
    }


def _changed(ask: Ask) -> Iterator[Changed]:
    noted = {one.name for one in ask.house.toolsets() if any(tool.note for tool in one.tools)}
    for server in ask.house.upstreams:
        if server.name not in noted:
            continue
        from app.tools.upstream.servers import looked_at  # noqa: PLC0415  (loads the client of MCP)

        toolset, sign = looked_at(server, ask.house.folder) or (None, "")
        if toolset and (tools := tuple(tool for tool in toolset.tools if tool.note)):
            yield Changed(server.name, server.options.pin, sign, tools)


def accept(ask: Ask) -> Back:
    """Accept what a server changed, if it is what the owner looked at."""
    name, seen = ask.must("server"), ask.must("sign")
    server: ServerEntry | None = next((one for one in ask.house.upstreams if one.name == name), None)
    if server is None:
        raise NoPage(
            404,
            "There is no such server behind the door.",
            "문 뒤에 그런 서버는 없습니다.",
            HERE,
        )
    from app.tools.upstream.servers import ListChanged, accept  # noqa: PLC0415  (loads the client of MCP)

    try:
        accepted = accept(server, ask.house.folder, seen)
    except ListChanged:
        accepted = None
    if accepted is None:
        raise NoPage(
            409,
            "The server lists something else by now, so nothing was accepted. Look again.",
            "그사이 서버의 목록이 바뀌어 아무것도 수락하지 않았습니다. 다시 확인하세요.",
            HERE,
        )
    return Back(HERE, "accepted")


TAB = (HERE, "Tools", "도구")
PAGES: dict[str, Work] = {HERE: show}
CHANGES: dict[str, Work] = {"/admin/tools/accept": accept}
