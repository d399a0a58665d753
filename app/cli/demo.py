"""``gatehouse demo``: the whole thing on one machine, with nothing to sign up for.

The real server, beside a stand-in Auth0 tenant and a stand-in open-data portal, all three on loopback in this process.
"""

from __future__ import annotations

import argparse
import logging
import secrets
import signal
import sys
import tempfile
from functools import partial
from queue import SimpleQueue

from app.auth0.table import table
from app.auth0.wanted import OWNER_NAME, Wanted
from app.demo.checks import four_checks
from app.demo.portal import Portal, create_portal_app
from app.demo.serving import PortInUse, ServedApp
from app.demo.tenant import MANAGEMENT_SCOPES, Api, Tenant, create_tenant_app
from app.demo.tenant.records import ClientGrant
from app.logs import configure_logging
from app.main import create_app
from app.scopes import LADDER
from app.settings import Settings, load_demo_ports, load_settings
from app.tools.real_estate import SourceSettings, open_real_estate

EMAIL = "demo@example.com"
_WORDS = ("amber", "birch", "cedar", "dune", "ember", "fjord", "grove", "heath", "iris", "juniper", "lagoon", "maple")

_GREETING = """
Gatehouse runs at    {mcp}

Log in as
e-mail: {email}
password: {password}

See who is there: {admin} (log in as above)

Try next, in another terminal:
  a Python client    .venv/bin/python docs/how-to/python_client.py {mcp}
  MCP Inspector      npx @modelcontextprotocol/inspector --cli {mcp} --transport http --method tools/list
  mcp-remote         npx mcp-remote {mcp}
  curl               curl -i -X POST {mcp}
  {more}

The figures are made up for the demo. Each request appears below. Ctrl-C ends everything.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The ports are settings: DEMO_PORT, DEMO_TENANT_PORT, DEMO_DATA_PORT."""


def run(arguments: argparse.Namespace) -> int:
    """Run the demo until Ctrl-C."""
    stopped: SimpleQueue[int] = SimpleQueue()  # unlike an Event, safe to use from a signal handler
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: stopped.put(number))
    configure_logging("warning", "text")
    ports = load_demo_ports()
    served: list[ServedApp] = []
    folder = tempfile.TemporaryDirectory(prefix="gatehouse-demo-", ignore_cleanup_errors=True)
    try:
        for name in ("demo_port", "demo_tenant_port", "demo_data_port"):
            served.append(_listen(name.upper(), getattr(ports, name)))
        if _run(*served, data_dir=folder.name):
            stopped.get()
            print("\nStopping ...", flush=True)
            logging.getLogger("uvicorn").setLevel(logging.CRITICAL)  # requests cut short now are no news
            return 0
        return 1
    except PortInUse as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        for one in served:
            one.ask_to_stop()
        for one in served:
            one.stop()
        folder.cleanup()


def _listen(name: str, port: int) -> ServedApp:
    try:
        return ServedApp(port)
    except PortInUse:
        other = port + 1000 if port < 60_000 else port - 1000
        raise PortInUse(
            f"Port {port} cannot be opened: another program, or another part of the demo, uses it, or it is reserved. "
            f"Stop that program, or move this part of the demo: {name}={other} make demo"
        ) from None


def _run(server: ServedApp, tenant_server: ServedApp, data_server: ServedApp, *, data_dir: str) -> bool:
    """Start the three, make the four checks, and greet. False when a check fails."""
    issuer = f"{tenant_server.url}/"
    password = f"{secrets.choice(_WORDS)}-{secrets.choice(_WORDS)}-{secrets.randbelow(9000) + 1000}"
    settings = load_settings(
        {
            "public_base_url": server.url,
            "port": server.port,
            "oauth_issuer": issuer,
            "data_dir": data_dir,
            "data_go_kr_api_key": secrets.token_urlsafe(32),
            "data_go_kr_base_url": data_server.url,
            "admin_client_id": "owners-page",
            "auth0_management_client_id": "owners-commands",
            "auth0_management_client_secret": secrets.token_urlsafe(32),
        }
    )
    tenant = _tenant(settings, issuer)
    tenant.add_person(EMAIL, password, name="Demo Person", permissions={"read", "write", "admin"})
    key = settings.data_go_kr_api_key.get_secret_value()
    sources = SourceSettings(
        data_go_kr_api_key=key, data_go_kr_base_url=data_server.url, odcloud_base_url=data_server.url
    )
    real_estate = partial(open_real_estate, sources, sample=True)
    print("Starting\n", flush=True)
    tenant_server.start(create_tenant_app(tenant))
    _tick("stand-in log-in service (Auth0's part)", tenant_server.url)
    data_server.start(create_portal_app(Portal(api_key=key)))
    _tick("stand-in open-data portal", data_server.url)
    server.start(create_app(settings, toolsets={"real_estate": real_estate}))
    _tick("Gatehouse", server.url)
    print("\nThe four checks before a client connects\n")
    results = four_checks(server.url, issuer)
    for title, problem in results:
        _tick(title, problem, good=not problem)
    if any(problem for _, problem in results):
        print("\nThe demo is not usable; the marked check says why.", file=sys.stderr)
        return False
    configure_logging("info", "text")
    admin = f"{server.url}/admin"
    more = f"the documents      {server.url}/.well-known/oauth-protected-resource"
    print(_GREETING.format(mcp=settings.resource, email=EMAIL, password=password, more=more, admin=admin), flush=True)
    return True


def _tenant(settings: Settings, issuer: str) -> Tenant:
    """A tenant as ``auth0 apply --registration dcr`` leaves one, but sign-up is open: who tries it may need that."""
    api = Api(settings.resource, "Gatehouse", LADDER, token_lifetime=3_600)
    tenant = Tenant(issuer, apis=[api])
    rows = {row.path[0]: row.desired for row in table(Wanted(settings.public_base_url, "dcr")) if row.part == "owner"}
    owner = tenant.add_first_party_client(OWNER_NAME, rows.pop("callbacks"), client_id=settings.admin_client_id)
    owner.more |= {name: rows[name] for name in ("oidc_conformant", "app_type", "refresh_token", "client_metadata")}
    grant = ClientGrant(settings.resource, LADDER, default_for="third_party_clients", subject_type="user")
    tenant.client_grants[grant.grant_id] = grant
    machine, secret = settings.auth0_management_client_id, settings.auth0_management_client_secret.get_secret_value()
    tenant.add_machine_client("Gatehouse's way in", secret, MANAGEMENT_SCOPES, client_id=machine)
    return tenant


def _tick(title: str, detail: str, *, good: bool = True) -> None:
    print(f"  {'✔' if good else '✘'} {title:45} {detail}".rstrip(), flush=True)
