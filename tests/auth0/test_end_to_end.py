"""From a new tenant to a tool call: set up by command, somebody invited, ChatGPT connected, somebody shut out."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import pytest

from app.auth0.wanted import CHATGPT_CALLBACK, CHATGPT_DOCUMENT
from app.demo.serving import ServedApp
from app.main import create_app
from app.serving import BoundedHttp
from app.settings import load_settings
from tests.auth0.conftest import Run
from tests.clients import test_chatgpt_sequence as sequence
from tests.clients.test_chatgpt_sequence import ChatGpt
from tests.support.auth0 import StandIn
from tests.support.world import Probe, eventually

EMAIL, PASSWORD = "alice@example.com", "Correct-horse-7"


@pytest.fixture
def server() -> Iterator[ServedApp]:
    """A place for the server, not started yet."""
    served = ServedApp()
    yield served
    served.stop()


@pytest.fixture
def folder() -> Iterator[str]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        yield name


@pytest.mark.parametrize("mode", ["shared", "dcr", "cimd"])
def test_after_apply_chatgpt_connects_calls_tools_and_renews_until_its_person_is_blocked(
    stand_in: StandIn, run: Run, server: ServedApp, folder: str, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    here = {"PUBLIC_BASE_URL": server.url, "DATA_DIR": folder, "DEFAULT_SCOPES": " "}

    def owner(*words: str) -> dict[str, object]:
        done = run(*words, "--json", **here)
        assert done.code == 0, done.err
        return dict(done.json)

    applied = owner("auth0", "apply", "--yes", "--registration", mode)
    invited = owner("people", "invite", EMAIL, "--scopes", "read,write", "--until", "30d")
    owner("access", "open", "--invited")
    link = str(invited["auth0"]["link"])  # type: ignore[index]
    form = {"ticket": link.partition("=")[2], "password": PASSWORD}
    assert stand_in.http.post(link.partition("?")[0], data=form).status_code == 200

    probe = Probe()
    values = {"public_base_url": server.url, "oauth_issuer": stand_in.issuer, "data_dir": folder, "default_scopes": ""}
    app = create_app(load_settings(values), toolsets={"real_estate": probe.open}, clock=stand_in.clock)
    server.start(app, http=BoundedHttp)
    monkeypatch.setattr(sequence, "EMAIL", EMAIL)
    monkeypatch.setattr(sequence, "PASSWORD", PASSWORD)
    chatgpt = ChatGpt(str(applied["server_url"]))
    with chatgpt.http:
        assert chatgpt.validate_form().status_code == 401
        chatgpt.discover()
        assert chatgpt.redirect_uri == CHATGPT_CALLBACK
        if mode == "dcr":
            assert chatgpt.register().status_code == 201
        else:
            chatgpt.client_id = CHATGPT_DOCUMENT if mode == "cimd" else str(applied["client_id"])
            assert stand_in.http.post(f"{stand_in.issuer}oidc/register", json={}).status_code == 403
        chatgpt.scope = "read write"
        chatgpt.log_in()
        assert chatgpt.tokens["expires_in"] == 3600
        for tool in ("echo", "write_note"):
            called = chatgpt.modern("tools/call", name=tool, arguments={"text": tool})
            assert called.json()["result"]["structuredContent"] == {"text": tool}
        stand_in.clock.now += 3600 + 31
        assert chatgpt.modern("tools/list").status_code == 401
        chatgpt.refresh()
        assert chatgpt.modern("tools/list").status_code == 200
        held = dict(chatgpt.tokens)
        owner("people", "block", str(invited["sub"]))
        eventually(lambda: chatgpt.modern("tools/list").status_code == 403)
        assert stand_in.refresh(chatgpt.client_id, held).status_code == 403
    assert probe.calls == 2
