"""One request from its arrival to its answer, as the journal will tell of it. The one place that writes entries.

Every room on the way notes here what it found out; nothing is decided by it. The arguments' names are noted, and their
values only if the owner switched that on.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from app.auth.principal import Principal
from app.errors import new_reference
from app.journal.arguments import describe
from app.journal.entry import Entry
from app.journal.secret_forms import address_shown
from app.logs import quoted, request_number, without_queries

if TYPE_CHECKING:
    from app.metrics import Metrics

log = logging.getLogger("gatehouse.mcp")

_numbers = itertools.count(1)
NOBODY = Principal("", "", "", frozenset(), 0.0)


@dataclass(slots=True)
class Visit:
    """What is known of a request so far. ``time`` is in seconds since the epoch, ``started`` on the monotonic clock.

    ``outcome`` is ``cancelled`` until there is an answer; with ``told`` off, no entry is written. ``streamed``
    are the bytes of an answer that went out as events; ``described`` is what the log keeps of the arguments;
    ``server`` is the group of tools that the tool is of.
    """

    principal: Principal = NOBODY
    time: float = 0.0
    started: float = 0.0
    address: str = ""
    user_agent: str = ""
    method: str = ""
    tool: str = ""
    server: str = ""
    arguments: Mapping[str, Any] | None = None
    request_bytes: int = 0
    outcome: str = "cancelled"
    reason: str = ""
    reference: str = ""
    detail: str = ""
    expected: str = ""
    received: str = ""
    told: bool = True
    streamed: int = 0
    status: int = 0
    latency_ms: float = 0.0
    response_bytes: int = 0
    described: str = ""

    def asks(self, method: str, tool: str = "", arguments: object = None) -> None:
        """Note what is asked for; all of it is the caller's own words."""
        self.method, self.tool = method[:100], address_shown(tool[:200])
        self.arguments = arguments if isinstance(arguments, dict) else None

    def ends(self, outcome: str, reason: str = "") -> None:
        """Note how it ends, unless something nearer to the cause did already."""
        if self.outcome == "cancelled":
            self.outcome, self.reason = outcome, reason

    def fails(self, outcome: str, reason: str) -> str:
        """Note a failure that gets a reference code, and return the code."""
        self.outcome, self.reason, self.reference = outcome, reason, new_reference()
        return self.reference

    def entry(self) -> Entry:
        """Its line of the request log. Left to the thread that writes: the next request need not wait for it."""
        who = self.principal
        return Entry(
            self.time,
            self.outcome,
            self.reason,
            self.reference,
            self.status,
            self.address,
            without_queries(self.detail) if self.detail else "",
            self.expected,
            self.received,
            who.iss,
            who.sub,
            who.client_id,
            self.user_agent,
            self.method,
            self.tool,
            self.server,
            _words(who.scopes),
            self.latency_ms,
            self.request_bytes,
            self.response_bytes,
            self.described,
            who.name,
            who.email,
        )


current: ContextVar[Visit] = ContextVar("visit")
"""The request being served, with its authenticated principal. Unset means that nobody was authenticated: no entry."""


class Visits:
    """Opens visits and writes them down, counting them too. ``record`` must neither block nor raise.

    ``clock`` gives seconds since the epoch; with ``values``, arguments are kept with their values.
    """

    def __init__(
        self,
        record: Callable[[Visit], None],
        clock: Callable[[], float],
        metrics: Metrics | None = None,
        *,
        values: bool = False,
    ) -> None:
        self._record = record
        self._clock = clock
        self._values = values
        self._metrics = metrics

    def begin(self, scope: Mapping[str, Any], headers: Mapping[str, str]) -> Visit:
        """A request arrived; of ``scope``, as ASGI has it, only the caller's address is looked at."""
        request_number.set(next(_numbers))
        address = scope["client"][0] if scope.get("client") else "unknown"
        return Visit(NOBODY, self._clock(), time.perf_counter(), address, headers.get("user-agent", "")[:200])

    def end(self, visit: Visit, status: int, response_bytes: int) -> None:
        """It was answered, or given up."""
        visit.status, visit.response_bytes = status, response_bytes
        visit.latency_ms = elapsed = (time.perf_counter() - visit.started) * 1000
        if visit.method and log.isEnabledFor(logging.INFO):
            line = "%s %s sub=%s client_id=%s %s %.1fms%s"
            who = visit.principal
            words = (quoted(word) for word in (visit.method, visit.tool, who.sub, who.client_id))
            log.info(line, *words, visit.outcome, elapsed, f" of={visit.server}" if visit.server else "")
        if not visit.told:
            return
        if self._metrics:
            if visit.method == "tools/call":
                self._metrics.observe_call(visit.tool, visit.outcome, elapsed / 1000)
            if visit.outcome in {"denied", "refused"}:
                self._metrics.observe_refusal(visit.reason)
        if visit.arguments:  # they may be large, and are no longer needed
            visit.described, visit.arguments = describe(visit.arguments, values=self._values), None
        self._record(visit)


@lru_cache(maxsize=1_024)
def _words(scopes: frozenset[str]) -> str:
    return " ".join(sorted(scopes))
