"""The checks that the server can make of itself at any moment, for ``/readyz``: under the ids of the doctor's.

They look at what is in memory and ask nobody. What they say is meant for the owner's eyes inside the house.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from app.auth.authorization_server import AuthorizationServer
from app.journal.writer import JournalWriter
from app.people.guard import Guard
from app.people.watch import Watch

READY_IDS = ("log-in-service-unknown", "jwks-unreachable", "database-unreadable", "request-log-unwritable")
"""Each is a check of the catalogue, too."""

UPSTREAM = "upstream_"
"""Before the name of each server behind the door; one check of the catalogue looks at all of them."""


@dataclass(frozen=True)
class Ready:
    """One thing the server needs, and whether it has it."""

    id: str
    status: Literal["pass", "warn", "fail"]
    detail: str


def readiness(
    server: AuthorizationServer | None,
    guard: Guard,
    watch: Watch,
    journal: JournalWriter,
    upstreams: Mapping[str, Callable[[], str]],
) -> tuple[Ready, ...]:
    """What the server can say of itself. ``server`` is None when nobody logs in.

    ``upstreams`` say why the server of each name behind the door cannot be used; blank when it can.
    """
    documents: list[Ready] = []
    if server is not None:
        metadata, jwks = server.metadata, server.jwks
        documents.append(_held(READY_IDS[0], metadata.current() is not None, metadata.failure))
        documents.append(_held(READY_IDS[1], jwks.current() is not None, jwks.failure))
    return (
        *documents,
        _people(guard, watch),
        _request_log(journal),
        *(_upstream(name, trouble()) for name, trouble in upstreams.items()),
    )


def _held(id: str, usable: bool, failure: str) -> Ready:
    return Ready(id, "pass", "held") if usable else Ready(id, "fail", f"not held: {failure}")


def _people(guard: Guard, watch: Watch) -> Ready:
    id = "database-unreadable"
    if guard.state is None:
        return Ready(id, "fail", "who may come in was never read: nobody is let in until it can be")
    if watch.failure or watch.is_stuck:
        return Ready(id, "warn", "who may come in cannot be read: what was read last goes on to count")
    return Ready(id, "pass", "who may come in was read")


def _request_log(journal: JournalWriter) -> Ready:
    id, failing = "request-log-unwritable", journal.failing
    if failing:
        return Ready(id, "warn", f"cannot be written ({failing}): requests go on without it")
    return Ready(id, "pass", "written")


def _upstream(name: str, trouble: str) -> Ready:
    """One that is down costs its own tools, and is no reason to send anybody away."""
    return Ready(f"{UPSTREAM}{name}", "warn" if trouble else "pass", trouble or "connected")
