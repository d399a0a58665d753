"""Whether the server can do its work here: its own word on whether it is ready, its clock, its keys."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any

from app.doctor.check import Finding, Room, passed, problem, skipped
from app.doctor.checks.authorization_server import answers_of
from app.doctor.checks.configuration import SETTINGS
from app.doctor.context import Answer, Context
from app.doctor.notes import NoLog, entries
from app.doctor.readiness import UPSTREAM
from app.doctor.reading import mappings
from app.doctor.trouble import Unreachable
from app.errors import Auth0Failed

check = Room("operation", severity="warn", when=("inside",))

GIVEN_UP_SECONDS = 20.0
SHORT_LIFE_SECONDS = 300.0
"""How long access tokens live at least; Auth0's own default is much longer, other services have five minutes."""


async def _ready(context: Context) -> dict[str, dict[str, Any]]:
    """What the server says of its own readiness, by id; empty when it does not say."""
    try:
        answer = await context.get(f"{context.local}/readyz")
    except Unreachable:
        return {}
    return {str(one.get("id")): one for one in mappings((answer.json or {}).get("checks"))}


@check(
    "request-log-unwritable",
    "The request log is written",
    "Free space on the disk, and look whether the database runs: requests go on, but nobody sees who did what.",
    needs=("server-down", "database-locked"),
    see="how-to/operate.md#read-logs",
)
async def request_log_unwritable(context: Context) -> Finding | None:
    one = (await _ready(context)).get("request-log-unwritable")
    if one is None:
        return skipped("the server cannot be asked directly from here")
    return None if one.get("status") == "pass" else problem(f"The server says: {one.get('detail')}")


@check(
    "server-not-ready",
    "The server says that it is ready",
    "Look at what it names, and at its log: docker compose logs app.",
    needs=("server-down", "database-locked", "jwks-unreachable"),
    see="how-to/operate.md",
    severity="fail",
)
async def server_not_ready(context: Context) -> Finding | None:
    checks = await _ready(context)
    if not checks:
        return skipped("the server cannot be asked directly from here")
    bad = [f"{id} ({one.get('detail')})" for id, one in checks.items() if one.get("status") == "fail"]
    return problem(f"/readyz says: {'; '.join(bad)}.") if bad else None


@check(
    "upstream-down",
    "The servers behind the door are connected and answer",
    "Read what each wrote itself: docker compose logs app | grep upstream. Then try its command or address from "
    "UPSTREAMS_FILE by hand; Gatehouse connects to it again by itself. Nothing but its own tools is affected.",
    needs=("server-down", "upstreams-file-unusable"),
    see="how-to/upstreams.md",
)
async def upstream_down(context: Context) -> Finding | None:
    servers = {id: one for id, one in (await _ready(context)).items() if id.startswith(UPSTREAM)}
    bad = {id.removeprefix(UPSTREAM): one for id, one in servers.items() if one.get("status") != "pass"}
    if not bad:
        return (
            passed(f"{len(servers)} of them") if servers else skipped("there are none, or they cannot be asked about")
        )
    said = "; ".join(f"{name}: {one.get('detail')}" for name, one in bad.items())
    return problem(f"Of {len(servers)} servers behind the door, {len(bad)} cannot be used.", quoted=said)


@check(
    "no-portal-key",
    "The tools have the key that they need",
    "Put your key of data.go.kr into DATA_GO_KR_API_KEY in .env, and start the server anew.",
    needs=SETTINGS,
    see="reference/tools.md",
)
async def no_portal_key(context: Context) -> Finding | None:
    settings = context.known
    if "real_estate" not in settings.toolsets or settings.data_go_kr_api_key.get_secret_value():
        return None
    return problem("DATA_GO_KR_API_KEY is empty: tools that ask the data portal cannot work.")


@check(
    "calls-given-up",
    "Clients wait for the answers of tools",
    "See which tool it was: gatehouse log, and gatehouse tools for how long each takes. ChatGPT waits about a minute, "
    "a tunnel perhaps less.",
    needs=("database-unreadable",),
)
async def calls_given_up(context: Context) -> Finding | None:
    try:
        found = await entries(context, ("cancelled",))
    except NoLog as why:
        return skipped(str(why))
    long = [one for one in found if one.method == "tools/call" and one.latency_ms >= GIVEN_UP_SECONDS * 1000]
    if not long:
        return None
    longest = max(long, key=lambda one: one.latency_ms)
    said = f"In the last day {len(long)} calls were given up by the client, {longest.tool} after "
    return problem(f"{said}{longest.latency_ms / 1000:.0f} seconds.")


@check(
    "clock-off",
    "This machine's clock is right",
    "Switch time synchronisation on: sudo timedatectl set-ntp true",
    needs=("log-in-service-unreachable",),
    when=("log-in",),
    see="how-to/home-server.md#clock",
    severity="fail",
)
async def clock_off(context: Context) -> Finding | None:
    dates = [one.headers.get("date") for one in await answers_of(context) if isinstance(one, Answer)]
    try:
        ahead = context.clock() - parsedate_to_datetime(next(date for date in dates if date)).timestamp()
    except (StopIteration, ValueError):
        return skipped("the log-in service does not say what time it is")
    tolerated = context.settings.oauth_leeway_seconds if context.settings else 30
    if abs(ahead) <= tolerated + 1:
        return passed(f"{abs(ahead):.0f} seconds from the log-in service's")
    side = "ahead of" if ahead > 0 else "behind"
    said = f"This machine's clock is {abs(ahead):.0f} seconds {side} the log-in service's; {tolerated} are tolerated."
    # From outside another clock counts. A clock behind refuses each new token, one ahead by as long as they live, too.
    refused = context.inside and (ahead < 0 or ahead >= SHORT_LIFE_SECONDS)
    return problem(f"{said} New tokens are refused." if refused else said, mild=not refused)


@check(
    "tenant-differs",
    "The Auth0 tenant is set up as planned",
    "See each difference, and mend them: gatehouse auth0 plan, then gatehouse auth0 apply.",
    group="authorization-server",
    needs=SETTINGS,
    when=("inside", "log-in", "management"),
    seconds=8.5,
    see="how-to/auth0.md",
)
async def tenant_differs(context: Context) -> Finding | None:
    compare = context.tenant_differences
    try:
        registration, differences = await compare() if compare else ("", [])
    except Auth0Failed as error:
        return problem(error.what, error.next_step)
    if not differences:
        return None
    command = "" if registration == "shared" else f" --registration {registration}"
    action = f"See each difference, and mend them: gatehouse auth0 plan{command}, then gatehouse auth0 apply{command}."
    return problem(f"Settings that differ: {len(differences)}. {'; '.join(differences)[:600]}", action)


CHECKS = tuple(check.made)
