"""Shutting out and letting in, with the owner's commands against a running server: the next request knows."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.tools.base import CallContext
from tests.support.world import EchoArguments, EchoResult, Probe, World, eventually, open_world

WITHIN = 1.0
"""Seconds until a change counts, at most."""


@pytest.fixture
def token(world: World) -> str:
    token = world.token()
    assert world.call(token).status_code == 200
    return token


def refused(world: World, token: str) -> httpx.Response | None:
    """The refusal, if it is one."""
    answer = world.call(token)
    return answer if answer.status_code != 200 else None


def until_refused(world: World, token: str) -> httpx.Response:
    answer: httpx.Response = eventually(lambda: refused(world, token), WITHIN)
    return answer


def until_let_in(world: World, token: str) -> None:
    eventually(lambda: world.call(token).status_code == 200, WITHIN)


BOLTS: list[tuple[str, list[str], list[str], str]] = [
    ("a blocked person", ["people", "block", "SUB"], ["people", "unblock", "SUB"], "person_blocked"),
    ("a blocked program", ["clients", "block", "test-client"], ["clients", "unblock", "test-client"], "client_blocked"),
    ("a closed door", ["access", "close"], ["access", "open"], "door_closed"),
    ("a door for the invited", ["access", "open", "--invited"], ["people", "invite", "SUB"], "not_invited"),
]


@pytest.mark.parametrize(("name", "bolt", "undo", "reason"), BOLTS, ids=[row[0] for row in BOLTS])
def test_a_good_token_is_refused_within_a_second_and_counts_again_afterwards(
    world: World, token: str, name: str, bolt: list[str], undo: list[str], reason: str
) -> None:
    bolt, undo = ([world.sub if word == "SUB" else word for word in words] for words in (bolt, undo))
    assert world.gatehouse(*bolt).code == 0
    answer = until_refused(world, token)
    calls = world.probe.calls
    assert answer.status_code == 403
    assert answer.json()["error"] == "access_denied"
    assert "www-authenticate" not in answer.headers  # a client that was told to log in again would go round in circles
    for method in ("tools/call", "tools/list", "resources/list", "initialize"):
        assert world.call(token, method).status_code == 403
    fresh = world.token("admin", iat=world.clock.now + 5)
    assert world.call(fresh).status_code == 403
    assert world.probe.calls == calls
    why = ("why", answer.json()["reference"], "--json")
    told = eventually(lambda: one if (one := world.gatehouse(*why)).code == 0 else None, WITHIN)
    assert told.json["reason"] == reason
    assert world.gatehouse(*undo).code == 0
    until_let_in(world, token)


def test_what_was_shut_stays_shut_over_a_restart_from_the_first_request_on(tmp_path: Path) -> None:
    with open_world(data_dir=str(tmp_path)) as world:
        assert world.call(world.token(client="other-client")).status_code == 200
        assert world.gatehouse("clients", "block", "other-client").code == 0
    with open_world(data_dir=str(tmp_path)) as world:
        assert world.call(world.token(client="other-client")).status_code == 403
        assert world.call(world.token()).status_code == 200
        assert world.gatehouse("access", "close").code == 0
    with open_world(data_dir=str(tmp_path)) as world:
        assert world.call(world.token()).status_code == 403


def test_closing_for_everyone_refuses_older_tokens_also_after_opening_again(world: World, token: str) -> None:
    world.clock.now = time.time() - 5  # tokens up to here are older than the line
    token = world.token()
    assert world.gatehouse("access", "close", "--everyone").code == 0
    assert until_refused(world, token).status_code == 403
    assert world.gatehouse("access", "open").code == 0
    answer = eventually(lambda: one if (one := world.call(token)).status_code == 401 else None, WITHIN)
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]  # clients renew by themselves at that
    assert world.call(world.token(iat=None)).status_code == 401
    world.clock.now = time.time() + 20  # a clock may be ahead by so much
    assert world.call(world.token()).status_code == 401
    world.clock.now = time.time() + 40
    assert world.call(world.token()).status_code == 200
    world.clock.now -= 60
    assert world.gatehouse("access", "open", "--old-tokens").code == 0
    eventually(lambda: world.call(world.token(iat=None)).status_code == 200, WITHIN)


def test_an_end_of_access_counts_to_the_second_and_a_clock_set_back_does_not_undo_it(world: World, token: str) -> None:
    invited = world.gatehouse("people", "invite", world.sub, "--until", "1h", "--json")
    assert invited.code == 0
    end = time.time() + 3_600
    token = world.token(exp=end + 90_000, iat=None)
    world.clock.now = end - 60
    assert world.call(token).status_code == 200
    world.clock.now = end + 1
    until_refused(world, token)
    world.clock.now = end - 3_000  # somebody, or a broken clock, goes back to where access was still good
    assert world.call(token).status_code == 403
    assert world.people()[world.sub]["blocked"] is False


class Held(Probe):
    """A tool that waits until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.inside, self.go_on = threading.Event(), threading.Event()

    async def _echo(self, arguments: EchoArguments, context: CallContext) -> EchoResult:
        self.inside.set()
        await asyncio.to_thread(self.go_on.wait, 10)
        return EchoResult(text=arguments.text)


@pytest.fixture
def held() -> Iterator[tuple[Held, World]]:
    probe = Held()
    with open_world(toolset=probe.open) as world:
        yield probe, world
        probe.go_on.set()


def test_a_call_that_is_being_answered_when_its_person_is_blocked_still_ends_and_the_next_is_refused(
    held: tuple[Held, World],
) -> None:
    probe, world = held
    token, answers = world.token(), []
    thread = threading.Thread(target=lambda: answers.append(world.call(token)))
    thread.start()
    assert probe.inside.wait(5)
    assert world.gatehouse("people", "block", world.sub).code == 0
    eventually(lambda: world.call(token, "tools/list").status_code == 403, WITHIN)
    assert answers == []
    probe.go_on.set()
    thread.join(5)
    assert [answer.status_code for answer in answers] == [200]
    assert world.call(token).status_code == 403


def test_a_stranger_who_is_refused_asks_to_come_in_and_one_command_lets_them(world: World) -> None:
    assert world.gatehouse("access", "open", "--invited").code == 0
    stranger: dict[str, Any] = {"sub": "google-oauth2|77", "name": "Bob", "email": "bob@example.com"}
    until_refused(world, world.token())
    world.clock.now += 1  # who comes last stands first in the list
    token = world.token(**stranger)
    assert world.call(token).status_code == 403
    entry = eventually(lambda: world.people().get("google-oauth2|77"), WITHIN)
    assert (entry["status"], entry["name"], entry["email"], entry["calls"]) == ("asked", "Bob", "bob@example.com", 0)
    assert entry["iss"] == world.tenant.issuer
    listed = world.gatehouse("people", "list").out
    assert "asks to come in" in listed
    assert "gatehouse people invite 'google-oauth2|77'" in listed
    assert world.gatehouse("people", "invite", "google-oauth2|77").code == 0
    until_let_in(world, token)
    entry = eventually(lambda: one if (one := world.people()["google-oauth2|77"])["calls"] else None, WITHIN)
    assert (entry["status"], entry["calls"]) == ("invited", 1)


def test_the_first_admitted_call_makes_the_entry_and_each_call_counts(world: World) -> None:
    token = world.token(name="Alice", email="alice@example.com")
    assert world.people() == {}
    for _ in range(3):
        world.call(token)
    world.call(token, "tools/list")
    entry = eventually(lambda: one if (one := world.people().get(world.sub)) and one["calls"] == 3 else None, WITHIN)
    assert (entry["name"], entry["email"], entry["status"]) == ("Alice", "alice@example.com", "admitted")
    assert entry["scopes"] == ["read"]
    assert entry["first_seen"] == entry["last_seen"]
    assert entry["last_client"] == "test-client"


def test_a_refused_call_says_what_happened_and_whom_to_ask(world: World, token: str) -> None:
    world.gatehouse("people", "block", world.sub)
    body = until_refused(world, token).json()
    assert "owner" in body["error_description"]
    assert world.sub not in str(body)


def test_a_call_whose_body_is_still_on_its_way_is_refused_when_the_door_closes_meanwhile(
    world: World, token: str
) -> None:
    body = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hi"}}}'
    port = int(world.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        head = f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
        head += (
            f"Content-Type: application/json\r\nMCP-Protocol-Version: 2025-11-25\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + body[:20])
        assert world.gatehouse("people", "block", world.sub).code == 0
        until_refused(world, token)
        before = world.probe.calls
        connection.sendall(body[20:])
        assert connection.recv(65_536).startswith(b"HTTP/1.1 403 ")
    assert world.probe.calls == before


def test_whoever_is_shut_out_is_shut_out_of_the_other_servers_too(world: World, token: str) -> None:
    def verify() -> int:
        return world.http.get(f"{world.url}/auth/verify", headers={"authorization": f"Bearer {token}"}).status_code

    assert verify() == 200
    assert world.gatehouse("people", "block", world.sub).code == 0
    eventually(lambda: verify() == 403, WITHIN)
    assert world.gatehouse("people", "unblock", world.sub).code == 0
    eventually(lambda: verify() == 200, WITHIN)
    assert world.gatehouse("access", "close").code == 0
    eventually(lambda: verify() == 403, WITHIN)


def test_a_database_put_in_the_others_place_counts_from_then_on(world: World, token: str) -> None:
    assert world.call(token).status_code == 200
    file = Path(world.environment["DATA_DIR"]) / "journal.sqlite"
    file.rename(file.with_name("old.sqlite"))
    assert world.gatehouse("people", "block", world.sub).code == 0
    until_refused(world, token)
