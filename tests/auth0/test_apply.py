"""``gatehouse auth0``: a new tenant becomes one that works, once and for all, and nothing of the owner's is lost."""

from __future__ import annotations

import copy
import re
import shlex
from typing import Any

import pytest

from app.auth0.wanted import CHATGPT_CALLBACK, CHATGPT_DOCUMENT, CLAUDE_CALLBACK, LOOPBACK_CALLBACKS
from app.demo.tenant import Api, Tenant
from app.demo.tenant.records import ClientGrant
from tests.auth0.conftest import Run
from tests.support.auth0 import BASE, RESOURCE, StandIn, open_stand_in
from tests.support.world import gatehouse

MODES = ("shared", "dcr", "cimd")
DOCUMENT = {"client_id": CHATGPT_DOCUMENT, "client_name": "ChatGPT", "redirect_uris": [CHATGPT_CALLBACK]}

every_mode = pytest.mark.parametrize("mode", MODES)


@pytest.fixture(autouse=True)
def chatgpts_document(stand_in: StandIn) -> None:
    stand_in.tenant.metadata_documents[CHATGPT_DOCUMENT] = dict(DOCUMENT)


def state_of(tenant: Tenant) -> dict[str, Any]:
    """All that the commands may change, without the ids that are made anew each time."""
    clients = {
        one.name: {
            "callbacks": one.callbacks,
            "secret": one.secret,
            "first": one.is_first_party,
            "grants": one.grant_types,
            "enabled": one.connection_enabled,
            "more": copy.deepcopy(one.more),
        }
        for one in tenant.clients.values()
    }
    apis = {
        one.identifier: {name: value for name, value in vars(one).items() if name != "api_id"}
        for one in tenant.apis.values()
    }
    grants = [(one.audience, one.scope, one.default_for, one.subject_type) for one in tenant.client_grants.values()]
    return copy.deepcopy(
        {
            "settings": vars(tenant.settings),
            "options": tenant.connection.options,
            "clients": clients,
            "apis": apis,
            "grants": grants,
            "count": len(tenant.clients),
        }
    )


@every_mode
def test_plan_shows_each_difference_with_its_reason_and_changes_nothing(stand_in: StandIn, run: Run, mode: str) -> None:
    before = state_of(stand_in.tenant)
    plan = run("auth0", "plan", "--registration", mode)
    assert plan.code == 0, plan.err
    facts = run("auth0", "plan", "--registration", mode, "--json").json
    for part in facts["parts"]:
        for row in part["rows"]:
            assert row["why"].endswith(".")
            assert row["change"] is (row["current"] != row["desired"])
            if row["change"]:
                assert f"~ {row['what']}: " in plan.out
                assert row["why"] in plan.out
    assert facts["changes"] == sum(row["change"] for part in facts["parts"] for row in part["rows"]) > 10
    assert f"{facts['changes']} values differ. Nothing was changed." in plan.out
    assert state_of(stand_in.tenant) == before
    assert stand_in.tenant.management.writes == []


def test_apply_makes_the_api_the_tenant_the_applications_and_the_database_as_they_should_be(
    stand_in: StandIn, run: Run
) -> None:
    options = copy.deepcopy(stand_in.tenant.connection.options)
    done = run("auth0", "apply", "--yes")
    assert done.code == 0, done.err
    tenant = stand_in.tenant
    (api,) = tenant.apis.values()
    assert (api.identifier, api.signing_alg, api.scopes) == (RESOURCE, "RS256", ("read", "write", "admin"))
    assert (api.enforce_policies, api.token_dialect) == (True, "rfc9068_profile_authz")
    assert (api.allow_offline_access, api.token_lifetime) == (True, 3600)
    assert all(api.descriptions.values())
    assert tenant.settings.resource_parameter_profile == "compatibility"
    assert tenant.settings.authorization_response_iss_parameter_supported is True
    assert tenant.settings.enable_dynamic_client_registration is False
    assert tenant.settings.domain_connection is False
    assert tenant.connection.options == {**options, "disable_signup": True}
    assert tenant.client_grants == {}
    shared, owner = tenant.clients.values()
    assert (shared.name, shared.callbacks) == ("Gatehouse", (CHATGPT_CALLBACK, CLAUDE_CALLBACK, *LOOPBACK_CALLBACKS))
    assert owner.callbacks == ("https://home.example.net/admin/callback",)
    for one in (shared, owner):
        assert (one.secret, one.is_first_party, one.connection_enabled) == (None, True, True)
        assert one.more["app_type"] == "regular_web"
        assert one.more["refresh_token"]["rotation_type"] == "rotating"
    assert f"Server URL: {RESOURCE}" in done.out
    assert f"Client ID: {shared.client_id}" in done.out


def test_the_other_ways_of_registration_open_the_tenant_to_programs_and_make_no_shared_application(
    stand_in: StandIn, run: Run
) -> None:
    tenant = stand_in.tenant
    assert run("auth0", "apply", "--yes", "--registration", "dcr").code == 0
    assert tenant.settings.enable_dynamic_client_registration is True
    assert tenant.settings.domain_connection is True
    (grant,) = tenant.client_grants.values()
    assert (grant.audience, grant.scope) == (RESOURCE, ("read", "write", "admin"))
    assert (grant.default_for, grant.subject_type) == ("third_party_clients", "user")
    assert [one.name for one in tenant.clients.values()] == ["Gatehouse owner's page"]
    assert run("auth0", "apply", "--yes", "--registration", "cimd").code == 0
    assert tenant.settings.enable_dynamic_client_registration is False
    assert tenant.settings.client_id_metadata_document_supported is True
    assert [one.external_client_id for one in tenant.clients.values()] == ["", CHATGPT_DOCUMENT]
    assert len(tenant.client_grants) == 1


@every_mode
def test_a_second_run_finds_nothing_to_do_and_writes_nothing(stand_in: StandIn, run: Run, mode: str) -> None:
    assert run("auth0", "apply", "--yes", "--registration", mode).code == 0
    state = state_of(stand_in.tenant)
    stand_in.tenant.management.log.clear()
    again = run("auth0", "apply", "--registration", mode)  # without --yes: there is nothing to ask about
    assert (again.code, stand_in.tenant.management.writes) == (0, [])
    assert "There was nothing to do." in again.out
    assert run("auth0", "plan", "--registration", mode, "--json").json["changes"] == 0
    assert state_of(stand_in.tenant) == state


@every_mode
def test_it_stays_within_two_requests_a_second(stand_in: StandIn, run: Run, mode: str) -> None:
    assert run("auth0", "apply", "--yes", "--registration", mode).code == 0
    assert 429 not in {one.status for one in stand_in.tenant.management.log}
    assert len(stand_in.tenant.management.log) > 8


def steps(mode: str) -> list[tuple[str, str]]:
    """The requests of a whole run, in order, as patterns."""
    clients = [("GET", "/clients$"), ("POST", "/clients$")] * (2 if mode == "shared" else 1)
    return [
        ("GET", "/tenants/settings"),
        ("GET", "/resource-servers"),
        ("GET", "/clients$"),
        ("GET", "/connections$"),
        *([] if mode == "shared" else [("GET", "/client-grants")]),
        ("GET", "/connections/.*/clients"),
        ("GET", "/resource-servers"),
        ("POST", "/resource-servers"),
        ("GET", "/tenants/settings"),
        ("PATCH", "/tenants/settings"),
        *([("GET", "/clients$"), ("POST", "/clients/cimd/register")] if mode == "cimd" else []),
        *clients,
        ("GET", "/connections$"),
        ("PATCH", "/connections/[^/]*$"),
        ("PATCH", "/connections/.*/clients"),
        *([] if mode == "shared" else [("GET", "/client-grants"), ("POST", "/client-grants")]),
    ]


FAILURES = [
    (mode, number, status, done)
    for mode in MODES
    for number in range(len(steps(mode)))
    for status, done in ((500, False), (None, False), (None, True))
]


@pytest.mark.parametrize(("mode", "number", "status", "done"), FAILURES)
def test_after_a_failure_at_any_step_a_second_run_ends_where_an_undisturbed_one_does(
    stand_in: StandIn, run: Run, mode: str, number: int, status: int | None, done: bool
) -> None:
    stand_in.tenant.fail_next("*", "", status, after=number, done=done)
    broken = run("auth0", "apply", "--yes", "--registration", mode)
    assert broken.code == 1
    assert "While " in broken.err
    assert "→" in broken.err
    failed = stand_in.tenant.management.log[-1]
    method, pattern = steps(mode)[number]
    assert (len(stand_in.tenant.management.log), failed.method) == (number + 1, method)
    assert re.search(pattern, failed.path)
    assert run("auth0", "apply", "--yes", "--registration", mode).code == 0
    assert state_of(stand_in.tenant) == undisturbed(mode)
    assert run("auth0", "plan", "--registration", mode, "--json").json["changes"] == 0


_UNDISTURBED: dict[str, dict[str, Any]] = {}


def undisturbed(mode: str) -> dict[str, Any]:
    """How a tenant is after a run that nothing disturbed."""
    if mode not in _UNDISTURBED:
        with open_stand_in() as other, pytest.MonkeyPatch.context() as patched:
            patched.setattr("app.cli.auth0_access.clock", other.clock)
            patched.setattr("app.cli.auth0_access.sleep", other.clock.sleep)
            other.tenant.metadata_documents[CHATGPT_DOCUMENT] = dict(DOCUMENT)
            words = ("auth0", "apply", "--yes", "--registration", mode)
            assert gatehouse(*words, **other.environment()).code == 0
            _UNDISTURBED[mode] = state_of(other.tenant)
    return _UNDISTURBED[mode]


def test_a_lost_answer_makes_no_second_application(stand_in: StandIn, run: Run) -> None:
    stand_in.tenant.fail_next("POST", "/clients$", None, done=True)
    assert run("auth0", "apply", "--yes").code == 1
    assert run("auth0", "apply", "--yes").code == 0
    assert [one.name for one in stand_in.tenant.clients.values()] == ["Gatehouse", "Gatehouse owner's page"]


def test_a_busy_tenant_is_waited_for(stand_in: StandIn, run: Run) -> None:
    stand_in.tenant.fail_next("PATCH", "/tenants/settings", 429, times=3)
    done = run("auth0", "apply", "--yes")
    assert done.code == 0
    assert done.err.count("Auth0 asks to wait 1 s.") == 3
    stand_in.tenant.fail_next("GET", "", 429, times=99)
    given_up = run("auth0", "plan")
    assert given_up.code == 1
    assert "asks to slow down" in given_up.err


# What was there before


def _callback(tenant: Tenant) -> None:
    shared = next(one for one in tenant.clients.values() if one.name == "Gatehouse")
    shared.callbacks = (*shared.callbacks, "https://colleague.example/cb")


def _policy(tenant: Tenant) -> None:
    tenant.connection.options = {**tenant.connection.options, "passwordPolicy": "excellent"}


def _permission(tenant: Tenant) -> None:
    tenant.apis[RESOURCE].scopes = (*tenant.apis[RESOURCE].scopes, "colleague")


MEANWHILE = {
    "The application Gatehouse": _callback,
    "The database of people": _policy,
    "The API": _permission,
}


@pytest.mark.parametrize("title", MEANWHILE)
def test_what_somebody_changes_while_the_question_is_open_is_not_overwritten(
    stand_in: StandIn, run: Run, monkeypatch: pytest.MonkeyPatch, title: str
) -> None:
    tenant = stand_in.tenant
    assert run("auth0", "apply", "--yes").code == 0
    shared = next(one for one in tenant.clients.values() if one.name == "Gatehouse")
    shared.callbacks = shared.callbacks[:2]
    tenant.connection.options = {**tenant.connection.options, "disable_signup": False}
    tenant.apis[RESOURCE].scopes = ("read", "write")
    wanted = {}

    def slow(question: str, *, yes: bool) -> bool:
        MEANWHILE[title](tenant)
        wanted.update(
            callbacks=shared.callbacks, options=tenant.connection.options, scopes=tenant.apis[RESOURCE].scopes
        )
        return True

    with monkeypatch.context() as patched:
        patched.setattr("app.cli.auth0.confirm", slow)
        stopped = run("auth0", "apply")
    assert stopped.code == 1
    assert f"{title} was changed at Auth0 after the plan was made." in stopped.err
    now = {"callbacks": shared.callbacks, "options": tenant.connection.options, "scopes": tenant.apis[RESOURCE].scopes}
    name = {"The application Gatehouse": "callbacks", "The database of people": "options", "The API": "scopes"}[title]
    assert now[name] == wanted[name]
    assert run("auth0", "apply", "--yes").code == 0
    assert set(wanted["callbacks"]) <= set(shared.callbacks)
    assert tenant.connection.options == {**wanted["options"], "disable_signup": True}
    assert set(wanted["scopes"]) <= set(tenant.apis[RESOURCE].scopes)


def test_two_owners_who_apply_at_once_make_no_application_twice(
    stand_in: StandIn, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(question: str, *, yes: bool) -> bool:
        assert yes or run("auth0", "apply", "--yes").code == 0
        return True

    monkeypatch.setattr("app.cli.auth0.confirm", slow)
    assert run("auth0", "apply").code == 1
    assert [one.name for one in stand_in.tenant.clients.values()] == ["Gatehouse", "Gatehouse owner's page"]


def test_what_the_owner_put_there_stays(stand_in: StandIn, run: Run) -> None:
    tenant = stand_in.tenant
    tenant.apis[RESOURCE] = Api(
        RESOURCE, "My name", ("secret", "read"), signing_alg="HS256", enforce_policies=False, token_lifetime=600
    )
    tenant.apis[RESOURCE].descriptions = {"secret": "mine", "read": "my words"}
    tenant.connection.options = {"customScripts": {"login": "x"}, "unknown": [{"a": None}], "disable_signup": False}
    tenant.settings.enable_dynamic_client_registration = True
    other = tenant.add_first_party_client("Another program", ["https://other.example/cb"], "secret")
    assert run("auth0", "apply", "--yes").code == 0
    api = tenant.apis[RESOURCE]
    assert (api.name, api.signing_alg, api.token_lifetime) == ("My name", "RS256", 600)
    assert api.scopes == ("secret", "read", "write", "admin")
    assert api.descriptions["read"] == "my words"
    assert tenant.connection.options == {
        "customScripts": {"login": "x"},
        "unknown": [{"a": None}],
        "disable_signup": True,
    }
    assert (other.callbacks, other.secret, other.connection_enabled) == (("https://other.example/cb",), "secret", True)
    assert tenant.settings.enable_dynamic_client_registration is False


def test_callbacks_that_the_owner_added_to_our_application_stay(stand_in: StandIn, run: Run) -> None:
    assert run("auth0", "apply", "--yes").code == 0
    shared = next(iter(stand_in.tenant.clients.values()))
    shared.callbacks = ("https://mine.example/cb", CLAUDE_CALLBACK)
    shared.name = "Renamed"
    assert run("auth0", "apply", "--yes").code == 0
    assert shared.callbacks == ("https://mine.example/cb", CLAUDE_CALLBACK, CHATGPT_CALLBACK, *LOOPBACK_CALLBACKS)
    assert (shared.name, len(stand_in.tenant.clients)) == ("Renamed", 2)


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


@pytest.mark.parametrize("identifier", [f"{RESOURCE}/", RESOURCE.replace("home", "HOME")])
def test_an_api_that_differs_by_a_slash_is_left_alone_and_the_right_one_made(
    stand_in: StandIn, run: Run, identifier: str
) -> None:
    stand_in.tenant.apis[identifier] = Api(identifier, "Old", ("read",))
    done = run("auth0", "apply", "--yes")
    assert done.code == 0
    assert f"There is an API {identifier}" in done.err
    assert "can never be changed" in done.err
    assert list(stand_in.tenant.apis) == [identifier, RESOURCE]
    assert stand_in.tenant.apis[identifier].scopes == ("read",)


def test_grants_of_others_for_the_api_are_neither_taken_for_the_default_one_nor_changed(
    stand_in: StandIn, run: Run
) -> None:
    tenant = stand_in.tenant
    tenant.apis[RESOURCE] = Api(RESOURCE, "Mine", ("read", "write", "admin"))
    tenant.apis["https://other.example"] = Api("https://other.example", "Other", ("read",))
    others = [
        ClientGrant(RESOURCE, ("read",), "machine", subject_type="client"),
        ClientGrant(RESOURCE, ("read",), "tpc_mine", subject_type="user"),
        ClientGrant(RESOURCE, ("read",), default_for="third_party_clients", subject_type="client"),
        ClientGrant("https://other.example", ("read",), default_for="third_party_clients", subject_type="user"),
    ]
    tenant.client_grants = {one.grant_id: one for one in others}
    assert run("auth0", "apply", "--yes", "--registration", "dcr").code == 0
    assert [one.scope for one in others] == [("read",)] * 4
    (made,) = [one for one in tenant.client_grants.values() if one not in others]
    assert (made.audience, made.default_for, made.subject_type) == (RESOURCE, "third_party_clients", "user")
    assert made.scope == ("read", "write", "admin")


def test_what_stands_on_a_later_page_is_seen(stand_in: StandIn, run: Run) -> None:
    tenant = stand_in.tenant
    assert run("auth0", "apply", "--yes", "--registration", "dcr").code == 0
    own, grants = dict(tenant.clients), dict(tenant.client_grants)
    tenant.clients = {}
    for number in range(205):
        tenant.add_first_party_client(f"app {number}", [])
        other = ClientGrant(RESOURCE, ("read",), f"machine {number}")
        tenant.client_grants[other.grant_id] = other
    tenant.clients |= own
    tenant.client_grants = {name: one for name, one in tenant.client_grants.items() if name not in grants} | grants
    plan = run("auth0", "plan", "--registration", "dcr", "--json")
    assert (plan.code, plan.json["changes"]) == (0, 0), plan.err


def test_the_plans_limit_is_warned_of_before_it_is_reached_and_explained_when_it_is(
    stand_in: StandIn, run: Run
) -> None:
    for number in range(9):
        stand_in.tenant.add_first_party_client(f"app {number}", [])
    plan = run("auth0", "plan")
    assert "The tenant has 9 applications, and 2 will be made; the free plan allows 10." in plan.err
    broken = run("auth0", "apply", "--yes")
    assert broken.code == 1
    assert "gatehouse clients prune" in broken.err
    stand_in.tenant.clients.pop(next(iter(stand_in.tenant.clients)))
    assert run("auth0", "apply", "--yes").code == 0


def test_without_a_database_of_people_nothing_is_changed(stand_in: StandIn, run: Run) -> None:
    stand_in.tenant.connection.strategy = "google-oauth2"
    refused = run("auth0", "apply", "--yes")
    assert refused.code == 1
    assert "Authentication → Database" in refused.err
    assert stand_in.tenant.management.writes == []


def test_a_database_is_chosen_by_its_name(stand_in: StandIn, run: Run) -> None:
    stand_in.tenant.connection.name = "people"
    assert run("auth0", "plan").code == 0  # the only one
    assert run("auth0", "plan", "--connection", "people").code == 0
    refused = run("auth0", "apply", "--yes", "--connection", "others")
    assert refused.code == 1
    assert "There are: people." in refused.err
