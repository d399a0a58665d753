"""Figures about the server for Prometheus: how much, how fast, how old; never who.

Each application has its own registry. No person, client, address or argument is ever a label, and neither is a word
that a caller made up: names of tools count only when they were offered, and of every other label there is a bounded
number. ``/metrics`` answers inside the house only; a request that came through a proxy is from outside, whoever the
proxy says it is. Nor may a page in a browser of the house read them, by whatever name it calls this server.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from urllib.parse import urlsplit

from fastapi import APIRouter
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

OTHER = "other"
"""What stands for a label's value that is not known."""

MAX_SERIES = 2_000
"""How many combinations of labels one counter may have."""

_FROM_OUTSIDE = (
    *("origin", "forwarded", "via", "x-forwarded", "x-original", "x-real-ip", "x-client-ip", "x-cluster-client-ip"),
    *("true-client-ip", "cf-", "cdn-", "fastly-", "fly-", "akamai-", "x-envoy-", "x-amzn-", "x-azure-", "x-appengine-"),
    *("x-cloud-trace-context", "tailscale-", "ngrok-"),
)
"""How headers begin that proxies, tunnels and browsers add, and that nobody in the house sends."""

_CALL_SECONDS = (0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_VERIFICATION_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.025, 0.1, 0.5, 2, 8)


class Metrics(Collector):
    """Counts. Every ``observe_…`` is cheap enough for each request; call them from the event loop's thread.

    The library's own counters take a lock each time, for servers with threads; here one thread counts.
    """

    def __init__(self) -> None:
        self._tools: frozenset[str] = frozenset()
        self._calls = _Counter("gatehouse_tool_calls", "Calls of tools, by how they ended.", "tool", "outcome")
        self._refusals = _Counter("gatehouse_refusals", "Requests that were not let through, by reason.", "reason")
        self._upstream = _Counter(
            "gatehouse_upstream_calls", "Calls to the servers behind the tools.", "server", "tool", "outcome"
        )
        self._duration = _Histogram("gatehouse_tool_call_seconds", "How long calls took.", _CALL_SECONDS)
        self._verification = _Histogram(
            "gatehouse_token_verification_seconds",
            "How long it took to verify a token that was not verified before.",
            _VERIFICATION_SECONDS,
        )
        self._upstream_duration = _Histogram(
            "gatehouse_upstream_call_seconds", "How long the servers behind the tools took.", _CALL_SECONDS
        )
        self._watched: list[Callable[[], Iterator[Metric]]] = []
        self.registry = CollectorRegistry()
        self.registry.register(self)
        ProcessCollector(registry=self.registry)

    def offer(self, tools: Iterable[str]) -> None:
        """The names of the tools there are. Calls of any other name are counted as ``other``."""
        self._tools = frozenset(tools)

    def observe_call(self, tool: str, outcome: str, seconds: float) -> None:
        """A call of a tool ended. ``outcome`` is that of its entry in the request log."""
        self._calls.add((tool if tool in self._tools else OTHER, outcome))
        self._duration.observe(seconds)

    def observe_refusal(self, reason: str) -> None:
        """A request was denied or refused. ``reason`` is that of its entry in the request log."""
        self._refusals.add((reason,))

    def observe_verification(self, seconds: float) -> None:
        """A token was verified, with whatever result."""
        self._verification.observe(seconds)

    def observe_upstream(self, server: str, tool: str, outcome: str, seconds: float) -> None:
        """A server behind a tool was asked. ``server`` is its name in the settings, never what a caller wrote;
        ``tool`` is blank where that is not known."""
        self._upstream.add((server, tool if not tool or tool in self._tools else OTHER, outcome))
        self._upstream_duration.observe(seconds)

    def watch(
        self,
        *,
        key_age: Callable[[], float] | None = None,
        queue_depth: Callable[[], int],
        lost: Callable[[], int],
    ) -> None:
        """Show the age of the authorization server's keys in seconds, and the request log's queue and losses."""

        def look() -> Iterator[Metric]:
            age = key_age() if key_age else float("inf")
            if age < float("inf"):
                yield GaugeMetricFamily("gatehouse_key_age_seconds", "Age of the keys that verify tokens.", age)
            yield GaugeMetricFamily("gatehouse_log_queue_depth", "Entries waiting for the request log.", queue_depth())
            yield CounterMetricFamily("gatehouse_log_lost", "Entries that the request log lost.", lost())

        self._watched.append(look)

    def collect(self) -> Iterator[Metric]:
        """All figures, as the registry asks for them."""
        for counter in (self._calls, self._refusals, self._upstream):
            yield counter.family()
        for histogram in (self._duration, self._verification, self._upstream_duration):
            yield histogram.family()
        for look in self._watched:
            yield from look()

    def text(self) -> bytes:
        """Everything, in Prometheus's text format 0.0.4."""
        return generate_latest(self.registry)


def metrics_route(
    metrics: Metrics, is_inside: Callable[[str | None], bool], public_name: str | None = None
) -> APIRouter:
    """``/metrics``, for callers whose address ``is_inside`` accepts; for all others it does not exist.

    The Host header must name this server from inside too: an address in the house, ``localhost``, a name without a dot
    (such as a container's, which no page on the web can have), or the ``public_name``.
    """
    router = APIRouter()

    def is_ours(host: str) -> bool:
        name = _host_name(host)
        return name is not None and (name == public_name or is_inside(name) or not {".", ":"} & set(name))

    async def answer(request: Request) -> Response:
        outside = any(name.startswith(_FROM_OUTSIDE) for name in request.headers)
        inside = is_inside(request.client.host if request.client else None)
        if outside or not inside or not is_ours(request.headers.get("host", "")):
            raise HTTPException(404, "Not Found")
        return Response(metrics.text(), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4, "Cache-Control": "no-store"})

    router.add_api_route("/metrics", answer, methods=["GET"])
    return router


def _host_name(host: str) -> str | None:
    """The name, or the address, of a Host header; None when it is none."""
    try:
        parts = urlsplit(f"//{host}")
        plain = parts.netloc == host and "@" not in host and parts.port != 0
    except ValueError:
        return None
    return parts.hostname if plain else None


class _Counter:
    """Counts by labels. Beyond ``MAX_SERIES`` of their combinations, all others are one."""

    def __init__(self, name: str, text: str, *labels: str) -> None:
        self._about = (name, text)
        self._labels = labels
        self._counts: dict[tuple[str, ...], int] = {}

    def add(self, values: tuple[str, ...]) -> None:
        known = self._counts.get(values)
        if known is None and len(self._counts) >= MAX_SERIES:
            values = (OTHER,) * len(values)
            known = self._counts.get(values)
        self._counts[values] = (known or 0) + 1

    def family(self) -> Metric:
        family = CounterMetricFamily(*self._about, labels=self._labels)
        for values, count in self._counts.items():
            family.add_metric(values, count)
        return family


class _Histogram:
    """Counts values by the smallest of ``bounds`` that they do not exceed."""

    def __init__(self, name: str, text: str, bounds: tuple[float, ...]) -> None:
        self._about = (name, text)
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def family(self) -> Metric:
        names = [*(str(float(bound)) for bound in self._bounds), "+Inf"]
        buckets = list(zip(names, accumulate(self._counts), strict=True))
        return HistogramMetricFamily(*self._about, buckets=buckets, sum_value=self._sum)
