"""What the start of a server does not wait for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.frame.test_commands import BARE, ROOT


@pytest.mark.parametrize("library", ["sqlalchemy", "alembic", "psycopg"])
def test_the_database_libraries_are_not_loaded_before_the_threads_that_use_them(library: str) -> None:
    look = f"import app.main, sys; sys.exit('{library}' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", look], cwd=ROOT, env={**BARE, "PYTHONPATH": str(ROOT)}, check=False)
    assert ended.returncode == 0
