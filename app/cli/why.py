"""``gatehouse why CODE``: what stands behind a reference code that somebody was shown."""

from __future__ import annotations

import argparse
import re
import sys
from datetime import UTC, datetime

from app.cli.common import database, show
from app.journal.entry import Entry
from app.journal.reasons import explain
from app.journal.store import Store
from app.logs import clean
from app.settings import load_settings

_CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare this command's options."""
    parser.add_argument("code", help="the reference code, such as 7K3Q-9DMA")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Explain one refusal or failure. Exit code 1 when the code is unknown."""
    code = arguments.code.strip().upper()
    if not _CODE.fullmatch(code):
        print("A reference code looks like 7K3Q-9DMA: four signs, a hyphen, four signs.", file=sys.stderr)
        return 2
    settings = load_settings()
    with database(settings) as engine:
        entry = Store(engine).find(code)
    if entry is None:
        print(
            f"Nothing with the code {code} is known here. It is kept for {settings.log_days} days (LOG_DAYS), on the "
            "server that made it: check the code's letters, and that DATA_DIR or DATABASE_URL is the server's.",
            file=sys.stderr,
        )
        return 1
    if arguments.json:
        show(_facts(entry))
    else:
        print(_in_words(entry))
    return 0


def _facts(entry: Entry) -> dict[str, object]:
    reason = explain(entry.reason)
    return {
        "reference": entry.reference,
        "time": _time(entry),
        "status": entry.status,
        "reason": entry.reason,
        "check": reason.check,
        "detail": entry.detail,
        "expected": entry.expected,
        "received": entry.received,
        "outcome": entry.outcome,
        "iss": entry.iss,
        "sub": entry.sub,
        "client_id": entry.client_id,
        "method": entry.method,
        "tool": entry.tool,
        "client": entry.client,
        "next_step": reason.next_step,
    }


def _in_words(entry: Entry) -> str:
    reason = explain(entry.reason)
    rows = [
        ("when", _time(entry)),
        ("who", f"{entry.sub or 'a caller'} at {entry.client}, answered with status {entry.status}"),
        ("through", entry.client_id),
        ("asked for", f"{entry.method} {entry.tool}".strip()),
        ("check", f"{reason.check} ({entry.reason})"),
        ("expected", entry.expected),
        ("received", entry.received),
        ("what", entry.detail),
        ("next", reason.next_step),
    ]
    return "\n".join([entry.reference, *(f"  {name:10} {clean(text)}" for name, text in rows if text)])


def _time(entry: Entry) -> str:
    return datetime.fromtimestamp(entry.time, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
