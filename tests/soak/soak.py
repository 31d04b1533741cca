"""Rounds of random data in random settings, for as long as wanted: each must keep every promise at once.

    ./test soak --minutes 60
    ./test soak --seed 123     repeats one round; the moments of kills by the clock are never quite the same

What is promised, and held in each round:

- the output is that of a run in the simplest way: one thread, the complete parser, every line kept in a bucket;
- `verify` finds it whole, and nothing is left over beside it or in the spill folder;
- the report counts what `generate` says it wrote;
- a failed check leaves the old output, and the kept one can be published;
- the peak of memory stays in its bound;
- killed at any moment, and recovered, the root holds the complete old output or the complete new one.

Tests that look for one thing find it faster; this looks for what happens only together.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "whole_program"), str(TESTS / "reference")]

import pyarrow  # noqa: E402
from command import BUILD, CHECKS, INTERRUPTED, OK, OUTPUT, Gristmill, Outcome  # noqa: E402
from outputs import contents, differences, nothing_left_over, report  # noqa: E402
from shapes import MANY_PROFILES, Recipe, Shape, Way, draw_recipe, draw_shape, draw_way  # noqa: E402
from test_generate import DATASETS, REJECTIONS, REPAIRS, check, reported, told  # noqa: E402
from test_sizes import MIB, bound  # noqa: E402

KILLED = -signal.SIGKILL
MISSING_TYPES = {"missing_type", "empty_behaviour", "empty_prediction"}
LONGEST = 600  # seconds; a command that takes longer is taken to hang


class Recorded(Gristmill):
    """The command, with a note of every call as a line for a shell."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        self.calls: list[str] = []

    def start(self, *words, hooks=None, **options) -> subprocess.Popen:
        binary = BUILD / ("gristmill_faulty" if hooks else "gristmill")
        variables = [f"GRISTMILL_TEST_{name}={value}" for name, value in (hooks or {}).items()]
        self.calls.append(shlex.join([*variables, str(binary), *map(str, words)]))
        # In a group of its own: Ctrl-C is for the soak, which then ends whatever the call started.
        return super().start(*words, hooks=hooks, start_new_session=True, **options)

    def finish(self, process: subprocess.Popen, timeout=LONGEST) -> Outcome:
        try:
            outcome = super().finish(process, timeout)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                while True:  # until there is none left that could write
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
                    time.sleep(0.01)
            raise
        self.calls[-1] += f"  # exit code {outcome.code}"
        return outcome


class Data:
    """A generated data set, and the output that the simplest way makes of it."""

    def __init__(self, name: str, shape: Shape, recipe: Recipe, command: Recorded):
        self.shape, self.recipe = shape, recipe
        self.folder = command.folder / name
        generated = command("generate", name, *shape.words).must(OK)
        self.written = told(generated)
        self.lines = dict(zip(DATASETS, map(int, re.findall(r"^\w+ +(\d+) lines", generated.stderr, re.M))))
        self.longest_line = min(longest_line(self.folder), recipe.limit or 64 * MIB)
        self.simplest = command.folder / f"{name}-simplest"
        command(*self.run_words(command, self.simplest), "--threads", 1, "--publish-anyway",
                hooks={"NO_FAST_PATH": 1, "SHORTEST_LINE_IN_INPUT": 1 << 40}).must(OK)

    @property
    def expected(self) -> dict[str, bytes]:
        return contents(self.simplest)

    @property
    def datasets(self) -> tuple[str, ...]:
        return DATASETS if self.recipe.predictions else DATASETS[:1]

    def run_words(self, command: Recorded, output: Path) -> list:
        inputs = [(self.folder / dataset).relative_to(command.folder) for dataset in self.datasets]
        return command.run_words(*inputs[:1], *(inputs[1:] or [()]), output, *self.recipe.words)

    def stored_bytes(self) -> int:
        return sum(path.stat().st_size for dataset in self.datasets for path in (self.folder / dataset).iterdir())

    def passes(self) -> bool:
        return report(self.simplest)["verdict"]["passed"]

    def must_be_counted(self, root: Path) -> None:
        """The report counts what was generated."""
        accounting = report(root)["accounting"]["totals"]
        assert sum(accounting[dataset]["stored_bytes"] for dataset in self.datasets) == self.stored_bytes()
        rejected = REJECTIONS + (REPAIRS if self.recipe.strict else [])
        for dataset in self.datasets:
            assert accounting[dataset]["lines"] == self.lines[dataset], f"{dataset}: lines"
            wanted = sum(counts[dataset] for name, counts in self.written.items() if name in rejected)
            assert accounting[dataset]["rejected"] == wanted, f"{dataset}: {wanted} lines to be rejected"
            for name, counts in self.written.items():
                self.must_be_reported(root, name, dataset, counts[dataset])
        if not self.written and self.recipe.predictions:
            statuses = {each["status"] for each in report(root)["checks"]}
            assert statuses <= {"passed", "ignored"}, f"clean data, but {statuses}"

    def must_be_reported(self, root: Path, name: str, dataset: str, count: int) -> None:
        if name == "fields_not_carried" and self.recipe.carried:
            return
        if name == "unmatched_session":
            # Sessions whose other lines were rejected are missing on one side too.
            if self.recipe.predictions:
                found = reported(root, name)[dataset]
                assert found >= count, f"{name} in {dataset}: {count} written, {found} found"
            return
        if name == "shared_session":
            return  # several lines may share one, and a line may be rejected
        if name in MISSING_TYPES:
            count = sum(self.written[other][dataset] for other in MISSING_TYPES & self.written.keys())
        if self.recipe.strict and name in REPAIRS:
            found = check(root, "rejected_lines")["counts"][dataset]["reasons"].get(name, 0)
        else:
            found = reported(root, name)[dataset]
        assert found == count, f"{name} in {dataset}: {count} written, {found} found"


def longest_line(folder: Path) -> int:
    longest = 0
    for path in folder.rglob("*.jsonl*"):
        if path.suffix == ".gz":
            file = gzip.open(path)
        elif path.suffix == ".zst":
            file = pyarrow.input_stream(str(path), compression="zstd")
        else:
            file = open(path, "rb")
        with file:
            beginning = 0  # of the line that is cut at the end of a block, its length so far
            while block := file.read(MIB):
                first, *others = block.split(b"\n")
                longest = max(longest, beginning + len(first), *map(len, others))
                beginning = len(others[-1]) if others else beginning + len(first)
    return longest


class Round:
    """One round, in a folder of its own."""

    def __init__(self, seed: int, folder: Path):
        self.rng = random.Random(seed)
        self.command = Recorded(folder)
        self.place = folder / "place"
        self.place.mkdir()
        self.root = self.place / "out"
        self.current: Data | None = None  # what the root holds
        self.bytes = 0                    # of input, in all the runs

    def play(self) -> None:
        rng = self.rng
        recipe = draw_recipe(rng)
        first = Data("first", draw_shape(rng, recipe), recipe, self.command)
        self.bytes += first.stored_bytes()
        if rng.random() < 0.3:
            self.kill(first)
        self.publish(first)
        if rng.random() < 0.6:
            second = Data("second", draw_shape(rng, recipe), recipe, self.command)
            self.bytes += second.stored_bytes()
            self.publish(second)
            slow = max(data.shape.profiles for data in (first, second)) > MANY_PROFILES
            for _ in range(rng.randint(0, 1 if slow else 3)):
                self.kill(second if self.current is first else first)
        assert not list(self.command.spill.iterdir()), "left over in the spill folder"

    def publish(self, data: Data) -> None:
        """Runs the data in a way of its own and checks all that is promised."""
        way = draw_way(self.rng, data.shape.size)
        words = [*data.run_words(self.command, self.root), *way.words]
        must_publish = data.recipe.publish_anyway or data.passes()
        if data.recipe.publish_anyway:
            words.append("--publish-anyway")
        self.run(data, way, words, OK if must_publish else CHECKS)
        if not must_publish:
            self.must_hold(self.current, kept_beside=True)
            if self.rng.random() < 0.5:
                self.command("publish", self.root, hooks=way.publish_hooks).must(OK)
            else:
                self.run(data, way, [*words, "--publish-anyway"], OK)
        self.current = data
        self.must_hold(data)
        data.must_be_counted(self.root)

    def run(self, data: Data, way: Way, words: list, code: int) -> None:
        outcome = self.command.measured(*words, hooks=way.hooks).must(code)
        self.bytes += data.stored_bytes()
        allowed = bound(data.longest_line, way.memory)
        assert outcome.peak <= allowed or not way.bounded, (
            f"peak of memory {outcome.peak / MIB:.1f} MiB, bound {allowed / MIB:.1f} MiB, "
            f"longest line {data.longest_line} bytes")

    def practise(self, data: Data, way: Way, words: list) -> tuple[float, list[str]]:
        """How long a run takes, and what it does with its storage; then the root is as before."""
        log = self.command.folder / "operations"
        started = time.monotonic()
        self.command(*words, hooks={**way.hooks, "FAULT": "count", "FAULT_LOG": log}).must(OK)
        seconds = time.monotonic() - started
        if self.current is None:
            shutil.rmtree(self.root)
        else:
            self.command(*self.current.run_words(self.command, self.root), "--publish-anyway").must(OK)
        self.bytes += data.stored_bytes() + (self.current.stored_bytes() if self.current else 0)
        return seconds, log.read_text().splitlines()[1:]

    def kill(self, data: Data) -> None:
        """Kills a run, by the clock or at an operation of its storage, and has the output recovered."""
        way = draw_way(self.rng, data.shape.size)
        by_clock = self.rng.random() < 0.3
        if not by_clock:
            way.hooks.setdefault("PUBLISH_WAY", self.rng.choice(["exchange", "journal", "journal"]))
        words = [*data.run_words(self.command, self.root), *way.words, "--publish-anyway"]
        seconds, operations = self.practise(data, way, words)
        if by_clock:
            delay = self.rng.random() * seconds
            process = self.command.start(*words, hooks=way.hooks)
            try:
                time.sleep(delay)
            finally:
                process.kill()
            code = self.command.finish(process).code
            self.command.calls[-1] += f", SIGKILL after {delay:.3f} s"
        else:
            # More than half of them while it publishes, which is but a moment by the clock.
            commit = next(number for number, text in enumerate(operations, 1) if "COMMIT.new" in text)
            publishing = self.rng.random() < 0.7
            number = self.rng.randint(commit, len(operations)) if publishing else self.rng.randint(1, commit)
            plan = f"{self.rng.choice(['kill', 'kill-after'])}:{number}"
            code = self.command(*words, hooks={**way.hooks, "FAULT": plan}).code
        self.bytes += data.stored_bytes()
        assert code in (KILLED, OK), f"exit code {code} of a run that was to be killed"
        if self.holds_something():
            verdict = self.command("verify", self.root)
            if verdict.code != OK:  # an unfinished journal
                verdict.must_fail(OUTPUT, "gristmill recover")
        if self.rng.random() < 0.8:
            self.command("recover", self.root, hooks=way.publish_hooks).must(OK)
            if not self.holds_something():
                assert self.current is None, "the old output is gone"
                return
            found = contents(self.root)
            unlike = {each: differences(each.expected, found) for each in (data, self.current) if each}
            known = [each for each, different in unlike.items() if not different]
            assert known, f"neither old nor new: {list(unlike.values())}"
            assert known[0] is data or code == KILLED, "a run that ended well published nothing"
            self.current = known[0]
        else:  # the next run recovers by itself
            self.command(*words, hooks=way.hooks).must(OK)
            self.current = data
        self.must_hold(self.current)

    def holds_something(self) -> bool:
        return any(path.is_file() for path in self.root.rglob("*") if "_staging" not in path.parts)

    def must_hold(self, data: Data | None, kept_beside: bool = False) -> None:
        """The root is the complete output of this data, and nothing is left over (but an output that was kept)."""
        if data is None:
            assert not self.holds_something(), "something was published"
            return
        self.command("verify", self.root).must(OK)
        found = contents(self.root)
        if kept_beside:  # in a journal's staging, which lies in the root
            found = {name: data for name, data in found.items() if not name.startswith("_staging/")}
        different = differences(data.expected, found)
        assert not different, "not the bytes of the simplest way:\n  " + "\n  ".join(different)
        if not kept_beside:
            nothing_left_over(self.root)


def play_round(seed: int, keep: bool) -> int | None:
    """Plays the round of a seed; the bytes of its input, or None if it failed."""
    folder = Path(tempfile.mkdtemp(prefix=f"gristmill-soak-{seed}-"))
    failed = False
    try:
        one = Round(seed, folder)
        one.play()
        return one.bytes
    except Exception:
        failed = True
        print(f"\nFAILED: the round of seed {seed}\n")
        traceback.print_exc(limit=-4, file=sys.stdout)
        print(f"\nIn {folder}, which is kept, these were its commands, with TMPDIR={folder / 'spill'}:\n")
        print("\n".join(["  cd " + shlex.quote(str(folder)), *("  " + call for call in one.command.calls)]))
        print(f"\nTo repeat the round: ./test soak --seed {seed}")
        return None
    finally:
        if not failed and not keep:
            remove(folder)


def remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except KeyboardInterrupt:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def number_above_zero(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"'{text}' is not above zero")
    return number


def main() -> int:
    parser = argparse.ArgumentParser(prog="./test soak", description="Random data in random settings, round by round.")
    parser.add_argument("--minutes", type=number_above_zero, default=60, help="how long (default: 60)")
    parser.add_argument("--seed", type=int, help="repeat the one round of this seed")
    parser.add_argument("--keep", action="store_true", help="keep the folders of all rounds")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = said = time.monotonic()
    seed = random.SystemRandom().randrange(1 << 32) if arguments.seed is None else arguments.seed
    rounds = size = code = 0

    def say() -> None:
        print(f"soak: {rounds} rounds, {time.monotonic() - started:.0f} seconds, {size / 1e6:.0f} MB in", flush=True)

    print(f"soak: seeds from {seed} on", flush=True)
    try:
        while True:
            played = play_round(seed, arguments.keep)
            if played is None:
                code = 1
                break
            rounds, size, seed = rounds + 1, size + played, seed + 1
            now = time.monotonic()
            if arguments.seed is not None or now - started >= arguments.minutes * 60:
                break
            if now - said >= 60:
                said = now
                say()
    except KeyboardInterrupt:
        code = INTERRUPTED
    say()
    return code


if __name__ == "__main__":
    sys.exit(main())
