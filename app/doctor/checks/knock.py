"""What ChatGPT meets when it knocks without a token: the door must be shut, and say where to log in (RFC 9728 §5.1).

One request, one chain of checks: the first that fails is what stands in the way, and the rest is not known before.
"""

from __future__ import annotations

from app.doctor.check import Finding, Room, passed, problem
from app.doctor.checks.metadata import documents_blocked
from app.doctor.connector import RESOURCE_PATH, discover, parameter
from app.doctor.context import BROWSER, Answer, Context
from app.doctor.reading import split
from app.doctor.trouble import Unreachable

check = Room("mcp")


async def knock(context: Context) -> Answer:
    """The answer to ChatGPT's first request."""

    async def ask_once() -> Answer | Unreachable:
        try:
            return await discover(context)
        except Unreachable as trouble:
            return trouble

    answer = await context.once("knock", ask_once)
    if isinstance(answer, Unreachable):
        raise answer
    return answer  # type: ignore[no-any-return]


def _is_ours(answer: Answer) -> bool:
    """Whether Gatehouse itself refused: whatever stands in front knows nothing of reference codes."""
    return bool((answer.json or {}).get("reference"))


@check(
    "mcp-unanswered",
    "/mcp answers",
    "Look at the proxy or tunnel in front, and at the server's log: something takes the request and gives no answer.",
    needs=("public-unreachable", "other-server-answers", "server-down"),
    see="how-to/home-server.md#when-it-does-not-work",
)
async def mcp_unanswered(context: Context) -> Finding | None:
    return passed(f"status {(await knock(context)).status}")


@check(
    "chatgpt-blocked",
    "ChatGPT's requests are not kept out by a firewall or bot protection",
    "Exempt the paths /mcp and /.well-known/* from bot protection at your tunnel or proxy (in Cloudflare: a rule that "
    "skips it).",
    group="network",
    needs=("mcp-unanswered",),
    see="how-to/home-server.md#cloudflared",
)
async def chatgpt_blocked(context: Context) -> Finding | None:
    answer = await knock(context)
    if answer.status == 401 or _is_ours(answer):
        return await documents_blocked(context)
    if answer.status < 400:
        return None
    as_browser = await context.ask("POST", context.mcp, body=b"", agent=BROWSER)
    if as_browser.status == answer.status:
        return None
    return problem(f"ChatGPT's request gets status {answer.status}, the same from a browser {as_browser.status}.")


@check(
    "access-product",
    "No other log-in page stands in front of the server",
    "Take the access product away from this address: Gatehouse asks for the log-in itself, and ChatGPT finds no way "
    "past another one.",
    group="network",
    needs=("chatgpt-blocked",),
    see="how-to/home-server.md#cloudflared",
)
async def access_product(context: Context) -> Finding | None:
    answer = await knock(context)
    scheme = answer.headers.get("www-authenticate", "").partition(" ")[0]
    if answer.status == 401 and scheme and scheme.lower() != "bearer" and not _is_ours(answer):
        return problem(f"The 401 is not from Gatehouse: something in front asks for a password ({scheme[:20]}).")
    target = split(answer.headers.get("location", ""))
    if 300 <= answer.status < 400 and target.hostname not in {None, context.host}:
        return problem(f"/mcp answers status {answer.status} and sends ChatGPT to {target.hostname}.")
    return None


@check(
    "mcp-redirected",
    "/mcp answers itself and sends nobody elsewhere",
    "Take the redirect for /mcp out of the proxy in front: both /mcp and /mcp/ must reach the server as they are.",
    needs=("access-product",),
)
async def mcp_redirected(context: Context) -> Finding | None:
    answer = await knock(context)
    if not 300 <= answer.status < 400:
        return None
    target = answer.headers.get("location", "nowhere").partition("?")[0]
    return problem(f"/mcp answers status {answer.status} and leads to {target}; ChatGPT does not follow.")


@check(
    "wrong-host",
    "The server answers under the public name",
    "Let the proxy or tunnel pass the Host header on unchanged, and set PUBLIC_BASE_URL to the name that clients use; "
    "then start the server anew.",
    needs=("mcp-redirected",),
    reasons=("misdirected_request",),
    see="how-to/home-server.md#when-it-does-not-work",
)
async def wrong_host(context: Context) -> Finding | None:
    if (await knock(context)).status != 421:
        return None
    return problem(f"The answer is 421: the server was asked under another name than its own, not {context.host}.")


@check(
    "asked-too-often",
    "The server is not too busy refusing",
    "Wait a minute and try again. If it stays so, look who asks so often: gatehouse log --denied. For a welcome caller "
    "raise RATE_LIMIT_PER_PERSON.",
    needs=("wrong-host",),
)
async def asked_too_often(context: Context) -> Finding | None:
    return problem("/mcp answers 429: too many requests.") if (await knock(context)).status == 429 else None


@check(
    "proxy-without-server",
    "What stands in front reaches the server",
    "Look whether the server runs (docker compose ps -a, docker compose logs app), and whether the proxy has its right "
    "address and port. If the answer says that the door is closed, set AUTH_MODE=oauth in .env.",
    needs=("asked-too-often",),
    see="how-to/home-server.md#when-it-does-not-work",
)
async def proxy_without_server(context: Context) -> Finding | None:
    answer = await knock(context)
    if answer.status < 500 or _is_ours(answer):
        return None
    return problem(f"/mcp answers status {answer.status}, and not from Gatehouse: {answer.kind}.")


@check(
    "server-error",
    "The server answers without an error of its own",
    "Look into the server's log (docker compose logs app) for the reference code and report what stands there.",
    needs=("proxy-without-server",),
    see="how-to/operate.md#read-logs",
)
async def server_error(context: Context) -> Finding | None:
    status = (await knock(context)).status
    return problem(f"/mcp answers status {status}.") if status >= 500 else None


@check(
    "mcp-not-here",
    "The server speaks MCP at /mcp",
    "Type the address with /mcp at its end into ChatGPT, and let the proxy pass /mcp to Gatehouse rather than to a web "
    "site.",
    needs=("server-error",),
    see="how-to/home-server.md#when-it-does-not-work",
)
async def mcp_not_here(context: Context) -> Finding | None:
    answer = await knock(context)
    if answer.status in {404, 405} or (answer.is_html and answer.status != 401):
        return problem(f"/mcp answers {answer.kind}: something else than Gatehouse is there.")
    return None


@check(
    "door-open",
    "Without a token the door is shut",
    "Stop the server until this is mended: set AUTH_MODE=oauth, and look whether the proxy leads around Gatehouse.",
    needs=("mcp-not-here",),
    when=("log-in",),
    see="explanation/security-model.md",
)
async def door_open(context: Context) -> Finding | None:
    answer = await knock(context)
    if answer.status == 401:
        return None
    if answer.status == 403:
        word = str((answer.json or {}).get("error", ""))
        return problem(f"A request without a token gets {answer.kind} instead of 401.", quoted=word)
    return problem(f"A request without a token gets status {answer.status} instead of 401.")


@check(
    "challenge-missing",
    "The 401 says where to log in",
    "Let the proxy in front pass the header WWW-Authenticate on.",
    needs=("door-open",),
    when=("log-in",),
)
async def challenge_missing(context: Context) -> Finding | None:
    challenge = (await knock(context)).headers.get("www-authenticate", "")
    if parameter(challenge, "resource_metadata"):
        return None
    what = "has no WWW-Authenticate header" if not challenge else "names no resource_metadata"
    return problem(f"The 401 of /mcp {what}; ChatGPT then says that the server does not implement OAuth.")


@check(
    "challenge-elsewhere",
    "The 401 names this server's own document",
    "Set PUBLIC_BASE_URL to exactly the address that clients use, and start the server anew. Let no proxy rewrite it.",
    needs=("challenge-missing",),
    when=("log-in",),
)
async def challenge_elsewhere(context: Context) -> Finding | None:
    named = parameter((await knock(context)).headers.get("www-authenticate", ""), "resource_metadata")
    expected = context.base + RESOURCE_PATH
    return None if named == expected else problem(f"Expected resource_metadata {expected}, received {named[:200]}.")


CHECKS = tuple(check.made)
