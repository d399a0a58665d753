"""The server behind the door of one compared variant: one tool that gives back its text, and 199 beside it.

Written without any library, so that what is measured is the way to it.
"""

from __future__ import annotations

import json
import sys
from typing import Any

TEXT = {"type": "object", "properties": {"text": {"type": "string", "description": "What to give back."}}}
OTHER = {"type": "object", "properties": {f"argument{number}": {"type": "string"} for number in range(6)}}
READ = {"readOnlyHint": True}
TOOLS = [{"name": "echo", "description": "Gives back its text.", "inputSchema": TEXT, "annotations": READ}] + [
    {"name": f"other_{number}", "description": "Is listed. " * 15, "inputSchema": OTHER, "annotations": READ}
    for number in range(199)
]


def result_of(message: dict[str, Any]) -> dict[str, Any] | None:
    """The result of a request; None for what is not known here."""
    match message["method"]:
        case "initialize":
            version = message["params"]["protocolVersion"]
            return {
                "protocolVersion": version,
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "c", "version": "1"},
            }
        case "tools/list":
            return {"tools": TOOLS}
        case "tools/call":
            text = message["params"]["arguments"]["text"]
            return {"content": [{"type": "text", "text": text}], "isError": False}
    return None


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        message = json.loads(line)
        if "id" not in message:
            continue
        result = result_of(message)
        error = {"error": {"code": -32601, "message": "unknown"}}
        answer = {"jsonrpc": "2.0", "id": message["id"], **({"result": result} if result is not None else error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
