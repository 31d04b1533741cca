"""Killed at any request, the output is the complete old one or the complete new one, or says that it is unfinished;
what comes next, `recover` or another run, finishes or removes what was begun.

With one connection and one thread a run's requests have an order, and what lies on S3 depends only on how many of
those that change something were answered. So a kill after each of these, and one before some of the others, are all
states there are.
"""

import random
import signal

import pytest
from command import INPUT, OK, OUTPUT
from lines import collection, prediction, write_lines
from on_s3 import GristmillOnS3, nothing_left_over, same
from outputs import contents
from proxy import Forward, KillAfter, KillBefore

KILLED = -signal.SIGKILL
MEBIBYTE = 1 << 20
IN_PARTS = {"S3_COPY_LIMIT": 5 * MEBIBYTE, "S3_PART_SIZE": 5 * MEBIBYTE}
STEADY = ["--threads", 1, "--s3-connections", 1]


def run_id(tree) -> bytes:
    return tree["_manifest.json"].splitlines()[0]


class Scene:
    """An old output, which a run is to replace by a new one."""

    def __init__(self, folder, server, large=False, hooks=None):
        self.folder, self.hooks, self.client = folder, hooks, server.client
        self.command = GristmillOnS3(folder, server)
        same_, changed = ("same", "s"), [("changed", "s"), ("changed", "t")]
        self.inputs, self.trees, self.wanted = {}, {}, {}
        bucket = self.client.make_bucket("kill-large" if large else "kill-small")
        for number, name in enumerate(("old", "new")):
            ids = [same_, changed[number], (["gone", "come"][number], "s"), (["gone too", "come too"][number], "s")]
            collections = [collection(*each) for each in ids]
            if large:
                collections += [collection("large", f"{name}{n}", f"c{n}", 100) for n in range(720)]
            paths = [write_lines(folder / name / "collections.jsonl", collections),
                     write_lines(folder / name / "predictions.jsonl", [prediction(*each) for each in ids])]
            self.inputs[name] = [self.client.upload(path, f"{bucket}/{name}/{path.name}") for path in paths]
            self.command.run(*paths, f"{name}-output").must(OK)
            self.wanted[name] = contents(folder / f"{name}-output")
        self.command.run(*self.inputs["old"], f"{bucket}/old-output", hooks=hooks).must(OK)
        self.old_tree = self.client.tree(f"{bucket}/old-output")
        self.bucket = bucket
        self.numbers = 0

    def says(self, tree) -> dict[str, bytes]:
        """What `contents` says of an output, of objects by their names."""
        folder = self.folder / f"says-{self.numbers}"
        self.numbers += 1
        for name, data in tree.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return contents(folder)

    def which(self, tree) -> str:
        """The name of the output that these objects are."""
        found = self.says(tree)
        names = [name for name, wanted in self.wanted.items() if wanted == found]
        if not names:
            same(self.wanted["new"], found)
        return names[0]


class Stage:
    """One output with the old content, the run that replaces it, and what is left of a run that is killed."""

    def __init__(self, scene, command, proxy, start="old"):
        self.scene, self.command, self.proxy, self.start = scene, command, proxy, start
        self.client = scene.client

    def reset(self):
        self.scene.numbers += 1
        self.output = f"{self.scene.bucket}/{self.scene.numbers}/daily"
        if self.start == "old":
            self.client.put_tree(self.scene.old_tree, self.output)

    def run_words(self):
        return self.command.run_words(*self.scene.inputs["new"], self.output, *STEADY)

    def requests(self, words=None):
        """Those of a whole run."""
        self.proxy.begin()
        self.command(*(words or self.run_words()), hooks=self.scene.hooks).must(OK)
        self.proxy.settle()
        return list(self.proxy.requests)

    def kill(self, number, action, words=None) -> bool:
        """Runs and kills at the request of this number; whether it came to that."""
        self.proxy.begin(lambda request: action if request.number == number else None)
        with self.command.start(*(words or self.run_words()), hooks=self.scene.hooks) as process:
            self.proxy.victim.set_result(process)
            outcome = self.command.finish(process)
        assert outcome.code in (KILLED, OK), outcome.stderr
        self.proxy.begin()
        return outcome.code == KILLED

    def tree(self):
        return {name: data for name, data in self.client.tree(self.output).items() if not name.startswith("_staging/")}

    def state(self) -> str:
        """What a reader finds: nothing, the whole old or new output, or something unfinished."""
        tree = self.tree()
        if not tree:
            return "absent"
        if "_SUCCESS" in tree and "_manifest.json" in tree:
            return self.scene.which(tree)
        # What lies at its place already is no output before there is a manifest, or a decision to put one.
        committed = "_staging/COMMIT" in self.client.tree(self.output)
        return "unfinished" if committed or "_manifest.json" in tree else "absent"

    def must_become(self, names, words=None):
        """After this command the output is complete, and nothing is left over."""
        self.command(*(words or self.run_words()), hooks=self.scene.hooks).must(OK)
        assert self.state() in names
        nothing_left_over(self.client, self.output)
        if self.state() != "absent":
            self.command("verify", self.output).must(OK)


@pytest.fixture(scope="module")
def small_scene(tmp_path_factory, server):
    yield Scene(tmp_path_factory.mktemp("small"), server)
    server.forget("kill-small")


@pytest.fixture(scope="module")
def large_scene(tmp_path_factory, server):
    yield Scene(tmp_path_factory.mktemp("large"), server, large=True, hooks=IN_PARTS)
    server.forget("kill-large")


def publishing(requests) -> int:
    """The number of the first request of publishing."""
    return next(request.number for request in requests if request.changes and "/_staging/COMMIT" in request.key)


def kill_a_run(stage, plans):
    """Kills at these requests; afterwards `recover`, or a new run, must complete it."""
    states, kills = [], 0
    for count, (number, action) in enumerate(plans):
        stage.reset()
        killed = stage.kill(number, action)
        kills += killed
        states.append(stage.state())
        if states[-1] == "unfinished":
            stage.command("verify", stage.output).must_fail(OUTPUT, "gristmill recover")
        if killed and count % 2 and not stage.client.tree(stage.output):
            stage.command("recover", stage.output).must_fail(INPUT, "there is no output", stage.output)
        elif killed and count % 2:
            may_stay = [] if states[-1] == "unfinished" else [stage.start]
            stage.must_become(["new", *may_stay], ["recover", stage.output])
            assert stage.state() != "absent" or not stage.tree()
        else:
            stage.must_become(["new"])
    assert kills >= len(plans) - 2
    # Once it is new it stays new: the point of no return is one point.
    order = [stage.start, "unfinished", "new"]
    assert [order.index(state) for state in states] == sorted(order.index(state) for state in states), states
    assert states[-1] == "new"


def changes(requests, begin=1):
    return [request.number for request in requests if request.changes and request.number >= begin]


@pytest.mark.parametrize("start", ["old", "absent"])
def test_killed_while_publishing(small_scene, gristmill, proxy, start):
    """After every third request that changes something, from `COMMIT` on; and at some before that."""
    stage = Stage(small_scene, gristmill, proxy, start)
    stage.reset()
    requests = stage.requests()
    commit = publishing(requests)
    earlier = random.Random(1).sample(range(1, commit), 3)
    numbers = sorted({*earlier, *changes(requests, commit)[::3], requests[-1].number})
    kill_a_run(stage, [(number, KillAfter()) for number in numbers])


@pytest.mark.parametrize("start", ["old", "absent"])
def test_killed_before_some_requests(small_scene, gristmill, proxy, start):
    stage = Stage(small_scene, gristmill, proxy, start)
    stage.reset()
    requests = stage.requests()
    numbers = random.Random(2).sample(range(1, len(requests) + 1), 5)
    kill_a_run(stage, [(number, KillBefore()) for number in sorted({*numbers, len(requests)})])


@pytest.mark.long
@pytest.mark.parametrize("start", ["old", "absent"])
@pytest.mark.parametrize("action", [KillBefore(), KillAfter()], ids=["before", "after"])
def test_killed_at_every_request(small_scene, gristmill, proxy, start, action):
    stage = Stage(small_scene, gristmill, proxy, start)
    stage.reset()
    kill_a_run(stage, [(request.number, action) for request in stage.requests()])


# ---- with uploads and copies in parts

def in_parts(requests, copies):
    """The numbers of the requests that have to do with parts, and their neighbours."""
    kinds = ["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload", *(["UploadPartCopy"] if copies else [])]
    assert {request.kind for request in requests} >= set(kinds)
    return [request.number for request in requests if request.kind in kinds]


@pytest.mark.parametrize("start", ["old", "absent"])
def test_killed_with_parts_under_way(large_scene, gristmill, proxy, start):
    stage = Stage(large_scene, gristmill, proxy, start)
    stage.reset()
    numbers = in_parts(stage.requests(), copies=start == "old")
    kill_a_run(stage, [(number, KillAfter()) for number in [*numbers[::2], 10_000]])


@pytest.mark.long
@pytest.mark.parametrize("start", ["old", "absent"])
@pytest.mark.parametrize("action", [KillBefore(), KillAfter()], ids=["before", "after"])
def test_killed_with_parts_at_every_request(large_scene, gristmill, proxy, start, action):
    stage = Stage(large_scene, gristmill, proxy, start)
    stage.reset()
    kill_a_run(stage, [(request.number, action) for request in stage.requests()])


# ---- the other commands

def kill_a_recovery(stage, step):
    """Kills a run in the midst of publishing, then its recovery at every `step`-th request."""
    stage.reset()
    requests = stage.requests()
    midst = next(request.number for request in requests if request.kind == "CopyObject" and "profile-id=come/" in request.key)
    number = 0
    while True:
        stage.reset()
        assert stage.kill(midst, KillAfter())
        assert stage.state() == "unfinished"
        number += step
        if not stage.kill(number, KillAfter(), ["recover", stage.output]):
            assert number > 20
            break
        assert stage.state() in ("unfinished", "new")
        stage.must_become(["new"], ["recover", stage.output])
    assert stage.state() == "new"


def test_killed_at_some_requests_of_a_recovery(small_scene, gristmill, proxy):
    kill_a_recovery(Stage(small_scene, gristmill, proxy), 11)


@pytest.mark.long
def test_killed_at_every_request_of_a_recovery(small_scene, gristmill, proxy):
    kill_a_recovery(Stage(small_scene, gristmill, proxy), 1)


def kill_a_publish(stage, step):
    """Kills `gristmill publish` of an output that a failed check kept back: it can be repeated."""
    number = 0
    while True:
        stage.reset()
        kept = write_lines(stage.command.folder / "kept.jsonl", [collection("kept")])
        stage.command.run(kept, (), stage.output, "--checks-unmatched-sessions-severity", "fail").must(5)
        number += step
        killed = stage.kill(number, KillAfter(), ["publish", stage.output])
        again = stage.command("publish", stage.output)
        if again.code != OK:  # it was published before it was killed
            again.must_fail(2, "nothing is staged")
            stage.command("recover", stage.output).must(OK)
        labels = {name for name in stage.tree() if name.startswith("labels/")}
        assert labels == {"labels/profile-id=kept/collections.jsonl"}
        stage.command("verify", stage.output).must(OK)
        nothing_left_over(stage.client, stage.output)
        if not killed:
            assert number > 20
            return


def test_killed_at_some_requests_of_a_publish(small_scene, gristmill, proxy):
    kill_a_publish(Stage(small_scene, gristmill, proxy), 9)


@pytest.mark.long
def test_killed_at_every_request_of_a_publish(small_scene, gristmill, proxy):
    kill_a_publish(Stage(small_scene, gristmill, proxy), 1)


# ---- without a kill

@pytest.mark.parametrize("words", [STEADY, ["--threads", 4, "--s3-connections", 16]], ids=["one connection", "many connections"])
def test_reader_at_every_request(small_scene, gristmill, proxy, words):
    """Whoever looks before any request of a run finds the old output, none, or the new one, in this order."""
    stage = Stage(small_scene, gristmill, proxy)
    stage.reset()
    states = []

    def look():
        try:
            tree = stage.tree()
        except AssertionError as gone:  # while it was read: whoever reads so sees that it is not whole
            assert "NoSuchKey" in str(gone)
            states.append("unfinished")
            return
        if "_SUCCESS" in tree:
            again = stage.client.get(stage.output + "/_manifest.json")
            if again == tree["_manifest.json"] and stage.client.head(stage.output + "/_SUCCESS"):
                states.append(small_scene.which(tree))
                return
        states.append("unfinished")

    def plan(request):
        if request.changes and "/_staging/2" not in request.key:
            return Forward(first=look)
        return None

    proxy.begin(plan)
    gristmill.run(*small_scene.inputs["new"], stage.output, *words).must(OK)
    proxy.settle()
    look()
    order = ["old", "unfinished", "new"]
    assert [order.index(state) for state in states] == sorted(order.index(state) for state in states), states
    assert set(states) == set(order) and states[-1] == "new"


def kill_at_moments(scene, gristmill, proxy, count):
    """With many connections, where the order of requests is nobody's."""
    stage = Stage(scene, gristmill, proxy)
    rng = random.Random(count)
    for number in range(count):
        stage.reset()
        words = gristmill.run_words(*scene.inputs["new"], stage.output, "--threads", 4)
        stage.kill(rng.randrange(1, 130), rng.choice([KillBefore(), KillAfter()]), words)
        state = stage.state()
        assert state in ("old", "new", "unfinished")
        if number % 2:
            stage.must_become(["new"] if state != "old" else ["old", "new"], ["recover", stage.output])
        stage.must_become(["new"])


def test_killed_at_some_moments(small_scene, gristmill, proxy):
    kill_at_moments(small_scene, gristmill, proxy, 6)


@pytest.mark.long
@pytest.mark.parametrize("size", ["small", "large"])
def test_killed_at_many_moments(request, gristmill, proxy, size):
    kill_at_moments(request.getfixturevalue(size + "_scene"), gristmill, proxy, 60)
