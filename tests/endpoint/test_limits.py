"""Limits: people by who they are, strangers by address, and nobody locked out by somebody else (RFC 6585 §4)."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator

import pytest

from app.auth.principal import Principal
from app.endpoint.limits import Limits
from app.errors import TooManyRequests
from tests.support.world import open_world


def test_a_person_who_asks_too_often_is_told_when_to_come_back_and_others_go_on() -> None:
    with open_world(rate_limit_per_person="5/minute") as world:
        bob = world.tenant.add_person("bob@example.com", "x", permissions={"read"})
        mine, his = world.token(), world.tenant.issue_access_token(bob, world.mcp, "read", "c")
        assert [world.call(mine).status_code for _ in range(8)] == [200] * 5 + [429] * 3
        refused = world.call(mine)
        assert refused.json()["error"] == "too_many_requests"
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert "www-authenticate" not in refused.headers
        assert world.call(his).status_code == 200
        assert world.probe.calls == 6


def test_an_address_full_of_bad_tokens_never_keeps_a_good_one_out() -> None:
    with open_world(rate_limit_per_address="5/minute") as world:
        bad = [world.call(f"bad-token-{number}").status_code for number in range(10)]
        assert bad == [401] * 5 + [429] * 5
        knock = world.call(None)  # a newcomer behind the same address must still learn how to log in
        assert (knock.status_code, "resource_metadata=" in knock.headers["www-authenticate"]) == (401, True)
        assert world.call(world.token()).status_code == 200
        assert world.call(world.token(jti="another")).status_code == 200


def test_a_new_token_of_the_same_person_shares_the_count() -> None:
    with open_world(rate_limit_per_person="3/minute") as world:
        assert [world.call(world.token(jti=str(n))).status_code for n in range(4)] == [200, 200, 200, 429]


def test_a_flood_is_told_under_one_code_and_fills_no_journal(caplog: pytest.LogCaptureFixture) -> None:
    with open_world(rate_limit_per_address="5/minute") as world:
        answers = [world.call(f"bad-token-{number}") for number in range(30)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert len(refused) == 25
        assert len({answer.json()["reference"] for answer in refused}) == 1
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
        lines = [record.getMessage() for record in caplog.records if "rate_limited" in record.getMessage()]
        assert len(lines) == 1
        assert refused[0].json()["reference"] in lines[0]
        world.clock.now += 61
        assert world.call("bad-token").json()["reference"] != refused[0].json()["reference"]


@pytest.mark.parametrize(("headers", "status"), [({}, 401), ({"host": "evil.example"}, 429)])
def test_no_kind_of_stranger_fills_the_log_or_the_journal(
    caplog: pytest.LogCaptureFixture, headers: dict[str, str], status: int
) -> None:
    caplog.set_level("INFO")
    with open_world(rate_limit_per_address="5/minute") as world:
        answers = [world.http.post(world.mcp, headers=headers) for _ in range(40)]
        assert answers[-1].status_code == status
        assert len({answer.json()["reference"] for answer in answers}) == 6  # five of their own, then one for all
        assert caplog.text.count("refused status=") == 6


def test_two_callers_who_ask_too_often_have_codes_of_their_own() -> None:
    with open_world(rate_limit_per_person="1/minute") as world:
        bob = world.tenant.add_person("bob@example.com", "x", permissions={"read"})
        tokens = [world.token(), world.tenant.issue_access_token(bob, world.mcp, "read", "c")]
        codes = [[world.call(token).json().get("reference") for _ in range(3)] for token in tokens]
        assert codes[0][1] == codes[0][2] != codes[1][1] == codes[1][2]


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    """A real Redis, started for these tests."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        pytest.skip("needs redis-server or valkey-server, which root installs")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen([program, *options], cwd=folder, stdout=subprocess.PIPE, text=True)
        assert server.stdout
        for line in server.stdout:
            if "ready to accept connections" in line.lower():
                break
        yield f"redis://127.0.0.1:{port}/0"
        server.terminate()
        server.communicate(timeout=10)


@pytest.mark.parametrize("scheme", ["redis", "valkey"])
def test_two_servers_count_together_in_one_redis(redis_url: str, scheme: str) -> None:
    url = redis_url.replace("redis", scheme, 1)
    person = Principal("https://as.test/", f"auth0|{scheme}", "c", frozenset(), 9e9)

    async def go() -> list[bool]:
        one, other = (Limits("5/hour", "5/hour", url) for _ in range(2))
        admitted = [await _admitted(limits, person) for limits in (one, other) * 4]
        await one.close()
        await other.close()
        return admitted

    assert asyncio.run(go()) == [True] * 5 + [False] * 3


def test_strangers_are_counted_together_too_and_told_when_to_come_back(redis_url: str) -> None:
    async def go() -> TooManyRequests | None:
        one, other = (Limits("5/hour", "2/hour", redis_url) for _ in range(2))
        assert [await one.stranger("192.0.2.1"), await other.stranger("192.0.2.1")] == [None, None]
        assert await one.stranger("192.0.2.2") is None
        refusal = await one.stranger("192.0.2.1")
        await one.close()
        await other.close()
        return refusal

    refusal = asyncio.run(go())
    assert refusal is not None
    assert 1 <= refusal.retry_after <= 3600


def test_while_the_shared_count_is_down_each_server_counts_alone_and_asks_it_rarely(
    caplog: pytest.LogCaptureFixture,
) -> None:
    person = Principal("https://as.test/", "auth0|1", "c", frozenset(), 9e9)
    asked = []

    def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(1)
        writer.close()

    async def go() -> list[bool]:
        server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        limits = Limits("3/hour", "3/hour", f"redis://user:secret-word@127.0.0.1:{port}/0")
        admitted = [await _admitted(limits, person) for _ in range(5)]
        server.close()
        await limits.close()
        return admitted

    assert asyncio.run(go()) == [True] * 3 + [False] * 2
    assert caplog.text.count("RATE_LIMIT_STORAGE_URL") == 1
    assert "secret-word" not in caplog.text
    assert 1 <= len(asked) <= 3  # one request's attempts; the others did not ask


def test_a_shared_count_that_never_answers_costs_one_short_wait() -> None:
    person = Principal("https://as.test/", "auth0|1", "c", frozenset(), 9e9)

    async def go() -> float:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            limits = Limits("9/hour", "9/hour", f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
            began = asyncio.get_running_loop().time()
            admitted = [await _admitted(limits, person) for _ in range(5)]
            assert admitted == [True] * 5
            await limits.close()
            return asyncio.get_running_loop().time() - began

    assert asyncio.run(go()) < 2


async def _admitted(limits: Limits, person: Principal) -> bool:
    try:
        await limits.admit(person)
    except TooManyRequests:
        return False
    return True
