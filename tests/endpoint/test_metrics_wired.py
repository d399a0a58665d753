"""What the running server counts, and who may read it."""

from __future__ import annotations

import re

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
