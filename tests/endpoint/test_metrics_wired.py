"""What the running server counts, and who may read it."""

from __future__ import annotations

import re
from pathlib import Path

import httpx

from app.demo.portal import Portal, create_portal_app
from app.demo.serving import ServedApp
from app.main import create_app
from app.settings import load_settings
from tests.support.world import World


def figures(world: World) -> dict[str, float]:
    text = world.http.get(f"{world.url}/metrics").text
    return {name: float(value) for name, value in re.findall(r"^(gatehouse_\S+) (\S+)$", text, re.M)}


def test_calls_refusals_verifications_and_the_age_of_the_keys_are_counted_without_naming_anybody(world: World) -> None:
    token = world.token()
    for name in ("echo", "echo", "fail", "made up", "here_only"):
        world.call(token, name=name, arguments={})
    world.call(token, name="write_note", arguments={})
    world.call(None)
    world.call("x.y.z")
    world.clock.now += 100
    told = figures(world)
    calls = {name: told[f'gatehouse_tool_calls_total{{outcome="{name[1]}",tool="{name[0]}"}}'] for name in (
        ("echo", "ok"), ("fail", "tool_error"), ("other", "error"), ("here_only", "denied"))}  # fmt: skip
    assert calls == {("echo", "ok"): 2, ("fail", "tool_error"): 1, ("other", "error"): 1, ("here_only", "denied"): 1}
    for reason in ("missing_token", "malformed", "local_only"):
        assert told[f'gatehouse_refusals_total{{reason="{reason}"}}'] == 1
    assert told["gatehouse_token_verification_seconds_count"] == 1
    assert told["gatehouse_key_age_seconds"] == 100
    assert told["gatehouse_log_lost_total"] == 0
    whole = world.http.get(f"{world.url}/metrics").text
    for secret in (world.sub, "test-client", "made up", "127.0.0.1", token):
        assert secret not in whole


def test_through_a_proxy_there_are_no_figures(world: World) -> None:
    assert world.http.get(f"{world.url}/metrics", headers={"x-forwarded-for": "127.0.0.1"}).status_code == 404


def test_requests_to_the_data_portal_are_counted_by_portal_and_outcome(tmp_path: Path) -> None:
    portal, server = ServedApp(), ServedApp()
    portal.start(create_portal_app(Portal(api_key="aB+c/dEf9Zz==")))
    values = {"auth_mode": "none", "data_go_kr_base_url": portal.url, "odcloud_base_url": portal.url}
    keys = {"data_go_kr_api_key": "aB+c/dEf9Zz==", "data_dir": str(tmp_path)}
    server.start(create_app(load_settings({**values, **keys})))
    try:
        for month in ("202505", "202506", "202506"):
            params = {"name": "get_apartment_rent", "arguments": {"region_code": "11740", "year_month": month}}
            body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
            answer = httpx.post(f"{server.url}/mcp", json=body, headers={"accept": "application/json"}, timeout=30)
            assert answer.json()["result"].get("isError") is not True
        told = httpx.get(f"{server.url}/metrics").text
    finally:
        server.stop()
        portal.stop()
    asked = float(
        re.findall(r'^gatehouse_upstream_calls_total\{outcome="ok",server="data_go_kr",tool=""\} (\S+)$', told, re.M)[0]
    )
    assert asked >= 2
    assert f"gatehouse_upstream_call_seconds_count {asked}" in told
