"""One round of an output that grows: day by day in ways drawn at random, killed now and then; at its end it is that of one run."""

from __future__ import annotations

import json
import random
import signal
from pathlib import Path

import hostile
from command import OK, OUTPUT
from data import Recorded
from growing import DATASETS, LEDGER, cut, differences
from outputs import nothing_left_over
from shapes import draw_way

KILLED = -signal.SIGKILL
OPERATIONS = 400  # of the storage, in an update of such data: most are killed, some come to their end


class GrowthRound:
    """One round, in a folder of its own."""

    def __init__(self, seed: int, folder: Path):
        self.rng = random.Random(seed)
        self.command = Recorded(folder)
        self.root = folder / "place/out"
        self.root.parent.mkdir()
        self.inputs = folder / "in"
        self.bytes = 0  # of input, in all the updates
        recipe = hostile.make_recipe(self.rng) if self.rng.random() < 0.7 else {}
        (folder / "recipe.yaml").write_text(json.dumps(recipe, ensure_ascii=False))
        lines = self.rng.choice([10, 60, 300])
        self.days = cut(self.rng, self.rng.randint(1, 12), lines, recipe)

    def play(self) -> None:
        for day, files in enumerate(self.days):
            self.deliver(day, files)
            if not any(self.inputs.rglob("*.jsonl")):
                continue
            if self.rng.random() < 0.3:
                self.kill()
            self.must_run(*self.update_words())
            if self.rng.random() < 0.3:
                self.must_run("compact", self.root)
        if not self.root.exists():
            return
        rebuilt = self.command.folder / "rebuilt"
        self.command("run", "--accumulate", "--ledger", self.root / LEDGER, "--output", rebuilt, *self.settings()).must(OK)
        different = differences(self.root, rebuilt)
        assert not different, "not the bytes of one run:\n  " + "\n  ".join(different)
        self.command("verify", self.root, "--state").must(OK)
        nothing_left_over(self.root)
        assert not list(self.command.spill.iterdir()), "left over in the spill folder"

    def deliver(self, day: int, files: dict[str, list[bytes]]) -> None:
        for dataset in DATASETS:
            (self.inputs / dataset).mkdir(parents=True, exist_ok=True)
            for number, data in enumerate(files.get(dataset, [])):
                # Late files sort before those that are known; some names come again in another folder.
                path = self.inputs / dataset / f"{self.rng.choice('abz')}{day}/{number}.jsonl"
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(data)
                self.bytes += len(data)

    def settings(self) -> list:
        return ["--recipe", "recipe.yaml", "--publish-anyway"]

    def update_words(self) -> list:
        given = [word for dataset in DATASETS if any((self.inputs / dataset).rglob("*.jsonl"))
                 for word in (f"--{dataset}", self.inputs / dataset)]
        return ["update", *given, "--output", self.root, *self.settings(), "--layout", self.rng.choice(["auto", "auto", "parts", "whole"]),
                "--compact-above", self.rng.choice([1, 2, 16])]

    def must_run(self, *words) -> None:
        way = draw_way(self.rng, self.bytes)
        words = (*words, *way.words) if words[0] == "update" else words
        if self.rng.random() < 0.2:
            way.hooks["MOST_FILES_IN_MANIFEST"] = self.rng.choice([1, 8])
        self.command(*words, hooks=way.hooks).must(OK)
        self.command("verify", self.root).must(OK)

    def kill(self) -> None:
        plan = f"{self.rng.choice(['kill', 'kill-after'])}:{self.rng.randint(1, OPERATIONS)}"
        code = self.command(*self.update_words(), hooks={"FAULT": plan}).code
        assert code in (KILLED, OK), f"exit code {code} of an update that was to be killed"
        if self.rng.random() < 0.5 and self.root.exists():
            verdict = self.command("verify", self.root)
            if verdict.code != OK:  # an unfinished journal, or nothing yet
                assert verdict.code == OUTPUT, verdict.stderr
            self.command("recover", self.root).must(OK)
