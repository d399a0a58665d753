"""Take the pictures of the owner's page that stand in docs/images: every page, on a desk and on a phone.

    .venv/bin/python scripts/pictures.py [FOLDER]

Needs Chromium. The people, programs and calls are made up.
"""

import random
import re
import sys
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from app.auth0.wanted import CHATGPT_CALLBACK, MARK, MARK_FOR  # noqa: E402
from app.demo.tenant import Client  # noqa: E402
from app.journal.entry import Entry  # noqa: E402
from app.journal.store import Store  # noqa: E402
from app.people.recorder import Recorder  # noqa: E402
from app.store.engine import open_engine, sqlite_url  # noqa: E402
from app.tools.real_estate import SourceSettings, open_real_estate  # noqa: E402
from tests.admin.support import managed_world  # noqa: E402
from tests.support.chromium import CHROMIUM, SWITCHES  # noqa: E402
from tests.support.world import EMAIL, PASSWORD, World  # noqa: E402

PAGES = {
    "now": "/admin",
    "log": "/admin/log",
    "people": "/admin/people",
    "person": "/admin/people/person?sub=auth0|655301",
    "accounts": "/admin/people/accounts",
    "clients": "/admin/clients",
    "registered": "/admin/clients/registered",
    "register": "/admin/clients/register",
    "connect": "/admin/clients/connect?client_id=shared-application",
    "tools": "/admin/tools",
    "doctor": "/admin/doctor",
    "settings": "/admin/settings",
}
TOOLSET = partial(open_real_estate, SourceSettings(data_go_kr_api_key="made-up-key"))
PEOPLE = ["Alice Kim", "Bob Park", "Chae-won Lee", "Dana Novak", "Emil Sørensen"]
TOOLS = ["get_apartment_trades", "get_apartment_rent", "get_region_code", "search", "fetch"]
HIGHEST = 1_000
"""Pixels of a picture; what is below looks like what is above."""

HOSTILE = "<script>alert(1)</script> \u202eevil\u0007 " + "x" * 300


def fill(world: World, calls: int, hostile: bool) -> None:
    """Make up a week of calls."""
    chance = random.Random(7)
    engine = open_engine(sqlite_url(world.environment["DATA_DIR"]))
    issuer, batch = world.environment["OAUTH_ISSUER"], []
    for number in range(calls):
        who = chance.randrange(len(PEOPLE))
        outcome, reason, reference = chance.choices(
            [("ok", "", ""), ("tool_error", "", ""), ("denied", "insufficient_scope", f"AB{number % 90 + 10}-CDEF")],
            [20, 1, 1],
        )[0]
        batch.append(
            Entry(
                time=world.clock() - chance.random() ** 2 * 6.9 * 86_400,
                outcome=outcome,
                reason=reason,
                reference=reference,
                status=200,
                client="203.0.113.7",
                iss=issuer,
                sub=f"auth0|{655300 + who}",
                client_id=chance.choices(["shared-application", "tpc_claude", "tpc_inspector"], [8, 3, 1])[0],
                user_agent="openai-mcp/1.0.0",
                method="tools/call",
                tool=chance.choice(TOOLS),
                scopes="read",
                latency_ms=chance.lognormvariate(4, 1),
                name=PEOPLE[who],
                email=f"{PEOPLE[who].split()[0].lower()}@example.com",
            )
        )
    if calls:
        stranger = Entry(
            world.clock() - 400,
            "denied",
            "not_invited",
            "7K3Q-9DMA",
            403,
            "198.51.100.4",
            iss=issuer,
            sub="google-oauth2|118",
            client_id="shared-application",
            method="tools/list",
            name=HOSTILE if hostile else "Jun Ho",
            email="jun@example.com",
        )
        batch.append(stranger)
    batch.sort(key=lambda one: one.time)
    store = Store(engine)
    for start in range(0, len(batch), 1_000):
        store.add(batch[start : start + 1_000], [Recorder()])
    store.close()


def register(world: World, count: int) -> None:
    """Programs that registered at the tenant by themselves, some long ago."""
    for number, name in enumerate([*PEOPLE, "Fay Lind", "Gil Ortega"] if count else []):
        email = f"{name.split()[0].lower()}@example.com"
        world.tenant.add_person(email, "made-up-1", name=name, sub=f"auth0|{655300 + number}")
    shared = world.tenant.add_first_party_client("Gatehouse", [CHATGPT_CALLBACK], client_id="shared-application")
    shared.more["client_metadata"] = {MARK: "shared", MARK_FOR: world.mcp}
    for number in range(count):
        name = ["ChatGPT", "Claude", "MCP Inspector", "mcp-remote"][number % 4]
        made = world.clock() - (number * 31 + 2) * 86_400
        client = Client(f"tpc_{number:022}", name, (CHATGPT_CALLBACK,), is_first_party=False, created_at=made)
        world.tenant.clients[client.client_id] = client


def log_in(browser: Browser, world: World, width: int, scheme: str, language: str):
    """A browser at the page, logged in as its owner would."""
    context = browser.new_context(
        viewport={"width": width, "height": 844 if width < 600 else 800},
        color_scheme=scheme,
        locale=language,
        device_scale_factor=1,
    )
    page = context.new_page()
    page.goto(f"{world.url}/admin/log-in")
    page.fill("input[name=email]", EMAIL)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(f"{world.url}/admin")
    return page


def main() -> None:
    """Take all pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*SWITCHES, "--hide-scrollbars"])
        for filling, calls in {"empty": 0, "ordinary": 400, "full": 20_000}.items():
            with managed_world(toolset=TOOLSET) as world:
                fill(world, calls, hostile=filling == "full")
                register(world, {"empty": 0, "ordinary": 5, "full": 30}[filling])
                for view, width, scheme, language in [
                    ("desk", 1280, "light", "en-GB"),
                    ("phone", 390, "dark", "ko-KR"),
                ]:
                    page = log_in(browser, world, width, scheme, language)
                    for name, path in PAGES.items():
                        page.goto(world.url + path)
                        if name == "doctor" and filling != "empty":
                            page.locator("main form button").click()
                            page.get_by_role("button", name=re.compile("again|다시")).wait_for()
                        whole = page.evaluate("document.documentElement.scrollHeight")
                        clip = {"x": 0, "y": 0, "width": width, "height": min(whole, HIGHEST)}
                        page.screenshot(path=folder / f"{name}-{filling}-{view}.png", full_page=True, clip=clip)
                        print(f"{name}-{filling}-{view}.png", flush=True)
                    page.context.close()
        browser.close()


if __name__ == "__main__":
    main()
