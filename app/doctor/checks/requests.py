"""What else must pass on the way to the server: other bodies, other spellings, web pages, all in good time.

Each is looked at alone; ``knock.py`` has what stands in the way of everything.
"""

from __future__ import annotations

import asyncio

from app.doctor.check import Finding, Room, passed, problem
from app.doctor.checks.knock import knock as knock_of
from app.doctor.connector import validate_form
from app.doctor.context import BROWSER, Context
from app.doctor.trouble import Unreachable

check = Room("mcp", severity="warn", when=("log-in",), needs=("challenge-missing",))

_LARGE = 64 * 1024
"""Bytes; ChatGPT was seen to send arguments of 33 kB."""

SLOW_SECONDS = 1.5


@check(
    "empty-body-refused",
    "ChatGPT's form may send an empty body",
    "Let the proxy in front pass on requests without a body.",
    severity="fail",
)
async def empty_body_refused(context: Context) -> Finding | None:
    answer = await validate_form(context)
    if answer.status == 401:
        return None
    return problem(f"An empty body gets status {answer.status} instead of 401, so ChatGPT's form cannot go on.")


@check(
    "slash-redirected",
    "/mcp/ is served like /mcp",
    "Take the rule that adds or removes slashes out of the proxy in front.",
)
async def slash_redirected(context: Context) -> Finding | None:
    answer = await context.ask("POST", f"{context.mcp}/", body=b"")
    return None if answer.status == 401 else problem(f"/mcp/ answers status {answer.status} instead of 401.")


@check(
    "body-limit", "Requests of 64 kB pass", "Raise the limit on request bodies in the proxy in front, to 4 MB at best."
)
async def body_limit(context: Context) -> Finding | None:
    try:
        answer = await context.ask("POST", context.mcp, body=b" " * _LARGE)
    except Unreachable as trouble:
        return problem(f"A request of 64 kB gets no answer: {trouble}")
    return None if answer.status == 401 else problem(f"A request of 64 kB gets status {answer.status} instead of 401.")


@check(
    "slow-answers",
    "Answers come quickly",
    "Look at the load of the machine and at the line: ChatGPT gives a call up after about a minute.",
    group="network",
)
async def slow_answers(context: Context) -> Finding | None:
    seconds = (await knock_of(context)).first
    return (
        passed(f"{seconds * 1000:.0f} ms")
        if seconds < SLOW_SECONDS
        else problem(f"A refusal took {seconds:.1f} seconds.")
    )


@check(
    "browser-clients",
    "Web pages such as the MCP Inspector may ask",
    "Let the proxy in front pass OPTIONS requests and CORS headers on unchanged.",
    see="reference/settings.md",
)
async def browser_clients(context: Context) -> Finding | None:
    headers = {"origin": "http://localhost:6274", "access-control-request-method": "POST"}
    preflight, refused = await asyncio.gather(
        context.ask("OPTIONS", context.mcp, headers=headers, agent=BROWSER),
        context.ask("POST", context.mcp, body=b"", headers=headers, agent=BROWSER),
    )
    allowed = preflight.headers.get("access-control-allow-headers", "").lower()
    missing = [name for name in ("authorization", "mcp-protocol-version") if name not in allowed]
    if preflight.status != 204 or missing:
        return problem(f"OPTIONS /mcp answers status {preflight.status} and does not allow what web pages send.")
    if "www-authenticate" not in refused.headers.get("access-control-expose-headers", "").lower():
        return problem("The 401 hides its WWW-Authenticate header from web pages.")
    return None


CHECKS = tuple(check.made)
