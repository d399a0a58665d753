"""Whether the public name leads to this server, and for ChatGPT too, which calls over IPv4 only.

From inside, a public name that leads nowhere proves nothing: many routers do not lead their own outer address back in
(hairpin NAT). Then the checks that follow ask the server directly.
"""

from __future__ import annotations

import asyncio
import ipaddress

from app.doctor.check import Finding, Room, passed, problem, skipped
from app.doctor.checks.configuration import SETTINGS
from app.doctor.context import BROWSER, CHATGPT, VALIDATOR, Answer, Context
from app.doctor.notes import was_noted
from app.doctor.reading import split
from app.doctor.trouble import Unreachable

check = Room("network", needs=SETTINGS)

_TUNNELS = (".trycloudflare.com", ".lhr.life", ".loca.lt", ".serveo.net", ".pinggy.link")
_HAIRPIN = (
    "ChatGPT may come in all the same: many routers do not lead their own outer address back into the house (hairpin "
    "NAT). To be sure, run gatehouse doctor --url {base} from outside, for example over a phone's connection."
)


def hairpin(context: Context) -> str:
    """What to say when only the way from inside is known to fail."""
    return _HAIRPIN.format(base=context.base)


@check(
    "url-not-https",
    "The address begins with https://",
    "Use https:// in front of the name. Caddy, which comes with Gatehouse, makes the certificate.",
    when=("public",),
    see="how-to/home-server.md",
)
async def url_not_https(context: Context) -> Finding | None:
    if context.parts.scheme == "https":
        return None
    return problem(f"{context.base} is not encrypted; ChatGPT then says that the server does not implement OAuth.")


@check(
    "name-changes",
    "The public name stays the same",
    "Use a named tunnel or a reserved domain, then make a new API in Auth0 and new connectors with that name.",
    severity="warn",
    see="how-to/home-server.md#a-tunnel",
)
async def name_changes(context: Context) -> Finding | None:
    if not context.host.endswith(_TUNNELS):
        return None
    return problem(
        f"{context.host} is a quick tunnel's name: at its next start it changes, and every connector breaks."
    )


@check(
    "dns-missing",
    "The public name can be looked up",
    "Make the name lead to your machine: look at your DDNS service or DNS provider, and at the spelling of the name.",
    needs=("url-not-https",),
    see="how-to/home-server.md#1-a-name-that-follows-your-address",
)
async def dns_missing(context: Context) -> Finding | None:
    addresses = await context.once("addresses", lambda: context.network.addresses(context.host))
    return passed(f"{context.host} leads to {', '.join(addresses)}")


async def _addresses(context: Context) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    found = await context.once("addresses", lambda: context.network.addresses(context.host))
    return [ipaddress.ip_address(one) for one in found]


@check(
    "no-ipv4",
    "The public name has an IPv4 address",
    "Add an A record (IPv4) to the name. If your line has IPv6 only, or shares its IPv4 address, use a tunnel.",
    needs=("dns-missing",),
    when=("public",),
    see="how-to/home-server.md#which-way-in",
)
async def no_ipv4(context: Context) -> Finding | None:
    if any(one.version == 4 for one in await _addresses(context)):
        return None
    return problem(f"{context.host} has no IPv4 address, and ChatGPT calls over IPv4 only.")


@check(
    "address-private",
    "The public name leads to an address on the internet",
    "Let the name lead to the address that the internet sees (curl -4 https://icanhazip.com). If the router's own "
    "address is another one, your provider shares addresses: use a tunnel.",
    needs=("dns-missing",),
    when=("public",),
    see="how-to/home-server.md#which-way-in",
)
async def address_private(context: Context) -> Finding | None:
    private = [str(one) for one in await _addresses(context) if one.version == 4 and not one.is_global]
    if not private:
        return None
    said = f"{context.host} leads to {', '.join(private)}, which nobody outside the house can reach."
    return problem(f"{said} With split DNS that is as it should be." if context.inside else said, mild=context.inside)


@check(
    "server-down",
    "The server runs",
    "Start it (docker compose up -d --wait, or make serve), and look at what its log says (docker compose logs app).",
    when=("inside",),
    see="how-to/home-server.md#when-it-does-not-work",
)
async def server_down(context: Context) -> Finding | None:
    here, there = await asyncio.gather(_healthy(context, context.local), _healthy(context, context.base))
    if not here:
        return passed(f"it answers at {context.local}")
    if not there:
        return passed(f"it answers under its public name, though not at {context.local} from here")
    return problem(f"Nothing that is Gatehouse answers at {context.local}: {here}")


async def _healthy(context: Context, base: str) -> str:
    """Why this is not a Gatehouse that lives; empty when it is."""
    try:
        answer = await context.get(f"{base}/healthz")
    except Unreachable as trouble:
        return str(trouble)
    return "" if _is_alive(answer) else f"{base}/healthz answered {answer.kind}."


def _is_alive(answer: Answer) -> bool:
    return answer.status == 200 and answer.json == {"status": "alive"}


@check(
    "public-unreachable",
    "The public name can be reached",
    "Look at the port forwarding of the router, at the firewall, and whether the name leads to your present address. "
    "If no port can be opened, use a tunnel.",
    needs=("address-private", "server-down"),
    see="how-to/home-server.md#hairpin-nat",
)
async def public_unreachable(context: Context) -> Finding | None:
    try:
        await context.network.connect(context.host, context.port)
    except Unreachable as trouble:
        if not context.inside:
            raise
        context.inner_road = True
        return problem(f"From here, {trouble}", hairpin(context), mild=True)
    return passed(f"port {context.port} is open")


@check(
    "http-not-redirected",
    "http:// leads to https://",
    "Let port 80 lead to Caddy, which redirects by itself, or set a redirect to https in your own proxy.",
    severity="warn",
    needs=("public-unreachable",),
    see="how-to/home-server.md#2-port-forwarding",
)
async def http_not_redirected(context: Context) -> Finding | None:
    if context.at_home or context.port != 443 or context.inner_road:
        return skipped("there is no port 80 to look at for this address")
    try:
        answer = await context.get(f"http://{context.host}/mcp", agent=BROWSER)
    except Unreachable:
        return passed("port 80 is closed, which is fine unless the certificate is proved there")
    target = answer.headers.get("location", "")
    if answer.status in {301, 307, 308} and split(target).scheme == "https":
        return None
    return problem(f"http://{context.host} answered status {answer.status} instead of leading to https.")


@check(
    "other-server-answers",
    "The public name leads to this very server",
    "Look where the router's port forwarding, the tunnel or the proxy sends requests. If an older Gatehouse still runs "
    "elsewhere, stop it.",
    needs=("tls-untrusted",),
    when=("inside",),
    see="how-to/home-server.md#hairpin-nat",
)
async def other_server_answers(context: Context) -> Finding | None:
    if context.inner_road:
        return skipped("the public name cannot be reached from here")
    answer = await context.get(f"{context.base}/healthz", agent=CHATGPT)
    if not _is_alive(answer) and answer.status in {200, 404}:
        context.inner_road = True
        said = f"From here, {context.host} leads to something else: {context.base}/healthz answered {answer.kind}."
        return problem(said, hairpin(context), mild=True)
    if not _is_alive(answer):
        return skipped("the checks below say what stands in the way")
    return await _same_request_log(context)


async def _same_request_log(context: Context) -> Finding | None:
    """A refusal's reference code proves it: what was refused under the public name stands in this server's log."""
    references = []
    for base in (context.base, context.local):  # the log is written in order: where the second is, the first is
        try:
            answer = await context.ask("POST", f"{base}/mcp", body=b"", agent=VALIDATOR)
        except Unreachable:
            return skipped("the server cannot be asked directly from here")
        references.append(str((answer.json or {}).get("reference", "")))
    public, here = references
    if not here or not public or not await was_noted(context, here):
        return skipped("this server's request log cannot be compared from here")
    if await was_noted(context, public, looks=1):
        return passed("a request under the public name stands in this server's request log")
    context.inner_road = True
    return problem(
        f"Another Gatehouse answers under {context.host}: a request made there is not in this log.", mild=True
    )


CHECKS = tuple(check.made)
