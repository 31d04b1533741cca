"""Fixtures of the whole-program tests.

    pytest tests/programs -m "not long"
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1] / "reference")]

from command import OK, Gristmill  # noqa: E402
from growing import add, update  # noqa: E402
from lines import collection, prediction, write_lines  # noqa: E402


@pytest.fixture
def gristmill(tmp_path) -> Gristmill:
    """The command, with `tmp_path` as its working folder; it must leave nothing in the spill folder."""
    command = Gristmill(tmp_path)
    yield command
    assert not list(command.spill.iterdir()), "left over in the spill folder"
    command.spill.rmdir()


@pytest.fixture
def small(tmp_path) -> tuple[Path, Path]:
    """A few canonical lines of both data sets, without anything to warn of."""
    ids = [(f"p{number % 3}", f"s{number % 5}{number % 3}", f"c{number}") for number in range(12)]
    return (write_lines(tmp_path / "in/collections.jsonl", [collection(*each, entries=2) for each in ids]),
            write_lines(tmp_path / "in/predictions.jsonl", [prediction(*each) for each in ids]))


@pytest.fixture
def grown(gristmill, tmp_path):
    """An output of two days."""
    for day in (1, 2):
        add(tmp_path, "collections", f"{day}.jsonl", [collection("p1", "s1", f"c{day}", entries=2), collection(f"p{day}", f"s{day}", "c")])
        add(tmp_path, "predictions", f"{day}.jsonl", [prediction("p1", "s1", "c", score=day / 4, confidence=1)])
        update(gristmill).must(OK)
    return tmp_path / "out"
