"""Whether the log-in service is there and is the one that is meant (RFC 8414 §3.3, RFC 7517), asked directly."""

from __future__ import annotations

import asyncio
from typing import Any

from app.auth.authorization_server import metadata_urls
from app.auth.verification_key import JwkSet, parse_jwk_set
from app.doctor.check import Finding, Room, passed, problem, skipped
from app.doctor.checks.configuration import SETTINGS
from app.doctor.checks.metadata import first_server, resource_of
from app.doctor.context import Answer, Context
from app.doctor.reading import is_home, split, texts
from app.doctor.trouble import Unreachable

check = Room(
    "authorization-server", when=("log-in",), see="how-to/other-identity-providers.md", needs=("issuer-differs",)
)

_UNKNOWN = "which log-in service is in charge is not known: the server's document does not say"


async def issuer_of(context: Context) -> str:
    """The log-in service: as the settings say, or, from outside, as the server's document says; else blank."""
    if context.settings is not None:
        return context.settings.issuer
    try:
        return first_server(await resource_of(context))
    except Unreachable:
        return ""


async def answers_of(context: Context) -> list[Answer | Unreachable]:
    """What comes from each place where its metadata may stand."""

    async def one(url: str) -> Answer | Unreachable:
        try:
            return await context.get(url)
        except Unreachable as trouble:
            return trouble

    return await asyncio.gather(*(one(url) for url in metadata_urls(await issuer_of(context))))


async def server_of(context: Context) -> dict[str, Any]:
    """The metadata as the log-in service itself gives it; empty when there is none."""
    for answer in await answers_of(context):
        if isinstance(answer, Answer) and answer.status == 200 and answer.json:
            return answer.json
    return {}


async def keys_of(context: Context) -> JwkSet:
    """The usable keys. Raises :class:`ValueError` when there are none, and :class:`Unreachable`."""
    override = context.settings.oauth_jwks_uri if context.settings else ""
    address = override or str((await server_of(context)).get("jwks_uri", ""))
    if not address:
        raise ValueError("the metadata names no jwks_uri")
    answer = await context.get(address)
    if answer.status != 200 or answer.json is None:
        raise ValueError(f"its address answers {answer.kind}")
    return parse_jwk_set(answer.json)


@check(
    "log-in-service-unreachable",
    "The log-in service can be reached",
    "Look at the spelling of AUTH0_DOMAIN (or OAUTH_ISSUER), and whether this machine has internet and DNS. If the "
    "service itself is down, wait: people who are logged in stay so.",
    needs=SETTINGS,
    reasons=("authorization_server_unavailable",),
    see="how-to/auth0.md",
)
async def log_in_service_unreachable(context: Context) -> Finding | None:
    issuer = await issuer_of(context)
    if not issuer:
        return skipped(_UNKNOWN)
    answers = await answers_of(context)
    troubles = [one for one in answers if isinstance(one, Unreachable)]
    return problem(str(troubles[0])) if len(troubles) == len(answers) else passed(f"{split(issuer).netloc} answers")


@check(
    "log-in-service-unknown",
    "The log-in service publishes what it can do",
    "Look at the spelling of AUTH0_DOMAIN. For another service, OAUTH_ISSUER must be its issuer with the whole path.",
    needs=("log-in-service-unreachable",),
)
async def log_in_service_unknown(context: Context) -> Finding | None:
    issuer = await issuer_of(context)
    if not issuer:
        return skipped(_UNKNOWN)
    if await server_of(context):
        return None
    kinds = {one.kind for one in await answers_of(context) if isinstance(one, Answer)}
    return problem(f"{issuer} has no metadata: it answers {' and '.join(sorted(kinds))}.")


@check(
    "issuer-differs",
    "The log-in service calls itself exactly as the server does",
    "Write it letter by letter as the log-in service does, also its last slash: OAUTH_ISSUER in .env, or AUTH0_DOMAIN "
    "with the custom domain if the tenant has one. Then start the server anew.",
    needs=("log-in-service-unknown",),
)
async def issuer_differs(context: Context) -> Finding | None:
    issuer = await issuer_of(context)
    if not issuer:
        return skipped(_UNKNOWN)
    received = (await server_of(context)).get("issuer")
    if received == issuer:
        return None
    slash = " They differ by the last slash." if str(received).rstrip("/") == issuer.rstrip("/") else ""
    return problem(f"Expected the issuer {issuer!r}, received {received!r:.200}.{slash}")


@check(
    "jwks-unreachable",
    "The keys of the log-in service can be had",
    "Take OAUTH_JWKS_URI out of .env, unless the log-in service really keeps its keys elsewhere; then look whether it "
    "is up.",
    see="reference/settings.md",
)
async def jwks_unreachable(context: Context) -> Finding | None:
    if not await issuer_of(context):
        return skipped(_UNKNOWN)
    try:
        keys = await keys_of(context)
    except ValueError as error:
        return problem(f"The key set cannot be used: {error}.")
    return passed(f"{len(keys.keys)} keys")


@check(
    "keys-unfit",
    "Its keys fit the allowed signature algorithms",
    "In Auth0 set the API's Signing Algorithm to RS256; for another service name its algorithm in OAUTH_ALGORITHMS.",
    needs=("jwks-unreachable",),
    when=("inside", "log-in"),
    see="reference/settings.md",
)
async def keys_unfit(context: Context) -> Finding | None:
    allowed = frozenset(context.known.oauth_algorithms)
    offered = frozenset[str]().union(*(key.algorithms for key in (await keys_of(context)).keys))
    if offered & allowed:
        return None
    return problem(
        f"OAUTH_ALGORITHMS allows {', '.join(sorted(allowed))}, the keys are for {', '.join(sorted(offered))}."
    )


@check(
    "endpoints-missing",
    "It has a log-in page and gives out tokens",
    "This service cannot be used by ChatGPT directly; choose another one, or put one in front of it.",
)
async def endpoints_missing(context: Context) -> Finding | None:
    server = await server_of(context)
    if not server:
        return skipped(_UNKNOWN)
    places = {name: split(server.get(name)) for name in ("authorization_endpoint", "token_endpoint")}
    missing = [name for name, place in places.items() if not place.hostname]
    if missing:
        return problem(f"Its metadata has no {' and no '.join(missing)}.")
    open_ones = [name for name, place in places.items() if place.scheme != "https" and not is_home(place.hostname)]
    return problem(f"Its {' and '.join(open_ones)} is not encrypted.") if open_ones else None


@check(
    "pkce-not-offered",
    "It offers PKCE with S256",
    "Switch PKCE (S256) on at the log-in service. Without it ChatGPT says that the server must advertise PKCE support.",
)
async def pkce_not_offered(context: Context) -> Finding | None:
    server = await server_of(context)
    methods = texts(server.get("code_challenge_methods_supported"))
    if not server or "S256" in methods:
        return None if server else skipped(_UNKNOWN)
    return problem(f"code_challenge_methods_supported is {', '.join(methods) or 'missing'}, without S256.")


@check(
    "client-authentication-unfit",
    "Clients can show who they are in a way that ChatGPT can",
    "Allow public clients (none) or client_secret_post at the log-in service.",
    severity="warn",
)
async def client_authentication_unfit(context: Context) -> Finding | None:
    methods = (await server_of(context)).get("token_endpoint_auth_methods_supported")
    known = {"none", "client_secret_post", "client_secret_basic"}
    if not isinstance(methods, list) or known.intersection(texts(methods)):
        return None
    return problem(f"token_endpoint_auth_methods_supported is {', '.join(texts(methods)) or 'empty'}.")


CHECKS = tuple(check.made)
