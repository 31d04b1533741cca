"""Fixtures of the tests of the report's page, in a real Chromium.

    pytest tests/report
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "programs"), str(HERE.parent / "reference")]

from command import Gristmill  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

CHROMIUM = shutil.which("chromium")


@pytest.fixture
def gristmill(tmp_path) -> Gristmill:
    return Gristmill(tmp_path)


@pytest.fixture(scope="session")
def _browser():
    assert CHROMIUM, "no chromium: ./test installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(_browser):
    """Opens a file; fails at the end if it complained, or asked for anything but itself."""
    faults: list[str] = []
    contexts = []

    def opened(path: Path, **words):
        context = _browser.new_context(**words)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: faults.append(request.url) if request.url != path.as_uri() else None)
        page.on("dialog", lambda dialog: (faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []
