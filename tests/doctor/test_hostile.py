"""The doctor looks at whatever answers: nothing that comes back may break it, fool its terminal or fill its memory."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.doctor.context import MAX_BYTES
from app.doctor.report import as_json, in_words
from app.doctor.run import Report
from tests.doctor.faults import RESOURCE, SERVER, documents, replies
from tests.doctor.stage import SHARED, Response, Stage, look
from tests.support.world import gatehouse

STRANGE: list[Any] = [None, 7, "\x1b[31mred\x07", [], [None], {"a": []}, "https://["]
RESOURCE_NAMES = ("resource", "authorization_servers", "scopes_supported")
SERVER_NAMES = (
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "registration_endpoint",
    "jwks_uri",
    "code_challenge_methods_supported",
    "token_endpoint_auth_methods_supported",
    "authorization_response_iss_parameter_supported",
    "client_id_metadata_document_supported",
)


def assert_whole(report: Report) -> None:
    """Every check was made; what is told is plain text."""
    broken = [(one.check.id, one.cause) for one in report.results if "itself could not be made" in one.cause]
    assert broken == []
    json.dumps(as_json(report, {}))
    assert in_words(report)


@pytest.mark.parametrize("name", RESOURCE_NAMES)
def test_no_value_in_the_servers_document_breaks_a_check(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for value in STRANGE:
        monkeypatch.setattr(stage.proxy, "after", documents(lambda one, v=value: one.update({name: v}), RESOURCE))
        assert_whole(look(stage.outside(client_id=SHARED, token=stage.token())))


@pytest.mark.parametrize("name", SERVER_NAMES)
def test_no_value_in_the_log_in_services_document_breaks_a_check(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for value in STRANGE:
        monkeypatch.setattr(stage.proxy, "after", documents(lambda one, v=value: one.update({name: v}), SERVER))
        assert_whole(look(stage.outside(client_id=SHARED)))


@pytest.mark.parametrize("method", ["server/discover", "initialize", "tools/list", "tools/call"])
def test_no_answer_of_the_protocol_breaks_a_check(stage: Stage, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    tools: list[Any] = [{}, [None], [{"name": None, "annotations": [1]}]]
    tools.append([{"annotations": {"readOnlyHint": True}, "inputSchema": []}])
    results = [*STRANGE[:5], {"content": {"a": 1}}, *({"tools": one} for one in tools)]
    for message in [{"result": one} for one in results] + [{"error": one} for one in (7, [None])]:
        assert_whole(look(replies(stage, monkeypatch, method.encode(), 200, message)))


BODIES = [b"", b"\xff\xfe\x00", b"[" * 100_000, b"{}" + b" " * (2 * MAX_BYTES), b'{"a":1', b"null", b'"x"']


ANSWERS = [*((200, body) for body in BODIES), (204, b""), (401, b"[]"), (403, b"{}"), (500, b'{"reference": []}')]


@pytest.mark.parametrize(("status", "sent"), ANSWERS, ids=lambda value: repr(value)[:12])
def test_no_body_breaks_a_check(stage: Stage, monkeypatch: pytest.MonkeyPatch, status: int, sent: bytes) -> None:
    monkeypatch.setattr(stage.proxy, "instead", lambda _: Response(status, {"content-type": "application/json"}, sent))
    report = look(stage.outside(client_id=SHARED, token=stage.token()))
    assert_whole(report)
    assert report.results[0].status == "fail"


def test_signs_that_steer_a_terminal_are_not_printed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    evil = "https://evil.example/\x1b]0;title\x07\x1b[2J"
    monkeypatch.setattr(stage.proxy, "after", documents(lambda one: one.update(resource=evil), RESOURCE))
    served = stage.serve_tls(stage.proxy, stage.authority.issue_cert("localhost"))
    stage.later(served.stop)
    ran = gatehouse("doctor", "--url", f"https://localhost:{served.port}", "--ca-file", stage.cafile)
    assert ran.code == 1
    assert "evil.example" in ran.out
    assert not any(sign in ran.out for sign in "\x1b\x07")
