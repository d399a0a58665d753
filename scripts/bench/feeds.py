"""Readers of the owner's feed: {"url", "headers", "count"} on standard input; a line when all of them are open."""

from __future__ import annotations

import asyncio
import json
import sys

import httpx


async def read(client: httpx.AsyncClient, plan: dict[str, object], opened: asyncio.Semaphore) -> None:
    """One open page."""
    async with client.stream("GET", str(plan["url"]), headers=plan["headers"]) as stream:
        first = True
        async for _ in stream.aiter_raw():
            if first:
                opened.release()
                first = False


async def main() -> None:
    """Read until ended."""
    plan = json.loads(sys.stdin.read())
    opened = asyncio.Semaphore(0)
    limits = httpx.Limits(max_connections=plan["count"])
    async with httpx.AsyncClient(timeout=None, limits=limits, trust_env=False) as client:
        readers = [asyncio.create_task(read(client, plan, opened)) for _ in range(plan["count"])]
        for _ in readers:
            await opened.acquire()
        print("open", flush=True)
        await asyncio.gather(*readers)


asyncio.run(main())
