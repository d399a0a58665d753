"""Limits: people by who they are, strangers by address, and nobody locked out by somebody else (RFC 6585 §4)."""

from __future__ import annotations

from tests.support.world import open_world


def test_a_person_who_asks_too_often_is_told_when_to_come_back_and_others_go_on() -> None:
    with open_world(rate_limit_per_person="5/minute") as world:
        bob = world.tenant.add_person("bob@example.com", "x", permissions={"read"})
        mine, his = world.token(), world.tenant.issue_access_token(bob, world.mcp, "read", "c")
        assert [world.call(mine).status_code for _ in range(8)] == [200] * 5 + [429] * 3
        refused = world.call(mine)
        assert refused.json()["error"] == "too_many_requests"
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert "www-authenticate" not in refused.headers
        assert world.call(his).status_code == 200
        assert world.probe.calls == 6


def test_an_address_full_of_bad_tokens_never_keeps_a_good_one_out() -> None:
    with open_world(rate_limit_per_address="5/minute") as world:
        bad = [world.call(f"bad-token-{number}").status_code for number in range(10)]
        assert bad == [401] * 5 + [429] * 5
        assert world.call(None).status_code == 429
        assert world.call(world.token()).status_code == 200
        assert world.call(world.token(jti="another")).status_code == 200


def test_a_new_token_of_the_same_person_shares_the_count() -> None:
    with open_world(rate_limit_per_person="3/minute") as world:
        assert [world.call(world.token(jti=str(n))).status_code for n in range(4)] == [200, 200, 200, 429]
