"""Fixtures of the tests of the Python package, as it was built into build/release/python.

    pytest tests/python
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "s3"), str(HERE.parent / "programs")]

from built_package import PACKAGE  # noqa: E402

sys.path.insert(0, str(PACKAGE))

from lines import collection, prediction, write_lines  # noqa: E402

IDS = [(f"p{number % 3}", f"s{number % 5}{number % 3}", f"c{number}") for number in range(12)]


@pytest.fixture
def collections(tmp_path) -> Path:
    return write_lines(tmp_path / "in/collections.jsonl", [collection(*each, entries=2) for each in IDS])


@pytest.fixture
def predictions(tmp_path) -> Path:
    return write_lines(tmp_path / "in/predictions.jsonl", [prediction(*each) for each in IDS])


@pytest.fixture(autouse=True)
def _own_variables(monkeypatch):
    for name in list(os.environ):
        if name.startswith(("AWS_", "GRISTMILL_")):
            monkeypatch.delenv(name)
