"""The outcome in words, for an owner who is no specialist, and as JSON for programs. Root causes come first."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from typing import Any, TextIO

from app.doctor.check import Check, Group, Result
from app.doctor.run import Report

_WORDS = {"fail": "FAILED", "warn": "WARNING"}
_LISTED = 6
_WIDTH = 100


def as_json(report: Report, context_facts: dict[str, Any]) -> dict[str, Any]:
    """As interface.md promises: ``checks`` in order, and a ``summary`` with counts, root causes and what was known."""
    counts = Counter(one.status for one in report.results)
    roots = [one.check.id for one in report.with_status("fail")]
    summary = {
        "status": overall(report),
        **{status: counts[status] for status in ("fail", "warn", "pass", "skip")},
        "root_causes": roots,
        "seconds": round(report.seconds, 2),
        **context_facts,
    }
    return {"checks": [one.facts() for one in report.results], "summary": summary}


def overall(report: Report) -> str:
    """The worst that was found."""
    found = {one.status for one in report.results}
    return next((status for status in ("fail", "warn") if status in found), "pass")


def in_words(report: Report) -> list[str]:
    """Lines to print."""
    lines: list[str] = []
    for one in report.with_status("fail", "warn"):
        lines += _told(one, report.folded_under(one.check.id))
    if facts := seen(report):
        lines += ["What was seen", *(f"  {fact}" for fact in facts), ""]
    return [*lines, *_skipped(report), _summary(report)]


def seen(report: Report) -> list[str]:
    """What checks that passed saw, where they say so."""
    return [f"{one.check.title}: {one.cause}" for one in report.with_status("pass") if one.cause]


def not_looked_at(report: Report) -> list[tuple[str, int]]:
    """Why checks were not made, and how many for each reason; but for those that wait for another."""
    return Counter(one.cause for one in report.with_status("skip") if not one.root).most_common()


def _told(one: Result, folded: Sequence[Result]) -> list[str]:
    lines = [f"{_WORDS[one.status]}: {one.check.id}", f"  should  {one.check.title}."]
    lines += [*_wrapped("is", one.cause), *_wrapped("do", one.action), f"  more    {one.check.docs}"]
    if folded:
        names = ", ".join(each.check.id for each in folded[:_LISTED])
        rest = f" and {len(folded) - _LISTED} more" if len(folded) > _LISTED else ""
        wait = "check waits" if len(folded) == 1 else "checks wait"
        lines.append(f"  {len(folded)} other {wait} for this one: {names}{rest}.")
    return [*lines, ""]


def _wrapped(name: str, text: str) -> list[str]:
    indent = " " * 10
    return textwrap.wrap(text, _WIDTH, initial_indent=f"  {name:8}", subsequent_indent=indent, break_long_words=False)


def _skipped(report: Report) -> list[str]:
    whys = not_looked_at(report)
    return ["Not looked at", *(f"  {count:3} {_checks(count)}: {why}" for why, count in whys), ""] if whys else []


def _checks(count: int) -> str:
    return "check" if count == 1 else "checks"


def _summary(report: Report) -> str:
    counts = Counter(one.status for one in report.results)
    found = f"{counts['fail']} failed, {counts['warn']} warnings, {counts['pass']} fine, {counts['skip']} not looked at"
    return f"{len(report.results)} {_checks(len(report.results))} in {report.seconds:.1f} seconds: {found}."


class Groups:
    """How far each group is: how many checks are in it, how many are ``left``, how many found something (``bad``)."""

    def __init__(self, checks: Sequence[Check]) -> None:
        self.left = Counter(one.group for one in checks)
        self.all = dict(self.left)
        self.bad: Counter[Group] = Counter()

    def add(self, result: Result) -> bool:
        """Hear of one result; returns whether its group is done."""
        group = result.check.group
        self.left[group] -= 1
        self.bad[group] += result.status in {"fail", "warn"}
        return not self.left[group]


class Progress:
    """Says on ``stream`` how far each group is: lines that are rewritten on a terminal, else one when it is done."""

    def __init__(self, checks: Sequence[Check], stream: TextIO) -> None:
        self._groups = Groups(checks)
        self._stream = stream
        self._terminal = stream.isatty()
        self._drawn = False

    def __call__(self, result: Result) -> None:
        """Hear of one result."""
        is_done = self._groups.add(result)
        if self._terminal:
            self._draw()
        elif is_done:
            self._stream.write(f"{self._line(result.check.group)}\n")
            self._stream.flush()

    def _line(self, group: Group) -> str:
        whole, bad = self._groups.all[group], self._groups.bad[group]
        found = f", {bad} found something" if bad else ""
        return f"{group:22} {whole - self._groups.left[group]} of {whole} checks{found}"

    def _draw(self) -> None:
        up = f"\x1b[{len(self._groups.all)}A" if self._drawn else ""
        self._stream.write(up + "".join(f"\x1b[2K{self._line(group)}\n" for group in self._groups.all))
        self._stream.flush()
        self._drawn = True
