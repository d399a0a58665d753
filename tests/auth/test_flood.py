"""Floods and rotations: strangers cannot make the server ask, remember or turn anybody away (RFC 7517, RFC 8725 §3.3).

The flood goes over real connections as fast as this machine answers it, for ``BUDGET`` seconds at most. A stranger
signs one token and puts any ``kid`` in front: with no key of that name the signature is never looked at, so making more
of them costs the stranger nothing, and one in fifty is signed anew only to show that it makes no difference.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import logging
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from urllib.parse import urlsplit

import pytest

from app.auth.authenticator import Authenticator
from tests.support import forge
from tests.support.world import World

FLOOD = 10_000
BUDGET = 10.0
AT_LEAST = 1_000
"""Fewer in the budget would prove nothing."""

BATCH = 200
CONNECTIONS = 8
PIPELINED = 10
COOLDOWN = 2.0

JWKS = "/.well-known/jwks.json"
METADATA = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration")
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "echo", "arguments": {"text": "x"}}}


@pytest.fixture(autouse=True)
def _pytest_keeps_no_log_line(caplog: pytest.LogCaptureFixture) -> None:
    """A server writes a line for each refusal and forgets it; pytest would hold all of them in memory."""
    caplog.set_level(logging.ERROR, logger="gatehouse")


def fetches(world: World) -> int:
    return world.tenant.requests[JWKS]


def strange_tokens(world: World) -> Iterator[str]:
    """Without end: right issuer, audience and times, an hour old, and a ``kid`` that never existed."""
    claims = forge.decoded(world.token(), 1) | {"iat": int(world.clock.now) - 3_600}
    payload = signature = ""
    for number in itertools.count():
        header = {"alg": "RS256", "typ": "JWT", "kid": secrets.token_urlsafe(16)}
        if number % 50 == 0:
            token = forge.signed(header, claims, forge.STRANGER)
            _, payload, signature = token.split(".")
            yield token
        else:
            yield f"{forge.segment(header)}.{payload}.{signature}"


class Connection:
    """One keep-alive connection; requests go out several at a time (HTTP/1.1 pipelining) and answers come in order."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        self._reader, self._writer, self._host = reader, writer, host

    async def call(self, tokens: list[str]) -> list[int]:
        """Call ``echo`` once with each token; return the statuses."""
        body = json.dumps(CALL).encode()
        statuses = []
        for start in range(0, len(tokens), PIPELINED):
            some = tokens[start : start + PIPELINED]
            for token in some:
                lines = ["POST /mcp HTTP/1.1", f"Host: {self._host}", f"Authorization: Bearer {token}"]
                lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "", ""]
                self._writer.write("\r\n".join(lines).encode() + body)
            statuses += [await self._answer() for _ in some]
        return statuses

    async def _answer(self) -> int:
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = next(line for line in head.splitlines() if line.startswith("content-length:")).partition(":")[2]
        await self._reader.readexactly(int(length))
        return int(head.split(" ", 2)[1])


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[Connection]:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        yield Connection(reader, writer, parts.netloc)
    finally:
        writer.close()
        await writer.wait_closed()


@dataclass
class Outcome:
    """What the strangers and the admitted person were answered, and how often the keys were fetched meanwhile."""

    strangers: Counter[int] = field(default_factory=Counter)
    person: Counter[int] = field(default_factory=Counter)
    fetched: list[int] = field(default_factory=list)
    """Fetches of the key set so far, after each batch."""


def flood(world: World, count: int, budget: float, batch: int = BATCH) -> Outcome:
    """Send up to ``count`` strange tokens, in batches of one second of the injected clock each.

    During each batch the person calls too, with the same token as ever and with one never seen before.
    """
    outcome, tokens = Outcome(), strange_tokens(world)
    usual, until = world.token(), time.monotonic() + budget

    async def go() -> None:
        async with AsyncExitStack() as stack:
            person, *crowd = [await stack.enter_async_context(connect(world.url)) for _ in range(1 + CONNECTIONS)]
            while outcome.strangers.total() < count and time.monotonic() < until:
                await one_batch(person, crowd)

    async def one_batch(person: Connection, crowd: list[Connection]) -> None:
        shares = [list(itertools.islice(tokens, batch // CONNECTIONS)) for _ in crowd]
        new = world.token(jti=secrets.token_hex(8))
        *refused, served = await asyncio.gather(
            *(one.call(share) for one, share in zip(crowd, shares, strict=True)),
            person.call([usual, new] * 5),
        )
        outcome.strangers.update(itertools.chain(*refused))
        outcome.person.update(served)
        outcome.fetched.append(fetches(world))
        world.clock.now += COOLDOWN / 2

    asyncio.run(go())
    return outcome


def authenticator_of(world: World) -> Authenticator:
    """The part of the running server that judges tokens and remembers the good ones; nothing else hands it out."""
    (found,) = [one for one in gc.get_objects() if type(one) is Authenticator and one._clock is world.clock]
    return found


def objects_held_by(root: object) -> int:
    """How many objects an object holds in memory, however deep: texts, digests and containers alike."""
    foreign = (type, FunctionType, ModuleType, asyncio.AbstractEventLoop)
    waiting, seen = [root], {id(root): root}
    while waiting:
        for one in gc.get_referents(waiting.pop()):
            if id(one) not in seen and not isinstance(one, foreign):
                seen[id(one)] = one
                waiting.append(one)
    return len(seen)


def test_a_flood_of_unknown_keys_costs_one_fetch_per_cooldown_no_memory_and_keeps_nobody_out(world: World) -> None:
    assert world.call(world.token()).status_code == 200
    world.clock.now += 60
    flood(world, BATCH, BUDGET)  # what is made once is made now
    authenticator, before, calls = authenticator_of(world), fetches(world), world.probe.calls
    held, remembered = objects_held_by(authenticator), len(authenticator._verified)
    world.clock.now += COOLDOWN
    outcome = flood(world, FLOOD, BUDGET)
    batches = len(outcome.fetched)
    assert outcome.strangers.total() >= AT_LEAST
    assert set(outcome.strangers) == {401}
    assert outcome.person == {200: 10 * batches}
    assert world.probe.calls - calls == 10 * batches
    assert [total - before for total in outcome.fetched] == [1 + number // 2 for number in range(batches)]
    assert len(authenticator._verified) - remembered == 1 + batches  # the person's tokens and nothing else
    assert objects_held_by(authenticator) - held < outcome.strangers.total() / 5


def test_a_thousand_anonymous_metadata_requests_cause_one_fetch(world: World) -> None:
    def asked() -> int:
        return sum(world.tenant.requests[path] for path in METADATA)

    for count, fetched in ((1_000, 1), (100, 2)):  # nothing held yet; then held, but no longer fresh
        for number in range(count):
            answer = world.http.get(f"{world.url}{METADATA[number % 2]}")
            assert answer.status_code == 200
            assert answer.json()["issuer"] == world.tenant.issuer
        assert asked() == fetched
        world.clock.now += 3_600


def test_a_new_key_works_at_once_and_a_removed_one_ends_within_the_refresh_period(world: World) -> None:
    first = world.token()
    assert world.call(first).status_code == 200
    world.clock.now += 60
    world.tenant.rotate_keys()  # the key that was next signs now, and a new next one is published
    second = world.token()
    assert [world.call(token).status_code for token in (first, second)] == [200, 200]
    assert fetches(world) == 1

    world.tenant.rotate_keys()  # signs with a key never seen; the first one is gone, the second still published
    third = world.token()
    assert [world.call(token).status_code for token in (third, second)] == [200, 200]
    assert fetches(world) == 2
    assert world.call(first).status_code == 401

    world.tenant.revoke_previous_key()
    world.clock.now += 600  # the refresh period
    for _ in range(1_000):
        assert world.call(third).status_code == 200  # one of these causes the refresh, and none of them waits for it
        if world.call(second).status_code == 401:
            break
    else:
        pytest.fail("a removed key still works")
    assert fetches(world) == 3
    assert world.call(third).status_code == 200
