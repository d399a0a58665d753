"""Whether the log-in service's metadata, as this server passes it on, fits what the server says itself.

ChatGPT reads it here. Which redirect URI it will use follows from it.
"""

from __future__ import annotations

from typing import Any

from app.doctor.check import Finding, Room, passed, problem
from app.doctor.checks.metadata import first_server, resource_of
from app.doctor.connector import OPENID_PATH, SERVER_PATH, STABLE_REDIRECT, redirect_uri
from app.doctor.context import Context
from app.doctor.reading import texts

check = Room("metadata", when=("log-in",))


async def passed_on(context: Context) -> dict[str, Any]:
    """The log-in service's metadata as ChatGPT gets it from this server; empty when it is none."""
    return (await context.get(context.base + SERVER_PATH)).json or {}


@check(
    "passed-on-document-missing",
    "The server passes the log-in service's metadata on",
    "Let the proxy in front pass /.well-known/* on to Gatehouse. If the answer is 503, look why the server does not "
    "reach the log-in service: docker compose logs app.",
    needs=("resource-document-not-json", "log-in-service-unreachable", "log-in-service-unknown", "issuer-differs"),
    see="how-to/home-server.md#5-the-four-checks",
)
async def passed_on_document_missing(context: Context) -> Finding | None:
    answer = await context.get(context.base + SERVER_PATH)
    if answer.status == 200 and answer.json and answer.json.get("issuer"):
        return None
    return problem(f"{SERVER_PATH} answers {answer.kind}, and not with the log-in service's metadata.")


@check(
    "issuers-differ-here",
    "Both documents name the log-in service letter by letter alike",
    "Let no proxy rewrite the answers, and set AUTH0_DOMAIN or OAUTH_ISSUER exactly as the log-in service writes its "
    "issuer; then start the server anew.",
    needs=("passed-on-document-missing", "log-in-service-not-named"),
)
async def issuers_differ_here(context: Context) -> Finding | None:
    named = first_server(await resource_of(context))
    issuer = (await passed_on(context)).get("issuer")
    if named == issuer:
        return None
    return problem(
        f"authorization_servers says {named!r:.200}, issuer says {issuer!r:.200}; ChatGPT compares every letter."
    )


@check(
    "pkce-hidden",
    "The server passes on that PKCE is offered",
    "Let no proxy rewrite the answers of /.well-known/*.",
    needs=("passed-on-document-missing", "pkce-not-offered"),
)
async def pkce_hidden(context: Context) -> Finding | None:
    if "S256" in texts((await passed_on(context)).get("code_challenge_methods_supported")):
        return None
    return problem("The metadata that ChatGPT reads here does not offer S256.")


@check(
    "openid-document-missing",
    "The same metadata stands where OpenID clients look",
    "Let the proxy in front pass /.well-known/openid-configuration on to Gatehouse.",
    severity="warn",
    needs=("passed-on-document-missing",),
)
async def openid_document_missing(context: Context) -> Finding | None:
    answer = await context.get(context.base + OPENID_PATH)
    if answer.status == 200 and (answer.json or {}).get("issuer") == (await passed_on(context)).get("issuer"):
        return None
    return problem(f"{OPENID_PATH} answers {answer.kind}, and not with the same metadata.")


@check(
    "iss-not-sent",
    "ChatGPT uses one redirect URI for all connectors",
    "In Auth0 open Settings → Advanced and switch on Include Issuer in Authorization Responses. Otherwise each "
    "connector has a callback of its own, which must be allowed in Auth0 each time.",
    group="registration",
    severity="warn",
    needs=("issuers-differ-here",),
    see="how-to/auth0.md",
)
async def iss_not_sent(context: Context) -> Finding | None:
    uri = redirect_uri(await resource_of(context), await passed_on(context))
    if uri == STABLE_REDIRECT:
        return passed(f"ChatGPT will use {uri}")
    return problem(f"Responses carry no iss, so ChatGPT will use {uri}, another one for each connector.")


CHECKS = tuple(check.made)
