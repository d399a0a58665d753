"""What the owner's commands share: the open database, times, and words that callers chose, made safe to print."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from app.auth.principal import LOCAL_ISSUER
from app.errors import ConfigurationError, Problem
from app.logs import clean
from app.people.door import Door
from app.people.watch import WATCH_SECONDS
from app.settings import Settings
from app.store.engine import database_url, open_engine

SETTLE_SECONDS = WATCH_SECONDS + 0.1
"""How long a command that changed what decisions depend on waits at its end: then every running server has seen it, and
"from the next request on" is true when the owner reads it."""


@contextmanager
def database(settings: Settings) -> Iterator[Engine]:
    """The installation's database, open. Raises :class:`~app.errors.ConfigurationError`."""
    url = database_url(settings.database_url.get_secret_value(), settings.data_dir)
    _say_when_new(url, settings)
    engine = open_engine(url)
    try:
        before = Door(engine).version()
        yield engine
        if Door(engine).version() != before:
            sys.stdout.flush()
            time.sleep(SETTLE_SECONDS)
    except SQLAlchemyError as error:
        kind = type(getattr(error, "orig", None) or error).__name__
        what = f"is busy or cannot be written at the moment ({kind}). Nothing was changed; try again in a moment."
        raise ConfigurationError([Problem("The database", what)]) from None
    finally:
        engine.dispose()


def _say_when_new(url: str, settings: Settings) -> None:
    """A command that makes an empty database of its own changes nothing for a server that runs with another one."""
    file = make_url(url).database if url.startswith("sqlite") else None
    if file and not os.path.exists(file):
        complain(
            f"There was no database in {settings.data_dir}, so a new one was made. No server has run with it yet: if "
            "yours runs elsewhere, nothing was changed there. In Docker: docker compose exec app gatehouse …",
        )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Every command can print JSON."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def issuer_of(arguments: argparse.Namespace, settings: Settings) -> str:
    """The issuer that subjects belong to: as given, else the configured one."""
    if arguments.issuer is not None:
        return str(arguments.issuer)
    return LOCAL_ISSUER if settings.auth_mode == "none" else settings.issuer


def iso(time: float | None) -> str | None:
    """A time as people and machines read it."""
    if time is None:
        return None
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def local(time: float | None, never: str = "never") -> str:
    """A time on this machine's clock."""
    return never if time is None else datetime.fromtimestamp(time).astimezone().strftime("%Y-%m-%d %H:%M")


def show(facts: object) -> None:
    """Print JSON on one line."""
    print(json.dumps(facts, ensure_ascii=True))


def say(*lines: str) -> None:
    """Print lines for a person to read."""
    for line in lines:
        print(clean(line))


def complain(*lines: str) -> None:
    """Say on standard error what is wrong."""
    for line in lines:
        print(clean(line), file=sys.stderr)


def table(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows of equal keys as columns. What is long is cut: ``--json`` has it whole."""
    if not rows:
        return
    names = list(rows[0])
    texts = [names, *([_short(str(row[name])) for name in names] for row in rows)]
    widths = [max(len(line[number]) for line in texts) for number in range(len(names))]
    for line in texts:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _short(text: str) -> str:
    plain = clean(text)
    return plain if len(plain) <= 60 else plain[:59] + "…"
