"""Whether this server's own document says the right things (RFC 9728 §2, §3): clients compare it letter by letter."""

from __future__ import annotations

from typing import Any

from app.doctor.check import Finding, Room, passed, problem
from app.doctor.connector import RESOURCE_PATH
from app.doctor.context import BROWSER, Context
from app.doctor.reading import split, texts
from app.doctor.trouble import Unreachable

check = Room("metadata", when=("log-in",), needs=("resource-document-not-json",))

_SETTING = "Set PUBLIC_BASE_URL in .env to exactly the address that clients use, and start the server anew."
_NEW_API = (
    "The identifier of the API in Auth0 must be that address followed by /mcp; it cannot be changed, only created anew."
)


async def resource_of(context: Context) -> dict[str, Any]:
    """The protected resource's document; empty when it is none."""
    return (await context.get(context.base + RESOURCE_PATH)).json or {}


def first_server(resource: dict[str, Any]) -> str:
    """The log-in service that a client takes: the first of the list; blank when there is none."""
    return next(iter(texts(resource.get("authorization_servers"))), "")


async def documents_blocked(context: Context) -> Finding | None:
    """The door itself is open to ChatGPT; whether its documents are, too."""
    url = context.base + RESOURCE_PATH
    try:
        answer, as_browser = await context.get(url), await context.get(url, agent=BROWSER)
    except Unreachable:
        return None
    if answer.status not in {403, 429, 503} or (answer.json or {}).get("reference"):
        return None
    alike = as_browser.status == answer.status and not answer.is_html
    return (
        None
        if alike
        else problem(f"ChatGPT's request for {RESOURCE_PATH} gets {answer.kind}, a browser's {as_browser.kind}.")
    )


@check(
    "resource-document-missing",
    "The server's document is there",
    "Let the proxy in front pass /.well-known/* on to Gatehouse, as it does with /mcp.",
    needs=("challenge-missing",),
    see="how-to/home-server.md#5-the-four-checks",
)
async def resource_document_missing(context: Context) -> Finding | None:
    answer = await context.get(context.base + RESOURCE_PATH)
    if answer.status == 200:
        return None
    return problem(
        f"{RESOURCE_PATH} answers {answer.kind}; ChatGPT then says that the server does not implement OAuth."
    )


@check(
    "resource-document-not-json",
    "The server's document is JSON, not a web page",
    "Take the catch-all that answers with a page out of the proxy in front, at least for /.well-known/*.",
    needs=("resource-document-missing",),
)
async def resource_document_not_json(context: Context) -> Finding | None:
    answer = await context.get(context.base + RESOURCE_PATH)
    if answer.json is not None and answer.json.get("resource"):
        return None
    return problem(f"{RESOURCE_PATH} answers {answer.kind} instead of the document that names the log-in service.")


@check(
    "resource-http",
    "The server's document says https",
    f"Write https:// in PUBLIC_BASE_URL and start the server anew; let no proxy rewrite answers. {_NEW_API}",
)
async def resource_http(context: Context) -> Finding | None:
    resource = str((await resource_of(context)).get("resource"))
    if context.parts.scheme != "https" or split(resource).scheme != "http":
        return None
    return problem(f"The document names {resource[:200]}, without encryption, under an https address.")


@check(
    "resource-other-name",
    "The server's document is for the public name",
    f"{_SETTING} If it is right there, empty the cache of the proxy or tunnel. {_NEW_API}",
    needs=("resource-http",),
    see="how-to/operate.md#move-to-another-name",
)
async def resource_other_name(context: Context) -> Finding | None:
    received = str((await resource_of(context)).get("resource"))
    if split(received).netloc == context.parts.netloc:
        return None
    return problem(f"Expected the resource {context.mcp}, received {received[:200]}: that is another name.")


@check(
    "resource-differs",
    "The server's document names its address letter by letter",
    f"{_SETTING} Clients type the address with /mcp at its end and no slash after it. {_NEW_API}",
    needs=("resource-other-name",),
)
async def resource_differs(context: Context) -> Finding | None:
    received = str((await resource_of(context)).get("resource"))
    return (
        None if received == context.mcp else problem(f"Expected the resource {context.mcp}, received {received[:200]}.")
    )


@check(
    "log-in-service-not-named",
    "The server's document names the log-in service",
    "Set AUTH0_DOMAIN (or OAUTH_ISSUER) in .env and start the server anew.",
)
async def log_in_service_not_named(context: Context) -> Finding | None:
    if named := first_server(await resource_of(context)):
        return passed(f"people log in at {named}")
    return problem("The document lists no authorization_servers, so clients do not know where to log in.")


@check(
    "resource-document-old",
    "The server's document is that of the present settings",
    "Start the server anew, so that it has the settings of .env; then empty the cache of the proxy or tunnel in front.",
    needs=("log-in-service-not-named",),
    when=("inside", "log-in"),
)
async def resource_document_old(context: Context) -> Finding | None:
    received = first_server(await resource_of(context))
    expected = context.known.issuer
    return (
        None if received == expected else problem(f"It names the log-in service {received!r:.200}, .env {expected!r}.")
    )


@check(
    "root-document-differs",
    "The same document stands at the root, for clients that look there",
    "Let the proxy in front pass all of /.well-known/* on to Gatehouse.",
    severity="warn",
)
async def root_document_differs(context: Context) -> Finding | None:
    answer = await context.get(context.base + RESOURCE_PATH.removesuffix("/mcp"))
    if answer.json == await resource_of(context):
        return None
    return problem(f"{RESOURCE_PATH.removesuffix('/mcp')} answers {answer.kind}, and not with the same document.")


@check(
    "documents-hidden-from-pages",
    "Web pages may read the documents",
    "Let the proxy in front pass CORS headers on unchanged.",
    severity="warn",
)
async def documents_hidden_from_pages(context: Context) -> Finding | None:
    answer = await context.get(context.base + RESOURCE_PATH, agent=BROWSER)
    if answer.headers.get("access-control-allow-origin"):
        return None
    return problem(
        "The document has no Access-Control-Allow-Origin header, so clients that are web pages cannot read it."
    )


CHECKS = tuple(check.made)
