"""What the request log keeps of a call's arguments: their names, or, when the owner says so, their values too.

Pure. Values are what people ask about, so they are off unless LOG_ARGUMENTS says otherwise; and what looks like a
secret (``app/journal/secret_forms.py``) is struck out even then. Only the beginning of what a caller sent is looked at.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from app.journal.secret_forms import NAME_CHARS, STRUCK_OUT, is_secret_name, name_shown, without_secrets

MAX_CHARS = 1_000
MAX_NAMES = 50
MAX_DEPTH = 5
MAX_LOOKED_AT = 4_000
MAX_PARTS = 500
"""Characters, and values with those in them, that are looked at of all arguments together: the event loop waits."""

CUT = "…"
_NAMING = frozenset({"name", "key", "header", "field", "parameter", "param", "id", "k"})
"""Under which names a pair such as ``{"name": "X-Api-Key", "value": …}`` says what its value is."""


def describe(arguments: Mapping[str, Any], *, values: bool = False) -> str:
    """The names, with commas between them, or JSON with the values; at most ``MAX_CHARS`` characters either way."""
    if not values:
        return ",".join([name_shown(str(name)) for name in islice(arguments, MAX_NAMES)])[:MAX_CHARS]
    kept = _Look().at(arguments, 0)
    return json.dumps(kept, ensure_ascii=False, default=lambda _: CUT)[:MAX_CHARS]


class _Look:
    """One look at all arguments of a call, which ends when enough was seen."""

    def __init__(self) -> None:
        self._chars, self._parts = MAX_LOOKED_AT, MAX_PARTS

    def at(self, value: Any, depth: int) -> Any:
        """What is kept of a value."""
        self._parts -= 1
        if self._parts < 0 or (depth >= MAX_DEPTH and isinstance(value, Mapping | list | tuple)):
            return CUT
        if isinstance(value, str):
            return self._text(value, depth)
        if isinstance(value, Mapping):
            return self._mapping(value, depth)
        if isinstance(value, list | tuple):
            return self._list(value, depth)
        return CUT if isinstance(value, int) and value.bit_length() > 64 else value

    def _taken(self, text: str, most: int) -> str:
        """The beginning of a text, as much as may still be looked at."""
        taken = text[: max(0, min(most, self._chars))]
        self._chars -= len(taken)
        return taken

    def _text(self, value: str, depth: int) -> str:
        text = self._taken(value, MAX_CHARS)
        if text[:1] in {"{", "["} and len(text) == len(value) and depth < MAX_DEPTH:
            try:
                inner = json.loads(text)
            except (ValueError, RecursionError):
                pass
            else:
                return json.dumps(self.at(inner, depth + 1), ensure_ascii=False)
        return without_secrets(text) + (CUT if len(text) < min(len(value), MAX_CHARS) else "")

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        named = _names_a_secret(value)
        kept: dict[str, Any] = {}
        for name, one in islice(value.items(), MAX_NAMES):
            if self._parts <= 0 or self._chars <= 0:
                kept[CUT] = CUT
                break
            word = self._taken(str(name), NAME_CHARS)
            secret = is_secret_name(word) or (named and word.lower() not in _NAMING)
            kept[name_shown(word)] = STRUCK_OUT if secret else self.at(one, depth + 1)
        return kept

    def _list(self, value: Sequence[Any], depth: int) -> list[Any]:
        if len(value) == 2 and isinstance(value[0], str) and is_secret_name(value[0]):  # such as a header
            return [self.at(value[0], depth + 1), STRUCK_OUT]
        kept: list[Any] = []
        for one in islice(value, MAX_NAMES):
            if self._parts <= 0 or self._chars <= 0:
                kept.append(CUT)
                break
            kept.append(self.at(one, depth + 1))
        return kept


def _names_a_secret(value: Mapping[Any, Any]) -> bool:
    """Whether one of a mapping's own values is the name of a secret, which then stands beside it."""
    words = (one for name, one in islice(value.items(), MAX_NAMES) if str(name).lower() in _NAMING)
    return any(isinstance(one, str) and is_secret_name(one) for one in words)
