"""What the request log keeps of a call's arguments: their names, or, when the owner says so, their values too.

Pure. Values are what people ask about, so they are off unless LOG_ARGUMENTS says otherwise; and what looks like a
secret is struck out even then. That is a net with holes: it knows usual names and forms, not every secret there is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import islice
from typing import Any

MAX_CHARS = 1_000
MAX_NAMES = 50
MAX_DEPTH = 5
STRUCK_OUT = "[secret]"

_SECRET_NAME = re.compile(
    r"(^|[_-])pass$|pass(word|wd|phrase|code)|secret|token|api.?key|(^|[_-])key$|private.?key|credential"
    r"|auth(?!ors?($|[_-]))|cookie|session|(^|[_-])(pin|otp|cvc|cvv|ssn)$|비밀번호|암호|주민(등록)?번호",
    re.IGNORECASE,
)
_SECRET_FORM = re.compile(
    r"eyJ[\w-]{5,}\.[\w.-]*"  # a JWT
    r"|\b(?:bearer|basic)\s+[\w.~+/=-]{8,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*"
    r"|\b(?:sk|pk|rk|gh[opsur]|glpat|xox[abprs]|npm|github_pat)[-_][\w-]{16,}"
    r"|\bA(?:KIA|SIA)[A-Z0-9]{16}\b|\bAIza[\w-]{30,}"
    r"|://[^\s/@:]*:[^\s/@]+@"  # a password within an address
    r"|\b(?=[\w+/=-]*\d)(?=[\w+/=-]*[A-Za-z])[\w+/=-]{32,}",  # long, of letters and digits without a space: a key
    re.IGNORECASE | re.DOTALL,
)


def describe(arguments: Mapping[str, Any], *, values: bool = False) -> str:
    """The names, with commas between them, or JSON with the values; at most ``MAX_CHARS`` characters either way."""
    if not values:
        return ",".join([str(name)[:100] for name in islice(arguments, MAX_NAMES)])[:MAX_CHARS]
    return json.dumps(_struck_out(arguments, 0), ensure_ascii=False, default=str)[:MAX_CHARS]


def _struck_out(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return _SECRET_FORM.sub(STRUCK_OUT, value[:MAX_CHARS])
    if depth >= MAX_DEPTH and isinstance(value, Mapping | list | tuple):
        return "…"
    if isinstance(value, Mapping):
        return {
            str(name)[:100]: STRUCK_OUT if _SECRET_NAME.search(str(name)[:100]) else _struck_out(one, depth + 1)
            for name, one in islice(value.items(), MAX_NAMES)
        }
    if isinstance(value, list | tuple):
        return [_struck_out(one, depth + 1) for one in value[:MAX_NAMES]]
    return value
