"""Running the checks: side by side where nothing keeps them apart, each within its time, all within ten seconds.

A check whose cause is known already is not run: it is skipped, and folded under that cause. Order decides what an owner
reads first: failures before warnings, and among them the one that stands first in the catalogue, which goes from causes
to consequences.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.doctor.check import WHEN, Check, Finding, Result, Status
from app.doctor.context import Context
from app.doctor.trouble import Unreachable

CHECK_SECONDS = 5.0
"""How long one check may take, apart from waiting for others."""

RUN_SECONDS = 9.0
"""How long all may take together."""

Progress = Callable[[Result], None]
_ORDER: dict[Status, int] = {"fail": 0, "warn": 1, "skip": 2, "pass": 3}

log = logging.getLogger("gatehouse.doctor")


@dataclass(frozen=True)
class Report:
    """All results, root causes first, and the time it took in seconds."""

    results: tuple[Result, ...]
    seconds: float

    def with_status(self, *statuses: Status) -> list[Result]:
        """The results with one of these, in order."""
        return [one for one in self.results if one.status in statuses]

    def folded_under(self, id: str) -> list[Result]:
        """What was skipped because this check failed."""
        return [one for one in self.results if one.root == id]


async def examine(
    checks: Sequence[Check],
    context: Context,
    progress: Progress = lambda _: None,
    *,
    each: float = CHECK_SECONDS,
    whole: float = RUN_SECONDS,
) -> Report:
    """Run the checks. ``each`` and ``whole`` are limits in seconds; ``progress`` hears of every result as it comes.

    The answers stay in the context, which the caller closes.
    """
    started = time.monotonic()
    tasks: dict[str, asyncio.Task[Result]] = {}

    async def follow(one: Check) -> Result:
        before = [await asyncio.shield(tasks[name]) for name in one.needs if name in tasks]
        result = _folded(one, before) or _missing(one, context) or await _run(one, context, each)
        progress(result)
        return result

    for one in checks:
        tasks[one.id] = asyncio.create_task(follow(one))
    try:
        await asyncio.wait(tasks.values(), timeout=whole)
        results = [_ended(one, tasks, progress) for one in checks]
    finally:
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
    return Report(_in_order(results), time.monotonic() - started)


def _in_order(results: Sequence[Result]) -> tuple[Result, ...]:
    return tuple(sorted(results, key=lambda one: (_ORDER[one.status], not one.root)))


def _folded(one: Check, before: Sequence[Result]) -> Result | None:
    """A check is not run when what it needs failed: the cause is known."""
    for earlier in before:
        if earlier.status == "fail" or earlier.root:
            root = earlier.root or earlier.check.id
            return Result(one, "skip", f"skipped because {root} failed", root=root)
    return None


def _missing(one: Check, context: Context) -> Result | None:
    """A check is not run when there is nothing for it to look at."""
    return next((Result(one, "skip", WHEN[what]) for what in one.when if context.lacks(what)), None)


async def _run(one: Check, context: Context, seconds: float) -> Result:
    seconds = one.seconds or seconds
    try:
        async with asyncio.timeout(seconds):
            finding = await one.run(context) or Finding("pass")
    except TimeoutError:
        finding = Finding("problem", f"There was no answer within {seconds:.0f} seconds.")
    except Unreachable as trouble:
        finding = Finding("problem", str(trouble))
    except Exception as error:  # a fault of the doctor must not hide what the other checks found
        log.debug("the check %s could not be made", one.id, exc_info=error)
        finding = Finding("skip", f"the check itself could not be made ({type(error).__name__})")
    if finding.status == "problem":
        status: Status = "warn" if finding.mild else one.severity
        cause = f"{finding.said} {finding.quoted}".rstrip()
        return Result(one, status, cause, finding.action or one.action, unquoted=finding.said)
    return Result(one, finding.status, finding.said)


def _ended(one: Check, tasks: Mapping[str, asyncio.Task[Result]], progress: Progress) -> Result:
    task = tasks[one.id]
    if task.done() and not task.cancelled():
        return task.result()
    result = Result(one, "skip", "skipped because no time was left: other answers took too long")
    progress(result)
    return result
