"""Memory of the executors' Python workers is bounded by the setting, however the data is shaped."""

from __future__ import annotations

import threading

import inputs
import pytest
from lines import collection, write_lines

MEBIBYTE = 1 << 20
PYTHON = 120 * MEBIBYTE  # Python itself with pyspark and pyarrow


class Peaks:
    """Measures the peaks of all Python workers, from when it is entered on."""

    def __init__(self, spark):
        self.spark, self.peaks = spark, {}
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self.ended.wait(0.02):
            self._look()

    def _look(self) -> None:
        for each in self.spark.running.python_workers():
            self.peaks[each.pid] = max(self.peaks.get(each.pid, 0), each.memory())

    def __enter__(self):
        for each in self.spark.running.python_workers():
            each.forget_peak()
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.ended.set()
        self.thread.join()
        self._look()

    @property
    def highest(self) -> int:
        return max(self.peaks.values())


def must_fit(twin, paths, memory: int, longest: int, cut: dict, **settings) -> None:
    """Fails if the peak of any Python worker is above the promise."""
    twin.expect(*paths, **settings)
    with twin.spark.alone() as spark:
        spark.kill_python_workers()  # what they kept of other tests
        with Peaks(spark) as peaks:
            twin.again(*paths, on_spark={"memory": memory, **cut}, **settings)
        assert spark.scratch_in_use() == 0, "scratch files are still open"
    bound = memory + 64 * MEBIBYTE + 6 * longest + PYTHON
    assert peaks.highest <= bound, f"{peaks.highest / MEBIBYTE:.0f} MiB, more than {bound / MEBIBYTE:.0f}"


def longest_line(*paths) -> int:
    return max(len(line) for path in paths for line in path.read_bytes().splitlines())


@pytest.mark.long
@pytest.mark.parametrize("partitions", [1, 5])
def test_half_of_the_data_in_one_profile(twin, tmp_path, partitions):
    paths = inputs.write_skewed(tmp_path / "in", 12_000, 150)
    assert sum(path.stat().st_size for path in paths) > 60 * MEBIBYTE
    must_fit(twin, paths, 4 * MEBIBYTE, longest_line(*paths), {"partitions": partitions})


@pytest.mark.long
def test_large_splits(twin, tmp_path):
    """A split is read as a stream: its size is no matter of memory."""
    paths = inputs.write_plain(tmp_path / "in", megabytes=120)
    must_fit(twin, paths, 4 * MEBIBYTE, longest_line(*paths), {"split_size": 128 * MEBIBYTE, "partitions": 2})


@pytest.mark.long
def test_long_lines(twin, tmp_path):
    lines = [collection(f"p{number % 2}", f"s{number}", f"c{number}", entries=number % 3 * 80_000) for number in range(12)]
    paths = [write_lines(tmp_path / "in/c.jsonl", lines)]
    must_fit(twin, paths, 4 * MEBIBYTE, longest_line(*paths), {"split_size": MEBIBYTE, "partitions": 3})


@pytest.mark.long
def test_many_rejected_lines_and_sessions(twin, tmp_path):
    """What goes to quarantine and what each session has, in numbers."""
    lines = [f"no line {number} " + "r" * 300 if number % 2 else collection(f"p{number % 9}", f"s{number}", f"c{number}")
             for number in range(150_000)]
    paths = [write_lines(tmp_path / "in/c.jsonl", lines)]
    must_fit(twin, paths, 4 * MEBIBYTE, longest_line(*paths), {"split_size": 4 * MEBIBYTE, "partitions": 4}, publish_anyway=True)
