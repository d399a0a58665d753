"""Settings on the owner's page: what counts, where it came from, and never a secret."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from app.admin.settings_page import told
from app.settings import Settings, load_settings
from tests.admin.support import Visitor, managed_world
from tests.support.world import World

ISSUER = "https://tenant.example/"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with managed_world(data_go_kr_api_key="made-up-key-1", database_url="", log_level="warning") as world:
        yield world


def test_every_setting_is_shown_and_no_secret(world: World) -> None:
    owner = Visitor(world)
    owner.log_in()
    text = owner.get("/admin/settings").text
    for name in Settings.model_fields:
        assert f"<code>{name.upper()}</code>" in text
    for secret in ("made-up-key-1", "made-up-management-secret"):
        assert secret not in text
    assert re.search(r"<code>DATA_GO_KR_API_KEY</code></td>\s*<td>.*set, and not shown", text)
    assert re.search(r"<code>ONBID_API_KEY</code></td>\s*<td>.*not set", text)
    assert ">None<" not in text
    assert re.search(r"<code>LOG_LEVEL</code>.*?warning.*?given at the start", text, re.S)
    assert re.search(rf"<code>AUTH0_AUDIENCE</code></td>\s*<td>\s*<bdi>{world.mcp}</bdi>", text)


def test_where_each_came_from_is_kept_from_when_they_were_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "key").write_text("made-up-key-2", encoding="utf-8")
    lines = {
        "PUBLIC_BASE_URL": "https://home.example.net",
        "OAUTH_ISSUER": ISSUER,
        "LOG_DAYS": "3",
        "ONBID_API_KEY": "",
    }
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in lines.items()), encoding="utf-8")
    given = {"LOG_DAYS": "5", "DATA_GO_KR_API_KEY_FILE": str(tmp_path / "key"), "PORT": " "}
    with mock.patch.dict(os.environ, given, clear=True):
        settings = load_settings(host="127.0.0.1")
    (tmp_path / ".env").unlink()
    assert settings.came_from == {
        "public_base_url": ".env",
        "oauth_issuer": ".env",
        "log_days": "environment",
        "data_go_kr_api_key": "environment, in the file that DATA_GO_KR_API_KEY_FILE names",
        "host": "command line",
    }
    assert (settings.log_days, settings.data_go_kr_api_key.get_secret_value()) == (5, "made-up-key-2")
    assert "made-up-key-2" not in repr(settings)
    blank = load_settings({"auth_mode": "none", "log_days": " ", "default_scopes": ""})
    assert blank.came_from == {"auth_mode": "given", "default_scopes": "given"}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("https://user:word@host/path", "https://…@host/path"),
        ("https://host/path?key=word&b=1", "https://host/path?…"),
        ("https://user:pa@word@host", "https://…"),
        ("https://user:pa/word@host", "https://…"),
        ("https://user:word@host/?a=b", "https://…"),
        ("https://host/?a=b@word", "https://…"),
        ("https://host/#word", "https://…"),
        (("https://issuer/ samlp|a@b.example",), "https://issuer/ samlp|a@b.example"),
        (("https://a:b@c", "read"), "https://…@c, read"),
        (("read", "write"), "read, write"),
        (8_000, "8000"),
        ("", ""),
    ],
)
def test_what_an_address_carries_besides_itself_is_not_told(value: object, shown: str) -> None:
    assert told(value) == shown
