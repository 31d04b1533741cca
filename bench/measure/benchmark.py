"""bench/run calls this when everything is built: makes the data, measures in rounds, prints and writes the page.

A round measures every contestant on a work once, one after the other, so that whatever else the machine does
meets all of them; ratios are drawn within a round. What belongs to no contestant (making and removing data,
comparing outputs) happens between the measurements.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contestants import BUILD, REPOSITORY, RIVALS, Contestant, Places, able_rivals, contestants_of, rivals_of, run_words
from goals import goals_of
from machine import file_system, machine
from page import duration, page_of, size
from process import Failed, measured
from results import WorkResult
from works import MAIN, WORKS, Work

PAGE = REPOSITORY / "docs/results/benchmarks.md"
LONG = 60           # seconds; what takes longer is run less often
RUNS_OF_LONG = 3
QUIET = 0.5          # the highest load average before the start that does not disturb
# How much room a work takes, as multiples of its input: itself, gristmill's output and that of a contestant.
ROOM, ROOM_OF_LARGE, MEMORY_OF_RIVALS = 11, 6.5, 6.5


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def arguments_of(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run", description="Measures gristmill, its rivals and the floors.",
                                     epilog="Example: bench/run main spaced --runs 7 --no-rivals")
    parser.add_argument("works", nargs="*", metavar="WORK", help=f"of {', '.join(WORKS)}; all without any")
    parser.add_argument("--runs", type=int, default=5, metavar="N",
                        help=f"rounds; what takes over {LONG} s is run {RUNS_OF_LONG} times [default: 5]")
    parser.add_argument("--rivals", action=argparse.BooleanOptionalAction, default=True,
                        help="measure the rivals too, the slow ones on main, the others on every work but ten [default: yes]")
    parser.add_argument("--rival", action="append", metavar="NAME", choices=list(RIVALS),
                        help=f"only this rival, may be repeated: one of {', '.join(RIVALS)}")
    parser.add_argument("--rivals-on", action="append", metavar="WORK", choices=list(WORKS),
                        help="only on this work, may be repeated; ten takes some 13 GB more of memory")
    parser.add_argument("--memory-folder", type=Path, default=Path("/dev/shm"), metavar="FOLDER",
                        help="a file system in memory for data and outputs [default: /dev/shm]")
    parser.add_argument("--disk", type=Path, metavar="FOLDER", help="measure on files in this folder as well")
    parser.add_argument("--quick", action="store_true", help="one round on very small data, to try the scripts out")
    parser.add_argument("--output", type=Path, metavar="FILE",
                        help="write the page here [default: docs/results/benchmarks.md for all works, else nowhere]")
    arguments = parser.parse_args(words)
    unknown = [name for name in arguments.works if name not in WORKS]
    if unknown:
        parser.error(f"there is no work {', '.join(unknown)}: there are {', '.join(WORKS)}")
    if arguments.runs < 1:
        parser.error("--runs must be at least 1")
    for folder in (arguments.memory_folder, arguments.disk):
        if folder and not folder.is_dir():
            parser.error(f"{folder} is no folder")
    if arguments.quick:
        arguments.runs = 1
    if not arguments.output and not arguments.works and not arguments.quick:
        arguments.output = PAGE
    return arguments


def bytes_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def removed(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def free_bytes(folder: Path) -> int:
    """What can still be written there, with a gigabyte to spare."""
    free = shutil.disk_usage(folder).free
    if file_system(folder) == "tmpfs":
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                free = min(free, int(line.split()[1]) * 1024)
    return free - 2**30


@contextmanager
def generated(work: Work, folder: Path) -> Iterator[Path]:
    """The data of a work, for as long as it is needed."""
    say(f"making the data of {work.name}")
    try:
        measured([str(BUILD / "gristmill"), "generate", str(folder), *work.generate_words()],
                 folder.with_suffix(".log"))
        yield folder
    finally:
        removed(folder)


def forget(folder: Path) -> None:
    """Takes its files out of the page cache, so that whoever reads them next waits for the disk."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


class Rounds:
    """Measures one work in one place."""

    def __init__(self, result: WorkResult, places: Places):
        self.result, self.places = result, places
        self.variables = {"TMPDIR": str(places.folder / "scratch"), "LC_ALL": "C.UTF-8"}
        self.log = places.folder / "log"

    def reference(self, keep: bool) -> None:
        """gristmill's own output, which also warms everything up: for the copy, the bare writer, the rivals."""
        measured(run_words(self.places.input, self.places.reference), self.log, variables=self.variables)
        manifest = json.loads((self.places.reference / "_manifest.json").read_bytes())
        self.places.files.write_text("".join(f"{file['size']} {file['path']}\n" for file in manifest["files"]))
        self.result.output_bytes = sum(file["size"] for file in manifest["files"])
        self.result.rows = manifest["accounting"]["collections"]["rows"]
        if not keep:
            removed(self.places.reference)

    def measure(self, contestant: Contestant) -> None:
        if self.result.place != "memory":
            os.sync()  # what the one before left to write is not this one's
        if self.result.place == "disk, cold":
            forget(self.places.main if contestant.on_main else self.places.input)
        name = contestant.name
        try:
            run = measured(contestant.command(self.places), self.log, contestant.sampled, self.variables)
        except Failed as failed:
            say(f"{name} on {self.result.work.name} failed: {failed}")
            self.result.notes[name] = "failed"
            self.result.failures.append(f"{name} on {self.result.work.name} failed")
            return
        self.result.runs.setdefault(name, []).append(run)
        say(f"{self.result.work.name}, round {len(self.result.runs[name])}: {name} {duration(run.seconds)}")
        if contestant.rival and name not in self.result.notes:
            self.compare(contestant)

    def compare(self, contestant: Contestant) -> None:
        """Whether the rival has just written what gristmill writes."""
        python, script = REPOSITORY / "build/bench-venv/bin/python", REPOSITORY / "bench/check_equal.py"
        done = subprocess.run([str(python), str(script), str(self.places.reference), str(self.places.output)],
                              stdout=subprocess.PIPE, text=True)
        if done.returncode == 0:
            self.result.notes[contestant.name] = "same output"
            return
        say(f"{contestant.name} on {self.result.work.name} has another output:\n{done.stdout}")
        self.result.notes[contestant.name] = "**another output**"
        self.result.failures.append(f"{contestant.name} on {self.result.work.name} has another output than gristmill")

    def runs_of(self, contestant: Contestant, runs: int) -> int:
        """How often a contestant runs, as far as is known yet."""
        if self.result.notes.get(contestant.name) == "failed":
            return 0
        first = self.result.runs.get(contestant.name, [])[:1]
        return min(runs, RUNS_OF_LONG) if first and first[0].seconds > LONG else runs

    def measure_all(self, runs: int) -> None:
        for number in range(runs):
            for contestant in self.result.contestants:
                if number >= self.runs_of(contestant, runs):
                    continue
                self.measure(contestant)
                removed(self.places.output)


def measured_work(work: Work, place: str, folder: Path, main: Path, arguments: argparse.Namespace) -> WorkResult:
    """Makes the data of a work, or takes that of the main work, and measures all contestants."""
    result = WorkResult(work, place)
    wanted = arguments.rivals and (work.name in arguments.rivals_on if arguments.rivals_on else not work.large)
    rivals = rivals_of(work) if arguments.rival is None else [n for n in able_rivals(work) if n in arguments.rival]
    if not wanted:
        rivals = []

    def rounds(source: Path) -> None:
        nonlocal rivals
        result.input_bytes = bytes_of(source)
        needed, free = result.input_bytes * (ROOM_OF_LARGE if work.large else ROOM), free_bytes(folder)
        if needed > free:
            result.left_out = f"it needs {size(needed)} of room in {folder.parent}, where {size(max(0, free))} are free"
            say(f"{work.name} is left out: {result.left_out}")
            return
        if work.large and rivals and needed + result.input_bytes * MEMORY_OF_RIVALS > free:
            rivals = []
            result.left_out = "the rivals, for which there is too little memory"
            say(f"{work.name} without {result.left_out}")
        result.contestants = contestants_of(work, rivals, place != "memory")
        places = Places(folder, source, main, folder / "reference", folder / "output", folder / "files")
        each = Rounds(result, places)
        each.reference(keep=bool(rivals) or not work.large)
        each.measure_all(arguments.runs)
        removed(places.reference)

    if work.name == MAIN.name:
        rounds(main)
    else:
        with generated(work, folder / work.name) as source:
            rounds(source)
    return result


def main(words: list[str]) -> int:
    arguments = arguments_of(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the data is removed
    for name in [name for name in os.environ if name.startswith("GRISTMILL_")]:
        del os.environ[name]  # settings of the user's own
    output = arguments.output and arguments.output.resolve()
    roots = {"memory": arguments.memory_folder.resolve()}
    if arguments.disk:
        roots |= {place: arguments.disk.resolve() for place in ("disk", "disk, cold")}
    works = [WORKS[name] for name in arguments.works] or list(WORKS.values())
    if arguments.quick:
        works = [work.quick() for work in works]

    load = os.getloadavg()[0]
    if load > QUIET:
        say(f"the machine is busy (load average {load:.1f}): do not trust the times")
    results = []
    for place, root in roots.items():
        with tempfile.TemporaryDirectory(prefix="gristmill-bench-", dir=root) as name:
            folder = Path(name)
            (folder / "scratch").mkdir()
            os.chdir(folder)  # no settings file of the user's own
            with generated(MAIN.quick() if arguments.quick else MAIN, folder / "main") as data:
                results += [measured_work(work, place, folder, data, arguments) for work in works]
            os.chdir("/")
    command = shlex.join(["bench/run", *sys.argv[1:]])
    page = page_of(command, results, goals_of(results), machine(roots, arguments.rivals, load), arguments.quick)
    print(page, end="")
    if output:
        output.write_text(page)
        say(f"written to {output}")
    failures = [failure for result in results for failure in result.failures]
    for failure in failures:
        say(failure)
    return 1 if failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Failed as failed:
        say(str(failed))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
