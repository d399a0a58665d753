"""One HTTP message taken in: its headers, media types and body, each within a stated limit (RFC 9110)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from functools import lru_cache
from typing import TypeVar

from starlette.types import Message, Receive, Scope

from app.errors import RequestRefused

MAX_BODY_BYTES = 4 * 1024 * 1024
BODY_SECONDS = 30.0
"""How long a client may take to send its body."""
WATCH_AFTER_SECONDS = 0.05
"""From when on a client that hangs up is noticed: most answers are ready before, and need no watching."""


T = TypeVar("T")


class ClientGone(Exception):
    """The client hung up before its request was complete."""


def fold_headers(scope: Scope) -> dict[str, str]:
    """Headers by lower-case name, values trimmed (RFC 9110 §5.5); of repeated ones the first, but every Accept."""
    folded: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1"), value.decode("latin-1").strip(" \t")
        if key in folded and key == "accept":
            folded[key] += f",{text}"
        folded.setdefault(key, text)
    return folded


def check_media_types(headers: Mapping[str, str]) -> bool:
    """Refuse what is not JSON, and clients that would not read JSON. A missing Accept means anything.

    Returns whether the client also takes an event stream.
    """
    return _takes_events(headers.get("content-type", ""), headers.get("accept") or "*/*")


@lru_cache(maxsize=64)
def _takes_events(content_type: str, accept: str) -> bool:
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise RequestRefused(415, "unsupported_media_type", "The Content-Type must be application/json.")
    accepted = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    if not {"application/json", "application/*", "*/*"}.intersection(accepted):
        raise RequestRefused(406, "not_acceptable", "Answers are application/json; the Accept header rules that out.")
    return "text/event-stream" in accepted


async def read_body(headers: Mapping[str, str], receive: Receive) -> bytes:
    """Read the whole body within the limits. Raises :class:`ClientGone` when the client hangs up."""
    length = headers.get("content-length", "0")
    if length.isdecimal() and len(length) < 20 and int(length) > MAX_BODY_BYTES:
        raise _too_large()
    task, late = asyncio.current_task(), False

    def give_up() -> None:
        nonlocal late
        late = True
        if task:
            task.cancel()

    # By hand: asyncio.timeout would cost each request a few per cent of its time.
    timer = asyncio.get_running_loop().call_later(BODY_SECONDS, give_up)
    try:
        return await _whole(receive)
    except asyncio.CancelledError:
        if late and task and task.uncancel() == 0:
            what = f"The body took over {BODY_SECONDS:.0f} seconds."
            raise RequestRefused(408, "request_timeout", what) from None
        raise
    finally:
        timer.cancel()


async def _whole(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            raise _too_large()
        if not message.get("more_body", False):
            return bytes(body)


def _too_large() -> RequestRefused:
    return RequestRefused(413, "content_too_large", f"The body may have {MAX_BODY_BYTES} bytes at most.")


async def unless_client_leaves(receive: Receive, work: Awaitable[T]) -> T:
    """Await ``work``, but cancel it when the client hangs up, and raise :class:`ClientGone`.

    MCP 2026-07-28, Cancellation: a disconnect is the cancellation of the request. (Before, it was expressly not.)
    """
    loop, task, watchers, gone = asyncio.get_running_loop(), asyncio.current_task(), [], False

    async def watch() -> None:
        nonlocal gone
        while (await receive())["type"] != "http.disconnect":
            pass
        gone = True
        if task:
            task.cancel()

    timer = loop.call_later(WATCH_AFTER_SECONDS, lambda: watchers.append(loop.create_task(watch())))
    try:
        return await work
    except asyncio.CancelledError:
        if gone and task and task.uncancel() == 0:
            raise ClientGone from None
        raise
    finally:
        timer.cancel()
        for watcher in watchers:
            watcher.cancel()
