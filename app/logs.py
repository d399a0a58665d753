"""How log lines look, and what never stands in one.

One line per event, in ``text`` or ``json``. What callers send may appear in a line, so control characters are escaped
(nobody can write a line that looks like another) and anything shaped like a token is struck out.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal

_TOKEN = re.compile(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_.-]*|(?i:\bbearer) +[A-Za-z0-9._~+/=-]{8,}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

request_number: ContextVar[int] = ContextVar("request_number", default=0)
"""The request being served: with ``json``, its id stands in each line that is written meanwhile."""

_PROCESS = secrets.token_hex(4)
"""Tells the requests of this process from those of another, or of an earlier one."""


def clean(text: str) -> str:
    """Escape control characters and strike out tokens."""
    return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", _TOKEN.sub("[token]", text))


class _Lines(logging.Formatter):
    def __init__(self, style: Literal["text", "json"]) -> None:
        super().__init__()
        self._json = style == "json"

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        message = clean(record.getMessage())
        trace = self.formatException(record.exc_info).splitlines() if record.exc_info else []
        if self._json:
            entry = {"time": time, "level": record.levelname.lower(), "logger": record.name, "message": message}
            if number := request_number.get():
                entry["request"] = f"{_PROCESS}-{number:x}"
            return json.dumps({**entry, "trace": [clean(line) for line in trace]} if trace else entry)
        lines = [f"{time} {record.levelname.lower():7} {record.name}: {message}"]
        return "\n".join(lines + [f"    | {clean(line)}" for line in trace])


def configure_logging(level: str, style: Literal["text", "json"]) -> None:
    """Send every log line to standard error in one form. ``level`` is debug, info, warning or error."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Lines(style))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("gatehouse").setLevel(level.upper())


def silence_access_log() -> None:
    """Switch uvicorn's access log off for good: it writes query strings, and somebody may put a token into one."""
    logging.getLogger("uvicorn.access").disabled = True
