"""Keys: fetched when needed and no oftener, picked up when new, dropped when gone (RFC 7517, RFC 8725 §3.3)."""

from __future__ import annotations

import threading

import httpx
import pytest

from app.auth.verification_key import parse_jwk_set
from tests.support import forge, raw
from tests.support.world import World, open_world

JWKS = "/.well-known/jwks.json"


def fetches(world: World) -> int:
    return world.tenant.requests[JWKS]


def with_kid(world: World, kid: str, iat: float) -> str:
    claims = forge.decoded(world.token(), 1) | {"iat": iat}
    return forge.signed({"alg": "RS256", "kid": kid}, claims, forge.STRANGER)


def test_a_verified_token_costs_no_further_fetch(world: World) -> None:
    token = world.token()
    for _ in range(5):
        assert world.call(token).status_code == 200
    assert fetches(world) == 1


def test_a_new_key_is_picked_up_on_first_use(world: World) -> None:
    assert world.call(world.token()).status_code == 200
    world.clock.now += 60
    world.tenant.rotate_keys()  # the former next key signs now: known already
    world.tenant.rotate_keys()  # and this one was never seen
    assert world.call(world.token()).status_code == 200
    assert fetches(world) == 2


def test_a_key_that_disappears_ends_the_tokens_it_signed(world: World) -> None:
    old = world.token()
    assert world.call(old).status_code == 200
    world.clock.now += 60
    world.tenant.rotate_keys()
    world.tenant.rotate_keys()
    world.tenant.revoke_previous_key()
    assert world.call(world.token()).status_code == 200  # brings the new set in
    refused = world.call(old)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")


def test_a_key_withdrawn_while_nobody_asked_is_refused_at_the_very_next_request(world: World) -> None:
    old = world.token()
    assert world.call(old).status_code == 200
    world.tenant.rotate_keys()
    world.tenant.revoke_previous_key()
    world.clock.now += 80_000
    assert world.call(old).status_code == 401


def test_unknown_keys_cause_one_fetch_per_cooldown(world: World) -> None:
    assert world.call(world.token()).status_code == 200
    world.clock.now += 60
    before = fetches(world)
    for number in range(50):
        assert world.call(with_kid(world, f"k{number}", world.clock.now - 60)).status_code == 401
    assert fetches(world) - before == 1


def test_a_token_younger_than_the_last_look_is_not_called_invalid_during_the_cooldown(world: World) -> None:
    assert world.call(world.token()).status_code == 200
    answer = world.call(with_kid(world, "brand-new", world.clock.now))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


def test_many_requests_with_a_new_key_share_one_fetch(world: World) -> None:
    assert world.call(world.token()).status_code == 200
    world.clock.now += 60
    world.tenant.rotate_keys()
    world.tenant.rotate_keys()
    before, token = fetches(world), world.token()
    answers: list[int] = []

    def ask() -> None:
        headers: list[tuple[str, str | bytes]] = [
            ("Authorization", f"Bearer {token}"),
            ("Content-Type", "application/json"),
        ]
        answers.append(raw.send(world.url, headers, b'{"jsonrpc":"2.0","id":1,"method":"ping"}').status)

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 20
    assert fetches(world) - before == 1


def test_hopeless_tokens_cost_no_fetch(world: World) -> None:
    assert world.call(world.token()).status_code == 200
    world.clock.now += 60
    before = fetches(world)
    for bad in (world.token(iss="https://evil.example/"), world.token(exp=1), world.token(aud="x"), "a.b.c"):
        assert world.call(bad).status_code == 401
    assert fetches(world) == before


def test_known_keys_keep_serving_while_the_tenant_is_down(world: World) -> None:
    assert world.call(world.token()).status_code == 200
    world.tenant_app.stop()
    world.clock.now += 3_600
    assert world.call(world.token()).status_code == 200


def test_keys_older_than_a_day_are_not_trusted_any_more(world: World) -> None:
    assert world.call(world.token()).status_code == 200
    world.tenant_app.stop()
    world.clock.now += 86_401
    answer = world.call(world.token())
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")


def test_the_jwks_uri_can_be_set_by_hand() -> None:
    with open_world() as other:
        jwks_uri = f"{other.tenant.issuer.rstrip('/')}{JWKS}"
        with open_world(oauth_jwks_uri=jwks_uri) as world:
            world.tenant.keys = other.tenant.keys
            assert world.call(world.token()).status_code == 200
            assert fetches(world) == 0


UNUSABLE = [
    {"kty": "oct", "k": "c2VjcmV0", "kid": "symmetric"},
    {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "tiny"},
    {"kty": "RSA", "kid": "empty"},
    {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "not on the curve"},
    {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA", "kid": "other curve"},
    {"kty": "quantum", "kid": "unknown kind"},
    {"kty": ["RSA"], "kid": "kind a list"},
    {"kid": "no kind"},
]


def _good_jwk(world: World) -> dict[str, object]:
    return dict(httpx.get(f"{world.tenant.issuer.rstrip('/')}{JWKS}").json()["keys"][0])


def test_unusable_keys_are_skipped_and_good_ones_kept(shared_world: World) -> None:
    good = _good_jwk(shared_world)
    found = parse_jwk_set({"keys": [*UNUSABLE, "text", None, good]})
    assert [key.kid for key in found.keys] == [good["kid"]]


@pytest.mark.parametrize(
    "change",
    [
        {"use": "enc"},
        {"key_ops": ["encrypt"]},
        {"key_ops": "verify"},
        {"d": "AQAB"},
        {"alg": "RSA-OAEP"},
        {"alg": "HS256"},
    ],
)
def test_keys_not_meant_for_signatures_are_skipped(shared_world: World, change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no usable"):
        parse_jwk_set({"keys": [_good_jwk(shared_world) | change]})


@pytest.mark.parametrize("document", [{}, {"keys": {}}, {"keys": []}, {"keys": UNUSABLE}])
def test_a_set_without_a_usable_key_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="key"):
        parse_jwk_set(document)
