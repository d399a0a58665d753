"""Whether the server can do its work here: its folder, its database, its own word on whether it is ready."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from email.utils import parsedate_to_datetime
from typing import Any

from app.doctor.check import Finding, check, passed, problem, skipped
from app.doctor.checks.authorization_server import answers_of
from app.doctor.checks.configuration import SETTINGS
from app.doctor.context import Answer, Context
from app.doctor.notes import NoLog, engine_of, entries
from app.doctor.reading import mappings
from app.doctor.trouble import Unreachable
from app.errors import Auth0Failed, ConfigurationError

FULL_BYTES = 200 * 1024 * 1024
"""Less free space than this is worth a word: the log, the database and its copies must fit."""

GIVEN_UP_SECONDS = 20.0


@check(
    "data-dir-unwritable",
    "operation",
    "The server can keep things in DATA_DIR",
    "Give the folder to the user that runs the server, or name another one in DATA_DIR.",
    needs=SETTINGS,
    when=("inside",),
    see="how-to/home-server.md#when-it-does-not-work",
)
async def data_dir_unwritable(context: Context) -> Finding | None:
    folder = context.known.data_dir

    def write() -> None:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")

    try:
        await asyncio.to_thread(write)
    except FileNotFoundError:
        return problem(f"The folder {folder} is not there.", "Start the server once: it makes the folder.", mild=True)
    except OSError as error:
        return problem(f"The folder {folder} cannot be written to ({error.strerror}).")
    return None


@check(
    "disk-nearly-full",
    "operation",
    "There is room on the disk",
    "Free space on the disk that DATA_DIR is on, or lower LOG_DAYS.",
    severity="warn",
    needs=("data-dir-unwritable",),
    when=("inside",),
    see="how-to/home-server.md#when-it-does-not-work",
)
async def disk_nearly_full(context: Context) -> Finding | None:
    try:
        free = shutil.disk_usage(context.known.data_dir).free
    except OSError:
        return skipped("the folder is not there yet")
    return passed(f"{free // 2**20} MB") if free >= FULL_BYTES else problem(f"Only {free // 2**20} MB are free.")


@check(
    "database-unreadable",
    "operation",
    "The database can be opened and is of this version",
    "Look at DATABASE_URL and DATA_DIR, and whether the database server runs. If it is from a newer Gatehouse, update "
    "this one.",
    needs=("data-dir-unwritable",),
    when=("inside",),
    reasons=("people_unavailable",),
    see="how-to/operate.md",
)
async def database_unreadable(context: Context) -> Finding | None:
    try:
        await engine_of(context)
    except NoLog as why:
        return skipped(str(why))
    except ConfigurationError as error:
        return problem("; ".join(f"{one.setting}: {one.what}" for one in error.problems))
    return None


async def _ready(context: Context) -> dict[str, dict[str, Any]]:
    """What the server says of its own readiness, by id; empty when it does not say."""
    try:
        answer = await context.get(f"{context.local}/readyz")
    except Unreachable:
        return {}
    return {str(one.get("id")): one for one in mappings((answer.json or {}).get("checks"))}


@check(
    "request-log-unwritable",
    "operation",
    "The request log is written",
    "Free space on the disk, and look whether the database runs: requests go on, but nobody sees who did what.",
    severity="warn",
    needs=("server-down", "database-unreadable"),
    when=("inside",),
    see="how-to/operate.md#read-logs",
)
async def request_log_unwritable(context: Context) -> Finding | None:
    one = (await _ready(context)).get("request-log-unwritable")
    if one is None:
        return skipped("the server cannot be asked directly from here")
    return None if one.get("status") == "pass" else problem(f"The server says: {one.get('detail')}")


@check(
    "server-not-ready",
    "operation",
    "The server says that it is ready",
    "Look at what it names, and at its log: docker compose logs app.",
    needs=("server-down", "database-unreadable", "jwks-unreachable"),
    when=("inside",),
    see="how-to/operate.md",
)
async def server_not_ready(context: Context) -> Finding | None:
    checks = await _ready(context)
    if not checks:
        return skipped("the server cannot be asked directly from here")
    bad = [f"{id} ({one.get('detail')})" for id, one in checks.items() if one.get("status") == "fail"]
    return problem(f"/readyz says: {'; '.join(bad)}.") if bad else None


@check(
    "no-portal-key",
    "operation",
    "The tools have the key that they need",
    "Put your key of data.go.kr into DATA_GO_KR_API_KEY in .env, and start the server anew.",
    severity="warn",
    needs=SETTINGS,
    when=("inside",),
    see="reference/tools.md",
)
async def no_portal_key(context: Context) -> Finding | None:
    settings = context.known
    if "real_estate" not in settings.toolsets or settings.data_go_kr_api_key.get_secret_value():
        return None
    return problem("DATA_GO_KR_API_KEY is empty: tools that ask the data portal cannot work.")


@check(
    "calls-given-up",
    "operation",
    "Clients wait for the answers of tools",
    "See which tool it was: gatehouse log, and gatehouse tools for how long each takes. ChatGPT waits about a minute, "
    "a tunnel perhaps less.",
    severity="warn",
    needs=("database-unreadable",),
    when=("inside",),
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
    "operation",
    "This machine's clock is right",
    "Switch time synchronisation on: sudo timedatectl set-ntp true",
    severity="warn",
    needs=("log-in-service-unreachable",),
    when=("log-in",),
    see="how-to/home-server.md#clock",
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
    return problem(
        f"This machine's clock is {abs(ahead):.0f} seconds {side} the log-in service's; {tolerated} are tolerated."
    )


@check(
    "tenant-differs",
    "authorization-server",
    "The Auth0 tenant is set up as planned",
    "See each difference, and mend them: gatehouse auth0 plan, then gatehouse auth0 apply.",
    severity="warn",
    needs=SETTINGS,
    when=("inside", "log-in", "management"),
    seconds=8.5,
    see="how-to/auth0.md",
)
async def tenant_differs(context: Context) -> Finding | None:
    compare = context.tenant_differences
    try:
        differences = await compare() if compare else []
    except Auth0Failed as error:
        return problem(error.what, error.next_step)
    return problem(f"{len(differences)} settings differ: {'; '.join(differences)[:600]}") if differences else None


CHECKS = (
    data_dir_unwritable,
    disk_nearly_full,
    database_unreadable,
    request_log_unwritable,
    server_not_ready,
    no_portal_key,
    calls_given_up,
    clock_off,
    tenant_differs,
)
