"""A shell beside each child that ends the child's process group when Gatehouse is killed before it could.

A process that is killed outright runs nothing more, so somebody else must notice: the shell waits for the end of a pipe
that only Gatehouse holds. It does nothing while Gatehouse runs, and is ended first when Gatehouse ends a child itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys

SHELL = "/bin/sh"
SCRIPT = 'read _; sleep "$2"; kill -s TERM -- "-$1"; sleep "$2"; kill -s KILL -- "-$1"'
PATIENCE_SECONDS = 1
"""How long a child may take to end once its input is closed, and again after it was asked to."""

log = logging.getLogger("gatehouse.upstream")


async def keeper(group: int) -> asyncio.subprocess.Process | None:
    """Start the shell for a process group; None where there is none to start."""
    if sys.platform == "win32":
        return None
    try:
        return await asyncio.create_subprocess_exec(
            *(SHELL, "-c", SCRIPT, "sh", str(group), str(PATIENCE_SECONDS)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin"},
            start_new_session=True,
        )
    except OSError as error:
        log.warning("nothing would end the children of a killed Gatehouse: %s: %s", SHELL, error.strerror)
        return None


async def dismiss(shell: asyncio.subprocess.Process | None) -> None:
    """End the shell without letting it do its work."""
    if shell is not None:
        with contextlib.suppress(ProcessLookupError):
            shell.kill()
        await shell.wait()
