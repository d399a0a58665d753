"""Servers over HTTP that answer what is no answer, lead elsewhere, or say nothing."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.demo.serving import ServedApp
from app.errors import ToolError
from tests.upstream.library import Web, library, served
from tests.upstream.support import opened, until


def lying(answer: Response) -> Any:
    """A server that answers every call so, and all else as it should."""
    inner = library().streamable_http_app(stateless_http=True, json_response=True)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", []))
        wrong = scope["type"] == "http" and headers.get(b"mcp-method") == b"tools/call"
        await (answer if wrong else inner)(scope, receive, send)

    return app


@asynccontextmanager
async def liar(folder: Path, answer: Response, **options: Any) -> AsyncIterator[Any]:
    one = ServedApp()
    one.start(lying(answer))
    try:
        async with opened(folder, {"lib": {"url": f"{one.url}/mcp", "gatehouse": options}}) as servers:
            yield servers
    finally:
        await asyncio.to_thread(one.stop)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Response(b"x" * 20_000_000, media_type="application/json"), "The server lib behind this tool stopped before"),
        (
            Response(
                gzip.compress(b" " * 20_000_000, 1),
                media_type="application/json",
                headers={"content-encoding": "gzip"},
            ),
            "The server lib behind this tool stopped before",
        ),
        (Response(b"{}", media_type="application/json"), "The server lib refused: Failed to parse JSON response"),
        (Response(b"hi", media_type="text/html"), "The server lib refused: Unexpected content type: text/html"),
        (Response(status_code=500), "The server lib refused: Server returned an error response"),
        (
            Response(status_code=307, headers={"location": "http://other.example/"}),
            "The server lib refused: Redirect to",
        ),
    ],
    ids=["20 MB", "20 MB in a few", "no message", "a page", "500", "elsewhere"],
)
def test_an_answer_that_is_none_fails_its_call_with_words(tmp_path: Path, answer: Response, told: str) -> None:
    async def go() -> str:
        async with liar(tmp_path, answer) as servers:
            with pytest.raises(ToolError) as failed:
                await servers.call("lib_count", {"to": 1})
            return str(failed.value)

    assert asyncio.run(go()).startswith(told)


def test_a_name_that_leads_to_a_private_address_is_refused_with_block_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = Web()
    resolve = asyncio.base_events.BaseEventLoop.getaddrinfo

    async def lead(self: Any, host: str, port: Any, **more: Any) -> Any:
        return await resolve(self, "127.0.0.1" if host == "public.example" else host, port, **more)

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", lead)

    async def go(port: int) -> None:
        url = f"http://public.example:{port}/mcp"
        async with opened(tmp_path, {"lib": {"url": url, "gatehouse": {"block_private": True}}}) as servers:
            expected = "its address is a private one, which block_private refuses"
            await until(lambda: servers.trouble("lib") == expected)

    with served(web.app()) as one:
        asyncio.run(go(one.port))
    assert web.heard == []


def test_a_server_that_takes_connections_and_says_nothing_is_down_after_its_time(tmp_path: Path) -> None:
    async def go(port: int) -> None:
        entry = {"url": f"http://127.0.0.1:{port}/mcp", "gatehouse": {"timeout": 0.5}}
        async with opened(tmp_path, {"lib": entry}) as servers:
            await until(lambda: servers.trouble("lib") == "it did not answer in time")

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        asyncio.run(go(silent.getsockname()[1]))
