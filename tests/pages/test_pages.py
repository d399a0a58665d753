"""Web pages of toolsets: who may open them, with what, and what their documents may do (CSP Level 3; RFC 6750)."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Barrier
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from mcp_types import ToolAnnotations

from app.auth.link import Links
from app.auth.principal import Principal
from app.errors import InvalidAccessToken, ToolError
from app.tools.base import CallContext, Locale, Pages, Toolset, typed_tool
from tests.support.world import EchoArguments, EchoResult, World, eventually, open_world

SCRIPT = "document.title = 'ran'"


@asynccontextmanager
async def notes() -> AsyncIterator[Toolset]:
    """One tool that gives the address of a page, and the pages; one of them only for those who may write."""

    async def link(arguments: EchoArguments, context: CallContext) -> EchoResult:
        return EchoResult(text=context.link(f"notes/{arguments.text}"))

    async def render(page: str, locale: Locale) -> str:
        if page == "nothing":
            raise ToolError("There is no note of this name. Look into the list.")
        if page == "hostile":
            raise ToolError("no note <script>alert(1)</script>")
        if page == "broken":
            raise RuntimeError("secret inside")
        return f"<!doctype html><html lang={locale}><title>{page}</title><script>{SCRIPT}</script></html>"

    def tool(name: str, scope: Any) -> Any:
        return typed_tool(
            link,
            name=name,
            title=name,
            description=name,
            arguments=EchoArguments,
            result=EchoResult,
            scope=scope,
            annotations=ToolAnnotations(read_only_hint=True),
            summarize=lambda result, _: result.text,
        )

    yield Toolset(
        "notes", (tool("read_note", "read"), tool("write_note", "write")), pages=Pages("read_note", render, (SCRIPT,))
    )


@pytest.fixture(scope="module")
def desk() -> Iterator[World]:
    with open_world(toolset=notes, default_scopes=()) as world:
        yield world


def link_for(world: World, page: str = "first", token: str | None = None, tool: str = "read_note") -> str:
    answer = world.call(token or world.token(), name=tool, arguments={"text": page})
    return str(answer.json()["result"]["structuredContent"]["text"])


def test_a_link_opens_its_page_without_a_token(desk: World) -> None:
    link = link_for(desk)
    assert link.startswith(f"{desk.url}/d/notes/first?key=")
    answer = desk.http.get(link, headers={"accept-language": "ko-KR,ko;q=0.9"})
    assert (answer.status_code, "<html lang=ko>" in answer.text) == (200, True)
    assert "<html lang=en>" in desk.http.get(link).text


def test_a_page_opens_with_an_access_token_too(desk: World) -> None:
    bare = link_for(desk).partition("?")[0]
    assert desk.http.get(bare, headers={"authorization": f"Bearer {desk.token()}"}).status_code == 200


def test_a_page_document_may_run_its_own_script_and_nothing_else(desk: World) -> None:
    headers = desk.http.get(link_for(desk)).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; ")
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/]{43}='; style-src 'none'$", policy)
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert (headers["x-content-type-options"], headers["x-robots-tag"]) == ("nosniff", "noindex, nofollow")


def refused(world: World, url: str, **options: Any) -> tuple[int, str]:
    answer = world.http.get(url, **options)
    return answer.status_code, answer.json()["error"]


def test_who_has_no_right_does_not_get_in(desk: World) -> None:
    link = link_for(desk)
    bare, key = link.split("?")
    assert refused(desk, bare) == (401, "unauthorized")
    assert refused(desk, f"{bare}?key=") == (401, "unauthorized")
    assert refused(desk, f"{bare}?key=AAAA") == (401, "invalid_token")
    assert refused(desk, f"{bare}?key=%ED%95%9C") == (401, "invalid_token")
    assert refused(desk, f"{bare}?{key[:-4]}AAAA") == (401, "invalid_token")
    assert refused(desk, f"{desk.url}/d/notes/second?{key}") == (401, "invalid_token")
    assert refused(desk, f"{desk.url}/d/other/first?{key}") == (401, "invalid_token")
    forged = {"authorization": f"Bearer {desk.token()[:-6]}AAAAAA"}
    assert refused(desk, link, headers=forged) == (401, "invalid_token")
    assert refused(desk, link, headers={"host": "evil.example"}) == (421, "misdirected_request")


def test_the_rules_of_the_tool_are_asked_when_the_page_is_opened() -> None:
    with open_world(toolset=notes, default_scopes=()) as world:
        stranger = world.tenant.add_person("eve@example.com", "x")
        token = world.tenant.issue_access_token(stranger, world.mcp, "", "c")
        page = f"{world.url}/d/notes/first"
        assert refused(world, page, headers={"authorization": f"Bearer {token}"}) == (404, "not_found")


SHUT = {
    "the person": (["people", "block", "SUB"], ["people", "unblock", "SUB"], 403),
    "their program": (["clients", "block", "test-client"], ["clients", "unblock", "test-client"], 403),
    "the door": (["access", "close"], ["access", "open"], 403),
    "their tools": (["people", "scopes", "SUB", "--cap", "none"], ["people", "scopes", "SUB", "--cap", "off"], 404),
}


@pytest.mark.parametrize(("shut", "undo", "status"), SHUT.values(), ids=SHUT)
def test_a_link_loses_its_power_at_once_when_its_person_is_shut_out_and_has_it_again_afterwards(
    shut: list[str], undo: list[str], status: int
) -> None:
    with open_world(toolset=notes) as world:
        shut, undo = ([world.sub if word == "SUB" else word for word in words] for words in (shut, undo))
        link = link_for(world)
        assert world.http.get(link).status_code == 200
        assert world.gatehouse(*shut).code == 0
        eventually(lambda: world.http.get(link).status_code == status, 1.0)
        assert world.http.get(link, headers={"accept": "text/html"}).status_code == status
        assert world.gatehouse(*undo).code == 0
        eventually(lambda: world.http.get(link).status_code == 200, 1.0)


def test_refusing_all_tokens_issued_so_far_refuses_the_links_of_that_time_too() -> None:
    with open_world(toolset=notes) as world:
        world.clock.now = time.time() - 60
        link = link_for(world)
        assert world.gatehouse("access", "close", "--everyone").code == 0
        assert world.gatehouse("access", "open").code == 0
        eventually(lambda: world.http.get(link).status_code == 401, 1.0)
        world.clock.now = time.time() + 40  # later than clocks may differ
        assert world.http.get(link_for(world)).status_code == 200


def test_a_link_ends_after_seven_days(tmp_path: Path) -> None:
    now = [1_000_000.0]
    links = Links("https://as.test/", tmp_path, lambda: now[0])
    person = Principal("https://as.test/", "auth0|1", "c", frozenset({"read"}), 9e9)
    sealed = links.seal(person, "a/b")
    assert links.open(sealed, "a/b") == Principal(
        "https://as.test/", "auth0|1", "c", frozenset({"read"}), 1_604_800, 1_000_000
    )
    now[0] += 7 * 86_400
    assert links.open(sealed, "a/b").sub == "auth0|1"
    now[0] += 2
    with pytest.raises(InvalidAccessToken, match="7 days"):
        links.open(sealed, "a/b")


def test_links_survive_a_restart_and_their_key_is_the_owners_alone(tmp_path: Path) -> None:
    person = Principal("i", "s", "c", frozenset(), 9e9)
    sealed = Links("https://as.test/", tmp_path, lambda: 0.0).seal(person, "p")
    assert Links("https://as.test/", tmp_path, lambda: 1.0).open(sealed, "p").sub == "s"
    assert (tmp_path / "link.key").stat().st_mode & 0o077 == 0
    with pytest.raises(InvalidAccessToken):
        Links("https://as.test/", None, lambda: 1.0).open(sealed, "p")


def test_a_link_is_for_people_of_one_issuer(tmp_path: Path) -> None:
    sealed = Links("https://as.test/", tmp_path, lambda: 0.0).seal(Principal("i", "s", "c", frozenset(), 9e9), "p")
    with pytest.raises(InvalidAccessToken, match="another page"):
        Links("https://other.test/", tmp_path, lambda: 1.0).open(sealed, "p")


def test_a_damaged_key_file_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "link.key").write_text("damaged")
    links = Links("https://as.test/", tmp_path, lambda: 0.0)
    assert links.open(links.seal(Principal("i", "s", "c", frozenset(), 9e9), "p"), "p").sub == "s"
    assert "link.key cannot be used" in caplog.text


@pytest.mark.parametrize("left", [None, ""])
def test_many_who_begin_at_once_share_one_key_also_where_a_crash_left_an_empty_file(
    tmp_path: Path, left: str | None
) -> None:
    with ThreadPoolExecutor(8) as pool:
        for number in range(60):
            folder, together = tmp_path / str(number), Barrier(8)
            folder.mkdir()
            if left is not None:
                (folder / "link.key").write_text(left)
                Links("i", folder, lambda: 0.0)

            def begin(_: int, folder: Path = folder, together: Barrier = together) -> Links:
                together.wait()
                return Links("i", folder, lambda: 0.0)

            made = list(pool.map(begin, range(8)))
            sealed = made[0].seal(Principal("i", "s", "c", frozenset(), 9e9), "p")
            assert {one.open(sealed, "p").sub for one in made} == {"s"}
            assert [path.name for path in folder.iterdir()] == ["link.key"]


def test_a_link_that_goes_round_does_not_use_up_its_owners_calls() -> None:
    with open_world(toolset=notes, default_scopes=(), rate_limit_per_person="3/minute") as world:
        link = link_for(world)
        assert [world.http.get(link).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
        assert world.call(world.token(), name="read_note", arguments={"text": "x"}).status_code == 200


def test_a_link_carries_the_scopes_of_its_day_and_no_more(tmp_path: Path) -> None:
    links = Links("i", tmp_path, lambda: 0.0)
    for scopes in (frozenset[str](), frozenset({"read", "write"})):
        sealed = links.seal(Principal("i", "s", "c", scopes, 9e9), "p")
        assert links.open(sealed, "p").scopes == scopes


def test_a_link_shows_nothing_of_the_person(desk: World) -> None:
    key = parse_qs(urlsplit(link_for(desk)).query)["key"][0]
    assert desk.person.sub not in key
    assert desk.person.sub.encode() not in base64.urlsafe_b64decode(key)


def test_a_page_that_is_not_there_says_what_to_do_and_one_that_breaks_says_nothing(desk: World) -> None:
    answer = desk.http.get(link_for(desk, "nothing"))
    assert (answer.status_code, answer.json()["error_description"]) == (
        404,
        "There is no note of this name. Look into the list.",
    )
    broken = desk.http.get(link_for(desk, "broken"))
    assert broken.status_code == 500
    assert "secret inside" not in broken.text


def test_a_browser_is_refused_in_words(desk: World) -> None:
    answer = desk.http.get(f"{desk.url}/d/notes/first?key=x", headers={"accept": "text/html,*/*"})
    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("text/html")
    assert "Ask the question again" in answer.text
    assert re.search(r"Reference [0-9A-Z]{4}-[0-9A-Z]{4}", answer.text)
    assert "sha256" not in answer.headers["content-security-policy"]


def test_a_refusal_shown_to_a_person_is_text_whatever_it_holds(desk: World) -> None:
    answer = desk.http.get(link_for(desk, "hostile"), headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert "<script>" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_strangers_at_pages_are_counted_and_told_when_to_come_back() -> None:
    with open_world(toolset=notes, rate_limit_per_address="3/minute") as world:
        page = f"{world.url}/d/notes/first?key=bad"
        headers = {"accept": "text/html"}
        answers = [world.http.get(page, headers=headers) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
        assert "www-authenticate" in answers[0].headers


def test_hostile_names_of_pages_are_no_way_in(desk: World) -> None:
    for path in ("", "notes", "notes/", "%2e%2e/secret", "notes/%00", "notes/" + "x" * 5_000, "a%2F..%2Fnotes"):
        assert desk.http.get(f"{desk.url}/d/{path}").status_code == 401
        headers = {"authorization": f"Bearer {desk.token()}"}
        assert desk.http.get(f"{desk.url}/d/{path}", headers=headers).status_code in {200, 404}


def test_without_log_in_pages_open_inside_the_house_only() -> None:
    with open_world(toolset=notes, auth_mode="none", default_scopes=("read",)) as world:
        link = link_for(world, token="")
        assert link == f"{world.url}/d/notes/first"
        assert world.http.get(link).status_code == 200
        assert refused(world, link, headers={"x-forwarded-for": "203.0.113.9"}) == (403, "private_network_only")
