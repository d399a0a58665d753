"""Judging one access token as the server would, step by step, without ever printing it.

The rules are those of ``app/auth/access_token.py``; only the keys are fetched here. From outside, issuer and audience
are what the server's own document says.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.auth.access_token import TokenPolicy, bearer_token, parse, validate_claims, verify_signature
from app.auth.principal import Principal
from app.doctor.checks.authorization_server import issuer_of, keys_of
from app.doctor.context import Answer, Context
from app.doctor.notes import Turned, turned_away, was_noted
from app.errors import AuthenticationError, InvalidAccessToken
from app.settings_rules import ASYMMETRIC_ALGORITHMS


@dataclass(frozen=True)
class Verdict:
    """``reason`` is a row of ``app/journal/reasons.py``, blank for a good token, whose caller is ``principal``."""

    reason: str = ""
    detail: str = ""
    principal: Principal | None = None


async def verdict_of(context: Context) -> Verdict:
    """Judge the context's token, once."""
    verdict: Verdict = await context.once("verdict", lambda: _judge(context))
    return verdict


async def _policy(context: Context) -> TokenPolicy:
    settings = context.settings
    if settings is None:
        everything = frozenset(ASYMMETRIC_ALGORITHMS)
        claims = ("scope", "scp", "permissions")
        return TokenPolicy(await issuer_of(context), (context.mcp,), everything, 30, claims)
    return TokenPolicy(
        settings.issuer,
        settings.audiences,
        frozenset(settings.oauth_algorithms),
        settings.oauth_leeway_seconds,
        settings.oauth_scope_claims,
    )


async def _judge(context: Context) -> Verdict:
    policy = await _policy(context)
    try:
        compact = bearer_token([(b"authorization", b"Bearer " + context.token.encode("utf-8", "surrogateescape"))])
        token = parse(compact, policy)
        validate_claims(token.unverified_claims, policy, context.clock())
        key = (await keys_of(context)).find(token.unverified_kid, token.unverified_alg)
        if key is None:
            detail = f"The log-in service has no key {token.unverified_kid!r:.100} for {token.unverified_alg}."
            raise InvalidAccessToken("unknown_key", detail)
        return Verdict(principal=validate_claims(verify_signature(token, key), policy, context.clock()))
    except InvalidAccessToken as error:
        return Verdict(error.reason, error.detail)
    except AuthenticationError:
        what = "a blank or a line break stands in it, it has signs that no token has, or it is too long"
        return Verdict("malformed_authorization", f"The file does not hold one access token and nothing else: {what}.")


async def reason_of(context: Context, answer: Answer) -> Turned | None:
    """Why the server refused, as its request log says under the reference code; None when that cannot be seen."""
    reference = str((answer.json or {}).get("reference", ""))
    if not reference or not await was_noted(context, reference):
        return None
    for one in (await turned_away(context, fresh=True)).values():
        if one.newest.reference == reference:
            return one
    return None
