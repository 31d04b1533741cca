"""Generated data, what a run makes of it in the simplest way, and what a report must count of it."""

from __future__ import annotations

import contextlib
import gzip
import os
import re
import shlex
import signal
import subprocess
import time
from pathlib import Path

import pyarrow
from command import BUILD, OK, Gristmill, Outcome
from outputs import check, contents, report
from shapes import Recipe, Shape
from test_generate import DATASETS, REJECTIONS, REPAIRS, reported, told
from test_sizes import MIB

MISSING_TYPES = {"missing_type", "empty_behaviour", "empty_prediction"}
LONGEST = 600  # seconds; a command that takes longer is taken to hang


class Recorded(Gristmill):
    """The command, with a note of every call as a line for a shell."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        self.calls: list[str] = []

    def start(self, *words, hooks=None, **options) -> subprocess.Popen:
        binary = BUILD / ("gristmill_faulty" if hooks else "gristmill")
        variables = [f"GRISTMILL_TEST_{name}={value}" for name, value in (hooks or {}).items()]
        self.calls.append(shlex.join([*variables, str(binary), *map(str, words)]))
        # In a group of its own: Ctrl-C is for the soak, which then ends whatever the call started.
        return super().start(*words, hooks=hooks, start_new_session=True, **options)

    def finish(self, process: subprocess.Popen, timeout=LONGEST) -> Outcome:
        try:
            outcome = super().finish(process, timeout)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                while True:  # until there is none left that could write
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
                    time.sleep(0.01)
            raise
        self.calls[-1] += f"  # exit code {outcome.code}"
        return outcome


class Data:
    """A generated data set, and the output that the simplest way makes of it."""

    def __init__(self, name: str, shape: Shape, recipe: Recipe, command: Recorded):
        self.shape, self.recipe = shape, recipe
        self.folder = command.folder / name
        generated = command("generate", name, *shape.words).must(OK)
        self.written = told(generated)
        self.lines = dict(zip(DATASETS, map(int, re.findall(r"^\w+ +(\d+) lines", generated.stderr, re.M))))
        self.longest_line = min(longest_line(self.folder), recipe.limit or 64 * MIB)
        self.simplest = command.folder / f"{name}-simplest"
        command(*self.run_words(command, self.simplest), "--threads", 1, "--publish-anyway",
                hooks={"NO_FAST_PATH": 1, "SHORTEST_LINE_IN_INPUT": 1 << 40}).must(OK)

    @property
    def expected(self) -> dict[str, bytes]:
        return contents(self.simplest)

    @property
    def datasets(self) -> tuple[str, ...]:
        return DATASETS if self.recipe.predictions else DATASETS[:1]

    def run_words(self, command: Recorded, output: Path) -> list:
        inputs = [(self.folder / dataset).relative_to(command.folder) for dataset in self.datasets]
        return command.run_words(*inputs[:1], *(inputs[1:] or [()]), output, *self.recipe.words)

    def stored_bytes(self) -> int:
        return sum(path.stat().st_size for dataset in self.datasets for path in (self.folder / dataset).iterdir())

    def passes(self) -> bool:
        return report(self.simplest)["verdict"]["passed"]

    def must_be_counted(self, root: Path) -> None:
        """The report counts what was generated."""
        accounting = report(root)["accounting"]["totals"]
        assert sum(accounting[dataset]["stored_bytes"] for dataset in self.datasets) == self.stored_bytes()
        rejected = REJECTIONS + (REPAIRS if self.recipe.strict else [])
        for dataset in self.datasets:
            assert accounting[dataset]["lines"] == self.lines[dataset], f"{dataset}: lines"
            wanted = sum(counts[dataset] for name, counts in self.written.items() if name in rejected)
            assert accounting[dataset]["rejected"] == wanted, f"{dataset}: {wanted} lines to be rejected"
            for name, counts in self.written.items():
                self.must_be_reported(root, name, dataset, counts[dataset])
        if not self.written and self.recipe.predictions:
            statuses = {each["status"] for each in report(root)["checks"]}
            assert statuses <= {"passed", "ignored"}, f"clean data, but {statuses}"

    def must_be_reported(self, root: Path, name: str, dataset: str, count: int) -> None:
        if name == "fields_not_carried" and self.recipe.carried:
            return
        if name == "unmatched_session":
            # Sessions whose other lines were rejected are missing on one side too.
            if self.recipe.predictions:
                found = reported(root, name)[dataset]
                assert found >= count, f"{name} in {dataset}: {count} written, {found} found"
            return
        if name == "shared_session":
            return  # several lines may share one, and a line may be rejected
        if name in MISSING_TYPES:
            count = sum(self.written[other][dataset] for other in MISSING_TYPES & self.written.keys())
        if self.recipe.strict and name in REPAIRS:
            found = check(root, "rejected_lines")["counts"][dataset]["reasons"].get(name, 0)
        else:
            found = reported(root, name)[dataset]
        assert found == count, f"{name} in {dataset}: {count} written, {found} found"


def longest_line(folder: Path) -> int:
    longest = 0
    for path in folder.rglob("*.jsonl*"):
        if path.suffix == ".gz":
            file = gzip.open(path)
        elif path.suffix == ".zst":
            file = pyarrow.input_stream(str(path), compression="zstd")
        else:
            file = open(path, "rb")
        with file:
            beginning = 0  # of the line that is cut at the end of a block, its length so far
            while block := file.read(MIB):
                first, *others = block.split(b"\n")
                longest = max(longest, beginning + len(first), *map(len, others))
                beginning = len(others[-1]) if others else beginning + len(first)
    return longest
