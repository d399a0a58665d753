"""How much a server may say without being asked: a few thousand messages at once, and some hundreds a second for long.

Counted in messages taken in, so that a slow machine, which takes in fewer, lets nobody talk for ever.
"""

from __future__ import annotations

import time

AT_ONCE = 5_000
PER_SECOND = 500


class Pace:
    """A bucket that messages empty, and that time and requests fill."""

    def __init__(self) -> None:
        self._left = float(AT_ONCE)
        self._at = time.monotonic()

    def asked(self) -> None:
        """Something was asked for, so an answer will come."""
        self._left += 1

    def heard(self) -> bool:
        """Take one message in; returns whether that is still within reason."""
        now = time.monotonic()
        self._left = min(self._left + (now - self._at) * PER_SECOND, AT_ONCE) - 1
        self._at = now
        return self._left > 0
