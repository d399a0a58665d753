"""Reading what a browser sends: who may send it from where, the fields of an address or a form, the language.

The page has a cookie, so unlike ``/mcp`` it must not do what another site makes a browser send.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request

from app.admin.house import MAX_FIELD, House, NoPage
from app.endpoint.gate import addresses_on_the_way, is_private

LANGUAGE = "gatehouse_language"
MAX_BODY = 64_000


def check_network(request: Request, house: House) -> None:
    """``ADMIN_NETWORK=private``: callers in the house only, by every address that a proxy tells of."""
    private = house.settings.admin_network == "private"
    if private and not all(is_private(one) for one in addresses_on_the_way(request.scope)):
        raise NoPage(
            403,
            "This page opens inside the house only (ADMIN_NETWORK=private).",
            "이 화면은 집 안에서만 열립니다 (ADMIN_NETWORK=private).",
        )


def single(items: list[tuple[str, str]]) -> Mapping[str, str]:
    """One value for each name. Raises :class:`NoPage` for a name that came twice, or a value that is too long."""
    found: dict[str, str] = {}
    for name, value in items:
        if name in found:
            raise NoPage(400, f"“{name[:50]}” came twice. Say it once.", f"“{name[:50]}” 항목이 두 번 왔습니다.")
        if len(value) > MAX_FIELD:
            raise NoPage(
                400,
                f"“{name[:50]}” is longer than {MAX_FIELD} characters.",
                f"“{name[:50]}” 항목이 {MAX_FIELD}자를 넘습니다.",
            )
        found[name] = value.replace("\x00", "")
    return found


async def form(request: Request) -> Mapping[str, str]:
    """The fields of a form. Raises :class:`NoPage`."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            raise NoPage(413, "The form is too large.", "양식이 너무 큽니다.")
    try:
        items = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=50, errors="replace")
    except ValueError:
        raise NoPage(400, "This is not a form of this page.", "이 화면의 양식이 아닙니다.") from None
    return single(items)


def same_site(request: Request) -> bool:
    """Whether a change comes from a page of this very origin: the browser says so, one way or the other."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is None and origin is None:
        return False
    if site is not None and site != "same-origin":
        return False
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def language(request: Request) -> str:
    """English or Korean: as chosen, else as the browser asks for."""
    chosen = request.query_params.get("lang") or request.cookies.get(LANGUAGE)
    if chosen in {"en", "ko"}:
        return chosen
    return "ko" if request.headers.get("accept-language", "")[:2].lower() == "ko" else "en"


def texts(chosen: str) -> Callable[[str, str], str]:
    """Picks the text of a language."""
    return lambda en, ko: ko if chosen == "ko" else en
