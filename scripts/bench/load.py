"""Load on one server, as one process: ``load.py`` reads a plan as JSON from standard input and prints what it measured.

Closed loop: each connection sends its next request when the answer to the last one is complete. With ``rate`` it is an
open loop: requests start at fixed times, and a late answer counts from the time at which its request was due.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import uvloop


class Connection(asyncio.Protocol):
    """One keep-alive connection that sends prepared requests and reads no more of an answer than it must."""

    def __init__(self, expected: bytes) -> None:
        self._expected = expected
        self.answer: asyncio.Future[int] | None = None
        self._seen = b""
        self._left = -1
        self._status = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def send(self, request: bytes) -> asyncio.Future[int]:
        """Send one request; the future gives the status when the answer is complete."""
        self.answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)  # type: ignore[attr-defined]
        return self.answer

    def data_received(self, data: bytes) -> None:
        if self._left < 0:
            self._seen += data
            end = self._seen.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._seen[:end].lower()
            self._status = int(head[9:12])
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            self._left = length - (len(self._seen) - end - 4)
        else:
            self._left -= len(data)
        if self._left <= 0 and self._status == 200 and self._expected not in self._seen + data:
            self._status = 599  # an answer, but not what was asked for
        if self._left <= 0:
            self._seen, self._left = b"", -1
            if self.answer and not self.answer.done():
                self.answer.set_result(self._status)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.answer and not self.answer.done():
            self.answer.set_exception(ConnectionError("hung up"))


def requests_of(plan: dict[str, Any]) -> Iterator[bytes]:
    """The requests, ready to send, round and round."""
    body = json.dumps(plan["message"]).encode()
    common = "".join(f"{name}: {value}\r\n" for name, value in plan["headers"].items())
    prepared = [
        (
            f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{plan['port']}\r\n{common}"
            + (f"Authorization: Bearer {token}\r\n" if token else "")
            + f"Content-Length: {len(body)}\r\n\r\n"
        ).encode()
        + body
        for token in plan["tokens"]
    ]
    return itertools.cycle(prepared)


def connection_of(plan: dict[str, Any]) -> Connection:
    """A connection that knows what stands in every good answer."""
    return Connection(plan.get("expected", '"isError":false').encode())


async def closed_loop(plan: dict[str, Any], latencies: list[float], statuses: Counter[int]) -> None:
    """As many requests as the server answers in ``seconds``."""
    requests, until = requests_of(plan), time.perf_counter() + plan["seconds"]

    async def one() -> None:
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: connection_of(plan), "127.0.0.1", plan["port"]
        )
        while (started := time.perf_counter()) < until:
            statuses[await connection.send(next(requests))] += 1
            latencies.append(time.perf_counter() - started)

    await asyncio.gather(*(one() for _ in range(plan["connections"])))


async def open_loop(plan: dict[str, Any], latencies: list[float], statuses: Counter[int]) -> None:
    """``rate`` requests a second, whatever the answers take."""
    requests, begin = requests_of(plan), time.perf_counter()
    due = (begin + number / plan["rate"] for number in range(int(plan["rate"] * plan["seconds"])))

    async def one() -> None:
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: connection_of(plan), "127.0.0.1", plan["port"]
        )
        for moment in due:
            if (wait := moment - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            statuses[await connection.send(next(requests))] += 1
            latencies.append(time.perf_counter() - moment)

    await asyncio.gather(*(one() for _ in range(plan["connections"])))


def main() -> None:
    """Run the plan and print the figures."""
    plan = json.load(sys.stdin)
    latencies: list[float] = []
    statuses: Counter[int] = Counter()
    started = time.perf_counter()
    uvloop.run((open_loop if plan.get("rate") else closed_loop)(plan, latencies, statuses))
    elapsed = time.perf_counter() - started
    latencies.sort()

    def at(share: float) -> float:
        return latencies[min(len(latencies) - 1, int(len(latencies) * share))] * 1000 if latencies else 0.0

    figures = {"count": len(latencies), "seconds": elapsed, "p50": at(0.5), "p99": at(0.99), "statuses": statuses}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
