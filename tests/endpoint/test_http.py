"""Requests that two readers could understand differently are refused; the merely unusual is served (RFC 9112 §6, §11).

Raw bytes on a socket to the server's own protocol class; each row says how many tools ran.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import select
import socket
from collections.abc import Iterator

import pytest

import app.serving
from app.tools.base import CallContext
from tests.support.world import EchoArguments, EchoResult, Probe, World, open_world

BODY = json.dumps(
    {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "echo", "arguments": {"text": "x"}}}
).encode()
LENGTH = f"Content-Length: {len(BODY)}\r\n"
UPGRADE = "Connection: Upgrade\r\nUpgrade: h2c\r\n"
CHUNKED = f"{len(BODY):x}\r\n".encode() + BODY + b"\r\n0\r\n\r\n"


@pytest.fixture(scope="module")
def door() -> Iterator[World]:
    with open_world() as world:
        yield world


def request(world: World, more: str = LENGTH, body: bytes = BODY, start: str = "POST /mcp HTTP/1.1\r\n") -> bytes:
    host = world.url.removeprefix("http://")
    head = f"Host: {host}\r\nAuthorization: Bearer {world.token()}\r\nContent-Type: application/json\r\n"
    return f"{start}{head}{more}\r\n".encode("latin-1") + body


def statuses(world: World, *pieces: bytes) -> list[int]:
    """Send the pieces, close our side, and return the status of every answer."""
    with socket.create_connection(("127.0.0.1", int(world.url.rsplit(":", 1)[1])), timeout=10) as connection:
        for piece in pieces:
            connection.sendall(piece)
        found, received = 0, b""
        wanted = max(1, b"".join(pieces).count(b"POST "))
        while found < wanted and (data := connection.recv(65_536)):
            received += data
            found = received.count(b'"x"}}}') + received.count(b"Invalid HTTP")
            if b"Invalid HTTP" in received:
                break
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]


REFUSED = {
    "a length and chunks": (LENGTH + "Transfer-Encoding: chunked\r\n", b"0\r\n\r\n" + BODY),
    "two lengths": (LENGTH + "Content-Length: 3\r\n", BODY),
    "the same length twice": (LENGTH + LENGTH, BODY),
    "a length with a sign": (f"Content-Length: +{len(BODY)}\r\n", BODY),
    "an unknown coding": ("Transfer-Encoding: xchunked\r\n", BODY),
    "a folded header": (f"X-A: b\r\n c\r\n{LENGTH}", BODY),
    "a space before the colon": (f"X-A : b\r\n{LENGTH}", BODY),
    "a zero byte in a header": (f"X-A: a\0b\r\n{LENGTH}", BODY),
    "a bare line feed": (f"X-A: b\n{LENGTH}", BODY),
    "two hosts": (f"Host: 127.0.0.1\r\n{LENGTH}", BODY),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_ambiguous_request_is_refused_and_runs_nothing(door: World, name: str) -> None:
    more, body = REFUSED[name]
    door.probe.calls = 0
    assert statuses(door, request(door, more, body)) == [400]
    assert door.probe.calls == 0
    assert door.call(door.token()).status_code == 200


def test_requests_one_after_the_other_on_a_connection_are_all_answered_in_order(door: World) -> None:
    door.probe.calls = 0
    assert statuses(door, request(door) * 50) == [200] * 50
    assert door.probe.calls == 50


@pytest.mark.parametrize(
    ("more", "body"), [(UPGRADE + LENGTH, BODY), (UPGRADE + "Transfer-Encoding: chunked\r\n", CHUNKED)]
)
def test_an_upgrade_between_other_requests_is_answered_like_them(door: World, more: str, body: bytes) -> None:
    door.probe.calls = 0
    plain, asking = request(door), request(door, more, body)
    assert statuses(door, plain + asking + plain) == [200] * 3
    assert statuses(door, *(asking[start : start + 7] for start in range(0, len(asking), 7))) == [200]
    assert door.probe.calls == 4


def test_an_old_client_and_an_absolute_address_are_served(door: World) -> None:
    assert statuses(door, request(door, start="POST /mcp HTTP/1.0\r\n")) == [200]
    assert statuses(door, request(door, start=f"POST {door.url}/mcp HTTP/1.1\r\n")) == [200]


def chunked(trailers: str) -> bytes:
    return CHUNKED[:-2] + trailers.encode("latin-1") + b"\r\n"


CODED = "Transfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(
    ("trailer", "status"),
    [("Authorization: Bearer x\r\n", 200), ("Origin: https://evil.example\r\n", 200), ("Host: evil.example\r\n", 200)],
)
def test_a_trailer_never_passes_for_a_header(door: World, trailer: str, status: int) -> None:
    assert statuses(door, request(door, CODED, chunked(trailer))) == [status]


def test_a_token_in_a_trailer_lets_nobody_in(door: World) -> None:
    host = door.url.removeprefix("http://")
    head = f"POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n{CODED}\r\n".encode()
    answer = exchange(door, head + chunked(f"Authorization: Bearer {door.token()}\r\n"))
    assert answer.startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("token", [True, False])
def test_endless_trailers_end_the_connection(door: World, token: bool) -> None:
    start = request(door, CODED, CHUNKED[:-2])
    if not token:
        start = re.sub(rb"Authorization: [^\r]*\r\n", b"", start)
    with socket.create_connection(("127.0.0.1", int(door.url.rsplit(":", 1)[1])), timeout=10) as connection:
        connection.sendall(start)
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 20_000_000:
                connection.sendall(b"X-T: " + b"t" * 4_000 + b"\r\n")
                sent += 4_007
        assert sent < 20_000_000


def test_a_large_body_before_the_beginning_of_the_next_request_is_no_large_head(door: World) -> None:
    body = BODY + b" " * 90_000
    big = request(door, f"Content-Length: {len(body)}\r\n", body)
    after = request(door)
    door.probe.calls = 0
    assert len(big) > 64 * 1024
    assert statuses(door, big + after[:40], after[40:]) == [200, 200]
    assert door.probe.calls == 2


def test_a_request_after_one_that_declined_an_upgrade_and_closes_does_not_take_its_answer(door: World) -> None:
    asking = request(door, "Connection: Upgrade, close\r\nUpgrade: h2c\r\n" + LENGTH)
    assert statuses(door, asking + b"GARBAGE") == [200]


@pytest.mark.parametrize("broken", [b"GARBAGE\r\n\r\n", b"POST /mcp HTTP/1.1\r\nX-Long: " + b"x" * 200_000])
def test_a_broken_request_never_takes_the_place_of_an_answer_before_it(door: World, broken: bytes) -> None:
    door.probe.calls = 0
    answered = b""
    with socket.create_connection(("127.0.0.1", int(door.url.rsplit(":", 1)[1])), timeout=10) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(request(door) * 3 + broken)
        with contextlib.suppress(ConnectionError):
            while data := connection.recv(65_536):  # until the server ends the connection
                answered += data
    assert re.findall(rb"HTTP/1\.1 (\d{3}) ", answered) == [b"200"] * 3
    assert door.probe.calls == 3


def test_a_body_that_breaks_while_it_is_awaited_is_refused_at_once(door: World) -> None:
    assert exchange(door, request(door, CODED, b"zz\r\n")).startswith(b"HTTP/1.1 400 ")


def test_an_early_answer_arrives_although_the_body_does_not_end(door: World) -> None:
    """To hang up on a client that is still sending would reset the connection, and lose the answer."""
    port = int(door.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        head = f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Length: 8000000\r\n\r\n"
        connection.sendall(head.encode() + b" " * 4_000_000)
        answer = b""
        while not answer.endswith(b"}"):
            answer += connection.recv(65_536)
        assert answer.startswith(b"HTTP/1.1 401 ")
        for _ in range(40):
            connection.sendall(b" " * 100_000)
        assert connection.recv(1) == b""


@pytest.mark.parametrize("rest", [b"ZZ\r\n", b"5;" + b"a" * 70_000])
def test_a_body_that_breaks_after_an_early_answer_ends_the_connection_quietly(
    door: World, rest: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    port = int(door.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        head = (
            f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        connection.sendall(head.encode() + b"5\r\nhello\r\n")
        answer = b""
        while not answer.endswith(b"}"):
            answer += connection.recv(65_536)
        assert answer.startswith(b"HTTP/1.1 401 ")
        connection.sendall(rest)
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(1) == b""
    assert not [record for record in caplog.records if record.exc_info]


def test_a_head_that_comes_in_pieces_without_end_is_cut_off(door: World) -> None:
    with socket.create_connection(("127.0.0.1", int(door.url.rsplit(":", 1)[1])), timeout=10) as connection:
        connection.sendall(b"POST /mcp HTTP/1.1\r\nX-Long: ")
        sent, received = 0, b""
        with contextlib.suppress(ConnectionError):
            while sent < 5_000_000 and not received:
                connection.sendall(b"x" * 4_096)
                sent += 4_096
                if select.select([connection], [], [], 0.005)[0]:  # a moment for the server to read what came
                    received = connection.recv(65_536)
                    break
        assert sent < 1_000_000
        assert received.startswith(b"HTTP/1.1 431 ") or not received


def test_a_second_request_on_a_connection_must_complete_its_head_in_time_too(
    monkeypatch: pytest.MonkeyPatch, door: World
) -> None:
    monkeypatch.setattr("app.serving.HEADER_SECONDS", 0.2)
    with socket.create_connection(("127.0.0.1", int(door.url.rsplit(":", 1)[1])), timeout=4) as connection:
        connection.sendall(request(door))
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"POST /mcp HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        assert connection.recv(100) == b""


def test_a_call_may_take_longer_than_heads_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.serving.HEADER_SECONDS", 0.1)

    class Slow(Probe):
        async def _echo(self, arguments: EchoArguments, context: CallContext) -> EchoResult:
            past_the_limit = asyncio.Event()
            asyncio.get_running_loop().call_later(2 * app.serving.HEADER_SECONDS, past_the_limit.set)
            await past_the_limit.wait()
            return EchoResult(text=arguments.text)

    with open_world(toolset=Slow().open) as world:
        assert statuses(world, request(world)) == [200]


def exchange(world: World, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", int(world.url.rsplit(":", 1)[1])), timeout=10) as connection:
        connection.sendall(sent)
        return connection.recv(65_536)
