"""Who is measured on a work: gristmill with several settings, its rivals, and the floors."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from works import MAIN, Work

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("GRISTMILL_BUILD", REPOSITORY / "build/release")).resolve()
FLOORS = REPOSITORY / "build/release"
RIVALS = {"DuckDB": "duckdb", "chDB": "chdb", "DataFusion": "datafusion", "Polars": "polars", "Daft": "daft",
          "pandas": "pandas", "PySpark": "pyspark"}
SLOW_RIVALS = {"pandas", "PySpark"}  # over fifty times ours, so that the main work alone shows them
VENVS = {"daft": "daft-venv"}  # of the others it is bench-venv
THREADS = "2"

OURS = "gristmill"
ONE_THREAD = "gristmill, 1 thread"
TWELVE_COLUMNS = "gristmill, 12 columns"
VALIDATE = "gristmill validate"
INSPECT = "gristmill inspect"
VERSION = "gristmill --version"
FSYNC = "gristmill, --fsync"
ON_MAIN = "gristmill, on main"
ONE_THREAD_ON_MAIN = "gristmill, 1 thread, on main"
LITTLE_MEMORY = "gristmill, 64 MiB of memory"
MUCH_MEMORY = "gristmill, 4 GiB of memory"
COPY = "cp -r of the output"
WRITER = "bare writer"
READER = "bare reader"
DECOMPRESSORS = {"gz": "gzip -dc of each file", "zst": "zstd -dc of each file"}  # two files at a time


@dataclass(frozen=True)
class Places:
    """Where things lie while a work is measured."""

    folder: Path     # holds all of them
    input: Path      # the work's collections/ and predictions/
    main: Path       # the main work's
    reference: Path  # gristmill's output
    output: Path     # what a contestant writes; not there when it starts
    files: Path      # sizes and paths of the reference, for the bare writer


@dataclass(frozen=True)
class Contestant:
    """One way of doing a work, or part of it."""

    name: str
    command: Callable[[Places], list[str]]
    rival: bool = False
    sampled: bool = False        # memory is that of a tree of processes
    on_main: bool = False        # reads the main work's data


def inputs_of(folder: Path) -> list[str]:
    return ["--collections", str(folder / "collections"), "--predictions", str(folder / "predictions")]


def run_words(folder: Path, output: Path, threads: str = THREADS, memory: str = "", recipe: str = "") -> list[str]:
    return [str(BUILD / "gristmill"), "run", *inputs_of(folder), "--output", str(output), "--threads", threads,
            # Half of a work may be rejected, and it is to be published all the same.
            "--checks-rejected-lines-severity", "ignore", *(["--memory", memory] if memory else []), *(["--recipe", recipe] if recipe else [])]


def ours(name: str, **settings: str) -> Contestant:
    return Contestant(name, lambda places: run_words(places.input, places.output, **settings))


def python_of(file: str) -> Path:
    """The one that has what a rival imports."""
    return REPOSITORY / "build" / VENVS.get(file, "bench-venv") / "bin/python"


def rival(name: str, file: str) -> Contestant:
    def command(places: Places) -> list[str]:
        return [str(python_of(file)), "-P", str(REPOSITORY / f"bench/rivals/{file}.py"),
                str(places.input / "collections"), str(places.input / "predictions"), str(places.output), THREADS]
    return Contestant(name, command, rival=True, sampled=name == "PySpark")


def validate_words(places: Places) -> list[str]:
    return [str(BUILD / "gristmill"), "validate", *inputs_of(places.input), "--threads", THREADS]


def inspect_words(places: Places) -> list[str]:
    return [str(BUILD / "gristmill"), "inspect", *inputs_of(places.input), "--threads", THREADS]


def decompressor(compression: str) -> Contestant:
    name = DECOMPRESSORS[compression]
    words = " ".join(name.split()[:2])
    command = f'find "$0" -type f -print0 | xargs -0 -n 1 -P {THREADS} {words} > /dev/null'
    return Contestant(name, lambda places: ["sh", "-c", command, str(places.input)])


def reader_words(places: Places) -> list[str]:
    return [str(FLOORS / "bare_reader"), THREADS, *map(str, sorted(places.input.rglob("*.jsonl*")))]


def rivals_of(work: Work) -> list[str]:
    """The rivals that are measured on a work unless others are named."""
    return [name for name in able_rivals(work) if work.name == MAIN.name or name not in SLOW_RIVALS]


def able_rivals(work: Work) -> list[str]:
    """The rivals that can do a work at all."""
    return [name for name in RIVALS if work.clean and (not work.readers or name in work.readers)]


def contestants_of(work: Work, rivals: list[str], on_disk: bool = False) -> list[Contestant]:
    """All contestants on a work, in the order of a round; gristmill itself is the first."""
    found = [ours(OURS)]
    if on_disk:
        found.append(Contestant(FSYNC, lambda places: [*run_words(places.input, places.output), "--fsync"]))
    if work.beside_main:
        found.append(Contestant(ON_MAIN, lambda places: run_words(places.main, places.output), on_main=True))
    if work.one_task:
        found += [ours(ONE_THREAD, threads="1"),
                  Contestant(ONE_THREAD_ON_MAIN, lambda places: run_words(places.main, places.output, "1"), on_main=True)]
    if work.name == MAIN.name:
        found += [ours(ONE_THREAD, threads="1"),
                  ours(TWELVE_COLUMNS, recipe=str(REPOSITORY / "bench/measure/twelve_columns.yaml")),
                  Contestant(VALIDATE, validate_words),
                  Contestant(INSPECT, inspect_words),
                  Contestant(VERSION, lambda places: [str(BUILD / "gristmill"), "--version"])]
    if work.large:
        found += [ours(LITTLE_MEMORY, memory="64MiB"), ours(MUCH_MEMORY, memory="4GiB")]
    found += [rival(name, RIVALS[name]) for name in rivals]
    if work.compression:
        found.append(decompressor(work.compression))
    if not work.large:
        found.append(Contestant(COPY, lambda places: ["cp", "-r", str(places.reference), str(places.output)]))
    found += [Contestant(WRITER, lambda places: [str(FLOORS / "bare_writer"), str(places.files),
                                                 str(places.output), THREADS]),
              Contestant(READER, reader_words)]
    return found
