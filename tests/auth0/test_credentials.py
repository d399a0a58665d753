"""What is said of bad credentials, before anything is changed; and that credentials show up nowhere."""

from __future__ import annotations

import getpass
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from app.auth0.credentials import Credentials
from app.auth0.plan import needed_scopes
from app.auth0.wanted import Wanted
from tests.auth0.conftest import Run
from tests.support.auth0 import ALL_SCOPES, StandIn

ROOT = Path(__file__).parents[2]


def test_all_permissions_that_lack_are_named_at_once_before_anything_is_asked(stand_in: StandIn, run: Run) -> None:
    held = ("read:clients", "read:connections", "update:connections", "create:clients")
    refused = run("auth0", "apply", "--yes", AUTH0_MANAGEMENT_TOKEN=stand_in.token(*held))
    assert refused.code == 1
    assert (
        "lacks 6 permission(s): create:resource_servers, read:resource_servers, read:tenant_settings, update:clients, "
        "update:resource_servers, update:tenant_settings. Nothing was changed." in refused.err
    )
    assert stand_in.tenant.management.log == []


@pytest.mark.parametrize("mode", ["shared", "dcr", "cimd"])
def test_the_permissions_that_are_asked_for_are_enough(stand_in: StandIn, run: Run, mode: str) -> None:
    wanted = Wanted("https://home.example.net", mode)  # type: ignore[arg-type]
    look, change = needed_scopes(wanted, change=False), needed_scopes(wanted, change=True)
    assert all(one.startswith("read:") for one in look)
    assert run("auth0", "plan", "--registration", mode, AUTH0_MANAGEMENT_TOKEN=stand_in.token(*look)).code == 0
    words = ("auth0", "apply", "--yes", "--registration", mode)
    assert run(*words, AUTH0_MANAGEMENT_TOKEN=stand_in.token(*change)).code == 0
    assert run(*words, AUTH0_MANAGEMENT_TOKEN=stand_in.token(*change)).code == 0


def test_bad_tokens_are_told_apart(stand_in: StandIn, run: Run) -> None:
    forged = stand_in.token().rpartition(".")[0] + ".AAAA"
    rows = {
        "nonsense": "What was given as a management token is not one.",
        "a.b.c": "What was given as a management token is not one.",
        "eyJhbGciOiJub25lIn0.W10.": "What was given as a management token is not one.",
        stand_in.token(exp=int(stand_in.clock.now) - 60): "The management token expired at ",
        stand_in.token(aud="https://other.us.auth0.com/api/v2/"): "it is for https://other.us.auth0.com/api/v2/.",
        stand_in.token(aud=None): "it is for nothing.",
        stand_in.token() + "\nX": "The management token has a line break",
        forged: "did not accept the management token (status 401: Invalid token)",
    }
    for token, said in rows.items():
        refused = run("auth0", "plan", AUTH0_MANAGEMENT_TOKEN=token)
        assert refused.code == 1
        assert said in refused.err
        assert token not in refused.err + refused.out
    assert {one.status for one in stand_in.tenant.management.log} == {401}


def test_a_machine_to_machine_application_gets_in_by_itself(stand_in: StandIn, run: Run, tmp_path: Path) -> None:
    machine = stand_in.tenant.add_machine_client("Commands", "the s3cret", ALL_SCOPES)
    (tmp_path / "secret").write_text("the s3cret\n")
    by_file = {
        "AUTH0_MANAGEMENT_TOKEN": "",
        "AUTH0_MANAGEMENT_CLIENT_ID": machine.client_id,
        "AUTH0_MANAGEMENT_CLIENT_SECRET_FILE": str(tmp_path / "secret"),
    }
    assert run("auth0", "apply", "--yes", **by_file).code == 0
    wrong = run("auth0", "plan", **by_file | {"AUTH0_MANAGEMENT_CLIENT_SECRET": "wrong"})
    assert wrong.code == 1
    assert "gave the machine-to-machine application no token (status 401)" in wrong.err
    stand_in.tenant.client_grants.clear()
    unauthorized = run("auth0", "plan", **by_file)
    assert "and that the application is authorized" in unauthorized.err
    for one in (wrong, unauthorized):
        assert "s3cret" not in one.out + one.err


def test_without_credentials_and_without_a_terminal_it_says_how_to_get_some(stand_in: StandIn, run: Run) -> None:
    refused = run("auth0", "plan", AUTH0_MANAGEMENT_TOKEN="")
    assert refused.code == 1
    assert "AUTH0_MANAGEMENT_TOKEN" in refused.err
    assert stand_in.tenant.requests == {}


@pytest.mark.parametrize(("given", "lacking"), [("ID", "SECRET"), ("SECRET", "ID")])
def test_half_of_a_machine_applications_credentials_names_the_other_half(
    stand_in: StandIn, run: Run, given: str, lacking: str
) -> None:
    half = {f"AUTH0_MANAGEMENT_CLIENT_{given}": "something"}
    refused = run("auth0", "plan", AUTH0_MANAGEMENT_TOKEN="", **half)
    assert refused.code == 1
    assert f"AUTH0_MANAGEMENT_CLIENT_{given} is set, and AUTH0_MANAGEMENT_CLIENT_{lacking} is not." in refused.err
    assert "something" not in refused.err
    assert stand_in.tenant.requests == {}


def test_at_a_terminal_a_token_is_asked_for_without_being_shown(
    stand_in: StandIn, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = stand_in.token()
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(getpass, "getpass", lambda prompt: token)
    plan = run("auth0", "plan", AUTH0_MANAGEMENT_TOKEN="")
    assert plan.code == 0
    assert token not in plan.out + plan.err
    monkeypatch.setattr(getpass, "getpass", lambda prompt: " ")
    assert run("auth0", "plan", AUTH0_MANAGEMENT_TOKEN="").code == 1


def test_no_credential_is_in_an_output_a_log_a_file_or_a_repr(
    stand_in: StandIn, run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = stand_in.token()
    stand_in.tenant.fail_next("PATCH", "/connections", 500)
    outputs = [run("auth0", "apply", "--yes", AUTH0_MANAGEMENT_TOKEN=token)]
    outputs += [
        run("auth0", *words, AUTH0_MANAGEMENT_TOKEN=token) for words in (["plan", "--json"], ["apply", "--yes"])
    ]
    assert [one.code for one in outputs] == [1, 0, 0]
    texts = [one.out + one.err for one in outputs] + [caplog.text]
    texts += [path.read_text("latin-1") for path in tmp_path.rglob("*") if path.is_file()]
    texts.append(repr(Credentials(token, "id", "s3cret")))
    for text in texts:
        assert token not in text
        assert token.rpartition(".")[2] not in text
        assert "s3cret" not in text


def test_a_tenant_that_does_not_answer_is_said_so(run: Run) -> None:
    for environment in (
        {"AUTH0_MANAGEMENT_TOKEN": "", "AUTH0_MANAGEMENT_CLIENT_ID": "a", "AUTH0_MANAGEMENT_CLIENT_SECRET": "b"},
    ):
        refused = run("auth0", "plan", OAUTH_ISSUER="http://127.0.0.1:1/", **environment)
        assert refused.code == 1
        assert "127.0.0.1:1 did not answer (ConnectError)." in refused.err


SETTINGS = [
    (
        {"AUTH0_DOMAIN": "https://tenant.us.auth0.com", "OAUTH_ISSUER": ""},
        [],
        2,
        "AUTH0_DOMAIN: must be the bare domain",
    ),
    ({"OAUTH_ISSUER": "", "AUTH0_DOMAIN": "login.example.net"}, [], 1, "is not a tenant's own name"),
    ({"OAUTH_ISSUER": "https://keycloak.example.net/realms/home"}, [], 1, "names another log-in service"),
    ({}, ["--domain", "https://tenant.us.auth0.com/"], 1, "--domain tenant.us.auth0.com"),
    (
        {"OAUTH_ISSUER": "", "AUTH0_DOMAIN": "a.us.auth0.com"},
        ["--domain", "b.us.auth0.com"],
        2,
        "AUTH0_DOMAIN: is a.us.auth0.com, and --domain says b.us.auth0.com",
    ),
    ({"PUBLIC_BASE_URL": "https://home.example.net/"}, [], 2, "no trailing slash"),
    ({"PUBLIC_BASE_URL": ""}, [], 2, "PUBLIC_BASE_URL: is required"),
    ({"PUBLIC_BASE_URL": "", "AUTH_MODE": "none"}, [], 2, "PUBLIC_BASE_URL: is required here (or --url)"),
    ({"OAUTH_ISSUER": ""}, [], 2, "AUTH0_DOMAIN: is required"),
    ({"OAUTH_ISSUER": ""}, [], 2, "--url stands for PUBLIC_BASE_URL, and --domain for AUTH0_DOMAIN."),
    ({}, ["--url", "home.example.net"], 2, "--url stands for PUBLIC_BASE_URL"),
    ({}, ["--registration", "magic"], 2, "--registration"),
]


@pytest.mark.parametrize(("environment", "options", "code", "said"), SETTINGS)
def test_settings_that_cannot_be_used_are_named_with_the_fix(
    stand_in: StandIn, run: Run, environment: dict[str, str], options: list[str], code: int, said: str
) -> None:
    refused = run("auth0", "plan", *options, **environment)
    assert (refused.code, said in refused.err) == (code, True), refused.err
    assert stand_in.tenant.requests == {}


def test_the_server_and_commands_without_credentials_never_load_the_client_library() -> None:
    program = (
        "import sys, app.main, app.cli.serve, app.cli.stdio, app.cli.people, app.cli.clients, app.cli.access, "
        "app.demo.tenant; print([one for one in ('auth0', 'app.auth0', 'aiohttp', 'requests') if one in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
