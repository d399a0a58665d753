"""A server behind the door that does exactly what its first argument says: a JSON object of switches.

It is written without any library, so that it can break every rule of the protocol. Switches: ``garbage`` and ``errors``
(lines that it prints first), ``wide`` (how many spaces follow each), ``exit`` (it ends at once with this code),
``mute`` (methods that it never answers), ``refuses`` (those answered with an error), ``message`` (of its errors),
``version`` (of the protocol), ``tools`` (its list), ``listen`` (a file with its list), ``pages`` (tools a page),
``child`` (it starts a process, and writes both process ids to this file), ``log`` (a file for what it is sent),
``stays`` (it does not end with its input), ``stubborn`` (nor when it is asked to), ``chatter`` (errors without
end). What ``echo`` is to say is a switch as well.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

SWITCHES: dict[str, Any] = json.loads(sys.argv[1]) if __name__ == "__main__" and len(sys.argv) > 1 else {}
SCHEMA = {"type": "object", "properties": {"text": {"type": "string"}}}
READ = {"readOnlyHint": True}
USUAL = [
    {"name": "echo", "description": "Says it again.", "inputSchema": SCHEMA, "annotations": READ},
    {"name": "put", "description": "Writes.", "inputSchema": SCHEMA, "annotations": {"destructiveHint": True}},
]
writing = threading.Lock()
frozen = threading.Event()
"""Set: nothing is answered any more, and the process lives on."""


def send(message: dict[str, Any]) -> None:
    with writing:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


def tools() -> list[Any]:
    place = SWITCHES.get("listen")
    if place and Path(place).exists():
        found: list[Any] = json.loads(Path(place).read_text())
        return found
    return list(SWITCHES.get("tools", USUAL))


def answer(number: Any, method: str, params: dict[str, Any]) -> None:
    if method in SWITCHES.get("refuses", []):
        return error(number)
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


def flood(number: Any) -> None:
    sys.stdout.write(f'{{"jsonrpc":"2.0","id":{json.dumps(number)},"result":{{"content":[{{"type":"text","text":"')
    for _ in range(200):
        sys.stdout.write("x" * 1_000_000)
    sys.stdout.write('"}]}}\n')


def hang(number: Any) -> None:
    threading.Event().wait()


def freeze(number: Any) -> None:
    frozen.set()


def die(number: Any) -> None:
    os._exit(3)


def notify(number: Any) -> None:
    while True:
        send({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x"}})


def error(number: Any) -> None:
    send({"jsonrpc": "2.0", "id": number, "error": {"code": -32000, "message": SWITCHES.get("message", "no")}})


def odd(number: Any) -> None:
    send({"jsonrpc": "2.0", "id": number, "result": {"content": "not a list"}})


WAYS_TO_FAIL = {
    "flood": flood,
    "hang": hang,
    "freeze": freeze,
    "die": die,
    "notify": notify,
    "error": error,
    "odd": odd,
}


def call(number: Any, params: dict[str, Any]) -> None:
    given = params.get("arguments", {})
    text = given.get("text", "")
    if text in WAYS_TO_FAIL:
        return WAYS_TO_FAIL[text](number)
    said = {"meta": json.dumps(params.get("_meta")), "environment": json.dumps(dict(os.environ))}.get(text, text)
    result: dict[str, Any] = {"content": [{"type": "text", "text": said}]}
    if text == "challenge":
        result["_meta"] = {"mcp/www_authenticate": ['Bearer resource_metadata="http://elsewhere"'], "kept": 1}
        return send({"jsonrpc": "2.0", "id": number, "result": result})
    if text == "array":
        result["structuredContent"] = [1, 2]
    if text == "changed":
        send({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
    time.sleep(given.get("wait", 0))
    result["_meta"] = {"tool": params["name"], "pid": os.getpid()}
    return send({"jsonrpc": "2.0", "id": number, "result": result})


def say_first() -> None:
    for line in SWITCHES.get("errors", []):
        sys.stderr.write(line + "\n")
    sys.stderr.flush()
    for line in SWITCHES.get("garbage", []):
        sys.stdout.write(line + " " * SWITCHES.get("wide", 0) + "\n")
    sys.stdout.flush()
    if SWITCHES.get("chatter"):
        threading.Thread(target=chatter, daemon=True).start()
    if SWITCHES.get("stubborn"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


def chatter() -> None:
    while True:
        sys.stderr.write("and on " * 1_000 + "\n")


def main() -> None:
    say_first()
    if "exit" in SWITCHES:
        raise SystemExit(SWITCHES["exit"])
    if place := SWITCHES.get("child"):
        left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        Path(place).write_text(json.dumps([os.getpid(), left.pid]))
    for line in sys.stdin:
        message = json.loads(line)
        if "log" in SWITCHES:
            with Path(SWITCHES["log"]).open("a") as log:
                log.write(json.dumps(message) + "\n")
        method, number = message.get("method"), message.get("id")
        if number is not None and method not in SWITCHES.get("mute", []) and not frozen.is_set():
            threading.Thread(target=answer, args=(number, method, message.get("params") or {}), daemon=True).start()
    if SWITCHES.get("stays") or SWITCHES.get("stubborn"):
        time.sleep(600)


if __name__ == "__main__":
    main()
