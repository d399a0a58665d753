"""The command line as its owner meets it: a real process, its messages and its exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from app.demo.serving import ServedApp
from app.main import create_app
from app.serving import server_of
from app.settings import load_settings

ROOT = Path(__file__).parents[2]
BARE = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}


def command(*words: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", *words],
        cwd=cwd,
        env={**BARE, "PYTHONPATH": str(ROOT), **environment},
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@contextmanager
def running(*words: str, cwd: Path = ROOT, **environment: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "app", *words],
        cwd=cwd,
        env={**BARE, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **environment},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_until(process: subprocess.Popen[str], pattern: str) -> str:
    assert process.stdout
    text = ""
    for line in process.stdout:
        text += line
        if re.search(pattern, text, re.MULTILINE):
            return text
    raise AssertionError(f"ended before {pattern!r}: {text}")


def test_version_in_words_and_as_json() -> None:
    assert re.fullmatch(r"gatehouse \d+\.\d+\.\d+\n", command("version").stdout)
    assert re.fullmatch(r"\d+\.\d+\.\d+", json.loads(command("version", "--json").stdout)["version"])


@pytest.mark.parametrize("words", [(), ("dance",), ("version", "--loud"), ("serve", "extra")])
def test_wrong_usage_is_exit_code_2(words: tuple[str, ...]) -> None:
    ended = command(*words)
    assert ended.returncode == 2
    assert "usage: gatehouse" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_serve_without_settings_tells_all_that_is_missing_and_ends_with_2(tmp_path: Path) -> None:
    ended = command("serve", cwd=tmp_path, OAUTH_ALGORITHMS="HS256")
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[0] == "Gatehouse cannot start: 3 setting(s) need a change."
    for name in ("PUBLIC_BASE_URL", "AUTH0_DOMAIN", "OAUTH_ALGORITHMS"):
        assert f"  - {name}: " in ended.stderr
        assert f"Example: {name}=" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_serve_says_when_its_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = command("serve", cwd=tmp_path, AUTH_MODE="none", PORT=str(port))
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert f"Port {port} on 127.0.0.1 cannot be opened" in ended.stderr


def test_serve_says_at_once_when_nothing_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = command("serve", cwd=tmp_path, AUTH_MODE="none", DATA_DIR=str(tmp_path / "file/data"))
    assert done.returncode == 2
    assert re.search(r"  - DATA_DIR: .* cannot be written to by user \d+ \(Not a directory\)\. Give ", done.stderr)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_starts_while_the_authorization_server_is_down_and_stops_when_asked(
    tmp_path: Path, number: signal.Signals
) -> None:
    (port,) = free_ports(1)
    base = f"http://127.0.0.1:{port}"
    with running(
        "serve", cwd=tmp_path, PORT=str(port), PUBLIC_BASE_URL=base, OAUTH_ISSUER="http://127.0.0.1:9/"
    ) as one:
        said = read_until(one, rf"listening on 127.0.0.1 port {port}")
        assert f"clients connect to {base}/mcp and log in at http://127.0.0.1:9/" in said
        assert httpx.get(f"{base}/healthz").status_code == 200
        assert httpx.post(f"{base}/mcp").status_code == 401
        one.send_signal(number)
        rest, _ = one.communicate(timeout=10)
        assert one.returncode == 0
        assert "Traceback" not in rest


@contextmanager
def served_as_in_serve(tmp_path: Path) -> Iterator[int]:
    """The application behind the very protocol class that ``gatehouse serve`` uses."""
    settings = load_settings({"auth_mode": "none", "data_dir": str(tmp_path)})
    config = server_of(settings, create_app(settings)).config
    served = ServedApp()
    served.start(config.app, http=config.http)
    yield served.port
    served.stop()


@pytest.mark.parametrize("sent", [b"", b"POST /mcp HTTP/1.1\r\nHost: x\r\nX-Slow: "])
def test_serve_hangs_up_on_a_client_that_never_finishes_its_headers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sent: bytes
) -> None:
    monkeypatch.setattr("app.serving.HEADER_SECONDS", 0.05)
    with served_as_in_serve(tmp_path) as port, socket.create_connection(("127.0.0.1", port), timeout=5) as slow:
        slow.sendall(sent)
        assert slow.recv(100) == b""


def test_serve_keeps_a_connection_for_the_next_request(tmp_path: Path) -> None:
    with served_as_in_serve(tmp_path) as port, httpx.Client() as client:
        for _ in range(3):
            assert client.get(f"http://127.0.0.1:{port}/healthz").status_code == 200


def test_serve_without_log_in_says_so_loudly(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    with running("serve", cwd=tmp_path, PORT=str(port), AUTH_MODE="none") as one:
        assert "warning gatehouse.serve: AUTH_MODE=none: NO LOG-IN." in read_until(one, "listening on")


def test_demo_greets_serves_and_ends_at_once() -> None:
    ports = dict(zip(("DEMO_PORT", "DEMO_TENANT_PORT", "DEMO_DATA_PORT"), map(str, free_ports(3)), strict=True))
    with running("demo", **ports) as demo:
        greeting = read_until(demo, r"Ctrl-C ends everything")
        assert greeting.count("✔") == 7
        assert "✘" not in greeting
        assert re.search(r"^e-mail: demo@example\.com$", greeting, re.MULTILINE)
        assert re.search(r"^password: \S+$", greeting, re.MULTILINE)
        assert f"http://127.0.0.1:{ports['DEMO_PORT']}/mcp" in greeting
        for port in ports.values():
            assert httpx.get(f"http://127.0.0.1:{port}/healthz").status_code in {200, 400, 401, 404}
        asked = time.monotonic()
        demo.send_signal(signal.SIGINT)
        assert demo.wait(5) == 0
        assert time.monotonic() - asked < 2


def test_demo_says_which_port_is_taken_and_how_to_move() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = command("demo", DEMO_PORT=str(free_ports(1)[0]), DEMO_TENANT_PORT=str(port))
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert re.search(rf"Port {port} cannot be opened: .* DEMO_TENANT_PORT=\d+ make demo", ended.stderr)


def test_demo_ignores_the_owners_real_settings(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "AUTH_MODE=none\nPUBLIC_BASE_URL=https://home.example.net\nAUTH0_DOMAIN=t.auth0.com\n"
    )
    ports = dict(zip(("DEMO_PORT", "DEMO_TENANT_PORT", "DEMO_DATA_PORT"), map(str, free_ports(3)), strict=True))
    with running("demo", cwd=tmp_path, OAUTH_ALGORITHMS="HS256", **ports) as demo:
        read_until(demo, r"Ctrl-C ends everything")


def test_setting_up_with_an_old_python_is_one_clear_line() -> None:
    script = "import sys; sys.version_info = (3, 9, 2); sys.argv = ['set_up.py', 'requirements.txt']; "
    script += "exec(compile(open('scripts/set_up.py').read(), 'scripts/set_up.py', 'exec'), "
    script += "{'__name__': '__main__', '__file__': 'scripts/set_up.py'})"
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, text=True, capture_output=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert "needs Python 3.11 or newer, and this is 3.9" in ended.stderr


def test_a_missing_package_is_one_clear_line() -> None:
    ended = subprocess.run(
        [sys.executable, "-S", "-m", "app", "demo"], cwd=ROOT, env=BARE, text=True, capture_output=True, check=False
    )
    assert ended.returncode == 2
    assert re.fullmatch(r"The package \S+ is not installed here\. .*make demo\n", ended.stderr)
