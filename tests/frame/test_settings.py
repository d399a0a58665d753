"""Settings: defaults, every rule with its message, all problems at once, secrets from files, nothing leaked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from app.errors import ConfigurationError
from app.settings import Settings, load_demo_ports, load_settings

GOOD = {"public_base_url": "https://home.example.net", "auth0_domain": "tenant.us.auth0.com"}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def problems(values: dict[str, Any] | None) -> dict[str, str]:
    with pytest.raises(ConfigurationError) as refused:
        load_settings(values)
    return {problem.setting: str(problem) for problem in refused.value.problems}


def test_three_settings_are_enough_and_the_rest_has_its_promised_default() -> None:
    settings = load_settings({**GOOD, "data_go_kr_api_key": "k"})
    assert settings.resource == "https://home.example.net/mcp"
    assert settings.issuer == "https://tenant.us.auth0.com/"
    assert settings.audiences == ("https://home.example.net/mcp",)
    assert settings.origins == ("https://home.example.net", "https://chatgpt.com", "https://claude.ai")
    assert (settings.auth_mode, settings.host, settings.port) == ("oauth", "127.0.0.1", 8000)
    assert settings.oauth_algorithms == ("RS256",)
    assert settings.oauth_scope_claims == ("scope", "scp", "permissions")
    assert settings.default_scopes == ("read",)


def test_another_issuer_is_kept_byte_for_byte() -> None:
    for issuer in ("https://login.example.net/realms/home", "https://login.example.net/", "http://127.0.0.1:9/x"):
        assert load_settings({"public_base_url": "https://a.example", "oauth_issuer": issuer}).issuer == issuer


def test_all_problems_are_told_at_once_each_with_an_example() -> None:
    told = problems({"oauth_algorithms": "none", "oauth_jwks_uri": "nonsense", "toolsets": "x", "port": "many"})
    assert set(told) == {"PUBLIC_BASE_URL", "AUTH0_DOMAIN", "OAUTH_ALGORITHMS", "OAUTH_JWKS_URI", "TOOLSETS", "PORT"}
    assert all(f"Example: {name}=" in text for name, text in told.items())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("auth_mode", "OAuth"),
        ("auth_mode", "off"),
        ("auth_mode", "none oauth"),
        ("auth_mode", "*"),
        ("auth_mode", "o*"),
        ("public_base_url", "home.example.net"),
        ("public_base_url", "https://home.example.net/"),
        ("public_base_url", "https://home.example.net:443"),
        ("public_base_url", "http://127.0.0.1:80"),
        ("public_base_url", "https://192.168.0.5"),
        ("public_base_url", "https://[2001:db8::1]"),
        ("other_resources", "other/mcp"),
        ("other_resources", "/other/mcp/"),
        ("other_resources", "/Other"),
        ("other_resources", "/other/../mcp"),
        ("other_resources", "/mcp"),
        ("other_resources", "/auth/verify"),
        ("other_resources", "/admin/x"),
        ("public_base_url", "https://home.example.net/mcp"),
        ("public_base_url", "https://Home.example.net"),
        ("public_base_url", "http://home.example.net"),
        ("public_base_url", "http://192.168.0.5"),
        ("public_base_url", "https://me:pw@home.example.net"),
        ("public_base_url", "https://home.example.net?x"),
        ("public_base_url", "https://home.example.net:abc"),
        ("public_base_url", "ftp://home.example.net"),
        ("public_base_url", "https://home .example.net"),
        ("auth0_domain", "https://tenant.us.auth0.com"),
        ("auth0_domain", "tenant.us.auth0.com/"),
        ("auth0_domain", "tenant"),
        ("auth0_domain", "Tenant.us.auth0.com"),
        ("auth0_domain", "tenant.us.auth0.com:443"),
        ("auth0_domain", "a@b.auth0.com"),
        ("oauth_issuer", "https://also.example"),
        ("oauth_algorithms", "HS256"),
        ("oauth_algorithms", "RS256,none"),
        ("oauth_algorithms", "rs256"),
        ("oauth_algorithms", ","),
        ("oauth_scope_claims", ","),
        ("oauth_leeway_seconds", "-1"),
        ("oauth_leeway_seconds", "3600"),
        ("oauth_leeway_seconds", "soon"),
        ("oauth_jwks_uri", "http://keys.example/jwks"),
        ("default_scopes", "read write"),
        ("default_scopes", 'a"b'),
        ("toolsets", "real_estate,house"),
        ("allowed_origins", "*"),
        ("allowed_origins", "https://a.example/path"),
        ("allowed_origins", "chatgpt.com"),
        ("forwarded_allow_ips", "*"),
        ("forwarded_allow_ips", "0.0.0.0/0"),
        ("forwarded_allow_ips", "::/0"),
        ("forwarded_allow_ips", "127.0.0.1,garbage"),
        ("forwarded_allow_ips", "127.0.0.1,"),
        ("rate_limit_per_person", "many"),
        ("rate_limit_per_person", "0/minute"),
        ("rate_limit_per_address", "5"),
        ("rate_limit_storage_url", "http://127.0.0.1:6379"),
        ("rate_limit_storage_url", "redis://:hunter2/pw@127.0.0.1:6379/0"),
        ("rate_limit_storage_url", "redis://[::1/0"),
        ("rate_limit_storage_url", "redis://127.0.0.1:abc/0"),
        ("rate_limit_storage_url", "redis://127.0.0.1/0?timeout=abc"),
        ("rate_limit_storage_url", "redis://127.0.0.1/name"),
        ("public_base_url", "https://집.example"),
        ("public_base_url", 'https://h.example"'),
        ("default_scopes", "raed"),
        ("port", "0"),
        ("port", "70000"),
        ("port", "http"),
        ("log_level", "loud"),
        ("log_format", "xml"),
        ("data_go_kr_base_url", "http://apis.data.go.kr"),
    ],
)
def test_a_wrong_value_is_refused_under_its_own_name(name: str, value: str) -> None:
    told = problems({**GOOD, name: value})
    assert set(told) == {name.upper()}
    assert f"{name.upper()}: " in told[name.upper()]
    assert "hunter2" not in str(told)


def test_without_log_in_no_authorization_server_is_needed() -> None:
    assert load_settings({"auth_mode": "none"}).auth_mode == "none"


def test_the_environment_and_the_dot_env_file_are_read_and_the_environment_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("PUBLIC_BASE_URL=https://file.example\nAUTH0_DOMAIN=t.eu.auth0.com\nPORT=9\nX=1\n")
    monkeypatch.setenv("PORT", "10")
    settings = load_settings()
    assert (settings.public_base_url, settings.port) == ("https://file.example", 10)


def test_a_blank_means_not_set_except_for_the_default_scopes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "OAUTH_ALGORITHMS", "AUTH_MODE", "LOG_LEVEL", "DEFAULT_SCOPES"):
        monkeypatch.setenv(name, "  " if name == "PORT" else "")
    monkeypatch.setenv("PUBLIC_BASE_URL", "https://a.example")
    monkeypatch.setenv("AUTH0_DOMAIN", "t.eu.auth0.com")
    settings = load_settings()
    assert (settings.port, settings.oauth_algorithms, settings.auth_mode) == (8000, ("RS256",), "oauth")
    assert settings.default_scopes == ()


def test_a_port_that_the_proxy_does_not_answer_on_is_refused_only_when_the_proxy_says_so() -> None:
    moved = {**GOOD, "public_base_url": "https://home.example.net:8443"}
    assert load_settings(moved).resource == "https://home.example.net:8443/mcp"
    assert "PUBLIC_BASE_URL" in problems({**moved, "public_port": "80,443"})
    assert load_settings({**moved, "public_port": "80,8443"}).public_port == "80,8443"
    assert load_settings({**GOOD, "public_port": "80,443"}).resource == "https://home.example.net/mcp"
    assert "PUBLIC_BASE_URL" in problems({**GOOD, "public_port": "8443"})


@pytest.mark.parametrize("encoding", ["cp949", "utf-16"])
def test_a_dot_env_in_another_encoding_is_a_clear_error(tmp_path: Path, encoding: str) -> None:
    (tmp_path / ".env").write_bytes("# 우리집\nPUBLIC_BASE_URL=https://a.example\n".encode(encoding))
    assert problems(None) == {".env": ".env: is not UTF-8 text. Save it as UTF-8."}


def test_a_dot_env_that_may_not_be_read_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", forbidden)
    assert re.fullmatch(r"\.env: in the folder /\S* cannot be read \(Permission denied\)\..*", problems(None)[".env"])


@pytest.mark.parametrize(("small", "big", "refused"), [("none", "oauth", True), ("oauth", "oauth", False)])
def test_two_spellings_of_one_setting_must_not_differ(
    monkeypatch: pytest.MonkeyPatch, small: str, big: str, refused: bool
) -> None:
    for name, value in {**{key.upper(): value for key, value in GOOD.items()}, "auth_mode": small}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AUTH_MODE", big)
    if refused:
        assert set(problems(None)) == {"AUTH_MODE"}
    else:
        assert load_settings().auth_mode == "oauth"


def test_a_secret_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("the-key\n")
    monkeypatch.setenv("PUBLIC_BASE_URL", "https://a.example")
    monkeypatch.setenv("AUTH0_DOMAIN", "t.eu.auth0.com")
    monkeypatch.setenv("DATA_GO_KR_API_KEY_FILE", str(tmp_path / "key"))
    assert load_settings().data_go_kr_api_key.get_secret_value() == "the-key"
    monkeypatch.setenv("DATA_GO_KR_API_KEY_FILE", str(tmp_path / "missing"))
    monkeypatch.setenv("PORT", "many")
    told = problems(None)
    assert set(told) == {"DATA_GO_KR_API_KEY", "PORT"}
    assert "_FILE points to cannot be read" in told["DATA_GO_KR_API_KEY"]


def test_a_blank_in_the_environment_hides_neither_the_file_nor_the_dot_env(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("the-key")
    (tmp_path / ".env").write_text(
        f"PUBLIC_BASE_URL=https://a.example\nAUTH0_DOMAIN=t.eu.auth0.com\nDATA_GO_KR_API_KEY_FILE={tmp_path / 'key'}\n"
    )
    monkeypatch.setenv("DATA_GO_KR_API_KEY", "")
    monkeypatch.setenv("PUBLIC_BASE_URL", " ")
    settings = load_settings()
    assert settings.public_base_url == "https://a.example"
    assert settings.data_go_kr_api_key.get_secret_value() == "the-key"


def test_a_secret_shows_nowhere() -> None:
    settings = load_settings({**GOOD, "data_go_kr_api_key": "the-key"})
    assert "the-key" not in repr(settings) + str(settings) + settings.model_dump_json()
    told = problems({"data_go_kr_api_key": "the-key", "port": "the-key", "public_base_url": "the-key"})
    assert "the-key" not in "".join(told.values())


def test_a_wrong_demo_port_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_DATA_PORT", "")
    assert load_demo_ports().demo_data_port == 8002
    monkeypatch.setenv("DEMO_TENANT_PORT", "many")
    with pytest.raises(ConfigurationError) as refused:
        load_demo_ports()
    assert [problem.setting for problem in refused.value.problems] == ["DEMO_TENANT_PORT"]
