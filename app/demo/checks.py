"""The four checks to make before a client is connected, as a person would make them with curl.

They ask the running servers over HTTP and believe nothing else.
"""

from __future__ import annotations

from collections.abc import Callable

import httpx


def four_checks(public_base_url: str, issuer: str) -> list[tuple[str, str]]:
    """Make the checks. Returns a title and what is wrong (empty when it holds) for each."""
    with httpx.Client(timeout=5.0) as client:
        checks: list[tuple[str, Callable[[], str]]] = [
            ("the server names its log-in service", lambda: _protected_resource(client, public_base_url, issuer)),
            ("log-in, registration and PKCE are on offer", lambda: _metadata(client, public_base_url, issuer)),
            ("without a log-in the door is shut", lambda: _shut(client, public_base_url)),
            ("a new client can register", lambda: _registration(client, public_base_url)),
        ]
        return [(title, _try(check)) for title, check in checks]


def _try(check: Callable[[], str]) -> str:
    try:
        return check()
    except (httpx.HTTPError, ValueError, KeyError) as error:
        return f"no usable answer ({type(error).__name__}: {error})"


def _protected_resource(client: httpx.Client, base: str, issuer: str) -> str:
    document = client.get(f"{base}/.well-known/oauth-protected-resource").json()
    expected = {"resource": f"{base}/mcp", "authorization_servers": [issuer]}
    wrong = [name for name, value in expected.items() if document.get(name) != value]
    return f"{', '.join(wrong)} is not as expected" if wrong else ""


def _metadata(client: httpx.Client, base: str, issuer: str) -> str:
    document = client.get(f"{base}/.well-known/oauth-authorization-server").json()
    needed = ("authorization_endpoint", "token_endpoint", "registration_endpoint")
    missing = [name for name in needed if not document.get(name)]
    if document.get("issuer") != issuer:
        missing.append("issuer")
    if document.get("code_challenge_methods_supported") != ["S256"]:
        missing.append("code_challenge_methods_supported")
    return f"{', '.join(missing)} is missing or wrong" if missing else ""


def _shut(client: httpx.Client, base: str) -> str:
    response = client.post(f"{base}/mcp", json={})
    if response.status_code != 401:
        return f"the answer was {response.status_code} instead of 401"
    challenge = response.headers.get("www-authenticate", "")
    return "" if challenge.startswith("Bearer ") and "resource_metadata=" in challenge else "the challenge is missing"


def _registration(client: httpx.Client, base: str) -> str:
    endpoint = client.get(f"{base}/.well-known/oauth-authorization-server").json()["registration_endpoint"]
    request = {
        "client_name": "Gatehouse check",
        "redirect_uris": ["http://127.0.0.1:33418/callback"],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
    }
    response = client.post(endpoint, json=request)
    return "" if response.status_code == 201 and response.json().get("client_id") else f"answer {response.status_code}"
