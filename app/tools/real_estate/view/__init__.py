"""The picture of the real-estate tools: one document that is an MCP App and a page of its own.

As an MCP App (SEP-1865, revision 2026-01-26) the document is the same for everybody and gets its data from the host; as
a page it carries its data inside. It loads nothing from anywhere, and its script is this package's own, joined from
small files. Deliberately not here: fetching, statistics, and who may see a page.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from app.tools.base import Locale, Resource
from app.tools.real_estate.view.sections import Section, section_html

__all__ = ["CHART_META", "CHART_URI", "Section", "chart_resource", "page_csp", "page_html", "view_html"]

CHART_URI = "ui://gatehouse/real-estate/chart"
MIME_TYPE = "text/html;profile=mcp-app"

CHART_META: Mapping[str, Any] = {
    "ui": {"resourceUri": CHART_URI},
    "openai/outputTemplate": CHART_URI,
    "openai/toolInvocation/invoking": "Drawing the prices",
    "openai/toolInvocation/invoked": "Drew the prices",
}
"""The ``_meta`` of a tool whose structured result the chart can draw."""

_RESOURCE_META = {"ui": {"csp": {"connectDomains": [], "resourceDomains": []}, "prefersBorder": True}}
_SCRIPTS = ("words.js", "model.js", "chart.js", "view.js", "host.js")
_WAITING = {"en": "Waiting for the figures…", "ko": "자료를 기다리는 중입니다…"}
_SAMPLE = {"en": "Sample data, not real", "ko": "예시 데이터이며 실제 거래가 아닙니다"}
_NO_SCRIPT = {"en": "The chart needs JavaScript.", "ko": "차트를 보려면 자바스크립트가 필요합니다."}


def view_html() -> str:
    """The MCP App: the document a host shows and sends a tool's result to. The same for everybody."""
    return _document(title="Real-estate prices", lang="", body=_banner(None) + _chart(level=1))


def page_html(
    data: Mapping[str, Any] | None = None,
    *,
    title: str,
    locale: Locale,
    sections: Sequence[Section] = (),
    sections_after: Sequence[Section] = (),
    sample: bool = False,
) -> str:
    """A page that needs no host: a heading, ``sections``, the chart of ``data`` (if any), ``sections_after``.

    ``data`` is the structured result of ``get_price_trend`` or ``compare_regions`` and must be JSON (else
    :class:`ValueError` or :class:`TypeError`). Every text is shown as text, whatever it holds. The banner for made-up
    data is shown when ``sample`` or ``data["sample"]`` is true. Serve it under :func:`page_csp`.
    """
    made_up = sample or (data is not None and data.get("sample") is True)
    parts = [*([_banner(locale)] if made_up else []), f"<h1>{escape(title)}</h1>"]
    parts += [section_html(section) for section in sections]
    if data is not None:
        parts += [_chart(level=2, locale=locale), _inlined(data)]
    parts += [section_html(section) for section in sections_after]
    return _document(title=escape(title), lang=locale, body="\n".join(parts), scripted=data is not None)


def page_csp(html: str) -> str:
    """The Content-Security-Policy to serve ``html`` under, a document of this package.

    It allows the package's own style and script by their hashes, and nothing else: a script that got into the page
    through its data would not be among them.
    """
    script = _hash(_script()) if f"<script>{_script()}</script>" in html else "'none'"
    return (
        f"default-src 'none'; script-src {script}; style-src {_hash(_asset('view.css'))}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def chart_resource() -> Resource:
    """The MCP App as a resource for hosts to read under :data:`CHART_URI`."""
    return Resource(CHART_URI, "Chart of real-estate prices", MIME_TYPE, view_html(), _RESOURCE_META)


@cache
def _asset(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


@cache
def _script() -> str:
    """The files of the script as one function, so that its names are its own; without comment lines and indentation."""
    lines = [line.strip() for name in _SCRIPTS for line in _asset(name).splitlines()]
    kept = "\n".join(line for line in lines if line and not line.startswith("//"))
    return f"(() => {{\n'use strict';\n{kept}\n}})();"


def _document(*, title: str, lang: str, body: str, scripted: bool = True) -> str:
    document = Template(_asset("view.html")).substitute(
        lang=f' lang="{lang}"' if lang else "",
        title=title,
        style=_asset("view.css"),
        body=body,
        script=f"<script>{_script()}</script>\n" if scripted else "",
    )
    return document.encode("utf-8", "replace").decode()  # half a character in a name must not stop the page


def _chart(*, level: int, locale: Locale | None = None) -> str:
    """The frame that the script fills; in a page, where ``locale`` is known, with the table unfolded.

    The words in it are seen until there are figures: in a page, only when its script does not run.
    """
    waiting, unfolded = (_NO_SCRIPT[locale], " open") if locale else (_bilingual(_WAITING), "")
    return Template(_asset("chart.html")).substitute(level=level, open=unfolded, waiting=waiting)


def _banner(locale: Locale | None) -> str:
    """The warning over made-up data: shown in one language, or hidden in both until the script knows."""
    words = _SAMPLE[locale] if locale else _bilingual(_SAMPLE)
    return f'<p class="sample" id="sample"{"" if locale else " hidden"}>{words}</p>'


def _bilingual(words: Mapping[str, str]) -> str:
    return "".join(f'<span lang="{lang}">{text}</span>' for lang, text in words.items())


def _inlined(data: Mapping[str, Any]) -> str:
    """The data as a block that no browser runs. Without ``<`` no text in it can end the block or open another."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return f'<script type="application/json" id="data">{text}</script>'


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
