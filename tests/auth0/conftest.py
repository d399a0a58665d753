"""A new stand-in tenant, and the owner's commands run against it without waiting in earnest."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from app.auth0 import access
from tests.support.auth0 import StandIn, open_stand_in
from tests.support.world import Ran, gatehouse

Run = Callable[..., Ran]

CERTIFICATES = functools.cache(httpx.create_ssl_context)
"""Read once: to read all certificates takes longer than a command takes, and the stand-in has none."""


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with open_stand_in() as opened:
        yield opened


@pytest.fixture
def run(stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in a folder of its own; keyword arguments replace settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("httpx._transports.default.create_ssl_context", CERTIFICATES)
    monkeypatch.setattr(access, "clock", stand_in.clock)
    monkeypatch.setattr(access, "sleep", stand_in.clock.sleep)

    def command(*words: str, **changes: str) -> Ran:
        stand_in.clock.now += 1  # somebody typed
        return gatehouse(*words, **stand_in.environment(**{"DATA_DIR": str(tmp_path / "data"), **changes}))

    return command
