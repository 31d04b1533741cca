"""Makes a test of every folder that has a `command`.

    pytest tests/cases
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), *(str(HERE.parent / name) for name in ("programs", "reference"))]

from command import Gristmill  # noqa: E402


def pytest_generate_tests(metafunc):
    if "case" in metafunc.fixturenames:
        cases = sorted(path.parent for path in HERE.glob("*/command"))
        metafunc.parametrize("case", cases, ids=[case.name for case in cases])


@pytest.fixture
def gristmill(tmp_path) -> Gristmill:
    """The command, with `tmp_path` as its working folder; it must leave nothing in the spill folder."""
    command = Gristmill(tmp_path)
    yield command
    assert not list(command.spill.iterdir()), "left over in the spill folder"
