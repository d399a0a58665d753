"""Each claim does what its row in the table says, and no claim of a well-known service is without a row."""

from __future__ import annotations

from typing import Any

import pytest

from app.auth.access_token import TokenPolicy, validate_claims
from app.auth.principal import Principal
from app.errors import InvalidAccessToken
from tests.auth.claims_table import ABSENT, AUDIENCE, CLAIMS, ISSUER, LEEWAY, NOW, SAMPLES, Claim, Sample
from tests.support import forge
from tests.support.world import World

POLICY = TokenPolicy(ISSUER, (AUDIENCE,), frozenset({"RS256"}), LEEWAY, ("scope", "scp", "permissions"))
GOOD: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "auth0|1",
    "aud": AUDIENCE,
    "exp": NOW + 600,
    "client_id": "c",
    "scope": "read",
}
DEFAULT = Principal(ISSUER, "auth0|1", "c", frozenset({"read"}), NOW + 600)

HOSTILE: list[Any] = [
    None,
    True,
    0,
    -1,
    10**400,
    1e308,
    "",
    "admin",
    "read write admin",
    "' OR 1=1 --",
    "a\r\nSet-Cookie: x=1",
    "\x00\x1b[2J\u202e\ud800",
    "x" * 100_000,
    [],
    ["admin", "write"],
    [["admin"]],
    [None],
    {},
    {"roles": ["admin"], "scope": "admin", "sub": "auth0|owner"},
    ISSUER,
    AUDIENCE,
    {"jkt": "x"},
]
_DEEP: Any = "admin"
for _ in range(200):
    _DEEP = [_DEEP]
HOSTILE.append(_DEEP)

checked = [row for row in CLAIMS if row.refused]
used = [row for row in CLAIMS if row.used]
ignored = [row for row in CLAIMS if row.ignored]


def judge(claims: dict[str, Any], policy: TokenPolicy = POLICY) -> Principal:
    return validate_claims(claims, policy, NOW)


def changed(name: str, value: Any, without: tuple[str, ...] = ()) -> dict[str, Any]:
    rest = {key: one for key, one in GOOD.items() if key not in {name, *without}}
    return rest if value is ABSENT else {**rest, name: value}


def test_the_plain_token_is_admitted() -> None:
    assert judge(GOOD) == DEFAULT


def test_every_claim_has_one_row_and_a_reason() -> None:
    names = [row.name for row in CLAIMS]
    assert len(set(names)) == len(names)
    assert all(row.why.endswith(".") for row in CLAIMS)
    assert len(ignored) > 50


@pytest.mark.parametrize("row", checked, ids=lambda row: row.name)
def test_a_bad_value_of_a_checked_claim_is_refused_for_the_stated_reason(row: Claim) -> None:
    for value, reason in row.refused:
        with pytest.raises(InvalidAccessToken) as refused:
            judge(changed(row.name, value, row.without))
        assert refused.value.reason == reason, f"{value!r:.100}"


@pytest.mark.parametrize("row", used, ids=lambda row: row.name)
def test_a_used_claim_changes_the_principal_and_only_where_stated(row: Claim) -> None:
    for value, field, expected in row.used:
        principal = judge(changed(row.name, value, row.without))
        assert getattr(principal, field) == expected
        others = set(Principal.__dataclass_fields__) - {field, *(["scopes"] if "scope" in row.without else [])}
        assert {name for name in others if getattr(principal, name) != getattr(DEFAULT, name)} == set()


@pytest.mark.parametrize("row", ignored, ids=lambda row: row.name or "(no name)")
def test_no_value_of_an_ignored_claim_changes_anything(row: Claim) -> None:
    for value in HOSTILE:
        assert judge({row.name: value, **GOOD}) == DEFAULT, f"{value!r:.100}"


def test_all_ignored_claims_together_change_nothing_at_the_real_door(shared_world: World) -> None:
    key = shared_world.tenant.keys.current
    good = forge.decoded(shared_world.token(), 1)
    for value in (value for value in HOSTILE if len(str(value)) < 100):
        claims = {row.name: value for row in ignored} | good
        answer = shared_world.call(forge.signed({"alg": "RS256", "kid": key.kid}, claims, key.private_key))
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_a_token_as_the_service_issues_it_is_understood(sample: Sample) -> None:
    claims = {"iss": ISSUER, **sample.claims}
    assert set(claims) <= {row.name for row in CLAIMS}
    shown = (claims.get("iat"), claims.get("name", ""), claims.get("email", ""))
    assert judge(claims) == Principal(ISSUER, claims["sub"], sample.client_id, sample.scopes, claims["exp"], *shown)


@pytest.mark.parametrize(
    "name", ["roles", "groups", "entitlements", "cognito:groups", "https://home.example.net/roles"]
)
def test_roles_count_only_when_the_owner_names_their_claim(name: str) -> None:
    named = TokenPolicy(ISSUER, (AUDIENCE,), frozenset({"RS256"}), LEEWAY, ("scope", name))
    claims = {**GOOD, name: ["write"]}
    assert judge(claims).scopes == {"read"}
    assert judge(claims, named).scopes == {"read", "write"}
    with pytest.raises(InvalidAccessToken, match=name):
        judge({**GOOD, name: {"admin": True}}, named)


def test_an_id_token_is_refused_for_its_audience_whatever_else_it_carries() -> None:
    id_token = {**GOOD, "aud": "client-1", "nonce": "n", "at_hash": "h", "azp": "client-1", "email": "a@example.com"}
    with pytest.raises(InvalidAccessToken, match="wrong_audience"):
        judge(id_token)
    assert judge({**id_token, "aud": ["client-1", AUDIENCE]}).sub == "auth0|1"


def test_an_empty_client_id_does_not_fall_back_to_another_claim() -> None:
    with pytest.raises(InvalidAccessToken, match="malformed_claims"):
        judge({**GOOD, "client_id": "", "azp": "other"})


def test_scopes_of_several_claims_are_united() -> None:
    assert judge({**GOOD, "scope": "a  b ", "scp": ["c"], "permissions": ["d", ""]}).scopes == set("abcd")
