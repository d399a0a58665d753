"""A stand-in for GBrain over standard input and output, in its shape: 129 tools in one process that must be the only
one, a slow start, results as text JSON with a second block of text and ``_meta.retrieval``, a search that returns a
bare array, hardly any annotations, operations that are meant for the same machine.

``BRAIN_GATE`` is a file: nothing is answered before it is there. ``BRAIN_LOCK`` is the single-process database.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import time
from pathlib import Path
from typing import Any

import mcp.server.stdio
from mcp.server.lowlevel.server import Server
from mcp_types import CallToolRequestParams, CallToolResult, ListToolsResult, TextContent, Tool, ToolAnnotations

READS = ["search", "query", "get_page", "list_pages", "get_health", *(f"get_fact_{n}" for n in range(63))]
WRITES = ["put_page", "delete_page", "add_link", *(f"add_fact_{n}" for n in range(19))]
ADMIN = ["admin_reset", "admin_migrate", *(f"admin_task_{n}" for n in range(22))]
LOCAL = ["sync_brain", "file_upload", "file_list", "file_url", *(f"file_job_{n}" for n in range(8))]
OTHERS = ["whoami", "ask", "think"]
NAMES = [*READS, *WRITES, *ADMIN, *LOCAL, *OTHERS]
ANNOTATED = NAMES[:7]
PAGES = [{"slug": f"page-{n}", "title": f"Page {n}", "score": 1 - n / 10} for n in range(3)]


async def list_tools(ctx: Any, params: Any) -> ListToolsResult:
    schema = {"type": "object", "properties": {"q": {"type": "string"}, "wait_for": {"type": "string"}}}
    hints = ToolAnnotations(read_only_hint=True)
    return ListToolsResult(
        tools=[
            Tool(name=name, description=name, input_schema=schema, annotations=hints if name in ANNOTATED else None)
            for name in NAMES
        ]
    )


async def call_tool(ctx: Any, params: CallToolRequestParams) -> CallToolResult:
    arguments = params.arguments or {}
    answer: Any = PAGES if params.name == "search" else {"tool": params.name, "asked": arguments, "pid": os.getpid()}
    blocks = [json.dumps(answer), "2 pages were not looked at."]
    return CallToolResult(
        content=[TextContent(type="text", text=block) for block in blocks],
        _meta={"retrieval": {"mode": "hybrid", "candidates": 42}},
    )


async def serve() -> None:
    server: Server[Any] = Server("gbrain", version="1.0", on_list_tools=list_tools, on_call_tool=call_tool)
    async with mcp.server.stdio.stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


def main() -> None:
    with Path(os.environ["BRAIN_LOCK"]).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # a second process fails here
        while not Path(os.environ["BRAIN_GATE"]).exists():
            time.sleep(0.01)
        asyncio.run(serve())


if __name__ == "__main__":
    main()
