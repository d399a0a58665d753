"""``make bench``: Gatehouse beside its peers, in one run, interleaved, and the page that says how it went.

Every server runs alone on one core, the load on another. A round visits every variant once; the median of the rounds
counts. The authorization server is the stand-in of the demo, which is asked for its keys at the start only.
"""

from __future__ import annotations

import json
import os
import platform
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import psutil

from app.demo.serving import ServedApp
from app.demo.tenant import Api, Tenant, create_tenant_app
from tests.support.login import log_in

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "benchmarks.md"
ROUNDS, SECONDS, WARM_UP, CONNECTIONS = (int(os.environ.get("BENCH_ROUNDS", "3")), 4.0, 1.0, 16)
FLOOD_SECONDS, FLOOD_RATE, PERSON_RATE = 10.0, 1_000, 200

OLD = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
OLD_ERA = {**OLD, "MCP-Protocol-Version": "2025-11-25"}
NEW_ERA = {**OLD, "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "echo"}
PARAMS: dict[str, Any] = {"name": "echo", "arguments": {"text": "hello, is anybody there?"}}
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": PARAMS}
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}

VARIANTS: list[tuple[str, str, int, bool]] = [
    ("bare Starlette JSON echo", "bare", 0, False),
    ("Gatehouse, AUTH_MODE=none", "gatehouse-none", 1, False),
    ("Gatehouse, one token", "gatehouse", 1, False),
    ("Gatehouse, 1,000 tokens in turn", "gatehouse", 1_000, False),
    ("Gatehouse, one token, a log line per call", "gatehouse-info", 1, False),
    ("Gatehouse, one token, 2026-07-28", "gatehouse", 1, True),
    ("Gatehouse, one token, no people, door or request log", "gatehouse-forgetful", 1, False),
    ("Gatehouse, one token, a server behind the door", "gatehouse-behind", 1, False),
    ("MCP SDK, its bearer layer, PyJWT", "sdk", 1, False),
    ("FastMCP, its Auth0 provider", "fastmcp", 1, False),
]
"""Title, server, how many tokens, and whether the newest revision is spoken."""


def say(text: str) -> None:
    """Show progress."""
    print(text, flush=True)


class Server:
    """One of the compared servers, running alone on the first core."""

    def __init__(self, name: str, port: int, issuer: str) -> None:
        self.name, self.port = name, port
        command = [sys.executable, str(Path(__file__).with_name("servers.py")), name, str(port), issuer]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with tempfile.TemporaryFile() as log:  # written to disk, as a service's log is
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=log)
        self.watched = psutil.Process(self.process.pid)
        if len(cores := _cores()) > 1:
            self.watched.cpu_affinity([cores[0]])
        _wait_for(port)

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        times = self.watched.cpu_times()
        return float(times.user + times.system)

    def loop_cpu(self) -> float:
        """The same of the thread that answers requests: the request log is written in another."""
        (times,) = (one for one in self.watched.threads() if one.id == self.watched.pid)
        return float(times.user_time + times.system_time)

    def rss(self) -> float:
        """Memory held, in MB."""
        return float(self.watched.memory_info().rss) / 1e6


def _cores() -> list[int]:
    return psutil.Process().cpu_affinity() if hasattr(psutil.Process, "cpu_affinity") else []  # type: ignore[return-value]


def _wait_for(port: int, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.005)
        else:
            return
    raise RuntimeError(f"nothing listens on port {port}")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def load(server: Server, tokens: list[str], *, modern: bool = False, **plan: Any) -> subprocess.Popen[str]:
    """Start a load; it runs on the last core."""
    message = {**CALL, "params": {**PARAMS, "_meta": META}} if modern else CALL
    headers = NEW_ERA if modern else OLD_ERA
    whole = {"port": server.port, "message": message, "headers": headers, "tokens": tokens or [""]} | plan
    command = [sys.executable, str(Path(__file__).with_name("load.py"))]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if len(cores := _cores()) > 1:
        psutil.Process(process.pid).cpu_affinity([cores[-1]])
    assert process.stdin
    process.stdin.write(json.dumps(whole))
    process.stdin.close()
    return process


def figures_of(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What a load measured, when it is done."""
    assert process.stdout
    text = process.stdout.read()
    if process.wait() != 0:
        raise RuntimeError("the load did not end well")
    return dict(json.loads(text))


def measure(server: Server, tokens: list[str], **plan: Any) -> dict[str, float]:
    """One variant in one round."""
    plan = {"connections": CONNECTIONS} | plan
    figures_of(load(server, tokens, seconds=WARM_UP, **plan))
    before, loop_before = server.cpu(), server.loop_cpu()
    figures = figures_of(load(server, tokens, seconds=SECONDS, **plan))
    spent, loop = server.cpu() - before, server.loop_cpu() - loop_before
    if set(figures["statuses"]) != {"200"}:
        raise RuntimeError(f"{server.name} answered {figures['statuses']}")
    return {
        "rate": figures["count"] / figures["seconds"],
        "cpu": spent / figures["count"] * 1e6,
        "loop": loop / figures["count"] * 1e6,
        "p50": figures["p50"],
        "p99": figures["p99"],
        "rss": server.rss(),
    }


def flood(server: Server, tenant: Tenant, token: str, strangers: list[str]) -> dict[str, float]:
    """One person's latency alone, and while strangers send 1,000 tokens a second that name keys nobody has."""
    person = {"seconds": FLOOD_SECONDS, "connections": 4, "rate": PERSON_RATE}
    alone = figures_of(load(server, [token], **person))
    fetched, held = tenant.requests["/.well-known/jwks.json"], server.rss()
    crowd = load(server, strangers, seconds=FLOOD_SECONDS, connections=8, rate=FLOOD_RATE)
    beside = figures_of(load(server, [token], **person))
    strange = figures_of(crowd)
    if set(beside["statuses"]) != {"200"} or not set(strange["statuses"]) <= {"401", "429"}:
        raise RuntimeError(f"the flood went wrong: {beside['statuses']} {strange['statuses']}")
    return {
        "alone": alone["p99"],
        "beside": beside["p99"],
        "sent": strange["count"],
        "fetches": tenant.requests["/.well-known/jwks.json"] - fetched,
        "growth": server.rss() - held,
    }


def watched(server: Server, token: str) -> float:
    """By what part the rate falls while the owner's page is open 20 times: the median of pairs, one after the other."""
    base = f"http://127.0.0.1:{server.port}"
    with httpx.Client(base_url=base, timeout=30, trust_env=False) as browser:
        begun = browser.get("/admin/log-in")
        answer = log_in(begun.headers["location"], "bench@example.com", PASSWORD)
        browser.get("/admin/callback", params=answer)
        cookie = {"cookie": f"gatehouse_owner={browser.cookies['gatehouse_owner']}"}
    falls = []
    for _ in range(5):
        alone = measure(server, [token])["rate"]
        readers = [subprocess.Popen(_READER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)]
        for one in readers:
            assert one.stdin
            assert one.stdout
            one.stdin.write(json.dumps({"url": f"{base}/admin/feed", "headers": cookie, "count": FEEDS}))
            one.stdin.close()
            one.stdout.readline()
        falls.append(1 - measure(server, [token])["rate"] / alone)
        for one in readers:
            one.terminate()
            one.wait(15)
    return median(falls)


FEEDS = 20
PASSWORD = "correct-horse-7"
_READER = [sys.executable, str(Path(__file__).with_name("feeds.py"))]
"""It runs on whatever core is free: what the pages' readers cost is not the server's."""


def start_up(issuer: str) -> float:
    """Seconds from ``gatehouse serve`` to a ready answer, the authorization server being there."""
    with tempfile.TemporaryDirectory() as folder:
        port = _free_port()
        environment = {
            **{name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}},
            "PYTHONPATH": str(ROOT),
            "PORT": str(port),
            "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
            "OAUTH_ISSUER": issuer,
            "LOG_LEVEL": "error",
        }
        started = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-m", "app", "serve"], cwd=folder, env=environment)
        try:
            while time.perf_counter() - started < 60:
                try:
                    if httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code == 200:
                        return time.perf_counter() - started
                except httpx.HTTPError:
                    pass
                time.sleep(0.01)
            raise RuntimeError("the server did not become ready")
        finally:
            process.terminate()
            process.wait(15)


def strangers_of(token: str, count: int) -> list[str]:
    """Tokens with a ``kid`` that never existed, otherwise right, and older than the newest look at the keys."""
    import base64

    _, payload, signature = token.split(".")
    for_good = []
    for _ in range(count):
        header = {"alg": "RS256", "typ": "JWT", "kid": secrets.token_urlsafe(16)}
        encoded = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
        for_good.append(f"{encoded}.{payload}.{signature}")
    return for_good


@contextmanager
def stage() -> Iterator[tuple[Tenant, dict[str, Server], dict[str, list[str]]]]:
    """The authorization server, every compared server, and 1,000 tokens for each."""
    with ExitStack() as stack:
        served = ServedApp()
        issuer = f"{served.url}/"
        ports = {name: _free_port() for name in dict.fromkeys(server for _, server, _, _ in VARIANTS)}
        apis = [Api(f"http://127.0.0.1:{port}/mcp", name, ("read",)) for name, port in ports.items()]
        tenant = Tenant(issuer, apis=apis)
        person = tenant.add_person("bench@example.com", PASSWORD, permissions={"read"}, sub="auth0|bench")
        callbacks = [f"http://127.0.0.1:{port}/admin/callback" for port in ports.values()]
        tenant.add_first_party_client("owner's page", callbacks, client_id="owners-page")
        served.start(create_tenant_app(tenant))
        stack.callback(served.stop)
        if len(cores := _cores()) > 1:
            psutil.Process().cpu_affinity([cores[-1]])
        servers = {}
        for name, port in ports.items():
            if len(cores) > 1:
                psutil.Process().cpu_affinity([cores[0]])
            servers[name] = Server(name, port, issuer)
            stack.callback(servers[name].process.wait, 15)
            stack.callback(servers[name].process.terminate)
            if len(cores) > 1:
                psutil.Process().cpu_affinity([cores[-1]])
            say(f"  {name} runs")
        audience = {name: f"http://127.0.0.1:{port}/mcp" for name, port in ports.items()}
        tokens = {
            name: [
                tenant.issue_access_token(person, audience[name], "read", "bench", jti=str(number))
                for number in range(1_000)
            ]
            for name in ports
        }
        if len(cores) > 1:
            psutil.Process().cpu_affinity(cores)
        yield tenant, servers, tokens


def main() -> None:
    """Measure everything and write the page."""
    say("Starting the servers")
    with stage() as (tenant, servers, tokens):
        results: dict[str, list[dict[str, float]]] = {title: [] for title, *_ in VARIANTS}
        for number in range(ROUNDS):
            for title, name, count, modern in VARIANTS:
                found = measure(servers[name], tokens[name][:count], modern=modern)
                results[title].append(found)
                say(f"  round {number + 1}: {title:36} {found['rate']:7.0f}/s {found['cpu']:6.0f} µs")
        behind = "gatehouse-behind"
        asked = {"message": LIST, "expected": '"inputSchema"', "connections": 1}
        listed = measure(servers[behind], tokens[behind][:1], **asked)
        say(f"  list of 200 tools: {listed['p50']:.2f} ms, {listed['cpu']:.0f} µs")
        door = servers["gatehouse"]
        fall = watched(door, tokens["gatehouse"][0])  # before the flood, after which nobody here may log in for a while
        say(f"  with {FEEDS} open pages the rate falls by {fall * 100:.1f} %")
        say("Flood of tokens with unknown keys")
        calm = flood(door, tenant, tokens["gatehouse"][0], strangers_of(tokens["gatehouse"][0], 10_000))
        calm |= {"listed": listed["p50"], "fall": fall}
        say(f"  {calm}")
        starts = [start_up(tenant.issuer) for _ in range(5)]
        say(f"  start to ready: {', '.join(f'{one:.2f}' for one in starts)} s")
    middle = {
        title: {key: median(found[key] for found in rounds) for key in rounds[0]} for title, rounds in results.items()
    }
    PAGE.write_text(page(middle, calm, median(starts)), encoding="utf-8")
    say(f"Written: {PAGE.relative_to(ROOT)}")


def aims(middle: dict[str, dict[str, float]], calm: dict[str, float], start: float) -> list[tuple[str, str, str, bool]]:
    """What was aimed at, what was measured, and whether it holds."""
    bare, none, ours = (middle[VARIANTS[number][0]] for number in (0, 1, 2))
    peer, logging = middle["FastMCP, its Auth0 provider"], middle["Gatehouse, one token, a log line per call"]
    faster, dearer = ours["rate"] / peer["rate"], ours["cpu"] / bare["cpu"]
    loud = logging["cpu"] / bare["cpu"]
    forgetful = middle["Gatehouse, one token, no people, door or request log"]
    memory, beside = ours["loop"] / forgetful["loop"] - 1, ours["cpu"] / forgetful["cpu"] - 1
    auth, tail, fetches = ours["cpu"] / none["cpu"] - 1, calm["beside"] / calm["alone"], calm["fetches"]
    hop = (middle["Gatehouse, one token, a server behind the door"]["cpu"] - ours["cpu"]) / 1000
    listed, fall = calm["listed"], calm["fall"]
    return [
        ("requests a second beside FastMCP, both with a token", "≥ 5 ×", f"{faster:.1f} ×", faster >= 5),
        ("CPU per request beside the bare echo", "≤ 2.5 ×", f"{dearer:.2f} ×", dearer <= 2.5),
        ("the same with LOG_LEVEL=info, the default", "≤ 2.5 ×", f"{loud:.2f} ×", loud <= 2.5),
        ("CPU of authentication over AUTH_MODE=none", "≤ 5 %", f"{auth * 100:.1f} %", auth <= 0.05),
        ("CPU of people, door and request log in the request path", "≤ 10 %", f"{memory * 100:.1f} %", memory <= 0.1),
        ("the same with the thread that writes", "–", f"{beside * 100:.1f} %", True),
        ("CPU of the way to a server behind the door, per call", "≤ 1.5 ms", f"{hop:.2f} ms", hop <= 1.5),
        ("a list of 200 tools, warm, p50 of one client", "≤ 5 ms", f"{listed:.2f} ms", listed <= 5),
        ("fall of the rate with 20 open feeds of the owner's page", "≤ 3 %", f"{fall * 100:.1f} %", fall <= 0.03),
        ("memory after the run", "≤ 90 MB", f"{ours['rss']:.0f} MB", ours["rss"] <= 90),
        ("start to ready", "≤ 1.5 s", f"{start:.2f} s", start <= 1.5),
        ("a person's p99 during the flood beside before", "≤ 2 ×", f"{tail:.2f} ×", tail <= 2),
        ("key fetches during the flood of 10 s, one per cooldown of 1.5 s", "≤ 7", f"{fetches:.0f}", fetches <= 7),
    ]


def page(middle: dict[str, dict[str, float]], calm: dict[str, float], start: float) -> str:
    """The page of figures."""
    bare, ours = middle[VARIANTS[0][0]], middle[VARIANTS[2][0]]
    rows = [
        f"| {title} | {one['rate']:,.0f} | {one['rate'] / ours['rate']:.2f} | {one['cpu']:.0f} | "
        f"{one['cpu'] / bare['cpu']:.2f} | {one['p50']:.2f} | {one['p99']:.2f} | {one['rss']:.0f} |"
        for title, one in middle.items()
    ]
    goals = [
        f"| {what} | {goal} | {found} | {'yes' if held else '**no**'} |"
        for what, goal, found, held in aims(middle, calm, start)
    ]
    versions = ", ".join(f"{name} {version(name)}" for name in ("fastmcp", "mcp", "uvicorn", "starlette", "pyjwt"))
    model = _processor()
    return "\n".join(
        [
            "# Benchmarks",
            "",
            "Written by `make bench`. Figures of one machine on one day: only the ratios mean something elsewhere.",
            "",
            f"{datetime.now(UTC):%Y-%m-%d}, {model}, Python {platform.python_version()}, {versions}.",
            f"One worker on one core, the load on another, {CONNECTIONS} connections, {ROUNDS} rounds of "
            f"{SECONDS:.0f} s, interleaved; the median of the rounds. Every request is a `tools/call` that gives back "
            "a text. With `AUTH_MODE=none` the same token is sent and not looked at. Every server logs warnings only, "
            "but for the row that says otherwise. Gatehouse runs with the packages of a deployment only; the memory "
            "of the peers includes whatever else is installed.",
            "",
            "| Server | requests/s | × Gatehouse | CPU µs | × bare | p50 ms | p99 ms | MB |",
            "|---|--:|--:|--:|--:|--:|--:|--:|",
            *rows,
            "",
            "## What was aimed at",
            "",
            "| What | Aim | Measured | Held |",
            "|---|---|---|---|",
            *goals,
            "",
            f"The flood: {calm['sent']:.0f} tokens in {FLOOD_SECONDS:.0f} s, each naming a key that nobody has. A "
            f"person who calls {PERSON_RATE} times a second waited {calm['alone']:.2f} ms at p99 before, and "
            f"{calm['beside']:.2f} ms meanwhile. Memory changed by {calm['growth']:.1f} MB.",
            "",
        ]
    )


def _processor() -> str:
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        found = None
    return f"{os.cpu_count()} cores ({found[1] if found else platform.machine()})"


if __name__ == "__main__":
    main()
