"""The policy as the running server asks it: under the newest state, with a memory of the log-ins it asked for.

The request path reads one attribute here and waits for nothing. Where the state comes from is ``watch.py``'s work; the
rules are in ``app/access/policy.py``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from cachetools import TTLCache

from app.access.policy import Decision, Guarded, State, admit, decide, effective_scopes
from app.auth.principal import Principal
from app.errors import InsufficientScope, InvalidAccessToken, NeverAllowed, NotAdmitted, PeopleUnavailable

STEP_UP_SECONDS = 600.0
MAX_STEP_UPS = 10_000
"""How long, and how many, requests to log in again are remembered."""


class Guard:
    """Answers who comes in and who may call what.

    ``state`` is None until it was read for the first time: until then nobody comes in. ``clock`` gives seconds since
    the epoch. ``local`` says that callers are at this very machine.
    """

    def __init__(
        self, state: State | None = None, clock: Callable[[], float] = time.time, *, local: bool = False
    ) -> None:
        self.state = state
        self._clock = clock
        self._local = local
        self._latest = float("-inf")
        self._asked: TTLCache[tuple[str, str, str, str], tuple[float, Principal]] = TTLCache(
            MAX_STEP_UPS, STEP_UP_SECONDS, timer=clock
        )

    def admit(self, principal: Principal) -> None:
        """Let an authenticated caller in, or raise :class:`NotAdmitted`, :class:`InvalidAccessToken` for a token from
        before the line that the owner drew, or :class:`PeopleUnavailable`."""
        if self.state is None:
            raise PeopleUnavailable("The store of people was not read yet since the server started.", 1)
        # Time does not run backwards for those whose access ended, even when somebody sets the clock back.
        self._latest = now = max(self._latest, self._clock())
        decision = admit(principal, self.state, now)
        if decision.allowed:
            return
        who = f"iss={principal.iss} sub={principal.sub} client_id={principal.client_id}"
        if decision.reason == "token_too_old":
            raise InvalidAccessToken("token_too_old", f"The token is older than the owner accepts now; {who}.")
        raise NotAdmitted(decision.reason, who)

    def welcomes(self, owner: Principal) -> bool:
        """Whether somebody may come to the owner's page, if it is theirs: a closed door does not keep owners from it,
        a block, an end of access and a line drawn under old log-ins do."""
        if self.state is None:
            return False
        self._latest = now = max(self._latest, self._clock())
        return admit(owner, replace(self.state, admission="everybody"), now).allowed

    def decide(self, principal: Principal, tool: Guarded | None) -> Decision:
        """What the policy says about one tool."""
        if self.state is None:
            return Decision(False, "unknown_tool")
        return decide(principal, tool, self.state, local=self._local)

    def scopes(self, principal: Principal) -> tuple[str, ...]:
        """What an admitted caller may do in the end, from least to most."""
        if self.state is None:
            return ()
        return effective_scopes(principal.scopes, self.state.person(principal), self.state.default_scopes)

    def refuse(self, principal: Principal, tool: Guarded, decision: Decision) -> None:
        """Raise what a caller hears who lacks a scope: :class:`InsufficientScope` when logging in again may bring it,
        else :class:`NeverAllowed`. Returns for every other decision.

        Who was sent to log in, came back with another token that was issued since, and lacks the scope still, would be
        sent round in circles (clients do so by themselves): they hear it once and plainly instead. A token from before
        proves nothing: the same person may use the same program on two machines.
        """
        if decision.reason == "capped":
            raise NeverAllowed("capped", tool.scope)
        if not decision.required:
            return
        key = (principal.iss, principal.sub, principal.client_id, tool.scope)
        asked_at, before = self._asked.setdefault(key, (self._clock(), principal))
        if before != principal and _issued_since(principal, asked_at, before):
            raise NeverAllowed("step_up_failed", tool.scope)
        raise InsufficientScope(decision.required, f"the call needs {tool.scope}, sub={principal.sub}")


CLOCKS_SECONDS = 1.0
"""How far the log-in service's clock may be behind this one for a new token to count as new."""


def _issued_since(principal: Principal, asked_at: float, before: Principal) -> bool:
    if principal.issued_at is None:  # no telling but by the end
        return principal.expires_at > before.expires_at
    return principal.issued_at >= int(asked_at) - CLOCKS_SECONDS
