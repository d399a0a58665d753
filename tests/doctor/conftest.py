from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doctor.stage import Stage, open_stage


@pytest.fixture(scope="session")
def running_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One running set-up for all tests of the process."""
    folder: Path = tmp_path_factory.mktemp("stage")
    with open_stage(folder) as stage:
        yield stage


@pytest.fixture
def stage(running_stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """The set-up, whole again after each test."""
    with running_stage.undo:
        yield running_stage
        monkeypatch.undo()
