"""A server over HTTP with one of everything, and a way to listen in on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp_types import ToolAnnotations
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.demo.serving import ServedApp


def library() -> MCPServer:
    """A server with one of everything."""
    server = MCPServer("library", log_level="CRITICAL")

    @server.tool()
    async def count(to: int, context: Context) -> int:
        """Counts, and says how far it is."""
        for number in range(to):
            await context.report_progress(number + 1, to, f"at {number + 1}")
        return to

    @server.tool(annotations=ToolAnnotations(read_only_hint=True))
    async def grow(context: Context) -> str:
        """Adds a tool that says it only reads."""
        server.add_tool(text, name="grown", annotations=ToolAnnotations(read_only_hint=True))
        await context.notify_tools_changed()
        return "grown"

    @server.resource("book://list", name="list")
    def books() -> str:
        """All books."""
        return "a, b"

    @server.resource("book://{title}/text", name="text")
    def text(title: str) -> str:
        """The text of a book."""
        return f"text of {title}"

    @server.prompt(name="review")
    def review(title: str) -> str:
        """Asks for a review."""
        return f"Review {title}, please."

    return server


@dataclass
class Web:
    """A server over HTTP that is listened in on; ``legacy`` hides the newest revision from its clients."""

    legacy: bool = False
    heard: list[dict[str, str]] = field(default_factory=list)

    def app(self) -> Any:
        inner = library().streamable_http_app(stateless_http=not self.legacy)

        async def listening(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                headers = {key.decode(): value.decode() for key, value in scope["headers"]}
                self.heard.append(headers)
                if self.legacy and headers.get("mcp-protocol-version") == "2026-07-28":
                    await Response(status_code=400)(scope, receive, send)
                    return
            await inner(scope, receive, send)

        return listening


@contextmanager
def served(app: Any) -> Iterator[ServedApp]:
    one = ServedApp()
    one.start(app)
    try:
        yield one
    finally:
        one.stop()
