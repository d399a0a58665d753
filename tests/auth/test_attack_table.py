"""The attack table: named rows, each with its RFC section, the exact status and challenge, and no tool run.

Every row is sent as raw bytes to a real server that holds the tenant's real keys. ``error`` is the challenge's error
code, "" for a challenge without one (no token was sent), None for no challenge at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.auth.attack_reasons import WHY
from tests.support import forge, raw
from tests.support.world import World, open_world

Headers = list[tuple[str, str | bytes]]
DAY = 86_400


@dataclass
class Attack:
    """What the attacker holds: a good token's parts, the tenant's key, and the world to aim at."""

    world: World

    @property
    def good(self) -> str:
        return self.world.token()

    @property
    def key(self) -> Any:
        return self.world.tenant.keys.current.private_key

    @property
    def header(self) -> dict[str, Any]:
        return {"alg": "RS256", "typ": "at+jwt", "kid": self.world.tenant.keys.current.kid}

    @property
    def claims(self) -> dict[str, Any]:
        return dict(forge.decoded(self.good, 1))

    def token(self, header: dict[str, Any] | None = None, claims: dict[str, Any] | None = None, **how: Any) -> str:
        """A token with a *valid* signature of the tenant's own key, its header and claims changed; None removes."""
        return forge.signed(_changed(self.header, header), _changed(self.claims, claims), how.get("key", self.key))


def _changed(base: dict[str, Any], changes: dict[str, Any] | None) -> dict[str, Any]:
    merged = {**base, **(changes or {})}
    return {name: value for name, value in merged.items() if value is not None}


def bearer(make: Callable[[Attack], str]) -> Callable[[Attack], Headers]:
    return lambda attack: [("Authorization", f"Bearer {make(attack)}")]


def header(**changes: Any) -> Callable[[Attack], Headers]:
    return bearer(lambda a: a.token(header=changes))


def claim(**changes: Any) -> Callable[[Attack], Headers]:
    return bearer(lambda a: a.token(claims=changes))


def at(name: str, seconds: float) -> Callable[[Attack], Headers]:
    return bearer(lambda a: a.token(claims={name: a.world.clock.now + seconds}))


def authorization(value: str | bytes) -> Callable[[Attack], Headers]:
    return lambda _: [("Authorization", value)]


def with_good(make: Callable[[str], Headers]) -> Callable[[Attack], Headers]:
    return lambda a: make(a.good)


def _swap_payload(a: Attack) -> str:
    first, _, last = a.good.split(".")
    return f"{first}.{forge.segment({**a.claims, 'sub': 'auth0|somebody-else'})}.{last}"


def _swap_header(a: Attack) -> str:
    _, middle, last = a.good.split(".")
    return f"{forge.segment({**a.header, 'x': 1})}.{middle}.{last}"


def _flip_signature(a: Attack) -> str:
    first, middle, last = a.good.split(".")
    return f"{first}.{middle}.{'A' if last[0] != 'A' else 'B'}{last[1:]}"


def _embedded_jwk(a: Attack) -> str:
    numbers = forge.STRANGER.public_key().public_numbers()
    jwk = {
        "kty": "RSA",
        "n": forge.b64(numbers.n.to_bytes(256, "big")),
        "e": "AQAB",
        "kid": "mine",
        "alg": "RS256",
        "use": "sig",
    }
    return a.token(header={"jwk": jwk, "kid": "mine"}, key=forge.STRANGER)


def _encrypted(a: Attack) -> str:
    return a.world.tenant.keys.encrypt({"sub": a.world.person.sub}, issuer=a.world.tenant.issuer)


INVALID, NONE, REQUEST = (401, "invalid_token"), (401, ""), (400, "invalid_request")

# fmt: off
ATTACKS: list[tuple[str, str, tuple[int, str | None], Callable[[Attack], Headers]]] = [
    # No token, or not one token (RFC 6750)
    ("no authorization header", "RFC 6750 §3.1", NONE, lambda _: []),
    ("empty authorization header", "RFC 6750 §3.1", NONE, authorization("")),
    ("basic credentials", "RFC 6750 §3.1", NONE, authorization("Basic YWxpY2U6c2VjcmV0")),
    ("digest credentials", "RFC 6750 §3.1", NONE, authorization('Digest username="alice"')),
    ("a DPoP scheme with a good token", "RFC 9449 §7.1", NONE, with_good(lambda t: [("Authorization", f"DPoP {t}")])),
    ("a good token without a scheme", "RFC 6750 §2.1", NONE, with_good(lambda t: [("Authorization", t)])),
    ("a scheme that only begins like Bearer", "RFC 6750 §2.1", NONE, with_good(lambda t: [("Authorization", f"Bearers {t}")])),
    ("scheme without a token", "RFC 6750 §2.1", REQUEST, authorization("Bearer")),
    ("scheme and blanks without a token", "RFC 6750 §2.1", REQUEST, authorization("Bearer    ")),
    ("two tokens in one header", "RFC 6750 §2.1", REQUEST, with_good(lambda t: [("Authorization", f"Bearer {t} {t}")])),
    ("two credentials joined by a comma", "RFC 9110 §11.6.2", REQUEST, with_good(lambda t: [("Authorization", f"Bearer {t}, Bearer {t}")])),
    ("two authorization headers, both good", "RFC 6750 §2", REQUEST, with_good(lambda t: [("Authorization", f"Bearer {t}")] * 2)),
    ("two authorization headers, bad then good", "RFC 6750 §2", REQUEST, with_good(lambda t: [("Authorization", "Bearer x"), ("authorization", f"Bearer {t}")])),
    ("two authorization headers, basic and bearer", "RFC 6750 §2", REQUEST, with_good(lambda t: [("Authorization", "Basic eA=="), ("Authorization", f"Bearer {t}")])),
    ("a tab instead of a space", "RFC 9110 §11.4", REQUEST, with_good(lambda t: [("Authorization", f"Bearer\t{t}")])),
    ("a token in quotes", "RFC 6750 §2.1", REQUEST, with_good(lambda t: [("Authorization", f'Bearer "{t}"')])),
    ("token68 parameters instead of a token", "RFC 6750 §2.1", REQUEST, with_good(lambda t: [("Authorization", f'Bearer token="{t}"')])),
    ("non-ASCII letters in the token", "RFC 6750 §2.1", REQUEST, authorization("Bearer ünïcödé".encode("latin-1"))),
    ("UTF-8 bytes in the token", "RFC 6750 §2.1", REQUEST, authorization("Bearer 토큰".encode())),
    ("a percent-encoded token", "RFC 6750 §2.1", REQUEST, with_good(lambda t: [("Authorization", f"Bearer {t.replace('.', '%2E')}")])),
    ("a good token in a cookie", "RFC 6750 §2", NONE, with_good(lambda t: [("Cookie", f"access_token={t}")])),
    ("a good token in X-Access-Token", "RFC 6750 §2", NONE, with_good(lambda t: [("X-Access-Token", t)])),
    ("a good token in Proxy-Authorization", "RFC 9110 §11.7.2", NONE, with_good(lambda t: [("Proxy-Authorization", f"Bearer {t}")])),
    ("an identity header of a proxy", "RFC 9110 §7.6", NONE, lambda _: [("X-Auth-Subject", "auth0|admin"), ("X-Auth-Scopes", "admin")]),
    ("a forwarded user header", "RFC 9110 §7.6", NONE, lambda _: [("X-Forwarded-User", "alice"), ("X-Forwarded-For", "127.0.0.1")]),
    # Not a signed JWT at all (RFC 7515, RFC 7519 §7.2)
    ("an opaque token", "RFC 7519 §7.2", INVALID, authorization("Bearer 3f9d8c7b6a5e4f3d2c1b0a99")),
    ("an encrypted Auth0 token", "RFC 7516 §3.1", INVALID, bearer(_encrypted)),
    ("one dot", "RFC 7515 §3.1", INVALID, authorization("Bearer abc.def")),
    ("four segments", "RFC 7515 §3.1", INVALID, bearer(lambda a: a.good + ".x")),
    ("six segments", "RFC 7515 §3.1", INVALID, authorization("Bearer a.b.c.d.e.f")),
    ("only dots", "RFC 7515 §3.1", INVALID, authorization("Bearer ..")),
    ("empty header segment", "RFC 7515 §5.2", INVALID, bearer(lambda a: "." + a.good.split(".", 1)[1])),
    ("empty payload segment", "RFC 7515 §5.2", INVALID, bearer(lambda a: f"{a.good.split('.')[0]}..{a.good.split('.')[2]}")),
    ("header that is not base64url", "RFC 7515 §2", INVALID, bearer(lambda a: "+/+/" + a.good)),
    ("header with padding", "RFC 6750 §2.1", REQUEST, bearer(lambda a: "eyJhbGciOiJSUzI1NiJ9====." + a.good.split(".", 1)[1])),
    ("header that is not JSON", "RFC 7519 §7.2", INVALID, bearer(lambda a: f"{forge.b64(b'not json')}.{a.good.split('.', 1)[1]}")),
    ("header that is a JSON list", "RFC 7519 §7.2", INVALID, bearer(lambda a: f"{forge.segment(['RS256'])}.{a.good.split('.', 1)[1]}")),
    ("header that is not UTF-8", "RFC 7519 §7.2", INVALID, bearer(lambda a: f"{forge.b64(bytes([0xff, 0xfe]))}.{a.good.split('.', 1)[1]}")),
    ("header nested 5,000 deep", "RFC 8259 §9", INVALID, bearer(lambda a: f"{forge.b64(b'[' * 5000)}.{a.good.split('.', 1)[1]}")),
    ("payload that is not JSON", "RFC 7519 §7.2", INVALID, bearer(lambda a: forge.signed(a.header, b"not json", a.key))),
    ("payload that is a JSON text", "RFC 7519 §7.2", INVALID, bearer(lambda a: forge.signed(a.header, "text", a.key))),
    ("payload with NaN", "RFC 8259 §6", INVALID, bearer(lambda a: forge.signed(a.header, b'{"exp": NaN}', a.key))),
    ("a token of 20,000 characters", "RFC 8259 §9", INVALID, claim(filler="x" * 14_000)),
    # Algorithms (RFC 8725 §3.1, §3.2)
    ("alg none without a signature", "RFC 8725 §3.2", INVALID, bearer(lambda a: f"{forge.segment({**a.header, 'alg': 'none'})}.{a.good.split('.')[1]}.")),
    ("alg None in other letters", "RFC 8725 §3.2", INVALID, bearer(lambda a: f"{forge.segment({**a.header, 'alg': 'NoNe'})}.{a.good.split('.')[1]}.")),
    ("alg none with the good signature", "RFC 8725 §3.2", INVALID, header(alg="none")),
    ("alg missing", "RFC 7515 §4.1.1", INVALID, bearer(lambda a: forge.signed({"kid": a.header["kid"]}, a.claims, a.key))),
    ("alg a list", "RFC 7515 §4.1.1", INVALID, header(alg=["RS256"])),
    ("alg rs256 in small letters", "RFC 7515 §4.1.1", INVALID, header(alg="rs256")),
    ("HS256 with the public key as secret", "RFC 8725 §2.1", INVALID, bearer(lambda a: forge.signed_hs256({**a.header, "alg": "HS256"}, a.claims, forge.public_pem(a.key)))),
    ("HS256 with an empty secret", "RFC 8725 §3.5", INVALID, bearer(lambda a: forge.signed_hs256({**a.header, "alg": "HS256"}, a.claims, b""))),
    ("HS256 signature under alg RS256", "RFC 8725 §3.1", INVALID, bearer(lambda a: forge.signed_hs256(a.header, a.claims, forge.public_pem(a.key)))),
    ("RS512 by the right key but not allowed", "RFC 8725 §3.1", INVALID, bearer(lambda a: forge.signed({**a.header, "alg": "RS512"}, a.claims, a.key, algorithm="RS512"))),
    ("PS256 by the right key but not allowed", "RFC 8725 §3.1", INVALID, bearer(lambda a: forge.signed({**a.header, "alg": "PS256"}, a.claims, a.key, algorithm="PS256"))),
    ("a PS256 signature that calls itself RS256", "RFC 8725 §3.1", INVALID, bearer(lambda a: forge.signed(a.header, a.claims, a.key, algorithm="PS256"))),
    ("ES256 by a fresh key", "RFC 8725 §3.1", INVALID, bearer(lambda a: forge.signed_es256({**a.header, "alg": "ES256"}, a.claims))),
    ("EdDSA by name only", "RFC 8725 §3.1", INVALID, header(alg="EdDSA")),
    # Keys that the token brings along (RFC 8725 §3.10, RFC 7515 §4.1)
    ("a key inside the header (jwk)", "RFC 7515 §4.1.3", INVALID, bearer(_embedded_jwk)),
    ("a key address in the header (jku)", "RFC 8725 §3.10", INVALID, bearer(lambda a: a.token(header={"jku": "http://127.0.0.1:9/k", "kid": "mine"}, key=forge.STRANGER))),
    ("a certificate address (x5u)", "RFC 8725 §3.10", INVALID, bearer(lambda a: a.token(header={"x5u": "http://127.0.0.1:9/c", "kid": "mine"}, key=forge.STRANGER))),
    ("a certificate in the header (x5c)", "RFC 7515 §4.1.6", INVALID, bearer(lambda a: a.token(header={"x5c": ["MIIB"], "kid": "mine"}, key=forge.STRANGER))),
    ("a stranger's key under the right kid", "RFC 8725 §3.3", INVALID, bearer(lambda a: a.token(key=forge.STRANGER))),
    ("an unknown kid", "RFC 7515 §4.1.4", INVALID, bearer(lambda a: a.token(header={"kid": "nobody"}, claims={"iat": a.world.clock.now - 60}))),
    ("a kid that is a path", "RFC 8725 §3.10", INVALID, bearer(lambda a: a.token(header={"kid": "../../../etc/passwd"}, claims={"iat": a.world.clock.now - 60}))),
    ("a kid that is SQL", "RFC 8725 §3.10", INVALID, bearer(lambda a: a.token(header={"kid": "' OR 1=1 --"}, claims={"iat": a.world.clock.now - 60}))),
    ("a kid that is a number", "RFC 7515 §4.1.4", INVALID, header(kid=1)),
    ("a kid of 8,000 characters", "RFC 8259 §9", INVALID, bearer(lambda a: a.token(header={"kid": "k" * 8000}, claims={"iat": a.world.clock.now - 60}))),
    ("no kid while several keys are published", "RFC 7515 §4.1.4", INVALID, bearer(lambda a: a.token(header={"kid": None}, claims={"iat": a.world.clock.now - 60}))),
    ("the next key's kid over the current key's signature", "RFC 8725 §3.3", INVALID, bearer(lambda a: a.token(header={"kid": a.world.tenant.keys.next.kid}))),
    # Signatures (RFC 8725 §3.3)
    ("one letter of the signature changed", "RFC 8725 §3.3", INVALID, bearer(_flip_signature)),
    ("signature cut off", "RFC 8725 §3.3", INVALID, bearer(lambda a: a.good.rsplit(".", 1)[0] + ".")),
    ("signature shortened", "RFC 8725 §3.3", INVALID, bearer(lambda a: a.good[:-8])),
    ("signature with padding", "RFC 7515 §2", INVALID, bearer(lambda a: a.good + "==")),
    ("signature of another token", "RFC 8725 §3.3", INVALID, bearer(lambda a: a.good.rsplit(".", 1)[0] + "." + a.token(claims={"jti": "x"}).rsplit(".", 1)[1])),
    ("payload exchanged", "RFC 8725 §3.3", INVALID, bearer(_swap_payload)),
    ("header exchanged", "RFC 8725 §3.3", INVALID, bearer(_swap_header)),
    # Kinds of token (RFC 8725 §3.11, RFC 9068 §4)
    ("typ of a logout token", "RFC 8725 §3.11", INVALID, header(typ="logout+jwt")),
    ("typ of a DPoP proof", "RFC 8725 §3.11", INVALID, header(typ="dpop+jwt")),
    ("typ of a client assertion", "RFC 9068 §4", INVALID, header(typ="client-authentication+jwt")),
    ("typ a number", "RFC 7515 §4.1.9", INVALID, header(typ=7)),
    ("typ empty", "RFC 9068 §4", INVALID, header(typ="")),
    ("crit with an unknown extension", "RFC 7515 §4.1.11", INVALID, header(crit=["exp"])),
    ("crit empty", "RFC 7515 §4.1.11", INVALID, header(crit=[])),
    ("an unencoded payload (b64 false)", "RFC 7797 §6", INVALID, header(b64=False, crit=["b64"])),
    ("b64 false without crit", "RFC 7797 §6", INVALID, header(b64=False)),
    ("an ID token for the client", "RFC 8725 §3.11", INVALID, bearer(lambda a: a.token({"typ": "JWT"}, {"aud": "test-client", "nonce": "n", "scope": None}))),
    # Issuer (RFC 8725 §3.8, RFC 9068 §4)
    ("issuer without its slash", "RFC 8725 §3.8", INVALID, bearer(lambda a: a.token(claims={"iss": a.world.tenant.issuer.rstrip("/")}))),
    ("issuer with one slash too many", "RFC 8725 §3.8", INVALID, bearer(lambda a: a.token(claims={"iss": a.world.tenant.issuer + "/"}))),
    ("issuer in capitals", "RFC 8725 §3.8", INVALID, bearer(lambda a: a.token(claims={"iss": a.world.tenant.issuer.upper()}))),
    ("another tenant's issuer", "RFC 8725 §3.8", INVALID, claim(iss="https://evil.eu.auth0.com/")),
    ("issuer a list with the right one", "RFC 7519 §4.1.1", INVALID, bearer(lambda a: a.token(claims={"iss": [a.world.tenant.issuer]}))),
    ("issuer missing", "RFC 9068 §2.2", INVALID, claim(iss=None)),
    # Audience (RFC 8725 §3.9, RFC 8707 §2)
    ("audience missing", "RFC 9068 §4", INVALID, claim(aud=None)),
    ("another resource's audience", "RFC 8707 §2", INVALID, claim(aud="https://other.example/mcp")),
    ("audience of the log-in service only", "RFC 8725 §3.9", INVALID, bearer(lambda a: a.token(claims={"aud": [a.world.tenant.issuer + "userinfo"]}))),
    ("audience with a trailing slash", "RFC 8725 §3.9", INVALID, bearer(lambda a: a.token(claims={"aud": a.world.mcp + "/"}))),
    ("audience that only begins right", "RFC 8725 §3.9", INVALID, bearer(lambda a: a.token(claims={"aud": a.world.mcp + ".evil.example"}))),
    ("audience an empty list", "RFC 7519 §4.1.3", INVALID, claim(aud=[])),
    ("audience an object", "RFC 7519 §4.1.3", INVALID, bearer(lambda a: a.token(claims={"aud": {a.world.mcp: True}}))),
    ("audience nested in a list", "RFC 7519 §4.1.3", INVALID, bearer(lambda a: a.token(claims={"aud": [[a.world.mcp]]}))),
    # Times (RFC 7519 §4.1.4-6)
    ("expired a day ago", "RFC 7519 §4.1.4", INVALID, at("exp", -DAY)),
    ("expired just past the leeway", "RFC 7519 §4.1.4", INVALID, at("exp", -30)),
    ("no expiry", "RFC 9068 §2.2", INVALID, claim(exp=None)),
    ("expiry a text", "RFC 7519 §2", INVALID, bearer(lambda a: a.token(claims={"exp": str(int(a.world.clock.now + DAY))}))),
    ("expiry true", "RFC 7519 §2", INVALID, claim(exp=True)),
    ("expiry beyond all numbers", "RFC 7519 §2", INVALID, bearer(lambda a: forge.signed(a.header, json.dumps({**a.claims, "exp": 0}).replace('"exp": 0', '"exp": 1e999').encode(), a.key))),
    ("expiry a number of 5,000 digits", "RFC 8259 §9", INVALID, bearer(lambda a: forge.signed(a.header, json.dumps({**a.claims, "exp": 0}).replace('"exp": 0', '"exp": ' + "9" * 5000).encode(), a.key))),
    ("not yet valid", "RFC 7519 §4.1.5", INVALID, at("nbf", 31)),
    ("nbf a list", "RFC 7519 §2", INVALID, claim(nbf=[1])),
    ("issued in the future", "RFC 7519 §4.1.6", INVALID, at("iat", 31)),
    ("iat a text", "RFC 7519 §2", INVALID, claim(iat="today")),
    ("expiry an integer of 400 digits", "RFC 8259 §9", INVALID, bearer(lambda a: a.token(claims={"exp": 10**400}, key=forge.STRANGER))),
    ("nbf an integer of 400 digits", "RFC 8259 §9", INVALID, bearer(lambda a: a.token(claims={"nbf": -(10**400)}, key=forge.STRANGER))),
    ("iat an integer of 400 digits", "RFC 8259 §9", INVALID, bearer(lambda a: a.token(claims={"iat": 10**400}, key=forge.STRANGER))),
    ("a token bound to a key, without the key", "RFC 9449 §7.2", INVALID, claim(cnf={"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"})),
    # Subject and scopes (RFC 9068 §2.2)
    ("no subject", "RFC 9068 §2.2", INVALID, claim(sub=None)),
    ("empty subject", "RFC 7519 §4.1.2", INVALID, claim(sub="")),
    ("subject a number", "RFC 7519 §4.1.2", INVALID, claim(sub=42)),
    ("subject with a line break", "RFC 8725 §3.10", INVALID, claim(sub="auth0|a\nfake log line")),
    ("subject with a line separator", "RFC 8725 §3.10", INVALID, claim(sub="auth0|a\u2028b")),
    ("subject that turns the reading direction", "RFC 8725 §3.10", INVALID, claim(sub="auth0|a\u202eb")),
    ("subject with half a letter", "RFC 8725 §3.10", INVALID, claim(sub="auth0|\ud800")),
    ("subject of 5,000 characters", "RFC 8259 §9", INVALID, claim(sub="a" * 5000)),
    ("scope a number", "RFC 8693 §4.2", INVALID, claim(scope=7)),
    ("permissions an object", "RFC 9068 §2.2.3", INVALID, claim(permissions={"admin": True})),
    ("permissions with a null", "RFC 9068 §2.2.3", INVALID, claim(permissions=["read", None])),
    ("client_id an object", "RFC 9068 §2.2", INVALID, claim(client_id={"id": 1})),
]
# fmt: on

CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "echo", "arguments": {"text": "x"}}}
COMMON: Headers = [("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream")]


@pytest.fixture(scope="module")
def attacked() -> Iterator[World]:
    with open_world() as world:
        warm = world.call(world.token())
        assert warm.status_code == 200, "the door must be open to good tokens, or the table proves nothing"
        yield world


@pytest.mark.parametrize(("name", "section", "expected", "make"), ATTACKS, ids=[row[0] for row in ATTACKS])
def test_attack_is_refused_and_runs_no_tool(
    attacked: World,
    caplog: pytest.LogCaptureFixture,
    name: str,
    section: str,
    expected: tuple[int, str | None],
    make: Callable[[Attack], Headers],
) -> None:
    caplog.set_level("INFO", "gatehouse.refusals")
    status, error = expected
    attacked.clock.now += 60  # beyond the cooldown, so that every unknown key is looked for
    attacked.probe.calls = 0
    answer = raw.send(attacked.url, COMMON + make(Attack(attacked)), json.dumps(CALL).encode())
    assert (answer.status, _challenge_error(answer)) == (status, error), f"{name} ({section}): {answer.body[:300]!r}"
    assert attacked.probe.calls == 0
    body = answer.json()
    assert set(body) == {"error", "error_description", "reference"}
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", body["reference"])
    line = next(one.getMessage() for one in caplog.records if body["reference"] in one.getMessage())
    assert [reason for reason, names in WHY.items() if name in names] == [re.findall(r"reason=([a-z_]+)", line)[0]]
    assert b"eyJ" not in answer.body
    assert "eyJ" not in answer.headers["www-authenticate"]


def _challenge_error(answer: raw.Answer) -> str | None:
    challenge = answer.headers.get("www-authenticate")
    if challenge is None:
        return None
    assert challenge.startswith("Bearer resource_metadata=")
    assert ' scope="read"' in challenge
    found = re.search(r'error="([^"]*)"', challenge)
    return found[1] if found else ""


def test_the_table_is_as_long_as_promised_and_every_row_has_its_own_name() -> None:
    assert len({row[0] for row in ATTACKS}) == len(ATTACKS) >= 80
    assert sorted(name for names in WHY.values() for name in names) == sorted(row[0] for row in ATTACKS)
    assert all(re.match(r"RFC \d{4} §\d", row[1]) for row in ATTACKS)


# fmt: off
GOOD: list[tuple[str, Callable[[Attack], Headers]]] = [
    ("scheme in small letters", with_good(lambda t: [("authorization", f"bearer {t}")])),
    ("scheme in capitals", with_good(lambda t: [("AUTHORIZATION", f"BEARER {t}")])),
    ("several blanks after the scheme", with_good(lambda t: [("Authorization", f"Bearer   {t}")])),
    ("white space around the value", with_good(lambda t: [("Authorization", f"  Bearer {t}  ")])),
    ("typ JWT", header(typ="JWT")),
    ("typ absent", header(typ=None)),
    ("typ with the media type spelled out", header(typ="application/at+jwt")),
    ("audience a list", bearer(lambda a: a.token(claims={"aud": ["https://x.example", a.world.mcp]}))),
    ("scopes as a list", claim(scope=["read"], permissions=None)),
    ("scopes in scp", claim(scope=None, permissions=None, scp="read write")),
    ("no scope claim at all", claim(scope=None, permissions=None)),
    ("azp instead of client_id", claim(client_id=None, azp="abc")),
    ("a subject with a bar", claim(sub="google-oauth2|110")),
    ("expired within the leeway", at("exp", -29)),
    ("nbf within the leeway", at("nbf", 30)),
    ("no iat", claim(iat=None)),
    ("a key address that is ignored (jku), with the tenant's own signature", header(jku="http://127.0.0.1:9/keys")),
    ("signed by the tenant's next key", bearer(lambda a: a.token({"kid": a.world.tenant.keys.next.kid}, key=a.world.tenant.keys.next.private_key))),
]
# fmt: on


@pytest.mark.parametrize(("name", "make"), GOOD, ids=[row[0] for row in GOOD])
def test_good_token_is_admitted(shared_world: World, name: str, make: Callable[[Attack], Headers]) -> None:
    before = shared_world.probe.calls
    answer = raw.send(shared_world.url, COMMON + make(Attack(shared_world)), json.dumps(CALL).encode())
    assert answer.status == 200, answer.body
    assert shared_world.probe.calls == before + 1
