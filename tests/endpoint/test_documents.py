"""The public documents, the challenge, and the four checks (RFC 9728, RFC 8414, RFC 6750 §3)."""

from __future__ import annotations

import re
import threading

import pytest

from app.demo.checks import four_checks
from app.demo.tenant import TenantSettings
from tests.support import raw
from tests.support.world import World, eventually, open_world

PRM = ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"]
ASM = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorization-server/mcp",
    "/.well-known/openid-configuration",
]


def test_the_four_checks_hold(shared_world: World) -> None:
    results = four_checks(shared_world.url, shared_world.tenant.issuer)
    assert [problem for _, problem in results] == ["", "", "", ""]


def test_each_of_the_four_checks_can_fail() -> None:
    with open_world(TenantSettings(enable_dynamic_client_registration=False)) as world:
        problems = [problem for _, problem in four_checks(world.url, "http://127.0.0.1:9/")]
    assert "authorization_servers is not as expected" in problems[0]
    assert "issuer" in problems[1]
    assert "answer 403" in problems[3]
    with open_world(auth_mode="none") as world:
        problems = [problem for _, problem in four_checks(world.url, world.tenant.issuer)]
    assert all(problems)
    assert "instead of 401" in problems[2]


@pytest.mark.parametrize("path", PRM)
def test_resource_metadata_names_resource_and_issuer_byte_for_byte(shared_world: World, path: str) -> None:
    answer = shared_world.http.get(shared_world.url + path)
    assert answer.json() == {
        "resource": shared_world.mcp,
        "authorization_servers": [shared_world.tenant.issuer],
        "scopes_supported": ["read"],
        "bearer_methods_supported": ["header"],
        "resource_name": "Gatehouse",
    }
    assert shared_world.tenant.issuer.endswith("/")
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ASM)
def test_authorization_server_metadata_is_the_tenants_own_with_only_s256(shared_world: World, path: str) -> None:
    published = shared_world.http.get(shared_world.url + path).json()
    original = shared_world.http.get(f"{shared_world.tenant.issuer}.well-known/openid-configuration").json()
    assert original["code_challenge_methods_supported"] == ["S256", "plain"]
    assert published == {**original, "code_challenge_methods_supported": ["S256"]}
    assert published["registration_endpoint"].startswith(shared_world.tenant.issuer)


@pytest.mark.parametrize("path", PRM + ASM)
def test_documents_owe_nothing_to_the_request(shared_world: World, path: str) -> None:
    honest = shared_world.http.get(shared_world.url + path).content
    lies: list[tuple[str, str | bytes]] = [
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-For", "1.2.3.4"),
        ("Forwarded", "host=evil.example;proto=https"),
        ("X-Original-URL", "/admin"),
    ]
    lied = raw.send(shared_world.url, lies, method="GET", path=path, host="evil.example")
    assert (lied.status, lied.body) == (200, honest)


@pytest.mark.parametrize("path", PRM + ASM)
def test_documents_answer_head_options_and_nothing_else(shared_world: World, path: str) -> None:
    url = shared_world.url + path
    assert shared_world.http.head(url).status_code == 200
    preflight = shared_world.http.options(url, headers={"origin": "https://any.example"})
    assert preflight.status_code == 204
    assert "mcp-protocol-version" in preflight.headers["access-control-allow-headers"]
    wrong = shared_world.http.post(url)
    assert (wrong.status_code, wrong.json()["error"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT"])
def test_without_a_token_both_spellings_give_the_same_challenge_and_no_redirect(
    shared_world: World, path: str, method: str
) -> None:
    answer = shared_world.http.request(method, shared_world.url + path)
    assert answer.status_code == 401
    metadata = f"{shared_world.url}/.well-known/oauth-protected-resource/mcp"
    assert answer.headers["www-authenticate"] == f'Bearer resource_metadata="{metadata}", scope="read"'


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
def test_with_a_token_both_spellings_serve(shared_world: World, path: str) -> None:
    answer = shared_world.http.post(
        shared_world.url + path,
        json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
        headers={"authorization": f"Bearer {shared_world.token()}"},
    )
    assert (answer.status_code, len(answer.json()["result"]["tools"])) == (200, 4)


def test_a_bad_token_is_told_so_with_a_reference_and_nothing_more(shared_world: World) -> None:
    answer = shared_world.call("not-a-token")
    reference = answer.json()["reference"]
    assert answer.json()["error"] == "invalid_token"
    assert re.search(
        rf'error="invalid_token", error_description="[A-Za-z. ]+Reference {reference}\."$',
        answer.headers["www-authenticate"],
    )


def test_metadata_is_fetched_once_however_many_ask(world: World) -> None:
    assert world.call(world.token()).status_code == 200  # the first fetch is done
    world.clock.now += 4_000  # older than fresh: the next question starts one renewal
    before = _metadata_fetches(world)
    answers: list[int] = []

    def ask() -> None:
        answers.append(raw.send(world.url, [], method="GET", path=ASM[0]).status)

    threads = [threading.Thread(target=ask) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 40
    eventually(lambda: _metadata_fetches(world) - before == 1)  # in the background: nobody waited for it
    assert raw.send(world.url, [], method="GET", path=ASM[0]).status == 200
    assert _metadata_fetches(world) - before == 1


def _metadata_fetches(world: World) -> int:
    return sum(count for path, count in world.tenant.requests.items() if "well-known/o" in path)


def test_metadata_survives_an_outage_once_it_was_fetched(world: World) -> None:
    fetched = world.http.get(world.url + ASM[0])
    assert fetched.status_code == 200
    world.tenant_app.stop()
    world.clock.now += 20 * 3_600
    again = world.http.get(world.url + ASM[0])
    assert (again.status_code, again.json()) == (200, fetched.json())


def test_before_the_first_fetch_an_outage_is_503_with_retry_after_and_not_401() -> None:
    with open_world(oauth_issuer="http://127.0.0.1:9/") as world:  # nothing listens on port 9
        for path in ASM:
            answer = world.http.get(world.url + path)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
            assert answer.json()["error"] == "temporarily_unavailable"
            assert "Traceback" not in answer.text
        token = world.token(iss="http://127.0.0.1:9/")
        judged = world.call(token)
        assert (judged.status_code, judged.headers["retry-after"]) == (503, "2")
        assert "www-authenticate" not in judged.headers
        assert world.call(None).status_code == 401
        assert world.http.get(f"{world.url}{PRM[0]}").status_code == 200
        assert world.http.get(f"{world.url}/healthz").status_code == 200
        ready = world.http.get(f"{world.url}/readyz")
        assert (ready.status_code, ready.json()["status"]) == (503, "unready")


def test_readiness_turns_ready_once_keys_are_held(world: World) -> None:
    assert world.call(world.token()).status_code == 200
    ready = world.http.get(f"{world.url}/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    assert {check["id"] for check in ready.json()["checks"]} == {
        "log-in-service-unknown",
        "jwks-unreachable",
        "database-unreadable",
        "request-log-unwritable",
    }
