"""What the owner's page is given of the server, and what each of its pages is asked with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.auth.principal import Principal

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.auth.authorization_server import AuthorizationServer
    from app.doctor.readiness import Ready
    from app.endpoint.gate import Gate
    from app.endpoint.limits import Limits
    from app.endpoint.mcp import Authenticate
    from app.journal.visit import Visits
    from app.people.guard import Guard
    from app.settings import Settings
    from app.tools.base import Toolset
    from app.tools.upstream.entry import ServerEntry

MAX_FIELD = 4_096
"""Characters of a form field or of a filter."""


@dataclass(frozen=True)
class House:
    """The parts of the running server that the page looks at. ``server`` is None when nobody logs in.

    ``engine`` opens the store, ``toolsets`` gives what is offered now, ``readiness`` the checks that cost nothing;
    ``clock`` is seconds since the epoch. ``upstreams`` are the servers behind the door, remembered in ``folder``.
    """

    settings: Settings
    guard: Guard
    engine: Callable[[], Engine]
    server: AuthorizationServer | None
    authenticate: Authenticate
    gate: Gate
    limits: Limits
    visits: Visits
    readiness: Callable[[], Sequence[Ready]]
    toolsets: Callable[[], Sequence[Toolset]]
    clock: Callable[[], float]
    upstreams: Sequence[ServerEntry]
    folder: Path


class NoPage(Exception):
    """There is nothing to show: why, in English and Korean, and the HTTP status. ``back`` is where to go on.

    ``reason`` is a row of ``app/journal/reasons.py``; ``reference`` the code under which the request log has more.
    """

    def __init__(self, status: int, en: str, ko: str, back: str = "/admin", reason: str = "bad_form") -> None:
        super().__init__(en)
        self.status, self.en, self.ko, self.back, self.reason = status, en, ko, back, reason
        self.reference = ""


@dataclass(frozen=True)
class Page:
    """A template and what it shows. ``streams`` sends it piece by piece: for long work, whose steps the template loops
    over while they come. ``status`` is that of HTTP, for a page that is sent whole."""

    template: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    streams: bool = False
    status: int = 200


@dataclass(frozen=True)
class Download:
    """A file, in parts, for the browser to keep."""

    name: str
    media_type: str
    parts: Callable[[], Any]


@dataclass(frozen=True)
class Back:
    """A change was made: go on at ``path``, and say the sentence that ``done`` stands for there."""

    path: str
    done: str = ""


@dataclass(frozen=True)
class Ask:
    """One request to a page. ``query`` and ``form`` hold one value for each name, as somebody wrote it."""

    house: House
    owner: Principal
    language: str
    query: Mapping[str, str]
    form: Mapping[str, str] = field(default_factory=dict)

    def t(self, en: str, ko: str) -> str:
        """The text in the language that the owner reads."""
        return ko if self.language == "ko" else en

    @property
    def engine(self) -> Engine:
        """The store, open."""
        return self.house.engine()

    @property
    def now(self) -> float:
        """Seconds since the epoch."""
        return self.house.clock()

    def must(self, name: str) -> str:
        """A form field that has to be there. Raises :class:`NoPage` when it is not."""
        value = self.form.get(name, "")
        if not value:
            raise NoPage(
                400,
                f"The form came without “{name}”. Go back and fill it in.",
                f"양식에 “{name}” 항목이 없습니다. 돌아가서 채워 주세요.",
            )
        return value


Work = Callable[[Ask], Page | Back | Download]
"""What makes a page, or a change."""
