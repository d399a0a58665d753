"""Access-token validation: RFC 6750 §2.1, RFC 7519 §4.1 and §7.2, RFC 8725 §3, RFC 9068 §4.

Pure functions: no clock, no network, no HTTP framework. Every rule of what makes an access token acceptable stands
here. Deliberately absent: decryption, ``jwk``/``jku``/``x5u``/``x5c`` header keys (the key comes from the
authorization server's key set only), introspection, and the question what the caller may do.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NewType, NoReturn

from jwt import PyJWS
from jwt.exceptions import PyJWTError

from app.auth.principal import Principal
from app.auth.verification_key import VerificationKey
from app.errors import InvalidAccessToken, MalformedAuthorization, MissingAccessToken

MAX_TOKEN_LENGTH = 16_384
"""Characters. Auth0 tokens with hundreds of permissions stay below this."""

MAX_SUB_LENGTH = 4_096
MAX_CLAIM_LENGTH = 1_024
"""Characters of ``sub``, and of the client id: these are stored and shown."""

MAX_SHOWN_LENGTH = 200
"""Characters kept of a name or an e-mail address, which are shown and never compared."""

ACCEPTED_TYPES = frozenset({"jwt", "at+jwt"})

_CREDENTIALS = re.compile(rb"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/-]+=*)")  # RFC 6750 §2.1
_BEARER = re.compile(rb"[Bb][Ee][Aa][Rr][Ee][Rr](?![!#$%&'*+.^_`|~0-9A-Za-z-])")
_SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 §3.3
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JWS = PyJWS(options={"verify_signature": True, "enforce_minimum_key_length": True})

SignedClaims = NewType("SignedClaims", Mapping[str, Any])
"""Claims whose signature was verified. Only :func:`verify_signature` makes them."""


@dataclass(frozen=True)
class TokenPolicy:
    """What the owner accepts. ``leeway`` is in seconds; ``issuer`` is compared byte for byte."""

    issuer: str
    audiences: tuple[str, ...]
    allowed_algorithms: frozenset[str]
    leeway: float
    scope_claims: tuple[str, ...]


@dataclass(frozen=True)
class UnverifiedToken:
    """A well-formed token whose signature has *not* been checked: nothing in it may be believed."""

    compact: str
    unverified_alg: str
    unverified_kid: str | None
    unverified_claims: Mapping[str, Any]


def bearer_token(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Take the access token out of raw header pairs (names in lower case, as ASGI gives them).

    Raises :class:`MissingAccessToken` when there is no Bearer credential, :class:`MalformedAuthorization` when there
    are several Authorization headers or the credential is not one token.
    """
    values = [value for name, value in headers if name == b"authorization"]
    if not values:
        raise MissingAccessToken("no Authorization header")
    if len(values) > 1:
        raise MalformedAuthorization("more than one Authorization header")
    value = values[0].strip(b" \t")
    match = _CREDENTIALS.fullmatch(value)
    if match:
        return match[1].decode("ascii")
    if _BEARER.match(value):
        raise MalformedAuthorization("the Bearer credential is not a single token")
    raise MissingAccessToken("the Authorization header has another scheme than Bearer")


def parse(compact: str, policy: TokenPolicy) -> UnverifiedToken:
    """Read a compact token without believing it. Raises :class:`InvalidAccessToken` with a reason for the owner."""
    if len(compact) > MAX_TOKEN_LENGTH:
        _refuse("too_large", f"The token has {len(compact)} characters; at most {MAX_TOKEN_LENGTH} are accepted.")
    segments = compact.split(".")
    if len(segments) != 3:
        _refuse_by_shape(len(segments), policy)
    if not _BASE64URL.fullmatch(segments[2]):
        _refuse("malformed", "The token's signature is not base64url.")
    header = _json_object(segments[0], "header")
    alg = header.get("alg")
    if not isinstance(alg, str) or alg not in policy.allowed_algorithms:
        allowed = ", ".join(sorted(policy.allowed_algorithms))
        _refuse(
            "alg_not_allowed",
            f"The token is signed with {_show(alg)}; OAUTH_ALGORITHMS allows {allowed}.",
            allowed,
            alg,
        )
    typ = header.get("typ", "JWT")
    if not isinstance(typ, str) or typ.lower().removeprefix("application/") not in ACCEPTED_TYPES:
        _refuse(
            "typ_not_allowed", f"The token's typ is {_show(typ)}; an access token has JWT or at+jwt.", "at+jwt", typ
        )
    if "crit" in header:
        _refuse("critical_header", "The token demands header extensions (crit) that are not supported.")
    kid = header.get("kid")
    if kid is not None and not isinstance(kid, str):
        _refuse("malformed", "The token's kid is not a text.")
    return UnverifiedToken(compact, alg, kid, _json_object(segments[1], "payload"))


def verify_signature(token: UnverifiedToken, key: VerificationKey) -> SignedClaims:
    """Check the signature with one key of the authorization server and return the claims it protects."""
    if token.unverified_alg not in key.algorithms:
        _refuse("alg_not_allowed", f"The key {_show(key.kid)} is not for {token.unverified_alg}.")
    try:
        _JWS.decode_complete(token.compact, key.public_key, algorithms=[token.unverified_alg])
    except PyJWTError:
        detail = f"The signature does not match the key {_show(key.kid)} of the authorization server."
        raise InvalidAccessToken("bad_signature", detail) from None
    return SignedClaims(token.unverified_claims)  # the very bytes that the signature covers


def validate_claims(claims: Mapping[str, Any], policy: TokenPolicy, now: float) -> Principal:
    """Check every claim and return the caller. ``now`` is in seconds since the epoch.

    Called on :class:`SignedClaims` to admit a caller; called on unverified claims only to refuse early, before a key
    is looked for.
    """
    if claims.get("iss") != policy.issuer:
        iss = claims.get("iss")
        _refuse("wrong_issuer", f"Expected iss {_show(policy.issuer)}, received {_show(iss)}.", policy.issuer, iss)
    _check_audience(claims.get("aud"), policy)
    exp, iat = _check_times(claims, policy, now)
    if "cnf" in claims:  # bound to a key of the client (RFC 9449, RFC 8705): worth nothing as a mere bearer token
        _refuse("sender_constrained", "The token is bound to a key (cnf), which is not supported here.")
    return Principal(
        iss=policy.issuer,
        sub=_identifier(claims, "sub", MAX_SUB_LENGTH, required=True),
        client_id=_identifier(claims, "client_id") or _identifier(claims, "azp"),
        scopes=_scopes(claims, policy),
        expires_at=exp,
        issued_at=iat,
        name=_shown(claims.get("name")),
        email=_shown(claims.get("email")),
    )


def _check_audience(aud: Any, policy: TokenPolicy) -> None:
    audiences = aud if isinstance(aud, list) else [aud]
    if any(isinstance(value, str) and value in policy.audiences for value in audiences):
        return
    expected = " or ".join(policy.audiences)
    _refuse(
        "wrong_audience",
        f"Expected aud {expected}, received {_show(aud)}. The API identifier at the authorization server must be "
        "exactly this address; in Auth0 it cannot be changed afterwards, only created anew.",
        expected,
        aud,
    )


def _check_times(claims: Mapping[str, Any], policy: TokenPolicy, now: float) -> tuple[float, float | None]:
    exp = _numeric_date(claims, "exp")
    if exp is None:
        _refuse("missing_exp", "The token never expires (no exp); such tokens are refused.")
    if now >= exp + policy.leeway:
        detail = f"The token expired {now - exp:.0f} seconds ago (exp {exp:.0f}); clients renew it now."
        _refuse("expired", detail, f"later than {now:.0f}", exp)
    nbf, iat = _numeric_date(claims, "nbf"), _numeric_date(claims, "iat")
    if nbf is not None and now < nbf - policy.leeway:
        detail = f"The token is valid in {nbf - now:.0f} seconds (nbf). Check this machine's clock."
        _refuse("not_yet_valid", detail, f"{now:.0f} at the latest", nbf)
    if iat is not None and now < iat - policy.leeway:
        detail = f"The token is from {iat - now:.0f} seconds ahead (iat). Check this machine's clock."
        _refuse("issued_in_future", detail, f"{now:.0f} at the latest", iat)
    return exp, iat


def _numeric_date(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 1e12:
        _refuse("malformed_claims", f"The claim {name} is not a time in seconds.")
    return float(value)


def _identifier(
    claims: Mapping[str, Any], name: str, longest: int = MAX_CLAIM_LENGTH, *, required: bool = False
) -> str:
    value = claims.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or not value or len(value) > longest or not _is_plain(value):
        what = "is missing" if value is None else "is not a plain text of reasonable length"
        _refuse("missing_sub" if value is None else "malformed_claims", f"The claim {name} {what}.")
    return value


def _is_plain(text: str) -> bool:
    return not any(unicodedata.category(letter) in _INVISIBLE for letter in text)


def _scopes(claims: Mapping[str, Any], policy: TokenPolicy) -> frozenset[str]:
    scopes: set[str] = set()
    for name in policy.scope_claims:
        value = claims.get(name)
        words = value.split(" ") if isinstance(value, str) else value
        if words is None:
            continue
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            _refuse("malformed_claims", f"The claim {name} is neither a text nor a list of texts.")
        # Dropped, not refused: a word that no scope can be grants nothing, and the log-in service puts its own words
        # (roles, permissions of other APIs) beside ours. What is left can stand in a challenge and in the log.
        scopes.update(word for word in words if _SCOPE_TOKEN.fullmatch(word))
    return frozenset(scopes)


def _shown(value: Any) -> str:
    """A claim about the person that is only shown: a plain text of reasonable length, or nothing."""
    text = value.strip()[:MAX_SHOWN_LENGTH] if isinstance(value, str) else ""
    return text if _is_plain(text) else ""


def _refuse_by_shape(segments: int, policy: TokenPolicy) -> NoReturn:
    fix = (
        "In Auth0: Settings → Advanced, switch the Resource Parameter Compatibility Profile on "
        f"(resource_parameter_profile), and check that an API with the identifier {policy.audiences[0]} exists."
    )
    if segments == 5:
        _refuse("encrypted", f"The token is encrypted, as Auth0 makes it when no API was selected. {fix}")
    if segments == 1:
        _refuse("opaque", f"The token is opaque (not a JWT), as providers make it when no API was selected. {fix}")
    _refuse("malformed", f"The token has {segments} segments; a signed JWT has three.")


def _json_object(segment: str, name: str) -> dict[str, Any]:
    try:
        if not _BASE64URL.fullmatch(segment) or len(segment) % 4 == 1:
            raise ValueError("not base64url without padding (RFC 7515 §2)")
        raw = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
        value = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError, binascii.Error):
        value = None
    if not isinstance(value, dict):
        _refuse("malformed", f"The token's {name} is not a base64url-encoded JSON object.")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _show(value: Any) -> str:
    """Render a received claim for the owner: short, and without letters that cannot be seen or kept."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    short = text if len(text) <= 200 else text[:200] + "…"
    return "".join("?" if unicodedata.category(letter) in _INVISIBLE else letter for letter in short)


def _refuse(reason: str, detail: str, expected: str = "", received: Any = None) -> NoReturn:
    raise InvalidAccessToken(reason, detail, expected, "" if received is None else _show(received))
