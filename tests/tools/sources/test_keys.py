"""The right key goes to the right place in the right form, and it is seen nowhere else."""

from __future__ import annotations

import asyncio
import logging
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.demo.serving import ServedApp
from app.errors import ToolError
from app.tools.real_estate.sources import PortalSources, SourceSettings, open_sources
from tests.tools.sources.questions import auctions, cloud, contracts
from tests.tools.sources.support import ENCODED_KEY, KEY, NOW, World, refused, saying

HEX = "0123456789abcdef" * 4
FORMS = (KEY, ENCODED_KEY, ENCODED_KEY.lower(), KEY.replace("+", " "), "aB%252Bc", "qwertyuiopASDFGH", "9+/qwerty")


@pytest.mark.parametrize(("written", "sent"), [(KEY, KEY), (ENCODED_KEY, KEY), (HEX, HEX), (f" {KEY}\n", KEY)])
@pytest.mark.parametrize("work", [contracts, cloud, auctions])
def test_either_printed_form_of_the_key_is_encoded_once(written: str, sent: str, work: Any) -> None:
    world = World(saying("Unauthorized", 401), settings={"data_go_kr_api_key": written})
    refused(world, work)
    url = world.asked[0].url
    assert url.params["serviceKey"] == sent
    assert b"serviceKey=" + (ENCODED_KEY if sent == KEY else sent).encode() + b"&" in url.query


@pytest.mark.parametrize("written", [KEY, ENCODED_KEY])
def test_the_header_of_odcloud_takes_the_decoding_form_after_the_word_infuser(written: str) -> None:
    world = World(saying("Unauthorized", 401), settings={"odcloud_api_key": written})
    refused(world, cloud)
    assert world.asked[0].headers["Authorization"] == f"Infuser {KEY}"
    assert "serviceKey" not in world.asked[0].url.params


ALL = {
    "data_go_kr_api_key": "k-account",
    "odcloud_api_key": "k-header",
    "odcloud_service_key": "k-query",
    "onbid_api_key": "k-auction",
}
CHOICES = [
    (contracts, (), "k-account", "DATA_GO_KR_API_KEY"),
    (cloud, (), "Infuser k-header", "ODCLOUD_API_KEY"),
    (cloud, ("odcloud_api_key",), "k-query", "ODCLOUD_SERVICE_KEY"),
    (cloud, ("odcloud_api_key", "odcloud_service_key"), "k-account", "DATA_GO_KR_API_KEY"),
    (auctions, (), "k-auction", "ONBID_API_KEY"),
    (auctions, ("onbid_api_key",), "k-account", "DATA_GO_KR_API_KEY"),
]


@pytest.mark.parametrize(("work", "blank", "sent", "named"), CHOICES)
def test_each_family_has_its_key_and_a_refusal_names_the_setting_it_came_from(
    work: Any, blank: tuple[str, ...], sent: str, named: str
) -> None:
    settings = {**ALL, **dict.fromkeys(blank, " ")}
    world = World(saying("Unauthorized", 401), settings=settings)
    assert f"does not know the key in {named}." in refused(world, work)
    (request,) = world.asked
    assert request.headers.get("Authorization", request.url.params.get("serviceKey")) == sent
    told = f"{request.url} {request.headers}"
    assert not [key for key in ALL.values() if key in told and key not in sent]


NO_KEY = [
    (contracts, {}, ["DATA_GO_KR_API_KEY is not set", "15126469"]),
    (contracts, {"odcloud_api_key": "k", "onbid_api_key": "k"}, ["DATA_GO_KR_API_KEY is not set"]),
    (cloud, {"onbid_api_key": "k"}, ["DATA_GO_KR_API_KEY", "ODCLOUD_API_KEY", "ODCLOUD_SERVICE_KEY", "15098547"]),
    (auctions, {"odcloud_api_key": "k"}, ["DATA_GO_KR_API_KEY", "ONBID_API_KEY", "15157252"]),
]


@pytest.mark.parametrize(("work", "settings", "named"), NO_KEY)
def test_without_a_key_nobody_is_asked_and_the_message_says_how_to_get_one(
    work: Any, settings: dict[str, str], named: list[str]
) -> None:
    world = World(saying(""), settings={"data_go_kr_api_key": " ", **settings})
    text = refused(world, work)
    assert "free of charge" in text
    assert all(name in text for name in named)
    assert world.asked == []


@pytest.mark.parametrize(
    "key", ["two words", "한글", "line\nbreak", "quote'", "twice%2525encoded", "tab\tkey", "a\x00b"]
)
@pytest.mark.parametrize("setting", ["data_go_kr_api_key", "odcloud_api_key"])
def test_what_cannot_be_a_key_is_not_sent(key: str, setting: str) -> None:
    world = World(saying(""), settings={setting: key})
    text = refused(world, contracts if setting == "data_go_kr_api_key" else cloud)
    assert f"{setting.upper()} is no key" in text
    assert key not in text
    assert world.asked == []


def test_no_repr_shows_a_key() -> None:
    async def work(sources: PortalSources) -> str:
        return repr(sources) + repr(vars(sources)) + repr(vars(sources)["_families"])

    settings: Any = dict.fromkeys(ALL, KEY)
    shown = World(saying(""), settings=settings).run(work) + repr(SourceSettings(**settings))
    assert "DATA_GO_KR_API_KEY" in shown
    assert not any(form in shown for form in FORMS)


def indiscreet(request: Request) -> Response:
    """A portal that repeats the key wherever it can, and moves on to another address."""
    secret = request.headers.get("authorization", "")
    headers = {
        "Location": f"{request.url}&moved=1",
        "Set-Cookie": f"key={secret.replace(' ', '_')}",
        "X-Echo": secret or request.url.query,
    }
    status = 302 if "2025" in request.url.query or "odcloud" in request.url.path else 200
    return PlainTextResponse(f"{secret} {request.url}", status, headers)


@contextmanager
def served(**options: Any) -> Iterator[str]:
    """Serve over a real socket, so that httpcore has requests and headers to log."""
    server = ServedApp()
    server.start(Starlette(routes=[Route("/{path:path}", indiscreet)]), **options)
    try:
        yield server.url
    finally:
        server.stop()


@pytest.fixture(scope="module")
def indiscreet_portal() -> Iterator[str]:
    with served() as url:
        yield url


@pytest.mark.parametrize(
    ("work", "setting"),
    [
        (contracts, "data_go_kr_api_key"),
        (cloud, "odcloud_api_key"),
        (cloud, "odcloud_service_key"),
        (cloud, "data_go_kr_api_key"),
        (auctions, "onbid_api_key"),
    ],
)
@pytest.mark.parametrize("written", [KEY, ENCODED_KEY])
def test_the_key_is_in_no_log_line_and_no_exception(
    work: Any, setting: str, written: str, indiscreet_portal: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said = ""
    addresses = {"data_go_kr_base_url": indiscreet_portal, "odcloud_base_url": indiscreet_portal}
    settings: Any = {setting: written, **addresses}

    async def run() -> None:
        async with open_sources(SourceSettings(**settings), clock=lambda: NOW) as sources:
            await work(sources)

    try:
        asyncio.run(run())
    except ToolError as error:
        said = "".join(traceback.format_exception(error)) + repr(error.__context__) + repr(vars(error))
    ours = [record for record in caplog.records if not record.name.startswith("uvicorn")]  # not the portal's own log
    logged = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in ours)
    assert re.search(r"(Tool|Portal)Error", said)
    assert "HTTP Request: GET" in logged
    assert "httpcore" in logged
    for form in FORMS:
        assert form not in logged + said


def test_the_key_is_in_no_exception_of_the_transport(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.params["serviceKey"] == KEY
        raise httpx.ConnectError(f"refused {request.url}", request=request)

    with pytest.raises(ToolError) as caught:
        World(answer).run(contracts)
    shown = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert not any(form in shown for form in FORMS)


def test_what_hides_the_keys_is_taken_away_again() -> None:
    logger = logging.getLogger("httpcore.http11")
    before = list(logger.filters)

    async def work(_: PortalSources) -> int:
        return len(logger.filters)

    assert World(saying("")).run(work) == len(before) + 1
    assert logger.filters == before


def test_cookies_are_not_taken() -> None:
    world = World(saying("", 502, **{"Set-Cookie": "a=b; Path=/"}))
    refused(world, contracts)
    assert len(world.asked) == 3
    assert not any("cookie" in request.headers for request in world.asked)


def test_a_redirect_is_not_followed() -> None:
    world = World(saying("", 302, Location="http://elsewhere.test/"))
    refused(world, contracts)
    assert [request.url.host for request in world.asked] == ["apis.data.go.kr"]
