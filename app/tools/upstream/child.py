"""One MCP server as a child process: JSON-RPC in lines over its standard input and output (MCP, Transports, "stdio").

The SDK's own transport keeps a line in memory however long it grows, copies it with each part that comes, writes what
it cannot read into the log, and gives the child our standard error. Here a line has a limit, what is no message has a
limit, a child that talks without being asked is stopped, and its standard error becomes lines of the log without its
secrets. The child is the head of a process group of its own and is ended with all of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.client.stdio import get_default_environment
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

from app.tools.upstream.entry import ServerEntry
from app.tools.upstream.keeper import dismiss, keeper
from app.tools.upstream.pace import Pace
from app.tools.upstream.troubles import MAX_MESSAGE_BYTES, Trouble

MAX_WAITING = 1_000
"""Messages that wait for a child to read them."""

MAX_GARBAGE_LINES = 1_000
MAX_LOG_LINES_PER_SECOND = 50
MAX_LOG_CHARS = 2_000
STOP_SECONDS = 2.0
"""How long a child may take to end by itself once its input is closed, and again after it was asked to."""

log = logging.getLogger("gatehouse.upstream")

Reading = MemoryObjectReceiveStream[SessionMessage | Exception]
Writing = MemoryObjectSendStream[SessionMessage]


@asynccontextmanager
async def child(server: ServerEntry) -> AsyncIterator[tuple[Reading, Writing]]:
    """Start the server and connect to it. Raises :class:`Trouble` when it cannot be started, or when it ends."""
    process = await _start(server)
    incoming, reading = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    writing, outgoing = anyio.create_memory_object_stream[SessionMessage](MAX_WAITING)
    pace = Pace()
    shell = await _kept(process)
    tasks = [asyncio.create_task(_Errors(server).follow(process))]
    try:
        async with asyncio.TaskGroup() as group:
            tasks += [
                group.create_task(_Output(server, incoming, pace).follow(process)),
                group.create_task(_feed(server, process, outgoing, pace)),
            ]
            try:
                yield reading, writing
            finally:
                for task in tasks[1:]:
                    task.cancel()
    finally:
        for stream in (incoming, reading, writing, outgoing):
            stream.close()
        try:
            await _stop(process)
        finally:
            await dismiss(shell)
        await asyncio.wait(tasks[:1], timeout=0.5)  # its last words; a pipe that is held elsewhere has no end
        tasks[0].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        _close_pipes(process)


async def _start(server: ServerEntry) -> asyncio.subprocess.Process:
    command = os.path.basename(server.command)  # callers hear of it, whom the owner's folders do not concern
    try:
        return await asyncio.create_subprocess_exec(
            server.command,
            *server.args,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**get_default_environment(), **(server.env or {})},  # not ours: it holds the owner's secrets
            cwd=server.cwd or None,
            start_new_session=True,
            limit=MAX_MESSAGE_BYTES,
        )
    except FileNotFoundError as error:
        what = "the folder in cwd" if server.cwd and error.filename == server.cwd else f"the command {command}"
        raise Trouble(f"{what} was not found") from None
    except (OSError, ValueError) as error:
        raise Trouble(f"the command {command} cannot be run ({getattr(error, 'strerror', None)})") from None


async def _kept(process: asyncio.subprocess.Process) -> asyncio.subprocess.Process | None:
    try:
        return await keeper(process.pid)
    except asyncio.CancelledError:
        await _stop(process)
        raise


class _Output:
    """What a child prints, taken in line by line."""

    def __init__(
        self, server: ServerEntry, incoming: MemoryObjectSendStream[SessionMessage | Exception], pace: Pace
    ) -> None:
        self._server = server
        self._incoming = incoming
        self._pace = pace
        self._lines = self._garbage = 0

    async def follow(self, process: asyncio.subprocess.Process) -> None:
        """Hand on each message. Raises :class:`Trouble` at the end of them."""
        output = cast(asyncio.StreamReader, process.stdout)
        while True:
            try:
                line = await output.readuntil(b"\n")
            except asyncio.LimitOverrunError:
                raise Trouble(f"it sent a message of over {MAX_MESSAGE_BYTES // 2**20} MiB") from None
            except asyncio.IncompleteReadError:
                break
            await self._take(line)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 1)
        code = process.returncode
        raise Trouble("it closed its output" if code is None else f"it ended with exit code {code}")

    async def _take(self, line: bytes) -> None:
        try:
            message = jsonrpc_message_adapter.validate_json(line, by_name=False)
        except (ValueError, RecursionError):
            await self._refuse(line)
            return
        if not self._pace.heard():
            raise Trouble("it sends messages without end")
        await self._incoming.send(SessionMessage(message))

    async def _refuse(self, line: bytes) -> None:
        self._lines += 1
        self._garbage += 1 + len(line) // 10_000  # a long one costs as much as many
        if self._lines <= 3 and line.strip():
            text = self._server.redact(line[:MAX_LOG_CHARS].decode("utf-8", "replace"))[:200].rstrip()
            log.warning("upstream %s prints on standard output what is no message: %s", self._server.name, text)
        if self._garbage > MAX_GARBAGE_LINES:
            raise Trouble("it prints on standard output what are no messages: is its command an MCP server?")
        await asyncio.sleep(0)  # a child that has much to say must not keep everybody else from their turn


async def _feed(
    server: ServerEntry,
    process: asyncio.subprocess.Process,
    outgoing: MemoryObjectReceiveStream[SessionMessage],
    pace: Pace,
) -> None:
    """Write what waits. Raises :class:`Trouble` when nobody reads it."""
    stdin = cast(asyncio.StreamWriter, process.stdin)
    async for message in outgoing:
        pace.asked()
        text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
        stdin.write(text.encode() + b"\n")
        with contextlib.suppress(ConnectionError):  # that it ended is noticed where its output does
            try:
                await asyncio.wait_for(stdin.drain(), server.options.timeout)
            except TimeoutError:
                raise Trouble("it does not read what it is sent") from None


class _Errors:
    """A child's standard error as lines of the log, cut, counted and without its secrets."""

    def __init__(self, server: ServerEntry) -> None:
        self._server = server
        self._since = 0.0
        self._lines = 0

    async def follow(self, process: asyncio.subprocess.Process) -> None:
        errors = cast(asyncio.StreamReader, process.stderr)
        rest = b""
        while part := await errors.read(64 * 1024):
            *lines, rest = (rest + part).split(b"\n")
            for line in lines:
                self._write(line)
            if len(rest) > 4 * MAX_LOG_CHARS:
                self._write(rest)
                rest = b""
            await asyncio.sleep(0)
        self._write(rest)

    def _write(self, line: bytes) -> None:
        if not line.strip():
            return
        now = time.monotonic()
        if now - self._since > 1:
            if self._lines > MAX_LOG_LINES_PER_SECOND:
                left_out = self._lines - MAX_LOG_LINES_PER_SECOND
                log.info("upstream %s: %d more lines were left out", self._server.name, left_out)
            self._since, self._lines = now, 0
        self._lines += 1
        if self._lines <= MAX_LOG_LINES_PER_SECOND:
            text = self._server.redact(line.decode("utf-8", "replace"))[:MAX_LOG_CHARS].rstrip()
            log.info("upstream %s says: %s", self._server.name, text)


async def _stop(process: asyncio.subprocess.Process) -> None:
    """End a child and everything it started: by closing its input, then by asking, then by force."""
    try:
        if process.stdin:
            process.stdin.close()
        for number in (None, signal.SIGTERM):
            if number:
                _signal(process, number)
            if await _ended(process, STOP_SECONDS):
                break
    finally:
        _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))  # also what the child left behind
        await _ended(process, STOP_SECONDS)


def _close_pipes(process: asyncio.subprocess.Process) -> None:
    """Close what a grandchild may still hold the other end of; nothing public does that."""
    transport = getattr(process, "_transport", None)
    if transport is not None:
        with contextlib.suppress(PermissionError):
            transport.close()


async def _ended(process: asyncio.subprocess.Process, seconds: float) -> bool:
    """Whether the child ended. Its pipes may stay open in somebody else's hands: only the exit code tells."""
    until = time.monotonic() + seconds
    while process.returncode is None and time.monotonic() < until:  # noqa: ASYNC110  (it has no event for that)
        await asyncio.sleep(0.01)
    return process.returncode is not None


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.send_signal(number)
        else:
            os.killpg(process.pid, number)
