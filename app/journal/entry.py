"""One line of the request log, as plain data."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """One thing that happened. A plain tuple, because one is made with every request.

    ``outcome`` is ``ok``, ``tool_error`` (the tool says it could not), ``denied`` (a known caller who may not),
    ``refused`` (nobody was authenticated, or the request was unusable), ``error`` (of the protocol, or our own fault),
    ``cancelled``, or ``gap`` (entries are missing here; ``detail`` says how many). ``reason`` is a row of
    ``app/journal/reasons.py`` and ``reference`` the code that the caller was shown. ``client`` is the caller's address,
    ``client_id`` the program that it uses, ``arguments`` what :func:`app.journal.arguments.describe` makes of a call's.
    ``name`` and ``email`` are what the token says of the person: they are for the store of people, and no column here.
    """

    time: float
    """Seconds since the epoch."""
    outcome: str
    reason: str = ""
    reference: str = ""
    status: int = 0
    """The HTTP status of the answer."""
    client: str = ""
    detail: str = ""
    expected: str = ""
    received: str = ""
    iss: str = ""
    sub: str = ""
    client_id: str = ""
    user_agent: str = ""
    method: str = ""
    """The JSON-RPC method, such as ``tools/call``; blank when the request did not come as far."""
    tool: str = ""
    """The tool, or the resource, that was asked for."""
    server: str = ""
    """The group of tools that it belongs to: a server behind the door, or one of Gatehouse's own."""
    scopes: str = ""
    """What the caller held, separated by spaces."""
    latency_ms: float = 0.0
    request_bytes: int = 0
    response_bytes: int = 0
    arguments: str = ""
    name: str = ""
    email: str = ""


COLUMNS = Entry._fields[:-2]
"""The fields that are columns of the table ``entries``, in their order here."""
