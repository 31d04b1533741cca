"""The cluster behind a session of Spark Connect, whose driver is on a server: data frames are all that there is.

What a classic session asks of its context is not to be had: whether tasks still run cannot be seen, so that one which was
cancelled may leave something below the staging folder, which the next run removes.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from gristmill.errors import UsageError
from gristmill.progress import Bar

from .classic import SETTINGS
from .jobs import Now, in_thread, rows_of_job

log = logging.getLogger("gristmill")
MANY_ROWS = 1 << 16
FOR_TASKS_TO_END = 2.0  # seconds, of a job that was cancelled


def is_connect(spark: Any) -> bool:
    return ".connect." in type(spark).__module__


class ConnectCluster:
    """The cluster as `run_on_cluster` sees it.

    Parameters
    ----------
    spark
        A `pyspark.sql.connect.session.SparkSession`; `UsageError` if it is stopped.
    """

    def __init__(self, spark: Any):
        if getattr(spark, "is_stopped", False):
            raise UsageError("argument spark: the session is stopped", "SparkSession.builder.remote(...).getOrCreate() gives a new one")
        self._spark = spark

    def _setting(self, name: str, otherwise: str) -> str:
        from pyspark.errors import PySparkException
        try:
            return self._spark.conf.get(name, otherwise) or otherwise
        except PySparkException:  # some services let nobody see it
            return otherwise

    @cached_property
    def tasks_at_once(self) -> int:
        """As many as Spark makes of rows of which nobody says how they are to be cut."""
        from pyspark.sql.functions import spark_partition_id
        return self._spark.range(MANY_ROWS).select(spark_partition_id().alias("part")).distinct().count()

    @property
    def slots(self) -> int:
        """Tasks that one executor runs at once; 0 where only its machine can tell."""
        if self._setting("spark.master", "").startswith("local"):
            return self.tasks_at_once
        return int(self._setting("spark.executor.cores", "0")) // int(self._setting("spark.task.cpus", "1"))

    @property
    def speculates(self) -> bool:
        return self._setting("spark.speculation", "false") == "true"

    @contextmanager
    def session(self) -> Iterator[Any]:
        """The caller's session: it has the settings of a run as long as that lasts."""
        from pyspark.errors import PySparkException
        conf, before = self._spark.conf, {}
        for name, value in SETTINGS.items():
            try:
                before[name] = conf.get(name)
                conf.set(name, value)
            except PySparkException:
                before.pop(name, None)
                log.warning("this session does not let %s be %s, which keeps the memory of Python workers small", name, value)
        try:
            yield self._spark
        finally:
            for name, value in before.items():
                try:
                    conf.set(name, value)
                except PySparkException:
                    log.warning("the session's %s could not be set back to %s", name, value)

    def jobs(self, progress: bool | str | None) -> ConnectJobs:
        return ConnectJobs(self._spark, progress)


class ConnectJobs:
    """The jobs of one run; as `jobs.Jobs`."""

    has_room = True  # nobody can tell

    def __init__(self, spark: Any, progress: bool | str | None):
        self._spark = spark
        self._progress = progress
        self._tag = f"gristmill-{os.getpid()}-{time.monotonic_ns()}"

    def collect(self, frame: Any, step: str, gives_up: Callable[[], bool] | None = None) -> list[bytes]:
        """The results of a job, one of each task; `CancelledError` as soon as it is given up."""
        from pyspark.errors import PySparkException

        def collect() -> list[bytes]:
            self._spark.addTag(self._tag)  # of this thread
            return [bytes(row[0]) for row in frame.collect()]

        with self._shown(step):
            return rows_of_job(step, in_thread(collect), (PySparkException,), lambda: self._spark.interruptTag(self._tag), gives_up)

    @contextmanager
    def _shown(self, step: str) -> Iterator[None]:
        bar = Bar(self._progress if self._progress != "lines" else False, unit="task")

        def show(stages: Any, *_: Any, **__: Any) -> None:
            known = list(stages or ())
            bar.show(Now(step, sum(each.num_completed_tasks for each in known), sum(each.num_tasks for each in known), 0))

        register = getattr(self._spark, "registerProgressHandler", None)  # since Spark 4
        if register:
            register(show)
        try:
            yield
        finally:
            if register:
                self._spark.removeProgressHandler(show)
            bar.close()

    def wait_for_tasks(self) -> None:
        """Give those of a job that ended before they did the time to end."""
        time.sleep(FOR_TASKS_TO_END)
