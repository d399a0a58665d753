"""The requests of ChatGPT's connector, as they were observed (November 2026).

Its form posts an empty body; then come the documents; it speaks 2026-07-28 first, and goes back to ``initialize`` of
2025-11-25 when that is answered with status 400. Nothing is judged here.
"""

from __future__ import annotations

import json
import re
from typing import Any

from app.doctor.context import VALIDATOR, Answer, Context
from app.doctor.reading import texts

STABLE_REDIRECT = "https://chatgpt.com/connector_platform_oauth_redirect"
OWN_REDIRECT = "https://chatgpt.com/connector/oauth/{callback_id}"
"""One for all connectors, or one for each: its id is known only once the connector is being made."""

NEWEST, HANDSHAKE = "2026-07-28", "2025-11-25"
RESOURCE_PATH = "/.well-known/oauth-protected-resource/mcp"
SERVER_PATH = "/.well-known/oauth-authorization-server"
OPENID_PATH = "/.well-known/openid-configuration"
_META = {
    "io.modelcontextprotocol/protocolVersion": NEWEST,
    "io.modelcontextprotocol/clientInfo": {"name": "openai-mcp", "version": "1.0.0"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
_ACCEPT = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


async def validate_form(context: Context) -> Answer:
    """The first request: an empty body, no token."""
    return await context.ask("POST", context.mcp, body=b"", agent=VALIDATOR)


async def discover(context: Context) -> Answer:
    """The second: ``server/discover``, no token yet."""
    return await modern(context, "server/discover", {}, token="")


async def modern(
    context: Context, method: str, params: dict[str, Any], *, token: str | None = None, seconds: float = 3.0
) -> Answer:
    """One request of 2026-07-28. Without ``token``, the context's own."""
    meta = {**_META, **params.get("_meta", {})}
    headers = {**_ACCEPT, "mcp-protocol-version": NEWEST, "mcp-method": method}
    if "name" in params:
        headers["mcp-name"] = str(params["name"])
    return await _post(context, method, {**params, "_meta": meta}, headers, token, seconds)


async def handshake(context: Context, method: str, params: dict[str, Any]) -> Answer:
    """One request of 2025-11-25, with the context's token."""
    headers = dict(_ACCEPT)
    if method != "initialize":
        headers["mcp-protocol-version"] = HANDSHAKE
    return await _post(context, method, params, headers, None, 3.0)


async def _post(
    context: Context, method: str, params: dict[str, Any], headers: dict[str, str], token: str | None, seconds: float
) -> Answer:
    bearer = context.token if token is None else token
    if bearer:
        headers["authorization"] = f"Bearer {bearer}"
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    return await context.ask("POST", context.mcp, body=body, headers=headers, seconds=seconds)


def message_of(answer: Answer) -> dict[str, Any]:
    """The JSON-RPC message of an answer, also when it came as an event stream; empty when there is none."""
    if answer.json is not None:
        return answer.json
    for line in reversed(answer.text.splitlines()):
        if line.startswith("data:"):
            try:
                value = json.loads(line[5:])
            except ValueError:
                return {}
            return value if isinstance(value, dict) else {}
    return {}


def parameter(challenge: str, name: str) -> str:
    """A parameter of a WWW-Authenticate challenge (RFC 9110 §11.6.1); blank when it is not there."""
    found = re.search(rf'(?:^|[\s,]){name}\s*=\s*(?:"([^"]*)"|([^\s,"]+))', challenge)
    return (found[1] or found[2] or "") if found else ""


def redirect_uri(resource: dict[str, Any], server: dict[str, Any]) -> str:
    """Which redirect URI ChatGPT will use: the stable one only with ``iss`` in responses and byte-equal issuers."""
    equal = texts(resource.get("authorization_servers"))[:1] == [server.get("issuer")]
    iss = server.get("authorization_response_iss_parameter_supported") is True
    return STABLE_REDIRECT if equal and iss else OWN_REDIRECT
