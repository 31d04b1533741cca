"""Fixtures of the tests of the report's page, in a real Chromium.

    pytest tests/report
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "programs"), str(HERE.parent / "reference")]

from browser_pages import launched, watched  # noqa: E402
from command import Gristmill  # noqa: E402


@pytest.fixture
def gristmill(tmp_path) -> Gristmill:
    return Gristmill(tmp_path)


@pytest.fixture
def open_page():
    """Opens a file; fails at the end if it complained, or asked for anything but itself."""
    with watched(launched()) as open_address:
        yield lambda path, **words: open_address(path.as_uri(), lambda url: url == path.as_uri(), **words)
