"""The stand-in's Management API is as strict as Auth0's, fails on demand, and rules what log-ins may do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest

from app.demo.tenant import Api, Client, Tenant
from app.demo.tenant.management import ENDPOINTS, Endpoint
from tests.support.auth0 import ALL_SCOPES, RESOURCE, StandIn, open_stand_in
from tests.support.login import log_in

CALLBACK = "https://client.example/callback"
EMAIL, PASSWORD = "ada@example.net", "Correct-horse-7"


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with open_stand_in() as opened:
        yield opened


@pytest.fixture
def working(stand_in: StandIn) -> StandIn:
    """A tenant in which a first-party client and a registered one can log a person in."""
    settings = stand_in.tenant.settings
    settings.resource_parameter_profile = "compatibility"
    settings.domain_connection = settings.enable_dynamic_client_registration = True
    stand_in.tenant.apis[RESOURCE] = Api(RESOURCE, "Test", ("read", "write"), token_lifetime=3600)
    stand_in.tenant.add_person(EMAIL, PASSWORD, permissions={"read", "write"})
    return stand_in


def first_party(tenant: Tenant) -> Client:
    return tenant.add_first_party_client("First", [CALLBACK])


def registered(stand_in: StandIn) -> str:
    answer = stand_in.http.post(
        f"{stand_in.issuer}oidc/register",
        json={"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"},
    )
    assert answer.status_code == 201
    return str(answer.json()["client_id"])


def refused(response: httpx.Response) -> tuple[int, str]:
    document = response.json()
    assert set(document) == {"statusCode", "error", "message", "errorCode"}
    assert document["statusCode"] == response.status_code
    return response.status_code, str(document["errorCode"])


# What stands before the work


def path_of(endpoint: Endpoint, stand_in: StandIn) -> str:
    ids = {
        "/connections/{id}": stand_in.tenant.connection.connection_id,
        "/connections/{id}/clients": stand_in.tenant.connection.connection_id,
    }
    return endpoint.path.replace("{id}", ids.get(endpoint.path, "nobody"))


every_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: f"{one.method} {one.path}")


@every_endpoint
def test_each_endpoint_needs_exactly_its_scopes_and_names_those_that_lack(
    stand_in: StandIn, endpoint: Endpoint
) -> None:
    path = path_of(endpoint, stand_in)
    others = [scope for scope in ALL_SCOPES if scope not in endpoint.scopes]
    answer = stand_in.ask(endpoint.method, path, token=stand_in.token(*others), json={})
    assert refused(answer) == (403, "insufficient_scope")
    assert answer.json()["message"] == f"Insufficient scope, expected: {', '.join(endpoint.scopes)}"
    allowed = stand_in.ask(endpoint.method, path, token=stand_in.token(*endpoint.scopes), json={})
    assert allowed.status_code in {200, 201, 204, 400, 404}


@every_endpoint
def test_no_endpoint_works_without_a_good_token(stand_in: StandIn, endpoint: Endpoint) -> None:
    path = path_of(endpoint, stand_in)
    now = int(stand_in.clock.now)
    for token in (
        "",
        "nonsense",
        stand_in.token(aud=f"{stand_in.issuer}userinfo"),
        stand_in.token(iss="https://other.example/"),
        jwt.encode({"aud": stand_in.tenant.management_audience, "scope": "x", "exp": now + 60}, "s" * 32),
    ):
        assert refused(stand_in.ask(endpoint.method, path, token=token)) == (401, "invalid_token")
    expired = stand_in.ask(endpoint.method, path, token=stand_in.token(exp=now - 1))
    assert refused(expired) == (401, "invalid_token")
    assert "Expired" in expired.json()["message"]
    assert {one.status for one in stand_in.tenant.management.log} == {401}


BODIES: list[tuple[str, str, Any, str]] = [
    ("POST", "/resource-servers", {"identifier": "x", "colour": "red"}, "colour"),
    ("POST", "/resource-servers", {"name": "x"}, "identifier"),
    ("POST", "/resource-servers", {"identifier": 1}, "identifier"),
    ("POST", "/resource-servers", {"identifier": "x", "token_dialect": "klingon"}, "token_dialect"),
    ("POST", "/resource-servers", {"identifier": "x", "scopes": ["read"]}, "scopes"),
    ("POST", "/resource-servers", {"identifier": "x", "scopes": [{"value": "a", "b": 1}]}, "scopes.0.b"),
    ("PATCH", "/resource-servers/x", {"identifier": "y"}, "identifier"),
    ("PATCH", "/tenants/settings", {"resource_parameter_profile": "all"}, "resource_parameter_profile"),
    ("PATCH", "/tenants/settings", {"flags": {"enable_everything": True}}, "flags.enable_everything"),
    ("PATCH", "/tenants/settings", {"flags": {"enable_dynamic_client_registration": "yes"}}, "flags"),
    ("POST", "/client-grants", {"scope": []}, "audience"),
    ("POST", "/client-grants", {"audience": "x", "default_for": "everybody"}, "default_for"),
    ("POST", "/client-grants", {"audience": "x"}, "Exactly one"),
    ("PATCH", "/connections/x", {"is_domain_connection": 1}, "is_domain_connection"),
    ("PATCH", "/connections/x", {"name": "y"}, "name"),
    ("PATCH", "/connections/x/clients", [{"client_id": "a"}], "0.status"),
    ("PATCH", "/connections/x/clients", {"client_id": "a", "status": True}, "array"),
    ("POST", "/clients", {"callbacks": []}, "name"),
    ("POST", "/clients", {"name": "a", "app_type": "toaster"}, "app_type"),
    ("POST", "/clients", {"name": "a", "callbacks": ["javascript:alert(1)"]}, "callback"),
    ("POST", "/clients", {"name": "a", "refresh_token": {"rotation_type": "rotating"}}, "expiration_type"),
    ("POST", "/users", {"email": EMAIL}, "connection"),
    ("POST", "/users", {"connection": "Username-Password-Authentication", "email": "x", "password": PASSWORD}, "email"),
    ("POST", "/users", {"connection": "Username-Password-Authentication", "email": EMAIL, "password": "a"}, "weak"),
    ("PATCH", "/users/x", {"blocked": "true"}, "blocked"),
    ("PATCH", "/users/x", {"permissions": []}, "permissions"),
    ("POST", "/users/x/permissions", {}, "permissions"),
    ("POST", "/tickets/password-change", {"ttl_sec": "long"}, "ttl_sec"),
]


@pytest.mark.parametrize(("method", "path", "body", "named"), BODIES, ids=[f"{b[0]} {b[1]} {b[3]}" for b in BODIES])
def test_a_body_that_the_official_client_could_not_send_is_refused_by_its_field(
    stand_in: StandIn, method: str, path: str, body: Any, named: str
) -> None:
    answer = stand_in.ask(method, path, json=body)
    assert refused(answer) == (400, "invalid_body")
    assert named in answer.json()["message"]


def test_a_body_that_is_no_json_is_refused(stand_in: StandIn) -> None:
    assert refused(stand_in.ask("POST", "/clients", content=b"{")) == (400, "invalid_body")


def test_two_requests_a_second_pass_and_a_third_is_told_when_to_come_back(stand_in: StandIn) -> None:
    url, headers = f"{stand_in.issuer}api/v2/connections", {"authorization": f"Bearer {stand_in.token()}"}
    answers = [stand_in.http.get(url, headers=headers) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert [one.headers["x-ratelimit-remaining"] for one in answers] == ["1", "0", "0"]
    assert refused(answers[2]) == (429, "too_many_requests")
    assert answers[2].headers["x-ratelimit-limit"] == "2"
    assert answers[2].headers["x-ratelimit-reset"] == str(int(stand_in.clock.now) + 1)
    assert answers[2].headers["retry-after"] == "1"
    stand_in.clock.now += 1
    assert stand_in.http.get(url, headers=headers).status_code == 200


def test_it_fails_on_demand_before_or_after_the_work_and_can_cut_the_connection(stand_in: StandIn) -> None:
    tenant = stand_in.tenant
    tenant.fail_next("POST", "/clients$", 500, after=1)
    tenant.fail_next("*", "/connections", None)
    tenant.fail_next("POST", "/resource-servers", None, done=True)
    assert stand_in.ask("POST", "/clients", json={"name": "one"}).status_code == 201
    assert refused(stand_in.ask("POST", "/clients", json={"name": "two"})) == (500, "on_demand")
    assert stand_in.ask("POST", "/clients", json={"name": "three"}).status_code == 201
    assert [one.name for one in tenant.clients.values()] == ["one", "three"]
    with pytest.raises(httpx.RemoteProtocolError):
        stand_in.ask("GET", "/connections")
    assert stand_in.ask("GET", "/connections").status_code == 200
    with pytest.raises(httpx.RemoteProtocolError):
        stand_in.ask("POST", "/resource-servers", json={"identifier": RESOURCE})
    assert list(tenant.apis) == [RESOURCE]
    assert [one.status for one in tenant.management.log] == [201, 500, 201, 0, 200, 0]


def test_a_machine_gets_a_token_with_the_scopes_of_its_grant_and_no_other(stand_in: StandIn) -> None:
    machine = stand_in.tenant.add_machine_client("Commands", "s3cret", ["read:clients", "update:users"])
    form = {"grant_type": "client_credentials", "audience": stand_in.tenant.management_audience}
    answer = stand_in.exchange(machine.client_id, client_secret="s3cret", **form)
    assert answer.json()["scope"] == "read:clients update:users"
    assert stand_in.ask("GET", "/clients", token=answer.json()["access_token"]).status_code == 200
    fewer = stand_in.exchange(machine.client_id, client_secret="s3cret", scope="read:clients x", **form)
    assert fewer.json()["scope"] == "read:clients"
    assert stand_in.exchange(machine.client_id, client_secret="wrong", **form).status_code == 401
    elsewhere = stand_in.exchange(machine.client_id, client_secret="s3cret", **form | {"audience": RESOURCE})
    assert (elsewhere.status_code, elsewhere.json()["error"]) == (403, "access_denied")
    ungranted = stand_in.tenant.add_machine_client("Other", "s3cret", [])
    stand_in.tenant.client_grants.popitem()
    assert stand_in.exchange(ungranted.client_id, client_secret="s3cret", **form).status_code == 403


# Documents


def test_options_are_replaced_whole_while_flags_are_merged(stand_in: StandIn) -> None:
    place = f"/connections/{stand_in.tenant.connection.connection_id}"
    assert stand_in.tenant.connection.options["passwordPolicy"] == "good"
    stand_in.ask("PATCH", place, json={"options": {"disable_signup": True}})
    assert stand_in.tenant.connection.options == {"disable_signup": True}
    flags = stand_in.ask("PATCH", "/tenants/settings", json={"flags": {"enable_dynamic_client_registration": True}})
    assert flags.json()["flags"] == {"enable_dynamic_client_registration": True, "enable_sso": True}


def test_what_exists_already_is_a_conflict(stand_in: StandIn) -> None:
    user = {"connection": "Username-Password-Authentication", "email": EMAIL, "password": PASSWORD}
    grant = {"audience": RESOURCE, "default_for": "third_party_clients", "scope": [], "subject_type": "user"}
    for path, body in (
        ("/resource-servers", {"identifier": RESOURCE}),
        ("/client-grants", grant),
        ("/users", user),
        ("/users", user | {"email": EMAIL.upper()}),
    ):
        first = stand_in.ask("POST", path, json=body)
        assert first.status_code == (409 if body.get("email") == EMAIL.upper() else 201), first.text
        assert stand_in.ask("POST", path, json=body).status_code == 409


def test_the_plans_limit_of_applications_counts_registered_ones_too(working: StandIn) -> None:
    for number in range(9):
        assert working.ask("POST", "/clients", json={"name": f"app {number}"}).status_code == 201
    tenth = registered(working)
    assert refused(working.ask("POST", "/clients", json={"name": "one more"})) == (403, "too_many_entities")
    assert working.http.post(f"{working.issuer}oidc/register", json={"redirect_uris": [CALLBACK]}).status_code == 403
    assert working.ask("DELETE", f"/clients/{tenth}").status_code == 204
    assert working.ask("POST", "/clients", json={"name": "one more"}).status_code == 201


def test_lists_come_in_pages_of_both_kinds(stand_in: StandIn) -> None:
    for number in range(3):
        stand_in.tenant.add_person(f"p{number}@example.net", PASSWORD)
        first_party(stand_in.tenant)
    plain = stand_in.ask("GET", "/users").json()
    assert [one["email"] for one in plain] == ["p0@example.net", "p1@example.net", "p2@example.net"]
    page = stand_in.ask("GET", "/users", params={"page": 1, "per_page": 2, "include_totals": "true"}).json()
    assert {name: page[name] for name in ("start", "limit", "length", "total")} == {
        "start": 2,
        "limit": 2,
        "length": 1,
        "total": 3,
    }
    place = f"/connections/{stand_in.tenant.connection.connection_id}/clients"
    first = stand_in.ask("GET", place, params={"take": 2}).json()
    rest = stand_in.ask("GET", place, params={"take": 2, "from": first["next"]}).json()
    ids = [one["client_id"] for one in [*first["clients"], *rest["clients"]]]
    assert ids == list(stand_in.tenant.clients)
    assert "next" not in rest
    assert stand_in.ask("GET", "/users", params={"page": "x"}).status_code == 400


@pytest.mark.parametrize(("more", "mails"), [({}, 1), ({"verify_email": False}, 0), ({"email_verified": True}, 0)])
def test_a_new_person_is_sent_a_mail_to_verify_their_address_unless_it_is_forbidden(
    stand_in: StandIn, more: dict[str, Any], mails: int
) -> None:
    user = {"connection": "Username-Password-Authentication", "email": EMAIL, "password": PASSWORD}
    assert stand_in.ask("POST", "/users", json=user | more).status_code == 201
    assert [one.verification_mails for one in stand_in.tenant.people.values()] == [mails]


def test_an_address_is_kept_in_lower_case_and_found_letter_by_letter(stand_in: StandIn) -> None:
    made = stand_in.ask(
        "POST",
        "/users",
        json={"connection": "Username-Password-Authentication", "email": "Ada@Example.net", "password": PASSWORD},
    ).json()
    assert made["email"] == "ada@example.net"
    assert "blocked" not in made
    found = stand_in.ask("GET", "/users-by-email", params={"email": "ada@example.net"}).json()
    assert [one["user_id"] for one in found] == [made["user_id"]]
    assert stand_in.ask("GET", "/users-by-email", params={"email": "Ada@Example.net"}).json() == []


# What follows from a change


def test_a_blocked_person_logs_in_no_more_and_refreshes_no_more(working: StandIn) -> None:
    client = first_party(working.tenant)
    tokens = working.tokens(client.client_id, CALLBACK, EMAIL, PASSWORD)
    (person,) = working.tenant.people.values()
    session = working.tenant.start_session(person)
    assert working.ask("PATCH", f"/users/{person.sub}", json={"blocked": True}).json()["blocked"] is True
    told = log_in(working.authorize_url(client.client_id, CALLBACK), EMAIL, PASSWORD)
    assert (told["error"], told["error_description"]) == ("unauthorized", "user is blocked")
    assert working.tenant.session_person(session) is None
    working.ask("PATCH", f"/users/{person.sub}", json={"blocked": False})
    renewed = working.refresh(client.client_id, tokens)
    assert renewed.status_code == 200
    session = working.tenant.start_session(person)
    assert working.ask("POST", f"/users/{person.sub}/revoke-access", json={}).status_code == 204
    assert working.refresh(client.client_id, renewed.json()).status_code == 403
    assert working.tenant.session_person(session) is None
    assert working.tokens(client.client_id, CALLBACK, EMAIL, PASSWORD)["scope"] == "read offline_access"


def test_strangers_sign_up_until_it_is_closed(working: StandIn) -> None:
    client = first_party(working.tenant)
    form = {"client_id": client.client_id, "connection": "Username-Password-Authentication", "password": PASSWORD}
    url = f"{working.issuer}dbconnections/signup"
    assert working.http.post(url, json={**form, "email": "eve@example.net"}).status_code == 200
    place = f"/connections/{working.tenant.connection.connection_id}"
    working.ask("PATCH", place, json={"options": {"disable_signup": True}})
    closed = working.http.post(url, json={**form, "email": "mallory@example.net"})
    assert (closed.status_code, closed.json()["code"]) == (400, "public_signup_disabled")
    assert [one.email for one in working.tenant.people.values()] == [EMAIL, "eve@example.net"]


def test_an_application_made_by_the_api_can_log_nobody_in_until_the_connection_is_enabled(working: StandIn) -> None:
    made = working.ask(
        "POST", "/clients", json={"name": "a", "callbacks": [CALLBACK], "token_endpoint_auth_method": "none"}
    ).json()
    url = working.authorize_url(made["client_id"], CALLBACK)
    assert log_in(url, EMAIL, PASSWORD)["error_description"] == "no connections enabled for the client"
    place = f"/connections/{working.tenant.connection.connection_id}/clients"
    answer = working.ask("PATCH", place, json=[{"client_id": made["client_id"], "status": True}])
    assert answer.status_code == 204
    assert "code" in log_in(url, EMAIL, PASSWORD)


def test_a_registered_program_needs_the_domain_connection_and_a_default_grant_that_limits_it(
    working: StandIn,
) -> None:
    client_id = registered(working)
    url = working.authorize_url(client_id, CALLBACK, scope="read write")
    denied = f'Client "{client_id}" is not authorized to access resource server "{RESOURCE}".'
    assert denied in working.http.get(url).text.replace("&quot;", '"')
    grant = {"audience": RESOURCE, "default_for": "third_party_clients", "scope": ["read"], "subject_type": "user"}
    assert working.ask("POST", "/client-grants", json=grant).status_code == 201
    assert working.tokens(client_id, CALLBACK, EMAIL, PASSWORD, scope="read write")["scope"] == "read"
    place = f"/connections/{working.tenant.connection.connection_id}"
    working.ask("PATCH", place, json={"is_domain_connection": False})
    assert "no connections enabled for the client" in working.http.get(url).text


def test_a_deleted_client_is_unknown_from_then_on(working: StandIn) -> None:
    client = first_party(working.tenant)
    tokens = working.tokens(client.client_id, CALLBACK, EMAIL, PASSWORD)
    assert working.ask("DELETE", f"/clients/{client.client_id}").status_code == 204
    answer = working.refresh(client.client_id, tokens)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert "Unknown client" in working.http.get(working.authorize_url(client.client_id, CALLBACK)).text


def test_registration_follows_its_flag(working: StandIn) -> None:
    registered(working)
    working.ask("PATCH", "/tenants/settings", json={"flags": {"enable_dynamic_client_registration": False}})
    answer = working.http.post(f"{working.issuer}oidc/register", json={"redirect_uris": [CALLBACK]})
    assert (answer.status_code, answer.json()["error"]) == (403, "access_denied")


def test_a_password_is_set_once_by_a_ticket_and_takes_a_block_away(working: StandIn) -> None:
    (person,) = working.tenant.people.values()
    person.blocked, person.email_verified = True, False
    body = {"user_id": person.sub, "ttl_sec": 60, "mark_email_as_verified": True}
    link = working.ask("POST", "/tickets/password-change", json=body).json()["ticket"]
    assert EMAIL in working.http.get(link).text
    form = {"ticket": link.partition("=")[2], "password": "New-horse-8"}
    url = link.partition("?")[0]
    assert working.http.post(url, data={**form, "password": "weak"}).status_code == 400
    assert working.http.post(url, data=form).status_code == 200
    assert (person.password, person.email_verified, person.blocked) == ("New-horse-8", True, False)
    assert working.http.post(url, data=form).status_code == 400
    late = working.ask("POST", "/tickets/password-change", json=body).json()["ticket"]
    working.clock.now += 60
    assert working.http.get(late).status_code == 400


def test_a_program_with_a_metadata_document_is_known_by_its_address(working: StandIn) -> None:
    address = "https://program.example/client.json"
    body = {"external_client_id": address}
    assert working.ask("POST", "/clients/cimd/register", json=body).status_code == 400
    document = {"client_id": address, "client_name": "Program", "redirect_uris": [CALLBACK]}
    working.tenant.metadata_documents[address] = json.loads(json.dumps(document))
    made = working.ask("POST", "/clients/cimd/register", json=body)
    again = working.ask("POST", "/clients/cimd/register", json=body)
    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json()["client_id"] == again.json()["client_id"]
    grant = {"audience": RESOURCE, "default_for": "third_party_clients", "scope": ["read"], "subject_type": "user"}
    working.ask("POST", "/client-grants", json=grant)
    url = working.authorize_url(address, CALLBACK)
    assert "Unknown client" in working.http.get(url).text
    working.ask("PATCH", "/tenants/settings", json={"client_id_metadata_document_supported": True})
    assert "code" in log_in(url, EMAIL, PASSWORD)
