"""An authorization server that is not like Auth0: ``oidc-provider`` in a Node process of its own, unchanged.

Its issuer has a path and no slash at the end, its metadata stand below that path only, it signs with ES256, and its
access tokens are RFC 9068's. The stand-in tenant runs beside it and is never asked.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from mcp.shared.auth import OAuthClientInformationFull
from pydantic import AnyUrl

from app.auth.authorization_server import metadata_urls
from tests.clients.test_python_sdk import CALLBACK, Person
from tests.support import forge
from tests.support.world import EMAIL, World, open_world

HERE = Path(__file__).parent / "oidc_provider"


@dataclass
class Provider:
    """The running authorization server."""

    issuer: str

    def metadata(self) -> dict[str, Any]:
        return dict(httpx.get(f"{self.issuer}/.well-known/openid-configuration").raise_for_status().json())

    def token(self, resource: str, scope: str = "read", client_id: str = "machine") -> str:
        """An access token for the resource, by the client credentials grant: nobody needs to log in for it."""
        form = {"grant_type": "client_credentials", "resource": resource, "scope": scope}
        answer = httpx.post(f"{self.issuer}/token", data=form, auth=(client_id, "only-for-tests"))
        return str(answer.raise_for_status().json()["access_token"])


class NamedPerson(Person):
    """Types a name into the form: the page takes it over from the hint (OpenID Connect Core §3.1.2.1)."""

    async def open_browser(self, url: str) -> None:
        await super().open_browser(f"{url}&login_hint={EMAIL}")


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    node = shutil.which("node")
    if node is None or not (HERE / "node_modules").is_dir():
        pytest.skip("needs Node.js and: npm ci --prefix tests/clients/oidc_provider")
    with (
        tempfile.TemporaryFile("w+") as errors,  # a pipe that nobody reads could fill up and stop it
        subprocess.Popen(
            [node, "server.mjs"], cwd=HERE, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
        ) as process,
    ):
        assert process.stdin
        assert process.stdout
        too_late = threading.Timer(30, process.kill)
        too_late.start()
        try:
            line = next((line for line in process.stdout if line.startswith("issuer ")), None)
            too_late.cancel()
            if line is None:
                errors.seek(0)
                pytest.fail(f"the authorization server did not start: {errors.read()}")
            yield Provider(line.removeprefix("issuer ").strip())
        finally:
            too_late.cancel()
            process.stdin.close()  # it ends by this, and also when the tests die
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def open_home(provider: Provider, **settings: str) -> Iterator[World]:
    """A Gatehouse whose people log in at the provider. Its clock stands still at the true time."""
    given = {"oauth_issuer": provider.issuer, "oauth_algorithms": "ES256", **settings}
    with open_world(**given) as world:
        yield world
        assert not world.tenant.requests


@pytest.fixture
def home(provider: Provider) -> Iterator[World]:
    with open_home(provider) as world:
        yield world


def why(caplog: pytest.LogCaptureFixture, answer: httpx.Response) -> str:
    """What the owner's log says about a refused request."""
    reference = answer.json()["reference"]
    return next(line for line in (record.getMessage() for record in caplog.records) if reference in line)


def test_metadata_below_the_issuers_path_is_found_and_published_untouched(provider: Provider, home: World) -> None:
    assert [httpx.get(url).status_code for url in metadata_urls(provider.issuer)] == [404, 404, 200]
    theirs = provider.metadata()
    assert theirs["issuer"] == provider.issuer
    assert not provider.issuer.endswith("/")
    for name in ("oauth-authorization-server", "oauth-authorization-server/mcp", "openid-configuration"):
        assert httpx.get(f"{home.url}/.well-known/{name}").json() == theirs
    resource = httpx.get(f"{home.url}/.well-known/oauth-protected-resource/mcp").json()
    assert resource["authorization_servers"] == [provider.issuer]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_python_sdk_registers_logs_in_and_calls_a_tool(home: World, mode: str) -> None:
    person = NamedPerson()
    assert journey(home, person, mode) == {"text": "hello"}
    assert (home.probe.calls, person.log_ins) == (1, 1)
    assert person.memory.client
    assert person.memory.client.client_id not in {"", "known-beforehand"}


def test_a_client_known_beforehand_needs_no_registration(home: World) -> None:
    person = NamedPerson()
    person.memory.client = OAuthClientInformationFull(
        client_id="known-beforehand", redirect_uris=[AnyUrl(CALLBACK)], token_endpoint_auth_method="none"
    )
    assert journey(home, person, "auto") == {"text": "hello"}
    assert person.memory.client.client_id == "known-beforehand"


def test_the_persons_token_is_es256_for_this_resource_alone(provider: Provider, home: World) -> None:
    person = NamedPerson()
    journey(home, person, "auto")
    assert person.memory.tokens
    token = person.memory.tokens.access_token
    header, claims = forge.decoded(token, 0), forge.decoded(token, 1)
    assert (header["alg"], header["typ"]) == ("ES256", "at+jwt")
    assert (claims["iss"], claims["sub"]) == (provider.issuer, EMAIL)
    assert claims["aud"] == home.mcp  # a text, not a list
    assert home.call(token).status_code == 200
    cut = token.rsplit(".", 1)[0]
    assert home.call(f"{cut}.{forge.b64(bytes(64))}").status_code == 401
    stranger = ec.generate_private_key(ec.SECP256R1())
    assert home.call(jwt.encode(claims, stranger, "ES256", headers=header)).status_code == 401


def test_with_rs256_alone_allowed_it_is_refused(provider: Provider, caplog: pytest.LogCaptureFixture) -> None:
    with open_home(provider, oauth_algorithms="RS256") as home:
        refused = home.call(provider.token(home.mcp))
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")
        assert "reason=alg_not_allowed" in why(caplog, refused)
        assert '"ES256"; OAUTH_ALGORITHMS allows RS256' in why(caplog, refused)
        assert home.probe.calls == 0


def test_a_token_for_another_resource_is_refused(
    provider: Provider, home: World, caplog: pytest.LogCaptureFixture
) -> None:
    for other in (home.url, f"{home.mcp}/", f"{home.mcp}2", "http://127.0.0.1:9/mcp"):
        refused = home.call(provider.token(other))
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")
        assert "reason=wrong_audience" in why(caplog, refused)
    assert home.probe.calls == 0


def test_a_token_works_until_it_expires(provider: Provider, home: World, caplog: pytest.LogCaptureFixture) -> None:
    token = provider.token(home.mcp)
    home.clock.now = forge.decoded(token, 1)["exp"] + 29.0
    assert home.call(token).status_code == 200
    home.clock.now += 1
    refused = home.call(token)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")
    assert "reason=expired" in why(caplog, refused)


@pytest.mark.parametrize(("claims", "status"), [("scp", 200), ("scope,scp", 200), ("scope", 403)])
def test_scopes_in_a_list_named_scp_count_when_the_claim_is_named(provider: Provider, claims: str, status: int) -> None:
    with open_home(provider, oauth_scope_claims=claims) as home:
        token = provider.token(home.mcp, "read write", "machine-with-a-list")
        assert forge.decoded(token, 1)["scp"] == ["read", "write"]
        assert "scope" not in forge.decoded(token, 1)
        assert home.call(token, name="write_note", arguments={"text": "x"}).status_code == status


def journey(home: World, person: Person, mode: str) -> Any:
    """From the first knock to a tool's result."""

    async def go() -> Any:
        async with person.client(home.mcp, mode) as client:
            assert (await client.list_tools()).tools
            return await client.call_tool("echo", {"text": "hello"})

    return anyio.run(go).structured_content
