"""Whether the server can keep things here: its disk, its folder, its database; each before what follows from it."""

from __future__ import annotations

import errno
import shutil
import sqlite3
import tempfile
from functools import partial
from typing import TYPE_CHECKING, Any

from app.doctor.aside import aside
from app.doctor.check import Finding, Room, passed, problem, skipped
from app.doctor.checks.configuration import SETTINGS
from app.doctor.context import Context
from app.doctor.notes import NoLog, engine_of
from app.errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy import Engine

check = Room("operation", when=("inside",), see="how-to/home-server.md#when-it-does-not-work")

FULL_BYTES = 200 * 1024 * 1024
"""Less free space than this is worth a word: the log, the database and its copies must fit."""

LOCKED_SECONDS = 1.5
"""How long the database may be somebody else's; the server's own writes take less than a second."""


async def _written(context: Context) -> OSError | None:
    """What keeps a file from being written to the folder, if anything does."""
    folder = context.known.data_dir

    def write() -> None:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x" * 4096)

    async def look() -> OSError | None:
        try:
            await aside(write, "write to the folder")
        except OSError as error:
            return error
        return None

    outcome: OSError | None = await context.once("written", look)
    return outcome


@check(
    "disk-full",
    "The disk takes another file",
    "Free space on the disk that DATA_DIR is on, then lower LOG_DAYS.",
    needs=SETTINGS,
)
async def disk_full(context: Context) -> Finding | None:
    error = await _written(context)
    if error is None or error.errno not in {errno.ENOSPC, errno.EDQUOT}:
        return None
    return problem(f"Nothing more can be written to {context.known.data_dir} ({error.strerror}).")


@check(
    "data-dir-unwritable",
    "The server can keep things in DATA_DIR",
    "Give the folder to the user that runs the server, or name another one in DATA_DIR.",
    needs=("disk-full",),
)
async def data_dir_unwritable(context: Context) -> Finding | None:
    folder, error = context.known.data_dir, await _written(context)
    if isinstance(error, FileNotFoundError):
        return problem(f"The folder {folder} is not there.", "Start the server once: it makes the folder.", mild=True)
    return problem(f"The folder {folder} cannot be written to ({error.strerror}).") if error else None


@check(
    "disk-nearly-full",
    "There is room on the disk",
    "Free space on the disk that DATA_DIR is on, or lower LOG_DAYS.",
    severity="warn",
    needs=("data-dir-unwritable",),
)
async def disk_nearly_full(context: Context) -> Finding | None:
    try:
        free = shutil.disk_usage(context.known.data_dir).free
    except OSError:
        return skipped("the folder is not there yet")
    return passed(f"{free // 2**20} MB") if free >= FULL_BYTES else problem(f"Only {free // 2**20} MB are free.")


@check(
    "database-unreadable",
    "The database can be opened and is of this version",
    "Look at DATABASE_URL and DATA_DIR, and whether the database server runs. If it is from a newer Gatehouse, update "
    "this one.",
    needs=("data-dir-unwritable",),
    reasons=("people_unavailable",),
    see="how-to/operate.md",
)
async def database_unreadable(context: Context) -> Finding | None:
    try:
        await engine_of(context)
    except NoLog as why:
        return skipped(str(why))
    except ConfigurationError as error:
        return problem("; ".join(f"{one.setting}: {one.what}" for one in error.problems))
    return None


@check(
    "database-locked",
    "No other program keeps the database locked",
    "Close whatever else has the file journal.sqlite open for writing (a database browser, a copy that is stuck), then "
    "look again: sudo lsof on the file shows who has it.",
    needs=("database-unreadable",),
    see="how-to/operate.md",
)
async def database_locked(context: Context) -> Finding | None:
    try:
        engine = await engine_of(context)
    except NoLog as why:
        return skipped(str(why))
    if engine.dialect.name != "sqlite":
        return skipped("only a database in one file can be locked as a whole")
    try:
        await aside(partial(_lock, engine), "lock the database")
    except sqlite3.OperationalError as error:
        return problem(f"The database takes no entries: {str(error)[:80]}.")
    return None


def _lock(engine: Engine) -> None:
    """Take the lock of who writes, for a moment, and write nothing."""
    with engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        raw.execute(f"PRAGMA busy_timeout = {LOCKED_SECONDS * 1000:.0f}")
        raw.execute("BEGIN IMMEDIATE")
        raw.execute("ROLLBACK")


CHECKS = tuple(check.made)
