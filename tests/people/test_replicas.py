"""Two real server processes on one database: what the owner changes anywhere counts at both within a second."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.demo.serving import ServedApp
from app.demo.tenant import Api, Tenant, create_tenant_app
from tests.frame.test_commands import free_ports, read_until, running
from tests.support.postgres import Postgres, database, postgres
from tests.support.world import Ran, eventually, gatehouse

__all__ = ["database", "postgres"]

AUDIENCE = "http://127.0.0.1:1/mcp"
WITHIN = 1.0


@dataclass
class Replicas:
    """Servers on one database, and the stand-in tenant whose people call them."""

    urls: list[str]
    environment: dict[str, str]
    tenant: Tenant

    def token(self, sub: str = "auth0|1", client: str = "client-1") -> str:
        person = self.tenant.add_person(f"{time.monotonic_ns()}@example.com", "correct-horse-7", permissions={"read"})
        return self.tenant.issue_access_token(person, AUDIENCE, "read", client, sub=sub)

    def statuses(self, token: str) -> list[int]:
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
        headers = {"authorization": f"Bearer {token}", "mcp-protocol-version": "2025-11-25"}
        return [httpx.post(f"{url}/mcp", json=body, headers=headers).status_code for url in self.urls]

    def gatehouse(self, *words: str) -> Ran:
        return gatehouse(*words, **self.environment)


@contextmanager
def replicas(environment: dict[str, str], cwd: Path, tenant: Tenant, count: int = 2) -> Iterator[Replicas]:
    ports = free_ports(count)
    with ExitStack() as stack:
        for port in ports:
            process = stack.enter_context(running("serve", cwd=cwd, **environment, PORT=str(port)))
            read_until(process, f"listening on 127.0.0.1 port {port}")
        yield Replicas([f"http://127.0.0.1:{port}" for port in ports], environment, tenant)


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    served = ServedApp()
    tenant = Tenant(f"{served.url}/", apis=[Api(AUDIENCE, "Test", ("read", "write"))])
    served.start(create_tenant_app(tenant))
    yield tenant
    served.stop()


def settings_of(database: str, tenant: Tenant) -> dict[str, str]:
    return {
        "DATABASE_URL": database,
        "PUBLIC_BASE_URL": "http://127.0.0.1:1",
        "OAUTH_ISSUER": tenant.issuer,
        "LOG_LEVEL": "info",
    }


def test_a_block_counts_at_every_server_within_a_second_and_outlives_them(
    database: str, tenant: Tenant, tmp_path: Path
) -> None:
    environment = settings_of(database, tenant)
    with replicas(environment, tmp_path, tenant) as both:
        good, other = both.token(), both.token("auth0|2", "client-2")
        assert both.statuses(good) == both.statuses(other) == [200, 200]
        for shut, undo in (
            (("people", "block", "auth0|1"), ("people", "unblock", "auth0|1")),
            (("clients", "block", "client-1"), ("clients", "unblock", "client-1")),
            (("access", "close"), ("access", "open")),
        ):
            assert both.gatehouse(*shut).code == 0
            eventually(lambda: both.statuses(good) == [403, 403], WITHIN)
            assert both.statuses(other) == ([403, 403] if shut[0] == "access" else [200, 200])
            assert both.gatehouse(*undo).code == 0
            eventually(lambda: both.statuses(good) == [200, 200], WITHIN)
        assert both.gatehouse("people", "block", "auth0|1").code == 0
    with replicas(environment, tmp_path, tenant, 1) as again:
        assert again.statuses(good) == [403]
        assert again.statuses(other) == [200]


def test_a_stranger_refused_at_one_server_is_listed_once_and_calls_of_both_are_added_up(
    database: str, tenant: Tenant, tmp_path: Path
) -> None:
    with replicas(settings_of(database, tenant), tmp_path, tenant) as both:
        token = both.token("auth0|3")
        for _ in range(3):
            assert both.statuses(token) == [200, 200]
        assert both.gatehouse("access", "open", "--invited").code == 0
        eventually(lambda: both.statuses(token) == [403, 403], WITHIN)
        assert both.statuses(both.token("auth0|4")) == [403, 403]

        def people() -> dict[str, str]:
            return {one["sub"]: one["status"] for one in both.gatehouse("people", "list", "--json").json}

        eventually(lambda: people() == {"auth0|3": "asked", "auth0|4": "asked"})


def test_while_the_database_is_away_the_last_state_counts_and_a_new_server_lets_nobody_in(
    postgres: Postgres, tenant: Tenant, tmp_path: Path
) -> None:
    environment = settings_of(postgres.new_database(), tenant)
    with replicas(environment, tmp_path, tenant, 1) as one:
        good, blocked = one.token(), one.token("auth0|blocked")
        assert one.statuses(good) == [200]
        assert one.gatehouse("people", "block", "auth0|blocked").code == 0
        eventually(lambda: one.statuses(blocked) == [403], WITHIN)
        postgres.stop()
        try:
            eventually(lambda: _people_check(one) == "warn")
            assert _ready(one)["status"] == "degraded"
            assert (one.statuses(good), one.statuses(blocked)) == ([200], [403])
            with replicas(environment, tmp_path, tenant, 1) as new:
                assert new.statuses(good) == new.statuses(blocked) == [503]
                assert _ready(new)["status"] == "unready"
                postgres.start()
                eventually(lambda: new.statuses(good) == [200])
                assert new.statuses(blocked) == [403]
        finally:
            if postgres._process is None:
                postgres.start()
        eventually(lambda: _ready(one)["status"] == "ready")


def _ready(one: Replicas) -> Any:
    return httpx.get(f"{one.urls[0]}/readyz").json()


def _people_check(one: Replicas) -> str:
    (check,) = (check for check in _ready(one)["checks"] if check["id"] == "database-unreadable")
    return str(check["status"])
