"""Several servers open the same new file at once, as replicas do: all of them keep their counts and nobody gives up."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

from app.tools.real_estate.sources.store import Store

SERVERS = 6


@pytest.mark.parametrize("round_", range(4))
def test_everybody_who_opens_a_new_file_at_once_keeps_what_they_count(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, round_: int
) -> None:
    caplog.set_level(logging.WARNING)
    together = threading.Barrier(SERVERS)
    stores = [Store(tmp_path, 10_000_000) for _ in range(SERVERS)]
    day = ("2026-11-22", "15126469")

    def count(store: Store) -> None:
        together.wait()
        store.add_counts({day: 1}, "2026-11-22", 1_000.0)

    threads = [threading.Thread(target=count, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stores[0].counts("2026-11-22", 1_001.0)[day] == SERVERS
    assert "cannot be used" not in caplog.text
    for store in stores:
        store.close()
