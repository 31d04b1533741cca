"""One round: data is published and killed while it is, in ways drawn at random, and must keep every promise."""

from __future__ import annotations

import random
import shutil
import signal
import time
from pathlib import Path

from command import CHECKS, OK, OUTPUT
from data import Data, Recorded
from outputs import contents, differences, nothing_left_over
from shapes import MANY_PROFILES, Way, draw_recipe, draw_shape, draw_way
from test_sizes import MIB, bound

KILLED = -signal.SIGKILL


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
