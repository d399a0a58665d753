"""A real browser for the view: Debian's Chromium, without a network, watched for errors and requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Frame, Page, Route

from app.tools.real_estate.view import page_csp, page_html, view_html
from tests.support.chromium import browser

__all__ = ["browser"]

HOST = Path(__file__).with_name("host.html").read_text(encoding="utf-8")
ORIGIN = "http://host.test"


def until(page: Page | Frame, truth: str) -> None:
    """Wait until the expression ``truth`` holds. Playwright's own waiting needs ``unsafe-eval`` of the page."""
    page.evaluate(
        f"""async () => {{
            for (const end = performance.now() + 5000; !({truth}); await new Promise(requestAnimationFrame))
                if (performance.now() > end) throw new Error('never came true');
        }}"""
    )


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Page:
    """One tab for all tests of a module; opening one takes as long as a test."""
    page = browser.new_page()
    page.set_default_timeout(5000)
    return page


class Stage:
    """Opens documents from memory. ``problems`` is what a browser complained of; nothing but the document is served."""

    def __init__(self, tab: Page) -> None:
        self.tab = tab
        self.problems: list[str] = []

    def complain_of_message(self, message: ConsoleMessage) -> None:
        self.problems.append(f"console: {message.text}")

    def complain_of_error(self, error: Error) -> None:
        self.problems.append(f"error: {error}")

    def show(self, document: str, policy: str, *, width: int = 900, scheme: Any = None) -> Page:
        headers = {"content-type": "text/html; charset=utf-8", "content-security-policy": policy}

        def serve(route: Route) -> None:
            if route.request.url == f"{ORIGIN}/":
                route.fulfill(body=document, headers=headers)
            else:
                self.problems.append(f"request: {route.request.url}")
                route.abort()

        self.tab.set_viewport_size({"width": width, "height": 700})
        self.tab.emulate_media(color_scheme=scheme or "no-override")
        self.tab.route("**/*", serve)
        self.tab.goto(f"{ORIGIN}/")
        return self.tab


@pytest.fixture
def stage(tab: Page) -> Iterator[Stage]:
    """A stage; after the test nothing may have been complained of or asked for."""
    opened = Stage(tab)
    tab.on("console", opened.complain_of_message)
    tab.on("pageerror", opened.complain_of_error)
    yield opened
    tab.goto("about:blank")
    tab.remove_listener("console", opened.complain_of_message)
    tab.remove_listener("pageerror", opened.complain_of_error)
    tab.unroute_all()
    tab.mouse.move(0, 0)
    assert opened.problems == []


Shower = Callable[..., Page]


@pytest.fixture
def show(stage: Stage) -> Shower:
    """Open the stand-alone page of some data under its own policy."""

    def open_page(
        data: dict[str, Any] | None,
        *,
        title: str = "A page",
        locale: Any = "en",
        width: int = 900,
        scheme: str | None = None,
        **others: Any,
    ) -> Page:
        html = page_html(data, title=title, locale=locale, **others)
        return stage.show(html, page_csp(html), width=width, scheme=scheme)

    return open_page


def marks(page: Page, series: int = 0) -> list[list[float]]:
    """Where the marks of a series are, and whether they are hollow."""
    return page.evaluate(
        """i => [...document.querySelectorAll(`#drawing .mark.c${i}`)].map(mark => {
            const { e, f } = mark.transform.baseVal.consolidate().matrix;
            return [e, f, +mark.classList.contains('open')];
        })""",
        series,
    )


def boxes(page: Page, selector: str) -> list[dict[str, float]]:
    return page.evaluate(
        "s => [...document.querySelectorAll(s)].map(e => e.getBoundingClientRect().toJSON())", selector
    )


class Host:
    """The strict host of ``host.html`` with the view in its sandbox, under a policy without ``unsafe-inline``."""

    def __init__(
        self, stage: Stage, *, width: int = 800, before: str = "", answers: bool = True, **context: Any
    ) -> None:
        html = view_html()
        own = page_csp(html).split("; ")
        policy = f"default-src 'none'; {own[1]} 'nonce-host'; {own[2]}; base-uri 'none'; form-action 'none'"
        self.page = stage.show(HOST.replace("WIDTH", str(width)), policy, width=width + 40)
        html = html.replace("<script>", f'<script nonce="host">{before}</script><script>', 1) if before else html
        self.page.evaluate("given => open(given)", {"html": html, "context": context, "answers": answers})
        until(self.page, "log.length > 0 && (initialized || !config.answers)")
        self.frame: Frame = self.page.frames[1]

    def notify(self, method: str, params: Any) -> None:
        self.page.evaluate("message => send(message)", {"method": f"ui/notifications/{method}", "params": params})

    def give(self, data: Any, arguments: Any = None) -> None:
        """Send the tool's input and then its result, as a host must."""
        self.notify("tool-input", {"arguments": arguments or {}})
        self.notify("tool-result", {"content": [{"type": "text", "text": "…"}], "structuredContent": data})

    def ask(self, method: str, params: Any = None, key: int | str = 7) -> Any:
        """Send a request and return the view's answer."""
        self.page.evaluate("message => send(message)", {"id": key, "method": method, "params": params or {}})
        until(self.page, f"asked.get({json.dumps(key)})")
        return self.page.evaluate("key => asked.get(key)", key)

    def settle(self) -> None:
        """Let the view draw two frames and empty its mail."""
        self.frame.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        if self.page.evaluate("initialized"):
            self.ask("ping", key="settle")

    @property
    def methods(self) -> list[str]:
        return list(self.page.evaluate("log.map(message => message.method)"))


@pytest.fixture
def host(stage: Stage) -> Iterator[Callable[..., Host]]:
    """Open the view in a strict host; after the test the host must have found no fault with it."""
    opened: list[Host] = []

    def open_host(**options: Any) -> Host:
        opened.append(Host(stage, **options))
        return opened[-1]

    yield open_host
    for each in opened:
        assert each.page.evaluate("faults") == []
