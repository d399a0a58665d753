"""The log: who did what, found by person, program, tool, outcome and time; and everything about one entry."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from urllib.parse import urlencode

from app.admin.feed import row
from app.admin.house import Ask, Back, Download, NoPage, Page, Work
from app.admin.reasons_ko import explained
from app.journal.entry import Entry
from app.journal.queries import Logged, by_id, names, newest
from app.journal.reasons import explain
from app.journal.search import LOOKED_AT, Question
from app.journal.store import Store
from app.journal.told import FIELDS, FORMS, OUTCOMES, as_cells, as_facts, moment
from app.people.roster import Roster

SHOWN = 50
FILTERS = ("person", "client", "tool", "outcome", "since", "until")


def show(ask: Ask) -> Page | Back:
    """The entries that fit, the newest first."""
    if reference := ask.query.get("reference", "").strip().upper():
        return _found(ask, reference)
    cut: list[float] = []
    question = _question(ask)
    found = list(newest(ask.engine, question, SHOWN + 1, cut=cut.append))
    page, more = found[:SHOWN], len(found) > SHOWN
    who = names(ask.engine, {(one.entry.iss, one.entry.sub) for one in page if one.entry.sub})
    filters = {name: ask.query.get(name, "") for name in FILTERS}
    given = {name: text for name, text in filters.items() if text}
    return Page(
        "log.html",
        {
            "rows": [row(one, who) for one in page],
            "filters": filters,
            "outcomes": OUTCOMES,
            "older": urlencode({**given, "before": repr(page[-1].entry.time)}) if more else "",
            "given": urlencode(given),
            "cut": cut[0] if cut and len(found) <= SHOWN else None,
            "looked_at": LOOKED_AT,
            "begins": "before" not in ask.query,
        },
    )


def _found(ask: Ask, reference: str) -> Page:
    entry = Store(ask.engine).find(reference[:20])
    if entry is None:
        raise NoPage(
            404,
            f"No entry has the reference code {reference[:20]}. Codes look like 7K3Q-9DMA, and are kept for "
            f"{ask.house.settings.log_days} days.",
            f"참조 코드 {reference[:20]} 항목이 없습니다. 코드는 7K3Q-9DMA 같은 "
            f"모양이고 {ask.house.settings.log_days}일 동안 보관됩니다.",
            "/admin/log",
        )
    return _entry_page(ask, entry)


def show_entry(ask: Ask) -> Page:
    """Everything known about one entry."""
    number = ask.query.get("id", "")
    entry = by_id(ask.engine, int(number)) if number.isdecimal() and len(number) < 19 else None
    if entry is None:
        raise NoPage(
            404,
            "There is no such entry; it may have been forgotten since.",
            "그런 항목이 없거나 이미 지워졌습니다.",
            "/admin/log",
        )
    return _entry_page(ask, entry)


def _entry_page(ask: Ask, entry: Entry) -> Page:
    person = Roster(ask.engine).find(entry.iss, entry.sub) if entry.sub else None
    why = _why(entry.reason, ask.language) if entry.reason else None
    return Page("entry.html", {"entry": entry, "facts": as_facts(entry), "why": why, "person": person})


def _why(reason: str, language: str) -> tuple[str, str]:
    row = explain(reason)
    return explained(reason) if language == "ko" else (row.check, row.next_step)


def _question(ask: Ask) -> Question:
    outcome = ask.query.get("outcome", "")
    if outcome and outcome not in OUTCOMES:
        raise NoPage(400, f"There is no outcome “{outcome[:40]}”.", f"“{outcome[:40]}” 결과는 없습니다.", "/admin/log")
    try:
        since, until = (
            moment(text, ask.now) if (text := ask.query.get(name, "")) else None for name in ("since", "until")
        )
    except ValueError:
        raise NoPage(
            400,
            f"That is not a time. Write one of these forms: {FORMS}.",
            f"시간 형식이 아닙니다. 이렇게 쓰세요: {FORMS}.",
            "/admin/log",
        ) from None
    if before := ask.query.get("before", ""):
        until = min(_number(before), until if until is not None else float("inf"))
    query = ask.query
    person, client, tool = (query.get(name, "").strip() for name in ("person", "client", "tool"))
    return Question(person, client, tool, (outcome,) if outcome else (), since, until)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e11:
        raise NoPage(400, "There is no such page of the log.", "로그에 그런 쪽은 없습니다.", "/admin/log")
    return value


def export_csv(ask: Ask) -> Download:
    """All entries that fit, as a table."""
    question, engine = _question(ask), ask.engine

    def parts() -> Iterator[str]:
        yield _line(FIELDS)
        for one in newest(engine, question, None):
            yield _line(as_cells(one.entry))

    return Download("gatehouse-log.csv", "text/csv", lambda: _gathered(parts()))


def export_json(ask: Ask) -> Download:
    """All entries that fit, one JSON object a line."""
    question, engine = _question(ask), ask.engine

    def lines(found: Iterator[Logged]) -> Iterator[str]:
        return (json.dumps(as_facts(one.entry)) + "\n" for one in found)

    return Download(
        "gatehouse-log.jsonl", "application/x-ndjson", lambda: _gathered(lines(newest(engine, question, None)))
    )


def _line(cells: object) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)  # type: ignore[arg-type]
    return text.getvalue()


def _gathered(parts: Iterator[str]) -> Iterator[str]:
    """Fewer, larger parts: each has its way through a thread."""
    some: list[str] = []
    for part in parts:
        some.append(part)
        if len(some) == 500:
            yield "".join(some)
            some = []
    yield "".join(some)


TAB = ("/admin/log", "Log", "기록")
PAGES: dict[str, Work] = {
    "/admin/log": show,
    "/admin/log/entry": show_entry,
    "/admin/log.csv": export_csv,
    "/admin/log.jsonl": export_json,
}
CHANGES: dict[str, Work] = {}
