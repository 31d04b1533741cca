"""Grows outputs day by day, and measures the last one; see `run`.

Whole processes on tmpfs, in rounds: every contestant once, each on a copy of the output as it was before the last day.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from days import SHAPES, Shape, write_day

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench/measure"))
from machine import machine  # noqa: E402

BUILD = ROOT / "build/release"
PAGE = ROOT / "docs/results/benchmarks-growth.md"
RUNS = re.compile(r"_state/(aggregates|ids|models|sessions|lines|profiles)-\d+-\d+")
READ = re.compile(r"(?:pread64|read)\(\d+<[^>]*/" + RUNS.pattern + r">.* = (\d+)$")  # as strace tells it
GOAL = 1.5  # times the floor
PATIENCE = 300  # seconds, for a rival
OUT_OF_MEMORY = float("inf")
YEAR = Shape("year", 1_000, 0.3, 2_000, days=365)
ABOUT = """# Benchmark of outputs that grow

Written by `bench/growth/run`; [bench/README.md](../../bench/README.md) says how to repeat it. Each output grew by one file
of each data set a day; the last day is measured. The *floor* is a plain run over that day's files, and bare programs
that read all of `_state/` and write what the day writes beside new rows: tables, quarantine, report and state. *Everything
again* is one run over all days. Times are medians; ratios are those of medians within one page.
"""


def seconds(*words, **options) -> float:
    start = time.perf_counter()
    subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL, **options)
    return time.perf_counter() - start


def inputs(folder: Path) -> list:
    return ["--collections", folder / "collections", "--predictions", folder / "predictions", "--quiet", "--publish-anyway"]


def sizes(root: Path, below: str) -> dict[str, int]:
    return {path.relative_to(root).as_posix(): path.stat().st_size for path in (root / below).rglob("*") if path.is_file()}


class Growing:
    """An output, grown up to its last day, and what its days wrote into `_state/`."""

    def __init__(self, folder: Path, shape: Shape):
        self.folder, self.shape = folder, shape
        self.out = folder / "out"
        self.state_written = 0
        for day in range(1, shape.days):
            write_day(folder / "in", shape, day)
            before = sizes(self.out, "_state") if self.out.exists() else {}
            self.update(self.out)
            now = sizes(self.out, "_state")
            self.state_written += sum(size for name, size in now.items() if name not in before and RUNS.search(name))
        self.last = write_day(folder / "in", shape, shape.days)

    def update(self, output: Path) -> float:
        return seconds(BUILD / "gristmill", "update", *inputs(self.folder / "in"), "--output", output)

    def fresh(self, name: str) -> Path:
        path = self.folder / name
        shutil.rmtree(path, ignore_errors=True)
        return path

    def last_day(self) -> float:
        grown = self.fresh("grown")
        shutil.copytree(self.out, grown)
        return self.update(grown)

    def floor(self) -> float:
        """What must be done in any case."""
        took = seconds(BUILD / "gristmill", "run", "--collections", self.last[0], "--predictions", self.last[1], "--quiet",
                       "--publish-anyway", "--output", self.fresh("plain"))
        state = [self.out / name for name in sizes(self.out, "_state")]
        took += seconds(BUILD / "bare_reader", 2, *state)
        grown = self.folder / "grown"
        written = {name: size for below in ("aggregated-json", "aggregated-models", "aggregated-parquet", "aggregated-result",
                                            "quarantine", "validation") for name, size in sizes(grown, below).items()}
        old = sizes(self.out, "_state")
        written |= {name: size for name, size in sizes(grown, "_state").items() if name not in old}
        plan = self.folder / "plan"
        plan.write_text("".join(f"{size} {name}\n" for name, size in written.items()))
        bare = self.fresh("bare")
        bare.mkdir()
        return took + seconds(BUILD / "bare_writer", plan, bare, 2)

    def again(self) -> float:
        return seconds(BUILD / "gristmill", "run", *inputs(self.folder / "in"), "--output", self.fresh("again"))

    def rival(self, name: str) -> float:
        """PATIENCE where it takes longer, or the system ends it because memory ran out."""
        try:
            return seconds(ROOT / "build/growth-bench-venv/bin/python", "-P", ROOT / f"bench/rivals/{name}.py", self.folder / "in/collections",
                           self.folder / "in/predictions", self.fresh(name), cwd=self.folder,  # DuckDB spills to where it is begun
                           timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            return PATIENCE
        except subprocess.CalledProcessError as ended:
            if ended.returncode != -signal.SIGKILL:
                raise
            return OUT_OF_MEMORY

    def read_by_update(self) -> dict[str, int]:
        """Bytes of `_state/` that the last update reads, by kind of run."""
        grown = self.fresh("grown")
        shutil.copytree(self.out, grown)
        log = self.folder / "trace"
        seconds("strace", "-f", "-y", "-s", 0, "-e", "trace=pread64,read", "-o", log, BUILD / "gristmill", "update",
                *inputs(self.folder / "in"), "--output", grown)
        read: dict[str, int] = {}
        for match in filter(None, map(READ.search, log.read_text().splitlines())):
            read[match[1]] = read.get(match[1], 0) + int(match[2])
        return read

    def bounds(self) -> list[tuple[str, float, int]]:
        """What a day may read and write of `_state/`."""
        manifest = json.loads((self.out / "_manifest.json").read_text())["accounting"]
        lines = manifest["collections"]["accepted"] + manifest["predictions"]["accepted"]
        new = 64 * lines + 400 * manifest["sessions"]
        read = self.read_by_update()
        of = lambda *kinds: sum(read.get(kind, 0) for kind in kinds)  # noqa: E731
        return [("read: aggregates and sessions, bytes an old session", of("aggregates", "sessions") / manifest["sessions"], 250),
                ("read: models, bytes a row of the table by model", of("models") / manifest["models"], 60),
                ("read: lines and collection ids, bytes an old line", of("lines", "ids") / lines, 40),
                ("written, percent of 64 bytes a line and 400 a session", 100 * self.state_written / new, 100)]


def table(rows: list[tuple]) -> str:
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows)


def measure(growing: Growing, rounds: int, rivals: bool) -> str:
    contestants = {"the last day's update": growing.last_day, "its floor": growing.floor, "everything again, by gristmill": growing.again}
    if rivals:
        contestants |= {f"everything again, by {name}": lambda name=name: growing.rival(name.lower()) for name in ("Polars", "DuckDB")}
    took = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, contestant in contestants.items():
            took[name].append(contestant())
    medians = {name: statistics.median(times) for name, times in took.items()}
    update = medians["the last day's update"]
    shape = growing.shape
    head = (f"\n## {shape.name}: {shape.profiles:,} profiles, {shape.touched:.0%} of them a day, {shape.days} days of "
            f"{shape.lines:,} lines of each data set\n\n| | median | times the update |\n|---|--:|--:|\n")
    more = {name: "over " if value == PATIENCE else "" for name, value in medians.items()}
    rows = [(name, f"{more[name]}{value:.2f} s", f"{more[name]}{value / update:.2f}") if value < OUT_OF_MEMORY else
            (name, "out of memory", "") for name, value in medians.items()]
    bounds = [(name, f"{value:.1f}", f"at most {most}") for name, value, most in growing.bounds()]
    ratio = update / medians["its floor"]
    return (head + table(rows) + f"\n\nThe update takes {ratio:.2f} times its floor (goal: at most {GOAL}).\n\n"
            "| of `_state/` | measured | allowed |\n|---|--:|--:|\n" + table(bounds) + "\n")


def year(folder: Path) -> str:
    growing = Growing(folder, YEAR)
    log = subprocess.run([BUILD / "gristmill", "update", *inputs(folder / "in")[:-2], "--publish-anyway", "--output", growing.out],
                         check=True, capture_output=True, encoding="utf-8").stdout
    peak = re.search(r"memory +(\S+ \S+) at the peak", log)
    state = sum(sizes(growing.out, "_state").values())
    lines = 2 * YEAR.lines * YEAR.days
    start = time.perf_counter()
    subprocess.run([BUILD / "gristmill", "verify", growing.out, "--state"], check=True, stdout=subprocess.DEVNULL)
    settled = time.perf_counter() - start
    return (f"\n## A year: {YEAR.days} days of {YEAR.lines:,} lines of each data set\n\n"
            f"`_state/` has {state / 1e6:.0f} MB for {lines / 1e6:.1f} million lines, in {len(sizes(growing.out, '_state'))} files. The last "
            f"update takes {peak[1] if peak else '?'} of memory; tables and report are made again from the state, and the whole output "
            f"is verified, in {settled:.1f} s.\n")


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench/growth/run")
    parser.add_argument("shapes", nargs="*", metavar="SHAPE", help=f"of {', '.join(SHAPES)}; the first three without any")
    parser.add_argument("--days", type=int, help="instead of 30")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-rivals", action="store_true")
    parser.add_argument("--year", action="store_true", help="the synthetic year too; always without SHAPEs")
    parser.add_argument("--quick", action="store_true", help="three days and one round, to try the script out")
    words = parser.parse_args()
    names = words.shapes or [name for name in SHAPES if name != "many-all"]
    page = ABOUT + "\n" + "\n".join(f"- {fact}" for fact in machine({"memory": Path("/dev/shm")}, False, os.getloadavg()[0])) + "\n"
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="gristmill-growth-") as folder:
        for name in names:
            shape = SHAPES[name]
            days = 3 if words.quick else words.days or shape.days
            growing = Growing(Path(folder) / name, Shape(**{**shape.__dict__, "days": days}))
            part = measure(growing, 1 if words.quick else words.rounds, not words.no_rivals)
            print(part, flush=True)
            page += part
            shutil.rmtree(growing.folder)
        if words.year or not (words.shapes or words.quick):
            part = year(Path(folder) / "year")
            print(part, flush=True)
            page += part
    if not words.shapes and not words.quick:
        PAGE.write_text(page)


if __name__ == "__main__":
    os.environ.pop("GRISTMILL_CONFIG", None)
    main()
