"""Fixtures of the tests of the site: it is built once, by tools/site, for all of them.

    pytest tests/site
"""

from __future__ import annotations

import fcntl
import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tools/pages"))
CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="session")
def sites(tmp_path_factory) -> Path:
    """A folder with the site of this version, whichever of the workers comes first."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "sites"
    with open(shared / "sites.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "versions.json").exists():
            done = subprocess.run([REPOSITORY / "tools/site", "--output", folder], capture_output=True, encoding="utf-8")
            assert done.returncode == 0, done.stderr
            assert Path(done.stdout.strip()).is_relative_to(folder), done.stdout
    return folder


@pytest.fixture(scope="session")
def site(sites) -> Path:
    return next(path.parent for path in sites.glob("*/index.html"))


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words):
        pass


@pytest.fixture(scope="session")
def served(sites) -> str:
    """The address at which the folder is served, as by any web server."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(sites)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright
    assert CHROMIUM, "no chromium: ./test installs it"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def open_page(browser, served):
    """Opens a page of the site; fails at the end if one complained, or asked for anything but the server."""
    faults: list[str] = []
    contexts = []

    def opened(path: str, **words):
        context = browser.new_context(**words)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: faults.append(request.url) if not request.url.startswith((served, "data:")) else None)
        page.on("response", lambda answer: faults.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
        page.goto(f"{served}/{path}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []
