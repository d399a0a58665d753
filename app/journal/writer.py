"""Writing the journal without anybody waiting for it: a bounded queue and one thread of its own.

When the store is slow or down, requests go on; what could not be written is counted and said so in the log. The
database library is loaded in the thread, so that it costs no start-up time either.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.journal.entry import Entry

if TYPE_CHECKING:
    from app.journal.store import Store

BATCH_SECONDS = 0.25
"""Longest time that an entry waits in memory: what a sudden end of the process can lose."""

MAX_WAITING = 5_000
MAX_BATCH = 500
PRUNE_SECONDS = 600.0

log = logging.getLogger("gatehouse.journal")


class JournalWriter:
    """Takes entries without blocking and writes them in batches. ``open_store`` is called in the writer's thread."""

    def __init__(self, open_store: Callable[[], Store]) -> None:
        self._open_store = open_store
        self._waiting: queue.Queue[Entry | None] = queue.Queue(MAX_WAITING)
        self.lost = 0
        self._pruned_at = float("-inf")
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    def start(self) -> None:
        """Begin writing."""
        self._thread.start()

    def record(self, entry: Entry) -> None:
        """Note one entry; never blocks, never raises."""
        try:
            self._waiting.put_nowait(entry)
        except queue.Full:
            self.lost += 1

    def close(self) -> None:
        """Write what waits, and end."""
        self._waiting.put(None)
        self._thread.join(5)

    def _run(self) -> None:
        store: Store | None = None
        going_on = True
        while going_on:
            batch, going_on = self._next_batch()
            try:
                store = store or self._open_store()
                if batch:
                    store.add(batch)
                self._keep_small(store)
            except Exception as error:
                self.lost += len(batch)
                log.error("%d journal entries are lost so far (%s)", self.lost, type(error).__name__)
        if store:
            store.close()

    def _next_batch(self) -> tuple[list[Entry], bool]:
        """Wait for an entry, then gather what comes within a moment."""
        batch: list[Entry] = []
        until = time.monotonic() + PRUNE_SECONDS
        while len(batch) < MAX_BATCH:
            try:
                entry = self._waiting.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if entry is None:
                return batch, False
            if not batch:
                until = time.monotonic() + BATCH_SECONDS
            batch.append(entry)
        return batch, True

    def _keep_small(self, store: Store) -> None:
        if time.monotonic() - self._pruned_at >= PRUNE_SECONDS:
            self._pruned_at = time.monotonic()
            store.prune(time.time())
