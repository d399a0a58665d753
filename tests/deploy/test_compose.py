"""docker-compose.yml as text: what must stand in it, and what the documents must say about it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.settings import Settings

ROOT = Path(__file__).parents[2]
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
SERVICES = dict(
    re.findall(r"^  ([a-z]+):\n((?:    .*\n|\n)+)", COMPOSE.split("\nservices:\n")[1].split("\nconfigs:")[0], re.M)
)


def test_the_services_are_these() -> None:
    assert list(SERVICES) == ["app", "caddy", "cloudflared", "tailscale", "ngrok"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_runs_closed(name: str) -> None:
    assert "<<: *closed" in SERVICES[name]
    for line in ("read_only: true", "cap_drop: [ALL]", 'security_opt: ["no-new-privileges:true"]'):
        assert line in COMPOSE.split("x-closed:")[1].split("services:")[0]


def test_only_caddy_has_ports_and_only_it_may_bind_low_ones() -> None:
    assert [name for name, text in SERVICES.items() if "ports:" in text] == ["caddy"]
    assert [name for name, text in SERVICES.items() if "cap_add" in text] == ["caddy"]


def test_app_and_caddy_read_the_switch_from_the_same_place() -> None:
    assert [SERVICES[name].count("AUTH_MODE: ${AUTH_MODE:-oauth}") for name in ("app", "caddy")] == [1, 1]


def test_tunnels_are_not_on_the_apps_network_and_run_only_when_chosen() -> None:
    for name in ("cloudflared", "tailscale", "ngrok"):
        assert "networks: [tunnel]" in SERVICES[name]
        assert f"profiles: [{name}]" in SERVICES[name]
    assert "networks: [inside]" in SERVICES["app"]


def test_each_variable_is_a_setting_or_explained_where_the_home_server_is() -> None:
    used = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", COMPOSE))
    own = used - {name.upper() for name in Settings.model_fields}
    page = (ROOT / "docs/how-to/home-server.md").read_text(encoding="utf-8")
    assert own == {name for name in own if f"| `{name}` |" in page}
    assert own == {
        "BIND_ADDRESS",
        "CADDY_OPTIONS",
        "COMPOSE_PROFILES",
        "NGROK_AUTHTOKEN",
        "TS_AUTHKEY",
        "TS_HOSTNAME",
        "TUNNEL_TOKEN",
    }
