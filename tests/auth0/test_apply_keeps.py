"""``auth0 apply`` on a tenant that was there before: what its owner and others put there stays."""

from __future__ import annotations

import pytest

from app.auth0.wanted import CHATGPT_CALLBACK, CLAUDE_CALLBACK, LOOPBACK_CALLBACKS
from app.demo.tenant import Api, Tenant
from app.demo.tenant.records import ClientGrant
from tests.auth0.conftest import Run
from tests.support.auth0 import RESOURCE, StandIn


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
