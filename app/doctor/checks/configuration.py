"""Whether the settings can be used, and fit what ChatGPT will do. From inside only; nothing is asked on the network."""

from __future__ import annotations

import ipaddress
import os
import stat

from app.doctor.check import Finding, Room, passed, problem, skipped
from app.doctor.context import Context
from app.errors import ConfigurationError
from app.settings import surroundings

check = Room("configuration", see="reference/settings.md")
_ROWS: tuple[tuple[str, frozenset[str], str, str], ...] = (
    (
        "env-unreadable",
        frozenset({".env"}),
        "The file .env can be read",
        "Make .env readable for the user that runs Gatehouse, save it as UTF-8, and run this again in the folder it is "
        "in.",
    ),
    (
        "public-base-url-unusable",
        frozenset({"PUBLIC_BASE_URL"}),
        "PUBLIC_BASE_URL is an address that clients can use",
        "Set PUBLIC_BASE_URL in .env to https:// and your name, with no path and no slash at the end.",
    ),
    (
        "issuer-setting-unusable",
        frozenset({"AUTH0_DOMAIN", "OAUTH_ISSUER"}),
        "AUTH0_DOMAIN or OAUTH_ISSUER names the log-in service",
        "Set AUTH0_DOMAIN in .env to the bare domain of your tenant, such as tenant.us.auth0.com.",
    ),
    (
        "safety-setting-unusable",
        frozenset({"OAUTH_ALGORITHMS", "FORWARDED_ALLOW_IPS", "AUTH_MODE"}),
        "AUTH_MODE, OAUTH_ALGORITHMS and FORWARDED_ALLOW_IPS are safe values",
        "Change the named setting in .env, or take its line out: the default is safe.",
    ),
    (
        "setting-unusable",
        frozenset(),
        "All other settings can be used",
        "Change the named setting in .env as the example shows, or take its line out.",
    ),
)
_NAMED = frozenset[str]().union(*(row[1] for row in _ROWS))
"""The settings of the other rows; the last has all the rest."""


def _usable(id: str, names: frozenset[str], title: str, action: str) -> None:
    async def run(context: Context) -> Finding | None:
        if not context.inside:
            return skipped("from outside the settings cannot be seen")
        mine = [one for one in context.problems if (one.setting in names if names else one.setting not in _NAMED)]
        return problem(" ".join(map(str, mine))) if mine else None

    first = {"see": ""} if id == "env-unreadable" else {"needs": ("env-unreadable",)}
    check(id, title, action, **first)(run)


for _row in _ROWS:
    _usable(*_row)

SETTINGS = ("public-base-url-unusable", "issuer-setting-unusable", "safety-setting-unusable", "setting-unusable")


@check(
    "upstreams-file-unusable",
    "UPSTREAMS_FILE lists servers that can be started",
    "Mend the file where it says. It is the mcpServers JSON that other MCP clients use; a server that you do not "
    'need can be switched off with "disabled": true.',
    needs=SETTINGS,
    when=("inside",),
    see="how-to/upstreams.md",
)
async def upstreams_file_unusable(context: Context) -> Finding | None:
    settings = context.known
    if not settings.upstreams_file:
        return skipped("no UPSTREAMS_FILE is set")
    from app.tools.upstream.configuration import read_servers  # noqa: PLC0415  (only if there is such a file)

    try:
        servers = read_servers(settings.upstreams_file, surroundings(), settings.toolsets)
    except ConfigurationError as error:
        return problem(" ".join(str(one) for one in error.problems))
    return passed(", ".join(one.name for one in servers) or "all are switched off")


@check(
    "log-in-off",
    "People must log in (AUTH_MODE=oauth)",
    "Take AUTH_MODE out of .env and start the server anew, unless only your own private network shall come in.",
    severity="warn",
    needs=SETTINGS,
    when=("inside",),
    reasons=("private_network_only",),
    see="how-to/home-server.md#only-inside-the-house",
)
async def log_in_off(context: Context) -> Finding | None:
    if context.log_in:
        return None
    return problem("AUTH_MODE is none: nobody logs in, and only the private network comes in, so ChatGPT cannot.")


@check(
    "audience-not-resource",
    "AUTH0_AUDIENCE contains the address that clients ask a token for",
    "Take AUTH0_AUDIENCE out of .env, or add PUBLIC_BASE_URL followed by /mcp to it; the API in Auth0 must have "
    "exactly that identifier.",
    needs=SETTINGS,
    when=("inside", "log-in"),
)
async def audience_not_resource(context: Context) -> Finding | None:
    settings = context.known
    if settings.resource in settings.audiences:
        return None
    received = ", ".join(settings.audiences)
    return problem(f"Clients ask for a token for {settings.resource}, but AUTH0_AUDIENCE accepts only {received}.")


@check(
    "no-default-scope",
    "Whoever comes in may use something without further permissions",
    "Set DEFAULT_SCOPES=read in .env, or grant each person permissions at the log-in service.",
    severity="warn",
    needs=SETTINGS,
    when=("inside",),
)
async def no_default_scope(context: Context) -> Finding | None:
    if context.known.default_scopes:
        return None
    return problem("DEFAULT_SCOPES is empty: whose token carries no permission gets an empty list of tools.")


@check(
    "proxies-too-wide",
    "FORWARDED_ALLOW_IPS names your own proxies and nobody else",
    "Name only the addresses of your own proxies in FORWARDED_ALLOW_IPS.",
    severity="warn",
    needs=SETTINGS,
    when=("inside",),
)
async def proxies_too_wide(context: Context) -> Finding | None:
    networks = [
        ipaddress.ip_network(entry.strip(), strict=False)
        for entry in context.known.forwarded_allow_ips.split(",")
        if entry.strip()
    ]
    wide = [str(one) for one in networks if not one.is_private and one.num_addresses > 256]
    if not wide:
        return None
    return problem(f"Everybody in {', '.join(wide)} is believed when they say where a request comes from.")


@check(
    "env-not-private",
    "Only its owner can read .env",
    "Run: chmod 600 .env",
    severity="warn",
    when=("inside",),
    see="how-to/home-server.md#3-settings",
    needs=(),
)
async def env_not_private(context: Context) -> Finding | None:
    try:
        mode = os.stat(".env").st_mode
    except OSError:
        mode = 0
    if not mode or os.name != "posix":
        return skipped("there is no .env here to look at")
    if not mode & (stat.S_IRWXG | stat.S_IRWXO):
        return passed()
    return problem(f"Other users of this machine can read .env, which may hold secrets (its mode is {mode & 0o777:o}).")


CHECKS = tuple(check.made)
