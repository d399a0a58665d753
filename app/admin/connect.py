"""How each program is told of this server: what to click, what to paste, and where it takes people back to.

From the vendors' documentation, but for the Inspector, which is tried: names of menus change. Nothing is asked here.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass

from app.admin.house import Ask, Page, Work
from app.auth0.wanted import CHATGPT_CALLBACK, CLAUDE_CALLBACK, LOOPBACK_CALLBACKS
from app.people.door import Door

CLAUDE_CODE_PORT, CODEX_PORT, VSCODE_PORT = 33_419, 33_420, 33_418
INSPECTOR = "npx @modelcontextprotocol/inspector@2.12.0"

Text = Callable[[str, str], str]


@dataclass(frozen=True)
class Told:
    """What to do for one program: ``steps`` in words, and ``paste``, a text for the place that the steps name."""

    steps: tuple[str, ...]
    paste: str = ""


@dataclass(frozen=True)
class Program:
    """A program that people use. ``callbacks`` are for the address of a server; ``told`` for that and a client id."""

    key: str
    name: str
    callbacks: Callable[[str], tuple[str, ...]]
    told: Callable[[str, str, Text], Told]


def _chatgpt(url: str, client_id: str, t: Text) -> Told:
    own = t(f", Advanced OAuth settings → Client ID {client_id}", f", Advanced OAuth settings → Client ID {client_id}")
    return Told(
        (
            t(
                "Settings → Security and login: switch Developer mode on.",
                "설정 → 보안 및 로그인에서 개발자 모드를 켭니다.",
            ),
            t(
                "Open the plugins page (older: Settings → Connectors → Add connector), press + and fill in: "
                f"Server URL {url}, Authentication OAuth{own if client_id else ''}.",
                f"플러그인 화면(예전: 설정 → 커넥터)에서 +를 누르고 입력합니다: Server URL {url}, "
                f"Authentication OAuth{own if client_id else ''}.",
            ),
            t(
                "Press Create and log in. The server must be running by then.",
                "Create를 누르고 로그인합니다. 서버가 켜져 있어야 합니다.",
            ),
        )
    )


def _claude(url: str, client_id: str, t: Text) -> Told:
    own = f", Advanced settings → OAuth Client ID {client_id}" if client_id else ""
    return Told(
        (
            t(
                f"Settings → Connectors → Add custom connector: URL {url}{own}.",
                f"설정 → 커넥터 → 맞춤 커넥터 추가: URL {url}{own}.",
            ),
            t("Press Add, then Connect, and log in.", "추가한 뒤 연결을 누르고 로그인합니다."),
        )
    )


def _claude_code(url: str, client_id: str, t: Text) -> Told:
    own = ["--client-id", client_id, "--callback-port", str(CLAUDE_CODE_PORT)] if client_id else []
    command = shlex.join(["claude", "mcp", "add", "--transport", "http", *own, "gatehouse", url])
    return Told(
        (
            t("Run this in a terminal:", "터미널에서 실행합니다:"),
            t(
                "Then, in Claude Code, type /mcp, choose gatehouse and log in.",
                "그다음 Claude Code에서 /mcp를 입력하고 gatehouse를 골라 로그인합니다.",
            ),
        ),
        command,
    )


def _codex(url: str, client_id: str, t: Text) -> Told:
    lines = ["[mcp_servers.gatehouse]", f"url = {json.dumps(url)}", f"oauth_resource = {json.dumps(url)}"]
    if client_id:
        back = f"http://127.0.0.1:{CODEX_PORT}/callback"
        own = [f"client_id = {json.dumps(client_id)}", f"callback_port = {CODEX_PORT}", f'callback_url = "{back}"']
        lines += ["", "[mcp_servers.gatehouse.oauth]", *own]
    return Told(
        (
            t("Put this into ~/.codex/config.toml:", "~/.codex/config.toml에 넣습니다:"),
            t("Then run: codex mcp login gatehouse", "그다음 실행합니다: codex mcp login gatehouse"),
        ),
        "\n".join(lines),
    )


def _codex_callbacks(url: str) -> tuple[str, ...]:
    """Codex puts a sign of the server's address behind its callback: seen, not promised by its makers."""
    sign = base64.urlsafe_b64encode(hashlib.sha256(url.encode()).digest()[:9]).decode()
    return (f"http://127.0.0.1:{CODEX_PORT}/callback/{sign}",)


def _vscode(url: str, client_id: str, t: Text) -> Told:
    asks = t(
        f"Press Start above the entry. When it asks for a client ID, paste {client_id}; it needs no secret. Log in.",
        f"항목 위의 시작을 누릅니다. client ID를 물으면 {client_id}를 붙여 넣고(secret은 비움) 로그인합니다.",
    )
    plain = t("Press Start above the entry, and log in.", "항목 위의 시작을 누르고 로그인합니다.")
    entry = {"servers": {"gatehouse": {"type": "http", "url": url}}}
    first = t("Put this into .vscode/mcp.json:", ".vscode/mcp.json에 넣습니다:")
    return Told((first, asks if client_id else plain), json.dumps(entry, indent=2))


def _cursor(url: str, client_id: str, t: Text) -> Told:
    own = {"auth": {"CLIENT_ID": client_id, "scopes": ["read", "offline_access"]}} if client_id else {}
    return Told(
        (
            t("Put this into ~/.cursor/mcp.json:", "~/.cursor/mcp.json에 넣습니다:"),
            t(
                "In Cursor's settings, under MCP, press Connect and log in.",
                "Cursor 설정의 MCP에서 연결을 누르고 로그인합니다.",
            ),
        ),
        json.dumps({"mcpServers": {"gatehouse": {"url": url, **own}}}, indent=2),
    )


def _inspector(url: str, client_id: str, t: Text) -> Told:
    own = ["--client-id", client_id, "--callback-url", LOOPBACK_CALLBACKS[0]] if client_id else []
    return Told(
        (
            t(
                "Run this in a terminal, open the address that it prints, and log in:",
                "터미널에서 실행하고, 나온 주소를 열어 로그인합니다:",
            ),
        ),
        f"{INSPECTOR} --cli {shlex.join([url, *own, '--method', 'tools/list'])}",
    )


PROGRAMS = (
    Program("chatgpt", "ChatGPT", lambda url: (CHATGPT_CALLBACK,), _chatgpt),
    Program("claude", "Claude", lambda url: (CLAUDE_CALLBACK,), _claude),
    Program("claude_code", "Claude Code", lambda url: (f"http://localhost:{CLAUDE_CODE_PORT}/callback",), _claude_code),
    Program("codex", "Codex", _codex_callbacks, _codex),
    Program(
        "vscode",
        "VS Code",
        lambda url: (
            f"http://127.0.0.1:{VSCODE_PORT}/",
            f"http://127.0.0.1:{VSCODE_PORT}",
            "https://vscode.dev/redirect",
        ),
        _vscode,
    ),
    Program("cursor", "Cursor", lambda url: ("cursor://anysphere.cursor-mcp/oauth/callback",), _cursor),
    Program("inspector", "MCP Inspector, mcp-remote", lambda url: LOOPBACK_CALLBACKS, _inspector),
)


def show(ask: Ask) -> Page:
    """Ready settings for each program, with a client id or without."""
    client_id, settings = ask.query.get("client_id", "").strip(), ask.house.settings
    known = [one for one in Door(ask.engine).clients() if one.client_id and not one.blocked]
    return Page(
        "connect.html",
        {
            "url": settings.resource,
            "client_id": client_id,
            "told": [(one, one.told(settings.resource, client_id, ask.t)) for one in PROGRAMS],
            "known": [one for one in known if one.client_id != settings.admin_client_id][:20],
        },
    )


TAB = None
PAGES: dict[str, Work] = {"/admin/clients/connect": show}
CHANGES: dict[str, Work] = {}
