"""Doctor: the same checks as ``gatehouse doctor`` from inside, with their progress, and what the last look found.

One look at a time. It runs in a thread of its own to its end, at most about ten seconds, whoever waits for it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from app.admin.house import Ask, House, Page, Work

if TYPE_CHECKING:
    from app.doctor.check import Result
    from app.doctor.run import Report

HERE = "/admin/doctor"

log = logging.getLogger("gatehouse.admin")


@dataclass(frozen=True)
class Look:
    """What one look found, and when: seconds since the epoch."""

    report: Report
    at: float


class Looking:
    """The look that is under way, and the last one of each house."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: tuple[House, Look] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a look is under way."""
        return self._lock.locked()

    def last(self, house: House) -> Look | None:
        """The last look at this house."""
        return self._last[1] if self._last and self._last[0] is house else None

    def begin(self, house: House) -> SimpleQueue[Result | None] | None:
        """Begin to look; results come in the queue, and None at the end. None when another look is under way."""
        if not self._lock.acquire(blocking=False):
            return None
        results: SimpleQueue[Result | None] = SimpleQueue()
        try:
            threading.Thread(target=self._look, args=(house, results), daemon=True, name="doctor").start()
        except RuntimeError:  # the machine gives no thread
            self._lock.release()
            raise
        return results

    def _look(self, house: House, results: SimpleQueue[Result | None]) -> None:
        try:
            self._last = (house, Look(asyncio.run(_examined(house, results)), house.clock()))
        except Exception as error:  # whoever waits must hear of the end
            self._last = None
            log.error("the doctor could not finish", exc_info=error)
        finally:
            self._lock.release()
            results.put(None)


async def _examined(house: House, results: SimpleQueue[Result | None]) -> Report:
    from app.doctor.checks import CHECKS  # noqa: PLC0415  (many, and few look)
    from app.doctor.inside import inside  # noqa: PLC0415
    from app.doctor.run import examine  # noqa: PLC0415

    context = inside(house.settings)
    try:
        return await examine(CHECKS, context, results.put)
    finally:
        await context.close()


looking = Looking()


def show(ask: Ask) -> Page:
    """What the last look found."""
    return _shown(ask, busy=looking.is_busy)


def look(ask: Ask) -> Page:
    """Look, and tell how far it is while it goes on."""
    results = looking.begin(ask.house)
    if results is None:
        return _shown(ask, busy=True, status=409)  # no refusal: the doctor would warn of it for a day
    outcome = {"outcome": lambda: _facts(looking.last(ask.house))}
    return Page("looking.html", {"steps": _steps(results), **outcome}, streams=True)


def _shown(ask: Ask, *, busy: bool, status: int = 200) -> Page:
    return Page("doctor.html", {"facts": _facts(looking.last(ask.house)), "busy": busy}, status=status)


def _steps(results: SimpleQueue[Result | None]) -> Iterator[tuple[str, int, int]]:
    """Each group when it is done: its name, how many checks are in it, and how many found something."""
    from app.doctor.checks import CHECKS  # noqa: PLC0415
    from app.doctor.report import Groups  # noqa: PLC0415

    groups = Groups(CHECKS)
    while (result := results.get()) is not None:
        if groups.add(result):
            group = result.check.group
            yield group, groups.all[group], groups.bad[group]


def _facts(last: Look | None) -> dict[str, Any]:
    if last is None:
        return {"report": None}
    from app.doctor.report import not_looked_at, seen  # noqa: PLC0415

    report = last.report
    counts = {status: len(report.with_status(status)) for status in ("fail", "warn", "pass", "skip")}
    more = {"seen": seen(report), "whys": not_looked_at(report), "at": last.at}
    return {"report": report, "counts": counts, "found": report.with_status("fail", "warn"), **more}


TAB = (HERE, "Doctor", "진단")
PAGES: dict[str, Work] = {HERE: show, f"{HERE}/look": show}
"""The address of a look, opened anew or in another language, shows what was found."""

CHANGES: dict[str, Work] = {f"{HERE}/look": look}
