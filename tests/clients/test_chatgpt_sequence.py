"""ChatGPT's connector, played to the letter: the order, headers and fallbacks that were observed of it.

Its set-up validator posts an empty body; discovery follows; with ``iss`` in the authorization response and byte-equal
issuers it uses its stable redirect URI; it speaks 2026-07-28 first and falls back to 2025-11-25 on HTTP 400; it keeps
no session; it refreshes on 401 ``invalid_token``.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from app.demo.tenant import TenantSettings
from tests.support.login import log_in
from tests.support.world import EMAIL, PASSWORD, World, open_world

STABLE_REDIRECT = "https://chatgpt.com/connector_platform_oauth_redirect"
PER_CONNECTOR_REDIRECT = "https://chatgpt.com/connector/oauth/cb_123"
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "openai-mcp", "version": "1.0.0"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


@dataclass
class ChatGpt:
    """The connector's state: what discovery found, and the tokens it holds."""

    mcp: str
    http: httpx.Client = field(default_factory=lambda: httpx.Client(headers={"user-agent": "openai-mcp/1.0.0"}))
    redirect_uri: str = ""
    client_id: str = ""
    server: dict[str, Any] = field(default_factory=dict)
    resource: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, Any] = field(default_factory=dict)

    def validate_form(self) -> httpx.Response:
        return httpx.post(self.mcp, content=b"", headers={"user-agent": "Python/3.14 aiohttp/3.12"})

    def discover(self) -> None:
        knock = self.http.post(self.mcp, json={})
        assert knock.status_code == 401
        challenge = knock.headers["www-authenticate"]
        assert challenge.startswith("Bearer ")
        assert "error=" not in challenge
        self.scope = self._parameter(challenge, "scope")
        self.resource = self.http.get(self._parameter(challenge, "resource_metadata")).json()
        origin = self.mcp.removesuffix("/mcp")
        assert self.http.get(f"{origin}/.well-known/oauth-protected-resource/mcp").json() == self.resource
        self.server = self.http.get(f"{origin}/.well-known/oauth-authorization-server").json()
        assert self.http.get(f"{origin}/.well-known/openid-configuration").json() == self.server
        assert "S256" in self.server["code_challenge_methods_supported"], "must advertise PKCE support"
        stable = (
            self.server.get("authorization_response_iss_parameter_supported") is True
            and self.resource["authorization_servers"][0] == self.server["issuer"]
        )
        self.redirect_uri = STABLE_REDIRECT if stable else PER_CONNECTOR_REDIRECT

    def register(self) -> httpx.Response:
        request = {
            "client_name": "ChatGPT",
            "redirect_uris": [self.redirect_uri],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        }
        response = self.http.post(self.server["registration_endpoint"], json=request)
        self.client_id = response.json().get("client_id", "")
        return response

    def log_in(self) -> None:
        verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        question = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": f"{self.scope} openid email offline_access",
            "resource": self.resource["resource"],
            "state": state,
            "code_challenge": base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
            .rstrip(b"=")
            .decode(),
            "code_challenge_method": "S256",
        }
        told = log_in(f"{self.server['authorization_endpoint']}?{urlencode(question)}", EMAIL, PASSWORD)
        assert told["state"] == state
        if self.server.get("authorization_response_iss_parameter_supported"):
            assert told["iss"] == self.server["issuer"]
        self._exchange(
            grant_type="authorization_code",
            code=told["code"],
            redirect_uri=self.redirect_uri,
            code_verifier=verifier,
            resource=self.resource["resource"],
        )

    def refresh(self) -> None:
        self._exchange(grant_type="refresh_token", refresh_token=self.tokens["refresh_token"])

    def _exchange(self, **form: str) -> None:
        response = self.http.post(self.server["token_endpoint"], data={"client_id": self.client_id, **form})
        assert response.status_code == 200, response.text
        self.tokens = response.json()

    def modern(self, method: str, version: str = "2026-07-28", **params: Any) -> httpx.Response:
        headers = {
            "mcp-protocol-version": version,
            "mcp-method": method,
            "accept": "application/json, text/event-stream",
        }
        if "name" in params:
            headers["mcp-name"] = params["name"]
        meta = {**META, "io.modelcontextprotocol/protocolVersion": version}
        return self._post(headers, {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}})

    def handshake(self, method: str, **params: Any) -> httpx.Response:
        headers = {"accept": "application/json, text/event-stream"}
        if method != "initialize":
            headers["mcp-protocol-version"] = "2025-11-25"
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        return self._post(headers, message if method.startswith("notifications/") else {**message, "id": 1})

    def _post(self, headers: dict[str, str], message: dict[str, Any]) -> httpx.Response:
        headers["authorization"] = f"Bearer {self.tokens['access_token']}"
        return self.http.post(self.mcp, json=message, headers=headers)

    @staticmethod
    def _parameter(challenge: str, name: str) -> str:
        found = re.search(rf'{name}="([^"]*)"', challenge)
        assert found, f"{name} is missing in {challenge}"
        return found[1]


@pytest.fixture
def chatgpt(world: World) -> Iterator[ChatGpt]:
    chatgpt = ChatGpt(world.mcp)
    with chatgpt.http:
        yield chatgpt


@pytest.fixture
def connected(chatgpt: ChatGpt) -> ChatGpt:
    chatgpt.discover()
    assert chatgpt.register().status_code == 201
    chatgpt.log_in()
    return chatgpt


def test_the_form_can_be_validated_with_an_empty_body(chatgpt: ChatGpt) -> None:
    answer = chatgpt.validate_form()
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer resource_metadata=")


def test_the_stable_redirect_is_used_because_iss_is_sent_and_the_issuers_are_byte_equal(connected: ChatGpt) -> None:
    assert connected.redirect_uri == STABLE_REDIRECT
    assert connected.server["issuer"].endswith("/")


def test_without_iss_in_responses_each_connector_gets_a_redirect_of_its_own() -> None:
    with open_world(TenantSettings(authorization_response_iss_parameter_supported=False)) as world:
        chatgpt = ChatGpt(world.mcp)
        with chatgpt.http:
            chatgpt.discover()
            assert chatgpt.redirect_uri == PER_CONNECTOR_REDIRECT
            chatgpt.register()
            chatgpt.log_in()
            assert chatgpt.modern("tools/list").status_code == 200


def test_it_discovers_in_the_newest_version_and_calls_a_tool(world: World, connected: ChatGpt) -> None:
    discovered = connected.modern("server/discover")
    assert discovered.status_code == 200
    result = discovered.json()["result"]
    assert result["supportedVersions"] == ["2026-07-28"]
    assert result["resultType"] == "complete"
    assert "mcp-session-id" not in discovered.headers
    called = connected.modern("tools/call", name="echo", arguments={"text": "hi"})
    assert called.json()["result"]["structuredContent"] == {"text": "hi"}
    assert world.probe.calls == 1


def test_it_falls_back_to_the_handshake_when_its_version_is_refused_with_400(world: World, connected: ChatGpt) -> None:
    refused = connected.modern("server/discover", version="2027-03-01")
    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == -32022
    opened = connected.handshake(
        "initialize",
        protocolVersion="2025-11-25",
        capabilities={},
        clientInfo={"name": "openai-mcp", "version": "1.0.0"},
    )
    assert opened.json()["result"]["protocolVersion"] == "2025-11-25"
    assert "mcp-session-id" not in opened.headers
    assert connected.handshake("notifications/initialized").status_code == 202
    called = connected.handshake("tools/call", name="echo", arguments={"text": "old"})
    assert called.json()["result"]["structuredContent"] == {"text": "old"}
    assert world.probe.calls == 1


def test_it_may_call_a_tool_without_ever_initializing(world: World, connected: ChatGpt) -> None:
    called = connected.handshake("tools/call", name="echo", arguments={"text": "straight"})
    assert called.status_code == 200
    assert called.headers["content-type"] == "application/json"
    assert world.probe.calls == 1


def test_its_idle_get_loop_is_answered_405(world: World, connected: ChatGpt) -> None:
    headers = {"authorization": f"Bearer {connected.tokens['access_token']}", "accept": "text/event-stream"}
    answer = connected.http.get(world.mcp, headers=headers)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_after_expiry_it_is_told_invalid_token_refreshes_and_goes_on(world: World, connected: ChatGpt) -> None:
    first = connected.tokens["access_token"]
    world.clock.now += connected.tokens["expires_in"] + 31
    refused = connected.modern("tools/list")
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["www-authenticate"]
    connected.refresh()
    assert connected.tokens["access_token"] != first
    assert connected.modern("tools/list").status_code == 200
