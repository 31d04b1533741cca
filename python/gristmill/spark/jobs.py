"""The Spark jobs of a run: begun, watched, cancelled, and their failures as exceptions of ours.

A job carries a tag of the run, and stays in the group that the caller's jobs are in, so that a `cancelJobGroup` of the caller
ends it. What Spark knows of a job is read from its status store, which its web interface reads too.
"""

from __future__ import annotations

import itertools
import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import Any

from gristmill.errors import CancelledError, InternalError, UsageError
from gristmill.progress import Bar

from . import tasks

log = logging.getLogger("gristmill")
WITHOUT_ROOM = 10.0  # seconds without a task, until it is told
BETWEEN_LINES = 30.0  # seconds, where there is no terminal


def in_thread(work: Callable[[], Any]) -> Future:
    """What `work` returns or raises, in a thread that the process does not wait for at its end."""
    future: Future = Future()

    def call() -> None:
        try:
            future.set_result(work())
        except BaseException as exception:  # noqa: BLE001: it is for whoever waits
            future.set_exception(exception)

    threading.Thread(target=call, daemon=True).start()
    return future


def rows_of_job(step: str, rows: Future, of_spark: tuple[type[Exception], ...], cancel: Callable[[], Any],
                gives_up: Callable[[], bool] | None) -> list[bytes]:
    """What a job comes to; Spark's exceptions as ours. On Ctrl-C, or where it is given up, it is cancelled, and its end waited for."""
    try:
        while gives_up and not rows.done():
            wait([rows], 0.2)
            if gives_up() and not rows.done():
                raise CancelledError(f"the Spark job '{step}' was given up")
        return rows.result()
    except of_spark as exception:
        raise error_of_job(step, str(exception)) from None
    except BaseException:
        until = time.monotonic() + 15
        while not rows.done() and time.monotonic() < until:  # its job may not have begun yet
            in_thread(cancel)
            wait([rows], 0.2)
        raise


@dataclass(frozen=True)
class Now:
    """How far a job is, in tasks."""

    stage: str
    done: int
    total: int
    active: int


class Jobs:
    """The jobs of one run, in the group and with the properties of the thread that makes this.

    Parameters
    ----------
    context
        The session's SparkContext.
    progress
        True and None: a bar of tasks, as for `gristmill.run`; "lines": a line on stderr now and then.
    """

    def __init__(self, context: Any, progress: bool | str | None):
        self._context = context
        self._progress = progress
        self.has_room = True  # as far as is known: a task of the last job has begun
        self._tag = f"gristmill-{os.getpid()}-{time.monotonic_ns()}"
        # As pyspark.InheritableThread has them, whose own name all stages would bear.
        self._properties = context._jsc.sc().getLocalProperties().clone()
        self._before = next((job.jobId() for job in self._known()), -1)

    def collect(self, frame: Any, step: str, gives_up: Callable[[], bool] | None = None) -> list[bytes]:
        """The results of a job, one of each task; `CancelledError` as soon as it is given up.

        Collected in a thread of its own, since Ctrl-C in the middle of a call would leave the caller's connection to the JVM with
        half an answer; so are the questions how far it is.
        """
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException
        context, tag = self._context, f"{self._tag}-{step.replace(' ', '-')}"

        def collect() -> list[bytes]:
            context._jsc.sc().setLocalProperties(self._properties.clone())
            context.addJobTag(self._tag)
            context.addJobTag(tag)
            context.setInterruptOnCancel(True)
            context.setLocalProperty("spark.job.description", f"gristmill: {step}")
            return [bytes(row[0]) for row in frame.collect()]

        rows = in_thread(collect)
        ended = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(tag, step, ended), daemon=True)
        watcher.start()
        try:
            return rows_of_job(step, rows, (PySparkException, Py4JError), lambda: context.cancelJobsWithTag(self._tag), gives_up)
        finally:
            ended.set()
            watcher.join(2)

    def wait_for_tasks(self, seconds: float = 15) -> None:
        """Wait until no executor has a task of a job of ours: one would still write below the staged output."""
        try:
            in_thread(lambda: self._wait_for_tasks(time.monotonic() + seconds)).result(seconds + 5)
        except Exception:  # noqa: BLE001: the cluster is gone, and its tasks with it
            return

    def _wait_for_tasks(self, until: float) -> None:
        store = self._context._jsc.sc().statusStore()
        while time.monotonic() < until:
            stages = [job.stageIds().apply(number) for job in self._jobs(self._tag) for number in range(job.stageIds().size())]
            if all(store.lastStageAttempt(stage).numActiveTasks() == 0 for stage in stages):
                return
            time.sleep(0.1)

    def _known(self) -> Iterator[Any]:
        """The jobs that Spark remembers, the newest first; each is a question to the JVM, and there may be a thousand."""
        known = self._context._jsc.sc().statusStore().jobsList(None)
        return (known.apply(number) for number in range(known.size()))

    def _jobs(self, tag: str) -> Iterator[Any]:
        """Those with this tag, which are not older than the run."""
        since = itertools.takewhile(lambda job: job.jobId() > self._before, self._known())
        return (job for job in since if job.jobTags().contains(tag))

    def _now(self, tag: str, step: str) -> Now:
        job = next(self._jobs(tag), None)
        if job is None:
            return Now(step, 0, 0, 0)
        return Now(step, job.numCompletedTasks(), job.numTasks() - job.numSkippedTasks(), job.numActiveTasks())

    def _watch(self, tag: str, step: str, ended: threading.Event) -> None:
        """Shows how far a job is, and says when it does not begin."""
        begun = told = time.monotonic()
        self.has_room = True
        bar = Bar(self._progress if self._progress != "lines" else False, unit="task")
        while not ended.wait(0.5):
            try:
                now = self._now(tag, step)
            except Exception:  # noqa: BLE001: the cluster is gone, which the job itself will tell
                break
            bar.show(now)
            if self.has_room and now.done + now.active == 0 and time.monotonic() - begun > WITHOUT_ROOM:
                self.has_room = False
                log.warning("the Spark job '%s' waits: no executor has room for its tasks (others have it, or the cluster cannot give what the "
                            "session asks for; Spark's web interface tells)", step)
            if self._progress == "lines" and now.total > 0 and time.monotonic() - told > BETWEEN_LINES:
                told = time.monotonic()
                sys.stderr.write(f"gristmill: {step}: {now.done} of {now.total} tasks\n")
        bar.close()


def error_of_job(step: str, text: str) -> BaseException:
    """The error of a task or of Spark itself, out of what Spark says of a job that failed."""
    error = tasks.decode_error(text)
    left = "" if step == "publish" else ", nothing was published"
    if error is not None:
        return error
    if "No module named 'gristmill'" in text:
        return UsageError("the Python of the executors has no package gristmill",
                          "install it there, or ship an environment with --archives (docs/operate/spark.md)")
    if re.search(r"SPARK_JOB_CANCELLED|OPERATION_CANCELED|Job \d+ (was )?cancelled|Stage \d+ (was )?cancelled", text):
        return CancelledError(f"the Spark job '{step}' was cancelled{left}",
                              "somebody did so in Spark's web interface, or cancelled the group of the caller's jobs: run again")
    # The first exception that is named, as the innermost one on its line; what follows are places in programs.
    named = [parts[-1].strip() for line in text.splitlines()
             if len(parts := re.split(r"(?:Exception|Error): ", line)) > 1 and not line.lstrip().startswith(("at ", "File "))]
    reason = next((each for each in named if each and not each.startswith("Traceback")), text.strip().split("\n")[0])
    return InternalError(f"the Spark job '{step}' failed{left}: "
                         f"{reason[:400] or 'no reason given'}",
                         "look into the logs of Spark's driver and executors; a killed executor often had too little memory: "
                         "give it more (spark.executor.memoryOverhead), or gristmill less (memory)")
