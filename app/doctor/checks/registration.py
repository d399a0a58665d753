"""How ChatGPT becomes a client of the log-in service (RFC 7591), tried only on request: it leaves a client behind."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from app.doctor.check import Finding, Room, passed, problem, skipped
from app.doctor.checks.authorization_server import server_of
from app.doctor.checks.documents import passed_on
from app.doctor.checks.metadata import resource_of
from app.doctor.connector import redirect_uri
from app.doctor.context import Context
from app.doctor.trouble import Unreachable

_SHARED = (
    "Better: one shared application in Auth0, whose client id people paste into ChatGPT's Advanced OAuth settings. "
    "gatehouse auth0 apply makes it."
)
_NEEDS = ("passed-on-document-missing", "issuers-differ-here")


@dataclass(frozen=True)
class Registered:
    """What came of a registration: a client, or why not; ``words`` are the service's own."""

    client_id: str = ""
    said: str = ""
    kind: str = ""
    words: str = ""


async def callback_of(context: Context) -> str:
    """The redirect URI that ChatGPT will use; for one of its own per connector, an example."""
    uri = redirect_uri(await resource_of(context), await passed_on(context))
    return uri.replace("{callback_id}", "gatehouse-doctor")


async def registered(context: Context) -> Registered:
    """Register as ChatGPT would, once, with the loopback address of ``--login`` besides."""
    outcome: Registered = await context.once("register", lambda: _register(context))
    return outcome


async def _register(context: Context) -> Registered:
    endpoint = str((await passed_on(context)).get("registration_endpoint", ""))
    if not endpoint:
        return Registered(said="The log-in service has no registration_endpoint.", kind="off")
    callbacks = [await callback_of(context), *([context.loopback] if context.loopback else [])]
    wanted: dict[str, Any] = {
        "client_name": "Gatehouse doctor",
        "redirect_uris": callbacks,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    }
    headers = {"content-type": "application/json"}
    try:
        answer = await context.ask("POST", endpoint, body=json.dumps(wanted).encode(), headers=headers)
    except Unreachable as trouble:
        return Registered(said=str(trouble), kind="silent")
    body = answer.json or {}
    if answer.status == 201 and body.get("client_id"):
        return Registered(str(body["client_id"]))
    word, words = str(body.get("error", ""))[:80], str(body.get("error_description", ""))[:200]
    kind = (
        "full"
        if "too_many_entities" in f"{word} {words}"
        else "off"
        if answer.json and answer.status == 403
        else "other"
    )
    return Registered(
        said=f"Registration answers {answer.kind}.", kind=kind, words=f"It says: {word or 'no reason'} {words}".rstrip()
    )


check = Room("registration", see="how-to/auth0.md")


@check(
    "registration-missing",
    "ChatGPT can become a client by itself",
    f"{_SHARED} Without that, ChatGPT says Error creating connector.",
    severity="warn",
    needs=_NEEDS,
    when=("log-in",),
)
async def registration_missing(context: Context) -> Finding | None:
    if context.client_id:
        return skipped("not needed with a client id")
    server = await passed_on(context)
    if server.get("registration_endpoint") or server.get("client_id_metadata_document_supported") is True:
        return None
    if (await server_of(context)).get("registration_endpoint"):
        return problem(
            "The log-in service has a registration_endpoint, but the metadata that ChatGPT reads here hides it."
        )
    return problem("The metadata has no registration_endpoint, so ChatGPT needs a client id that somebody pastes.")


_AFTER = ("registration-missing", *_NEEDS)
_ROWS = (
    (
        "registration-unanswered",
        "silent",
        "The registration of clients answers",
        "Look whether a firewall stands in front of the log-in service, or wait and try again.",
    ),
    (
        "application-limit-reached",
        "full",
        "The log-in service has room for another client",
        "Delete clients whose names begin with tpc_ in Auth0 (gatehouse clients prune).",
    ),
    (
        "registration-off",
        "off",
        "The log-in service lets clients register",
        "In Auth0 open Settings → Advanced and switch Dynamic Client Registration on.",
    ),
    (
        "registration-refused",
        "other",
        "Registration passes what stands in front of the log-in service",
        "Look for a firewall or bot protection in front of the log-in service.",
    ),
)


def _judge(id: str, kind: str, title: str, action: str) -> None:
    async def run(context: Context) -> Finding | None:
        outcome = await registered(context)
        if outcome.kind == kind:
            return problem(outcome.said, quoted=outcome.words)
        if not outcome.client_id:
            return skipped("registration was refused for another reason")
        if kind != "other":
            return None
        return passed(f"registered as {outcome.client_id}; delete it: gatehouse clients prune, or in Auth0")

    needs = _AFTER if kind == "silent" else ("registration-unanswered", *_AFTER)
    check(id, title, f"{action} {_SHARED}", when=("log-in", "register"), needs=needs)(run)


for _row in _ROWS:
    _judge(*_row)

CHECKS = tuple(check.made)
