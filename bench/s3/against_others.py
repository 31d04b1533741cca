"""Measures the job from one bucket to another against others' ways of doing it; see `run`.

Whole processes, taking turns, each to a place that holds nothing; the data is that of the work "main" of bench/run.
Everything lies on tmpfs. The server shares the machine's cores with the contestants: what is measured is how little
they ask of it, and how well they keep it busy. Then the same over a line on which every request takes longer.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench/measure"), str(ROOT / "tests/s3"), str(ROOT / "tests/programs")]

from machine import machine  # noqa: E402
from server import Server  # noqa: E402

GRISTMILL = ROOT / "build/release/gristmill"
TOOLS = ROOT / "build/s3-bench-venv/bin"
OURS = "gristmill, bucket to bucket"
OURS_FROM_DISK = "gristmill, local files to a bucket"
SERVER = "the server's part: the objects sent by s5cmd"
GOALS = {"s5cmd down, gristmill, s5cmd up": 0.4, "Polars, bucket to bucket": 0.3}  # our share of it, at most
GOALS_OF_SMALL_OBJECTS = {SERVER: 1.2}
SMALL_OBJECTS = ["--profiles", "1000", "--sessions", "1", "--collections", "1", "--behaviours", "2"]


class Contest:
    """The server with the data, and what takes part."""

    def __init__(self, folder: Path, shape: list[str]):
        self.folder = folder
        data = folder / "data"
        subprocess.run([GRISTMILL, "generate", data, *shape, "--quiet"], check=True)
        self.server = Server(folder)
        for bucket in ("recordings", "results"):
            self.server.client.make_bucket(bucket)
        for path in sorted(data.rglob("*.jsonl")):
            self.server.client.upload(path, f"s3://recordings/{path.relative_to(data).as_posix()}")
        self.input_bytes = sum(path.stat().st_size for path in data.rglob("*.jsonl"))
        self.data = data
        self.number = 0
        self.use(self.server.url)
        self.reference = folder / "reference"
        self.job(str(data), str(self.reference))
        files = [path for path in self.reference.rglob("*") if path.is_file()]
        self.files, self.output_bytes = len(files), sum(path.stat().st_size for path in files)

    def use(self, url: str) -> None:
        self.variables = {
            **os.environ, "AWS_ACCESS_KEY_ID": self.server.keys.access, "AWS_SECRET_ACCESS_KEY": self.server.keys.secret,
            "AWS_ENDPOINT_URL": url, "S3_ENDPOINT_URL": url, "AWS_REGION": "us-east-1", "AWS_ALLOW_HTTP": "true",
            "TMPDIR": str(self.folder)}

    def call(self, *words) -> None:
        subprocess.run(list(map(str, words)), env=self.variables, check=True, stdout=subprocess.DEVNULL)

    def job(self, source: str, output: str, *words: str) -> None:
        self.call(GRISTMILL, "run", "--collections", f"{source}/collections/", "--predictions", f"{source}/predictions/",
                  "--output", output, "--threads", "2", "--quiet", *words)

    def contestants(self) -> dict:
        """Each is called with the s3:// prefix that it writes to."""
        return {OURS: lambda output: self.job("s3://recordings", output),
                "gristmill, --s3-publish staged": lambda output: self.job("s3://recordings", output, "--s3-publish", "staged"),
                OURS_FROM_DISK: lambda output: self.job(str(self.data), output),
                "s5cmd down, gristmill, s5cmd up": self.copying,
                "Polars, bucket to bucket": self.polars,
                SERVER: self.sending}

    def of_small_objects(self) -> dict:
        return {OURS_FROM_DISK: lambda output: self.job(str(self.data), output), SERVER: self.sending}

    def sending(self, output: str) -> None:
        self.call(TOOLS / "s5cmd", "--numworkers", "64", "cp", f"{self.reference}/", f"{output}/")

    def copying(self, output: str) -> None:
        incoming, outgoing = self.folder / "incoming", self.folder / "outgoing"
        self.call(TOOLS / "s5cmd", "cp", "s3://recordings/*", f"{incoming}/")
        self.job(str(incoming), str(outgoing))
        self.call(TOOLS / "s5cmd", "cp", f"{outgoing}/", f"{output}/")
        shutil.rmtree(incoming)
        shutil.rmtree(outgoing)

    def polars(self, output: str) -> None:
        self.call(TOOLS / "python", "-P", ROOT / "bench/rivals/polars.py", "s3://recordings/collections",
                  "s3://recordings/predictions", output, "2")

    def seconds(self, run) -> float:
        self.number += 1
        output = f"run-{self.number}"
        begin = time.monotonic()
        run(f"s3://results/{output}")
        seconds = time.monotonic() - begin
        shutil.rmtree(self.server.folder / "results" / output)
        return seconds

    def table(self, runs: int, contestants: dict, goals: dict[str, float]) -> list[str]:
        times = {name: [] for name in contestants}
        for _ in range(runs):
            for name, run in contestants.items():
                times[name].append(self.seconds(run))
        lines = ["| contestant | median | shortest to longest | gristmill's share of it | goal |", "|---|--:|--:|--:|--:|"]
        for name, seconds in times.items():
            share = statistics.median(one / other for one, other in zip(next(iter(times.values())), seconds))
            goal = f"at most {goals[name]}" if name in goals else ""
            lines.append(f"| {name} | {statistics.median(seconds):.2f} s | {min(seconds):.2f} s to {max(seconds):.2f} s "
                         f"| {share:.2f} | {goal} |")
        return lines


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench/s3/run", description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--delay", type=float, default=0.03, metavar="SECONDS", help="of the longer line; 0: none")
    parser.add_argument("--objects", action="store_true", help="only the small objects; writes no page")
    parser.add_argument("--quick", action="store_true", help="small data: to see whether it works; writes no page")
    words = parser.parse_args()
    load = os.getloadavg()[0]
    folder = Path(tempfile.mkdtemp(prefix="gristmill-bench-s3-", dir="/dev/shm"))
    tables = {}
    try:
        (folder / "small").mkdir()
        contest = Contest(folder / "small", SMALL_OBJECTS)
        try:
            name = f"{contest.files:,} small objects, {contest.output_bytes / 1e6:.1f} MB in all"
            tables[name] = contest.table(words.runs, contest.of_small_objects(), GOALS_OF_SMALL_OBJECTS)
        finally:
            contest.server.stop()
        if words.objects:
            print(*next(iter(tables.values())), sep="\n")
            return
        contest = Contest(folder, ["--profiles", "20"] if words.quick else [])
        try:
            tables = {"Without delay": contest.table(words.runs, contest.contestants(), GOALS), **tables}
            if words.delay > 0:
                line = subprocess.Popen([sys.executable, ROOT / "bench/s3/delay_line.py", contest.server.url.split("//")[1],
                                         str(words.delay)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
                contest.use("http://" + line.stdout.readline().strip())
                tables[f"Each request takes {1000 * words.delay:.0f} ms longer"] = contest.table(words.runs, contest.contestants(), GOALS)
                line.communicate()
        finally:
            contest.server.stop()
    finally:
        shutil.rmtree(folder)
    lines = ["# Benchmark on S3", "",
             "Written by `bench/s3/run`; [bench/README.md](../../bench/README.md) says how to repeat it. The whole job from",
             "one bucket to another: by gristmill; by copying the input down with s5cmd, the same job on local files, and",
             "copying the output up with s5cmd; and by Polars, which does less (see there). DuckDB is missing: as a package its",
             "extension for S3 can be had for version 1.5 only, which cannot partition JSON. Times are of all of a",
             "contestant's processes together; they take turns. The server (versitygw) runs on the same two cores, so most",
             "of all times is its work: the last line of each table is what it takes to receive the output and nothing else.",
             "Shares are the medians of those within a round.", "",
             *(f"- {line}" for line in machine({"memory": Path("/dev/shm")}, False, load)),
             f"- {contest.input_bytes / 1e6:.0f} MB in, {contest.output_bytes / 1e6:.0f} MB out in {contest.files:,} objects",
             *(line for name, table in tables.items() for line in ("", f"## {name}", "", *table))]
    page = "\n".join(lines) + "\n"
    print(page)
    if not words.quick:
        (ROOT / "docs/results/benchmarks-s3.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
