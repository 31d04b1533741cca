"""Measures the job from s3:// to s3:// against copying down, running locally and copying up; see `run`.

Whole processes, taking turns, each to a place that holds nothing; the data is that of the work "main" of bench/run.
Everything lies on tmpfs. The server shares the machine's cores with the contestants: what is measured is how little
they ask of it, and how well they keep it busy.
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
RCLONE = ROOT / "build/rclone-venv/bin/rclone"
THREADS = ["--threads", "2", "--quiet"]


class Contest:
    """The server with the data, and what takes part."""

    def __init__(self, folder: Path, quick: bool):
        self.folder = folder
        data = folder / "data"
        shape = ["--profiles", "20"] if quick else []
        subprocess.run([GRISTMILL, "generate", data, *shape, "--quiet"], check=True)
        self.server = Server(folder)
        for bucket in ("recordings", "results"):
            self.server.client.make_bucket(bucket)
        for path in sorted(data.rglob("*.jsonl")):
            self.server.client.upload(path, f"s3://recordings/{path.relative_to(data).as_posix()}")
        self.input_bytes = sum(path.stat().st_size for path in data.rglob("*.jsonl"))
        shutil.rmtree(data)
        self.variables = {
            **os.environ, "AWS_ACCESS_KEY_ID": self.server.keys.access, "AWS_SECRET_ACCESS_KEY": self.server.keys.secret,
            "AWS_ENDPOINT_URL": self.server.url, "AWS_REGION": "us-east-1", "TMPDIR": str(folder),
            "RCLONE_CONFIG": "/dev/null", "RCLONE_CONFIG_S_TYPE": "s3", "RCLONE_CONFIG_S_PROVIDER": "Other",
            "RCLONE_CONFIG_S_ENDPOINT": self.server.url, "RCLONE_CONFIG_S_ENV_AUTH": "true"}
        self.number = 0

    def call(self, *words) -> None:
        subprocess.run(list(map(str, words)), env=self.variables, check=True, stdout=subprocess.DEVNULL)

    def job(self, source: str, output: str) -> None:
        self.call(GRISTMILL, "run", "--collections", f"{source}/collections/", "--predictions", f"{source}/predictions/",
                  "--output", output, *THREADS)

    def gristmill(self, output: str) -> None:
        self.job("s3://recordings", f"s3://results/{output}")

    def rclone(self, output: str, *flags: str) -> None:
        incoming, outgoing = self.folder / "incoming", self.folder / "outgoing"
        self.call(RCLONE, "copy", *flags, "s:recordings", incoming)
        self.job(str(incoming), str(outgoing))
        self.call(RCLONE, "copy", *flags, outgoing, f"s:results/{output}")
        shutil.rmtree(incoming)
        shutil.rmtree(outgoing)

    def rclone_in_parallel(self, output: str) -> None:
        self.rclone(output, "--transfers", "32", "--checkers", "32")

    def seconds(self, run) -> float:
        self.number += 1
        output = f"run-{self.number}"
        begin = time.monotonic()
        run(output)
        seconds = time.monotonic() - begin
        results = self.server.folder / "results"
        self.files = sum(path.is_file() for path in results.rglob("*"))
        self.output_bytes = sum(path.stat().st_size for path in results.rglob("*") if path.is_file())
        shutil.rmtree(results / output)
        return seconds


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench/s3/run", description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="small data: to see whether it works; writes no page")
    words = parser.parse_args()
    load = os.getloadavg()[0]
    folder = Path(tempfile.mkdtemp(prefix="gristmill-bench-s3-", dir="/dev/shm"))
    try:
        contest = Contest(folder, words.quick)
        try:
            contestants = {"gristmill, s3:// to s3://": contest.gristmill, "rclone, gristmill, rclone": contest.rclone,
                           "the same, rclone with 32 transfers": contest.rclone_in_parallel}
            times = {name: [] for name in contestants}
            for _ in range(words.runs):
                for name, run in contestants.items():
                    times[name].append(contest.seconds(run))
        finally:
            contest.server.stop()
    finally:
        shutil.rmtree(folder)
    ours = times["gristmill, s3:// to s3://"]
    lines = ["# Benchmark on S3", "",
             "Written by `bench/s3/run`. The whole job from one bucket to another, against copying the input down with",
             "rclone, the same job on local files, and copying the output up with rclone. Times are of all of a",
             "contestant's processes together; they take turns. The server (versitygw) runs on the same cores, so most",
             "of all times is its work. The ratio is the median of those within a round.", "",
             *(f"- {line}" for line in machine({"memory": Path("/dev/shm")}, False, load)),
             f"- {contest.input_bytes / 1e6:.0f} MB in, {contest.output_bytes / 1e6:.0f} MB out in {contest.files:,} objects", "",
             "| contestant | median | shortest to longest | gristmill's share of it |", "|---|--:|--:|--:|"]
    for name, seconds in times.items():
        share = statistics.median(one / other for one, other in zip(ours, seconds))
        lines.append(f"| {name} | {statistics.median(seconds):.2f} s | {min(seconds):.2f} s to {max(seconds):.2f} s | {share:.2f} |")
    page = "\n".join(lines) + "\n"
    print(page)
    if not words.quick:
        (ROOT / "docs/results/benchmarks-s3.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
