"""What the owner's page does at Auth0 besides clients: accounts for those invited, blocks, and the door."""

from __future__ import annotations

import html
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.demo.tenant.state import digest
from tests.admin.support import Visitor, managed_world
from tests.support.world import World, eventually


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with managed_world() as world:
        yield world


@pytest.fixture
def owner(world: World) -> Iterator[Visitor]:
    visitor = Visitor(world)
    visitor.log_in()
    yield visitor
    world.tenant.management.faults.clear()


def test_an_address_gets_an_account_and_a_message_with_its_link(world: World, owner: Visitor) -> None:
    shown = owner.post("/admin/people/invite", sub="Ivy@Example.com", name="Ivy", scope_write="yes", until="7d")
    assert shown.status_code == 200
    account = next(one for one in world.tenant.people.values() if one.email == "ivy@example.com")
    link = re.search(r"ticket=([^\s#&<]+)", html.unescape(shown.text))
    assert link
    assert digest(link[1]) in world.tenant.tickets
    assert "send it to nobody else" in shown.text
    invited = world.people()[account.sub]
    assert (invited["email"], invited["name"], invited["scopes"]) == ("ivy@example.com", "Ivy", ["read", "write"])


def test_when_auth0_fails_nobody_is_let_in(world: World, owner: Visitor) -> None:
    world.tenant.fail_next("POST", "/users", 503)
    shown = owner.post("/admin/people/invite", sub="joe@example.com")
    assert shown.status_code == 424
    assert "This was not done at Auth0. While making an account for joe@example.com" in shown.text
    assert "joe@example.com" not in {one["email"] for one in world.people().values()}


@pytest.mark.parametrize("sub", ["somebody@localhost", "a b@example.com"])
def test_a_mistyped_address_is_nobodys_subject(owner: Visitor, sub: str) -> None:
    refused = owner.post("/admin/people/invite", sub=sub)
    assert refused.status_code == 400
    assert "neither an e-mail address nor a subject of Auth0" in refused.text


def test_a_block_counts_at_auth0_too_and_is_undone_there(world: World, owner: Visitor) -> None:
    bob = world.tenant.add_person("bob@example.com", "correct-horse-8", permissions={"read"})
    world.call(world.tenant.issue_access_token(bob, world.mcp, "read", "client"))
    eventually(lambda: bob.sub in world.people())
    for word, is_blocked in (("block", True), ("unblock", False)):
        assert owner.post(f"/admin/people/{word}", sub=bob.sub).status_code == 303
        assert (bob.blocked, world.people()[bob.sub]["blocked"]) == (is_blocked, is_blocked)


def test_a_block_that_auth0_does_not_take_counts_here_all_the_same_and_says_so(world: World, owner: Visitor) -> None:
    eve = world.tenant.add_person("eve@example.com", "correct-horse-9", permissions={"read"})
    world.call(world.tenant.issue_access_token(eve, world.mcp, "read", "client"))
    eventually(lambda: eve.sub in world.people())
    world.tenant.fail_next("PATCH", "/users", 503)
    shown = owner.post("/admin/people/block", sub=eve.sub)
    assert shown.status_code == 200
    assert "Done here, and not at Auth0" in shown.text
    assert "They are blocked here all the same" in shown.text
    assert world.people()[eve.sub]["blocked"]
    assert not eve.blocked


def test_the_door_closes_for_programs_that_register_and_opens_again(world: World, owner: Visitor) -> None:
    for admission, may_register in (("nobody", False), ("everybody", True)):
        assert owner.post("/admin/door", admission=admission).status_code == 303
        assert world.tenant.settings.enable_dynamic_client_registration is may_register


def test_a_door_that_auth0_does_not_close_is_closed_here_and_says_so(world: World, owner: Visitor) -> None:
    world.tenant.fail_next("PATCH", "/tenants/settings", 503)
    try:
        shown = owner.post("/admin/door", admission="nobody")
        assert "The door is closed here all the same" in shown.text
        assert world.gatehouse("access", "status", "--json").json["admission"] == "nobody"
    finally:
        owner.post("/admin/door", admission="everybody")


def test_who_has_an_account_and_was_never_here_is_shown_and_let_in(world: World, owner: Visitor) -> None:
    new = world.tenant.add_person("new@example.com", "correct-horse-5", name="<b>New</b>")
    shown = owner.get("/admin/people/accounts", params={"find": "new@"})
    assert "&lt;b&gt;New&lt;/b&gt;" in shown.text
    assert "</span> never here</span>" in shown.text
    assert owner.post("/admin/people/invite", sub=new.sub, name=new.name).status_code == 200
    assert new.sub in world.people()
    assert "</span> never here</span>" not in owner.get("/admin/people/accounts", params={"find": "new@"}).text


def test_accounts_that_auth0_does_not_show_are_a_sentence(world: World, owner: Visitor) -> None:
    world.tenant.fail_next("GET", "/users", 503)
    shown = owner.get("/admin/people/accounts")
    assert (shown.status_code, "While reading the people" in shown.text) == (424, True)


def test_pages_that_wait_for_a_silent_auth0_keep_no_other_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.auth0.management.SILENT_SECONDS", 2.0)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        place = f"127.0.0.1:{silent.getsockname()[1]}"
        with managed_world(auth0_management_domain=place) as world, ThreadPoolExecutor(12) as readers:
            visitors = [Visitor(world) for _ in range(3)]
            for one in visitors:
                one.log_in()
            path = "/admin/clients/registered"
            waiting = [readers.submit(visitors[number % 2].get, path) for number in range(12)]
            began = time.monotonic()
            while time.monotonic() - began < 1.0:
                assert visitors[2].get("/admin/log").status_code == 200
                assert world.call(world.token()).status_code == 200
            assert not any(one.done() for one in waiting)
            answers = {(one.result().status_code, "did not answer" in one.result().text) for one in waiting}
    assert answers == {(424, True)}
