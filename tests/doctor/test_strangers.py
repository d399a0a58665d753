"""What a stranger's server may make the doctor do: nothing on this machine or in this house."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.cli import doctor
from app.demo.serving import ServedApp
from app.doctor.bundle import bundle_of
from app.doctor.checks import CHECKS
from app.doctor.connector import RESOURCE_PATH
from app.doctor.context import Answer, Context
from app.doctor.login import LogInFailed, Loopback, log_in
from app.doctor.network import Network, is_public
from app.doctor.reading import is_openable
from app.doctor.report import as_json
from app.doctor.run import examine
from app.doctor.trouble import Unreachable
from tests.doctor.faults import RESOURCE, SERVER, documents
from tests.doctor.stage import ADDRESS, NAME, SHARED, Request, Response, Stage, look
from tests.support.world import gatehouse


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True), ("2606:2800:21f::1", True), ("::ffff:93.184.215.14", True),
        ("127.0.0.1", False), ("10.0.0.1", False), ("192.168.1.1", False), ("169.254.169.254", False),
        ("100.64.0.1", False), ("224.0.0.1", False), ("0.0.0.0", False), ("::1", False), ("::", False),
        ("fe80::1", False), ("fd00::1", False), ("::ffff:192.168.1.1", False), ("64:ff9b::c0a8:101", False),
        ("2002:c0a8:101::1", False),
    ],
)  # fmt: skip
def test_an_address_is_on_the_internet_or_it_is_not(address: str, public: bool) -> None:
    assert is_public(address) is public


TYPED = [
    ("https://it.example", True),
    ("http://it.example", True),
    (f"https://{ADDRESS}", True),
    ("https://192.168.1.20", False),
    ("http://localhost:8000", False),
]


@pytest.mark.parametrize(("typed", "kept"), TYPED)
def test_only_who_types_an_address_of_the_house_himself_is_led_into_the_house(typed: str, kept: bool) -> None:
    context = Context(typed, network=Network(names={"named.example": ("192.168.1.1",)}))
    if kept:
        with pytest.raises(Unreachable, match="no address on the internet"):
            asyncio.run(context.way_to("http://named.example/"))
    else:
        assert asyncio.run(context.way_to("http://named.example/"))[0] == "http://192.168.1.1:80/"
    inside = Context(typed, inside=True, network=Network(names={"named.example": ("192.168.1.1",)}))
    assert asyncio.run(inside.way_to("http://named.example/"))[0] == "http://192.168.1.1:80/"


def test_of_a_name_with_both_kinds_of_addresses_only_the_public_one_is_taken() -> None:
    network = Network(names={"it.example": ("10.0.0.1", ADDRESS)}, public_only=True)
    assert asyncio.run(network.place("it.example", 443)) == (ADDRESS, 443)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_strangers_name_that_leads_into_the_house_is_not_even_connected_to(
    monkeypatch: pytest.MonkeyPatch, scheme: str, address: str
) -> None:
    came: list[object] = []

    async def open_connection(*place: object, **_: object) -> None:
        came.append(place)
        raise ConnectionRefusedError

    monkeypatch.setattr("app.doctor.network.asyncio.open_connection", open_connection)
    monkeypatch.setattr("anyio.connect_tcp", open_connection)
    network = Network(names={"it.example": (address,)})
    report = look(Context(f"{scheme}://it.example", network=network, client_id="c", token="t", register=True))
    assert came == []
    assert report.results[0].check.id == {"http": "url-not-https"}.get(
        scheme, "address-private" if "." in address else "no-ipv4"
    )


class Router:
    """Something in the house that writes down who came."""

    def __init__(self, stage: Stage) -> None:
        self.came: list[str] = []
        served = ServedApp()
        served.start(self)
        stage.later(served.stop)
        self.url = served.url

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            self.came.append(scope["path"])
            await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/html")]})
            await send({"type": "http.response.body", "body": b"<html>router secret: hunter2</html>"})


@pytest.mark.parametrize("name", ["authorization_endpoint", "registration_endpoint"])
def test_what_the_passed_on_metadata_names_in_the_house_is_not_asked(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    router = Router(stage)
    monkeypatch.setattr(stage.proxy, "after", documents(lambda one: one.update({name: router.url}), SERVER))
    report = look(stage.outside(client_id="" if name.startswith("reg") else SHARED, register=True))
    assert router.came == []
    assert "no address on the internet" in json.dumps(as_json(report, {}))


def test_a_log_in_service_in_the_house_is_not_asked(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    router = Router(stage)
    change = documents(lambda one: one.update(authorization_servers=[router.url]), RESOURCE)
    monkeypatch.setattr(stage.proxy, "after", change)
    report = look(stage.outside(client_id=SHARED, token=stage.token()))
    assert router.came == []
    assert report.results[0].check.id == "log-in-service-unreachable"


def test_a_redirect_into_the_house_is_not_followed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    router = Router(stage)

    def answer(request: Request) -> Response | None:
        return Response(302, {"location": f"{router.url}/reboot"}) if request.path == "/away" else None

    monkeypatch.setattr(stage.proxy, "instead", answer)
    change = documents(lambda one: one.update(authorization_endpoint=f"https://{NAME}/away"), SERVER)
    monkeypatch.setattr(stage.proxy, "after", change)
    look(stage.outside(client_id=SHARED))
    assert router.came == []


ADDRESSES = [
    ("https://tenant.example/authorize", True),
    ("http://localhost:8080/authorize", True),
    ("http://127.0.0.1/authorize", True),
    ("http://tenant.example/authorize", False),
    ("vscode://localhost/open", False),
    ("file:///etc/passwd", False),
    ("javascript:alert(1)", False),
    ("https:///nothing", False),
    ("https://tenant.example/a b", False),
    ("https://tenant.example/\x1b[31m", False),
    ("-h", False),
    ("", False),
]


@pytest.mark.parametrize(("address", "openable"), ADDRESSES)
def test_a_browser_is_sent_to_https_only(address: str, openable: bool) -> None:
    assert is_openable(address) is openable


class Named(Context):
    """A log-in service whose documents say this."""

    def say(self, server: dict[str, Any]) -> Named:
        self.documents = {
            f"{self.base}{RESOURCE_PATH}": {"resource": self.mcp, "authorization_servers": ["https://t.example/"]},
            "https://t.example/.well-known/oauth-authorization-server": {
                "issuer": "https://t.example/",
                "token_endpoint": "https://t.example/token",
                **server,
            },
        }
        return self

    async def get(self, url: str, **_: Any) -> Any:
        found = self.documents.get(url)
        return Answer(200 if found else 404, httpx.Headers(), json.dumps(found or {}))


def logged_in(server: dict[str, Any], **more: Any) -> list[str]:
    opened: list[str] = []
    names = {"it.example": (ADDRESS,), "t.example": (ADDRESS,), "in.example": ("192.168.1.1",)}
    context = Named("https://it.example", client_id="c", network=Network(names=names)).say(server)

    async def run() -> None:
        try:
            await log_in(context, Loopback("http://localhost:1/oauth/callback"), opened.append, **more)
        finally:
            await context.close()

    asyncio.run(run())
    return opened


def test_no_other_program_and_no_page_of_the_house_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.doctor.login.LOG_IN_SECONDS", 0.01)
    for address in ("vscode://localhost/x", "http://t.example/authorize", "file:///etc/passwd"):
        with pytest.raises(LogInFailed, match="is no log-in page"):
            logged_in({"authorization_endpoint": address})
    names = {"authorization_endpoint": "https://t.example/authorize"}
    for address in ("https://in.example/a", "https://evil.example/a", "https://t.example:8443/a", "http://t.example/a"):
        for name in ("authorization_endpoint", "token_endpoint"):
            with pytest.raises(LogInFailed, match=r"is not at https://t\.example|is no log-in page"):
                logged_in({**names, name: address})


def test_what_is_opened_is_looked_at_once_more_right_before(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("app.cli.doctor.webbrowser.open", opened.append)
    with pytest.raises(LogInFailed):
        doctor._open("vscode://localhost/x")
    assert opened == []


def test_the_secret_goes_to_the_log_in_service_that_was_named_and_to_no_other(tmp_path: Path) -> None:
    with pytest.raises(LogInFailed, match="The secret was kept back"):
        logged_in({"authorization_endpoint": "https://t.example/a"}, client_secret="s", secret_for="https://mine/")
    file = tmp_path / "secret"
    file.write_text("s")
    ran = gatehouse("doctor", "--url", "https://it.example", "--client-secret-file", str(file))
    assert ran.code == 2
    assert "--issuer https://TENANT" in ran.err


INNER = b"<html><title>router hunter2</title><body>secret status: hunter2</body></html>"


@pytest.mark.parametrize("status", [200, 403, 500])
@pytest.mark.parametrize("path", ["/mcp", "/away", "/.well-known/"])
def test_no_words_of_a_page_are_in_the_report(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, path: str, status: int
) -> None:
    def answer(request: Request) -> Response | None:
        here = request.path.startswith(path)
        return Response(status, {"content-type": "text/html"}, INNER) if here else None

    monkeypatch.setattr(stage.proxy, "instead", answer)
    change = documents(lambda one: one.update(authorization_endpoint=f"https://{NAME}/away"), SERVER)
    monkeypatch.setattr(stage.proxy, "after", change)
    report = look(stage.outside(client_id=SHARED, token=stage.token()))
    assert report.results[0].status == "fail"
    assert "hunter2" not in json.dumps(as_json(report, {}))


def test_what_others_said_is_read_by_the_owner_and_is_in_no_bundle(stage: Stage) -> None:
    context = stage.outside(token=stage.token(), loopback="http://localhost:1/oauth/callback")
    context.log_in_trouble = "The log-in service says: invalid_grant for kim, hunter2horse"

    async def both() -> tuple[str, str]:
        try:
            report = await examine(CHECKS, context, each=20, whole=40)
            return json.dumps(as_json(report, {})), await bundle_of(context, report)
        finally:
            await context.close()

    told, bundle = asyncio.run(both())
    assert "hunter2horse" in told
    assert "hunter2horse" not in bundle
    assert "The log-in in the browser brought no token." in bundle
