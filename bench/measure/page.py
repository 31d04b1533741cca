"""The results as a Markdown page."""

from __future__ import annotations

from datetime import datetime, timezone

from contestants import OURS, VERSION
from goals import Goal
from results import WorkResult

INTRODUCTION = """\
Written by `{command}`; see [bench/README.md](../../bench/README.md) for what is measured and how to repeat it.

Times are of whole processes with two threads (pandas has one): the median of all runs, the shortest and the
longest. The contestants take turns, each into an empty output folder; inputs are in the page cache. "× gristmill"
is the median of the ratios within a round. Memory is the largest peak of resident memory, without files. MB/s is
of input; MB and GB are decimal."""

MET = {True: "met", False: "**not met**", None: "not measured"}


def size(number: float) -> str:
    return f"{number / 1e9:.2f} GB" if number >= 1e9 else f"{number / 1e6:.1f} MB"


def duration(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 0.1 else f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"


def row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def lines_of(result: WorkResult) -> list[str]:
    """The section of one work."""
    place = {"memory": "in memory", "disk": "on disk", "disk, cold": "on disk, inputs not in the page cache"}[result.place]
    work = result.work
    lines = [f"### {work.name}, files {place}", "",
             f"{work.shows[0].upper()}{work.shows[1:]}. {work.profiles:,} profiles × {work.sessions} sessions × "
             f"{work.collections} collections × {work.behaviours} entries: {size(result.input_bytes)} in, "
             f"{size(result.output_bytes)} out, {result.rows:,} rows.", ""]
    if result.left_out:
        lines += [f"Left out: {result.left_out}.", ""]
    if result.runs:
        lines += [row("contestant", "median", "shortest to longest", "× gristmill", "memory", "MB/s", "runs", ""),
                  "|---|--:|--:|--:|--:|--:|--:|---|"]
    for contestant in result.contestants:
        runs, note = result.runs.get(contestant.name, []), result.notes.get(contestant.name, "")
        if not runs:
            if note:
                lines.append(row(contestant.name, *[""] * 6, note))
            continue
        seconds = result.seconds(contestant.name)
        speed = "" if contestant.name == VERSION or contestant.on_main else f"{result.input_bytes / seconds / 1e6:,.0f}"
        ratio = "1" if contestant.name == OURS else f"{result.ratio(contestant.name):.3g}"
        times = [run.seconds for run in runs]
        lines.append(row(contestant.name, duration(seconds), f"{duration(min(times))} to {duration(max(times))}", ratio,
                         f"{result.peak(contestant.name) / 2**20:,.0f} MiB", speed, str(len(runs)), note))
    return [*lines, ""]


def page_of(command: str, results: list[WorkResult], goals: list[Goal], machine: list[str], quick: bool) -> str:
    """The whole page."""
    now = datetime.now(timezone.utc)
    lines = ["# Benchmarks", "", INTRODUCTION.format(command=command), ""]
    if quick:
        lines += ["**A quick run: its data is so small that the figures mean nothing.**", ""]
    lines += [f"- {line}" for line in (f"{now:%Y-%m-%d %H:%M} UTC", *machine)] + [""]
    for result in results:
        lines += lines_of(result)
    lines += ["### Goals", "", row("goal", "figure", ""), "|---|--:|---|"]
    lines += [row(goal.text, goal.figure, "" if quick and goal.figure else MET[goal.met]) for goal in goals]
    return "\n".join(lines) + "\n"
