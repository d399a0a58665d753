"""``gatehouse stdio``: the same tools for a program on this very machine, over standard input and output.

There is no log-in and no network: whoever may start this command may do everything, tools for this machine only
included, and no block holds them. Calls go through the one dispatcher and into the request log like any others.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

import anyio
from mcp.server.context import CallNext, HandlerResult, ServerMiddleware, ServerRequestContext
from mcp.server.stdio import stdio_server

from app.access.policy import State
from app.auth.principal import LOCAL_ISSUER, Principal
from app.endpoint.dispatch import Dispatcher
from app.journal.visit import Visit, Visits, current
from app.logs import configure_logging
from app.main import journal_writer, link_maker
from app.people.guard import Guard
from app.settings import Settings, load_settings
from app.store.shared import SharedEngine
from app.tools.base import ToolsetOpener
from app.toolsets import built_in_toolsets, offered, open_toolsets, servers_of

HERE = Principal(LOCAL_ISSUER, "stdio", "stdio", frozenset({"admin"}), float("inf"), float("inf"))
"""Whoever is at this machine."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """This command has no options: everything is a setting."""


def run(arguments: argparse.Namespace) -> int:
    """Serve until the program at the other end hangs up. Standard output is the protocol's; the log is on error."""
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    anyio.run(serve_here, settings)
    return 0


async def serve_here(settings: Settings, toolsets: Mapping[str, ToolsetOpener] | None = None) -> None:
    """Serve the program at the other end of standard input and output. ``toolsets`` replaces built-in ones by name."""
    dispatcher = Dispatcher(Guard(State(), local=True), link_maker(settings, time.time), log_in=False)
    engine = SharedEngine(settings.database_url.get_secret_value(), settings.data_dir)
    journal = journal_writer(settings, engine, [], time.time)
    visits = Visits(journal.record, time.time, values=settings.log_arguments == "values")
    dispatcher.server.middleware.append(_Noted(visits))
    openers = {**built_in_toolsets(settings), **(toolsets or {})}
    current.set(Visit(HERE))
    async with AsyncExitStack() as stack:
        journal.start()
        stack.callback(journal.close)
        offered(dispatcher.offer, await open_toolsets(stack, settings, openers, servers_of(settings)))
        server = dispatcher.server
        reading, writing = await stack.enter_async_context(stdio_server())
        await server.run(reading, writing, server.create_initialization_options())


class _Noted(ServerMiddleware[Any]):
    """Each request an entry of the request log."""

    def __init__(self, visits: Visits) -> None:
        self._visits = visits

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        if ctx.request_id is None:
            return await call_next(ctx)
        params = ctx.params or {}
        visit = self._visits.begin({"client": ("stdio", 0)}, {})
        visit.principal = HERE
        visit.asks(ctx.method, str(params.get("name", params.get("uri", ""))), params.get("arguments"))
        token = current.set(visit)
        try:
            result = await call_next(ctx)
            visit.ends("tool_error" if _is_error(result) else "ok")
            return result
        except Exception:
            visit.ends("error", "protocol_error")
            raise
        finally:
            current.reset(token)
            self._visits.end(visit, 0, 0)


def _is_error(result: HandlerResult) -> bool:
    return bool(result.get("isError") if isinstance(result, dict) else getattr(result, "is_error", False))
