"""Whether this machine's clock is right, as far as the authorization server's answers tell (RFC 9110 §6.6.1, Date).

A clock that is off refuses good tokens, or believes old ones; nothing else about it is visible. Only a warning: the
other clock may be the wrong one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import httpx

TOLERATED_SECONDS = 60.0

log = logging.getLogger("gatehouse.auth")


class ClockWatch:
    """Looks at each response; ``clock`` gives seconds since the epoch.

    ``ahead`` is by how many seconds this machine was ahead at the last look (behind, when negative).
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._told = False
        self.ahead = 0.0

    async def look(self, response: httpx.Response) -> None:
        """An httpx event hook for responses."""
        try:
            self.ahead = self._clock() - parsedate_to_datetime(response.headers["date"]).timestamp()
        except (KeyError, ValueError):
            return
        off = abs(self.ahead) > TOLERATED_SECONDS
        if off and not self._told:
            side = "ahead of" if self.ahead > 0 else "behind"
            log.warning(
                "this machine's clock is %.0f seconds %s the log-in service's, so tokens may be refused: "
                "switch time synchronisation on (timedatectl set-ntp true)",
                abs(self.ahead),
                side,
            )
        self._told = off
