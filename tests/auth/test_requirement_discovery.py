"""Requirements that no other test has: where metadata is looked for, and how a token's JSON is read.

The code that begins a docstring is the requirement's, in ``tests/requirements/table.py``.
"""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from app.auth.access_token import TokenPolicy, parse, validate_claims
from app.auth.authorization_server import AuthorizationServer, metadata_urls
from app.errors import AuthorizationServerUnavailable, ConfigurationError, InvalidAccessToken
from app.settings import load_settings
from tests.support import forge

ISSUER, AUDIENCE = "https://tenant.example/", "https://home.example.net/mcp"
POLICY = TokenPolicy(ISSUER, (AUDIENCE,), frozenset({"RS256"}), 30, ("scope",))
HEADER = {"alg": "RS256", "typ": "at+jwt", "kid": "k"}


@pytest.mark.parametrize(
    ("issuer", "urls"),
    [
        (
            "https://a.example/",
            [
                "https://a.example/.well-known/oauth-authorization-server",
                "https://a.example/.well-known/openid-configuration",
            ],
        ),
        (
            "https://a.example",
            [
                "https://a.example/.well-known/oauth-authorization-server",
                "https://a.example/.well-known/openid-configuration",
            ],
        ),
        (
            "https://a.example:8443/realms/home",
            [
                "https://a.example:8443/.well-known/oauth-authorization-server/realms/home",
                "https://a.example:8443/.well-known/openid-configuration/realms/home",
                "https://a.example:8443/realms/home/.well-known/openid-configuration",
            ],
        ),
    ],
)
def test_metadata_is_looked_for_in_the_standards_order(issuer: str, urls: list[str]) -> None:
    """RFC8414-3.1-a, MCP-discovery-a."""
    assert metadata_urls(issuer) == urls


async def _ask(issuer: str, answer: dict[str, Any], question: str) -> list[str]:
    """The addresses asked before the authorization server counts as unavailable."""
    asked: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, json=answer)

    server = AuthorizationServer(issuer, httpx.AsyncClient(transport=httpx.MockTransport(respond)), lambda: 5e8)
    try:
        with pytest.raises(AuthorizationServerUnavailable):
            await (server.published_metadata() if question == "metadata" else server.find_key("k", "RS256", 0))
    finally:
        await server.close()
    return asked


@pytest.mark.parametrize("told", ["https://tenant.example", "https://TENANT.example/", "http://tenant.example/", None])
def test_metadata_with_an_issuer_that_differs_in_one_letter_is_not_used(told: str | None) -> None:
    """RFC8414-3.3-a, MCP-discovery-b."""
    document = {"issuer": told, "jwks_uri": "https://tenant.example/keys"}
    asked = asyncio.run(_ask(ISSUER, document, "keys"))
    assert asked == ["https://tenant.example/.well-known/oauth-authorization-server"]


def test_keys_of_a_server_over_https_are_never_fetched_over_http() -> None:
    """RFC8414-2-b."""
    document = {"issuer": ISSUER, "jwks_uri": "http://tenant.example/keys"}
    asked = asyncio.run(_ask(ISSUER, document, "keys"))
    assert [address for address in asked if not address.startswith("https://")] == []
    assert len(asked) == 1


@pytest.mark.parametrize(
    "issuer", ["http://tenant.example/", "https://tenant.example/?x=1", "https://tenant.example/#x", "tenant.example"]
)
def test_an_issuer_is_an_https_address_without_query_or_fragment(issuer: str) -> None:
    """RFC8414-2-a."""
    with pytest.raises(ConfigurationError) as refused:
        load_settings({"public_base_url": "https://home.example.net", "oauth_issuer": issuer})
    assert [problem.setting for problem in refused.value.problems] == ["OAUTH_ISSUER"]


def test_of_a_claim_named_twice_the_last_one_counts_throughout() -> None:
    """RFC7519-4-b."""
    payload = b'{"iss":"https://evil.example/","sub":"a","iss":"%s","sub":"b"}' % ISSUER.encode()
    token = parse(f"{forge.segment(HEADER)}.{forge.segment(payload)}.AA", POLICY)
    assert token.unverified_claims == {"iss": ISSUER, "sub": "b"}


def test_times_may_have_fractions() -> None:
    """RFC7519-2-a."""
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "s", "exp": 1000.5, "nbf": 0.25, "iat": 0.25}
    assert validate_claims(claims, POLICY, 1030.4).expires_at == 1000.5
    with pytest.raises(InvalidAccessToken, match="expired"):
        validate_claims(claims, POLICY, 1030.5)


def test_a_token_inside_a_token_is_refused() -> None:
    """RFC7519-7.2-c."""
    inner = f"{forge.segment(HEADER)}.{forge.segment({'sub': 's'})}.AA"
    with pytest.raises(InvalidAccessToken, match="malformed"):
        parse(f"{forge.segment({**HEADER, 'cty': 'JWT'})}.{forge.segment(inner.encode())}.AA", POLICY)


def test_the_whole_set_of_claims_that_auth0_sends_without_client_id_and_jti_is_enough() -> None:
    """RFC9068-2.2-b."""
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "auth0|1", "exp": 1000, "iat": 0, "azp": "abc"}
    assert validate_claims(claims, POLICY, 10).client_id == "abc"
