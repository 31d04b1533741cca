"""A run on the cluster of a Spark session, as its driver: the session's own settings, jobs and threads stay as they are.

Two Spark jobs, with the engine's steps before, between and after them:

    begin_on_cluster ─▶ route, shuffle, grind ─▶ take_ground ─▶ settle ─▶ finish_on_cluster

Rows and results go through Spark; what is written goes from the executors to the output's place directly. An exception on
the way, Ctrl-C too, cancels the job and waits until no task of ours runs before the staged output is given up.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any

from gristmill import _native
from gristmill.credentials import as_keys
from gristmill.errors import InternalError, UsageError
from gristmill.inputs import as_shared_paths
from gristmill.progress import run_with_progress
from gristmill.recipe import RecipeLike, as_recipe
from gristmill.result import Result, result_of_run

from . import tasks

ROWS_PER_PART = 1_000_000  # of aggregated-parquet and aggregated-json


def run(spark: Any, *, collections: Any = None, predictions: Any = None, output: str | os.PathLike[str] | None = None,
        recipe: RecipeLike = None, credentials: Any = None, progress: bool | None = None, split_size: int | None = None,
        partitions: int | None = None, **settings: Any) -> Result:
    """Partition, aggregate, check and publish both data sets on a Spark cluster.

    Parameters
    ----------
    spark : pyspark.sql.SparkSession
        Spark 3.5 or 4; not Spark Connect.
    collections, predictions, output
        Paths that driver and executors can all reach: ``s3://`` (``s3a://`` is the same), or a file system that they share.
    recipe, credentials, progress, **settings
        As for `gristmill.run`. ``memory`` is for all Python workers of one executor together; ``threads`` is Spark's
        business.
    split_size
        Bytes of input that one task reads, a multiple of 1 MiB. Without it, up to 128 MiB.
    partitions
        Tasks that write the output. Without it, one for every 128 MiB of lines, at least one for every core.

    Returns
    -------
    Result
        As of `gristmill.run`, which would write the same bytes.

    Raises
    ------
    UsageError, InputError, OutputError, InternalError
        Nothing is published (the message says so where it is otherwise).
    KeyboardInterrupt
        Nothing is published.
    """
    keywords = {"collections": as_shared_paths("collections", collections), "output": output,
                "predictions": as_shared_paths("predictions", predictions), **settings}
    keywords = {name: value for name, value in keywords.items() if value is not None}
    engine = _native.Engine(settings=as_recipe(recipe, keywords).as_flags(), environment=dict(os.environ),
                            working_directory=os.getcwd(), keys=as_keys(credentials))
    return run_on_cluster(spark, engine, progress=progress, split_size=split_size, partitions=partitions)


def _check_sizes(split_size: int | None, partitions: int | None) -> None:
    if split_size is not None and (split_size <= 0 or split_size % (1 << 20) != 0):
        raise UsageError(f"argument split_size: {split_size} is no multiple of 1 MiB", "write 64 << 20, or leave it out",
                         key="split_size")
    if partitions is not None and partitions <= 0:
        raise UsageError(f"argument partitions: {partitions} is not a number of partitions", "write 1 or more, or leave it out",
                         key="partitions")


def _slots_per_executor(context: Any) -> int:
    """Tasks that one executor runs at once; 0 where only its machine can tell."""
    conf = context.getConf()
    if context.master.startswith("local"):
        return context.defaultParallelism
    return int(conf.get("spark.executor.cores", "0")) // int(conf.get("spark.task.cpus", "1"))


def run_on_cluster(spark: Any, engine: _native.Engine, *, progress: bool | None, split_size: int | None,
                   partitions: int | None) -> Result:
    """Carry out the run of `engine`; parameters, result and exceptions as of `run`."""
    _check_sizes(split_size, partitions)
    context = spark.sparkContext
    # Settings of its own: rows of a MiB must go in small batches, and a partition must stay one.
    session = spark.newSession()
    session.conf.set("spark.sql.adaptive.enabled", "false")
    session.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "8")
    plan = run_with_progress(engine, lambda: engine.begin_on_cluster(
        tasks_at_once=context.defaultParallelism, slots=_slots_per_executor(context), split_size=split_size or 0,
        partitions=partitions or 0, rows_per_part=ROWS_PER_PART), progress)
    try:
        splits = session.range(0, plan.splits, 1, max(plan.splits, 1))
        routed = splits.mapInArrow(tasks.route(plan.encoded, tasks.partition_keys(plan.partitions)), tasks.ROUTED_COLUMNS)
        in_order = routed.repartition(plan.partitions, "key").sortWithinPartitions("file", "offset", "piece")
        ground = _collect(context, in_order.mapInArrow(tasks.grind(plan.encoded), tasks.RESULT_COLUMNS), "route and grind")
        settle_plan = run_with_progress(engine, lambda: engine.take_ground(ground), progress)
        parts = session.range(0, _native.SETTLE_PARTS, 1, _native.SETTLE_PARTS)
        settled = _collect(context, parts.mapInArrow(tasks.settle(plan.encoded, settle_plan), tasks.RESULT_COLUMNS), "settle")
        if context.getConf().get("spark.speculation", "false") == "true":
            _wait_for_tasks(context)  # the slower attempts of tasks that are done
        return result_of_run(engine, run_with_progress(engine, lambda: engine.finish_on_cluster(settled), progress))
    except BaseException:
        _wait_for_tasks(context)
        engine.abandon()
        raise


def in_thread(work: Callable[[], Any], kind: type[threading.Thread] = threading.Thread) -> Future:
    """What `work` returns or raises, in a thread that the process does not wait for at its end."""
    future: Future = Future()

    def call() -> None:
        try:
            future.set_result(work())
        except BaseException as exception:  # noqa: BLE001: it is for whoever waits
            future.set_exception(exception)

    kind(target=call, daemon=True).start()
    return future


def _collect(context: Any, frame: Any, step: str) -> list[bytes]:
    """The results of a job, one of each task.

    Collected in a thread of its own: Ctrl-C in the middle of a call would leave the caller's connection to the JVM with half
    an answer, and that thread's job group is its own.
    """
    from py4j.protocol import Py4JError
    from pyspark import InheritableThread
    from pyspark.errors import PySparkException
    group = f"gristmill-{os.getpid()}-{time.monotonic_ns()}"

    def collect() -> list[bytes]:
        context.setJobGroup(group, f"gristmill: {step}", interruptOnCancel=True)
        return [bytes(row[0]) for row in frame.collect()]

    rows = in_thread(collect, InheritableThread)
    try:
        return rows.result()
    except (PySparkException, Py4JError) as exception:
        raise _as_error(step, str(exception)) from None
    except BaseException:
        until = time.monotonic() + 15
        while not rows.done() and time.monotonic() < until:  # its job may not have begun yet
            context.cancelJobGroup(group)
            wait([rows], 0.2)
        raise


def _as_error(step: str, text: str) -> BaseException:
    """The error of a task or of Spark itself, out of what Spark says of a job that failed."""
    error = tasks.decode_error(text)
    if error is not None:
        return error
    if "No module named 'gristmill'" in text:
        return UsageError("the Python of the executors has no package gristmill",
                          "install it there, or ship an environment with --archives (docs/operate/spark.md)")
    # The first exception that is named, as the innermost one on its line; what follows are places in programs.
    named = [parts[-1].strip() for line in text.splitlines()
             if len(parts := re.split(r"(?:Exception|Error): ", line)) > 1 and not line.lstrip().startswith(("at ", "File "))]
    reason = next((each for each in named if each and not each.startswith("Traceback")), text.strip().split("\n")[0])
    return InternalError(f"the Spark job '{step}' failed, nothing was published: "
                         f"{reason[:400] or 'no reason given'}",
                         "look into the logs of Spark's driver and executors; a killed executor often had too little memory: "
                         "give it more (spark.executor.memoryOverhead), or gristmill less (memory)")


def _wait_for_tasks(context: Any, seconds: float = 15) -> None:
    """Wait until no executor has a task of a job of ours: one would still write below the staged output."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            tracker = context._jsc.sc().statusTracker()
            if not tracker.getActiveJobIds() and all(each.numRunningTasks() == 0 for each in tracker.getExecutorInfos()):
                return
        except Exception:  # noqa: BLE001: the cluster is gone, and its tasks with it
            return
        time.sleep(0.1)
