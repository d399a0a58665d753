"""Logging in to the owner's page, and everything that must not count as that (RFC 6749 §10.12, RFC 7636, RFC 9207)."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from app.admin import log_in
from tests.admin.support import OWNER, Visitor, owned_world, query_of
from tests.support.world import World, eventually


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with owned_world() as opened:
        yield opened


@pytest.fixture
def visitor(world: World) -> Visitor:
    return Visitor(world)


@pytest.fixture
def owner(visitor: Visitor) -> Visitor:
    visitor.log_in()
    return visitor


def test_who_is_not_logged_in_sees_the_way_to_log_in_and_nothing_else(visitor: Visitor) -> None:
    shown = visitor.get("/admin/people")
    assert shown.status_code == 401
    assert "/admin/log-in?next=%2Fadmin%2Fpeople" in shown.text
    assert "auth0|" not in shown.text


def test_logging_in_uses_a_code_with_pkce_and_leads_to_where_one_was(visitor: Visitor) -> None:
    begun = visitor.get("/admin/log-in", params={"next": "/admin/log?person=a"})
    asked = query_of(begun.headers["location"])
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["resource"] == asked["audience"] == visitor.world.mcp
    done = visitor.log_in("/admin/log?person=a")
    assert (done.status_code, done.headers["location"]) == (303, "/admin/log?person=a")
    assert visitor.get("/admin").status_code == 200


def test_the_session_cookie_is_for_the_page_alone_and_out_of_reach_for_scripts(visitor: Visitor) -> None:
    cookie = next(one for one in visitor.log_in().headers.get_list("set-cookie") if one.startswith("gatehouse_owner="))
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/admin", "max-age=28800"} <= parts
    assert "secure" not in parts  # http, on loopback


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example", "/\\evil", "/mcp", "/admin/../mcp", "x\ny"]
)
def test_nobody_is_led_elsewhere_after_logging_in(visitor: Visitor, address: str) -> None:
    assert visitor.log_in(address).headers["location"] == "/admin"


def test_an_answer_counts_once_and_in_the_browser_that_began(world: World, visitor: Visitor) -> None:
    answer = visitor.callback()
    assert Visitor(world).get("/admin/callback", params=answer).status_code == 400
    assert visitor.get("/admin/callback", params=answer).status_code == 303
    again = visitor.get("/admin/callback", params=answer)
    assert again.status_code == 400
    assert "/admin/log-in" in again.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": "x" * 43}, "belongs to no log-in"),
        ({"state": ""}, "belongs to no log-in"),
        ({"code": "stolen"}, "did not accept the code"),
        ({"iss": "https://evil.example/"}, "another log-in service"),
        ({"error": "access_denied"}, "access_denied"),
    ],
)
def test_a_changed_answer_is_refused_with_the_way_back(visitor: Visitor, changes: dict[str, str], words: str) -> None:
    answered = visitor.get("/admin/callback", params={**visitor.callback(), **changes})
    assert answered.status_code == 400
    assert words in answered.text
    assert 'href="/admin/log-in"' in answered.text
    assert "gatehouse_owner=" not in answered.headers.get("set-cookie", "")


def test_two_tabs_can_log_in_at_once(visitor: Visitor) -> None:
    first, second = visitor.callback("/admin/log"), visitor.callback("/admin/people")
    assert visitor.get("/admin/callback", params=first).headers["location"] == "/admin/log"
    assert visitor.get("/admin/callback", params=second).headers["location"] == "/admin/people"


def test_whoever_is_no_owner_is_told_how_to_become_one(world: World, visitor: Visitor) -> None:
    bob = world.tenant.add_person("bob@example.com", "correct-horse-8", permissions={"read", "write"})
    refused = visitor.log_in(email="bob@example.com", password="correct-horse-8")
    assert refused.status_code == 403
    assert "people scopes" in refused.text
    assert visitor.get("/admin").status_code == 401
    world.gatehouse("people", "scopes", bob.sub, "--grant", "admin")
    assert eventually(lambda: visitor.log_in(email="bob@example.com", password="correct-horse-8").status_code == 303)
    world.gatehouse("people", "scopes", bob.sub, "--grant", "none")
    assert eventually(lambda: visitor.get("/admin").status_code == 403, within=1.0)


def test_signing_out_ends_a_session_also_for_whoever_copied_its_cookie(world: World, owner: Visitor) -> None:
    thief = Visitor(world)
    thief.http.cookies.set("gatehouse_owner", owner.http.cookies["gatehouse_owner"], path="/admin")
    assert thief.get("/admin").status_code == 200
    owner.post("/admin/sign-out")
    assert [one.get("/admin").status_code for one in (owner, thief)] == [401, 401]


def test_signing_out_everywhere_ends_every_session_of_this_person(world: World, owner: Visitor) -> None:
    other = Visitor(world)
    other.log_in()
    owner.post("/admin/sign-out-everywhere")
    assert [one.get("/admin").status_code for one in (owner, other)] == [401, 401]


def test_a_block_ends_the_session_within_a_second_and_for_good(world: World, owner: Visitor) -> None:
    word = owner.http.cookies["gatehouse_owner"]
    world.gatehouse("people", "block", world.sub)
    try:
        assert eventually(lambda: owner.get("/admin").status_code == 401, within=1.0)
    finally:
        world.gatehouse("people", "unblock", world.sub)
    copied = {"cookie": f"gatehouse_owner={word}"}
    assert eventually(lambda: owner.log_in().status_code == 303)
    assert Visitor(world).get("/admin", headers=copied).status_code == 401


def test_a_closed_door_does_not_keep_the_owner_from_opening_it(world: World, owner: Visitor) -> None:
    assert owner.post("/admin/door", admission="nobody").status_code == 303
    assert eventually(lambda: world.call(world.token()).status_code == 403, within=1.0)
    assert owner.post("/admin/door", admission="everybody").status_code == 303
    assert eventually(lambda: world.call(world.token()).status_code == 200, within=1.0)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "same-origin", "origin": "https://evil.example"},
        {},
    ],
)
def test_a_change_from_elsewhere_is_refused(world: World, owner: Visitor, headers: dict[str, str]) -> None:
    refused = owner.post("/admin/people/block", headers=headers, sub=world.sub)
    assert refused.status_code == 403
    assert not world.people()[world.sub]["blocked"]


@pytest.mark.parametrize("headers", [OWNER, {"origin": "here"}])
def test_a_change_from_the_page_itself_counts(world: World, owner: Visitor, headers: dict[str, str]) -> None:
    headers = {name: world.url if value == "here" else value for name, value in headers.items()}
    assert owner.post("/admin/door", headers=headers, admission="everybody").status_code == 303


def test_every_answer_is_sealed(owner: Visitor) -> None:
    for path in ("/admin", "/admin/log", "/admin/people", "/admin/nothing", "/admin/log-in"):
        headers = owner.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"]
        assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


def test_while_the_log_in_service_is_down_the_page_says_so_and_leads_back() -> None:
    with owned_world() as world:
        visitor = Visitor(world)
        answer = visitor.callback()
        world.tenant_app.stop()
        shown = visitor.get("/admin/callback", params=answer)
        assert shown.status_code == 424
        assert 'href="/admin/log-in"' in shown.text


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes, float], list[int]]]:
    """Puts a token endpoint in place that answers with these bytes again and again, so many seconds apart; gives what was sent."""
    sent: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def put(part: bytes, apart: float) -> list[int]:
            address = f"http://127.0.0.1:{server.getsockname()[1]}/token"
            named = log_in._endpoint
            monkeypatch.setattr(
                log_in, "_endpoint", lambda *two: address if two[1] == "token_endpoint" else named(*two)
            )
            Thread(target=serve, args=(part, apart), daemon=True).start()
            return sent

        def serve(part: bytes, apart: float) -> None:
            client, _ = server.accept()
            with client, contextlib.suppress(OSError):
                client.recv(65_536)
                client.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
                while not Event().wait(apart):
                    client.sendall(part)
                    sent.append(len(part))

        yield put


def test_a_token_endpoint_that_never_ends_is_given_up(
    world: World, visitor: Visitor, answering: Callable[[bytes, float], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_in, "WAIT_SECONDS", 0.3)
    answer = visitor.callback()
    answering(b" ", 0.05)
    assert visitor.get("/admin/callback", params=answer).status_code == 424


def test_a_token_endpoint_that_floods_is_cut_off(
    visitor: Visitor, answering: Callable[[bytes, float], list[int]]
) -> None:
    answer = visitor.callback()
    sent = answering(b" " * 65_536, 0)
    assert visitor.get("/admin/callback", params=answer).status_code == 424
    assert sum(sent) < 20 * 2**20  # a few megabytes are on their way when the connection is cut


def test_each_log_in_that_failed_is_in_the_log_with_its_reason(world: World, visitor: Visitor) -> None:
    shown = visitor.get("/admin/callback", params={**visitor.callback(), "code": "stolen"})
    reference = shown.text.split("<code>")[1].split("</code>")[0]
    why = eventually(lambda: (ran := world.gatehouse("why", reference, "--json")).code == 0 and ran.json)
    assert (why["reason"], why["outcome"], why["tool"]) == ("log_in_failed", "refused", "log-in")


def test_one_address_cannot_make_this_server_flood_the_log_in_service() -> None:
    with owned_world(rate_limit_per_address="3/minute") as world:
        visitor, asked = Visitor(world), []
        answers = [{**visitor.callback(), "code": "guessed"} for _ in range(5)]
        before = world.tenant.requests["/oauth/token"]
        asked = [visitor.get("/admin/callback", params=answer).status_code for answer in answers]
        assert asked == [400, 400, 400, 429, 429]
        assert world.tenant.requests["/oauth/token"] - before == 3


def test_who_is_no_longer_an_owner_is_in_the_log_by_name(world: World, visitor: Visitor) -> None:
    eve = world.tenant.add_person("eve@example.com", "correct-horse-8", permissions={"read"})
    world.gatehouse("people", "scopes", eve.sub, "--grant", "admin")
    assert eventually(lambda: visitor.log_in(email="eve@example.com", password="correct-horse-8").status_code == 303)
    world.gatehouse("people", "scopes", eve.sub, "--grant", "none")
    assert eventually(lambda: visitor.post("/admin/door", admission="everybody").status_code == 403)
    told = eventually(lambda: world.gatehouse("log", "--json", "--person", eve.sub, "--denied").out)
    assert '"reason": "not_an_owner"' in told


def test_while_the_store_is_away_the_page_says_so_and_changes_nothing() -> None:
    with owned_world() as world:
        owner = Visitor(world)
        owner.log_in()
        file = Path(world.environment["DATA_DIR"]) / "journal.sqlite"
        file.rename(file.with_name("away"))
        file.mkdir()
        answers = [owner.get("/admin"), owner.get("/admin/people"), owner.post("/admin/door", admission="nobody")]
        assert [one.status_code for one in answers] == [503] * 3
        assert all("cannot be read at the moment" in one.text for one in answers)
        file.rmdir()
        file.with_name("away").rename(file)
        assert eventually(lambda: owner.get("/admin").status_code == 200)
