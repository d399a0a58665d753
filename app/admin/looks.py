"""How pages look and what they may do in a browser: templates, headers, static files.

A page runs the scripts of this folder alone and loads nothing from elsewhere (CSP Level 3). Whatever people, programs
and tools wrote is shown as text: escaped, without control characters, and in a direction of its own.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from starlette.responses import HTMLResponse, Response, StreamingResponse

from app import __version__
from app.admin.asking import texts
from app.admin.house import NoPage
from app.errors import new_reference

log = logging.getLogger("gatehouse.admin")

_FOLDER = Path(__file__).parent
_MEDIA = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

_BIDI = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])


def shown(value: object, most: int = 200) -> str:
    """Somebody else's words on one line: control and direction characters out, the end cut."""
    text = str(value or "").translate(_BIDI)
    text = "".join(one if one.isprintable() else " " for one in text[: most + 1])
    return text if len(text) <= most else f"{text[: most - 1]}…"


def moment(value: float | None) -> str:
    """A time as this machine's clock shows it."""
    return datetime.fromtimestamp(value).astimezone().strftime("%Y-%m-%d %H:%M:%S") if value else "–"


def short(value: float) -> str:
    """The same for lists, where the year goes without saying."""
    return moment(value)[5:]


def figure(value: float) -> str:
    """A number for a glance: small ones with a decimal, large ones with their thousands apart."""
    return f"{value:.1f}" if 0 < value < 10 else f"{value:,.0f}"


def ago(value: float | None, now: float, t: Any) -> str:
    """How long ago, roughly."""
    if not value:
        return str(t("never", "없음"))
    for size, en, ko in ((86_400, "d", "일"), (3_600, "h", "시간"), (60, "min", "분")):
        if now - value >= size:
            return str(t(f"{int((now - value) // size)} {en} ago", f"{int((now - value) // size)}{ko} 전"))
    return str(t("just now", "방금"))


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"shown": shown, "moment": moment, "short": short, "figure": figure}
    environment.globals |= {"static": static_address, "ago": ago, "version": __version__}
    return environment


def rendered(template: str, facts: Mapping[str, Any], status: int = 200) -> Response:
    """One page."""
    return HTMLResponse(_environment().get_template(template).render(facts), status, HEADERS)


def streamed(template: str, facts: Mapping[str, Any]) -> Response:
    """The same, sent while it is made."""
    pieces = _until_the_end(_environment().get_template(template).generate(facts), facts["t"])
    return StreamingResponse(pieces, headers={**HEADERS, "X-Accel-Buffering": "no"}, media_type="text/html")


def _until_the_end(pieces: Iterator[str], t: Callable[[str, str], str]) -> Iterator[str]:
    """The pieces; what goes wrong after the first one can be told on the page only."""
    try:
        yield from pieces
    except Exception as error:
        reference = new_reference()
        log.error("a page of the owner broke off reference=%s", reference, exc_info=error)
        said = t(
            "This broke off here. The server's log has the rest.",
            "여기서 중단되었습니다. 나머지는 서버 로그에 있습니다.",
        )
        yield f'<p class="why-box">{said} <code>{reference}</code></p>'


def no_page(none: NoPage, language: str) -> Response:
    """Why there is no page, as a page that leads back."""
    text = none.ko if language == "ko" else none.en
    facts = {"t": texts(language), "language": language, "text": text, "back": none.back, "path": ""}
    more = {"status": none.status, "reference": none.reference}
    return rendered("none.html", {**facts, **more}, none.status)


@cache
def static_address(name: str) -> str:
    """The address of a static file; it changes with its content, so that browsers may keep it."""
    digest = hashlib.sha256((_FOLDER / "static" / name).read_bytes()).hexdigest()[:12]
    return f"/admin/static/{name}?{digest}"


@cache
def _static_names() -> frozenset[str]:
    return frozenset(one.name for one in (_FOLDER / "static").iterdir() if one.suffix in _MEDIA)


def static_file(name: str) -> Response | None:
    """A static file; None when there is none of this name."""
    if name not in _static_names():
        return None
    content = (_FOLDER / "static" / name).read_bytes()
    headers = {**HEADERS, "Cache-Control": "public, max-age=31536000, immutable"}
    return Response(content, headers=headers, media_type=_MEDIA[Path(name).suffix])
