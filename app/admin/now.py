"""Now: is the door open, what is well, how much happens, and what happens this moment."""

from __future__ import annotations

import threading

from app.admin.feed import row
from app.admin.house import Ask, Back, House, NoPage, Page, Work
from app.auth0.door import registration_too
from app.journal.day import Day, today, usual
from app.journal.queries import names, newest
from app.journal.search import Question
from app.people.door import Door

SHOWN = 30
ADMISSIONS = ("everybody", "invited", "nobody")


class Usual:
    """What is usual, counted once in a quarter of an hour at most: it means looking at a week of entries."""

    SECONDS = 900.0

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: tuple[House, float, Day | None] | None = None

    def __call__(self, house: House, now: float) -> Day | None:
        """The usual day until now."""
        with self._lock:
            if self._kept is None or self._kept[0] is not house or not 0 <= now - self._kept[1] < self.SECONDS:
                self._kept = (house, now, usual(house.engine(), now))
            return self._kept[2]


_usual = Usual()


def show(ask: Ask) -> Page:
    """The first page."""
    engine = ask.engine
    door = Door(engine)
    _, state = door.state(frozenset(ask.house.settings.default_scopes))
    found = list(newest(engine, Question(), SHOWN))
    who = names(engine, {(one.entry.iss, one.entry.sub) for one in found if one.entry.sub})
    return Page(
        "now.html",
        {
            "admission": state.admission if state.admission in ADMISSIONS else "nobody",
            "tokens_from": state.tokens_from,
            "counts": door.counts(ask.now),
            "lights": ask.house.readiness(),
            "today": today(engine, ask.now),
            "usual": _usual(ask.house, ask.now),
            "rows": [row(one, who) for one in found],
            "last": found[0].id if found else 0,
        },
    )


def set_door(ask: Ask) -> Back | Page:
    """Open or close the door, here and for programs that register at Auth0."""
    admission = ask.must("admission")
    if admission not in ADMISSIONS:
        raise NoPage(
            400,
            "The door is open for everybody, for the invited, or for nobody.",
            "문은 모두에게, 초대한 사람에게만 열거나 닫을 수 있습니다.",
        )
    line = None
    if admission == "nobody" and ask.form.get("tokens") == "yes":
        line = ask.now + ask.house.settings.oauth_leeway_seconds
    door = Door(ask.engine)
    door.set(admission, line)
    went_well, what = registration_too(door, ask.house.settings, closing=admission == "nobody")
    return (
        Back("/admin", admission)
        if went_well
        else Page("half.html", {"done": admission, "what": what, "back": "/admin"})
    )


TAB = ("/admin", "Now", "지금")
PAGES: dict[str, Work] = {"/admin": show}
CHANGES: dict[str, Work] = {"/admin/door": set_door}
