"""How log lines look, and what never stands in one.

One line per event, in ``text`` or ``json``. What callers send may appear in a line, so what is not seen, or moves what
is, is escaped (nobody can write a line that looks like another). Anything shaped like a token is struck out, and so are
the queries of addresses.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

_BEARER = re.compile(r"(?i:\bbearer) {1,20}[A-Za-z0-9._~+/=-]{8,}")
_DOTTED = re.compile(r"[A-Za-z0-9_.-]{9,}+")
_JWT_START = re.compile(r"\beyJ")
_QUERY = re.compile(  # after its question mark, or two of its parts
    r"""[?&][\w.%~-]++=[^\s'"<>]*|(?<![\w.%~-])[\w.%~-]++=[^\s'"<>&=]*+=*+&[^\s'"<>]*"""
)
_UNSEEN = re.compile(
    # Control characters, half letters, separators of lines, Unicode's category Cf (bidirectional, zero-width), and
    # fillers that take the place of a letter: what a person does not see, or what moves what they see.
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u180e\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb\U000110bd\U000110cd"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f]"
)
_PLAIN_WORD = re.compile(r"[A-Za-z0-9_.:/|@-]*")

request_number: ContextVar[int] = ContextVar("request_number", default=0)
"""The request being served: with ``json``, its id stands in each line that is written meanwhile."""

_PROCESS = secrets.token_hex(4)
"""Tells the requests of this process from those of another, or of an earlier one."""


def clean(text: str) -> str:
    """Escape what is not seen or moves what is (control, zero-width and bidirectional signs); strike out tokens."""
    return _UNSEEN.sub(_escaped, without_tokens(text, "[token]"))


def without_tokens(text: str, instead: str) -> str:
    """Put ``instead`` in the place of each JWT and each Bearer credential, in time in proportion to the text."""
    if "eyJ" in text:
        text = _DOTTED.sub(lambda found: _without_jwt(found[0], instead), text)
    return _BEARER.sub(instead, text)


def without_queries(text: str) -> str:
    """Leave the queries of addresses out: somebody may have put a secret there."""
    return _QUERY.sub("?…", text) if "?" in text or "&" in text else text


@lru_cache(maxsize=2_048)
def quoted(word: str) -> str:
    """A caller's word as it stands in a line: as JSON when it could be taken for more than one word."""
    return word if _PLAIN_WORD.fullmatch(word) else json.dumps(word, ensure_ascii=False)


def _escaped(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def _without_jwt(text: str, instead: str) -> str:
    """Strike out from the first ``eyJ`` on that has five more characters and a dot behind it."""
    parts, at = text.split("."), 0
    for part in parts[:-1]:
        start = _JWT_START.search(part)
        if start and len(part) - start.end() >= 5:
            return text[: at + start.start()] + instead
        at += len(part) + 1
    return text


def _tidy(text: str) -> str:
    return clean(without_queries(text))


class _Lines(logging.Formatter):
    def __init__(self, style: Literal["text", "json"]) -> None:
        super().__init__()
        self._json = style == "json"

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        message = _tidy(record.getMessage())
        trace = self.formatException(record.exc_info).splitlines() if record.exc_info else []
        if self._json:
            entry = {"time": time, "level": record.levelname.lower(), "logger": record.name, "message": message}
            if number := request_number.get():
                entry["request"] = f"{_PROCESS}-{number:x}"
            return json.dumps({**entry, "trace": [_tidy(line) for line in trace]} if trace else entry)
        lines = [f"{time} {record.levelname.lower():7} {record.name}: {message}"]
        return "\n".join(lines + [f"    | {_tidy(line)}" for line in trace])


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
