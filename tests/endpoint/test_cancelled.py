"""A request whose task is cancelled from outside is an entry of the request log, and stays cancelled."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from mcp_types import CallToolResult
from mcp_types import Tool as ToolDefinition
from starlette.types import Message, Scope

from app.access.policy import State
from app.auth.principal import Principal
from app.endpoint.dispatch import Dispatcher
from app.endpoint.gate import Gate
from app.endpoint.limits import Limits
from app.endpoint.mcp import McpEndpoint
from app.endpoint.refusals import Refusals
from app.endpoint.short_way import ShortWay
from app.errors import MissingAccessToken
from app.journal.entry import Entry
from app.journal.visit import Visits
from app.people.guard import Guard
from app.tools.base import Arguments, CallContext, Tool, Toolset
from tests.endpoint.test_short_way import PERSON

Wait = Callable[[], Awaitable[None]]


class SlowLimits(Limits):
    """Limits whose shared counter does not answer."""

    def __init__(self, wait: Wait) -> None:
        super().__init__("1000000/minute", "1000000/minute")
        self._wait = wait

    async def stranger(self, address: str) -> None:  # type: ignore[override]
        """Never answer."""
        await self._wait()


def cancelled_where(place: str, *, short: bool) -> list[Entry]:
    """The entries after a call was cancelled while it waited in ``place``."""
    told: list[Entry] = []

    async def run() -> None:
        inside = asyncio.Event()

        async def wait() -> None:
            inside.set()
            await asyncio.Event().wait()

        async def authenticate(_: Scope) -> Principal:
            if place == "log-in":
                await wait()
            if place == "refusal":
                raise MissingAccessToken
            return PERSON

        async def work(_: Arguments, __: CallContext) -> CallToolResult:
            await wait()
            raise AssertionError("never")

        async def receive() -> Message:
            if place == "body":
                await wait()
            params = {"name": "slow", "arguments": {"when": 1}}
            message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
            return {"type": "http.request", "body": json.dumps(message).encode()}

        async def send(_: Message) -> None:
            raise AssertionError("nothing is answered")

        guard = Guard(State())
        dispatcher = Dispatcher(guard, lambda principal, page: page)
        definition = ToolDefinition(name="slow", input_schema={"type": "object"})
        dispatcher.offer([Toolset("t", (Tool(definition, "read", work),))])
        limits = SlowLimits(wait)
        rooms = (guard, Gate("http://127.0.0.1", ()), limits, Refusals(None, limits, lambda: 0.0))
        visits = Visits(told.append, lambda: 5.0)
        way = ShortWay(dispatcher) if short else None
        endpoint = McpEndpoint(dispatcher.server, authenticate, *rooms, visits, way)
        headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json"), (b"accept", b"application/json")]
        headers += [(b"mcp-protocol-version", b"2025-11-25")]
        scope = {"type": "http", "method": "POST", "path": "/mcp", "headers": headers, "client": ("10.0.0.1", 1)}
        task = asyncio.create_task(endpoint(scope, receive, send))
        await asyncio.wait_for(inside.wait(), 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    return told


@pytest.mark.parametrize("short", [True, False])
@pytest.mark.parametrize(
    ("place", "sub", "tool"),
    [("log-in", "", ""), ("refusal", "", ""), ("body", PERSON.sub, ""), ("tool", PERSON.sub, "slow")],
)
def test_a_cancelled_request_is_one_entry_and_stays_cancelled(place: str, sub: str, tool: str, short: bool) -> None:
    (entry,) = cancelled_where(place, short=short)
    assert (entry.outcome, entry.reason, entry.status, entry.response_bytes) == ("cancelled", "", 0, 0)
    assert (entry.sub, entry.tool, entry.client, entry.time) == (sub, tool, "10.0.0.1", 5.0)
