"""The MCP TypeScript SDK 1.x makes the whole journey, in a Node process of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.login import log_in
from tests.support.world import EMAIL, PASSWORD, World

HERE = Path(__file__).parent / "typescript"


def test_discovers_registers_logs_in_and_calls_a_tool(world: World) -> None:
    node = shutil.which("node")
    if node is None or not (HERE / "node_modules").is_dir():
        pytest.skip("needs Node.js and: npm ci --prefix tests/clients/typescript")
    command = [node, "journey.mjs", world.mcp]
    with subprocess.Popen(
        command, cwd=HERE, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        word, _, address = process.stdout.readline().strip().partition(" ")
        assert word == "open", process.stderr.read()
        told = log_in(address, EMAIL, PASSWORD)
        output, errors = process.communicate(f"{told['code']} {told['state']}\n", timeout=60)
    assert process.returncode == 0, errors
    outcome = json.loads(output)
    assert outcome["tools"] == ["echo", "write_note", "break", "fail"]
    assert outcome["result"]["structuredContent"] == {"text": "from TypeScript"}
    assert outcome["client"].startswith("tpc_")
    assert world.probe.calls == 1
