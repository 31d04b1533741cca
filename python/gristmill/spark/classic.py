"""The cluster behind a classic Spark session, whose driver is this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gristmill.errors import UsageError

from .jobs import Jobs

# Rows of a MiB must go in small batches, and a partition must stay one.
SETTINGS = {"spark.sql.adaptive.enabled": "false", "spark.sql.execution.arrow.maxRecordsPerBatch": "8"}


class ClassicCluster:
    """The cluster as `run_on_cluster` sees it.

    Parameters
    ----------
    spark
        A `pyspark.sql.SparkSession`; `UsageError` for anything else, and for one that is stopped.
    """

    def __init__(self, spark: Any):
        context = getattr(spark, "sparkContext", None)
        if context is None:
            raise UsageError(f"argument spark: {type(spark).__name__} is no SparkSession", "SparkSession.builder.getOrCreate() gives one")
        if context._jsc is None or context._jsc.sc().isStopped():
            raise UsageError("argument spark: the session is stopped", "SparkSession.builder.getOrCreate() gives a new one")
        self._spark, self._context = spark, context

    @property
    def tasks_at_once(self) -> int:
        return self._context.defaultParallelism

    @property
    def slots(self) -> int:
        """Tasks that one executor runs at once; 0 where only its machine can tell."""
        conf, master = self._context.getConf(), self._context.master
        if master.startswith("local"):
            return self.tasks_at_once
        usual = "1" if master.startswith(("yarn", "k8s")) else "0"  # a standalone executor takes what its worker has
        return int(conf.get("spark.executor.cores", usual)) // int(conf.get("spark.task.cpus", "1"))

    @property
    def speculates(self) -> bool:
        return self._context.getConf().get("spark.speculation", "false") == "true"

    @contextmanager
    def session(self) -> Iterator[Any]:
        """A session with settings of its own."""
        session = self._spark.newSession()
        for name, value in SETTINGS.items():
            session.conf.set(name, value)
        yield session

    def jobs(self, progress: bool | str | None) -> Jobs:
        return Jobs(self._context, progress)
