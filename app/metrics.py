"""Figures about the server for Prometheus: how much, how fast, how old; never who.

Each application has its own registry. No person, client, address or argument is ever a label, and neither is a word
that a caller made up: names of tools count only when they were offered, and of every other label there is a bounded
number. ``/metrics`` answers inside the house only; a request that came through a proxy is from outside, whoever the
proxy says it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from fastapi import APIRouter
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

OTHER = "other"
"""What stands for a label's value that is not known."""

MAX_SERIES = 2_000
"""How many combinations of labels one counter may have."""

FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")

_CALL_SECONDS = (0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_VERIFICATION_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.025, 0.1, 0.5, 2, 8)


class Metrics:
    """Counts. Every ``observe_…`` is cheap enough for each request; call them from the event loop's thread."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._tools: frozenset[str] = frozenset()
        self._calls = _counter(self, "gatehouse_tool_calls", "Calls of tools, by how they ended.", "tool", "outcome")
        self._refusals = _counter(
            self, "gatehouse_refusals", "Requests that were not let through, by reason.", "reason"
        )
        self._upstream = _counter(
            self, "gatehouse_upstream_calls", "Calls to the servers behind the tools.", "server", "outcome"
        )
        self._duration = Histogram(
            "gatehouse_tool_call_seconds", "How long calls took.", registry=self.registry, buckets=_CALL_SECONDS
        )
        self._verification = Histogram(
            "gatehouse_token_verification_seconds",
            "How long it took to verify a token that was not verified before.",
            registry=self.registry,
            buckets=_VERIFICATION_SECONDS,
        )
        self._upstream_duration = Histogram(
            "gatehouse_upstream_call_seconds",
            "How long the servers behind the tools took.",
            registry=self.registry,
            buckets=_CALL_SECONDS,
        )
        ProcessCollector(registry=self.registry)

    def offer(self, tools: Iterable[str]) -> None:
        """The names of the tools there are. Calls of any other name are counted as ``other``."""
        self._tools = frozenset(tools)

    def observe_call(self, tool: str, outcome: str, seconds: float) -> None:
        """A call of a tool ended. ``outcome`` is that of its entry in the request log."""
        self._calls(tool if tool in self._tools else OTHER, outcome)
        self._duration.observe(seconds)

    def observe_refusal(self, reason: str) -> None:
        """A request was denied or refused. ``reason`` is that of its entry in the request log."""
        self._refusals(reason)

    def observe_verification(self, seconds: float) -> None:
        """A token was verified, with whatever result."""
        self._verification.observe(seconds)

    def observe_upstream(self, server: str, outcome: str, seconds: float) -> None:
        """A server behind a tool was asked. ``server`` is its name in the settings, never what a caller wrote."""
        self._upstream(server, outcome)
        self._upstream_duration.observe(seconds)

    def watch(
        self,
        *,
        key_age: Callable[[], float] | None = None,
        queue_depth: Callable[[], int],
        lost: Callable[[], int],
    ) -> None:
        """Show the age of the authorization server's keys in seconds, and the request log's queue and losses."""
        self.registry.register(_Watched(key_age, queue_depth, lost))

    def text(self) -> bytes:
        """Everything, in Prometheus's text format 0.0.4."""
        return generate_latest(self.registry)


def metrics_route(metrics: Metrics, is_inside: Callable[[str | None], bool]) -> APIRouter:
    """``/metrics``, for callers whose address ``is_inside`` accepts; for all others it does not exist."""
    router = APIRouter()

    async def answer(request: Request) -> Response:
        forwarded = any(name in request.headers for name in FORWARDED)
        if forwarded or not is_inside(request.client.host if request.client else None):
            raise HTTPException(404, "Not Found")
        return Response(metrics.text(), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4, "Cache-Control": "no-store"})

    router.add_api_route("/metrics", answer, methods=["GET"])
    return router


def _counter(metrics: Metrics, name: str, text: str, *labels: str) -> Callable[..., None]:
    """Something to call with the labels' values. Finding a counter by its labels anew would take most of the time."""
    counter = Counter(name, text, labels, registry=metrics.registry)
    known: dict[tuple[str, ...], Callable[[], None]] = {}

    def count(*values: str) -> None:
        if values not in known and len(known) >= MAX_SERIES:
            values = (OTHER,) * len(labels)
        if values not in known:
            known[values] = counter.labels(*values).inc
        known[values]()

    return count


class _Watched(Collector):
    def __init__(self, key_age: Callable[[], float] | None, depth: Callable[[], int], lost: Callable[[], int]) -> None:
        self._key_age, self._depth, self._lost = key_age, depth, lost

    def collect(self) -> Iterator[Metric]:
        """Look now."""
        age = self._key_age() if self._key_age else float("inf")
        if age < float("inf"):
            yield GaugeMetricFamily("gatehouse_key_age_seconds", "Age of the keys that verify tokens.", age)
        yield GaugeMetricFamily("gatehouse_log_queue_depth", "Entries waiting for the request log.", self._depth())
        yield CounterMetricFamily("gatehouse_log_lost", "Entries that the request log lost.", self._lost())
