"""People are let in by their address and shut out, here and at Auth0."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.demo.tenant import Person
from tests.auth0.conftest import Run
from tests.support.auth0 import RESOURCE, StandIn
from tests.support.login import log_in

ALICE = "alice@example.com"
CALLBACK = "https://chatgpt.com/connector_platform_oauth_redirect"
NEW_PASSWORD = "Battery-staple-9"


@pytest.fixture
def ready(stand_in: StandIn, run: Run) -> StandIn:
    """A tenant that was set up."""
    assert run("auth0", "apply", "--yes").code == 0
    stand_in.tenant.management.log.clear()
    return stand_in


def only(stand_in: StandIn) -> Person:
    (person,) = stand_in.tenant.people.values()
    return person


def listed(run: Run, *more: str) -> dict[str, dict[str, Any]]:
    return {one["sub"]: one for one in run("people", "list", "--json", *more).json}


def set_password(stand_in: StandIn, link: str) -> None:
    form = {"ticket": link.partition("=")[2], "password": NEW_PASSWORD}
    assert stand_in.http.post(link.partition("?")[0], data=form).status_code == 200


def test_an_invitation_by_address_makes_the_account_and_lets_the_person_in(ready: StandIn, run: Run) -> None:
    until = "2036-12-31"
    done = run("people", "invite", "Alice@Example.com", "--scopes", "read,write", "--until", until, "--json")
    assert done.code == 0, done.err
    person, facts = only(ready), done.json
    assert (person.email, person.permissions, person.email_verified) == (ALICE, set(), False)
    assert person.verification_mails == 0  # the message with the link is the only one they get
    assert (facts["sub"], facts["email"], facts["auth0"]["is_new"]) == (person.sub, ALICE, True)
    assert (facts["scopes"], facts["status"]) == (["read", "write"], "invited")
    assert listed(run)[person.sub]["expires_at"] == facts["expires_at"]
    shared = next(one for one in ready.tenant.clients.values() if one.name == "Gatehouse")
    for text in facts["message"].values():
        assert facts["auth0"]["link"] in text
        assert RESOURCE in text
        assert shared.client_id in text
        assert ALICE in text
        assert "2037-01-01" in text or until in text
    assert re.search("[가-힣]", facts["message"]["ko"])
    assert person.password not in done.out + done.err
    set_password(ready, facts["auth0"]["link"])
    assert person.email_verified is True
    tokens = ready.tokens(shared.client_id, CALLBACK, ALICE, NEW_PASSWORD, scope="read write admin offline_access")
    assert tokens["scope"] == "offline_access"  # what is given here is added here, by nobody else


def test_permissions_of_an_invitation_are_given_here_alone_and_taken_back_whole(ready: StandIn, run: Run) -> None:
    sub = run("people", "invite", ALICE, "--scopes", "admin", "--json").json["sub"]
    assert (only(ready).permissions, listed(run)[sub]["scopes"]) == (set(), ["read", "write", "admin"])
    assert not [one for one in ready.tenant.management.writes if "permissions" in one.path]
    assert run("people", "scopes", sub, "--grant", "none", "--json").json["granted"] == []
    assert only(ready).permissions == set()
    assert "permissions that were given at Auth0 are not shown" in run("people", "list", "--auth0").out


def test_an_account_that_anybody_may_have_made_gets_nothing(ready: StandIn, run: Run) -> None:
    planted = ready.tenant.add_person(ALICE, "Correct-horse-7")
    planted.email_verified = False
    for metadata in ({}, {"gatehouse": "other"}):
        planted.app_metadata = metadata
        refused = run("people", "invite", ALICE, "--scopes", "admin")
        assert refused.code == 1
        assert f"({planted.sub}) whose address was never verified" in refused.err
        assert "Send Verification Email" in refused.err
        assert f"gatehouse people invite '{planted.sub}'" in refused.err
    assert (ready.tenant.management.writes, ready.tenant.tickets, listed(run)) == ([], {}, {})
    assert run("people", "invite", planted.sub, "--scopes", "read").code == 0  # deliberately
    planted.email_verified = True
    assert run("people", "invite", ALICE, "--scopes", "write", "--json").json["sub"] == planted.sub


def test_the_message_is_printed_ready_to_send_in_both_languages(ready: StandIn, run: Run) -> None:
    done = run("people", "invite", ALICE, "--scopes", "read")
    assert done.code == 0
    assert "a new account; let in from the next request on." in done.out
    assert "You are invited" in done.out
    assert "초대합니다" in done.out
    assert done.out.count(f"{ready.issuer}u/reset-verify?ticket=") == 2


def test_whoever_has_an_account_is_let_in_with_it(ready: StandIn, run: Run) -> None:
    ready.tenant.add_person(ALICE, "Correct-horse-7", sub="google-oauth2|1")
    first = run("people", "invite", ALICE, "--scopes", "read", "--json").json
    assert (first["sub"], first["auth0"]) == ("google-oauth2|1", {"is_new": False, "link": ""})
    own = ready.tenant.add_person("bob@example.com", "Correct-horse-7", permissions={"read"})
    again = run("people", "invite", own.email, "--scopes", "write", "--json").json
    assert (again["sub"], own.permissions) == (own.sub, {"read"})
    assert again["auth0"]["link"] != ""  # never logged in: the link was lost, or is not used yet
    ready.tenant.start_session(own)
    third = run("people", "invite", own.email, "--json").json
    assert third["auth0"]["link"] == ""
    assert "You have an account already" in third["message"]["en"]
    assert len(ready.tenant.people) == 2


def test_of_several_accounts_the_one_in_the_database_is_meant(ready: StandIn, run: Run) -> None:
    own = ready.tenant.add_person(ALICE, "Correct-horse-7")
    ready.tenant.add_person(ALICE, "Correct-horse-7", sub="google-oauth2|1")
    assert run("people", "invite", ALICE, "--json").json["sub"] == own.sub
    ready.tenant.add_person("bob@example.com", "x", sub="google-oauth2|2")
    ready.tenant.add_person("bob@example.com", "x", sub="github|3")
    refused = run("people", "invite", "bob@example.com")
    assert refused.code == 1
    assert "several accounts: google-oauth2|2, github|3." in refused.err


def test_who_is_blocked_is_not_let_in_by_an_invitation(ready: StandIn, run: Run) -> None:
    person = ready.tenant.add_person(ALICE, "Correct-horse-7", blocked=True)
    refused = run("people", "invite", ALICE)
    assert refused.code == 1
    assert f"people unblock '{person.sub}'" in refused.err
    person.blocked = False
    assert run("people", "block", person.sub, AUTH0_MANAGEMENT_TOKEN="").code == 0
    refused = run("people", "invite", ALICE, "--scopes", "read")
    assert refused.code == 1
    assert "is blocked here" in refused.err
    assert (ready.tenant.management.writes, ready.tenant.tickets) == ([], {})


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize(("status", "done"), [(500, False), (None, True)])
def test_an_invitation_that_was_cut_short_goes_on_where_it_stopped(
    ready: StandIn, run: Run, number: int, status: int | None, done: bool
) -> None:
    ready.tenant.fail_next("*", "", status, after=number, done=done)
    broken = run("people", "invite", ALICE, "--scopes", "read")
    assert broken.code == 1
    assert "Nobody was let in here." in broken.err
    assert listed(run) == {}
    again = run("people", "invite", ALICE, "--scopes", "read", "--json")
    assert again.code == 0
    assert again.json["auth0"]["link"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--until", "2020-01-01"], 2, "over already"),
        (["--scopes", "everything"], 2, "read, write, admin"),
        (["--connection", "nowhere"], 1, "--connection NAME"),
    ],
)
def test_a_bad_invitation_changes_nothing_anywhere(
    ready: StandIn, run: Run, words: list[str], code: int, said: str
) -> None:
    refused = run("people", "invite", ALICE, *words)
    assert (refused.code, said in refused.err) == (code, True), refused.err
    assert (ready.tenant.people, listed(run)) == ({}, {})


def test_a_mistyped_address_is_not_taken_for_a_subject(ready: StandIn, run: Run) -> None:
    for words in ({}, {"AUTH0_MANAGEMENT_TOKEN": "", "OAUTH_ISSUER": "", "AUTH0_DOMAIN": "tenant.us.auth0.com"}):
        for typed in ("alice@example", "alice@@example.com", "alice@ example.com"):
            refused = run("people", "invite", typed, "--scopes", "admin", **words)
            assert (refused.code, "neither an e-mail address nor a subject" in refused.err) == (2, True)
    assert (listed(run), ready.tenant.people) == ({}, {})
    assert run("people", "invite", "machine@clients").code == 0
    assert run("people", "invite", "bob@realm", "--issuer", "https://other.example/").code == 0


def test_without_credentials_or_for_another_issuer_an_address_is_not_enough(stand_in: StandIn, run: Run) -> None:
    refused = run("people", "invite", ALICE, AUTH0_MANAGEMENT_TOKEN="")
    assert refused.code == 2
    assert "AUTH0_MANAGEMENT_TOKEN" in refused.err
    assert run("people", "invite", ALICE, "--issuer", "https://other.example/").code == 2
    assert stand_in.tenant.requests == {}


# Blocking


@pytest.fixture
def visitor(ready: StandIn) -> Person:
    return ready.tenant.add_person(ALICE, "Correct-horse-7", name="Alice", permissions={"read"})


def test_a_block_counts_at_auth0_too_and_ends_sessions_and_refresh_tokens(
    ready: StandIn, run: Run, visitor: Person
) -> None:
    shared = next(one for one in ready.tenant.clients.values() if one.name == "Gatehouse")
    tokens = ready.tokens(shared.client_id, CALLBACK, ALICE, "Correct-horse-7")
    done = run("people", "block", visitor.sub)
    assert done.code == 0
    assert "At Auth0 they are blocked too, and their sessions and refresh tokens have ended." in done.out
    assert visitor.blocked is True
    assert ready.refresh(shared.client_id, tokens).status_code == 403
    assert log_in(ready.authorize_url(shared.client_id, CALLBACK), ALICE, "Correct-horse-7")["error"] == "unauthorized"
    back = run("people", "unblock", visitor.sub, "--json")
    assert (back.code, back.json["blocked"], back.json["auth0"]["done"]) == (0, False, True)
    assert visitor.blocked is False
    assert ready.refresh(shared.client_id, tokens).status_code == 403  # that log-in stays over
    assert ready.tokens(shared.client_id, CALLBACK, ALICE, "Correct-horse-7")["scope"] == "read offline_access"


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("status", [500, None])
def test_when_auth0_fails_the_block_here_stands_and_the_failure_is_told(
    ready: StandIn, run: Run, visitor: Person, number: int, status: int | None
) -> None:
    ready.tenant.fail_next("*", "/users/", status, after=number)
    broken = run("people", "block", visitor.sub)
    assert broken.code == 1
    assert broken.out.startswith(f"{visitor.sub}: Blocked.")
    assert "Not done at Auth0, or not all of it." in broken.err
    assert ("They can log in there no more, but their sessions" in broken.err) is (number == 1)
    assert listed(run)[visitor.sub]["blocked"] is True
    assert visitor.blocked is (number == 1)
    again = run("people", "block", visitor.sub, "--json")
    assert (again.code, again.json["auth0"]["done"], visitor.blocked) == (0, True, True)


def test_the_block_here_comes_first(ready: StandIn, run: Run, visitor: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    original = ready.tenant.management.fault

    def look(method: str, path: str) -> Any:
        seen.append(listed(run)[visitor.sub]["blocked"])
        return original(method, path)

    monkeypatch.setattr(ready.tenant.management, "fault", look)
    assert run("people", "block", visitor.sub).code == 0
    assert seen == [True, True]


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        ([], {"AUTH0_MANAGEMENT_TOKEN": ""}),
        (["--issuer", "https://other.example/"], {}),
    ],
)
def test_a_block_stays_here_without_credentials_or_for_another_issuer(
    ready: StandIn, run: Run, visitor: Person, words: list[str], changes: dict[str, str]
) -> None:
    assert run("people", "block", visitor.sub, *words, **changes).code == 0
    assert (visitor.blocked, ready.tenant.management.log) == (False, [])


def test_blocking_somebody_whom_auth0_does_not_know_is_told(ready: StandIn, run: Run) -> None:
    broken = run("people", "block", "auth0|nobody")
    assert broken.code == 1
    assert "does not know it (status 404" in broken.err
    assert listed(run)["auth0|nobody"]["blocked"] is True


@pytest.mark.parametrize("sub", ["auth0|a b/../c", "google-apps|x@example.com", "samlp|ä?q=1#f", "auth0|%2F"])
def test_every_subject_reaches_auth0_letter_by_letter(ready: StandIn, run: Run, sub: str) -> None:
    ready.tenant.add_person("odd@example.com", "x", sub=sub)
    neighbour = ready.tenant.add_person("next@example.com", "x", sub=f"{sub}x")
    done = run("people", "block", "--", sub)
    assert (done.code, ready.tenant.people[sub].blocked, neighbour.blocked) == (0, True, False), done.err


@pytest.mark.parametrize("action", ["block", "unblock", "scopes", "remove", "show"])
def test_an_address_where_a_subject_is_meant_is_refused_with_the_subject(ready: StandIn, run: Run, action: str) -> None:
    sub = run("people", "invite", ALICE, "--json").json["sub"]
    before = listed(run)
    for words in ({}, {"AUTH0_MANAGEMENT_TOKEN": ""}):
        refused = run("people", action, ALICE, *(["--grant", "read"] if action == "scopes" else []), **words)
        assert refused.code == 2
        assert f"gatehouse people {action} '{sub}'" in refused.err
    assert (listed(run), only(ready).blocked) == (before, False)


# Both views


def test_the_list_joins_what_is_known_here_and_at_auth0(ready: StandIn, run: Run, visitor: Person) -> None:
    assert run("people", "invite", "--note", "here only", "--", "auth0|gone").code == 0
    assert run("people", "invite", visitor.sub).code == 0
    ready.tenant.start_session(visitor)
    blocked = ready.tenant.add_person("bob@example.com", "x", blocked=True)
    people = listed(run, "--auth0")
    assert set(people) == {"auth0|gone", visitor.sub, blocked.sub}
    assert people["auth0|gone"]["auth0"] is None
    assert people[visitor.sub]["auth0"]["last_login"] != ""
    assert (people[visitor.sub]["standing"], people[visitor.sub]["email"]) == ("invited, not here yet", "")
    assert people[blocked.sub]["auth0"]["blocked"] is True
    assert (people[blocked.sub]["standing"], people[blocked.sub]["calls"]) == ("never here", 0)
    keys = {frozenset(one) for one in people.values()}
    assert len(keys) == 1
    shown = run("people", "list", "--auth0").out
    assert "no account" in shown
    assert "never here" in shown
    assert "bob@example.com" in shown


def test_more_people_than_a_page_are_listed(ready: StandIn, run: Run) -> None:
    for number in range(205):
        ready.tenant.add_person(f"p{number}@example.com", "x")
    assert len(listed(run, "--auth0")) == 205


def test_more_people_than_auth0_lists_are_an_error_and_not_a_shorter_list(ready: StandIn, run: Run) -> None:
    for number in range(1_000):
        ready.tenant.add_person(f"p{number}@example.com", "x")
    refused = run("people", "list", "--auth0")
    assert (refused.code, refused.out) == (1, "")
    assert "While reading the people: there are 1,000 or more" in refused.err


def test_a_list_that_auth0_refuses_says_why(ready: StandIn, run: Run) -> None:
    refused = run("people", "list", "--auth0", AUTH0_MANAGEMENT_TOKEN=ready.token("read:clients"))
    assert refused.code == 1
    assert "lacks 1 permission(s): read:users." in refused.err
