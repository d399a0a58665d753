"""The view in a host of MCP Apps (SEP-1865, 2026-01-26): who speaks when, and what a host may change."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.tools.view.conftest import ORIGIN, Host, until
from tests.tools.view.data import NAMES, comparison, drawn, trend, won

Open = Callable[..., Host]

SPY = """
const real = parent, source = Object.getOwnPropertyDescriptor(MessageEvent.prototype, 'source').get;
const spy = { postMessage(message, target) {
  real.postMessage({ spy: [message.method ?? 'answer', target] }, '*'); real.postMessage(message, target);
} };
Object.defineProperty(window, 'parent', { value: spy });
Object.defineProperty(MessageEvent.prototype, 'source', {
  get() { const from = source.call(this); return from === real ? spy : from; },
});
"""


def test_the_view_introduces_itself_and_waits_for_the_answer(host: Open) -> None:
    opened = host(answers=False)
    opened.settle()
    assert opened.methods == ["ui/initialize"]
    expect(opened.frame.get_by_role("status")).to_have_text("Waiting for the figures…", use_inner_text=True)
    opened.page.evaluate("answer()")
    until(opened.page, "log.length > 2")
    assert opened.methods[:3] == ["ui/initialize", "ui/notifications/initialized", "ui/notifications/size-changed"]


def test_a_refusal_is_not_taken_for_an_answer(host: Open) -> None:
    opened = host(answers=False)
    opened.page.evaluate("post({ id: log[0].id, error: { code: -32603, message: 'no' } })")
    opened.settle()
    assert opened.methods == ["ui/initialize"]


def test_the_host_of_these_tests_sends_nothing_too_early(host: Open) -> None:
    opened = host(answers=False)
    with pytest.raises(Exception, match="before the view is initialized"):
        opened.give(trend())


@pytest.mark.parametrize(("data", "regions"), [(trend(), 1), (comparison(4), 4)], ids=["trend", "comparison"])
def test_a_result_is_drawn(host: Open, data: dict[str, Any], regions: int) -> None:
    opened = host()
    opened.give(data)
    frame = opened.frame
    what = "Median jeonse deposit" if regions > 1 else "Median sale price"
    expect(frame.get_by_role("heading", level=1)).to_have_text(f"Apartments · {what}")
    expect(frame.locator("#legend li")).to_have_count(regions)
    for i, series in enumerate(data.get("regions", [data])):
        newest = drawn(series["points"][-3])
        assert newest
        expect(frame.locator("#legend li").nth(i)).to_contain_text(NAMES[i])
        expect(frame.locator("#legend li b").nth(i)).to_have_text(won(newest))
    expect(frame.get_by_role("img")).to_be_visible()
    expect(frame.locator("footer")).to_contain_text("As of 2026-11-22 09:30 KST", use_inner_text=True)


def test_a_second_result_replaces_the_first(host: Open) -> None:
    opened = host()
    opened.give(comparison(3, sample=True))
    expect(opened.frame.get_by_text("Sample data, not real")).to_be_visible()
    opened.give(trend())
    expect(opened.frame.locator("#legend li")).to_have_count(1)
    expect(opened.frame.locator("#table tbody")).to_have_count(1)
    expect(opened.frame.get_by_text("Sample data, not real")).to_be_hidden()


NO_FIGURES = [
    ({"isError": True, "content": [{"type": "text", "text": "<b>no</b>"}]}, "No figures came."),
    ({"isError": True, "structuredContent": trend()}, "No figures came."),
    ({"content": []}, "No figures came."),
    (None, "No figures came."),
    ({"structuredContent": "text"}, "No figures came."),
    ({"structuredContent": {**trend(), "points": []}}, "No prices were reported for these months"),
]


def test_without_figures_there_is_a_sentence(host: Open) -> None:
    opened = host()
    for width, (result, sentence) in enumerate(NO_FIGURES, start=500):
        opened.give(trend())
        expect(opened.frame.get_by_role("img")).to_be_visible()
        opened.notify("tool-result", result)
        expect(opened.frame.get_by_role("status")).to_contain_text(sentence)
        expect(opened.frame.get_by_role("img")).to_be_hidden()
        opened.page.evaluate("width => { frame.width = width }", width)  # must not draw what is not there
        opened.settle()


def test_a_cancelled_call_leaves_a_sentence(host: Open) -> None:
    opened = host()
    opened.notify("tool-cancelled", {"reason": "user action"})
    expect(opened.frame.get_by_role("status")).to_contain_text("No figures came.")


def test_the_host_sets_theme_and_language_and_changes_them_one_by_one(host: Open) -> None:
    opened = host(theme="dark", locale="ko-KR")
    opened.give(trend())
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    expect(opened.frame.get_by_role("heading")).to_have_text("아파트 · 매매 중위가격")
    assert opened.frame.evaluate("document.documentElement.lang") == "ko"
    assert opened.frame.evaluate(paper) == "rgb(22, 24, 29)"
    opened.notify("host-context-changed", {"theme": "light"})
    opened.settle()
    assert opened.frame.evaluate(paper) == "rgb(255, 255, 255)"
    expect(opened.frame.get_by_role("heading")).to_have_text("아파트 · 매매 중위가격")
    opened.notify("host-context-changed", {"locale": "en-GB"})
    expect(opened.frame.get_by_role("heading")).to_have_text("Apartments · Median sale price")
    assert opened.frame.evaluate(paper) == "rgb(255, 255, 255)"


def test_the_host_lends_its_colours_and_nothing_that_loads(host: Open) -> None:
    variables = {
        "--color-background-primary": "light-dark(rgb(1, 2, 3), rgb(4, 5, 6))",
        **{f"--color-{name}": "url(http://elsewhere.test/a.svg#a)" for name in ("text-primary", "text-secondary")},
        "--color-border-primary": "url(http://elsewhere.test/c.png)",
        "--c0": "red",
        "--font-sans": None,
    }
    opened = host(theme="dark", styles={"variables": variables, "css": {"fonts": "@import 'http://elsewhere.test/b'"}})
    opened.give(trend())
    page = "getComputedStyle(document.documentElement)"
    assert opened.frame.evaluate(f"{page}.backgroundColor") == "rgb(4, 5, 6)"
    assert opened.frame.evaluate(f"{page}.getPropertyValue('--c0')") != "red"


def test_the_size_is_told_when_it_changes(host: Open) -> None:
    opened = host(width=600)
    opened.give(trend())
    opened.settle()
    sizes = "log.filter(message => message.method.endsWith('size-changed')).map(message => message.params)"
    folded = opened.page.evaluate(sizes)[-1]
    height = "Math.ceil(document.documentElement.getBoundingClientRect().height)"
    assert folded == {"width": 600, "height": opened.frame.evaluate(height)}
    opened.frame.get_by_text("All figures").click()
    until(opened.page, f"{sizes}.at(-1).height > {folded['height'] + 300}")
    told = opened.page.evaluate(sizes)
    assert told[-1]["height"] == opened.frame.evaluate(height)


def test_requests_of_the_host_are_answered(host: Open) -> None:
    opened = host()
    assert opened.ask("ping", key="p")["result"] == {}
    for unknown in ("tools/list", "constructor"):  # no tools to list; a name every object has
        assert opened.ask(unknown, key=unknown)["error"]["code"] == -32601
    assert opened.ask("ui/resource-teardown", {"reason": "done"}, key=0) == {"jsonrpc": "2.0", "id": 0, "result": {}}


def test_after_the_teardown_no_size_is_told(host: Open) -> None:
    opened = host()
    opened.give(trend())
    opened.settle()
    opened.ask("ui/resource-teardown")
    told = opened.methods
    opened.frame.get_by_text("All figures").click()
    opened.settle()
    assert opened.methods == told


def test_only_the_host_is_listened_to(host: Open) -> None:
    opened = host()
    stranger = {"jsonrpc": "2.0", "method": "ui/notifications/tool-result", "params": {"structuredContent": trend()}}
    opened.page.evaluate(
        """message => new Promise(done => {
            const other = document.createElement('iframe'), words = `parent.frames[0].postMessage(${message}, '*')`;
            other.sandbox = 'allow-scripts';
            other.srcdoc = `<script nonce="host">${words}; parent.postMessage('sent', '*')</scr` + 'ipt>';
            addEventListener('message', event => event.data === 'sent' && done());
            document.body.append(other);
        })""",
        json.dumps(stranger),
    )
    for noise in ("'text'", "null", "[1]", f"({{ ...{json.dumps(stranger)}, jsonrpc: '1.0' }})"):
        opened.page.evaluate(f"frame.contentWindow.postMessage({noise}, '*')")
    opened.settle()
    expect(opened.frame.get_by_role("status")).to_have_text("Waiting for the figures…", use_inner_text=True)


def test_once_the_host_is_known_messages_name_its_origin(host: Open) -> None:
    opened = host(before=SPY)
    opened.give(trend())
    opened.settle()
    spied = opened.page.evaluate("spied")
    assert spied[0] == ["ui/initialize", "*"]
    assert {target for _, target in spied[1:]} == {ORIGIN}
    assert {"answer", "ui/notifications/initialized", "ui/notifications/size-changed"} <= {name for name, _ in spied}


def globals_of(data: Any, **others: Any) -> str:
    return f"window.openai = {json.dumps({'toolOutput': data, **others})};"


def test_without_an_answer_the_older_globals_are_drawn(host: Open) -> None:
    opened = host(answers=False, before=globals_of(trend(), theme="dark", locale="ko-KR"))
    expect(opened.frame.get_by_role("heading")).to_have_text("아파트 · 매매 중위가격")
    assert opened.frame.evaluate("document.documentElement.dataset.theme") == "dark"
    opened.frame.evaluate(f"{globals_of(comparison(2), locale='en')} dispatchEvent(new Event('openai:set_globals'))")
    expect(opened.frame.locator("#legend li")).to_have_count(2)
    expect(opened.frame.get_by_role("heading")).to_have_text("Apartments · Median jeonse deposit")


def test_after_an_answer_the_older_globals_are_left_alone(host: Open) -> None:
    opened = host(before=globals_of(None))
    opened.give(trend())
    opened.frame.evaluate(f"{globals_of(comparison(2))} dispatchEvent(new Event('openai:set_globals'))")
    opened.settle()
    expect(opened.frame.locator("#legend li")).to_have_count(1)
