"""One of the servers that are compared, in a process of its own: ``servers.py NAME PORT ISSUER``.

Each answers ``tools/call`` of a tool that gives back its text, over uvicorn with the same event loop and parser, one
worker, stateless, with JSON answers. What differs is only what stands between the socket and the tool.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import uvicorn

ROOT = Path(__file__).parents[2]
PORT, ISSUER = int(sys.argv[2]), sys.argv[3]
BASE = f"http://127.0.0.1:{PORT}"


def bare() -> Any:
    """Starlette that reads JSON and answers JSON: the least that any Python server does."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def echo(request: Request) -> JSONResponse:
        message = await request.json()
        text = message["params"]["arguments"]["text"]
        result = {"content": [{"type": "text", "text": text}], "isError": False}
        return JSONResponse({"jsonrpc": "2.0", "id": message["id"], "result": result})

    return Starlette(routes=[Route("/mcp", echo, methods=["POST"])])


class _AsDeployed:
    """An import finder that knows no package besides those of requirements.txt: what is not there in a deployment
    must not be loaded here either (httpx, for one, loads more when it finds more)."""

    def __init__(self) -> None:
        wanted = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE))
        self.absent = {
            file.parts[0].removesuffix(".py")
            for one in distributions()
            if one.name.lower().replace("_", "-") not in wanted
            for file in one.files or ()
        } - {"opentelemetry"}  # a name that packages share, some of which are deployed

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Refuse what would not be there."""
        if name.split(".", maxsplit=1)[0] in self.absent:
            raise ModuleNotFoundError(f"{name} is not among the runtime packages", name=name)


def _forget() -> None:
    """Take people, the door and the request log out of the request path, to see what they cost there."""
    from app.journal.visit import Visits
    from app.people.guard import Guard

    Guard.admit = lambda self, principal: None  # type: ignore[method-assign]
    Visits.end = lambda self, visit, status, response_bytes: None  # type: ignore[method-assign]


def gatehouse(auth_mode: str, log_level: str = "warning", *, remembers: bool = True, behind: bool = False) -> Any:
    """This server, with one tool of its own typed kind; or with ``behind``, with the tools of another server."""
    sys.meta_path.insert(0, _AsDeployed())  # type: ignore[arg-type]
    if not remembers:
        _forget()
    from mcp_types import ToolAnnotations

    from app.logs import configure_logging
    from app.main import create_app
    from app.settings import load_settings
    from app.tools.base import CallContext, ToolModel, Toolset, typed_tool

    class Echo(ToolModel):
        text: str

    async def echo(arguments: Echo, _: CallContext) -> Echo:
        return arguments

    @asynccontextmanager
    async def toolset() -> AsyncIterator[Toolset]:
        tool = typed_tool(
            echo,
            name="echo",
            title="Echo",
            description="Gives back its text.",
            arguments=Echo,
            result=Echo,
            scope="read",
            annotations=ToolAnnotations(read_only_hint=True),
            summarize=lambda result, _: result.text,
        )
        yield Toolset("bench", (tool,))

    configure_logging(log_level, "text")
    settings: dict[str, Any] = {
        "auth_mode": auth_mode,
        "public_base_url": BASE,
        "data_dir": tempfile.mkdtemp(prefix="gatehouse-bench-"),
        "rate_limit_per_person": "100000000/minute",
    }
    if behind:
        settings |= {"toolsets": "none", "upstreams_file": _file_of_servers(settings["data_dir"])}
    if auth_mode == "oauth":
        settings |= {"oauth_issuer": ISSUER, "admin_client_id": "owners-page", "admin_subjects": "auth0|bench"}
    return create_app(load_settings(settings), toolsets={"real_estate": toolset})


def _file_of_servers(folder: str) -> str:
    child = {
        "command": sys.executable,
        "args": [str(Path(__file__).with_name("child.py"))],
        "gatehouse": {"prefix": ""},
    }
    path = Path(folder) / "servers.json"
    path.write_text(json.dumps({"mcpServers": {"child": child}}), encoding="utf-8")
    return str(path)


def sdk() -> Any:
    """The MCP SDK with its own bearer layer and a verifier of a few lines over PyJWT."""
    import jwt
    from mcp.server.auth.provider import AccessToken, TokenVerifier
    from mcp.server.auth.settings import AuthSettings
    from mcp.server.mcpserver import MCPServer
    from pydantic import AnyHttpUrl

    keys = jwt.PyJWKClient(f"{ISSUER}.well-known/jwks.json")

    class Verifier(TokenVerifier):
        async def verify_token(self, token: str) -> AccessToken | None:
            try:
                key = keys.get_signing_key_from_jwt(token).key
                claims = jwt.decode(token, key, algorithms=["RS256"], audience=f"{BASE}/mcp", issuer=ISSUER)
            except jwt.PyJWTError:
                return None
            scopes = str(claims.get("scope", "")).split()
            client = claims.get("azp") or claims["client_id"]
            return AccessToken(token=token, client_id=client, scopes=scopes, expires_at=claims["exp"])

    auth = AuthSettings(
        issuer_url=AnyHttpUrl(ISSUER),
        resource_server_url=AnyHttpUrl(f"{BASE}/mcp"),
        required_scopes=["read"],
        validate_token_resource=False,
    )
    server = MCPServer("bench", token_verifier=Verifier(), auth=auth, log_level="WARNING")

    @server.tool()
    async def echo(text: str) -> str:
        """Gives back its text."""
        return text

    return server.streamable_http_app(stateless_http=True, json_response=True)


def fastmcp() -> Any:
    """FastMCP with its provider for Auth0."""
    os.environ["FASTMCP_LOG_LEVEL"] = "WARNING"
    from fastmcp import FastMCP
    from fastmcp.server.auth.providers.auth0 import Auth0MCPProvider

    auth = Auth0MCPProvider(config_url=f"{ISSUER}.well-known/openid-configuration", base_url=BASE)
    server = FastMCP("bench", auth=auth)

    @server.tool
    async def echo(text: str) -> str:
        """Gives back its text."""
        return text

    return server.http_app(path="/mcp", stateless_http=True, json_response=True)


SERVERS: dict[str, Callable[[], Any]] = {
    "bare": bare,
    "gatehouse-none": lambda: gatehouse("none"),
    "gatehouse": lambda: gatehouse("oauth"),
    "gatehouse-forgetful": lambda: gatehouse("oauth", remembers=False),
    "gatehouse-behind": lambda: gatehouse("oauth", behind=True),
    "gatehouse-info": lambda: gatehouse("oauth", "info"),
    "sdk": sdk,
    "fastmcp": fastmcp,
}


def main() -> None:
    """Serve until ended."""
    options: dict[str, Any] = {"http": "httptools"}
    started = time.perf_counter()
    app = SERVERS[sys.argv[1]]()
    if sys.argv[1].startswith("gatehouse"):
        from app.serving import BoundedHttp

        options["http"] = BoundedHttp
    print(f"built in {time.perf_counter() - started:.2f} s", flush=True)
    uvicorn.run(app, host="127.0.0.1", port=PORT, loop="uvloop", access_log=False, log_level="warning", **options)


if __name__ == "__main__":
    main()
