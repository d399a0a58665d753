"""Whether the server takes the token, lets its person in, and speaks both revisions of the protocol."""

from __future__ import annotations

from app.doctor.check import Finding, Room, problem, skipped
from app.doctor.connector import handshake, message_of, modern, parameter
from app.doctor.context import Answer, Context
from app.doctor.reading import mapping
from app.doctor.verdict import reason_of, verdict_of
from app.journal.reasons import explain

check = Room("token", when=("log-in", "token"), needs=("person-not-admitted",))


async def _discovered(context: Context) -> Answer:
    answer: Answer = await context.once("discovered", lambda: modern(context, "server/discover", {}))
    return answer


@check(
    "authorization-lost",
    "The token arrives at the server",
    "Let the proxy or tunnel in front pass the header Authorization on (Apache: CGIPassAuth On; nginx: no "
    "proxy_set_header Authorization).",
    needs=("token-without-permission", "challenge-missing", "resource-differs"),
)
async def authorization_lost(context: Context) -> Finding | None:
    if (await verdict_of(context)).reason:
        return skipped("the token is not good")
    answer = await _discovered(context)
    challenge = answer.headers.get("www-authenticate", "")
    # A token that is refused is called so in the challenge (RFC 6750 §3.1); one that did not come is not.
    if answer.status != 401 or not challenge.lower().startswith("bearer") or parameter(challenge, "error"):
        return None
    return problem("The server answers as if no token had been sent: something on the way takes the header out.")


@check(
    "token-refused-here",
    "The server accepts the token, too",
    "Look the reference code up: gatehouse why CODE. Run this again on the server itself to see the reason.",
    needs=("authorization-lost",),
    reasons=("token_too_old",),
)
async def token_refused_here(context: Context) -> Finding | None:
    if (await verdict_of(context)).reason:
        return skipped("the token is not good")
    answer = await _discovered(context)
    if answer.status != 401:
        return None
    known = await reason_of(context, answer)
    reference = str((answer.json or {}).get("reference", "none"))[:20]
    said = f"The token is good, yet the server answers 401 (reference {reference})."
    return problem(f"{said} {known.newest.detail}", explain(known.newest.reason).next_step) if known else problem(said)


@check(
    "person-not-admitted",
    "The person is let in",
    "Let them in: gatehouse people unblock SUBJECT, or people invite SUBJECT. Who gets in: gatehouse access status.",
    needs=("token-refused-here",),
    reasons=("person_blocked", "person_expired", "client_blocked", "door_closed", "not_invited"),
    see="how-to/operate.md",
)
async def person_not_admitted(context: Context) -> Finding | None:
    if (await verdict_of(context)).reason:
        return skipped("the token is not good")
    answer = await _discovered(context)
    if answer.status != 403:
        return None
    known = await reason_of(context, answer)
    said = str((answer.json or {}).get("error_description", ""))
    action = explain(known.newest.reason).next_step if known else ""
    return problem(f"The server answers {answer.kind}.", action, quoted=said)


@check(
    "newest-protocol-refused",
    "ChatGPT's first protocol version works, or is refused so that it goes back to the older one",
    "Update Gatehouse, and let no proxy rewrite the answers of /mcp.",
    group="mcp",
    when=("token",),
)
async def newest_protocol_refused(context: Context) -> Finding | None:
    answer = await _discovered(context)
    if answer.status == 400 or (answer.status == 200 and "result" in message_of(answer)):
        return None
    error = mapping(message_of(answer).get("error")).get("code", "none")
    return problem(
        f"server/discover gets status {answer.status} with the error {error}, so ChatGPT does not fall back."
    )


@check(
    "older-protocol-refused",
    "The protocol version of most other clients works",
    "Update Gatehouse, and let no proxy rewrite the answers of /mcp.",
    group="mcp",
    when=("token",),
)
async def older_protocol_refused(context: Context) -> Finding | None:
    params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "doctor", "version": "1"}}
    answer = await handshake(context, "initialize", params)
    version = mapping(message_of(answer).get("result")).get("protocolVersion")
    return (
        None
        if version == "2025-11-25"
        else problem(f"initialize gets status {answer.status} and the version {version}.")
    )


@check(
    "stream-opened",
    "GET /mcp is declined, so that idle clients do not ask in circles",
    "Let no proxy answer GET /mcp itself; Gatehouse answers 405.",
    group="mcp",
    severity="warn",
    when=("token",),
)
async def stream_opened(context: Context) -> Finding | None:
    headers = {"authorization": f"Bearer {context.token}", "accept": "text/event-stream"}
    answer = await context.ask("GET", context.mcp, headers=headers)
    return None if answer.status == 405 else problem(f"GET /mcp gets status {answer.status} instead of 405.")


CHECKS = tuple(check.made)
