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
from app.journal.visit import Visit, Visits
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


class Held:
    """An endpoint, and the one place in it where a call waits and never goes on."""

    def __init__(self, place: str, *, short: bool) -> None:
        self._place = place
        self._inside = asyncio.Event()
        self.told: list[Visit] = []
        guard = Guard(State())
        dispatcher = Dispatcher(guard, lambda principal, page: page)
        definition = ToolDefinition(name="slow", input_schema={"type": "object"})
        dispatcher.offer([Toolset("t", (Tool(definition, "read", self._work),))])
        limits = SlowLimits(self._wait)
        rooms = (guard, Gate("http://127.0.0.1", ()), limits, Refusals(None, limits, lambda: 0.0))
        visits = Visits(self.told.append, lambda: 5.0)
        way = ShortWay(dispatcher) if short else None
        self._endpoint = McpEndpoint(dispatcher.server, self._authenticate, *rooms, visits, way)

    async def cancel(self) -> None:
        """Call the tool, and cancel the call where it waits."""
        headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json"), (b"accept", b"application/json")]
        headers += [(b"mcp-protocol-version", b"2025-11-25")]
        scope = {"type": "http", "method": "POST", "path": "/mcp", "headers": headers, "client": ("10.0.0.1", 1)}
        task = asyncio.create_task(self._endpoint(scope, self._receive, self._send))
        await asyncio.wait_for(self._inside.wait(), 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def _wait(self) -> None:
        self._inside.set()
        await asyncio.Event().wait()

    async def _authenticate(self, _: Scope) -> Principal:
        if self._place == "log-in":
            await self._wait()
        if self._place == "refusal":
            raise MissingAccessToken
        return PERSON

    async def _work(self, _: Arguments, __: CallContext) -> CallToolResult:
        await self._wait()
        raise AssertionError("never")

    async def _receive(self) -> Message:
        if self._place == "body":
            await self._wait()
        params = {"name": "slow", "arguments": {"when": 1}}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        return {"type": "http.request", "body": json.dumps(message).encode()}

    async def _send(self, _: Message) -> None:
        raise AssertionError("nothing is answered")


@pytest.mark.parametrize("short", [True, False])
@pytest.mark.parametrize(
    ("place", "sub", "tool"),
    [("log-in", "", ""), ("refusal", "", ""), ("body", PERSON.sub, ""), ("tool", PERSON.sub, "slow")],
)
def test_a_cancelled_request_is_one_entry_and_stays_cancelled(place: str, sub: str, tool: str, short: bool) -> None:
    held = Held(place, short=short)
    asyncio.run(held.cancel())
    entry = held.told[0].entry()
    assert len(held.told) == 1
    assert (entry.outcome, entry.reason, entry.status, entry.response_bytes) == ("cancelled", "", 0, 0)
    assert (entry.sub, entry.tool, entry.client, entry.time) == (sub, tool, "10.0.0.1", 5.0)
