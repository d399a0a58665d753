"""The figures for Prometheus: right, bounded, about nobody, and for the house only."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from app.endpoint.gate import is_private
from app.metrics import MAX_SERIES, Metrics, metrics_route


def figures(metrics: Metrics, *prefixes: str) -> dict[str, float]:
    """Each sample that begins so, as ``name{label=value}`` and its value."""
    found = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        for sample in family.samples:
            if sample.name.startswith(prefixes or "gatehouse_") and not sample.name.endswith(("_created", "_bucket")):
                labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
                found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def test_what_happened_is_counted_under_its_tool_outcome_and_reason() -> None:
    metrics = Metrics()
    metrics.offer(["echo"])
    metrics.observe_call("echo", "ok", 0.25)
    metrics.observe_call("echo", "ok", 0.5)
    metrics.observe_call("echo", "tool_error", 0.0)
    metrics.observe_refusal("expired")
    metrics.observe_verification(0.002)
    metrics.observe_upstream("weather", "weather_today", "ok", 1.5)
    assert figures(metrics) == {
        "gatehouse_tool_calls_total{outcome=ok,tool=echo}": 2,
        "gatehouse_tool_calls_total{outcome=tool_error,tool=echo}": 1,
        "gatehouse_tool_call_seconds_count{}": 3,
        "gatehouse_tool_call_seconds_sum{}": 0.75,
        "gatehouse_refusals_total{reason=expired}": 1,
        "gatehouse_token_verification_seconds_count{}": 1,
        "gatehouse_token_verification_seconds_sum{}": 0.002,
        "gatehouse_upstream_calls_total{outcome=ok,server=weather,tool=other}": 1,
        "gatehouse_upstream_call_seconds_count{}": 1,
        "gatehouse_upstream_call_seconds_sum{}": 1.5,
    }


def test_times_are_counted_up_to_each_bound() -> None:
    metrics = Metrics()
    for seconds in (0.0001, 0.001, 0.0011, 0.3, 31.0):
        metrics.observe_call("echo", "ok", seconds)
    (family,) = (
        one
        for one in text_string_to_metric_families(metrics.text().decode())
        if one.name == "gatehouse_tool_call_seconds"
    )
    buckets = {sample.labels["le"]: sample.value for sample in family.samples if sample.name.endswith("_bucket")}
    assert buckets == {
        **{"0.001": 2, "0.005": 3, "0.025": 3, "0.1": 3, "0.25": 3, "0.5": 4, "1.0": 4, "2.5": 4, "5.0": 4},
        **{"10.0": 4, "30.0": 4, "+Inf": 5},
    }


def test_what_is_watched_is_looked_at_when_asked() -> None:
    metrics, waiting, age = Metrics(), [1, 2, 3], [float("inf")]
    metrics.watch(key_age=lambda: age[0], queue_depth=lambda: len(waiting), lost=lambda: 7)
    told = {"gatehouse_log_queue_depth{}": 3.0, "gatehouse_log_lost_total{}": 7.0}
    assert figures(metrics, "gatehouse_log", "gatehouse_key") == told  # no keys yet: no age
    age[0] = 12.5
    waiting.clear()
    told = {"gatehouse_log_queue_depth{}": 0.0, "gatehouse_log_lost_total{}": 7.0, "gatehouse_key_age_seconds{}": 12.5}
    assert figures(metrics, "gatehouse_log", "gatehouse_key") == told


def test_names_that_callers_make_up_become_one_label() -> None:
    metrics = Metrics()
    metrics.offer(["echo"])
    for number in range(500):
        metrics.observe_call(f'made-up-{number}"}}\n', "error", 0.0)
    assert figures(metrics, "gatehouse_tool_calls") == {"gatehouse_tool_calls_total{outcome=error,tool=other}": 500}


def test_no_counter_grows_without_end() -> None:
    metrics = Metrics()
    for number in range(2 * MAX_SERIES):
        metrics.observe_refusal(f"reason-{number}")
    told = figures(metrics, "gatehouse_refusals")
    assert len(told) == MAX_SERIES + 1
    assert told["gatehouse_refusals_total{reason=other}"] == MAX_SERIES


def test_two_applications_in_one_process_count_apart() -> None:
    one, other = Metrics(), Metrics()
    one.observe_refusal("expired")
    assert figures(other, "gatehouse_refusals") == {}


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.168.1.5", {}, 200),
        ("203.0.113.9", {}, 404),
        ("", {}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "10.0.0.1"}, 404),
        ("127.0.0.1", {"Forwarded": "for=10.0.0.1"}, 404),
        ("10.0.0.1", {"x-forwarded-host": "home.example.net"}, 404),
        ("10.0.0.1", {"Via": "1.1 caddy"}, 404),
        ("10.0.0.1", {"X-Real-IP": "10.0.0.1"}, 404),
        ("127.0.0.1", {"X-Forwarded-Proto": "https"}, 404),
        ("127.0.0.1", {"X-Forwarded-Port": "443"}, 404),
        ("127.0.0.1", {"X-Original-URL": "/metrics"}, 404),
        ("127.0.0.1", {"CF-Connecting-IP": "10.0.0.1"}, 404),
        ("127.0.0.1", {"CF-Ray": "1-ICN"}, 404),
        ("127.0.0.1", {"True-Client-IP": "10.0.0.1"}, 404),
        ("127.0.0.1", {"Tailscale-User-Login": "me"}, 404),
        ("127.0.0.1", {"Fly-Client-IP": "10.0.0.1"}, 404),
        ("127.0.0.1", {"Origin": "http://127.0.0.1"}, 404),
        ("127.0.0.1", {"Origin": "null"}, 404),
        ("127.0.0.1", {"User-Agent": "Prometheus/3.0", "X-Prometheus-Scrape-Timeout-Seconds": "10"}, 200),
        ("127.0.0.1", {"Host": "localhost:8000"}, 200),
        ("127.0.0.1", {"Host": "[::1]:8000"}, 200),
        ("10.0.0.1", {"Host": "192.168.1.5:8000"}, 200),
        ("10.0.0.1", {"Host": "gatehouse:8000"}, 200),
        ("10.0.0.1", {"Host": "Home.Example.net"}, 200),
        ("10.0.0.1", {"Host": "home.example.net:8000"}, 200),
        ("10.0.0.1", {"Host": "evil.example"}, 404),
        ("10.0.0.1", {"Host": "home.example.net.evil.example"}, 404),
        ("10.0.0.1", {"Host": "203.0.113.9"}, 404),
        ("10.0.0.1", {"Host": "[2001:db8::1]"}, 404),
        ("10.0.0.1", {"Host": "127.0.0.1.evil.example"}, 404),
        ("10.0.0.1", {"Host": "127.0.0.1@evil.example"}, 404),
        ("10.0.0.1", {"Host": "127.0.0.1/evil"}, 404),
        ("10.0.0.1", {"Host": "localhost:x"}, 404),
        ("10.0.0.1", {"Host": ""}, 404),
    ],
)
def test_only_the_house_itself_reads_the_figures(address: str, headers: dict[str, str], status: int) -> None:
    app = FastAPI()
    app.include_router(metrics_route(Metrics(), is_private, "home.example.net"))

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get("/metrics", headers=headers)

    answer = asyncio.run(ask())
    assert answer.status_code == status
    assert (b"gatehouse_" in answer.content) == (status == 200)
    if status == 200:
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
