"""``gatehouse log``: who did what, newest first, or live.

What callers chose (tool names, user agents, arguments) is printed so that it can neither write another line nor, in a
table, become a formula. Times without a zone are those of this machine.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from unicodedata import east_asian_width

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.cli.common import complain, database, show
from app.journal.entry import Entry
from app.journal.queries import DENIED, Logged, after, last_id, names, newest
from app.journal.search import LOOKED_AT, Question
from app.journal.told import FIELDS, FORMS, OUTCOMES, as_cells, as_facts, moment
from app.logs import clean
from app.settings import load_settings

SHOWN, SHOWN_BEFORE_FOLLOWING = 100, 10
FOLLOW_SECONDS = 0.25

_WIDTHS = {"TIME": 19, "PERSON": 36, "PROGRAM": 18, "WHAT": 28, "OUTCOME": 10, "TOOK": 8}
Names = Mapping[tuple[str, str], str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare this command's options."""
    parser.add_argument("--since", metavar="TIME", help=f"from then on: {FORMS}")
    parser.add_argument("--until", metavar="TIME", help="before then, in the same forms")
    parser.add_argument("--person", default="", metavar="WHO", help="a subject, or a part of a name or e-mail address")
    parser.add_argument("--client", default="", metavar="PROGRAM", help="a client id, or a part of a client's name")
    parser.add_argument("--tool", default="", metavar="NAME", help="one tool")
    outcome = parser.add_mutually_exclusive_group()
    outcome.add_argument("--outcome", action="append", choices=OUTCOMES, help="how it ended; may be given repeatedly")
    outcome.add_argument("--denied", action="store_true", help="whoever was not let through: denied and refused")
    parser.add_argument("--follow", action="store_true", help="go on with what happens, until Ctrl-C")
    parser.add_argument(
        "--limit", type=_count, metavar="N", help=f"so many at most ({SHOWN}; with --csv all); 0 is all"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON, one object a line")
    form.add_argument("--csv", action="store_true", help="print a table for a spreadsheet")


def run(arguments: argparse.Namespace) -> int:
    """Print what was asked for. Exit code 2 when a time cannot be read."""
    now = time.time()
    try:
        since, until = (moment(text, now) if text else None for text in (arguments.since, arguments.until))
    except ValueError as error:
        complain(str(error))
        return 2
    outcomes = DENIED if arguments.denied else tuple(arguments.outcome or ())
    question = Question(arguments.person, arguments.client, arguments.tool, outcomes, since, until)
    with database(load_settings()) as engine:
        try:
            return _print(engine, question, arguments)
        except BrokenPipeError:  # whoever read along has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0


def _print(engine: Engine, question: Question, arguments: argparse.Namespace) -> int:
    form = _as_json if arguments.json else _as_csv if arguments.csv else _as_text
    usual = SHOWN_BEFORE_FOLLOWING if arguments.follow else None if arguments.csv else SHOWN
    limit = usual if arguments.limit is None else arguments.limit or None
    if arguments.csv:
        csv.writer(sys.stdout).writerow(FIELDS)
    elif not arguments.json:
        print(_columns([*_WIDTHS, "WHY"]))
    if arguments.follow:
        _follow(engine, question, limit, form)
        return 0
    chunk: list[Logged] = []
    for logged in newest(engine, question, limit, cut=_say_cut):
        chunk.append(logged)
        if len(chunk) == SHOWN:
            _write(engine, chunk, form)
            chunk = []
    _write(engine, chunk, form)
    return 0


def _say_cut(since: float) -> None:
    when = datetime.fromtimestamp(since).astimezone().strftime("%Y-%m-%dT%H:%M:%S")
    complain(
        f"Only the newest {LOOKED_AT:,} entries of one of these were looked through for the others, back to {when}. "
        f"For older ones add --until {when}, or --limit 0 to look through all."
    )


def _follow(engine: Engine, question: Question, limit: int | None, form: Callable[[Entry, Names], None]) -> None:
    last = last_id(engine)
    _write(engine, [one for one in newest(engine, question, limit) if one.id <= last][::-1], form)
    failing = False
    while True:
        try:
            found = after(engine, last, question)
            _write(engine, found, form)
            last, failing = found[-1].id if found else last, False
        except SQLAlchemyError as error:
            if not failing:
                complain(f"The request log cannot be read at present ({type(error).__name__}); trying again.")
            failing = True
        time.sleep(FOLLOW_SECONDS)


def _write(engine: Engine, some: Sequence[Logged], form: Callable[[Entry, Names], None]) -> None:
    people = {(one.entry.iss, one.entry.sub) for one in some if one.entry.sub}
    called = names(engine, people) if people and form is _as_text else {}
    for one in some:
        form(one.entry, called)
    sys.stdout.flush()


def _as_json(entry: Entry, _: Names) -> None:
    show(as_facts(entry))


def _as_csv(entry: Entry, _: Names) -> None:
    csv.writer(sys.stdout).writerow(as_cells(entry))


def _as_text(entry: Entry, called: Names) -> None:
    when = datetime.fromtimestamp(entry.time).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    if entry.outcome == "gap":
        print(f"{when}  ----- {clean(entry.detail)} -----")
        return
    name = called.get((entry.iss, entry.sub))  # their own word: beside the subject, never in its place
    who = f"{entry.sub} ({name})" if name else entry.sub or "nobody known"
    program = (entry.user_agent or entry.client_id or entry.client).partition(" ")[0]
    took = f"{entry.latency_ms:.0f} ms"
    why = f"{entry.reason} {entry.reference}".strip()
    print(_columns([when, who, program, entry.tool or entry.method or "-", entry.outcome, took, why]))


def _columns(texts: Sequence[str]) -> str:
    """Texts beneath each other, whatever their letters: Korean ones are two columns wide."""
    widths = [*_WIDTHS.values(), 80]
    return "  ".join(_fitted(clean(text), width) for text, width in zip(texts, widths, strict=True)).rstrip()


def _fitted(text: str, width: int) -> str:
    if _width(text) > width:
        while _width(text) > width - 1:
            text = text[: min(len(text) - 1, width)]
        text += "…"
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError("must be a number, 0 or more")
    return int(text)
