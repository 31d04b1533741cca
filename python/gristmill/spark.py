"""The same run on a Spark cluster: its executors do the work, this driver plans and publishes.

    python -m gristmill.spark --master spark://host:7077 --collections s3://... --predictions s3://... --output s3://...

or, with a session that is there:

    import gristmill.spark
    result = gristmill.spark.run(spark, collections="s3://...", predictions="s3://...", output="s3://...")

docs/operate/spark.md tells what the cluster needs.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any, NoReturn

from gristmill import Recipes, Result, _native, _tasks, looks_like_a_line
from gristmill.credentials import as_keys
from gristmill.errors import GristmillError, InternalError, UsageError
from gristmill.progress import carried_out
from gristmill.recipe import as_recipe

__all__ = ["main", "run"]

ROWS_PER_PART = 1_000_000


def run(spark: Any, *, collections: Any = None, predictions: Any = None, output: str | os.PathLike[str] | None = None,
        recipe: Recipes = None, credentials: Any = None, progress: bool | None = None, split_size: int | None = None,
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
    keywords = {"collections": _shared_paths("collections", collections), "output": output,
                "predictions": _shared_paths("predictions", predictions), **settings}
    keywords = {name: value for name, value in keywords.items() if value is not None}
    values = as_recipe(recipe, keywords).values_for_engine()
    job = _native.Job(values, dict(os.environ), os.getcwd(), as_keys(credentials))
    return _carried_out(spark, job, progress, split_size, partitions)


def _shared_paths(name: str, source: Any) -> list[str] | None:
    """Paths, which executors can read; lines from memory they cannot."""
    if source is None:
        return None
    paths = [source] if isinstance(source, (str, os.PathLike)) else list(source)
    for path in paths:
        if not isinstance(path, (str, os.PathLike)):
            raise UsageError(f"argument {name}: a path is of type {type(path).__name__}", "give paths as str or pathlib.Path")
        if looks_like_a_line(os.fspath(path)):
            raise UsageError(f"argument {name}: lines from memory cannot go to a cluster",
                             "write them to a file that all executors can read, or use gristmill.run")
    return [os.fspath(path) for path in paths]


def _check_sizes(split_size: int | None, partitions: int | None) -> None:
    if split_size is not None and (split_size <= 0 or split_size % (1 << 20) != 0):
        raise UsageError(f"argument split_size: {split_size} is no multiple of 1 MiB", "write 64 << 20, or leave it out")
    if partitions is not None and partitions <= 0:
        raise UsageError(f"argument partitions: {partitions} is not a number of partitions", "write 1 or more, or leave it out")


def _slots(context: Any) -> int:
    """Tasks that one executor runs at once; 0 where only its machine can tell."""
    conf = context.getConf()
    if context.master.startswith("local"):
        return context.defaultParallelism
    return int(conf.get("spark.executor.cores", "0")) // int(conf.get("spark.task.cpus", "1"))


def _carried_out(spark: Any, job: _native.Job, progress: bool | None, split_size: int | None, partitions: int | None) -> Result:
    _check_sizes(split_size, partitions)
    context = spark.sparkContext
    # Settings of its own: rows of a MiB must go in small batches, and a partition must stay one.
    session = spark.newSession()
    session.conf.set("spark.sql.adaptive.enabled", "false")
    session.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "8")
    plan, splits, count = carried_out(
        job, lambda: job.begin_on_cluster(context.defaultParallelism, _slots(context), split_size or 0, partitions or 0,
                                          ROWS_PER_PART), progress)
    try:
        numbers = session.range(0, splits, 1, max(splits, 1))
        routed = numbers.mapInArrow(_tasks.route(plan, _tasks.keys_of(count)), _tasks.ROUTED)
        sorted_frames = routed.repartition(count, "key").sortWithinPartitions("file", "offset", "piece")
        ground = _collected(context, sorted_frames.mapInArrow(_tasks.grind(plan), _tasks.TOLD), "route and grind")
        settle_plan = carried_out(job, lambda: job.take_ground(ground), progress)
        parts = session.range(0, _native.SETTLE_PARTS, 1, _native.SETTLE_PARTS)
        settled = _collected(context, parts.mapInArrow(_tasks.settle(plan, settle_plan), _tasks.TOLD), "settle")
        if context.getConf().get("spark.speculation", "false") == "true":
            _wait_for_others(context)  # the slower attempts of tasks that are done
        return Result(job, *carried_out(job, lambda: job.finish_on_cluster(settled), progress))
    except BaseException:
        _wait_for_others(context)
        job.abandon()
        raise


def _in_a_thread(work: Callable[[], Any], kind: type[threading.Thread] = threading.Thread) -> Future:
    """What `work` returns or raises. The process does not wait for it."""
    future: Future = Future()

    def carry_out() -> None:
        try:
            future.set_result(work())
        except BaseException as exception:  # noqa: BLE001: it is for whoever waits
            future.set_exception(exception)

    kind(target=carry_out, daemon=True).start()
    return future


def _collected(context: Any, frame: Any, step: str) -> list[bytes]:
    """In a thread of its own: Ctrl-C in the middle of a call would leave the caller's connection to the JVM with half an answer,
    and that thread's job group is its own."""
    from py4j.protocol import Py4JError
    from pyspark import InheritableThread
    from pyspark.errors import PySparkException
    group = f"gristmill-{os.getpid()}-{time.monotonic_ns()}"

    def collect() -> list[bytes]:
        context.setJobGroup(group, f"gristmill: {step}", interruptOnCancel=True)
        return [bytes(row[0]) for row in frame.collect()]

    rows = _in_a_thread(collect, InheritableThread)
    try:
        return rows.result()
    except (PySparkException, Py4JError) as exception:
        raise _explained(step, str(exception)) from None
    except BaseException:
        until = time.monotonic() + 15
        while not rows.done() and time.monotonic() < until:  # its job may not have begun yet
            context.cancelJobGroup(group)
            wait([rows], 0.2)
        raise


def _explained(step: str, text: str) -> BaseException:
    """Spark's words, among which the reason stands."""
    error = _tasks.error_in(text)
    if error is not None:
        return error
    if "No module named 'gristmill'" in text:
        return UsageError("the Python of the executors has no package gristmill",
                          "install it there, or ship an environment with --archives (docs/operate/spark.md)")
    # The first exception that is told, as the innermost one on its line; what follows are places in programs.
    told = [parts[-1].strip() for line in text.splitlines()
            if len(parts := re.split(r"(?:Exception|Error): ", line)) > 1 and not line.lstrip().startswith(("at ", "File "))]
    reason = next((each for each in told if each and not each.startswith("Traceback")), text.strip().split("\n")[0])
    return InternalError(f"the Spark job '{step}' failed, nothing was published: "
                         f"{reason[:400] or 'no reason given'}",
                         "look into the logs of Spark's driver and executors; a killed executor often had too little memory: "
                         "give it more (spark.executor.memoryOverhead), or gristmill less (memory)")


def _wait_for_others(context: Any, seconds: float = 15) -> None:
    """Until no executor has a task of a job of ours: one would still write below the staged output."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            tracker = context._jsc.sc().statusTracker()
            if not tracker.getActiveJobIds() and all(each.numRunningTasks() == 0 for each in tracker.getExecutorInfos()):
                return
        except Exception:  # noqa: BLE001: the cluster is gone, and its tasks with it
            return
        time.sleep(0.1)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        sys.stderr.write(f"gristmill: error: {message}\n  python -m gristmill.spark --help lists all flags\n")
        sys.exit(UsageError.exit_code)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m gristmill.spark", allow_abbrev=False, add_help=False,
                     description="Runs gristmill on a Spark cluster: the same settings, output and exit codes as `gristmill run`.")
    spark = parser.add_argument_group("Spark")
    spark.add_argument("--master", metavar="URL", help="spark://host:port, yarn, k8s://..., local[2]; default: spark-submit's")
    spark.add_argument("--name", default="gristmill", help="of the application (default: gristmill)")
    spark.add_argument("--conf", action="append", default=[], metavar="KEY=VALUE", help="a setting of Spark's; may be repeated")
    spark.add_argument("--split-size", metavar="SIZE", help="input that one task reads, such as 64MiB")
    spark.add_argument("--partitions", type=int, metavar="N", help="tasks that write the output")
    spark.add_argument("-h", "--help", action="help", help="this text")
    spark.add_argument("--version", action="version", version=f"gristmill {_native.__version__}")
    groups: dict[str, Any] = {}
    for flag, short, key, shape, repeatable, text, group in _native.flags():
        add = groups.setdefault(group, parser.add_argument_group(group)).add_argument
        names = [short, flag] if short else [flag]
        help_text = text.replace("%", "%%")
        if not shape:
            add(*names, dest=key, nargs="?", const="true", metavar="true|false", help=help_text)
        else:
            add(*names, dest=key, action="append" if repeatable else "store", metavar=shape, help=help_text)
    return parser


def _split_size(text: str | None) -> int | None:
    if text is None:
        return None
    found = re.fullmatch(r"(\d+)\s*(MiB|GiB)", text)
    if not found:
        raise UsageError(f"flag --split-size: {text!r} is no size", "write it in MiB or GiB: 64MiB")
    return int(found[1]) << (20 if found[2] == "MiB" else 30)


def _started(words: argparse.Namespace, verbose: bool) -> Any:
    from pyspark.sql import SparkSession
    builder = SparkSession.builder.appName(words.name)
    if words.master:
        builder = builder.master(words.master)
    builder = builder.config("spark.ui.showConsoleProgress", str(sys.stderr.isatty()).lower())
    for pair in words.conf:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"flag --conf: {pair!r} is no setting of Spark's", "write KEY=VALUE")
        builder = builder.config(key, value)
    try:
        # Elsewhere than in the main thread, so that Spark takes no signals and no call of its own is interrupted.
        spark = _in_a_thread(builder.getOrCreate).result()
    except Exception as exception:  # noqa: BLE001: Spark has many
        raise InternalError(f"Spark cannot be started: {str(exception).splitlines()[0][:400]}",
                            "look at --master and at Spark's own messages above") from None
    if not verbose:
        spark.sparkContext.setLogLevel("OFF")  # what matters of a failed task is told by us
    return spark


def _command(arguments: list[str]) -> int:
    words = _parser().parse_args(arguments)
    given = {key: value for key, value in vars(words).items() if value is not None}
    flags = [(key, value if isinstance(value, list) else [value])
             for _, _, key, *_ in _native.flags() if (value := given.get(key)) is not None]
    split_size = _split_size(words.split_size)
    if words.partitions is not None and words.partitions <= 0:
        raise UsageError(f"flag --partitions: {words.partitions} is not a number of partitions", "write 1 or more, or leave it out")
    job = _native.Job(flags, dict(os.environ), os.getcwd(), None, as_command=True)
    settings = {key: value for key, value, _ in job.settings()}
    spark = _started(words, settings["verbose"] == "true")
    try:
        result = _carried_out(spark, job, False, split_size, words.partitions)
        if settings["quiet"] != "true":
            sys.stdout.write(_tables(job, settings["color"]))
            if result.published:
                sys.stdout.write(f"published: {result.output}\n")
            sys.stdout.flush()
        for note in result.notes:
            sys.stderr.write(f"gristmill: warning: {note}\n")
        if result.passed:
            return 0
        if result.published:
            sys.stderr.write(f"gristmill: warning: published although these checks failed: {job.failed_checks()}\n")
            return 0
        sys.stderr.write(f"gristmill: error: not published, these checks failed: {job.failed_checks()}; the previous output is "
                         f"untouched\n  the new one lies in '{result.output}' with its report in validation/; publish it as it "
                         f"is with 'gristmill publish {settings['output']}', or mend the input or the thresholds and run again\n")
        return 5
    finally:
        # An interrupted call has left half an answer on the main thread's connection.
        wait([_in_a_thread(spark.stop)], 20)


def _tables(job: _native.Job, colour: str) -> str:
    terminal = sys.stdout.isatty()
    coloured = colour == "always" or (colour == "auto" and terminal and not os.environ.get("NO_COLOR")
                                      and os.environ.get("TERM") != "dumb")
    columns = os.environ.get("COLUMNS", "")
    width = int(columns) if columns.isdigit() and int(columns) >= 20 else os.get_terminal_size().columns if terminal else 100
    return job.tables(coloured, "utf" in (sys.stdout.encoding or "").lower(), width)


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code, one of docs/guide/exit-codes.md."""
    import logging
    logging.basicConfig(format="gristmill: %(levelname)s: %(message)s", level=logging.WARNING)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        return _command(sys.argv[1:] if arguments is None else arguments)
    except GristmillError as error:
        sys.stderr.write(f"gristmill: error: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("gristmill: interrupted: nothing was published\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
