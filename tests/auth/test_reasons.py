"""Why a token was refused: the owner's log says it with the setting to change; the client gets a code and no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support import forge
from tests.support.world import World


def _jwe(world: World) -> str:
    return world.tenant.keys.encrypt({"sub": "x"}, issuer=world.tenant.issuer)


def _other_kid(world: World) -> str:
    claims = forge.decoded(world.token(), 1) | {"iat": world.clock.now - 60}
    return forge.signed({"alg": "RS256", "kid": "nobody"}, claims, world.tenant.keys.current.private_key)


REASONS: list[tuple[str, Callable[[World], str], list[str]]] = [
    ("encrypted", _jwe, ["resource_parameter_profile", "Resource Parameter Compatibility Profile", "/mcp"]),
    ("opaque", lambda _: "abcdefghijklmnopqrstuvwxyz", ["resource_parameter_profile", "opaque"]),
    ("wrong_issuer", lambda w: w.token(iss="https://other.eu.auth0.com/"), ["other.eu.auth0.com", "Expected iss"]),
    ("wrong_audience", lambda w: w.token(aud="https://other.example/mcp"), ["other.example", "API identifier", "/mcp"]),
    ("expired", lambda w: w.token(exp=int(w.clock.now) - 100), ["100 seconds ago"]),
    ("not_yet_valid", lambda w: w.token(nbf=int(w.clock.now) + 100), ["in 100 seconds", "clock"]),
    ("unknown_key", _other_kid, ["has no key 'nobody'"]),
    ("bad_signature", lambda w: w.token()[:-6] + "AAAAAA", ["signature"]),
    ("alg_not_allowed", lambda w: f"{forge.segment({'alg': 'none'})}.e30.", ['"none"', "OAUTH_ALGORITHMS", "RS256"]),
]


@pytest.mark.parametrize(("reason", "make", "words"), REASONS, ids=[row[0] for row in REASONS])
def test_the_log_says_why_under_the_clients_reference(
    shared_world: World, caplog: pytest.LogCaptureFixture, reason: str, make: Callable[[World], str], words: list[str]
) -> None:
    assert shared_world.call(shared_world.token()).status_code == 200
    shared_world.clock.now += 60
    token = make(shared_world)
    caplog.clear()
    answer = shared_world.call(token)
    reference = answer.json()["reference"]
    line = next(record.getMessage() for record in caplog.records if reference in record.getMessage())
    assert f"reason={reason} " in line
    assert "client=127.0.0.1" in line
    assert [word for word in words if word not in line] == []
    assert token not in caplog.text
    description = f"The access token is not valid. Reference {reference}."
    assert answer.headers["www-authenticate"].endswith(f'error="invalid_token", error_description="{description}"')
    assert answer.json() == {
        "error": "invalid_token",
        "error_description": "The access token is not valid.",
        "reference": reference,
    }


def test_a_first_knock_without_a_token_is_no_incident(shared_world: World, caplog: pytest.LogCaptureFixture) -> None:
    assert shared_world.call(None).status_code == 401
    assert [record for record in caplog.records if record.levelname == "WARNING"] == []


def test_a_missing_scope_is_403_and_names_exactly_the_scope(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.person.permissions.clear()
    answer = world.call(world.token(scope=""), name="write_note", arguments={})
    assert answer.status_code == 403
    challenge = answer.headers["www-authenticate"]
    assert 'error="insufficient_scope"' in challenge
    assert ' scope="write"' in challenge
    assert "reason=insufficient_scope" in caplog.text
    assert world.probe.calls == 0
    names = [tool["name"] for tool in world.call(world.token(scope=""), "tools/list").json()["result"]["tools"]]
    assert names == ["echo", "break", "fail"]


@pytest.mark.parametrize("scope", ["write", "admin"])
def test_a_higher_scope_includes_the_lower(world: World, scope: str) -> None:
    world.person.permissions.clear()
    token = world.token(scope=scope)
    assert world.call(token, name="write_note", arguments={}).status_code == 200
    assert world.call(token).status_code == 200


def test_log_lines_of_calls_never_hold_the_token(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        token: Any = world.token()
        world.call(token)
        world.call(token, "tools/list")
        world.call(token + "x")
    assert token.split(".")[2] not in caplog.text
