"""Which applications ``auth0 apply`` takes for its own, and what becomes of one that was made by hand."""

from __future__ import annotations

import shlex

from app.auth0.wanted import CHATGPT_CALLBACK
from tests.auth0.conftest import Run
from tests.support.auth0 import BASE, StandIn, state_of


def test_an_application_of_the_same_name_is_not_taken_over_unless_told_to(stand_in: StandIn, run: Run) -> None:
    mine = stand_in.tenant.add_first_party_client("Gatehouse", ["https://mine.example/cb"], "secret")
    for action in (["plan"], ["apply", "--yes"]):
        refused = run("auth0", *action)
        assert refused.code == 1
        assert f"--adopt {mine.client_id}" in refused.err
    assert stand_in.tenant.management.writes == []
    assert run("auth0", "plan", "--json").json["problems"]
    assert run("auth0", "apply", "--yes", "--adopt", mine.client_id).code == 0
    assert (mine.callbacks[0], mine.secret) == ("https://mine.example/cb", None)
    assert CHATGPT_CALLBACK in mine.callbacks
    again = run("auth0", "apply", "--yes")  # from now on it is known by its mark
    assert "There was nothing to do." in again.out


def test_stricter_refresh_tokens_stay_and_grants_that_need_a_secret_go(stand_in: StandIn, run: Run) -> None:
    mine = stand_in.tenant.add_first_party_client("Gatehouse", ["https://mine.example/cb"], "secret")
    realm, device = "http://auth0.com/oauth/grant-type/password-realm", "urn:ietf:params:oauth:grant-type:device_code"
    mine.grant_types = ("authorization_code", "implicit", "password", realm, "client_credentials", device)
    strict = {"expiration_type": "expiring", "leeway": 0, "token_lifetime": 86_400, "infinite_token_lifetime": True}
    mine.more["refresh_token"] = {"rotation_type": "non-rotating", **strict}
    plan = run("auth0", "plan", "--adopt", mine.client_id)
    assert "~ refresh tokens: with rotation_type rotating, infinite_token_lifetime false, idle" in plan.out
    assert f"→ with refresh_token added, without implicit, password, {realm}, client_credentials" in plan.out
    assert run("auth0", "apply", "--yes", "--adopt", mine.client_id).code == 0
    assert mine.grant_types == ("authorization_code", device, "refresh_token")
    assert mine.more["refresh_token"] == {
        "rotation_type": "rotating",
        "expiration_type": "expiring",
        "leeway": 0,
        "token_lifetime": 86_400,
        "idle_token_lifetime": 1_296_000,
        "infinite_token_lifetime": False,
        "infinite_idle_token_lifetime": False,
    }
    assert run("auth0", "plan", "--json").json["changes"] == 0


def test_adopting_what_would_not_be_used_is_refused(stand_in: StandIn, run: Run) -> None:
    tenant = stand_in.tenant
    other = tenant.add_first_party_client("Mine", ["https://mine.example/cb"])
    refused = run("auth0", "apply", "--yes", "--adopt", other.client_id)
    assert refused.code == 1
    assert "the application Mine would not be used. One that is used has the name Gatehouse or Gatehouse" in refused.err
    assert tenant.management.writes == []
    other.name = "Gatehouse"
    for _ in range(2):
        assert run("auth0", "apply", "--yes", "--adopt", other.client_id).code == 0
    second = tenant.add_first_party_client("Gatehouse", ["https://mine.example/cb"])
    for mode, unused in (("shared", second), ("dcr", other)):
        assert run("auth0", "apply", "--yes", "--registration", mode, "--adopt", unused.client_id).code == 1
    assert second.callbacks == ("https://mine.example/cb",)


def test_what_plan_says_to_type_carries_out_that_plan(stand_in: StandIn, run: Run) -> None:
    mine = stand_in.tenant.add_first_party_client("Gatehouse owner's page", ["https://mine.example/cb"])
    words = ["--registration", "dcr", "--domain", stand_in.domain, "--url", BASE, "--connection"]
    words += [stand_in.tenant.connection.name, "--adopt", mine.client_id]
    nowhere = {"PUBLIC_BASE_URL": "", "OAUTH_ISSUER": ""}
    plan = run("auth0", "plan", *words, **nowhere)
    told = plan.out.splitlines()[-1].removeprefix("To change them: gatehouse ")
    assert shlex.split(told) == ["auth0", "apply", *words]
    assert run(*shlex.split(told), "--yes", **nowhere).code == 0
    assert run("auth0", "plan", "--registration", "dcr", "--json").json["changes"] == 0
    assert run("auth0", "plan").out.splitlines()[-1] == "To change them: gatehouse auth0 apply"


def test_adopting_what_is_not_there_is_refused(stand_in: StandIn, run: Run) -> None:
    refused = run("auth0", "apply", "--yes", "--adopt", "nobody")
    assert refused.code == 1
    assert "--adopt nobody: the tenant has no application of this id." in refused.err
    assert stand_in.tenant.management.writes == []


def test_the_commands_own_machine_application_is_no_namesake(stand_in: StandIn, run: Run) -> None:
    stand_in.tenant.add_machine_client("Gatehouse", "s", [])
    assert run("auth0", "apply", "--yes").code == 0
    assert [one.name for one in stand_in.tenant.clients.values()] == [
        "Gatehouse",
        "Gatehouse at home.example.net",
        "Gatehouse owner's page",
    ]


def test_two_servers_share_a_tenant_without_touching_each_others_applications(stand_in: StandIn, run: Run) -> None:
    assert run("auth0", "apply", "--yes").code == 0
    first = state_of(stand_in.tenant)["clients"]
    assert run("auth0", "apply", "--yes", PUBLIC_BASE_URL="https://second.example.net").code == 0
    clients = state_of(stand_in.tenant)["clients"]
    assert {name: clients[name] for name in first} == first
    assert set(clients) - set(first) == {
        "Gatehouse at second.example.net",
        "Gatehouse owner's page at second.example.net",
    }
