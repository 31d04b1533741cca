"""Fixtures of the tests of the site: it is built once, by tools/site, for all of them.

    pytest tests/site
"""

from __future__ import annotations

import fcntl
import functools
import http.server
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tools/pages"), str(REPOSITORY / "tests/programs")]

from browser_pages import launched, watched  # noqa: E402


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


@pytest.fixture
def open_page(served):
    """Opens a page of the site; fails at the end if one complained, or asked for anything but the server."""
    with watched(launched()) as open_address:
        yield lambda path, **words: open_address(f"{served}/{path}", lambda url: url.startswith((served, "data:")), **words)
