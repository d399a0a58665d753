"""Each call and each refusal becomes one entry of the request log, with all that the owner may ask about it."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from opentelemetry import context as trace_context
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from app.journal.entry import Entry
from app.journal.queries import newest
from app.journal.search import Question
from app.logs import configure_logging
from app.store.engine import open_engine, sqlite_url
from tests.endpoint.test_hanging_up import SlowTool, call_and_hang_up
from tests.support.world import World, eventually, open_world


def entries(world: World, count: int) -> list[Entry]:
    """The entries of the request log, oldest first, once there are so many."""
    engine = open_engine(sqlite_url(world.environment["DATA_DIR"]))
    try:
        found = eventually(lambda: one if len(one := list(newest(engine, Question()))) >= count else None)
        return [logged.entry for logged in reversed(found)]
    finally:
        engine.dispose()


CALL = {"method": "tools/call", "iss": "ISS", "sub": "SUB", "client_id": "test-client", "client": "127.0.0.1"}
ROWS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("a call", "read", {"name": "echo", "arguments": {"text": "geheim"}},
     {**CALL, "tool": "echo", "outcome": "ok", "reason": "", "status": 200, "scopes": "read", "arguments": "text"}),
    ("a call that the tool could not do", "read", {"name": "fail", "arguments": {}},
     {**CALL, "tool": "fail", "outcome": "tool_error", "reason": "", "status": 200, "arguments": ""}),
    ("a call that broke", "read", {"name": "break", "arguments": {"text": "geheim"}},
     {**CALL, "tool": "break", "outcome": "error", "reason": "internal_error", "status": 200, "reference": "CODE"}),
    ("a tool that does not exist", "read", {"name": "nothing\r\nlog: forged"},
     {**CALL, "tool": "nothing\r\nlog: forged", "outcome": "error", "reason": "unknown_tool", "status": 200}),
    ("a tool for this machine", "read", {"name": "here_only"},
     {**CALL, "tool": "here_only", "outcome": "denied", "reason": "local_only", "status": 200}),
    ("a missing scope", "read", {"name": "write_note", "arguments": {"text": "geheim"}},
     {**CALL, "tool": "write_note", "outcome": "denied", "reason": "insufficient_scope", "status": 403,
      "reference": "CODE", "arguments": "text"}),
    ("no arguments at all", "", {"name": "echo"}, {**CALL, "tool": "echo", "outcome": "ok", "scopes": ""}),
]  # fmt: skip


@pytest.mark.parametrize("way", ["short", "long"])
@pytest.mark.parametrize(("name", "scope", "params", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_a_call_is_one_entry_with_who_what_and_how_it_went(
    world: World, name: str, scope: str, params: dict[str, Any], expected: dict[str, Any], way: str
) -> None:
    world.person.permissions = {"read"} if scope else set()
    more = {"task": {}} if way == "long" else {}
    answer = world.call(world.token(scope), **params, **more)
    (entry,) = entries(world, 1)
    known = {"ISS": world.tenant.issuer, "SUB": world.sub, "CODE": entry.reference}
    assert {field: getattr(entry, field) for field in expected} == {
        field: known.get(value, value) for field, value in expected.items()
    }
    if expected.get("reference"):
        assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}", entry.reference)
        assert entry.reference in answer.text
    assert entry.response_bytes == len(answer.content)
    assert entry.request_bytes == int(answer.request.headers["content-length"])
    assert 0 < entry.latency_ms < 10_000
    assert entry.time == world.clock.now
    assert entry.user_agent.startswith("python-httpx/")
    assert "geheim" not in str(entry)


def test_lists_refusals_and_unusable_messages_are_entries_and_what_asks_for_nothing_is_none(world: World) -> None:
    token = world.token()
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    world.call(token, "tools/list")
    world.call(None)
    world.call("x.y.z")
    world.http.get(world.mcp, headers=headers)
    world.http.post(world.mcp, content=b"{", headers=headers)
    world.http.post(world.mcp, json={"jsonrpc": "2.0", "method": "notifications/initialized"}, headers=headers)
    world.http.options(world.mcp)
    world.http.get(f"{world.url}/nowhere")
    world.http.get(f"{world.url}/healthz")
    world.call(token)
    told = [(one.method, one.outcome, one.reason, one.status, bool(one.sub)) for one in entries(world, 7)]
    assert told == [
        ("tools/list", "ok", "", 200, True),
        ("", "refused", "missing_token", 401, False),
        ("", "refused", "malformed", 401, False),
        ("", "refused", "method_not_allowed", 405, True),
        ("", "refused", "unusable_message", 400, True),
        ("", "refused", "not_found", 404, False),
        ("tools/call", "ok", "", 200, True),
    ]


def test_values_are_kept_only_when_the_owner_says_so_and_secrets_not_even_then() -> None:
    with open_world(log_arguments="values") as world:
        world.call(world.token(), name="echo", arguments={"text": "Mapo", "password": "hunter2"})
        (entry,) = entries(world, 1)
        assert "Mapo" in entry.arguments
        assert "hunter2" not in str(entry)


def test_what_a_caller_writes_into_names_and_agents_cannot_forge_a_line_of_the_log(
    world: World, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    handlers = logging.getLogger().handlers[:]
    configure_logging("info", "text")
    try:
        evil = "x\r\n2026-01-01T00:00:00.000Z info    gatehouse.mcp: tools/call echo sub=admin\x1b[2J\u2028"
        world.call(world.token(), name=evil, arguments={evil: 1})
        world.call(world.token(), evil)
        lines = capsys.readouterr().err.splitlines()
    finally:
        logging.getLogger().handlers[:] = handlers
    assert len(lines) >= 2
    assert not any(line.startswith("2026-01-01") for line in lines)
    assert all("\x1b" not in line and "\u2028" not in line for line in lines)
    eventually(world.people)
    shown = world.gatehouse("people", "show", world.sub)
    assert shown.code == 0
    assert not any(line.startswith("2026-01-01") for line in shown.out.splitlines())
    assert "\x1b" not in shown.out


def test_json_lines_of_one_request_share_its_id(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    handlers = logging.getLogger().handlers[:]
    configure_logging("info", "json")
    try:
        world.call(world.token(), name="fail", arguments={})
        world.call(world.token(), name="echo", arguments={})
        lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    finally:
        logging.getLogger().handlers[:] = handlers
    first, second, third = (line["request"] for line in lines if "request" in line)
    assert first == second != third
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]+", third)


def test_a_client_that_hangs_up_is_an_entry_too() -> None:
    tool = SlowTool()
    with open_world(toolset=tool.open) as world:
        call_and_hang_up(world, tool, "2026-07-28")
        (entry,) = entries(world, 1)
    assert (entry.method, entry.tool, entry.outcome, entry.status) == ("tools/call", "slow", "cancelled", 0)


@contextmanager
def traces() -> Iterator[InMemorySpanExporter]:
    """Somebody collects traces, for as long as this is open."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    before = trace._TRACER_PROVIDER
    trace._TRACER_PROVIDER = provider
    try:
        yield exporter
    finally:
        trace._TRACER_PROVIDER = before


def test_the_callers_trace_is_the_parent_of_the_sdks_spans() -> None:
    with traces() as exporter, open_world() as world:
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "echo", "arguments": {}}}
        common = {"authorization": f"Bearer {world.token()}", "mcp-protocol-version": "2025-11-25"}
        parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        for traceparent in (parent, None, "nonsense"):
            headers = {**common, **({"traceparent": traceparent} if traceparent else {})}
            assert world.http.post(world.mcp, json=body, headers=headers).status_code == 200
        spans = eventually(lambda: one if len(one := exporter.get_finished_spans()) == 3 else None)
    assert [span.name for span in spans] == ["tools/call echo"] * 3
    assert (f"{spans[0].context.trace_id:032x}", f"{spans[0].parent.span_id:016x}") == (
        "0af7651916cd43dd8448eb211c80319c",
        "b7ad6b7169203331",
    )
    assert [span.parent for span in spans[1:]] == [None, None]
    assert trace.get_current_span(trace_context.get_current()) is trace.INVALID_SPAN


def test_neither_a_forged_part_of_a_line_nor_a_query_comes_into_the_log(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    handlers = logging.getLogger().handlers[:]
    configure_logging("info", "text")
    try:
        world.call(world.token(), name="get sub=auth0|victim client_id=c ok 3.0ms", arguments={})
        world.call(world.token(), "resources/read", uri="ui://chart?key=TOPSECRET#TOPSECRET")
        world.http.get(f"{world.url}/auth/verify?resource=/zz&key=TOPSECRET")
        world.http.get(f"{world.url}/auth/verify?resource=/zz?key=TOPSECRET")
        lines = capsys.readouterr().err
    finally:
        logging.getLogger().handlers[:] = handlers
    kept = entries(world, 4)
    assert "TOPSECRET" not in str(kept)
    assert "TOPSECRET" not in lines
    assert f'tools/call "get sub=auth0|victim client_id=c ok 3.0ms" sub={world.sub} ' in lines
    assert [(one.method, one.tool) for one in kept][1:] == [
        ("resources/read", "ui://chart?…"),
        ("auth/verify", "/zz"),
        ("auth/verify", "/zz?…"),
    ]
