"""Debian's Chromium without a screen, for the tests that need a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--headless=new"),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser that asks nobody on the internet for anything."""
    if not CHROMIUM.exists():
        pytest.skip(f"needs Chromium: {CHROMIUM}")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=list(SWITCHES))
        yield launched
        launched.close()
