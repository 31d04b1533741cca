"""What gristmill is meant to reach, and whether it did. All on files in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from contestants import (COPY, DECOMPRESSORS, INSPECT, LITTLE_MEMORY, MUCH_MEMORY, ON_MAIN, ONE_THREAD, ONE_THREAD_ON_MAIN, OURS,
                         RIVALS, TWELVE_COLUMNS, VALIDATE, VERSION, WRITER)
from results import WorkResult

MIB = 1 << 20


@dataclass(frozen=True)
class Goal:
    """A goal with its figure; `met` is None where it was not measured."""

    text: str
    figure: str
    met: bool | None


def at_most(limit: float, text: str, value: float | None, unit: str = "×") -> Goal:
    if value is None:
        return Goal(text, "", None)
    return Goal(text, f"{value:.3g} {unit}".strip(), value <= limit)


def at_least(limit: float, text: str, value: float | None, unit: str = "×") -> Goal:
    goal = at_most(limit, text, value, unit)
    return Goal(text, goal.figure, None if value is None else value >= limit)


def goals_of(results: Iterable[WorkResult]) -> list[Goal]:
    """All goals, in the order of the page."""
    works = {result.work.name: result for result in results if result.place == "memory"}

    def ratio(work: str, name: str, other: str) -> float | None:
        return works[work].ratio(name, other) if work in works else None

    def seconds(work: str, name: str) -> float | None:
        return works[work].seconds(name) if work in works else None

    def fastest_rival(work: str) -> float | None:
        return min((each for name in RIVALS if (each := ratio(work, name, OURS)) is not None), default=None)

    def of_decompressor(compression: str) -> float | None:
        """Of the longer of decompressing alone and main: the second cannot be any faster for being compressed."""
        shares = [ratio(compression, OURS, other) for other in (DECOMPRESSORS[compression], ON_MAIN)]
        return None if None in shares else min(shares)

    validate, version = seconds("main", VALIDATE), seconds("main", VERSION)
    peak = works["ten"].peak(LITTLE_MEMORY) if "ten" in works else None
    return [
        *(at_least(10, f"{name} is at least 10 times faster than the fastest rival", fastest_rival(name))
          for name in ("main", "spaced", "tiny", "zipf", "ten", "array", "glued")),
        at_most(1.7, "main takes at most 1.7 × the time of the bare writer", ratio("main", OURS, WRITER)),
        at_most(0.8, "main takes at most 0.8 × the time of `cp -r` of its output", ratio("main", OURS, COPY)),
        at_most(2.5, "tiny takes at most 2.5 × the time of `cp -r` of its output", ratio("tiny", OURS, COPY)),
        at_most(1.8, "rejected takes at most 1.8 × the time of `cp -r` of its output", ratio("rejected", OURS, COPY)),
        *(at_most(1.1, f"{name} takes at most 1.1 × the time of decompressing alone, or of main", of_decompressor(name))
          for name in DECOMPRESSORS),
        at_most(11, "ten takes at most 11 × the time of main", ratio("ten", OURS, ON_MAIN)),
        at_most(1.3, "spaced takes at most 1.3 × the time of main", ratio("spaced", OURS, ON_MAIN)),
        at_most(1.3, "repairs takes at most 1.3 × the time of main", ratio("repairs", OURS, ON_MAIN)),
        *(at_most(2, f"{name} takes at most 2 × the time of main with one thread", ratio(name, OURS, ONE_THREAD_ON_MAIN))
          for name in ("array", "glued")),
        at_least(1.5, "`validate` reads at least 1.5 GB/s of main",
                 validate and works["main"].input_bytes / validate / 1e9, "GB/s"),
        at_most(1.3, "`inspect` of main takes at most 1.3 × the time of `validate`", ratio("main", INSPECT, VALIDATE)),
        at_most(1.1, "main with twelve columns takes at most 1.1 × the time of main with the usual four",
                ratio("main", TWELVE_COLUMNS, OURS)),
        at_most(1.9, "main with one thread takes at most 1.9 × the time with two", ratio("main", ONE_THREAD, OURS)),
        at_most(128, "ten with a budget of 64 MiB takes at most 128 MiB of memory", peak and peak / MIB, "MiB"),
        at_most(2, "ten with a budget of 64 MiB takes at most 2 × the time with 4 GiB",
                ratio("ten", LITTLE_MEMORY, MUCH_MEMORY)),
        at_most(20, "`gristmill --version` takes at most 20 ms", version and version * 1000, "ms"),
    ]
