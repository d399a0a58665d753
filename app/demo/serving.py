"""Run ASGI applications on loopback, each in a thread of its own, for the demo and the tests."""

from __future__ import annotations

import socket
import threading
from typing import Any

import uvicorn

LOOPBACK = "127.0.0.1"


class PortInUse(Exception):
    """Another program listens on the port."""


class ServedApp:
    """One application behind a real uvicorn on ``127.0.0.1``; port 0 takes any free one."""

    def __init__(self, port: int = 0) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((LOOPBACK, port))
            self._socket.listen(128)
        except OSError:
            self._socket.close()
            raise PortInUse(str(port)) from None
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://{LOOPBACK}:{self.port}"
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self, app: Any, **options: Any) -> None:
        """Serve ``app``; returns when it accepts requests. Raises :class:`RuntimeError` when it cannot start."""
        usual = {"http": "h11", "ws": "none", "log_config": None, "access_log": False, "server_header": False}
        config = uvicorn.Config(app, timeout_graceful_shutdown=1, **(usual | options))
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._server.ready.wait()
        if not self._server.started:
            raise RuntimeError("the application did not start; the log says why")

    def ask_to_stop(self) -> None:
        """Tell the server to end, without waiting: several end faster side by side."""
        if self._server:
            self._server.should_exit = True

    def stop(self) -> None:
        """End the server and wait for it."""
        self.ask_to_stop()
        if self._thread:
            self._thread.join(5)
        self._socket.close()

    def _run(self) -> None:
        if self._server:
            try:
                self._server.run(sockets=[self._socket])
            finally:
                self._server.ready.set()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()
