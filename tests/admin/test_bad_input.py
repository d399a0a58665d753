"""Unknown, missing, doubled and hostile input to the owner's page: a clear page with the way back, never a 5xx."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest

from app.admin.reasons_ko import KOREAN, UNKNOWN
from app.journal.entry import Entry
from app.journal.queries import last_id
from app.journal.reasons import REASONS
from app.journal.store import Store
from app.store.engine import open_engine, sqlite_url
from tests.admin.support import CLIENT, OWNER, Visitor, owned_world
from tests.support.world import World, eventually


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with owned_world() as opened:
        yield opened


@pytest.fixture(scope="module")
def owner(world: World) -> Visitor:
    visitor = Visitor(world)
    visitor.log_in()
    eventually(lambda: world.sub in world.people())  # the log-in is written
    return visitor


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/admin/nothing", 404),
        ("/admin/static/../log_in.py", 404),
        ("/admin/static/nothing.css", 404),
        ("/admin/log?page=-1", 200),
        ("/admin/log?before=-1", 400),
        ("/admin/log?before=1000000000", 200),
        ("/admin/log?before=1e300", 400),
        ("/admin/log?before=nan", 400),
        ("/admin/log?outcome=splendid", 400),
        ("/admin/log?since=yesteryear", 400),
        ("/admin/log?until=99999-99-99", 400),
        ("/admin/log?person=" + "x" * 10_000, 400),
        ("/admin/log?person=" + "%00%FF%F0" * 20, 200),
        ("/admin/log?person=a&person=b", 400),
        ("/admin/log?reference=%3Cscript%3E", 404),
        ("/admin/log/entry", 404),
        ("/admin/log/entry?id=-1", 404),
        ("/admin/log/entry?id=1e9", 404),
        ("/admin/log/entry?id=999999999999999999", 404),
        ("/admin/log/entry?id=" + "9" * 40, 404),
        ("/admin/people/person", 404),
        ("/admin/people/person?sub=nobody", 404),
        ("/admin/people/person?sub=%27%3B+DROP+TABLE+people%3B--", 404),
        ("/admin/people/person?sub=" + "x" * 10_000, 400),
        ("/admin?lang=xx", 200),
        ("/admin?done=%3Cscript%3E", 200),
    ],
)
def test_an_address_that_leads_nowhere_says_so_and_leads_back(owner: Visitor, path: str, status: int) -> None:
    shown = owner.get(path)
    assert shown.status_code == status, shown.text
    assert "<script>" not in shown.text
    assert "Traceback" not in shown.text
    if status >= 400:
        assert 'class="button" href="/admin' in shown.text


FORMS = [
    ("/admin/door", {}),
    ("/admin/door", {"admission": "ajar"}),
    ("/admin/door", {"admission": ["nobody", "everybody"]}),
    ("/admin/people/block", {}),
    ("/admin/people/block", {"sub": "nobody"}),
    ("/admin/people/block", {"sub": "x" * 5_000}),
    ("/admin/people/invite", {}),
    ("/admin/people/invite", {"sub": " "}),
    ("/admin/people/invite", {"sub": "somebody@example.com"}),
    ("/admin/people/invite", {"sub": "auth0|1", "until": "once upon a time"}),
    ("/admin/people/change", {"sub": "nobody"}),
    ("/admin/nothing", {"a": "b"}),
]


@pytest.mark.parametrize(("path", "fields"), FORMS)
def test_a_form_that_cannot_be_used_changes_nothing_and_says_why(
    world: World, owner: Visitor, path: str, fields: dict[str, str]
) -> None:
    before = world.gatehouse("access", "status", "--json").json, world.people()
    answered = owner.post(path, **fields)
    assert 400 <= answered.status_code < 500, answered.text
    assert 'class="button" href="/admin' in answered.text
    assert (world.gatehouse("access", "status", "--json").json, world.people()) == before


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"a=" + b"x" * 70_000, 413),
        (b"&".join(b"a%d=1" % n for n in range(60)), 400),
        (b"\xff\xfe", 400),
        (b'{"a":1}', 400),
    ],
)
def test_a_body_that_is_no_form_is_refused(owner: Visitor, content: bytes, status: int) -> None:
    assert owner.http.post("/admin/door", content=content, headers=OWNER).status_code == status


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused(owner: Visitor, method: str) -> None:
    assert owner.http.request(method, "/admin", headers=OWNER).status_code == 405


def test_another_host_name_does_not_open_the_page(owner: Visitor) -> None:
    assert owner.get("/admin", headers={"host": "evil.example"}).status_code == 421


@pytest.mark.parametrize(("address", "status"), [("203.0.113.5", 403), ("192.168.1.20", 401)])
def test_the_page_can_be_kept_inside_the_house(address: str, status: int) -> None:
    with owned_world(admin_network="private", forwarded_allow_ips="127.0.0.1") as world:
        shown = Visitor(world).get("/admin", headers={"x-forwarded-for": address})
        assert shown.status_code == status


def test_without_a_log_in_service_there_is_no_page() -> None:
    with owned_world(auth_mode="none") as world:
        shown = Visitor(world).get("/admin")
        assert shown.status_code == 404
        assert "AUTH_MODE=none" in shown.text


def test_without_a_client_of_its_own_the_page_says_how_to_make_one() -> None:
    with owned_world(admin_client_id="") as world:
        shown = Visitor(world).get("/admin/log-in")
        assert shown.status_code == 404
        assert "gatehouse auth0 apply" in shown.text


def test_a_named_subject_is_an_owner_without_the_scope() -> None:
    with owned_world(admin_subjects="auth0|named") as world:
        world.person.permissions = {"read"}
        assert Visitor(world).log_in().status_code == 403
        world.tenant.add_person("named@example.com", "correct-horse-8", sub="auth0|named")
        assert Visitor(world).log_in(email="named@example.com", password="correct-horse-8").status_code == 303


def test_the_log_is_read_page_by_page(world: World, owner: Visitor) -> None:
    store = Store(open_engine(sqlite_url(world.environment["DATA_DIR"])))
    store.add([Entry(world.clock() - n, "ok", method="tools/call", tool="t", sub="auth0|many") for n in range(500)])
    store.close()
    first = owner.get("/admin/log?person=auth0|many")
    older = first.text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "before=" in older
    assert owner.get(older).status_code == 200


def test_feeds_see_what_happens_and_end_with_the_session(world: World) -> None:
    visitor = Visitor(world)
    visitor.log_in()
    with visitor.http.stream("GET", "/admin/feed?last=0") as stream:
        lines = stream.iter_lines()
        assert next(lines) == "retry: 1000"
        assert any('"tool": "log-in"' in line for line in _until(lines, "log-in"))
        world.call(world.token())
        assert any('"tool": "echo"' in line for line in _until(lines, "echo"))
        began = time.monotonic()
        visitor.post("/admin/sign-out-everywhere")
        assert any(line == "event: over" for line in _until(lines, "over"))
        assert time.monotonic() - began < 2


def _until(lines: Iterator[str], words: str) -> list[str]:
    seen = []
    for line in lines:
        seen.append(line)
        if words in line:
            return seen
    return seen


def test_a_feed_that_comes_back_is_told_what_it_missed(world: World) -> None:
    visitor = Visitor(world)
    visitor.log_in()
    last = eventually(lambda: _last_id(world))
    world.call(world.token(), name="fail", arguments={"text": ""})
    eventually(lambda: _last_id(world) > last)
    with visitor.http.stream("GET", "/admin/feed", headers={"last-event-id": str(last)}) as stream:
        assert any('"tool": "fail"' in line for line in _until(stream.iter_lines(), '"fail"'))


def _last_id(world: World) -> int:
    engine = open_engine(sqlite_url(world.environment["DATA_DIR"]))
    try:
        return last_id(engine)
    finally:
        engine.dispose()


def test_the_client_of_the_page_is_what_the_settings_say(world: World) -> None:
    assert f"client_id={CLIENT}" in Visitor(world).get("/admin/log-in").headers["location"]


def test_each_reason_is_explained_in_korean_too() -> None:
    assert set(KOREAN) == set(REASONS)
    for words in (*KOREAN.values(), UNKNOWN):
        assert all(re.search("[가-힣]", one) for one in words)


def test_a_refusal_is_explained_in_the_owners_language(world: World) -> None:
    owner = Visitor(world)
    owner.log_in()
    refused = world.call("not-a-token").json()["reference"]
    eventually(lambda: owner.get("/admin/log", params={"reference": refused}).status_code == 200)
    for language, words in (("ko", KOREAN["opaque"][1]), ("en", REASONS["opaque"].next_step)):
        shown = owner.get("/admin/log", params={"reference": refused, "lang": language}).text
        assert words in shown
