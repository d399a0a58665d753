"""Writing the request log without anybody waiting for it: a bounded queue and one thread of its own.

When the store is slow or down, requests go on. Entries then wait in memory; what does not fit there is counted, and
the gap becomes an entry of its own as soon as writing works again. The database library is loaded in the thread, so
that it costs no start-up time either.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.journal.entry import Entry
from app.journal.visit import Visit

if TYPE_CHECKING:
    from app.journal.store import Sink, Store

BATCH_SECONDS = 0.15
"""How often waiting entries are written. With the time that writing takes, a sudden end of the process loses what
happened in its last 0.25 seconds and no more."""

MAX_WAITING = 10_000
MAX_BATCH = 1_000
RETRY_SECONDS = 1.0
PRUNE_SECONDS = 60.0
CLOSE_SECONDS = 6.5
"""How long the end waits for what is still to be written: longer than a writer waits for another process
(``app.store.engine.BUSY_SECONDS``), and shorter than the server's graceful time."""

log = logging.getLogger("gatehouse.journal")


class _Gap:
    """How many entries were lost, and from when to when."""

    def __init__(self) -> None:
        self.count = 0
        self.since, self.until = float("inf"), float("-inf")

    def add(self, count: int, since: float, until: float) -> None:
        self.count += count
        self.since, self.until = min(self.since, since), max(self.until, until)

    def entry(self) -> Entry:
        since, until = (
            datetime.fromtimestamp(one, UTC).isoformat(timespec="seconds") for one in (self.since, self.until)
        )
        detail = f"{self.count} entries could not be written between {since} and {until}."
        return Entry(self.until, "gap", "not_written", detail=detail)


class JournalWriter:
    """Takes entries without blocking and writes them in batches.

    ``open_store`` is called in the writer's thread; ``sinks`` are handed each batch in the transaction that writes it;
    ``days`` and ``rows`` are how much is kept; ``clock`` gives seconds since the epoch.
    """

    def __init__(
        self,
        open_store: Callable[[], Store],
        sinks: Sequence[Sink] = (),
        *,
        days: float = 14,
        rows: int = 1_000_000,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._open_store = open_store
        self._sinks = tuple(sinks)
        self._keep = (days, rows)
        self._clock = clock
        self._waiting: deque[Entry | Visit] = deque()
        self._batch: list[Entry] = []
        self._store: Store | None = None
        self._gap = _Gap()
        self._losing = threading.Lock()
        self._stopping = threading.Event()
        self._prune_at = float("-inf")
        self._failing = ""
        self._given_up = False
        self.lost = 0
        """Entries lost since the start."""
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    @property
    def depth(self) -> int:
        """Entries that wait to be written."""
        return len(self._waiting) + len(self._batch)

    @property
    def failing(self) -> str:
        """Why entries cannot be written at present; blank when they can."""
        return self._failing

    def start(self) -> None:
        """Begin writing."""
        self._thread.start()

    def record(self, noted: Entry | Visit) -> None:
        """Note one entry, or a visit that ended and is to become one; never blocks, never raises."""
        if len(self._waiting) < MAX_WAITING:
            self._waiting.append(noted)
        else:
            self._lose((noted,))

    def close(self) -> None:
        """Write what waits, and end. What cannot be written by then is lost, and the log says how much."""
        self._stopping.set()
        self._thread.join(CLOSE_SECONDS)
        if self._thread.is_alive():
            self._give_up(f"the store did not answer within {CLOSE_SECONDS:g} seconds")

    def _run(self) -> None:
        last = False
        while not last:
            last = self._stopping.wait(RETRY_SECONDS if self._failing else BATCH_SECONDS)
            self._turn()
            if self._failing and self._stopping.is_set():  # it waited long enough: another turn would be as long
                last = True
        self._give_up("the store failed until the end")
        if self._store:
            self._store.close()

    def _give_up(self, why: str) -> None:
        """Count what was not written as lost, once."""
        with self._losing:
            rest = 0 if self._given_up else self.depth
            self._given_up = True
            self.lost += rest
        if rest:
            log.error("%d entries of the request log are lost: %s", rest, why)

    def _turn(self) -> None:
        """Write all that waits; of what is old, forget a part."""
        try:
            while self._fill_batch():
                self._write()
            if self._store and time.monotonic() >= self._prune_at:
                self._prune(self._store)
        except Exception as error:
            kind = type(getattr(error, "orig", None) or error).__name__
            if not self._failing:
                why = str(getattr(error, "orig", None) or error).partition("\n")[0]
                log.error("the request log cannot be written (%s: %s); requests go on", kind, why)
            self._failing = kind
            return
        if self._failing:
            log.warning("the request log can be written again; %d entries were lost since the start", self.lost)
            self._failing = ""

    def _fill_batch(self) -> bool:
        while self._waiting and len(self._batch) < MAX_BATCH:
            noted = self._waiting.popleft()
            self._batch.append(noted.entry() if isinstance(noted, Visit) else noted)
        return bool(self._batch) or self._gap.count > 0

    def _write(self) -> None:
        self._store = self._store or self._open_store()
        if self._batch:
            self._add(self._store, self._batch)
            self._batch = []
        with self._losing:
            gap, self._gap = self._gap, _Gap()
        if gap.count:
            try:
                self._store.add([gap.entry()])
            except Exception:
                with self._losing:
                    self._gap.add(gap.count, gap.since, gap.until)
                raise

    def _add(self, store: Store, batch: Sequence[Entry]) -> None:
        """Write a batch with its sinks, else without: a fault in what is made of entries must not cost the entries."""
        for sinks in (self._sinks, ()):
            try:
                store.add(batch, sinks)
                return
            except Exception as error:
                if store.is_down(error):
                    raise
                log.exception("a batch of the request log could not be written as it should be")
        self._lose(batch)

    def _prune(self, store: Store) -> None:
        if not store.prune(self._clock(), *self._keep):
            store.tidy()
            self._prune_at = time.monotonic() + PRUNE_SECONDS

    def _lose(self, entries: Sequence[Entry | Visit]) -> None:
        with self._losing:
            self.lost += len(entries)
            times = [entry.time for entry in entries]
            self._gap.add(len(entries), min(times), max(times))
