"""A server behind the door that does exactly what its first argument says: a JSON object of switches.

It is written without any library, so that it can break every rule of the protocol. It speaks lines on standard input
and output. Switches: ``garbage`` (lines printed first), ``exit`` (ends at once with this code), ``mute`` (never answers
these methods), ``version`` (its protocol version), ``tools`` (the list as it stands), ``pages`` (how many tools a page),
``errors`` (lines for standard error), ``listen`` (a file: when it is there, the tools of it are listed), ``child`` (a
file: starts a process that outlives it, and writes both process ids there), ``notes`` (notifications a second).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

SWITCHES: dict[str, Any] = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
SCHEMA = {"type": "object", "properties": {"text": {"type": "string"}}}
READ = {"readOnlyHint": True}
USUAL = [
    {"name": "echo", "description": "Says it again.", "inputSchema": SCHEMA, "annotations": READ},
    {"name": "put", "description": "Writes.", "inputSchema": SCHEMA, "annotations": {"destructiveHint": True}},
]
writing = threading.Lock()
waiting: dict[Any, threading.Event] = {}


def send(message: dict[str, Any]) -> None:
    with writing:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


def tools() -> list[Any]:
    place = SWITCHES.get("listen")
    if place and Path(place).exists():
        found: list[Any] = json.loads(Path(place).read_text())
        return found
    return SWITCHES.get("tools", USUAL)


def answer(number: Any, method: str, params: dict[str, Any]) -> None:
    if method == "initialize":
        version = SWITCHES.get("version", "2025-11-25")
        offers = {"tools": {"listChanged": True}}
        result: Any = {"protocolVersion": version, "capabilities": offers, "serverInfo": {"name": "s", "version": "1"}}
    elif method == "tools/list":
        everything, size = tools(), SWITCHES.get("pages", 100_000)
        start = int(params.get("cursor", 0))
        more = {"nextCursor": str(start + size)} if start + size < len(everything) else {}
        result = {"tools": everything[start : start + size], **more}
    elif method == "tools/call":
        return call(number, params)
    elif method == "ping":
        result = {}
    else:
        return send({"jsonrpc": "2.0", "id": number, "error": {"code": -32601, "message": f"no {method}"}})
    return send({"jsonrpc": "2.0", "id": number, "result": result})


def call(number: Any, params: dict[str, Any]) -> None:
    name, given = params["name"], params.get("arguments", {})
    text = given.get("text", "")
    result: dict[str, Any] = {"content": [{"type": "text", "text": text}]}
    if text == "flood":
        sys.stdout.write('{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":"' % json.dumps(number))
        for _ in range(200):
            sys.stdout.write("x" * 1_000_000)
        sys.stdout.write('"}]}}\n')
        return
    if text == "hang":
        waiting[number] = threading.Event()
        waiting[number].wait()
        return
    if text == "die":
        os._exit(3)
    if text == "notify":
        while True:
            send({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x"}})
    if text == "error":
        send({"jsonrpc": "2.0", "id": number, "error": {"code": -32000, "message": SWITCHES.get("message", "no")}})
        return
    if text == "odd":
        result = {"content": "not a list"}
    if text == "meta":
        result["content"] = [{"type": "text", "text": json.dumps(params.get("_meta"))}]
    if text == "environment":
        result["content"] = [{"type": "text", "text": json.dumps(dict(os.environ))}]
    if text == "array":
        result["structuredContent"] = [1, 2]
    if "wait" in given:
        time.sleep(given["wait"])
    result["_meta"] = {"tool": name, "pid": os.getpid()}
    send({"jsonrpc": "2.0", "id": number, "result": result})


def main() -> None:
    for line in SWITCHES.get("errors", []):
        sys.stderr.write(line + "\n")
    sys.stderr.flush()
    for line in SWITCHES.get("garbage", []):
        sys.stdout.write(line + "\n")
    sys.stdout.flush()
    if "exit" in SWITCHES:
        raise SystemExit(SWITCHES["exit"])
    if place := SWITCHES.get("child"):
        left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        Path(place).write_text(json.dumps([os.getpid(), left.pid]))
    for line in sys.stdin:
        message = json.loads(line)
        method, number = message.get("method"), message.get("id")
        if "log" in SWITCHES:
            with Path(SWITCHES["log"]).open("a") as log:
                log.write(json.dumps(message) + "\n")
        if method == "tools/changed":  # a word of the tests
            continue
        if number is None or method in SWITCHES.get("mute", []):
            continue
        threading.Thread(target=answer, args=(number, method, message.get("params") or {}), daemon=True).start()
    if SWITCHES.get("stays"):
        time.sleep(600)


if __name__ == "__main__":
    main()
