"""Clients on the owner's page: blocked, registered at Auth0, pruned there; and what Auth0's failures come to."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app.auth0.wanted import CHATGPT_CALLBACK, CLAUDE_CALLBACK
from app.demo.tenant import Client
from tests.admin.support import MANAGEMENT_SECRET, Visitor, managed_world, owned_world
from tests.support.world import World, eventually

DAY = 86_400.0
FORM = {"name": "New program", "to_chatgpt": "yes", "to_claude": "yes", "callbacks": "", "kind": "website"}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with managed_world() as world:
        yield world


@pytest.fixture
def owner(world: World) -> Iterator[Visitor]:
    """An owner, and a tenant as it was before."""
    visitor = Visitor(world)
    visitor.log_in()
    before = dict(world.tenant.clients)
    yield visitor
    world.tenant.clients = before
    world.tenant.management.faults.clear()


def credential(answered: httpx.Response) -> Any:
    assert answered.status_code == 200, answered.text
    return json.loads(html.unescape(re.search(r'<pre id="credential"[^>]*>(.*?)</pre>', answered.text, re.S)[1]))  # type: ignore[index]


def registered_by_itself(world: World, client_id: str, days_old: float) -> None:
    made = world.clock() - days_old * DAY
    world.tenant.clients[client_id] = Client(
        client_id, f"name of {client_id}", (CHATGPT_CALLBACK,), is_first_party=False, created_at=made
    )


def test_a_program_is_blocked_and_let_in_again(world: World, owner: Visitor) -> None:
    token = world.token(client="some-program")
    assert world.call(token).status_code == 200
    eventually(lambda: "some-program" in owner.get("/admin/clients").text)
    for path, status in (("block", 403), ("unblock", 200)):
        done = owner.post(f"/admin/clients/{path}", client_id="some-program")
        assert (done.status_code, done.headers["location"]) == (303, f"/admin/clients?done={path}ed")
        eventually(lambda status=status: world.call(token).status_code == status)


def test_the_program_of_the_page_itself_is_not_blocked(world: World, owner: Visitor) -> None:
    refused = owner.post("/admin/clients/block", client_id="owners-page")
    assert refused.status_code == 400
    assert "lock you out" in refused.text
    assert owner.get("/admin").status_code == 200


def test_a_client_is_registered_and_its_credential_is_shown_once(world: World, owner: Visitor) -> None:
    made = credential(owner.post("/admin/clients/register", **FORM))
    assert made["redirect_uris"] == [CHATGPT_CALLBACK, CLAUDE_CALLBACK]
    client = world.tenant.clients[made["client_id"]]
    assert (client.secret, client.callbacks) == (made["client_secret"], (CHATGPT_CALLBACK, CLAUDE_CALLBACK))
    assert client.connection_enabled
    assert client.is_first_party
    for path in ("registered", "connect", "register"):
        assert made["client_secret"] not in owner.get(f"/admin/clients/{path}").text
    log = json.dumps([json.loads(line) for line in world.gatehouse("log", "--json").out.splitlines()])
    assert made["client_secret"] not in log
    assert MANAGEMENT_SECRET not in log


def test_a_program_on_a_computer_gets_no_secret(world: World, owner: Visitor) -> None:
    other = {"to_chatgpt": "", "to_claude": "", "kind": "computer", "callbacks": "http://localhost:33419/callback\r\n"}
    made = credential(owner.post("/admin/clients/register", **{**FORM, **other}))
    assert "client_secret" not in made
    assert made["token_endpoint_auth_method"] == "none"
    assert world.tenant.clients[made["client_id"]].secret is None


def test_people_log_in_through_what_was_registered(world: World, owner: Visitor) -> None:
    made = credential(owner.post("/admin/clients/register", **FORM))
    token = world.tenant.issue_access_token(world.person, world.mcp, "read", made["client_id"])
    assert world.call(token).status_code == 200


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "name"),
        ({"name": "<b>"}, "neither &lt; nor"),
        ({"name": "x" * 65}, "1 to 64"),
        ({"kind": "toaster"}, "a website, or a program"),
        ({"to_chatgpt": "", "to_claude": ""}, "Tick a program"),
        ({"callbacks": "http://example.com/cb"}, "without https"),
        ({"callbacks": "javascript:alert(1)"}, "is not an address"),
        ({"callbacks": "https://example.com/*"}, "has a sign"),
        ({"callbacks": "https://a@example.com/"}, "has a sign"),
        ({"callbacks": "https://" + "x" * 600}, "500 characters"),
        ({"callbacks": "\n".join(f"https://example.com/{n}" for n in range(11))}, "1 to 10"),
        ({"callbacks": "https://["}, "is not an address"),
    ],
)
def test_a_form_that_cannot_be_registered_says_why_and_makes_nothing(
    world: World, owner: Visitor, changes: dict[str, str], words: str
) -> None:
    refused = owner.post("/admin/clients/register", **{**FORM, **changes})
    assert refused.status_code == 400
    assert words in refused.text
    assert [one for one in world.tenant.management.writes if one.path == "/clients"] == []
    world.tenant.management.log.clear()


def test_a_name_that_is_taken_makes_no_second_application(world: World, owner: Visitor) -> None:
    credential(owner.post("/admin/clients/register", **FORM))
    count = len(world.tenant.clients)
    refused = owner.post("/admin/clients/register", **FORM)
    assert (refused.status_code, len(world.tenant.clients)) == (424, count)
    assert "named New program already" in refused.text
    world.tenant.management.log.clear()


def test_when_the_log_in_cannot_be_enabled_the_credential_is_shown_with_what_to_do(
    world: World, owner: Visitor
) -> None:
    world.tenant.fail_next("PATCH", "/connections.*", 500)
    answered = owner.post("/admin/clients/register", **FORM)
    assert credential(answered)["client_secret"]
    assert "Nobody can log in through it yet" in answered.text
    assert "switch the database on" in answered.text


def test_what_nobody_uses_is_pruned_and_the_rest_stays(world: World, owner: Visitor) -> None:
    for client_id, days in {"tpc_old": 100, "tpc_older": 200, "tpc_new": 1}.items():
        registered_by_itself(world, client_id, days)
    shown = owner.get("/admin/clients/registered")
    assert "2 registered by themselves and are used no more" in shown.text
    assert f"{len(world.tenant.clients)} of the free plan" in shown.text
    before = re.search(r'name="before" value="([0-9.]+)"', shown.text)[1]  # type: ignore[index]
    done = owner.post("/admin/clients/prune", before=before)
    assert done.status_code == 200
    assert "name of tpc_old" in done.text
    assert "2 deleted" in done.text
    assert {one for one in world.tenant.clients if one.startswith("tpc_")} == {"tpc_new"}
    assert "owners-page" in world.tenant.clients


def test_a_prune_that_fails_half_way_says_how_far_it_came(world: World, owner: Visitor) -> None:
    for number in range(3):
        registered_by_itself(world, f"tpc_{number}", 100)
    shown = owner.get("/admin/clients/registered")
    before = re.search(r'name="before" value="([0-9.]+)"', shown.text)[1]  # type: ignore[index]
    world.tenant.fail_next("DELETE", "/clients/tpc_1", 500)
    done = owner.post("/admin/clients/prune", before=before)
    assert "It stopped after 1 of 3" in done.text
    assert "has a problem of its own" in done.text


@pytest.mark.parametrize("before", ["", "soon", "nan", "inf", "1e300", "-1", "9" * 5_000])
def test_a_time_of_pruning_that_was_not_asked_about_deletes_nothing(world: World, owner: Visitor, before: str) -> None:
    registered_by_itself(world, "tpc_old", 100)
    answered = owner.post("/admin/clients/prune", before=before)
    assert answered.status_code == 400 or "0 deleted" in answered.text
    assert "tpc_old" in world.tenant.clients


def test_one_that_was_registered_here_is_deleted_and_no_other_of_the_tenants_own(world: World, owner: Visitor) -> None:
    made = credential(owner.post("/admin/clients/register", **FORM))
    assert owner.post("/admin/clients/delete", client_id=made["client_id"]).status_code == 303
    assert made["client_id"] not in world.tenant.clients
    for client_id in ("owners-page", "commands", "nobody"):
        assert owner.post("/admin/clients/delete", client_id=client_id).status_code == 404
    assert {"owners-page", "commands"} <= set(world.tenant.clients)


@pytest.mark.parametrize("path", ["registered", "registered?unused=1h", "registered?unused=90d"])
def test_auth0_that_is_out_of_order_is_a_sentence_and_no_error(world: World, owner: Visitor, path: str) -> None:
    world.tenant.fail_next("GET", "/clients", 503)
    shown = owner.get(f"/admin/clients/{path}")
    assert shown.status_code == 424
    assert "This was not done at Auth0" in shown.text
    assert 'href="/admin/clients"' in shown.text


def test_without_credentials_for_auth0_the_page_says_what_to_set() -> None:
    with owned_world() as world:
        visitor = Visitor(world)
        visitor.log_in()
        assert "AUTH0_MANAGEMENT_CLIENT_ID" in visitor.get("/admin/clients").text
        for answered in (
            visitor.get("/admin/clients/registered"),
            visitor.post("/admin/clients/prune", before="1"),
            visitor.post("/admin/clients/register", **FORM),
        ):
            assert answered.status_code == 404
            assert "AUTH0_MANAGEMENT_CLIENT_SECRET" in answered.text


@pytest.mark.parametrize("client_id", ["", "abc123"])
def test_each_program_is_told_how_to_connect(world: World, owner: Visitor, client_id: str) -> None:
    shown = owner.get("/admin/clients/connect", params={"client_id": client_id})
    text = html.unescape(shown.text)
    for name in ("ChatGPT", "Claude", "Claude Code", "Codex", "VS Code", "Cursor", "MCP Inspector"):
        assert f"<h2>{name}" in text
    assert text.count(world.mcp) >= 8
    assert text.count("abc123") == (8 if client_id else 0)  # once as what was asked
