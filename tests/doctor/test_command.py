"""``gatehouse doctor`` as its owner calls it: options, exit codes, what it prints, and what it never prints."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from app.auth0.wanted import LOOPBACK_CALLBACKS
from app.doctor import login
from app.doctor.checks import CHECKS
from tests.doctor.faults import closed_port
from tests.doctor.stage import Stage
from tests.support.auth0 import StandIn, open_stand_in
from tests.support.login import log_in
from tests.support.world import EMAIL, PASSWORD, World, gatehouse


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_from_outside_it_needs_the_address_and_nothing_else(shared_world: World) -> None:
    for url in (shared_world.url, shared_world.mcp, f"{shared_world.mcp}/"):
        ran = gatehouse("doctor", "--url", url, "--json")
        assert ran.code == 0, ran.json["summary"]
        assert ran.json["summary"]["vantage"] == "outside"
        assert ran.json["summary"]["url"] == shared_world.url
        assert [one["id"] for one in ran.json["checks"]].sort() == [one.id for one in CHECKS].sort()


def test_from_inside_it_reads_the_settings(shared_world: World) -> None:
    ran = shared_world.gatehouse("doctor", "--json")
    assert ran.code == 0
    assert ran.json["summary"]["vantage"] == "inside"
    by_id = {one["id"]: one for one in ran.json["checks"]}
    assert by_id["server-down"]["status"] == by_id["database-unreadable"]["status"] == "pass"


def test_the_progress_goes_to_standard_error_and_the_report_to_standard_output(shared_world: World) -> None:
    ran = gatehouse("doctor", "--url", shared_world.url)
    assert "checks" in ran.err
    assert ran.err.count("\n") == 10
    assert ran.out.splitlines()[-1].startswith(f"{len(CHECKS)} checks in ")
    assert "ChatGPT will use https://chatgpt.com/connector_platform_oauth_redirect" in ran.out


def test_a_failure_is_exit_code_1_and_comes_first() -> None:
    ran = gatehouse("doctor", "--url", f"http://127.0.0.1:{closed_port()}", "--json")
    assert ran.code == 1
    first = ran.json["checks"][0]
    assert (first["id"], first["status"]) == ("public-unreachable", "fail")
    assert ran.json["summary"]["root_causes"] == ["public-unreachable"]
    folded = [one for one in ran.json["checks"] if one["cause"] == "skipped because public-unreachable failed"]
    assert len(folded) > 40


def test_unusable_settings_are_a_finding_with_every_problem_in_it() -> None:
    ran = gatehouse("doctor", "--json", PUBLIC_BASE_URL="home.example.net", AUTH0_DOMAIN="https://x", LOG_DAYS="many")
    assert ran.code == 1
    assert ran.json["summary"]["root_causes"] == [
        "public-base-url-unusable",
        "issuer-setting-unusable",
        "setting-unusable",
    ]
    assert "PUBLIC_BASE_URL: must be a full address" in ran.json["checks"][0]["cause"]


def test_without_a_log_in_it_looks_at_what_there_is(tmp_path: Path) -> None:
    ran = gatehouse("doctor", "--json", AUTH_MODE="none", DATA_DIR=str(tmp_path), PORT=str(closed_port()))
    assert ran.code == 1
    assert ran.json["summary"]["root_causes"] == ["server-down"]
    by_id = {one["id"]: one for one in ran.json["checks"]}
    assert by_id["log-in-off"]["status"] == "warn"
    assert by_id["issuer-differs"]["cause"] == "nobody logs in here (AUTH_MODE=none)"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--url", "home.example.net"), "--url needs a whole address"),
        (("--url", "https://home.example.net/sse"), "--url has the path /sse"),
        (("--url", "https://a:b@home.example.net"), "--url needs a whole address without ? and @"),
        (("--url", "https://[home"), "--url https://[home is not an address"),
        (("--login",), "--login needs a client"),
        (("--token-file", "nothing.txt"), "--token-file nothing.txt cannot be read (No such file"),
        (("--token-file", "empty.txt"), "--token-file empty.txt is empty"),
        (("--token-file", "bytes.txt"), "--token-file bytes.txt is not a text file"),
        (("--ca-file", "empty.txt"), "--ca-file empty.txt holds no certificate"),
        (("--ca-file", "nothing.pem"), "--ca-file nothing.pem holds no certificate (No such file"),
        (("--url", "http://127.0.0.1:1", "--bundle", "empty.txt"), "--bundle empty.txt is there already"),
        (("--url", "http://127.0.0.1:1", "--bundle", "no/folder"), "--bundle no/folder cannot be written"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_used_is_exit_code_2_and_one_clear_line(words: tuple[str, ...], said: str) -> None:
    Path("empty.txt").touch()
    Path("bytes.txt").write_bytes(b"\xff\xfe")
    ran = gatehouse("doctor", *words)
    assert ran.code == 2
    assert said in ran.err.splitlines()[-1]
    assert "Traceback" not in ran.err


def test_a_certificate_authority_of_ones_own_is_believed_when_it_is_named(running_stage: Stage, tmp_path: Path) -> None:
    with running_stage.undo:
        served = running_stage.serve_tls(running_stage.proxy, running_stage.authority.issue_cert("localhost"))
        running_stage.later(served.stop)
        url = f"https://localhost:{served.port}"
        ran = gatehouse("doctor", "--url", url, "--json")
        assert ran.json["summary"]["root_causes"] == ["tls-untrusted"]
        ran = gatehouse("doctor", "--url", url, "--json", "--ca-file", running_stage.cafile)
        assert {one["id"]: one["status"] for one in ran.json["checks"]}["tls-untrusted"] == "pass"


# A token


def test_a_good_token_is_accepted_and_a_tool_is_called(world: World) -> None:
    Path("token").write_text(f"{world.token()}\n")
    ran = world.gatehouse("doctor", "--json", "--token-file", "token")
    assert ran.code == 0, ran.json["checks"][0]
    assert {one["id"]: one["status"] for one in ran.json["checks"]}["tool-fails"] == "pass"
    assert world.probe.calls == 1


@pytest.mark.parametrize("inside", [True, False])
def test_a_bad_token_is_explained_with_expected_and_received_and_never_shown(shared_world: World, inside: bool) -> None:
    token = shared_world.token(aud="https://old.example.net/mcp")
    Path("token").write_text(token)
    words = ("doctor", "--token-file", "token") + (() if inside else ("--url", shared_world.url))
    for more in ((), ("--json",)):
        ran = shared_world.gatehouse(*words, *more)
        assert ran.code == 1
        assert "token-wrong-audience" in ran.out
        assert f"Expected aud {shared_world.mcp}, received" in ran.out
        assert "https://old.example.net/mcp" in ran.out
        assert not any(part in ran.out + ran.err for part in token.split("."))


# A log-in


@pytest.fixture
def callback(monkeypatch: pytest.MonkeyPatch) -> str:
    uri = f"http://localhost:{closed_port()}/oauth/callback"
    monkeypatch.setattr("app.cli.doctor.loopback", lambda: login.loopback((uri,)))
    return uri


def browse(monkeypatch: pytest.MonkeyPatch, visit: Callable[[str], None]) -> list[str]:
    """Let the browser that is opened do this; the call ends with it, as with some browsers."""
    opened: list[str] = []

    def opener(address: str) -> bool:
        opened.append(address)
        visit(address)
        return True

    monkeypatch.setattr("app.cli.doctor.webbrowser.open", opener)
    return opened


def person(address: str) -> None:
    told = log_in(address, EMAIL, PASSWORD)
    callback = parse_qs(urlsplit(address).query)["redirect_uri"][0]
    httpx.get(callback, params={**told, "state": "a stranger's"})
    httpx.get(callback.replace("/oauth/", "/other/"), params=told)
    assert "close this page" in httpx.get(callback, params=told).text


def test_a_log_in_in_the_browser_ends_with_a_tool_call(
    world: World, monkeypatch: pytest.MonkeyPatch, callback: str
) -> None:
    stable = "https://chatgpt.com/connector_platform_oauth_redirect"
    world.tenant.add_first_party_client("Shared", [stable, callback], client_id="shared")
    opened = browse(monkeypatch, person)
    ran = gatehouse("doctor", "--url", world.mcp, "--json", "--login", "--client-id", "shared")
    assert ran.code == 0, ran.json["checks"][0]
    status = {one["id"]: one["status"] for one in ran.json["checks"]}
    assert status["log-in-failed"] == status["tool-fails"] == status["redirect-refused"] == "pass"
    assert world.probe.calls == 1
    question = parse_qs(urlsplit(opened[0]).query)
    assert question["code_challenge_method"] == ["S256"]
    assert question["resource"] == [world.mcp]
    assert question["redirect_uri"] == [callback]
    assert "eyJ" not in ran.out + ran.err


def test_a_log_in_with_a_client_that_registered_for_it_leaves_just_one_behind(
    world: World, monkeypatch: pytest.MonkeyPatch, callback: str
) -> None:
    browse(monkeypatch, person)
    ran = gatehouse("doctor", "--url", world.mcp, "--json", "--login", "--register")
    assert ran.code == 0, ran.json["checks"][0]
    assert [client.name for client in world.tenant.clients.values()] == ["Gatehouse doctor"]
    assert {one["id"]: one["status"] for one in ran.json["checks"]}["registration-refused"] == "pass"


def answering(**answer: str) -> Callable[[str], None]:
    def visit(address: str) -> None:
        question = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        httpx.get(question["redirect_uri"], params={"state": question["state"], **answer})

    return visit


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"code": "x", "iss": "https://mixed.up/"}, "The answer is from 'https://mixed.up/', not from"),
        ({"code": "x"}, "The answer is from None, not from"),
        ({"error": "access_denied", "error_description": "no"}, "The answer is from None, not from"),
        ({"error": "access_denied", "iss": "{issuer}"}, "The log-in service says: access_denied"),
        ({"code": "made-up", "iss": "{issuer}"}, "The log-in service gives no token: invalid_grant"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_a_log_in_that_brings_no_token_says_why(
    world: World, monkeypatch: pytest.MonkeyPatch, callback: str, answer: dict[str, str], said: str
) -> None:
    stable = "https://chatgpt.com/connector_platform_oauth_redirect"
    world.tenant.add_first_party_client("Shared", [stable, callback], client_id="shared")
    filled = {name: value.format(issuer=world.tenant.issuer) for name, value in answer.items()}
    browse(monkeypatch, answering(**filled))
    ran = gatehouse("doctor", "--url", world.mcp, "--json", "--login", "--client-id", "shared")
    assert ran.code == 1
    assert ran.json["checks"][0]["id"] == "log-in-failed"
    assert said in ran.json["checks"][0]["cause"]
    assert world.probe.calls == 0


def test_no_log_in_is_begun_while_something_else_fails(monkeypatch: pytest.MonkeyPatch, callback: str) -> None:
    opened = browse(monkeypatch, lambda _: None)
    ran = gatehouse("doctor", "--url", f"http://127.0.0.1:{closed_port()}", "--login", "--client-id", "x")
    assert (ran.code, opened) == (1, [])


def test_a_browser_that_never_comes_back_is_not_waited_for_without_end(
    world: World, monkeypatch: pytest.MonkeyPatch, callback: str
) -> None:
    stable = "https://chatgpt.com/connector_platform_oauth_redirect"
    world.tenant.add_first_party_client("Shared", [stable, callback], client_id="shared")
    monkeypatch.setattr("app.doctor.login.LOG_IN_SECONDS", 0.1)
    browse(monkeypatch, lambda _: None)
    ran = gatehouse("doctor", "--url", world.mcp, "--json", "--login", "--client-id", "shared")
    assert ran.code == 1
    assert f"did not come back to {callback}" in ran.json["checks"][0]["cause"]


def test_the_callbacks_are_those_that_the_shared_application_allows() -> None:
    assert set(login.CALLBACKS) == set(LOOPBACK_CALLBACKS)


# The tenant


@pytest.fixture
def stand_in() -> StandIn:
    with open_stand_in() as opened:
        yield opened  # type: ignore[misc]


def test_with_management_credentials_the_tenant_is_compared_with_the_plan(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("app.auth0.access.clock", stand_in.clock)
    monkeypatch.setattr("app.auth0.access.sleep", stand_in.clock.sleep)

    def looked() -> dict[str, str]:
        stand_in.clock.now += 1
        ran = gatehouse("doctor", "--json", **stand_in.environment(DATA_DIR=str(tmp_path)))
        return next(one for one in ran.json["checks"] if one["id"] == "tenant-differs")  # type: ignore[no-any-return]

    before = looked()
    assert before["status"] == "warn"
    assert "identifier" in before["cause"]
    stand_in.clock.now += 1
    applied = gatehouse("auth0", "apply", "--yes", **stand_in.environment(DATA_DIR=str(tmp_path)))
    assert applied.code == 0, applied.err
    assert looked()["status"] == "pass"


def test_a_management_token_that_cannot_be_used_is_said_with_what_to_do(stand_in: StandIn, tmp_path: Path) -> None:
    token = stand_in.token("read:clients")
    environment = stand_in.environment(DATA_DIR=str(tmp_path), AUTH0_MANAGEMENT_TOKEN=token)
    ran = gatehouse("doctor", "--json", **environment)
    one = next(one for one in ran.json["checks"] if one["id"] == "tenant-differs")
    assert (one["status"], "lacks" in one["cause"]) == ("warn", True)
    assert "API Explorer" in one["action"]
    assert token not in ran.out + ran.err


def test_the_json_is_one_line() -> None:
    ran = gatehouse("doctor", "--url", f"http://127.0.0.1:{closed_port()}", "--json")
    assert ran.out.count("\n") == 1
    assert json.loads(ran.out)
