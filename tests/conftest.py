"""What every test shares: skips that can be turned into failures, and the running parts."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest

from tests.support.postgres import database, postgres
from tests.support.world import World, open_world

__all__ = ["database", "postgres"]  # fixtures


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """With SKIPS=fail, as the full check runs, a skipped test is a failed one: nothing goes unnoticed."""
    outcome = yield
    report = outcome.get_result()
    if os.environ.get("SKIPS") == "fail" and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"skipped, and skips are failures here: {reason}"


@pytest.fixture
def world() -> Iterator[World]:
    """A real server and a stand-in tenant, each behind a real uvicorn, with a clock that the test moves."""
    with open_world() as opened:
        yield opened


@pytest.fixture(scope="module")
def shared_world() -> Iterator[World]:
    """The same for tests that leave nothing behind."""
    with open_world() as opened:
        yield opened


@pytest.fixture(autouse=True)
def _commands_return_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command waits at its end for running servers to see the change; tests wait for what they want to see."""
    monkeypatch.setattr("app.cli.common.SETTLE_SECONDS", 0.0)


@pytest.fixture(autouse=True)
def _logging_stays_as_it_was() -> Iterator[None]:
    """Commands that run in this process set up logging for their own; the next test must not inherit it."""
    root, own = logging.getLogger(), logging.getLogger("gatehouse")
    before = (root.handlers[:], root.level, own.level)
    yield
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    own.setLevel(before[2])
