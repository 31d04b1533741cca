"""Pages in a real Chromium, watched: whatever they complain of, and whatever they ask for but what they may, is a fault."""

from __future__ import annotations

import atexit
import functools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium")


@functools.cache
def launched() -> Browser:
    """One for all tests of a process: Playwright allows no second one beside it."""
    assert CHROMIUM, "no chromium: ./test installs it"
    playwright = sync_playwright().start()
    atexit.register(playwright.stop)
    return playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])


@contextmanager
def watched(browser: Browser) -> Iterator[Callable[..., Page]]:
    """What opens an address in a context of its own: `open(address, may_ask_for, **words)`: `may_ask_for` judges the address
    of a request, `words` are those of the context. At the end there must have been no fault."""
    faults: list[str] = []
    contexts = []

    def open_address(address: str, may_ask_for: Callable[[str], bool], **words) -> Page:
        context = browser.new_context(**words)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: faults.append(request.url) if not may_ask_for(request.url) else None)
        page.on("response", lambda answer: faults.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
        page.on("dialog", lambda dialog: (faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.goto(address)
        return page

    yield open_address
    for context in contexts:
        context.close()
    assert faults == []
