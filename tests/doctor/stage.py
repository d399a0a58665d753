"""A whole set-up under a public name, with a certificate, and a proxy in front that lies on demand.

The name leads to loopback only inside of these tests. Faults are put on with pytest's monkeypatch, which takes them off
again, so that one running set-up serves them all.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import trustme
from mcp_types import ToolAnnotations

from app.demo.serving import ServedApp
from app.doctor.check import Check
from app.doctor.checks import CHECKS
from app.doctor.context import Context
from app.doctor.network import Network
from app.doctor.run import Report, examine
from app.settings import load_settings
from app.tools.base import CallContext, ToolModel, Toolset, typed_tool
from tests.support.world import World, eventually, open_world

NAME, ADDRESS = "home.example.net", "93.184.215.14"
BASE = f"https://{NAME}"
STABLE = "https://chatgpt.com/connector_platform_oauth_redirect"
SHARED = "shared-application"


@dataclass
class Request:
    method: str
    path: str
    query: str
    headers: list[tuple[bytes, bytes]]
    body: bytes

    @property
    def agent(self) -> str:
        return next((value.decode() for name, value in self.headers if name == b"user-agent"), "")

    @property
    def host(self) -> str:
        return next((value.decode() for name, value in self.headers if name == b"host"), "")


@dataclass
class Response:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def html(status: int = 200, **headers: str) -> Response:
    page = b"<!doctype html><title>Welcome</title><p>It works!"
    return Response(status, {"content-type": "text/html", **headers}, page)


class Proxy:
    """Passes everything on. ``instead`` may answer itself, ``before`` change a request, ``after`` an answer.

    ``delay`` is how many seconds it waits before anything, ``patience`` after how many it hangs up on a server that is
    silent; ``streams`` says whether it passes answers on in parts.
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self.patience: Callable[[Request], float | None] = lambda _: None
        self.delay = 0.0
        self.streams = True
        self.instead: Callable[[Request], Response | None] = lambda _: None
        self.before: Callable[[Request], None] = lambda _: None
        self.after: Callable[[Request, Response], None] = lambda _, __: None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        request = Request(scope["method"], scope["path"], scope["query_string"].decode(), list(scope["headers"]), body)
        answer = self.instead(request)
        if answer is not None:
            await _send(send, answer)
            return
        await a_moment(self.delay)
        self.before(request)
        async with httpx.AsyncClient(timeout=30, trust_env=False, verify=False) as client:  # plain http
            url = f"{self.target}{request.path}" + (f"?{request.query}" if request.query else "")
            try:
                async with asyncio.timeout(self.patience(request)):
                    await self._pass_on(client, request, url, send)
            except TimeoutError:  # hangs up in the middle of an answer
                await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})

    async def _pass_on(self, client: httpx.AsyncClient, request: Request, url: str, send: Any) -> None:
        asked = client.build_request(request.method, url, headers=request.headers, content=request.body)
        response = await client.send(asked, stream=True)
        try:
            if self.streams and "event-stream" in response.headers.get("content-type", ""):
                head = [(name, value) for name, value in response.headers.raw if name.lower() != b"transfer-encoding"]
                await send({"type": "http.response.start", "status": response.status_code, "headers": head})
                async for part in response.aiter_raw():
                    await send({"type": "http.response.body", "body": part, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
            body = await response.aread()
        finally:
            await response.aclose()
        unwanted = {"transfer-encoding", "content-length", "connection"}
        headers = {name: value for name, value in response.headers.items() if name not in unwanted}
        answer = Response(response.status_code, headers, body)
        self.after(request, answer)
        await _send(send, answer)


async def a_moment(seconds: float) -> None:
    """Let time pass for others, as a slow line does."""
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), seconds)


async def _send(send: Any, answer: Response) -> None:
    headers = {**answer.headers, "content-length": str(len(answer.body))}
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})


class Nothing(ToolModel):
    pass


class Looked(ToolModel):
    seen: str


@dataclass
class Looking:
    """A toolset of one tool that only reads; what it does is ``work``'s to say."""

    read_only: bool = True
    work: Callable[[CallContext], Any] | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Toolset]:
        tool = typed_tool(
            self._look,
            name="look",
            title="Look",
            description="Looks.",
            arguments=Nothing,
            result=Looked,
            scope="read",
            annotations=ToolAnnotations(read_only_hint=True),
            summarize=lambda result, _: result.seen,
        )
        yield Toolset("looking", (tool,))

    async def _look(self, arguments: Nothing, context: CallContext) -> Looked:
        if self.work is not None:
            await self.work(context)
        return Looked(seen="it")


@dataclass
class Stage:
    """The set-up, and who looks at it."""

    world: World
    proxy: Proxy
    plain: Proxy
    looking: Looking
    authority: trustme.CA
    folder: Path
    roads: dict[tuple[str, int], tuple[str, int]]
    undo: ExitStack = field(default_factory=ExitStack)

    def later(self, action: Callable[[], Any]) -> None:
        """To be done when the test is over."""
        self.undo.callback(action)

    def until_status(self, status: int) -> None:
        """Wait until the running server answers a good token so."""
        eventually(lambda: self._status() == status)

    def _status(self) -> int:
        headers = {"authorization": f"Bearer {self.token()}"}
        return self.world.http.post(self.world.mcp, json={}, headers=headers).status_code

    @property
    def tenant(self) -> Any:
        return self.world.tenant

    @property
    def cafile(self) -> str:
        return str(self.folder / "authority.pem")

    def network(self, **changes: Any) -> Network:
        values: dict[str, Any] = {"names": {NAME: (ADDRESS,)}, "roads": self.roads, "cafile": self.cafile}
        values |= changes
        elsewhere = {place: road for place, road in self.roads.items() if place[0] == "127.0.0.1"}
        network = Network(**{**values, "roads": {**elsewhere, **values["roads"]}})
        network.__dict__["trust"] = self.trust  # takes time to load
        return network

    @cached_property
    def trust(self) -> ssl.SSLContext:
        return Network(cafile=self.cafile).trust

    def token(self, scope: str = "read", **claims: Any) -> str:
        return self.tenant.issue_access_token(self.world.person, f"{BASE}/mcp", scope, "test-client", **claims)

    def settings(self, **changes: Any) -> Any:
        values = {name.lower(): value for name, value in self.world.environment.items()}
        port = int(self.world.url.rpartition(":")[2])
        return load_settings({**values, "port": port, "data_go_kr_api_key": "made-up-key", **changes})

    def outside(self, **changes: Any) -> Context:
        network = changes.pop("network", None) or self.network()
        return Context(changes.pop("base", BASE), network=network, **changes)

    def inside(self, settings: dict[str, Any] | None = None, **changes: Any) -> Context:
        context = self.outside(inside=True, **changes)
        context.settings = self.settings(**(settings or {}))
        context.base = context.settings.public_base_url or context.local
        return context

    def serve_tls(self, app: Any, certificate: trustme.LeafCert) -> ServedApp:
        """Another listener with a certificate of one's own."""
        chain, key = self.folder / f"{id(certificate)}.pem", self.folder / f"{id(certificate)}.key"
        chain.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
        key.write_bytes(certificate.private_key_pem.bytes())
        served = ServedApp()
        served.start(app, ssl_certfile=str(chain), ssl_keyfile=str(key))
        place = ("127.0.0.1", served.port)
        self.roads[place] = place  # as if it were on the internet
        self.later(lambda: self.roads.pop(place))
        return served


def look(context: Context) -> Report:
    """Make all checks, with patience for a busy machine."""
    return asyncio.run(examined(CHECKS, context, each=20, whole=40))


async def examined(checks: Sequence[Check], context: Context, **limits: float) -> Report:
    """Make these checks, and close what they opened."""
    try:
        return await examine(checks, context, **limits)
    finally:
        await context.close()


@contextmanager
def open_stage(folder: Path, **settings: Any) -> Iterator[Stage]:
    """Start everything. ``settings`` are the server's."""
    looking, authority = Looking(), trustme.CA()
    (folder / "authority.pem").write_bytes(authority.cert_pem.bytes())
    with open_world(toolset=looking.open, public_base_url=BASE, **settings) as world:
        world.tenant.add_first_party_client("Shared", [STABLE], client_id=SHARED)
        proxy, plain = Proxy(world.url), Proxy(world.url)
        plain.instead = lambda request: Response(308, {"location": f"{BASE}{request.path}"})
        stage = Stage(world, proxy, plain, looking, authority, folder, {})
        secure, http = stage.serve_tls(proxy, authority.issue_cert(NAME)), ServedApp()
        http.start(plain)
        tenant = int(world.tenant.issuer.rstrip("/").rpartition(":")[2])
        stage.roads |= {("127.0.0.1", tenant): ("127.0.0.1", tenant)}  # as if it were on the internet
        stage.roads |= {(NAME, 443): ("127.0.0.1", secure.port), (NAME, 80): ("127.0.0.1", http.port)}
        try:
            yield stage
        finally:
            secure.stop()
            http.stop()
