"""The real Caddyfile in the real Caddy, on ports of its own, with a certificate authority of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path

ROOT = Path(__file__).parents[2]
CADDY = Path(sys.executable).with_name("caddy")

BELIEVED = """servers :{port} {{
    trusted_proxies static 127.0.0.0/8
    trusted_proxies_strict
    client_ip_headers X-Test-Address
    max_header_size 64KB
}}"""
"""Lets a test say where it calls from, in X-Test-Address: outside addresses do not exist where tests run."""


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Caddy:
    """Where it listens, and what it wrote."""

    port: int
    http_port: int
    tunnel_port: int
    root: Path
    lines: list[str]
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.root))

    def ask(
        self,
        path: str,
        *headers: tuple[str, str],
        method: str = "GET",
        body: bytes = b"",
        host: str | None = None,
        port: int | None = None,
    ) -> Reply:
        """One request, its path and headers exactly as given; over TLS unless ``port`` names another listener."""
        with self.connect(port) as connection:
            lines = [f"{method} {path} HTTP/1.1", f"Host: {host or f'localhost:{self.port}'}", "Connection: close"]
            lines += [f"{name}: {value}" for name, value in headers]
            if body:
                lines.append(f"Content-Length: {len(body)}")
            with contextlib.suppress(BrokenPipeError, ConnectionResetError, ssl.SSLError):
                connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
            response = HTTPResponse(connection, method=method)
            response.begin()
            return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())

    @contextmanager
    def connect(self, port: int | None = None) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", port or self.port), timeout=20) as plain:
            if port:
                yield plain
            else:
                with self.context.wrap_socket(plain, server_hostname="localhost") as secure:
                    yield secure


def free_port() -> int:
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


@contextmanager
def open_caddy(
    app_port: int, port: int, *, auth_mode: str | None = "oauth", believed: bool = True, **env: str
) -> Iterator[Caddy]:
    """Run the repository's Caddyfile in front of the app on ``app_port``; ``auth_mode`` None leaves it unset."""
    folder = Path(tempfile.mkdtemp(prefix="caddy-"))
    http, tunnel, alive = [one for one in free_ports(4) if one != port][:3]
    options = [f"http_port {http}", f"https_port {port}"]
    if believed:
        options.append(BELIEVED.format(port=port))
    known = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "PUBLIC_BASE_URL": f"https://localhost:{port}",
        "APP_HOST": "127.0.0.1",
        "APP_PORT": str(app_port),
        "TUNNEL_PORT": str(tunnel),
        "ALIVE_PORT": str(alive),
        "CADDY_OPTIONS": "\n".join(options),
        **env,
    }
    if auth_mode is not None:
        known["AUTH_MODE"] = auth_mode
    process = subprocess.Popen(
        [CADDY, "run", "--config", "Caddyfile"],
        cwd=ROOT,
        env=known,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    caddy = Caddy(port, http, tunnel, folder / "caddy/pki/authorities/local/root.crt", [], process)
    started, reader = threading.Event(), None
    try:
        reader = threading.Thread(target=_read, args=(caddy, started), daemon=True)
        reader.start()
        assert started.wait(30), caddy.lines
        assert process.poll() is None, caddy.lines
        _wait_for_certificate(caddy)
        yield caddy
    finally:
        process.terminate()
        process.wait(20)
        if reader:
            reader.join(5)
        if process.stdout:
            process.stdout.close()
        shutil.rmtree(folder, ignore_errors=True)


def _read(caddy: Caddy, started: threading.Event) -> None:
    assert caddy.process.stdout
    for line in caddy.process.stdout:
        caddy.lines.append(line)
        if "serving initial configuration" in line:
            started.set()
    started.set()


def _wait_for_certificate(caddy: Caddy) -> None:
    """Its own certificate is made after it began to listen."""
    until = time.monotonic() + 20
    while True:
        try:
            with caddy.connect():
                return
        except OSError:
            assert time.monotonic() < until, caddy.lines
            threading.Event().wait(0.02)
