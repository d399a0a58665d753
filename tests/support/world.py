"""A whole small world for tests: the real server, a stand-in tenant, one counting tool, and a clock to move."""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import httpx
from mcp_types import ToolAnnotations

from app.cli import main
from app.demo.serving import ServedApp
from app.demo.tenant import MANAGEMENT_SCOPES, Api, Tenant, TenantSettings, create_tenant_app
from app.errors import ToolError
from app.main import create_app
from app.serving import BoundedHttp
from app.settings import load_settings
from app.tools.base import CallContext, ToolModel, Toolset, ToolsetOpener, typed_tool

EMAIL, PASSWORD = "alice@example.com", "correct-horse-7"


@dataclass
class Clock:
    """Seconds since the epoch, standing still unless moved."""

    now: float = field(default_factory=lambda: float(int(time.time())))

    def __call__(self) -> float:
        return self.now


class EchoArguments(ToolModel):
    text: str = ""


class EchoResult(ToolModel):
    text: str


@dataclass
class Probe:
    """A toolset that counts its calls: the witness that no tool ran."""

    calls: int = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Toolset]:
        yield Toolset(
            "probe",
            (
                self._tool("echo", "read", self._echo),
                self._tool("write_note", "write", self._echo),
                self._tool("break", "read", self._break),
                self._tool("fail", "read", self._fail),
                self._tool("here_only", "write", self._echo, local_only=True),
            ),
            "Call echo first.",
        )

    def _tool(self, name: str, scope: Any, function: Any, *, local_only: bool = False) -> Any:
        return typed_tool(
            function,
            name=name,
            title=name,
            description=f"{name} for tests",
            arguments=EchoArguments,
            result=EchoResult,
            scope=scope,
            annotations=ToolAnnotations(read_only_hint=scope == "read"),
            summarize=lambda result, _: result.text,
            local_only=local_only,
        )

    async def _echo(self, arguments: EchoArguments, context: CallContext) -> EchoResult:
        self.calls += 1
        return EchoResult(text=arguments.text)

    async def _break(self, arguments: EchoArguments, context: CallContext) -> EchoResult:
        self.calls += 1
        raise RuntimeError(f"secret inside: {arguments.text}")

    async def _fail(self, arguments: EchoArguments, context: CallContext) -> EchoResult:
        raise ToolError("the thing is closed; try tomorrow")


@dataclass(frozen=True)
class Ran:
    """What became of a command: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def gatehouse(*words: str, **environment: str) -> Ran:
    """Run a command of the owner in this process, with exactly this environment."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.dict(os.environ, environment, clear=True),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            code = main(words)
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Ran(code, out.getvalue(), err.getvalue())


def eventually(condition: Callable[[], Any], within: float = 5.0) -> Any:
    """Wait for a condition to become true, and return what it is then."""
    until = time.monotonic() + within
    while not (value := condition()):
        assert time.monotonic() < until, f"not within {within} seconds: {condition}"
        time.sleep(0.01)
    return value


@dataclass
class World:
    """The running parts and their addresses."""

    url: str
    tenant: Tenant
    tenant_app: ServedApp
    probe: Probe
    clock: Clock
    person: Any
    http: httpx.Client
    environment: dict[str, str]
    """The settings of the server, for commands of its owner."""

    restart: Callable[[], None]
    """Ends the server, and starts it anew at the same address, with the same store."""

    @property
    def mcp(self) -> str:
        return f"{self.url}/mcp"

    def token(self, scope: str = "read", *, client: str = "test-client", **claims: Any) -> str:
        """A valid access token for the person, or one with other claims."""
        return self.tenant.issue_access_token(self.person, self.mcp, scope, client, **claims)

    @property
    def sub(self) -> str:
        return str(self.person.sub)

    def gatehouse(self, *words: str) -> Ran:
        """Run a command of the server's owner."""
        return gatehouse(*words, **self.environment)

    def people(self) -> dict[str, Any]:
        """What ``gatehouse people list`` says, by subject."""
        return {one["sub"]: one for one in self.gatehouse("people", "list", "--json").json}

    def call(self, token: str | None, method: str = "tools/call", **params: Any) -> httpx.Response:
        """One JSON-RPC request of the handshake era; without params it calls ``echo``."""
        if method == "tools/call" and not params:
            params = {"name": "echo", "arguments": {"text": "hello"}}
        headers = {"accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-11-25"}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return self.http.post(self.mcp, json=body, headers=headers)


@contextmanager
def open_world(
    tenant_settings: TenantSettings | None = None,
    toolset: ToolsetOpener | None = None,
    resources: tuple[str, ...] = ("/mcp",),
    **settings: Any,
) -> Iterator[World]:
    """Start everything; ``settings`` add to or replace those of the server, ``toolset`` the counting tools.

    ``resources`` are the paths of the tenant's APIs, under the server's own address or its public one.
    """
    clock, probe = Clock(), Probe()
    server, tenant_app = ServedApp(), ServedApp()
    issuer = f"{tenant_app.url}/"
    base = settings.get("public_base_url") or server.url
    apis = [Api(base + path, f"Test {path}", ("read", "write", "admin")) for path in resources]
    tenant = Tenant(issuer, settings=tenant_settings, apis=apis, clock=clock)
    person = tenant.add_person(EMAIL, PASSWORD, name="Alice", permissions={"read", "write"})
    if owners_page := settings.get("admin_client_id"):
        tenant.add_first_party_client("Gatehouse owner's page", [f"{base}/admin/callback"], client_id=owners_page)
    if machine := settings.get("auth0_management_client_id"):
        secret = settings["auth0_management_client_secret"]
        tenant.add_machine_client("Gatehouse's commands", secret, MANAGEMENT_SCOPES, client_id=machine)
    folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    values = {
        "public_base_url": server.url,
        "oauth_issuer": issuer,
        "data_dir": folder.name,
        "rate_limit_per_person": "1000000/minute",
        "rate_limit_per_address": "1000000/minute",
        **settings,
    }
    http = httpx.Client(timeout=30)
    try:
        tenant_app.start(create_tenant_app(tenant))

        def start() -> None:
            tools = {"real_estate": toolset or probe.open}
            server.start(create_app(load_settings(values), toolsets=tools, clock=clock), http=BoundedHttp)

        def restart() -> None:
            nonlocal server
            server.stop()
            server = ServedApp(server.port)
            start()

        start()
        environment = {name.upper(): str(value) for name, value in values.items()}
        yield World(server.url, tenant, tenant_app, probe, clock, person, http, environment, restart)
    finally:
        http.close()
        tenant_app.ask_to_stop()
        server.stop()
        tenant_app.stop()
        folder.cleanup()
