"""What a person gets with a good token: a list of tools, and one call that only reads."""

from __future__ import annotations

from typing import Any

from app.doctor.check import Finding, Room, passed, problem, skipped
from app.doctor.connector import message_of, modern
from app.doctor.context import Answer, Context
from app.doctor.reading import mapping, mappings
from app.doctor.trouble import Unreachable

check = Room("tools", when=("token",))

CALL_SECONDS = 4.5
_HELD_BACK = 0.5
"""Seconds; a stream of events that takes longer must begin before it ends."""


async def _listed(context: Context) -> tuple[Answer, list[dict[str, Any]] | None]:
    """The list of tools; None when there was none."""
    answer: Answer = await context.once("tools", lambda: modern(context, "tools/list", {}))
    tools = mapping(message_of(answer).get("result")).get("tools")
    return answer, mappings(tools) if isinstance(tools, list) else None


@check(
    "tools-not-listed",
    "The tools are listed",
    "Look into the server's log (docker compose logs app). If the answer came from a proxy, let it pass POST /mcp on.",
    needs=("person-not-admitted", "newest-protocol-refused"),
)
async def tools_not_listed(context: Context) -> Finding | None:
    answer, tools = await _listed(context)
    return None if tools is not None else problem(f"tools/list gets {answer.kind} and no list of tools.")


@check(
    "no-tools",
    "There are tools for this person",
    "Set DEFAULT_SCOPES=read, or grant the person permissions and let them log in again; look at gatehouse tools. Then "
    "use Refresh in ChatGPT's settings, and a new chat.",
    needs=("tools-not-listed",),
    see="reference/settings.md",
)
async def no_tools(context: Context) -> Finding | None:
    _, tools = await _listed(context)
    if tools:
        return passed(f"{len(tools)} tools")
    return problem("The list of tools is empty: ChatGPT is connected, and shows No app actions available.")


@check(
    "tools-not-marked",
    "Each tool says whether it only reads",
    "Give the tool's annotations readOnlyHint: without it ChatGPT asks for confirmation each time.",
    severity="warn",
    needs=("no-tools",),
)
async def tools_not_marked(context: Context) -> Finding | None:
    _, tools = await _listed(context)
    silent = [str(one.get("name")) for one in tools or () if "readOnlyHint" not in mapping(one.get("annotations"))]
    return problem(f"No readOnlyHint: {', '.join(silent)[:200]}.") if silent else None


async def _called(context: Context) -> tuple[str, Answer | Unreachable | None]:
    """One call of a tool that only reads and needs no arguments."""

    async def call() -> tuple[str, Answer | Unreachable | None]:
        _, tools = await _listed(context)
        name = next((str(one.get("name")) for one in tools or () if _is_harmless(one)), "")
        if not name:
            return "", None
        params = {"name": name, "arguments": {}, "_meta": {"progressToken": "doctor"}}
        try:
            return name, await modern(context, "tools/call", params, seconds=CALL_SECONDS)
        except Unreachable as trouble:
            return name, trouble

    outcome: tuple[str, Answer | Unreachable | None] = await context.once("called", call)
    return outcome


def _is_harmless(tool: dict[str, Any]) -> bool:
    reads = mapping(tool.get("annotations")).get("readOnlyHint") is True
    return reads and not mapping(tool.get("inputSchema")).get("required")


@check(
    "call-cut-off",
    "A call is not cut off before its answer",
    "Give the proxy or tunnel in front more patience (about two minutes without a sign of life), or make the tool "
    "faster: ChatGPT itself waits about a minute.",
    needs=("no-tools",),
    see="how-to/home-server.md#cloudflared",
)
async def call_cut_off(context: Context) -> Finding | None:
    name, outcome = await _called(context)
    if not isinstance(outcome, Unreachable):
        return None if name else skipped("no tool only reads and needs no arguments")
    return problem(f"The call of {name} got no answer: {outcome}")


@check(
    "tool-fails",
    "A tool does its work",
    "Read what the tool says; if it is an internal error, look its reference code up: gatehouse why CODE.",
    needs=("call-cut-off",),
)
async def tool_fails(context: Context) -> Finding | None:
    name, outcome = await _called(context)
    if not isinstance(outcome, Answer):
        return skipped("no tool was called")
    result = mapping(message_of(outcome).get("result"))
    if outcome.status == 200 and result and not result.get("isError"):
        return passed(f"{name} answered in {outcome.last:.1f} seconds")
    error = mapping(message_of(outcome).get("error"))
    texts = [str(one.get("text", "")) for one in mappings(result.get("content"))]
    said = " ".join([str(error.get("message", "")), *texts]).strip()
    return problem(f"{name[:80]} failed (status {outcome.status}).", quoted=said)


@check(
    "stream-held-back",
    "Progress arrives while a tool works",
    "Switch response buffering off for /mcp in the proxy in front (nginx: proxy_buffering off).",
    severity="warn",
    needs=("call-cut-off",),
)
async def stream_held_back(context: Context) -> Finding | None:
    name, outcome = await _called(context)
    if not isinstance(outcome, Answer) or "event-stream" not in outcome.headers.get("content-type", ""):
        return skipped("the tool that was called reports no progress")
    late = outcome.last > _HELD_BACK and outcome.first > 0.9 * outcome.last
    if not late and "content-length" not in outcome.headers:
        return None
    return problem(f"The progress of {name} came together with its end: something in front holds answers back.")


CHECKS = tuple(check.made)
