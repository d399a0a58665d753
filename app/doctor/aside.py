"""Work that waits, in a thread that nobody waits for.

``asyncio.to_thread`` is no help against something that never ends: the event loop waits for its threads when it is
closed, whatever time limit was set. These threads end with the program.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def aside(work: Callable[[], T], name: str) -> asyncio.Future[T]:
    """Start the work; its outcome is the future's."""
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def tell(value: T | None, error: Exception | None) -> None:
        if outcome.done():
            return
        if error is not None:
            outcome.set_exception(error)
        else:
            outcome.set_result(value)  # type: ignore[arg-type]  # work's own, whatever it is

    def run() -> None:
        value, failed = None, None
        try:
            value = work()
        except Exception as error:  # whatever it is, it belongs to whoever waits
            failed = error
        with contextlib.suppress(RuntimeError):  # everything may be over by now
            loop.call_soon_threadsafe(tell, value, failed)

    threading.Thread(target=run, daemon=True, name=name).start()
    return outcome
