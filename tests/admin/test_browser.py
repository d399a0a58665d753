"""The owner's page in a real browser: what an owner does, sees at once, and must not be harmed by (WCAG 2.2 AA, CSP)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from app.demo.tenant import Client
from app.journal.entry import Entry
from app.journal.store import Store
from app.people.recorder import Recorder
from app.store.engine import open_engine, sqlite_url
from tests.admin.support import managed_world
from tests.support.chromium import browser
from tests.support.world import EMAIL, PASSWORD, World

__all__ = ["browser"]

AXE = Path(__file__).parent / "axe" / "node_modules" / "axe-core" / "axe.min.js"

HOSTILE = "<script>document.title='owned'</script><b>bold</b> \u202egnp.exe \u0007" + "n" * 4_000
PAGES = (
    "/admin",
    "/admin/log",
    "/admin/people",
    "/admin/people/accounts",
    "/admin/clients",
    "/admin/clients/registered",
    "/admin/clients/register",
    "/admin/clients/connect?client_id=abc",
    "/admin/tools",
    "/admin/doctor",
    "/admin/settings",
)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with managed_world() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser, world: World) -> Iterator[Page]:
    """A page with nobody logged in; whatever the browser complains of fails the test."""
    context = browser.new_context()
    opened = context.new_page()
    opened.set_default_timeout(5_000)
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda told: problems.append(told.text) if "Content Security" in told.text else None)
    yield opened
    context.close()
    assert problems == []


def log_in(page: Page, url: str, path: str = "/admin") -> None:
    page.goto(url + path)
    page.get_by_role("link", name="Log in").click()
    if "/authorize" in page.url or "/u/login" in page.url:
        page.fill("#email", EMAIL)
        page.fill("#password", PASSWORD)
        page.get_by_role("button", name="Log in").click()
    page.wait_for_url(url + path)


@pytest.fixture
def owner(page: Page, world: World) -> Page:
    log_in(page, world.url)
    return page


def write(world: World, *entries: Entry) -> None:
    """Put entries into the log, as the server's own writer does."""
    store = Store(open_engine(sqlite_url(world.environment["DATA_DIR"])))
    store.add(entries, [Recorder()])
    store.close()


def asked(world: World, sub: str, name: str = "") -> Entry:
    now = world.clock()
    return Entry(now, "denied", "not_invited", "7K3Q-9DMA", 403, "198.51.100.4", iss=world.environment["OAUTH_ISSUER"],
                 sub=sub, client_id="other", method="tools/list", name=name)  # fmt: skip


def test_logging_in_at_the_tenant_leads_back_to_where_one_was(page: Page, world: World) -> None:
    log_in(page, world.url, "/admin/log?tool=echo")
    expect(page.get_by_label("Tool", exact=True)).to_have_value("echo")


def test_a_call_appears_within_a_second(owner: Page, world: World) -> None:
    expect(owner.locator("#dot")).to_have_text("connected")
    began = time.monotonic()
    assert world.call(world.token()).status_code == 200
    expect(owner.locator("#entries tr").filter(has_text="echo")).to_have_count(1, timeout=1_000)
    assert time.monotonic() - began < 1.0


def test_a_paused_feed_waits_and_goes_on(owner: Page, world: World) -> None:
    expect(owner.locator("#dot")).to_have_text("connected")
    owner.get_by_role("button", name="Pause").click()
    before = owner.locator("#entries tr").count()
    world.call(world.token())
    expect(owner.get_by_role("button", name="Go on (")).to_be_visible()
    assert owner.locator("#entries tr").count() == before
    owner.get_by_role("button", name="Go on").click()
    expect(owner.locator("#entries tr").first).to_contain_text("echo")
    assert owner.locator("#entries tr").count() > before


def test_a_refusal_opens_its_reason(owner: Page, world: World) -> None:
    expect(owner.locator("#dot")).to_have_text("connected")
    carol = world.tenant.add_person("carol@example.com", "correct-horse-9", permissions={"read"})
    token = world.tenant.issue_access_token(carol, world.mcp, "read", "client")
    assert world.call(token, name="write_note", arguments={"text": "x"}).status_code == 403
    owner.locator("#entries tr").first.get_by_role("link", name="insufficient_scope").click()
    expect(owner.get_by_role("heading", name="Why: insufficient_scope")).to_be_visible()
    expect(owner.get_by_text("Grant the person the permission")).to_be_visible()


def test_a_hundred_events_a_second_do_not_freeze_the_feed(owner: Page, world: World) -> None:
    expect(owner.locator("#dot")).to_have_text("connected")
    owner.evaluate(
        """() => { window.slowest = 0; let last = performance.now();
        (function look() { const now = performance.now(); window.slowest = Math.max(window.slowest, now - last);
        last = now; requestAnimationFrame(look); })(); }"""
    )
    for _ in range(5):
        write(
            world,
            *(Entry(world.clock(), "ok", method="tools/call", tool=f"busy{n}", sub="auth0|busy") for n in range(100)),
        )
    expect(owner.locator("#entries")).to_contain_text("busy99", timeout=5_000)
    expect(owner.locator("#entries")).to_contain_text("more not shown")
    assert owner.locator("#entries tr").count() <= 101
    assert owner.evaluate("window.slowest") < 500


def test_a_block_bites_within_a_second(owner: Page, world: World) -> None:
    bob = world.tenant.add_person("bob@example.com", "correct-horse-8", permissions={"read"})
    token = world.tenant.issue_access_token(bob, world.mcp, "read", "client")
    assert world.call(token).status_code == 200
    owner.goto(f"{world.url}/admin/people")
    owner.get_by_label("Find somebody").fill(bob.sub)
    owner.get_by_role("button", name="Find").click()
    owner.locator("tbody tr").get_by_role("link").click()
    owner.get_by_role("button", name="Block", exact=True).click()
    expect(owner.get_by_role("status")).to_contain_text("Blocked")
    end = time.monotonic() + 1.0
    while world.call(token).status_code != 403:
        assert time.monotonic() < end
    owner.get_by_role("button", name="Unblock").click()
    expect(owner.get_by_role("status")).to_contain_text("No longer blocked")


def test_somebody_is_invited_with_a_message_to_send(owner: Page, world: World) -> None:
    owner.goto(f"{world.url}/admin/people")
    owner.get_by_label("Their subject").fill("auth0|invited")
    owner.get_by_label("Name, for your eyes").fill("Ivy")
    owner.get_by_label("Until").fill("7d")
    owner.get_by_role("checkbox", name="write").check()
    owner.get_by_role("button", name="Invite").click()
    expect(owner.locator("#message-en")).to_contain_text(world.mcp)
    expect(owner.locator("#message-ko")).to_contain_text("초대합니다")
    invited = world.people()["auth0|invited"]
    assert (invited["name"], invited["scopes"]) == ("Ivy", ["read", "write"])
    assert invited["expires_at"] is not None


def test_a_stranger_who_asked_is_let_in(owner: Page, world: World) -> None:
    write(world, asked(world, "auth0|stranger", "Stranger"))
    owner.goto(f"{world.url}/admin/people")
    owner.get_by_role("button", name="Let in: auth0|stranger").click()
    expect(owner.get_by_role("status")).to_contain_text("Let in")
    assert "auth0|stranger" in world.people()
    expect(owner.get_by_role("button", name="Let in: auth0|stranger")).to_have_count(0)


def test_the_log_is_kept_as_a_table_and_as_json(owner: Page, world: World, tmp_path: Path) -> None:
    write(world, Entry(world.clock(), "ok", method="tools/call", tool="=cmd|calc", sub="auth0|formula"))
    owner.goto(f"{world.url}/admin/log?person=auth0|formula")
    for name, words in (("CSV", "'=cmd|calc"), ("JSON", '"tool": "=cmd|calc"')):
        with owner.expect_download() as kept:
            owner.get_by_role("link", name=name).click()
        kept.value.save_as(tmp_path / name)
        assert words in (tmp_path / name).read_text(encoding="utf-8")


def test_hostile_names_are_shown_as_text_everywhere(owner: Page, world: World) -> None:
    issuer = world.environment["OAUTH_ISSUER"]
    call = Entry(world.clock(), "error", HOSTILE, "", 200, iss=issuer, sub=HOSTILE, client_id=HOSTILE, user_agent=HOSTILE,
                 method="tools/call", tool=HOSTILE, name=HOSTILE, email=HOSTILE, arguments=HOSTILE)  # fmt: skip
    write(world, call, asked(world, "auth0|hostile", HOSTILE))
    for path in PAGES:
        owner.goto(world.url + path)
        assert owner.evaluate("document.querySelectorAll('main b, main script').length") == 0, path
        assert "owned" not in owner.title()
        assert "\u202e" not in owner.locator("body").inner_text()
    owner.goto(f"{world.url}/admin/log")
    owner.locator("#entries tr").filter(has_text="bold").filter(has_not_text="tools/list").first.get_by_role(
        "link"
    ).first.click()
    expect(owner.get_by_role("heading").first).to_contain_text("<script>")
    assert owner.evaluate("document.querySelectorAll('main b, main script').length") == 0


def test_another_site_cannot_post_for_the_owner(owner: Page, world: World) -> None:
    owner.route("http://evil.test/**", lambda route: route.fulfill(
        body=f"<form method=post action='{world.url}/admin/people/block'><input name=sub value='{world.sub}'><button>x</button></form>",
        content_type="text/html"))  # fmt: skip
    owner.goto("http://evil.test/")
    owner.get_by_role("button").click()
    expect(owner.get_by_role("heading")).not_to_have_text("Now")
    assert not world.people()[world.sub]["blocked"]


def test_an_expired_session_returns_to_where_one_was(owner: Page, world: World) -> None:
    world.clock.now += 9 * 3_600
    try:
        log_in(owner, world.url, "/admin/people")
        expect(owner.get_by_role("heading", name="People", exact=True)).to_be_visible()
    finally:
        world.clock.now -= 9 * 3_600


def test_two_tabs_work_side_by_side(owner: Page, world: World) -> None:
    other = owner.context.new_page()
    other.goto(f"{world.url}/admin")
    owner.goto(f"{world.url}/admin")
    for one in (owner, other):
        expect(one.locator("#dot")).to_have_text("connected")
    world.call(world.token())
    for one in (owner, other):
        expect(one.locator("#entries tr").first).to_contain_text("echo", timeout=1_500)
    owner.bring_to_front()  # a browser lets the pages behind it do things once a second
    owner.locator("summary").first.click()
    owner.get_by_role("button", name="Sign out", exact=True).click()
    expect(other.get_by_role("link", name="Log in")).to_be_visible()


def test_the_feed_goes_on_when_the_server_was_restarted(owner: Page, world: World) -> None:
    expect(owner.locator("#dot")).to_have_text("connected")
    before = owner.locator("#entries tr").filter(has_text="write_note").count()
    world.restart()
    world.call(world.token("read write"), name="write_note", arguments={"text": "x"})
    expect(owner.locator("#entries tr").filter(has_text="write_note")).to_have_count(before + 1, timeout=10_000)
    expect(owner.locator("#dot")).to_have_text("connected")


def test_a_client_is_registered_and_its_credential_is_copied_and_kept(
    owner: Page, world: World, tmp_path: Path
) -> None:
    owner.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=world.url)
    owner.goto(f"{world.url}/admin/clients")
    owner.get_by_role("link", name="Register a client").click()
    owner.get_by_label("Name").fill("My ChatGPT")
    expect(owner.get_by_role("checkbox", name="ChatGPT")).to_be_checked()
    owner.get_by_role("button", name="Register").click()
    made = next(one for one in world.tenant.clients.values() if one.name == "My ChatGPT")
    expect(owner.locator("#client-id")).to_have_text(made.client_id)
    owner.get_by_role("button", name="Copy the secret").click()
    expect(owner.get_by_role("button", name="Copied")).to_be_visible()
    assert owner.evaluate("navigator.clipboard.readText()") == made.secret
    with owner.expect_download() as kept:
        owner.get_by_role("button", name="Download JSON").click()
    kept.value.save_as(tmp_path / "client.json")
    held = json.loads((tmp_path / "client.json").read_text(encoding="utf-8"))
    assert (held["client_id"], held["client_secret"]) == (made.client_id, made.secret)
    owner.go_back()
    with pytest.raises(Error, match="ERR_CACHE_MISS"):  # the page is kept nowhere, so it cannot come again
        owner.go_forward()


def test_what_nobody_uses_is_pruned(owner: Page, world: World) -> None:
    old = Client("tpc_old", "Old program", (), is_first_party=False, created_at=world.clock() - 100 * 86_400)
    world.tenant.clients[old.client_id] = old
    owner.goto(f"{world.url}/admin/clients")
    owner.get_by_role("link", name="What is registered at Auth0").click()
    expect(owner.get_by_role("heading", name="1 registered by themselves")).to_be_visible()
    owner.get_by_text("Prune these 1").click()
    owner.get_by_role("button", name="Delete 1 at Auth0").click()
    expect(owner.get_by_role("status")).to_contain_text("1 deleted")
    expect(owner.get_by_role("listitem")).to_contain_text("Old program")
    assert "tpc_old" not in world.tenant.clients


def test_the_keyboard_alone_reaches_everything(owner: Page, world: World) -> None:
    owner.goto(f"{world.url}/admin/people")
    owner.keyboard.press("Tab")
    assert owner.evaluate("document.activeElement.className") == "skip"
    reached = set()
    for _ in range(80):
        owner.keyboard.press("Tab")
        reached.add(owner.evaluate("document.activeElement.outerHTML.slice(0, 200)"))
    missed = owner.evaluate(
        "() => [...document.querySelectorAll('main a, main button, main input:not([type=hidden]), main select')]"
        ".map((one) => one.outerHTML.slice(0, 200))"
    )
    assert [one for one in missed if one not in reached] == []


VIEWS = {"desk": (1280, "light", "en-GB"), "phone": (390, "dark", "ko-KR")}


@pytest.fixture(scope="module", params=VIEWS)
def looked_at(request: pytest.FixtureRequest, browser: Browser, world: World) -> Iterator[tuple[Page, Page]]:
    """Two pages as they are seen on a desk or on a phone: of somebody who is logged in, and of nobody."""
    if not AXE.exists():
        pytest.skip("needs Node.js and: npm ci --prefix tests/admin/axe")
    width, scheme, language = VIEWS[request.param]
    view: Any = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme, "locale": language}
    contexts = [browser.new_context(**view, bypass_csp=True) for _ in range(2)]
    pages = [one.new_page() for one in contexts]
    pages[0].goto(f"{world.url}/admin/log-in")
    pages[0].fill("#email", EMAIL)
    pages[0].fill("#password", PASSWORD)
    pages[0].get_by_role("button", name="Log in").click()
    pages[0].wait_for_url(f"{world.url}/admin")
    yield pages[0], pages[1]
    for one in contexts:
        one.close()


@pytest.mark.parametrize(
    "path",
    [*PAGES, "/admin/log?reference=NONE-NONE", "/admin/people/person?sub=me", "/admin/log/entry?id=1", "signed out"],
)
def test_axe_finds_no_barrier(looked_at: tuple[Page, Page], world: World, path: str) -> None:
    page = looked_at[path == "signed out"]
    page.goto(world.url + ("/admin" if path == "signed out" else path.replace("sub=me", f"sub={world.sub}")))
    assert barriers(page) == []


def barriers(page: Page) -> Any:
    page.add_script_tag(path=AXE)
    kinds = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    return page.evaluate(
        """async (kinds) => (await axe.run(document, {runOnly: kinds})).violations.map(
        (one) => one.id + ": " + one.nodes.map((node) => node.target + " " + node.failureSummary).join(" | "))""",
        kinds,
    )


def ask_the_doctor(page: Page, world: World) -> None:
    page.goto(f"{world.url}/admin/doctor")
    page.locator("main form button").click()
    page.locator("#result").wait_for()


def register(page: Page, world: World) -> None:
    page.goto(f"{world.url}/admin/clients/register")
    page.locator("[name=name]").fill(f"Program {len(world.tenant.clients)}")
    page.locator("main form button").click()
    page.locator("#client-id").wait_for()
    page.locator("main details summary").click()


def invite(page: Page, world: World) -> None:
    page.goto(f"{world.url}/admin/people")
    page.locator("[name=sub][required]").fill(f"new{len(world.tenant.people)}@example.com")
    page.locator("main form.stack button").click()
    page.locator("#message-en").wait_for()


def prune(page: Page, world: World) -> None:
    old = Client("tpc_old", "Old program", (), is_first_party=False, created_at=world.clock() - 100 * 86_400)
    world.tenant.clients[old.client_id] = old
    page.goto(f"{world.url}/admin/clients/registered")
    page.locator("main section details summary").click()
    page.locator("[action='/admin/clients/prune'] button").click()
    page.locator("[role=status]").wait_for()


def half_block(page: Page, world: World) -> None:
    world.tenant.fail_next("PATCH", "/users", 503)
    sub = f"auth0|half{len(world.people())}"
    write(world, asked(world, sub))
    page.goto(f"{world.url}/admin/people/person?sub={sub}")
    page.locator("[action='/admin/people/block'] button").click()
    page.locator(".why-box").wait_for()


@pytest.mark.parametrize("change", [ask_the_doctor, register, invite, prune, half_block])
def test_axe_finds_no_barrier_on_the_page_after_a_change(
    looked_at: tuple[Page, Page], world: World, change: Callable[[Page, World], None]
) -> None:
    change(looked_at[0], world)
    assert barriers(looked_at[0]) == []


def test_the_first_page_is_light(owner: Page, world: World) -> None:
    sizes: list[int] = []
    owner.on("response", lambda answer: sizes.append(len(answer.body())) if "feed" not in answer.url else None)
    owner.goto(f"{world.url}/admin")
    expect(owner.locator("#dot")).to_have_text("connected")
    assert 0 < sum(sizes) <= 80_000
