"""The tasks of a run on a Spark cluster, as the executors' Python workers carry them out. Not for users.

An attempt may die at any time, or run beside another one of the same task: what it writes has names of its own, or the
same bytes as the other's. Spark pickles the functions that `route`, `grind`, `settle` and `move` return; all else a worker imports
from here, and so from the package on its own machine, which the engine's plan checks to be of the driver's version.
"""

from __future__ import annotations

import functools
import gc
import json
import re
import socket
import sys
import zipimport
from collections.abc import Callable, Iterator

import pyarrow as pa

from gristmill import _native
from gristmill.errors import GristmillError, InputError, NoInputError, OutputError, error_for_exit_code

# Rows of route. A partition's rows are sorted by all of them but the first two.
ROUTED_COLUMNS = "key int, partition int, file long, offset long, piece int, data binary"
RESULT_COLUMNS = "result binary"  # of grind, settle and move: one row for each task
BATCH = 4 << 20  # bytes of data that go to the JVM at once
ERROR_PREFIX = "gristmill-error "

Batches = Iterator[pa.RecordBatch]

_last: tuple[bytes, _native.Worker] | None = None


def _worker(plan: bytes) -> _native.Worker:
    """That of the last plan is kept: one process carries out many tasks, and S3's connections stay open."""
    global _last
    if _last is None or _last[0] != plan:
        _last = None
        _last = (plan, _native.make_worker(plan))
    return _last[1]


@functools.cache
def _spare_the_worker() -> None:
    """Once in a process: takes out of Spark's way what its worker would do before and after each task.

    Before one it forgets what importers know (`importlib.invalidate_caches`), whereupon those of Spark's own zips read these again; they
    are made anew when something is imported. After one it collects garbage, through all that was ever imported. A worker without a
    daemon has one task, and relies on the collector to send the end of its answer.
    """
    if getattr(sys.modules["__main__"].__spec__, "name", "") != "pyspark.daemon":
        return
    for path, importer in list(sys.path_importer_cache.items()):
        if isinstance(importer, zipimport.zipimporter):
            del sys.path_importer_cache[path]
    gc.collect()
    gc.freeze()


def _with_encoded_errors(work: Callable[[Batches], Batches]) -> Callable[[Batches], Batches]:
    """Errors travel to the driver as the text of an exception, between Spark's own words."""
    def encoded(batches: Batches) -> Batches:
        _spare_the_worker()
        try:
            yield from work(batches)
        except GristmillError as error:
            text = json.dumps({"host": socket.gethostname(),
                               **{name: getattr(error, name) for name in ("exit_code", "message", "advice", "file", "line", "key")}})
            raise RuntimeError(ERROR_PREFIX + text) from None
    return encoded


def decode_error(text: str) -> BaseException | None:
    """The error of a task, out of what Spark says of a failed job."""
    found = re.search(re.escape(ERROR_PREFIX) + r"(\{.*\})", text)
    if not found:
        return None
    told = json.loads(found[1])
    host, place = told.pop("host"), told["file"] or told["message"]
    told["message"] += f" (an executor on {host})"
    if told["exit_code"] in (InputError.exit_code, NoInputError.exit_code, OutputError.exit_code):
        own = ("executors look for credentials on their own machines, besides those of the driver's variables" if "s3://" in place
               else f"{host} must have the same file system there as the driver, or name paths on s3://")
        told["advice"] = "; ".join(filter(None, [told["advice"], own]))
    return error_for_exit_code(**told)


def _hash_of_int(value: int) -> int:
    """Spark's hash of an int column: Murmur3 of 32 bits, seed 42, as a signed number."""
    def rotated(number: int, by: int) -> int:
        return (number << by | number >> 32 - by) & 0xFFFFFFFF

    mixed = rotated(value * 0xCC9E2D51 & 0xFFFFFFFF, 15) * 0x1B873593 & 0xFFFFFFFF
    code = (rotated(42 ^ mixed, 13) * 5 + 0xE6546B64 & 0xFFFFFFFF) ^ 4
    code = (code ^ code >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    code = (code ^ code >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    code ^= code >> 16
    return code - (1 << 32) if code >> 31 else code


def partition_keys(partitions: int) -> list[int]:
    """For each partition a number that Spark's ``repartition(partitions, key)`` sends there."""
    keys: dict[int, int] = {}
    key = 0
    while len(keys) < partitions:
        keys.setdefault(_hash_of_int(key) % partitions, key)
        key += 1
    return [keys[partition] for partition in range(partitions)]


def _batches(rows: _native.RoutedRows, keys: list[int]) -> Batches:
    names = ["key", "partition", "file", "offset", "piece", "data"]
    types = [pa.int32(), pa.int32(), pa.int64(), pa.int64(), pa.int32(), pa.binary()]
    columns: list[list] = [[keys[partition] for partition in rows.partitions], rows.partitions, rows.files, rows.offsets,
                           rows.pieces, rows.data]
    begin, size = 0, 0
    for end, text in enumerate(rows.data, 1):
        size += len(text)
        if size >= BATCH or end == len(rows.data):
            yield pa.record_batch([pa.array(column[begin:end], each) for column, each in zip(columns, types)], names)
            begin, size = end, 0


def _result_batch(results: list[bytes]) -> pa.RecordBatch:
    return pa.record_batch([pa.array(results, pa.binary())], ["result"])


def route(plan: bytes, keys: list[int]) -> Callable[[Batches], Batches]:
    """From numbers of splits to frames of their lines, by partition."""
    def work(batches: Batches) -> Batches:
        worker = _worker(plan)
        for batch in batches:
            for split in batch.column(0).to_pylist():
                task = _native.RouteTask(worker, split)
                while (rows := task.next()).partitions:
                    yield from _batches(rows, keys)
    return _with_encoded_errors(work)


def _attempt(step: str) -> tuple[int, str]:
    """The partition of the task under way, and a name for this attempt at it."""
    from pyspark import TaskContext
    context = TaskContext.get()
    return context.partitionId(), f"{step}-{context.partitionId():05d}-{context.taskAttemptId()}"


def grind(plan: bytes) -> Callable[[Batches], Batches]:
    """From a partition's frames, in order, to its files and one row, the result."""
    def work(batches: Batches) -> Batches:
        partition, attempt = _attempt("grind")
        task = _native.GrindTask(_worker(plan), partition, attempt)
        for batch in batches:
            _, partitions, files, offsets, pieces, data = (column.to_pylist() for column in batch.columns)
            if any(each != partition for each in partitions):
                raise error_for_exit_code(
                    1, "Spark has put rows into another partition than they were meant for",
                    "leave spark.sql settings that change partitions alone, and report this with Spark's version")
            for file, offset, piece, part_of_data in zip(files, offsets, pieces, data):
                task.take(file=file, offset=offset, piece=piece, data=part_of_data)
        yield _result_batch([task.finish()])
    return _with_encoded_errors(work)


def settle(plan: bytes, settle_plan: bytes) -> Callable[[Batches], Batches]:
    """From numbers of parts to the result of settling each."""
    def work(batches: Batches) -> Batches:
        _, attempt = _attempt("settle")
        worker = _worker(plan)
        for batch in batches:
            yield _result_batch([_native.settle_part(worker=worker, plan=settle_plan, part=part, attempt=attempt)
                                 for part in batch.column(0).to_pylist()])
    return _with_encoded_errors(work)


def move(plan: bytes, files: bytes, parts: int) -> Callable[[Batches], Batches]:
    """From numbers of shares to the result of moving the files of each to where they are published."""
    def work(batches: Batches) -> Batches:
        worker = _worker(plan)
        for batch in batches:
            yield _result_batch([_native.move_files(worker=worker, files=files, part=part, parts=parts)
                                 for part in batch.column(0).to_pylist()])
    return _with_encoded_errors(work)
