"""A run that was paused, or cut off, for longer than its lease lasts changes nothing that another run has published.

With one connection and one thread a run's requests have an order: each that changes something is tried.
"""

import itertools
import time
from dataclasses import dataclass

import pytest
from command import OK, OUTPUT
from lines import collection, prediction, write_lines
from on_s3 import LEASE, nothing_left_over, same
from outputs import contents
from proxy import Forward, Hold, Stop

STEADY = ["--threads", 1, "--s3-connections", 1]
LONGER = LEASE + 2  # seconds: than the lease lasts


@dataclass
class CutOff(Hold):
    """This request and all that follow it reach the server only when `until` is set."""


PAUSES = {
    "stopped before": lambda: Stop(answered=True),  # before it looks at its lease: when it gets the answer of the one before
    "stopped after": Stop,  # between looking and the server
    "cut off": CutOff,
}


class Scene:
    """An output that a run is to replace, which is paused; meanwhile another one replaces it. Without `has_old` there is
    none, and both write theirs at its places."""

    has_old = True

    def __init__(self, gristmill, proxy, client, buckets, server, folder):
        self.gristmill, self.proxy, self.client, self.server, self.folder = gristmill, proxy, client, server, folder
        self.output = buckets.output
        self.numbers = itertools.count(1)
        self.inputs, self.wanted = {}, {}
        for name, profiles in {"old": "abc", "paused": "acd", "other": "abe"}.items():
            ids = [(profile, "s", "c") for profile in profiles]
            paths = [write_lines(folder / name / "collections.jsonl", [collection(*each, entries=len(name)) for each in ids]),
                     write_lines(folder / name / "predictions.jsonl", [prediction(*each) for each in ids])]
            gristmill.run(*paths, f"{name}-output").must(OK)
            self.wanted[name] = contents(folder / f"{name}-output")
            self.inputs[name] = [client.upload(path, f"{buckets.incoming}/{name}/{path.name}") for path in paths]
        self.around = {"AWS_ENDPOINT_URL": server.url}

    def words(self, name):
        return self.gristmill.run_words(*self.inputs[name], self.output, *STEADY)

    def begin(self):
        """With the old output, if there is one, and nothing else."""
        if not self.has_old:
            for name in self.client.tree(self.output):
                self.client.remove(f"{self.output}/{name}")
            self.proxy.begin()
            return
        self.gristmill.run(*self.inputs["old"], self.output, variables=self.around).must(OK)
        self.proxy.begin()

    def changes(self) -> list:
        """The requests of a whole run that change something."""
        self.begin()
        self.gristmill(*self.words("paused")).must(OK)
        self.proxy.settle()
        return [request for request in self.proxy.requests if request.changes]

    def published(self):
        folder = self.folder / f"published-{next(self.numbers)}"
        return contents(self.client.download(self.output, folder))

    def pause(self, number, pause, early=False):
        """Pauses a run at its change of this number while another one publishes; then all must be well. `early`: before it
        has the lease, or when it has published and only gives it back, it may end well."""
        self.begin()
        action = pause()
        counted = itertools.count(1)
        wanted = number - (1 if getattr(action, "answered", False) else 0)

        def plan(request):
            if isinstance(action, CutOff) and action.reached.is_set() and not action.until.is_set():
                return action
            return action if request.changes and next(counted) == max(1, wanted) else None

        self.proxy.begin(plan)
        with self.gristmill.start(*self.words("paused")) as process:
            self.proxy.victim.set_result(process)
            assert action.reached.wait(60), f"no change {number} came"
            time.sleep(LONGER)
            other = self.gristmill(*self.words("other"), variables=self.around)
            action.until.set()
            outcome = self.gristmill.finish(process)
        self.proxy.settle()
        other.must(OK)
        self.gristmill("verify", self.output, variables=self.around).must(OK)
        assert outcome.code in (OK, OUTPUT), outcome.stderr
        last = "paused" if early and outcome.code == OK and self.published() == self.wanted["paused"] else "other"
        same(self.wanted[last], self.published())
        if not early:
            assert outcome.code == OUTPUT, outcome.stderr
        if outcome.code == OUTPUT:
            assert "lease" in outcome.stderr or "another run" in outcome.stderr, outcome.stderr
        self.gristmill("recover", self.output, variables=self.around).must(OK)
        nothing_left_over(self.client, self.output)
        same(self.wanted[last], self.published())


@pytest.fixture
def scene(gristmill, proxy, client, buckets, server, tmp_path):
    return Scene(gristmill, proxy, client, buckets, server, tmp_path)


MOMENTS = {
    "commit": lambda request: request.key.endswith("/COMMIT") and request.method == "PUT",
    "success goes": lambda request: request.kind == "DeleteObject" and request.key.endswith("daily/_SUCCESS"),
    "copying": lambda request: request.kind == "CopyObject" and "/labels/" in request.key,
    "deleting old files": lambda request: "/labels/profile-id=b/" in request.told,
    "manifest": lambda request: request.kind == "CopyObject" and request.key.endswith("daily/_manifest.json"),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_stopped_at_a_change(scene, moment):
    """Requests that were sent, or are sent later, are refused by their age."""
    changes = scene.changes()
    number = next(i for i, request in enumerate(changes, 1) if MOMENTS[moment](request))
    scene.pause(number, PAUSES["stopped after"])


DIRECT_MOMENTS = {
    "first object": lambda request: "/labels/" in request.key,
    "last object": lambda request: request.key.endswith("/report.html"),
    "commit": MOMENTS["commit"],
    "manifest": MOMENTS["manifest"],
}


@pytest.mark.parametrize("moment", DIRECT_MOMENTS)
def test_stopped_at_a_change_of_a_first_output(scene, moment):
    scene.has_old = False
    changes = scene.changes()
    number = next(i for i, request in enumerate(changes, 1) if DIRECT_MOMENTS[moment](request))
    scene.pause(number, PAUSES["stopped after"])


@pytest.mark.long
@pytest.mark.parametrize("pause", PAUSES)
@pytest.mark.parametrize("has_old", [True, False], ids=["old", "absent"])
def test_paused_at_every_change(scene, pause, has_old):
    scene.has_old = has_old
    changes = scene.changes()
    # The lease is the first change; the last ones are the end of staging and of the lease.
    published = next(i for i, request in enumerate(changes, 1)
                     if request.key.endswith("daily/_SUCCESS") and request.method == "PUT")
    for number in range(1, len(changes) + 1):
        scene.pause(number, PAUSES[pause], early=number <= 2 or number > published)


def test_a_commit_that_no_server_refused(scene):
    """It was written after another run had published: it is dropped, not a dead end."""
    scene.changes()
    commits = []

    def keep(request):
        if request.key.endswith("/COMMIT") and request.method == "PUT":
            return Forward(first=lambda: commits.append(request.body))
        return None

    scene.proxy.begin(keep)
    scene.gristmill(*scene.words("paused")).must(OK)
    scene.gristmill(*scene.words("other"), variables=scene.around).must(OK)
    for there in (True, False):
        scene.client.put(scene.output + "/_staging/COMMIT", commits[0])
        scene.client.put(scene.output + "/_staging/20200101T000000Z-00000000/labels/profile-id=x/collections.jsonl", b"{}\n")
        if not there:
            scene.client.remove(scene.output + "/_SUCCESS")
        outcome = scene.gristmill("recover", scene.output, variables=scene.around).must(OK)
        assert "another run had published" in outcome.stdout + outcome.stderr
        nothing_left_over(scene.client, scene.output)
        same(scene.wanted["other"], scene.published())
        scene.gristmill("verify", scene.output, variables=scene.around).must(OK)


def test_explain_tells_what_the_server_does(scene):
    scene.begin()
    outcome = scene.gristmill("explain", "--collections", scene.inputs["old"][0], "--output", scene.output).must(OK)
    assert "kept out: S3 refuses what a run sends after its lease of 5 s has run out" in outcome.stdout
    assert "it keeps to conditions on: PUT, DELETE" in outcome.stdout
    nothing_left_over(scene.client, scene.output)
