"""What a check is: an id that stays, a sentence that holds when all is well, what to do when it does not.

Plain data and one coroutine each; nothing here looks at anything.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from app.doctor.context import Context

Group = Literal[
    "configuration",
    "network",
    "tls",
    "authorization-server",
    "metadata",
    "registration",
    "token",
    "mcp",
    "tools",
    "operation",
]
Severity = Literal["fail", "warn"]
Status = Literal["pass", "warn", "fail", "skip"]
MAX_QUOTED = 300
PAGE = "docs/how-to/troubleshooting.md"


@dataclass(frozen=True)
class Finding:
    """What a check found. ``said`` is one sentence: what was seen, or why there was nothing to look at."""

    status: Literal["pass", "problem", "skip"]
    said: str = ""
    action: str = ""
    """Replaces the check's own next action when more is known."""
    mild: bool = False
    """A problem that is only a warning here, whatever the check's severity."""
    quoted: str = ""
    """What a stranger's program said, bounded; the owner reads it after ``said``, and it is in no support bundle."""


def passed(said: str = "") -> Finding:
    """All is well; ``said`` is what was seen."""
    return Finding("pass", said)


def problem(said: str, action: str = "", *, mild: bool = False, quoted: str = "") -> Finding:
    """Something is wrong. Never a page of a stranger's in it: it may be one of the house."""
    return Finding("problem", said, action, mild, quoted[:MAX_QUOTED])


def skipped(why: str) -> Finding:
    """There is nothing to look at here."""
    return Finding("skip", why)


Run = Callable[["Context"], Awaitable[Finding | None]]
"""None means that all is well and there is nothing to say."""


WHEN = {
    "inside": "only seen from inside, with the settings",
    "log-in": "nobody logs in here (AUTH_MODE=none)",
    "public": "the address is this machine's own: only programs on it can come",
    "token": "needs a token: --login, or --token-file FILE",
    "login": "only on request (--login)",
    "client": "needs a client: --client-id ID, or --register",
    "register": "only on request (--register), since it leaves a client behind at the log-in service",
    "management": "needs credentials of Auth0's management API",
}
"""What there must be for a check to have something to look at, and what is said when there is not."""


@dataclass(frozen=True)
class Check:
    """One check. ``needs`` are the checks without which this one would only repeat their failure.

    ``when`` says what there must be to look at (:data:`WHEN`).
    ``reasons`` are the refusal reasons of ``app/journal/reasons.py`` that this check explains; ``see`` is a page below
    ``docs/`` with more. ``seconds`` is how long it may take, if that is longer than usual.
    """

    id: str
    group: Group
    title: str
    action: str
    run: Run
    severity: Severity = "fail"
    needs: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    see: str = ""
    seconds: float | None = None

    @property
    def docs(self) -> str:
        """Where this check is explained."""
        return f"{PAGE}#{self.id}"


class Room:
    """Makes the checks of one file, in order; what is said here holds for each that says nothing else."""

    def __init__(self, group: Group, **usual: Any) -> None:
        self._usual = {"group": group, **usual}
        self.made: list[Check] = []

    def __call__(self, id: str, title: str, action: str, **more: Any) -> Callable[[Run], Check]:
        """Make a check of a coroutine."""

        def make(run: Run) -> Check:
            self.made.append(Check(**{**self._usual, **more}, id=id, title=title, action=action, run=run))
            return self.made[-1]

        return make


@dataclass(frozen=True)
class Result:
    """How one check ended. ``root`` is the id of the failed check because of which this one was skipped."""

    check: Check
    status: Status
    cause: str = ""
    action: str = ""
    root: str = ""
    unquoted: str = ""
    """The cause without anybody else's words."""

    def facts(self) -> dict[str, str]:
        """As ``--json`` prints it."""
        one = self.check
        facts = {"id": one.id, "group": one.group, "status": self.status, "title": one.title}
        return {**facts, "cause": self.cause, "action": self.action, "docs": one.docs}
