#!/usr/bin/env python3
"""Keeps a cluster with a Spark session, and runs gristmill on it for whoever connects to its socket.

    keeper.py CONFIGURATION

runs in an environment with pyspark. A request is a line of JSON, and so is its reply. All runs are made one after the
other, by the main thread, where Ctrl-C and signal handlers belong; what looks at the session meanwhile is answered at once.
It ends, with all that it started, when the last who connected has gone.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import sys
import threading
import time
import traceback
from concurrent.futures import Future
from pathlib import Path

import pyarrow

sys.path.insert(0, str(Path(__file__).resolve().parent))

from cluster import Cluster  # noqa: E402

COMES_WITHIN = 10.0  # seconds until somebody connects: who started this may be gone
SETTLED = 0.05  # seconds in which what was under way is told to the status store
LOOKS = 12  # so often, since the store is late on a busy machine


class Keeper:
    """The state of the process: cluster, session, and the runs that wait for the main thread."""

    def __init__(self, configuration: dict):
        package = configuration["package"]
        self.cluster = Cluster(Path(sys.executable), package and Path(package), cores=configuration["cores"],
                               memory=configuration["memory"], private=configuration.get("private"))
        self.spark = self.cluster.session(**configuration["confs"])
        self.context = self.spark.sparkContext
        if package:
            sys.path.insert(0, package)
        self.work: queue.Queue = queue.Queue()
        self.connections = 0
        self.changed = threading.Condition()
        self.busy = self.ending = False
        self.ended: Future = Future()

    # ---- runs

    def run(self, words: dict, variables: dict, folder: str | None) -> dict:
        """`gristmill.spark.run` with these variables and this working folder, and what it said."""
        before, place = dict(os.environ), os.getcwd()
        os.environ.update(variables)
        os.chdir(folder or place)
        try:
            return gristmill_run(self.spark, words)
        finally:
            os.environ.clear()
            os.environ.update(before)
            os.chdir(place)

    def in_thread(self, request: dict) -> dict:
        """The same in a thread of its own."""
        outcome: Future = Future()

        def call() -> None:
            outcome.set_result(answered(lambda: self.run(request["words"], request["variables"], request["folder"])))
        thread = threading.Thread(target=call)
        thread.start()
        thread.join()
        return outcome.result()

    def one_of(self, request: dict) -> dict:
        if request["in_thread"]:
            return self.in_thread(request)
        return answered(lambda: self.run(request["words"], request["variables"], request["folder"]))

    # ---- stages

    def stages(self, ids=None) -> list[dict]:
        """These stages, or those under way, with the job that each belongs to."""
        tracker = self.context.statusTracker()
        found = [tracker.getStageInfo(each) for each in (tracker.getActiveStageIds() if ids is None else ids)]
        jobs = self.context._jsc.sc().statusStore().jobsList(None)
        described: dict[int, dict] = {}
        wanted = {each.stageId for each in found if each}
        for number in range(jobs.size()):  # the newest first; each is some questions to the JVM, in which a stage may end
            if wanted <= described.keys():
                break
            job = jobs.apply(number)
            texts = {name: each.get() if each.isDefined() else ""
                     for name, each in (("description", job.description()), ("group", job.jobGroup()))}
            stages = sorted(int(job.stageIds().apply(place)) for place in range(job.stageIds().size()))
            described.update({each: {"job": job.jobId(), **texts, "first": each == stages[0], "last": each == stages[-1]}
                              for each in stages})
        return [{"id": each.stageId, "attempt": each.currentAttemptId, "name": each.name, "tasks": each.numTasks,
                 "active": each.numActiveTasks, "completed": each.numCompletedTasks, "failed": each.numFailedTasks,
                 **described.get(each.stageId, {})} for each in found if each]

    def attempts(self, stage: int) -> dict:
        """What became of the tasks of a stage: how many attempts were speculative, and how many were killed."""
        store = self.context._jsc.sc().statusStore()
        data = store.lastStageAttempt(stage)
        tasks = store.taskList(stage, data.attemptId(), 100_000)
        speculative = sum(tasks.apply(number).speculative() for number in range(tasks.size()))
        return {"speculative": speculative, "killed": data.numKilledTasks(), "attempts": tasks.size()}

    def freeze(self, stage: str, completed: int, seconds: float) -> dict:
        """Stops all Python workers while a task of this stage is under way and so many have ended."""
        until = time.monotonic() + seconds
        seen = set()
        while time.monotonic() < until:
            for found in self.stages():
                seen.add((found["id"], found["name"], found.get("description")))
                if is_of(found, stage) and found["active"] and found["completed"] >= completed:
                    self.send(signal.SIGSTOP)
                    for _ in range(LOOKS):
                        time.sleep(SETTLED)
                        now = [each for each in self.stages() if each["id"] == found["id"] and each["active"]]
                        if not now or not self.cluster.running.python_workers():
                            break
                    else:
                        return now[0]
                    self.thaw()
            time.sleep(0.002)
        raise TimeoutError(f"the stage {stage} was not met in {seconds:.0f} s; seen: {sorted(seen, key=str)}")

    def send(self, number: int) -> None:
        for worker in self.cluster.running.python_workers():
            try:
                worker.send(number)
            except ProcessLookupError:
                pass

    def thaw(self) -> None:
        self.send(signal.SIGCONT)

    # ---- connections

    def answer(self, request: dict) -> dict:
        kind = request.pop("do")
        if kind == "hello":
            return {"pid": os.getpid(), "url": self.cluster.url, "folder": str(self.cluster.folder),
                    "sessions": sorted(self.cluster.running.sessions), "version": self.spark.version,
                    "pyarrow": pyarrow.__version__}
        if kind == "run" and request["beside"]:
            return answered(lambda: gristmill_run(self.spark, request["words"]))
        if kind == "run":
            outcome: Future = Future()
            self.work.put((request, outcome))
            return outcome.result()
        if kind == "stages":
            return {"stages": self.stages(request.get("ids"))}
        if kind == "attempts":
            return self.attempts(**request)
        if kind == "freeze":
            return self.freeze(**request)
        if kind == "thaw":
            return self.thaw() or {}
        if kind == "cancel":
            return self.context.cancelAllJobs() or {}
        if kind == "cancel group":
            return self.context.cancelJobGroup("ours") or {}
        if kind == "other job":
            until_gone = request["file"]

            def wait(_) -> None:
                while os.path.exists(until_gone):
                    time.sleep(0.1)
            threading.Thread(target=lambda: self.context.parallelize([1], 1).foreach(wait), daemon=True).start()
            return {}
        if kind == "logs":
            return {"logs": self.cluster.logs()}
        raise ValueError(kind)

    def serve(self, connection: socket.socket) -> None:
        try:
            self.talk(connection)
        except OSError:  # whoever asked has gone
            pass
        finally:
            with self.changed:
                self.connections -= 1
                self.ending = self.ending or self.connections == 0
            if self.ending:
                self.end()
            connection.close()

    def talk(self, connection: socket.socket) -> None:
        with connection.makefile("rwb") as stream:
            for line in stream:
                request = json.loads(line)
                if request["do"] == "bye":
                    break
                stream.write(json.dumps(answered(lambda: self.answer(request))).encode() + b"\n")  # noqa: B023
                stream.flush()

    def end(self) -> None:
        """Returns when all is gone; a run that nobody waits for any more is cut off."""
        if self.busy:
            self.cluster.stop()
            os._exit(1)  # Spark would try for minutes to find its cluster again
        self.work.put(None)
        self.ended.result()

    def listen(self, listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            with self.changed:
                if self.ending:
                    connection.close()
                    continue
                self.connections += 1
                self.changed.notify_all()
            threading.Thread(target=self.serve, args=(connection,)).start()

    def keep(self, listener: socket.socket) -> None:
        threading.Thread(target=self.listen, args=(listener,), daemon=True).start()
        with self.changed:
            self.ending = not self.changed.wait_for(lambda: self.connections, COMES_WITHIN)
        if self.ending:
            return
        while (item := self.work.get()) is not None:
            request, outcome = item
            self.busy = True
            outcome.set_result(self.one_of(request))
            self.busy = False

    def stop(self) -> None:
        try:
            self.spark.stop()
        finally:
            self.cluster.stop()


def is_of(found: dict, stage: str) -> bool:
    """Whether a stage is this one of gristmill's four: the first two are one job, with the shuffle between them."""
    place = {"route": "first", "grind": "last", "settle": "first", "publish": "first"}[stage]
    return stage in found.get("description", "") and found[place]


def gristmill_run(spark, words: dict) -> dict:
    import gristmill.spark  # the package is found only where the keeper was told where it is
    spark.sparkContext.setJobGroup("ours", "what the program does besides")
    before = state(spark)
    call = gristmill.spark.update if words.pop("updates", False) else gristmill.spark.run
    reply = told(call(spark, **words))
    return {**reply, "changed": [f"{old} to {new}" for old, new in zip(before, state(spark)) if old != new]}


def state(spark) -> list[str]:
    """What belongs to whoever calls: the settings of the session, the group of the thread's jobs."""
    settings = sorted(spark._jsparkSession.conf().getAll().mkString("\n").splitlines())
    return ["\n".join(settings), str(spark.sparkContext.getLocalProperty("spark.jobGroup.id"))]


def told(result) -> dict:
    """A result of gristmill as JSON has it; the tables in numbers of rows, so that each is read once."""
    return {"published": result.published, "passed": result.passed, "output": result.output, "notes": result.notes,
            "report": result.report, "html": result.html, "shown": repr(result),
            "rows": {name: getattr(result, name).num_rows
                     for name in ("sessions", "accounting", "validation", "culprits", "quarantine")}}


def answered(work) -> dict:
    """What `work` returns, or the exception that it raised."""
    try:
        return work()
    except BaseException as error:  # noqa: BLE001: it is for whoever asked
        kept = {name: getattr(error, name, None) for name in ("exit_code", "message", "advice", "file", "line", "key")}
        return {"error": {"kind": type(error).__name__, "text": str(error), "trace": traceback.format_exc(),
                          **{name: value for name, value in kept.items() if isinstance(value, (str, int, type(None)))}}}


def main() -> None:
    configuration = json.loads(sys.argv[1])
    place = Path(configuration["socket"])
    keeper = Keeper(configuration)
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"{place}.new")
            listener.listen(64)
            os.rename(f"{place}.new", place)
            keeper.keep(listener)
    finally:
        place.unlink(missing_ok=True)
        try:
            keeper.stop()
        finally:
            keeper.ended.set_result(None)


if __name__ == "__main__":
    main()
