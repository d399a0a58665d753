"""The official MCP conformance suite against our own endpoint, in both protocol eras.

What falls short is listed in ``KNOWN_GAPS`` with its reason, check by check. The list is exact: a check that begins to
pass must leave it, and nothing may fall short, be skipped or be left out without standing there.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.demo.serving import ServedApp
from tests.conformance.fixture_server import fixture_endpoint

HERE = Path(__file__).parent
NODE = HERE / "node_modules" / ".bin" / "node"
SUITE = HERE / "node_modules" / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
SECONDS = 90

pytestmark = [
    pytest.mark.skipif(not (NODE.exists() and SUITE.exists()), reason="needs: npm ci --prefix tests/conformance"),
    # The fixtures log and sample because the suite asks for it, although the newest revision deprecates both.
    pytest.mark.filterwarnings("ignore::mcp.shared.exceptions.MCPDeprecationWarning"),
]

NO_REQUESTS = (
    "Needs a request from the server to the client inside a call; without sessions its answer has no way back."
)
NO_SESSIONS = "The suite stops at a server without session ids, which the specification makes optional."
NO_SUBSCRIPTIONS = "The tools never change while the server runs, so it neither announces nor offers subscriptions."
NO_TASKS = "Optional extension io.modelcontextprotocol/tasks: tools answer within one request, there are no tasks."

KNOWN_GAPS: dict[str, dict[str, str]] = {
    "2025-11-25": {
        "tools-call-sampling:tools-call-sampling": NO_REQUESTS,
        "tools-call-elicitation:tools-call-elicitation": NO_REQUESTS,
        "elicitation-sep1034-defaults:elicitation-sep1034-general": NO_REQUESTS,
        "elicitation-sep1330-enums:elicitation-sep1330-general": NO_REQUESTS,
        "server-sse-multiple-streams:server-sse-multiple-streams-session": NO_SESSIONS,
        "server-sse-polling:server-sse-polling-session": NO_SESSIONS,
    },
    "2026-07-28": {
        "server-stateless:sep-2575-server-sends-subscription-ack": NO_SUBSCRIPTIONS,
        "server-stateless:sep-2575-server-tags-subscription-id": NO_SUBSCRIPTIONS,
        "server-stateless:sep-2575-server-honors-notification-filter": NO_SUBSCRIPTIONS,
        "server-stateless:sep-2575-server-sends-prompts-list-changed-on-subscription": NO_SUBSCRIPTIONS,
        "server-stateless:sep-2575-server-sends-tools-list-changed-on-subscription": NO_SUBSCRIPTIONS,
        "tasks-lifecycle": NO_TASKS,
        "tasks-capability-negotiation": NO_TASKS,
        "tasks-wire-fields": NO_TASKS,
        "tasks-request-state-removal": NO_TASKS,
        "tasks-mrtr-input": NO_TASKS,
        "tasks-request-headers": NO_TASKS,
        "tasks-dispatch-and-envelope": NO_TASKS,
        "tasks-status-notifications": NO_TASKS,
        "tasks-required-task-error": NO_TASKS,
        "tasks-mrtr-composition": NO_TASKS,
    },
}
"""By revision: what is not passed, as ``scenario:check`` or, where a whole scenario does not apply, ``scenario``."""

Results = dict[str, list[dict[str, Any]]]
"""The checks of each scenario that was run."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The fixtures behind our endpoint, served as the real server is."""
    served = ServedApp()
    served.start(Starlette(routes=[Route("/mcp", fixture_endpoint(served.url))]))
    yield f"{served.url}/mcp"
    served.stop()


@pytest.mark.parametrize("revision", KNOWN_GAPS)
def test_passes_every_check_of_the_suite_but_the_known_gaps(address: str, revision: str, tmp_path: Path) -> None:
    output = _conformance("server", "--url", address, "--requirements", revision, "-o", str(tmp_path))
    results = _results(tmp_path)
    assert results.keys() == _scenarios(revision), f"not what the suite says it runs:\n{output}"
    assert [name for name, checks in results.items() if not checks] == []

    whole = {gap for gap in KNOWN_GAPS[revision] if ":" not in gap}
    short = {
        scenario if scenario in whole else f"{scenario}:{check['id']}": check.get("errorMessage", check["status"])
        for scenario, checks in results.items()
        for check in checks
        if check["status"] not in ("SUCCESS", "INFO")
    }
    surprises = {gap: message for gap, message in short.items() if gap not in KNOWN_GAPS[revision]}
    assert surprises == {}
    passed = KNOWN_GAPS[revision].keys() - short.keys()
    assert passed == set(), "these pass: remove them from KNOWN_GAPS"


def _conformance(*arguments: str) -> str:
    """Run the suite's command; its exit code counts gaps as failures, so the recorded checks are judged instead."""
    command = [str(NODE), str(SUITE), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    return done.stdout + done.stderr


def _results(folder: Path) -> Results:
    results = {}
    for file in folder.glob("*/checks.json"):
        named = re.fullmatch(r"server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z", file.parent.name)
        assert named, file
        results[named[1]] = json.loads(file.read_text())
    return results


def _scenarios(revision: str) -> set[str]:
    """Every scenario for servers that the suite has for a revision, whether it scores them or only reports them."""
    output = _conformance("list", "--requirements", revision)
    _, _, rest = output.partition("Server scenarios")
    scored, _, unscored = rest.partition("\n\n")
    names = re.findall(r"^  - (\S+)$", scored, re.MULTILINE)
    assert names, output
    return {*names, *re.findall(r"^    - (\S+) \[server\]$", unscored, re.MULTILINE)}
