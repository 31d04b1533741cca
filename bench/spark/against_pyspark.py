"""Measures the job on a Spark cluster against the same job in PySpark, on one session; see `run`.

A real standalone cluster: one master, two workers of one core each. Both contestants run in the same session, one after
the other, so that starting it counts for neither. Times and shuffled bytes of stages are from Spark's event log.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench/measure"), str(ROOT / "tests/spark"), str(ROOT / "build/release/python")]

from cluster import Cluster  # noqa: E402
from machine import machine  # noqa: E402

GRISTMILL = ROOT / "build/release/gristmill"
OURS = "gristmill"


def rival():
    """bench/rivals/pyspark.py, whose name would hide pyspark itself."""
    spec = importlib.util.spec_from_file_location("rival", ROOT / "bench/rivals/pyspark.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass
class Stage:
    tasks: int = 0
    seconds: float = 0  # of all tasks together
    shuffled: int = 0   # bytes written for other tasks

    def add(self, event: dict) -> None:
        self.tasks += 1
        self.seconds += (event["Task Info"]["Finish Time"] - event["Task Info"]["Launch Time"]) / 1000
        self.shuffled += event["Task Metrics"]["Shuffle Write Metrics"]["Shuffle Bytes Written"]


@dataclass
class Measured:
    """One contestant's runs."""

    seconds: list[float] = field(default_factory=list)
    windows: list[tuple[float, float]] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=list)  # of the last run
    reports: list[dict] = field(default_factory=list)

    def shuffled(self) -> int:
        return sum(stage.shuffled for stage in self.stages)


def stages_of(log: Path, window: tuple[float, float]) -> list[Stage]:
    stages: dict[int, Stage] = {}
    for line in log.read_text().splitlines():
        event = json.loads(line)
        if event["Event"] == "SparkListenerTaskEnd" and window[0] * 1000 <= event["Task Info"]["Launch Time"] <= window[1] * 1000:
            stages.setdefault(event["Stage ID"], Stage()).add(event)
    return [stages[number] for number in sorted(stages)]


def rows_of(stages: list[Stage], names: list[str], size: int, lines: int) -> list[str]:
    rows = ["| stage | tasks | seconds of all tasks | input a core and second | shuffled a line |", "|---|--:|--:|--:|--:|"]
    for name, stage in zip(names, stages):
        rows.append(f"| {name} | {stage.tasks} | {stage.seconds:.1f} | {size / max(stage.seconds, 0.001) / 1e6:.0f} MB "
                    f"| {stage.shuffled / lines:.0f} bytes |")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench/spark/run", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="of gristmill; the rival runs once")
    parser.add_argument("--quick", action="store_true", help="small data: to see whether it works; writes no page")
    parser.add_argument("--no-rivals", action="store_true", help="gristmill alone; writes no page")
    parser.add_argument("--explode-first", action="store_true", help="the rival as most scripts have it, too")
    parser.add_argument("--folder", type=Path, default=Path("/dev/shm"), help="for data and output (default: /dev/shm)")
    words = parser.parse_args()
    load = os.getloadavg()[0]
    folder = Path(tempfile.mkdtemp(prefix="gristmill-bench-spark-", dir=words.folder))
    measured: dict[str, Measured] = {}
    try:
        data, output = folder / "data", folder / "out"
        shape = ["--profiles", "200"] if words.quick else ["--profiles", "10000"]
        subprocess.run([GRISTMILL, "generate", data, *shape, "--files", "8", "--quiet"], check=True)
        size = sum(path.stat().st_size for path in data.rglob("*.jsonl"))
        with Cluster(Path(sys.executable), ROOT / "build/release/python", memory="4g") as cluster:
            events = cluster.folder / "events"
            events.mkdir()
            spark = cluster.session("benchmark", **{
                "spark.executor.memory": "2g", "spark.executor.memoryOverhead": "1g", "spark.driver.memory": "1g",
                "spark.executor.extraJavaOptions": "-XX:+UseParallelGC", "spark.driver.extraJavaOptions": "-XX:+UseParallelGC",
                "spark.eventLog.enabled": "true", "spark.eventLog.dir": str(events), "spark.eventLog.compress": "false",
                "spark.eventLog.rolling.enabled": "false", "spark.sql.shuffle.partitions": "16",
                "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2"})
            spark.sparkContext.setLogLevel("ERROR")
            import gristmill.spark
            other = rival()

            def ours() -> None:
                result = gristmill.spark.run(spark, collections=data / "collections", predictions=data / "predictions",
                                             output=output, progress=False)
                measured[OURS].reports.append(result.report)

            def theirs(explode_first: bool) -> None:
                output.mkdir()
                other.job(spark, str(data / "collections"), str(data / "predictions"), output, explode_first)

            def measure(name: str, work) -> None:
                begin = time.time()
                work()
                found = measured.setdefault(name, Measured())
                found.seconds.append(time.time() - begin)
                found.windows.append((begin, time.time()))
                print(f"{name}: {found.seconds[-1]:.1f} s", file=sys.stderr, flush=True)
                shutil.rmtree(output)

            spark.range(0, 2, 1, 2).mapInArrow(lambda batches: batches, "id long").collect()  # the Python workers are there
            measured[OURS] = Measured()
            for _ in range(words.runs):
                measure(OURS, ours)
            if not words.no_rivals:
                measure("PySpark, lines moved, then exploded", lambda: theirs(False))
            if words.explode_first and not words.no_rivals:
                measure("PySpark, exploded, then rows moved", lambda: theirs(True))
            spark.stop()
            log = next(events.iterdir())
            for found in measured.values():
                found.stages = stages_of(log, found.windows[-1])
    finally:
        shutil.rmtree(folder)
    print(page(words, measured, size, load))


def page(words: argparse.Namespace, measured: dict[str, Measured], size: int, load: float) -> str:
    mine = measured[OURS]
    report = mine.reports[-1]
    lines = sum(each["lines"] for each in report["accounting"]["files"])
    median = statistics.median(mine.seconds)
    text = ["# Benchmark on Spark", "",
            "Written by `bench/spark/run`. The whole job on a standalone cluster of two workers with one core each, all on one",
            "machine, against the same job in PySpark (`bench/rivals/pyspark.py`: explicit schema, explode, partitioned write,",
            "aggregates, the four checks) in the same session. The start of the session counts for neither. What Spark shuffles",
            "is compressed, in both.", "",
            *(f"- {line}" for line in machine({"memory": words.folder}, True, load)),
            f"- {size / 1e6:,.0f} MB and {lines:,} lines in", "",
            "| contestant | median | shortest to longest | × gristmill | shuffled | × gristmill |", "|---|--:|--:|--:|--:|--:|"]
    for name, found in measured.items():
        text.append(f"| {name} | {statistics.median(found.seconds):.1f} s | {min(found.seconds):.1f} s to {max(found.seconds):.1f} s "
                    f"| {statistics.median(found.seconds) / median:.1f} | {found.shuffled() / 1e6:,.0f} MB "
                    f"| {found.shuffled() / mine.shuffled():.1f} |")
    run = report["run"]
    text += ["", "## gristmill's stages", "", *rows_of(mine.stages, ["route", "grind", "settle"], size, lines), "",
             f"Memory: {run['peak_memory'] / 2**20:.0f} MiB at the peak of a Python worker, Python and pyarrow included, with a "
             f"budget of {run['memory_budget'] / 2**20:.0f} MiB; spilled {run['spilled_bytes'] / 1e6:.0f} MB."]
    whole = "\n".join(text) + "\n"
    if not (words.quick or words.no_rivals):
        (ROOT / "docs/results/benchmarks-spark.md").write_text(whole, encoding="utf-8")
    return whole


if __name__ == "__main__":
    main()
