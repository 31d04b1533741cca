"""Killed at any instant, the root is the complete old output or the complete new one, or says that it is
unfinished; the next run succeeds and leaves nothing over.

The kills of the storage's operations are SIGKILLs of the process by itself, before or after the N-th call
of a run that publishes a small new output over an old one (or over nothing).
"""

import random
import shutil
import signal
import time

import pytest
from command import OK, OUTPUT, Gristmill
from lines import collection, prediction, write_lines
from outputs import contents, differences, nothing_left_over

KILLED = -signal.SIGKILL
WAYS = ["exchange", "journal"]
SAMPLES_BEFORE, SAMPLES_AFTER = 3, 7


class Scene:
    """Two inputs, and the output of each."""

    def __init__(self, folder):
        self.folder = folder
        self.command = Gristmill(folder)
        self.inputs = {
            "old": self.write("old", [("same", "s"), ("changed", "s"), ("gone", "s")]),
            "new": self.write("new", [("same", "s"), ("changed", "t"), ("come", "s")]),
        }
        self.outputs = {}
        for name, inputs in self.inputs.items():
            self.command.run(*inputs, f"{name}-output").must(OK)
            self.outputs[name] = contents(folder / f"{name}-output")

    def write(self, name, ids):
        return [write_lines(self.folder / f"{name}/{kind}.jsonl", [make(*each) for each in ids])
                for kind, make in (("collections", collection), ("predictions", prediction))]


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return Scene(tmp_path_factory.mktemp("scene"))


class Stage:
    """One output root, put back to where it was before each kill."""

    def __init__(self, scene, command, way, start):
        self.scene, self.command, self.way, self.start = scene, command, way, start
        self.place = command.folder / "place"
        self.root = self.place / "out"
        self.words = command.run_words(*scene.inputs["new"], self.root, "--threads", 1)

    def reset(self):
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir()
        if self.start != "absent":
            shutil.copytree(self.scene.folder / "old-output", self.root)
        if self.start == "kept":
            words = [*self.words, "--checks-unmatched-sessions-severity", "fail"]
            words = [word if word != self.scene.inputs["new"][1] else self.scene.inputs["old"][1] for word in words]
            self.command(*words, hooks=self.hooks()).must(5)

    def hooks(self, **more):
        return {"PUBLISH_WAY": self.way, **more}

    def operations(self, *words) -> list[str]:
        """What the storage does in a whole run of these words."""
        self.reset()
        log = self.command.folder / "operations"
        self.command(*words, hooks=self.hooks(FAULT="count", FAULT_LOG=log)).must(OK)
        return log.read_text().splitlines()[1:]

    def kill(self, plan, *words) -> bool:
        """Runs the words with this plan; whether it was killed (some operations depend on the moment)."""
        outcome = self.command(*words, hooks=self.hooks(FAULT=plan))
        assert outcome.code in (KILLED, OK), outcome.stderr
        return outcome.code == KILLED

    def state(self) -> str:
        """What a reader finds in the root: nothing, the whole old or new output, or something unfinished."""
        if not self.root.exists() or not any(path.is_file() for path in self.root.rglob("*")
                                             if "_staging" not in path.parts):
            return "absent"
        verdict = self.command("verify", self.root)
        found = {name: data for name, data in contents(self.root).items() if not name.startswith("_staging")}
        if (self.root / "_SUCCESS").exists() or verdict.code == OK:
            names = [name for name, output in self.scene.outputs.items() if not differences(output, found)]
            assert names, f"neither old nor new: {differences(self.scene.outputs['new'], found)}"
            if verdict.code == OK:
                return names[0]
        assert self.way == "journal", f"{verdict.stdout}{verdict.stderr}"
        verdict.must_fail(OUTPUT, "gristmill recover")
        return "unfinished"

    def recovers(self):
        """The next run succeeds and leaves nothing over."""
        self.command(*self.words, hooks=self.hooks()).must(OK)
        assert self.state() == "new"
        nothing_left_over(self.root)


@pytest.fixture
def stage(scene, gristmill):
    return lambda way, start: Stage(scene, gristmill, way, start)


def sampled(operations):
    """The numbers of some operations, most of them after the point of no return, and of the last one."""
    count = len(operations)
    commit = next(number for number, text in enumerate(operations, 1) if "COMMIT.new" in text)
    rng = random.Random(count)
    numbers = rng.sample(range(1, commit), SAMPLES_BEFORE) + rng.sample(range(commit, count + 1), SAMPLES_AFTER)
    return sorted({*numbers, count})


def kill_a_run(stage, plans, at):
    before = stage.start
    states = []
    for number in at:
        for plan in plans:
            stage.reset()
            stage.kill(f"{plan}:{number}", *stage.words)
            states.append(stage.state())
            if states[-1] == "unfinished" and number % 2:
                stage.command("recover", stage.root, hooks=stage.hooks()).must(OK)
                assert stage.state() == "new"
                nothing_left_over(stage.root)
            stage.recovers()
    # Once it is new it stays new: the point of no return is one point.
    order = [before, "unfinished", "new"]
    assert [order.index(state) for state in states] == sorted(order.index(state) for state in states)
    assert states[-1] == "new"


@pytest.mark.parametrize("start", ["absent", "old"])
@pytest.mark.parametrize("way", WAYS)
def test_killed_at_some_operations_of_a_run(stage, way, start):
    it = stage(way, start)
    kill_a_run(it, ["kill"], sampled(it.operations(*it.words)))


@pytest.mark.long
@pytest.mark.parametrize("start", ["absent", "old"])
@pytest.mark.parametrize("way", WAYS)
def test_killed_at_every_operation_of_a_run(stage, way, start):
    it = stage(way, start)
    kill_a_run(it, ["kill", "kill-after"], range(1, len(it.operations(*it.words)) + 1))


def kill_a_publish(stage, at):
    """Kills `gristmill publish` of an output that a failed check kept back: it can be repeated."""
    for number in at:
        stage.reset()
        stage.kill(f"kill:{number}", "publish", stage.root)
        again = stage.command("publish", stage.root, hooks=stage.hooks())
        if again.code != OK:  # it was published before it was killed
            again.must_fail(2, "nothing is staged")
            stage.command("recover", stage.root, hooks=stage.hooks()).must(OK)
        stage.command("verify", stage.root).must(OK)
        assert (stage.root / "labels/profile-id=come").exists()
        assert not (stage.root / "labels/profile-id=gone").exists()
        nothing_left_over(stage.root)


@pytest.mark.parametrize("way", WAYS)
def test_killed_at_some_operations_of_a_publish(stage, way):
    it = stage(way, "kept")
    kill_a_publish(it, sampled(it.operations("publish", it.root)))


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS)
def test_killed_at_every_operation_of_a_publish(stage, way):
    it = stage(way, "kept")
    kill_a_publish(it, range(1, len(it.operations("publish", it.root)) + 1))


def kill_a_recovery(stage, step):
    """Kills a journal in its midst, then its recovery at every `step`-th operation."""
    operations = stage.operations(*stage.words)
    commit = next(number for number, text in enumerate(operations, 1) if text.endswith("_staging/COMMIT")
                  and text.startswith("rename"))
    midst = next(number for number, text in enumerate(operations, 1) if number > commit
                 and text.startswith("rename") and "profile-id=come" in text)
    number = 0
    while True:
        stage.reset()
        assert stage.kill(f"kill:{midst}", *stage.words)
        assert stage.state() == "unfinished"
        number += step
        if not stage.kill(f"kill:{number}", "recover", stage.root):
            assert number > 20
            break
        assert stage.state() in ("unfinished", "new")
        stage.command("recover", stage.root, hooks=stage.hooks()).must(OK)
        assert stage.state() == "new"
        nothing_left_over(stage.root)
    assert stage.state() == "new"


def test_killed_at_some_operations_of_a_recovery(stage):
    kill_a_recovery(stage("journal", "old"), 16)


@pytest.mark.long
def test_killed_at_every_operation_of_a_recovery(stage):
    kill_a_recovery(stage("journal", "old"), 1)


# ---- at any moment of a usual run

def kill_at_moments(command, tmp_path, count):
    rng = random.Random(count)
    inputs = {}
    for name, entries in (("old", 3), ("new", 4)):
        lines = [collection(f"p{n % 200}", f"s{n % 900}", f"c{n}", entries) for n in range(6_000)]
        inputs[name] = write_lines(tmp_path / f"{name}.jsonl", lines)
    root = tmp_path / "place/out"
    (tmp_path / "place").mkdir()
    outputs = {}
    for name in ("new", "old"):
        started = time.monotonic()
        command.run(inputs[name], (), root).must(OK)
        usual = time.monotonic() - started
        outputs[name] = contents(root)
    killed = 0
    for _ in range(count):
        process = command.start(*command.run_words(inputs["new"], (), root, "--memory", "1MiB"))
        time.sleep(rng.uniform(0, 1.2 * usual))
        process.kill()
        killed += command.finish(process).code == KILLED
        command("verify", root).must(OK)
        found = contents(root)
        assert [name for name, output in outputs.items() if not differences(output, found)]
        command.run(inputs["old"], (), root).must(OK)
        assert differences(outputs["old"], contents(root)) == []
        nothing_left_over(root)
    assert killed > count / 3


def test_killed_at_some_moments(gristmill, tmp_path):
    kill_at_moments(gristmill, tmp_path, 4)


@pytest.mark.long
def test_killed_at_many_moments(gristmill, tmp_path):
    kill_at_moments(gristmill, tmp_path, 100)
