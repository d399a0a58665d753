"""What is handed to a stranger: enough to help, and nothing that is secret or somebody's."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.doctor.bundle import scrub
from tests.support.world import EMAIL, World, eventually, gatehouse, open_world

SECRETS = {
    "data_go_kr_api_key": "portal-key-4711-very-secret",
    "odcloud_api_key": "short1",
    "auth0_management_token": "management-token-abcdefgh",
    "auth0_management_client_secret": "client-secret-zyxw",
    "rate_limit_storage_url": "redis://:redis-password@127.0.0.1:1/0",
}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bundle") / "bundle.json"


@pytest.fixture(scope="module")
def bundle(file: Path) -> tuple[str, World, str]:
    """The bundle of a server on which things happened, the server, and a token that was looked at."""
    with open_world(**SECRETS) as world:
        assert world.call(world.token()).status_code == 200
        token = world.token(aud=f"https://bob@example.org/{EMAIL}", iss=world.tenant.issuer)
        assert world.call(token).status_code == 401
        assert world.call(world.token(iss="https://tenant-of-somebody.eu.auth0.com/")).status_code == 401
        weak = world.token("", sub="auth0|5f7c8ec7c33c6c004bbafe82", permissions=[])
        assert world.call(weak, name="write_note", arguments={}).status_code == 403
        assert world.call(world.token() + "x").status_code == 401
        eventually(world.people)
        eventually(lambda: len(world.gatehouse("log", "--json", "--denied").out.splitlines()) == 4)
        held = file.with_name("token")
        held.write_text(token)
        ran = world.gatehouse("doctor", "--bundle", str(file), "--token-file", str(held), "--client-id", "my-client-1")
        assert f"Written: {file}" in ran.err
        return file.read_text(), world, token


def test_it_holds_no_secret_no_token_and_nobody(bundle: tuple[str, World, str]) -> None:
    text, world, token = bundle
    forbidden = [*SECRETS.values(), "redis-password", token, *token.split("."), EMAIL, "bob@example.org", world.sub]
    forbidden += ["Alice", "alice", "5f7c8ec7c33c6c004bbafe82", "auth0|", "test-client", "my-client-1"]
    forbidden += [world.environment["DATA_DIR"], "eyJ", "BEGIN", '"reference"']
    assert [word for word in forbidden if word in text] == []


def test_it_holds_what_helps(bundle: tuple[str, World, str]) -> None:
    text, world, _ = bundle
    facts = json.loads(text)
    assert set(facts) == {
        "gatehouse", "made", "platform", "packages", "settings", "refusals", "checks", "summary",
    }  # fmt: skip
    settings = facts["settings"]
    assert settings["DATA_GO_KR_API_KEY"] == settings["AUTH0_MANAGEMENT_TOKEN"] == "set"
    assert settings["DATABASE_URL"] == "not set"
    assert settings["PUBLIC_BASE_URL"] == world.url
    assert settings["OAUTH_LEEWAY_SECONDS"] == 30
    reasons = {one["reason"]: one for one in facts["refusals"]}
    assert {"wrong_audience", "wrong_issuer", "insufficient_scope"} <= set(reasons)
    assert "https://tenant-of-somebody.eu.auth0.com/" in reasons["wrong_issuer"]["received"]
    assert set(reasons["insufficient_scope"]) == {"time", "outcome", "reason", "status"}
    assert facts["summary"]["root_causes"] == ["client-unknown", "token-wrong-audience"]
    assert facts["packages"]["mcp"].startswith("2.")


def test_only_its_owner_can_read_it(bundle: tuple[str, World, str], file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_it_is_written_from_outside_and_with_unusable_settings_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert gatehouse("doctor", "--url", "http://127.0.0.1:1", "--bundle", "outside").code == 1
    assert gatehouse("doctor", "--bundle", "unusable", PUBLIC_BASE_URL="x", ONBID_API_KEY="secret-onbid").code == 1
    facts = json.loads(Path("unusable").read_text())
    assert (facts["checks"][0]["id"], facts["refusals"]) == ("public-base-url-unusable", [])
    assert "secret-onbid" not in Path("unusable").read_text()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("mail bob.smith+x@mail.example.org now", "mail (an e-mail address) now"),
        ("of auth0|5f7c8ec7 and google-oauth2|1093 x", "of (a subject) and (a subject) x"),
        ("the call needs write, sub=alice", "the call needs write, (somebody)"),
        ("iss=https://t.example/ sub=kim client_id=her-laptop", "iss=https://t.example/ (somebody) (somebody)"),
        ("subject 6f1e2b34-aaaa-4bbb-8ccc-1234567890ab here", "subject (a long code) here"),
        ("token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl end", "token (a token) end"),
        ("token eyJhbGciOiJkaXIifQ..abcdefgh.abcdefgh.abcdefgh end", "token (a token) end"),
        ("key 0123456789abcdef0123456789abcdef end", "key (a long code) end"),
        ("at 93.184.215.14 and 192.168.1.20 and 127.0.0.1:8000", "at (an address) and 192.168.1.20 and 127.0.0.1:8000"),
        ("at 2606:2800:21f:cb07:6820:80da:af6b:8b2c", "at (an address)"),
        ("https://tenant-name.eu.auth0.com/ stays", "https://tenant-name.eu.auth0.com/ stays"),
        ("docs/how-to/troubleshooting.md#dns-missing", "docs/how-to/troubleshooting.md#dns-missing"),
    ],
)
def test_texts_lose_what_is_somebodys(text: str, left: str) -> None:
    assert scrub(text) == left


@given(
    st.text(max_size=40),
    st.from_regex(r"[a-z0-9.]{1,12}@[a-z0-9]{1,12}\.(org|net|kr)", fullmatch=True),
    st.sampled_from([" ", ",", "\n", '"', "(", "="]),
)
def test_no_e_mail_address_comes_through_whatever_stands_around_it(around: str, address: str, sign: str) -> None:
    assert address not in scrub(f"{around}{sign}{address}{sign}{around}")
