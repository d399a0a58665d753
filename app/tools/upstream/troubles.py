"""What goes wrong with servers behind the door, in words for the owner and for callers."""

from __future__ import annotations

import asyncio

from mcp.shared.exceptions import MCPError
from mcp_types import CONNECTION_CLOSED, INVALID_REQUEST, REQUEST_TIMEOUT
from pydantic import ValidationError

from app.errors import ToolError
from app.tools.upstream.entry import ServerEntry

MAX_MESSAGE_BYTES = 8 * 1024 * 1024
"""One message of a server, as it comes over the wire."""

MAX_TOLD_CHARS = 1_000


class Trouble(Exception):
    """A server cannot be used. The message, without a subject's name, is for the owner and holds no secret."""


def reason_of(error: BaseException) -> str:
    """Why a connection ended, in a few words."""
    if isinstance(error, BaseExceptionGroup):
        inner = [one for one in error.exceptions if not isinstance(one, asyncio.CancelledError)]
        known = [one for one in inner if not isinstance(one, MCPError)]
        return reason_of((known or inner or [Trouble("it went away")])[0])
    if isinstance(error, Trouble):
        return str(error)
    if isinstance(error, asyncio.CancelledError):
        return "it went away"
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, MCPError):
        refused = f"it refused to connect with error {error.error.code}"
        return "it closed the connection" if _is_closed(error) else refused
    if isinstance(error, ValidationError):
        return "it answers in a way that is not the protocol's"
    if "protocol version" in str(error):
        return "it speaks a protocol version that is not known here"
    return f"it cannot be reached ({type(error).__name__})"


def words_of(error: BaseException) -> str:
    """What the server itself said when it refused: for the owner's log, and no readiness page."""
    if isinstance(error, BaseExceptionGroup):
        return next((said for one in error.exceptions if (said := words_of(one))), "")
    if not isinstance(error, MCPError) or _is_closed(error):
        return ""
    return f" ({error.error.message[:200]})"


def _is_closed(error: MCPError) -> bool:
    """Whether the SDK says so, and not a server that happens to use the same number."""
    said = error.error.message.startswith(("Connection closed", "SSE stream", "Session terminated"))
    return said and error.error.code in {CONNECTION_CLOSED, INVALID_REQUEST}


def told(server: ServerEntry, error: Exception) -> ToolError:
    """What a caller hears whose request failed."""
    name = server.name
    if isinstance(error, TimeoutError) or (isinstance(error, MCPError) and error.error.code == REQUEST_TIMEOUT):
        seconds = f"{server.options.timeout:g} seconds"
        return ToolError(
            f"The server {name} behind this tool did not answer within {seconds}. Ask for less at once, or try again "
            "later; its owner can give it more time (timeout)."
        )
    if isinstance(error, Trouble):
        return ToolError(
            f"The server {name} behind this tool is not there at present: {server.redact(str(error))}. "
            "Try again in a minute; if it stays so, its owner should look at the log."
        )
    if isinstance(error, MCPError) and _is_closed(error):
        return ToolError(
            f"The server {name} behind this tool stopped before it answered, and is connected to again. What was asked "
            "may have been done: look before you ask once more."
        )
    if isinstance(error, MCPError):
        message = server.redact(error.error.message)[:MAX_TOLD_CHARS]
        return ToolError(f"The server {name} refused: {message}")
    return ToolError(
        f"The server {name} behind this tool gave an answer that is not the protocol's. Its owner should update it."
    )
