"""Kept over a restart: a cold start while the authorization server is down serves, and trusts nothing foreign."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.auth.saved_document import SavedDocument
from app.demo.serving import ServedApp
from app.demo.tenant import create_tenant_app
from app.main import create_app
from app.settings import load_settings
from tests.support.world import World, open_world


def restarted(world: World, folder: Path, **changes: str) -> ServedApp:
    """A second server with the same settings and data, as after a restart."""
    values = {"public_base_url": world.url, "oauth_issuer": world.tenant.issuer, "data_dir": str(folder), **changes}
    served = ServedApp()
    app = create_app(load_settings(values), toolsets={"real_estate": world.probe.open}, clock=world.clock)
    served.start(app)
    return served


def ask(world: World, served: ServedApp, token: str) -> int:
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    headers = {"authorization": f"Bearer {token}"}
    return world.http.post(f"{served.url}/mcp", json=body, headers=headers).status_code


def test_a_cold_start_while_the_provider_is_down_serves_for_a_day(tmp_path: Path) -> None:
    with open_world(data_dir=str(tmp_path)) as world:
        assert world.call(world.token()).status_code == 200
        document = world.http.get(f"{world.url}/.well-known/oauth-authorization-server").json()
        world.tenant_app.stop()
        world.clock.now += 80_000
        served = restarted(world, tmp_path)
        try:
            assert ask(world, served, world.token()) == 200
            kept = world.http.get(f"{served.url}/.well-known/oauth-authorization-server")
            assert kept.json() == document
            world.clock.now += 6_401
            assert ask(world, served, world.token()) == 503
        finally:
            served.stop()


@pytest.mark.parametrize("damage", ["cut", "changed", "foreign", "empty", "list", "nested"])
def test_a_damaged_or_foreign_file_is_as_good_as_none(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    with open_world(data_dir=str(tmp_path)) as world:
        assert world.call(world.token()).status_code == 200
        world.tenant_app.stop()
        for path in (tmp_path / "authorization_server").glob("*.json"):
            text = path.read_text()
            kept = json.loads(text)
            kept["content"]["issuer"] = "https://evil.example/"
            changed = {
                "cut": text[:-10],
                "changed": text.replace("RS256", "RS512"),
                "foreign": json.dumps(kept),
                "empty": "",
                "list": "[]",
                "nested": "[" * 100_000,
            }
            path.write_text(changed[damage])
        caplog.clear()
        served = restarted(world, tmp_path)
        try:
            assert ask(world, served, world.token()) == 503
        finally:
            served.stop()
        assert caplog.text.count("is not used") == 2


def test_what_was_kept_for_one_issuer_is_never_read_for_another(tmp_path: Path) -> None:
    one = SavedDocument(tmp_path, "https://one.example/", "keys")
    one.write({"keys": []}, 5.0)
    assert one.read() == ({"keys": []}, 5.0)
    assert SavedDocument(tmp_path, "https://two.example/", "keys").read() is None
    assert SavedDocument(tmp_path, "https://one.example/", "metadata").read() is None


def test_a_folder_that_cannot_be_written_costs_only_the_memory_over_a_restart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "authorization_server").write_text("a file where the folder should be")
    with open_world(data_dir=str(tmp_path)) as world:
        assert world.call(world.token()).status_code == 200
    assert "cannot be kept" in caplog.text


def test_the_first_token_after_the_provider_returns_is_accepted_at_once(world: World) -> None:
    assert world.call(world.token()).status_code == 200
    port = world.tenant_app.port
    world.tenant_app.stop()
    world.clock.now += 60
    world.tenant.rotate_keys()
    world.tenant.rotate_keys()
    new = world.token()
    assert world.call(new).status_code == 503
    back = ServedApp(port)
    back.start(create_tenant_app(world.tenant))
    try:
        world.clock.now += 2
        assert world.call(new).status_code == 200
    finally:
        back.stop()
