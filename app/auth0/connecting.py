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

from app.auth0.wanted import CHATGPT_CALLBACK, CLAUDE_CALLBACK, LOOPBACK_CALLBACKS

CLAUDE_CODE_PORT, CODEX_PORT, VSCODE_PORT = 33_419, 33_420, 33_418
INSPECTOR = "npx @modelcontextprotocol/inspector@2.12.0"

Text = Callable[[str, str], str]
"""Chooses between English and Korean."""


@dataclass(frozen=True)
class Told:
    """What to do for one program: steps ``before`` and ``after`` the text to ``paste``, or to fill in line by line."""

    before: tuple[str, ...]
    paste: str
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Program:
    """A program that people use. ``callbacks`` are for the address of a server; ``told`` for that and a client id.

    The client id is blank where programs register by themselves.
    """

    key: str
    name: str
    callbacks: Callable[[str], tuple[str, ...]]
    told: Callable[[str, str, Text], Told]


def _own(client_id: str, where: str, t: Text) -> list[str]:
    """The lines of a form in which a client id goes."""
    empty = t("leave it empty, unless it has one", "있을 때만 입력하고 없으면 비워 두세요")
    return [f"{where}:", f"  Client ID: {client_id}", f"  Client secret: {empty}"] if client_id else []


def _chatgpt(url: str, client_id: str, t: Text) -> Told:
    form = ["Name: Gatehouse", f"Server URL: {url}", "Authentication: OAuth"]
    return Told(
        (
            t(
                "Settings → Security and login → switch Developer mode on.",
                "설정 → 보안 및 로그인에서 개발자 모드를 켭니다.",
            ),
            t(
                "Open the plugins page (older: Settings → Connectors → Add connector) and press +. Fill in:",
                "플러그인 화면(예전: 설정 → 커넥터 → 커넥터 추가)에서 +를 누르고 입력합니다:",
            ),
        ),
        "\n".join([*form, *_own(client_id, "Advanced OAuth settings", t)]),
        (
            t(
                "Press Create, and log in on the log-in service's page. The server must be running by then.",
                "Create를 누르고 로그인 서비스 화면에서 로그인합니다. 서버가 켜져 있어야 합니다.",
            ),
        ),
    )


def _claude(url: str, client_id: str, t: Text) -> Told:
    first = t("Settings → Connectors → Add custom connector. Fill in:", "설정 → 커넥터 → 맞춤 커넥터 추가. 입력합니다:")
    last = t(
        "Press Add, then Connect, and log in on the log-in service's page.",
        "추가한 뒤 연결을 누르고 로그인 서비스 화면에서 로그인합니다.",
    )
    return Told((first,), "\n".join([f"URL: {url}", *_own(client_id, "Advanced settings", t)]), (last,))


def _claude_code(url: str, client_id: str, t: Text) -> Told:
    own = ["--client-id", client_id, "--callback-port", str(CLAUDE_CODE_PORT)] if client_id else []
    last = t(
        "In Claude Code type /mcp, choose gatehouse and log in.",
        "Claude Code에서 /mcp를 입력하고 gatehouse를 골라 로그인합니다.",
    )
    command = shlex.join(["claude", "mcp", "add", "--transport", "http", *own, "gatehouse", url])
    return Told((t("Run this in a terminal:", "터미널에서 실행합니다:"),), command, (last,))


def _codex(url: str, client_id: str, t: Text) -> Told:
    lines = ["[mcp_servers.gatehouse]", f"url = {json.dumps(url)}", f"oauth_resource = {json.dumps(url)}"]
    if client_id:
        back = f"http://127.0.0.1:{CODEX_PORT}/callback"
        own = [f"client_id = {json.dumps(client_id)}", f"callback_port = {CODEX_PORT}", f'callback_url = "{back}"']
        lines += ["", "[mcp_servers.gatehouse.oauth]", *own]
    return Told(
        (t("Put this into ~/.codex/config.toml:", "~/.codex/config.toml에 넣습니다:"),),
        "\n".join(lines),
        (t("Run: codex mcp login gatehouse", "실행합니다: codex mcp login gatehouse"),),
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
    return Told((first,), json.dumps(entry, indent=2), (asks if client_id else plain,))


def _cursor(url: str, client_id: str, t: Text) -> Told:
    own = {"auth": {"CLIENT_ID": client_id, "scopes": ["read", "offline_access"]}} if client_id else {}
    return Told(
        (t("Put this into ~/.cursor/mcp.json:", "~/.cursor/mcp.json에 넣습니다:"),),
        json.dumps({"mcpServers": {"gatehouse": {"url": url, **own}}}, indent=2),
        (
            t(
                "In Cursor's settings, under MCP, press Connect and log in.",
                "Cursor 설정의 MCP에서 연결을 누르고 로그인합니다.",
            ),
        ),
    )


def _inspector(url: str, client_id: str, t: Text) -> Told:
    own = ["--client-id", client_id, "--callback-url", LOOPBACK_CALLBACKS[0]] if client_id else []
    return Told(
        (t("Run this in a terminal:", "터미널에서 실행합니다:"),),
        f"{INSPECTOR} --cli {shlex.join([url, *own, '--method', 'tools/list'])}",
        (t("Open the address that it prints, and log in.", "나온 주소를 열어 로그인합니다."),),
    )


_VSCODE_CALLBACKS = (
    f"http://127.0.0.1:{VSCODE_PORT}/",
    f"http://127.0.0.1:{VSCODE_PORT}",
    "https://vscode.dev/redirect",
)

PROGRAMS = (
    Program("chatgpt", "ChatGPT", lambda url: (CHATGPT_CALLBACK,), _chatgpt),
    Program("claude", "Claude", lambda url: (CLAUDE_CALLBACK,), _claude),
    Program("claude_code", "Claude Code", lambda url: (f"http://localhost:{CLAUDE_CODE_PORT}/callback",), _claude_code),
    Program("codex", "Codex", _codex_callbacks, _codex),
    Program("vscode", "VS Code", lambda url: _VSCODE_CALLBACKS, _vscode),
    Program("cursor", "Cursor", lambda url: ("cursor://anysphere.cursor-mcp/oauth/callback",), _cursor),
    Program("inspector", "MCP Inspector, mcp-remote", lambda url: LOOPBACK_CALLBACKS, _inspector),
)
"""In the order in which they are shown."""
