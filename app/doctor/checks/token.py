"""Whether tokens are good: the one that was given, or else those that the server refused in the last day.

A row a check. What to do next is what ``gatehouse why`` says for the same reason.
"""

from __future__ import annotations

import time

from app.doctor.check import WHEN, Finding, Room, passed, problem, skipped
from app.doctor.context import Context
from app.doctor.notes import NoLog, turned_away
from app.doctor.verdict import verdict_of
from app.journal.reasons import REASONS, explain

_ROWS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "token-unreadable",
        "The token is one signed JWT",
        ("malformed_authorization", "malformed", "too_large", "critical_header"),
    ),
    ("token-not-for-api", "The token is for an API, so that it is signed and can be read", ("encrypted", "opaque")),
    ("token-algorithm", "The token is signed in an allowed way", ("alg_not_allowed",)),
    ("token-wrong-kind", "The token is an access token", ("typ_not_allowed",)),
    ("token-wrong-issuer", "The token is from the right log-in service", ("wrong_issuer",)),
    ("token-wrong-audience", "The token is for this server", ("wrong_audience",)),
    ("token-expired", "The token has not expired", ("expired", "missing_exp")),
    ("token-from-the-future", "The token is valid already", ("not_yet_valid", "issued_in_future")),
    ("token-bound", "The token is a plain bearer token", ("sender_constrained",)),
    ("token-without-person", "The token names a person", ("missing_sub", "malformed_claims")),
    ("token-key-unknown", "The token is signed with a key that the log-in service publishes", ("unknown_key",)),
    ("token-signature", "The token's signature is right", ("bad_signature",)),
)
_COPY = "Copy the token into the file once more: in one piece, on one line, without the word Bearer and without quotes."
_USUAL = frozenset({"expired"})
"""Refused once per token; no news in the request log."""


async def refused_of_late(context: Context, reasons: tuple[str, ...]) -> Finding | None:
    """A warning when the request log has such refusals of the last day."""
    try:
        found = await turned_away(context)
    except NoLog as why:
        return skipped(WHEN["token"] if context.settings is None else str(why))
    hits = [found[reason] for reason in reasons if reason in found and reason not in _USUAL]
    if not hits:
        return None
    newest = max((one.newest for one in hits), key=lambda entry: entry.time)
    count = sum(one.count for one in hits)
    at = time.strftime("%Y-%m-%d %H:%M", time.localtime(newest.time))
    detail = newest.detail or explain(newest.reason).check
    said = f"In the last day {count} requests were refused for this, the newest at {at}: {detail}"
    return problem(said, explain(newest.reason).next_step, mild=True)


_NEEDS = (
    "issuer-differs",
    "jwks-unreachable",
    "keys-unfit",
    "audience-not-resource",
    "database-unreadable",
    "clock-off",
)
check = Room("token", when=("log-in",))


@check(
    "log-in-failed",
    "A log-in in the browser brings a token",
    "Do what the log-in service says; the client must allow the callback http://localhost:3334/oauth/callback.",
    when=("log-in", "login"),
    see="how-to/auth0.md",
)
async def log_in_failed(context: Context) -> Finding | None:
    trouble = context.log_in_trouble
    return problem("The log-in in the browser brought no token.", quoted=trouble) if trouble else None


def _judge(id: str, title: str, reasons: tuple[str, ...]) -> None:
    async def run(context: Context) -> Finding | None:
        if not context.token:
            return await refused_of_late(context, reasons)
        verdict = await verdict_of(context)
        if verdict.reason in reasons:
            return problem(verdict.detail, _COPY if id == "token-unreadable" else explain(verdict.reason).next_step)
        return skipped("the token was refused for another reason") if verdict.reason else None

    check(id, title, REASONS[reasons[0]].next_step, needs=_NEEDS, reasons=reasons)(run)


for _row in _ROWS:
    _judge(*_row)


@check(
    "token-without-permission",
    "The token carries permissions of the API",
    "In Auth0 grant the person permissions (User Management → the person → Permissions), and set the API to add "
    "permissions to the token (RBAC); then log in again. What everybody may do without is DEFAULT_SCOPES.",
    severity="warn",
    needs=tuple(row[0] for row in _ROWS),
    when=("log-in", "token"),
    see="how-to/auth0.md",
)
async def token_without_permission(context: Context) -> Finding | None:
    principal = (await verdict_of(context)).principal
    if principal is None:
        return skipped("the token is not good")
    held = principal.scopes & {"read", "write", "admin"}
    return (
        passed(", ".join(sorted(held))) if held else problem("The token is good, but has none of read, write, admin.")
    )


CHECKS = tuple(check.made)
