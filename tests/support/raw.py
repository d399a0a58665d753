"""HTTP as an attacker writes it: raw bytes on a socket, nothing corrected on the way."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Answer:
    """One answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def send(
    url: str,
    headers: list[tuple[str, str | bytes]],
    body: bytes = b"",
    *,
    method: str = "POST",
    path: str = "/mcp",
    host: str | None = None,
    length: int | None = None,
) -> Answer:
    """Send one request exactly as given and read one answer."""
    parts = urlsplit(url)
    lines = [f"{method} {path} HTTP/1.1".encode(), b"Host: " + (parts.netloc if host is None else host).encode()]
    lines += [
        name.encode("latin-1") + b": " + (value if isinstance(value, bytes) else value.encode("latin-1"))
        for name, value in headers
    ]
    lines += [f"Content-Length: {len(body) if length is None else length}".encode(), b"Connection: close", b"", b""]
    with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=10) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused while sending: the answer is there
            connection.sendall(b"\r\n".join(lines) + body)
        response = http.client.HTTPResponse(connection, method=method)
        response.begin()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, response.read())
