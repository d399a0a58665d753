"""``gatehouse auth0``: a new tenant becomes one that works, once and for all, and nothing of the owner's is lost."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from app.auth0.wanted import CHATGPT_CALLBACK, CHATGPT_DOCUMENT, CLAUDE_CALLBACK, LOOPBACK_CALLBACKS
from tests.auth0.conftest import Run
from tests.support.auth0 import RESOURCE, StandIn, open_stand_in, state_of
from tests.support.world import gatehouse

MODES = ("shared", "dcr", "cimd")

every_mode = pytest.mark.parametrize("mode", MODES)


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
            patched.setattr("app.auth0.access.clock", other.clock)
            patched.setattr("app.auth0.access.sleep", other.clock.sleep)
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
