"""The MCP Python SDK's own OAuth client, unchanged, makes the whole journey in both protocol eras."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx2
import pytest
from mcp.client.auth import OAuthClientProvider, TokenStorage
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl

from tests.support.login import log_in
from tests.support.world import EMAIL, PASSWORD, World

CALLBACK = "http://127.0.0.1:33418/callback"


class Memory(TokenStorage):
    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class Person:
    """Opens the browser when the client asks for it, and counts how often that was."""

    def __init__(self) -> None:
        self.log_ins = 0
        self.url = ""
        self.memory = Memory()

    async def open_browser(self, url: str) -> None:
        self.url = url

    async def come_back(self) -> AuthorizationCodeResult:
        self.log_ins += 1
        told = await anyio.to_thread.run_sync(log_in, self.url, EMAIL, PASSWORD)
        return AuthorizationCodeResult(code=told["code"], state=told.get("state"), iss=told.get("iss"))

    @asynccontextmanager
    async def client(self, mcp: str, mode: str) -> AsyncIterator[Client]:
        metadata = OAuthClientMetadata(
            redirect_uris=[AnyUrl(CALLBACK)], client_name="Test", token_endpoint_auth_method="none"
        )
        auth = OAuthClientProvider(mcp, metadata, self.memory, self.open_browser, self.come_back)
        async with (
            httpx2.AsyncClient(auth=auth, follow_redirects=True) as http,
            Client(streamable_http_client(mcp, http_client=http), mode=mode) as client,
        ):
            yield client


@pytest.mark.parametrize("mode", ["auto", "legacy", "2026-07-28"])
def test_discovers_registers_logs_in_and_calls_a_tool(world: World, mode: str) -> None:
    person = Person()

    async def journey() -> Any:
        async with person.client(world.mcp, mode) as client:
            tools = await client.list_tools()
            assert [tool.name for tool in tools.tools] == ["echo", "write_note", "break", "fail"]
            return await client.call_tool("echo", {"text": "hello"})

    result = anyio.run(journey)
    assert result.structured_content == {"text": "hello"}
    assert (world.probe.calls, person.log_ins) == (1, 1)
    assert person.memory.client is not None
    assert person.memory.client.client_id.startswith("tpc_")
