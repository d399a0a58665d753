"""What the tests of servers behind the door share: files of servers, and toolsets opened from them."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from app.tools.base import CallContext, Tool, Toolset
from app.tools.upstream.configuration import read_servers
from app.tools.upstream.servers import open_upstreams

HERE = Path(__file__).parent
SCRIPTED = HERE / "scripted.py"


def scripted(switches: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    """A server that does what it is told, as an entry of the file; ``options`` are its ``gatehouse`` object."""
    entry: dict[str, Any] = {"command": sys.executable, "args": [str(SCRIPTED), json.dumps(switches or {})]}
    return {**entry, "gatehouse": options} if options else entry


def file_of(folder: Path, servers: dict[str, Any]) -> Path:
    """A file of these servers."""
    path = folder / "servers.json"
    path.write_text(json.dumps({"mcpServers": servers}), encoding="utf-8")
    return path


class Opened:
    """Toolsets that are open, and how to ask of them."""

    def __init__(self, toolsets: list[Toolset]) -> None:
        self.first = toolsets
        self.now = {one.name: one for one in toolsets}
        for one in toolsets:
            assert one.changes
            one.changes(lambda fresh: self.now.update({fresh.name: fresh}))

    def tool(self, name: str) -> Tool:
        (found,) = (tool for one in self.now.values() for tool in one.tools if tool.definition.name == name)
        return found

    def trouble(self, name: str) -> str:
        ask = self.now[name].trouble
        assert ask
        return ask()

    async def call(self, name: str, arguments: dict[str, Any] | None = None, **context: Any) -> Any:
        return await self.tool(name).call(arguments or {}, CallContext(**context))

    async def say(self, name: str, text: str) -> str:
        """Call a scripted tool and return its first text."""
        return str((await self.call(name, {"text": text})).content[0].text)


@asynccontextmanager
async def opened(
    folder: Path, servers: dict[str, Any], *, wait: float = 10.0, environment: dict[str, str] | None = None, **more: Any
) -> AsyncIterator[Opened]:
    """Open the servers of a file with these entries, remembered in ``folder``."""
    entries = read_servers(str(file_of(folder, servers)), environment or {})
    async with open_upstreams(entries, folder / "upstreams", new_server_seconds=wait, **more) as toolsets:
        yield Opened(toolsets)


async def no_pause(_: float) -> None:
    """In the place of the pauses between tries, and of those in which changes are gathered."""
    await asyncio.sleep(0)


async def until(condition: Callable[[], Any], within: float = 10.0) -> Any:
    """Wait for a condition to become true, and return what it is then."""
    end = time.monotonic() + within
    while not (value := condition()):
        assert time.monotonic() < end, f"not within {within} seconds"
        await asyncio.sleep(0.01)
    return value
