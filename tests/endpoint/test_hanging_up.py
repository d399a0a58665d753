"""A client that hangs up cancels its request in the newest revision, and only there (MCP 2026-07-28, Cancellation)."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from mcp_types import ToolAnnotations

from app.tools.base import CallContext, Toolset, typed_tool
from tests.support.world import EchoArguments, EchoResult, World, open_world

META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}


@dataclass
class SlowTool:
    """A tool that works until it is told to end, and knows how it ended."""

    begun: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    cancelled: bool = False
    finish: asyncio.Event | None = None
    loop: asyncio.AbstractEventLoop | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Toolset]:
        tool = typed_tool(
            self.work,
            name="slow",
            title="slow",
            description="slow",
            arguments=EchoArguments,
            result=EchoResult,
            scope="read",
            annotations=ToolAnnotations(read_only_hint=True),
            summarize=lambda result, _: result.text,
        )
        yield Toolset("slow", (tool,))

    async def work(self, arguments: EchoArguments, _: CallContext) -> EchoResult:
        self.loop, self.finish = asyncio.get_running_loop(), asyncio.Event()
        self.begun.set()
        try:
            await self.finish.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        finally:
            self.ended.set()
        return EchoResult(text=arguments.text)


def call_and_hang_up(world: World, tool: SlowTool, version: str) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "slow", "_meta": META}}
    content = json.dumps(body).encode()
    head = [
        "POST /mcp HTTP/1.1",
        f"Host: {world.url.removeprefix('http://')}",
        f"Authorization: Bearer {world.token()}",
        "Content-Type: application/json",
        f"Mcp-Protocol-Version: {version}",
        "Mcp-Method: tools/call",
        "Mcp-Name: slow",
        f"Content-Length: {len(content)}",
    ]
    port = int(world.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall("\r\n".join([*head, "", ""]).encode() + content)
        assert tool.begun.wait(10)


@pytest.mark.parametrize(("version", "cancelled"), [("2026-07-28", True), ("2025-11-25", False)])
def test_hanging_up_cancels_the_work_only_where_the_revision_says_so(
    monkeypatch: pytest.MonkeyPatch, version: str, cancelled: bool
) -> None:
    monkeypatch.setattr("app.endpoint.message.WATCH_AFTER_SECONDS", 0.0)  # whoever watches, watches at once
    tool = SlowTool()
    with open_world(toolset=tool.open) as world:
        call_and_hang_up(world, tool, version)
        if not cancelled:
            for _ in range(20):  # time for a wrong cancellation to strike
                assert world.call(world.token(), "ping").status_code == 200
            assert tool.loop is not None
            assert tool.finish is not None
            tool.loop.call_soon_threadsafe(tool.finish.set)
        assert tool.ended.wait(10)
        assert tool.cancelled is cancelled
        assert world.http.get(f"{world.url}/healthz").status_code == 200
