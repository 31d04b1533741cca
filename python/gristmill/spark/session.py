"""A run on the cluster of a Spark session, as its driver: the session's own settings, jobs and threads stay as they are.

Two Spark jobs, with the engine's steps before, between and after them, and one more where many objects are to be copied:

    begin_on_cluster ─▶ route, shuffle, grind ─▶ take_ground ─▶ settle ─▶ finish_on_cluster ─▶ move ─▶ its end

Rows and results go through Spark; what is written goes from the executors to the output's place directly. An exception on
the way, Ctrl-C too, cancels the job and waits until no task of ours runs before the staged output is given up. Once it is
committed, a job that is cancelled or fails leaves the rest of the objects to the driver.
"""

from __future__ import annotations

import importlib.util
import logging
import os
from typing import TYPE_CHECKING, Any

from gristmill import _native
from gristmill.credentials import as_keys
from gristmill.errors import GristmillError, UsageError
from gristmill.inputs import as_shared_paths
from gristmill.progress import run_with_progress
from gristmill.recipe import RecipeLike, as_recipe
from gristmill.result import Result, result_of_run

if TYPE_CHECKING:
    from .classic import ClassicCluster
    from .connect import ConnectCluster

log = logging.getLogger("gristmill")
ROWS_PER_PART = 1_000_000  # of aggregated-parquet and aggregated-json


def run(spark: Any, *, collections: Any = None, predictions: Any = None, output: str | os.PathLike[str] | None = None,
        recipe: RecipeLike = None, credentials: Any = None, progress: bool | None = None, split_size: int | None = None,
        partitions: int | None = None, **settings: Any) -> Result:
    """Partition, aggregate, check and publish both data sets on a Spark cluster.

    Parameters
    ----------
    spark : pyspark.sql.SparkSession or pyspark.sql.connect.session.SparkSession
        Spark 3.5 or 4; or a session of Spark Connect.
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
    UsageError, InputError, OutputError, InternalError, CancelledError
        Nothing is published (the message says so where it is otherwise).
    KeyboardInterrupt
        Nothing is published.
    """
    engine = _engine(recipe, credentials, {"collections": collections, "predictions": predictions, "output": output, **settings})
    return run_on_cluster(spark, engine, updates=False, progress=progress, split_size=split_size, partitions=partitions)


def update(spark: Any, *, collections: Any = None, predictions: Any = None, output: str | os.PathLike[str] | None = None,
           recipe: RecipeLike = None, credentials: Any = None, progress: bool | None = None, split_size: int | None = None,
           partitions: int | None = None, **settings: Any) -> Result:
    """Add what is new to an output that grows, on a Spark cluster, and make it where there is none.

    The output is that of `gristmill.update`, byte for byte; one may go on where the other ended.

    Parameters
    ----------
    spark, collections, predictions, output, recipe, credentials, progress, split_size, partitions, **settings
        As for `run`, and the settings of `gristmill.update`.

    Returns
    -------
    Result
        Of the whole output. If nothing is new, of the output as it is.

    Raises
    ------
    UsageError, InputError, NoInputError, OutputError, InternalError, CancelledError, KeyboardInterrupt
        As `run` and `gristmill.update`.
    """
    engine = _engine(recipe, credentials, {"collections": collections, "predictions": predictions, "output": output, **settings})
    return run_on_cluster(spark, engine, updates=True, progress=progress, split_size=split_size, partitions=partitions)


def _engine(recipe: RecipeLike, credentials: Any, keywords: dict[str, Any]) -> _native.Engine:
    for name in ("collections", "predictions"):
        keywords[name] = as_shared_paths(name, keywords[name])
    keywords = {name: value for name, value in keywords.items() if value is not None}
    return _native.Engine(settings=as_recipe(recipe, keywords).as_flags(), environment=dict(os.environ),
                          working_directory=os.getcwd(), keys=as_keys(credentials))


def _check_sizes(split_size: int | None, partitions: int | None) -> None:
    for name, value, example in (("split_size", split_size, "a number of bytes, such as 64 << 20"), ("partitions", partitions, "1 or more")):
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise UsageError(f"argument {name}: {value!r} is no whole number", f"write {example}, or leave it out", key=name)
    if split_size is not None and (split_size <= 0 or split_size % (1 << 20) != 0):
        raise UsageError(f"argument split_size: {split_size} is no multiple of 1 MiB", "write 64 << 20, or leave it out",
                         key="split_size")
    if partitions is not None and partitions <= 0:
        raise UsageError(f"argument partitions: {partitions} is not a number of partitions", "write 1 or more, or leave it out",
                         key="partitions")


def _cluster_of(spark: Any) -> ClassicCluster | ConnectCluster:
    missing = [name for name in ("pandas", "pyarrow") if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(f"the driver's Python has no {' and no '.join(missing)}, which Spark needs for tasks in Python",
                         "pip install 'gristmill[spark]', for the driver and for the executors")
    from .classic import ClassicCluster
    from .connect import ConnectCluster, is_connect
    return ConnectCluster(spark) if is_connect(spark) else ClassicCluster(spark)


def run_on_cluster(spark: Any, engine: _native.Engine, *, updates: bool, progress: bool | str | None, split_size: int | None,
                   partitions: int | None) -> Result:
    """Carry out the run or the update of `engine`; parameters, result and exceptions as of these, and `progress` may be "lines" too."""
    _check_sizes(split_size, partitions)
    cluster = _cluster_of(spark)
    from . import tasks  # needs pyarrow
    jobs = cluster.jobs(progress)
    if progress == "lines":
        progress = False
    shape = {"tasks_at_once": cluster.tasks_at_once, "slots": cluster.slots, "split_size": split_size or 0, "partitions": partitions or 0,
             "rows_per_part": ROWS_PER_PART}
    plan = run_with_progress(engine, lambda: engine.begin_on_cluster(updates=updates, **shape), progress)
    if not plan.has_work:
        return result_of_run(engine, engine.finish_unchanged())
    try:
        with cluster.session() as session:
            splits = session.range(0, plan.splits, 1, max(plan.splits, 1))
            routed = splits.mapInArrow(tasks.route(plan.encoded, tasks.partition_keys(plan.partitions)), tasks.ROUTED_COLUMNS)
            in_order = routed.repartition(plan.partitions, "key").sortWithinPartitions("file", "offset", "piece")
            ground = jobs.collect(in_order.mapInArrow(tasks.grind(plan.encoded), tasks.RESULT_COLUMNS), "route and grind")
            settle_plan = run_with_progress(engine, lambda: engine.take_ground(ground), progress)
            parts = session.range(0, _native.SETTLE_PARTS, 1, _native.SETTLE_PARTS)
            settled = jobs.collect(parts.mapInArrow(tasks.settle(plan.encoded, settle_plan), tasks.RESULT_COLUMNS), "settle")
            if cluster.speculates:
                jobs.wait_for_tasks()  # the slower attempts of tasks that are done

            def move(files: bytes) -> list[bytes]:
                """What is committed can only go on: what tasks leave, for whatever reason, the driver moves."""
                try:
                    shares = session.range(0, plan.partitions, 1, plan.partitions)
                    frame = shares.mapInArrow(tasks.move(plan.encoded, files, plan.partitions), tasks.RESULT_COLUMNS)
                    moved = jobs.collect(frame, "publish", lambda: engine.interrupted or not jobs.has_room)
                    if cluster.speculates:
                        jobs.wait_for_tasks()
                    return moved
                except Exception as error:  # noqa: BLE001: Spark may be gone
                    log.warning("the driver publishes alone, since the tasks that should help it failed: %s",
                                error.message if isinstance(error, GristmillError) else type(error).__name__)
                    jobs.wait_for_tasks()
                    return []

            return result_of_run(engine, run_with_progress(engine, lambda: engine.finish_on_cluster(settled, move), progress))
    except BaseException:
        jobs.wait_for_tasks()
        engine.abandon()
        raise
