"""The command `python -m gristmill.spark`: flags to a session and a run on it, and the run's end to words and an exit code.

The flags are made from the engine's table of settings, so that they are those of `gristmill run`; so are variables,
`gristmill.yaml`, what is printed, and the exit codes of docs/guide/exit-codes.md.
"""

from __future__ import annotations

import argparse
import importlib.util
import logging
import os
import re
import signal
import sys
from concurrent.futures import wait
from typing import Any, NoReturn

from gristmill import _native
from gristmill.errors import GristmillError, InternalError, UsageError
from gristmill.result import Result

from .jobs import in_thread
from .session import run_on_cluster

CHECKS_FAILED = 5
INTERRUPTED = 130


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        sys.stderr.write(f"gristmill: error: {message}\n  python -m gristmill.spark --help lists all flags\n")
        sys.exit(UsageError.exit_code)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m gristmill.spark", allow_abbrev=False, add_help=False,
                     description="Runs gristmill on a Spark cluster: the same settings, output and exit codes as `gristmill run`.")
    spark = parser.add_argument_group("Spark")
    spark.add_argument("--master", metavar="URL", help="spark://host:port, yarn, k8s://..., local[2]; default: spark-submit's")
    spark.add_argument("--remote", metavar="URL", help="in its place, a server of Spark Connect: sc://host:port")
    spark.add_argument("--name", default="gristmill", help="of the application (default: gristmill)")
    spark.add_argument("--conf", action="append", default=[], metavar="KEY=VALUE", help="a setting of Spark's; may be repeated")
    spark.add_argument("--split-size", metavar="SIZE", help="input that one task reads, such as 64MiB")
    spark.add_argument("--partitions", type=int, metavar="N", help="tasks that write the output")
    parser.add_argument("--update", action="store_true", help="add what is new to an output that grows, as `gristmill update` does")
    spark.add_argument("-h", "--help", action="help", help="this text")
    spark.add_argument("--version", action="version", version=f"gristmill {_native.__version__}")
    groups: dict[str, Any] = {}
    for setting in _native.settings_table():
        add = groups.setdefault(setting.group, parser.add_argument_group(setting.group)).add_argument
        names = [setting.short_flag, setting.flag] if setting.short_flag else [setting.flag]
        help_text = setting.help.replace("%", "%%")
        if not setting.value_shape:
            add(*names, dest=setting.key, nargs="?", const="true", metavar="true|false", help=help_text)
        else:
            add(*names, dest=setting.key, action="append" if setting.repeatable else "store", metavar=setting.value_shape,
                help=help_text)
    return parser


def _flag_values(arguments: argparse.Namespace) -> list[_native.FlagValue]:
    """The settings among the arguments."""
    given = vars(arguments)
    return [_native.FlagValue(setting.key, value if isinstance(value, list) else [value])
            for setting in _native.settings_table() if (value := given.get(setting.key)) is not None]


def _split_size(text: str | None) -> int | None:
    if text is None:
        return None
    found = re.fullmatch(r"(\d+)\s*(MiB|GiB)", text)
    if not found:
        raise UsageError(f"flag --split-size: {text!r} is no size", "write it in MiB or GiB: 64MiB", key="split_size")
    return int(found[1]) << (20 if found[2] == "MiB" else 30)


def _start_session(arguments: argparse.Namespace, verbose: bool) -> Any:
    from pyspark.sql import SparkSession
    builder = SparkSession.builder.appName(arguments.name)
    if arguments.master and arguments.remote:
        raise UsageError("flags --master and --remote are given", "give one of them: where the driver is, or its server")
    if arguments.master:
        builder = builder.master(arguments.master)
    if arguments.remote:
        builder = builder.remote(arguments.remote)
    else:
        builder = builder.config("spark.ui.showConsoleProgress", "false")  # its bar has not our names
    for pair in arguments.conf:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"flag --conf: {pair!r} is no setting of Spark's", "write KEY=VALUE")
        builder = builder.config(key, value)
    try:
        # Elsewhere than in the main thread, so that Spark takes no signals and no call of its own is interrupted.
        spark = in_thread(builder.getOrCreate).result()
    except Exception as exception:  # noqa: BLE001: Spark has many
        raise InternalError(f"Spark cannot be started: {str(exception).splitlines()[0][:400]}",
                            "look at --master or --remote and at Spark's own messages above") from None
    if not verbose and not arguments.remote:
        spark.sparkContext.setLogLevel("OFF")  # what matters of a failed task is told by us
    return spark


def _run(words: list[str]) -> int:
    arguments = _parser().parse_args(words)
    split_size = _split_size(arguments.split_size)
    if arguments.partitions is not None and arguments.partitions <= 0:
        raise UsageError(f"flag --partitions: {arguments.partitions} is not a number of partitions",
                         "write 1 or more, or leave it out", key="partitions")
    engine = _native.Engine(settings=_flag_values(arguments), environment=dict(os.environ), working_directory=os.getcwd(),
                            as_command=True)
    settings = {setting.key: setting.value for setting in engine.settings()}
    spark = _start_session(arguments, settings["verbose"] == "true")
    try:
        result = run_on_cluster(spark, engine, updates=arguments.update, progress=_progress(settings), split_size=split_size, partitions=arguments.partitions)
        return _tell(engine, result, settings)
    finally:
        # An interrupted call has left half an answer on the main thread's connection.
        wait([in_thread(spark.stop)], 20)


def _progress(settings: dict[str, str]) -> bool | str:
    """A bar on a terminal, else a line now and then, as `gristmill run` has it."""
    if settings["quiet"] == "true":
        return False
    return True if sys.stderr.isatty() and importlib.util.find_spec("tqdm") else "lines"


def _tell(engine: _native.Engine, result: Result, settings: dict[str, str]) -> int:
    """Print what the command `gristmill run` would; return its exit code."""
    if engine.unchanged:
        if settings["quiet"] != "true":
            sys.stdout.write(f"nothing is new: '{result.output}' holds all inputs\n")
        return 0
    if settings["quiet"] != "true":
        sys.stdout.write(_tables(engine, settings["color"]))
        if result.published:
            sys.stdout.write(f"published: {result.output}\n")
        sys.stdout.flush()
    for note in result.notes:
        sys.stderr.write(f"gristmill: warning: {note}\n")
    for line in engine.check_lines():
        sys.stderr.write(f"gristmill: {line}\n")
    if result.passed:
        return 0
    if result.published:
        sys.stderr.write(f"gristmill: warning: published although these checks failed: {engine.failed_checks()}\n")
        return 0
    sys.stderr.write(f"gristmill: error: not published, these checks failed: {engine.failed_checks()}; the previous output is "
                     f"untouched\n  the new one lies in '{result.output}' with its report in validation/; publish it as it "
                     f"is with 'gristmill publish {settings['output']}', or fix the input or the thresholds and run again\n")
    return CHECKS_FAILED


def _tables(engine: _native.Engine, colour: str) -> str:
    terminal = sys.stdout.isatty()
    coloured = colour == "always" or (colour == "auto" and terminal and not os.environ.get("NO_COLOR")
                                      and os.environ.get("TERM") != "dumb")
    columns = os.environ.get("COLUMNS", "")
    width = int(columns) if columns.isdigit() and int(columns) >= 20 else os.get_terminal_size().columns if terminal else 100
    return engine.tables(colour=coloured, unicode="utf" in (sys.stdout.encoding or "").lower(), width=width)


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code. Parameters as of `gristmill.spark.main`."""
    logging.basicConfig(format="gristmill: %(levelname)s: %(message)s", level=logging.WARNING)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        return _run(sys.argv[1:] if arguments is None else arguments)
    except GristmillError as error:
        sys.stderr.write(f"gristmill: error: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("gristmill: interrupted: nothing was published\n")
        return INTERRUPTED
