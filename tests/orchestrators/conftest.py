"""Fixtures of the tests of examples/orchestrators/: each example runs in its orchestrator, and calls the real command.

    ./test orchestrators

`build/airflow-venv` and `build/dagster-venv` hold the orchestrators: ./test makes them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "programs"), str(HERE.parent / "reference")]

from command import BUILD, REPOSITORY, environment  # noqa: E402
from lines import collection, prediction, write_lines  # noqa: E402

EXAMPLES = REPOSITORY / "examples/orchestrators"


class Night:
    """A folder with a recipe and a first night's files, in which an orchestrator runs."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.add("1", [collection("p1", f"s{i}", f"c{i}") for i in range(20)], [prediction("p1", f"s{i}", f"c{i}") for i in range(20)])
        (folder / "nightly.yaml").write_text(f"collections: {folder}/in/collections\npredictions: {folder}/in/predictions\n"
                                             f"output: {folder}/out\n")

    def add(self, name: str, collections: list, predictions: list) -> None:
        write_lines(self.folder / f"in/collections/{name}.jsonl", collections)
        write_lines(self.folder / f"in/predictions/{name}.jsonl", predictions)

    def run(self, venv: str, script: str, **variables: str) -> subprocess.CompletedProcess:
        """Runs the script beside this file by the Python of build/`venv`."""
        path = f"{REPOSITORY / 'build' / venv / 'bin'}:{BUILD}:{os.environ['PATH']}"
        known = environment(variables={"PATH": path, "HOME": str(self.folder), "TMPDIR": str(self.folder), **variables,
                                       "GRISTMILL_RECIPE": str(self.folder / "nightly.yaml")})
        return subprocess.run([REPOSITORY / "build" / venv / "bin/python", HERE / script, EXAMPLES], cwd=self.folder, env=known,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)


@pytest.fixture
def night(tmp_path):
    return Night(tmp_path)
