"""What stands before the Management API: the plan's rate limit, faults on demand, and a list of what was asked.

Deliberately not here: tokens, scopes and bodies. Time comes from the tenant's clock alone.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

REQUESTS_PER_SECOND = 2
"""What the free plan allows."""


@dataclass
class Fault:
    """One failure to come; see :meth:`~app.demo.tenant.state.Tenant.fail_next`."""

    method: str
    path: str
    status: int | None
    after: int = 0
    times: int = 1
    done: bool = False

    def strikes(self, method: str, path: str) -> bool:
        """Whether this request is the one; counts it when it could be."""
        if self.times == 0 or self.method not in ("*", method) or not re.search(self.path, path):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return True


@dataclass(frozen=True)
class Asked:
    """One request to the Management API, and the status of its answer (0 when the connection was cut)."""

    method: str
    path: str
    status: int

    @property
    def is_write(self) -> bool:
        return self.method != "GET"


class ManagementGate:
    """Counts, limits and fails requests."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._recent: deque[float] = deque()
        self.faults: list[Fault] = []
        self.log: list[Asked] = []

    @property
    def writes(self) -> list[Asked]:
        return [one for one in self.log if one.is_write]

    def pass_one(self) -> tuple[bool, dict[str, str]]:
        """Whether one more request is within the limit, and Auth0's headers about it."""
        now = self._clock()
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        passes = len(self._recent) < REQUESTS_PER_SECOND
        if passes:
            self._recent.append(now)
        headers = {
            "x-ratelimit-limit": str(REQUESTS_PER_SECOND),
            "x-ratelimit-remaining": str(REQUESTS_PER_SECOND - len(self._recent)),
            "x-ratelimit-reset": str(int(now) + 1),
        }
        return passes, headers if passes else headers | {"retry-after": "1"}

    def fault(self, method: str, path: str) -> Fault | None:
        """The failure that this request meets."""
        return next((fault for fault in self.faults if fault.strikes(method, path)), None)
