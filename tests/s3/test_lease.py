"""One run at a time on an output: the lease `_staging/lock`."""

import re
import signal
import subprocess
import time
from email.utils import formatdate, parsedate_to_datetime

import pytest
from command import OK, OUTPUT
from lines import collection, write_lines
from on_s3 import LEASE, nothing_left_over, published, same
from outputs import contents
from proxy import Answer, Forward, Hold, KillAfter

MOMENTS = {
    "reading": lambda request: request.kind == "GetObject" and "collections" in request.key and request.key.endswith(".jsonl"),
    "staging": lambda request: request.kind == "PutObject" and "/labels/" in request.key,
    "committing": lambda request: request.changes and "/_staging/COMMIT" in request.key,
    "copying": lambda request: request.kind == "CopyObject" and "/_staging/" not in request.key,
    "published": lambda request: request.changes and request.key.endswith("daily/_SUCCESS"),
    "giving the lease back": lambda request: request.kind == "DeleteObject" and request.key.endswith("/lock"),
}


def lock(buckets) -> str:
    return buckets.output + "/_staging/lock"


def foreign_lease(machine="elsewhere/4026531836", process="4711/123456") -> bytes:
    return (f"gristmill lease\nid 123456789\nmachine {machine}\nprocess {process}\nhost bigbox\n").encode()


def held(proxy, moment) -> Hold:
    """Has the proxy hold the first request of this moment."""
    hold, seen = Hold(), []

    def plan(request):
        if MOMENTS[moment](request) and not seen:
            seen.append(request)
            return hold
        return None

    proxy.begin(plan)
    return hold


@pytest.fixture
def local(gristmill, small, tmp_path):
    """What the output of the small input says."""
    gristmill.run(*small, "local").must(OK)
    return contents(tmp_path / "local")


@pytest.mark.parametrize("there", [False, True], ids=["new", "over an old output"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_second_run_is_refused(gristmill, proxy, client, buckets, server, on_s3, local, tmp_path, moment, there):
    """Whatever the first one is at."""
    other = write_lines(tmp_path / "other.jsonl", [collection("other")])
    if there:
        gristmill.run(other, (), buckets.output).must(OK)
    hold = held(proxy, moment)
    with gristmill.start(*gristmill.run_words(*on_s3, buckets.output)) as first:
        assert hold.reached.wait(60)
        for words in (gristmill.run_words(other, (), buckets.output), ["recover", buckets.output], ["publish", buckets.output]):
            second = gristmill(*words, variables={"AWS_ENDPOINT_URL": server.url})
            second.must_fail(OUTPUT, "another run is writing", buckets.output)
        hold.until.set()
        gristmill.finish(first).must(OK)
    same(local, published(client, buckets.output, tmp_path / "there"))
    gristmill("verify", buckets.output).must(OK)


def test_a_run_that_comes_between_looking_and_leasing(gristmill, proxy, client, buckets, server, on_s3, local, tmp_path):
    """The first run has looked at the output; before it has the lease, a second one publishes there."""
    other = write_lines(tmp_path / "other.jsonl", [collection("other")])
    hold, seen = Hold(), []

    def plan(request):
        if request.kind == "PutObject" and request.key.endswith("/lock") and not seen:
            seen.append(request)
            return hold
        return None

    proxy.begin(plan)
    with gristmill.start(*gristmill.run_words(*on_s3, buckets.output)) as first:
        assert hold.reached.wait(60)
        gristmill.run(other, (), buckets.output, variables={"AWS_ENDPOINT_URL": server.url}).must(OK)
        hold.until.set()
        gristmill.finish(first).must(OK)
    same(local, published(client, buckets.output, tmp_path / "there"))


def test_two_runs_at_the_same_moment(gristmill, client, buckets, on_s3, local, tmp_path):
    """Of several that start together at least one publishes, the others are refused, and nothing is mixed."""
    for number in range(5):
        runs = [gristmill.start(*gristmill.run_words(*on_s3, buckets.output, "--threads", 1)) for _ in range(3)]
        outcomes = [gristmill.finish(run) for run in runs]
        assert any(outcome.code == OK for outcome in outcomes)
        for outcome in outcomes:
            if outcome.code != OK:
                outcome.must_fail(OUTPUT, buckets.output)
        same(local, published(client, buckets.output, tmp_path / str(number)))


@pytest.mark.parametrize("moment", ["staging", "copying"])
def test_lease_of_a_killed_run_is_taken_over_at_once(gristmill, proxy, client, buckets, on_s3, local, tmp_path, moment):
    proxy.begin(lambda request: KillAfter() if MOMENTS[moment](request) else None)
    with gristmill.start(*gristmill.run_words(*on_s3, buckets.output)) as process:
        proxy.victim.set_result(process)
        assert process.wait(60) == -signal.SIGKILL
        process.communicate()
    proxy.begin()
    assert client.head(lock(buckets))
    gristmill.run(*on_s3, buckets.output).must(OK)
    same(local, published(client, buckets.output, tmp_path / "there"))


@pytest.mark.parametrize("words", [["run"], ["recover"]])
def test_foreign_lease(gristmill, client, buckets, on_s3, words):
    """Of a run on another machine nobody here knows whether it lives."""
    client.put(lock(buckets), foreign_lease())
    words = gristmill.run_words(*on_s3, buckets.output) if words == ["run"] else [*words, buckets.output]
    outcome = gristmill(*words).must_fail(OUTPUT, "another run is writing")
    for part in ("bigbox", "4711", "60 s"):
        assert part in outcome.stderr
    assert client.tree(buckets.output) == {"_staging/lock": foreign_lease()}


def shifted(seconds):
    """A plan by which the server's clock is so many seconds ahead, but for the times that it wrote down."""
    def later(reply):
        date = dict(reply.headers).get("date")
        if date:
            reply.set("date", formatdate(parsedate_to_datetime(date).timestamp() + seconds, usegmt=True))
    return lambda request: Forward(change=later)


@pytest.mark.parametrize("seconds, code", [(40, OUTPUT), (70, OK)])
def test_foreign_lease_grows_old(gristmill, proxy, client, buckets, on_s3, local, tmp_path, seconds, code):
    """By the server's clock, a minute after it was written."""
    client.put(lock(buckets), foreign_lease())
    proxy.begin(shifted(seconds))
    outcome = gristmill.run(*on_s3, buckets.output)
    if code == OK:
        outcome.must(OK)
        same(local, published(client, buckets.output, tmp_path / "there"))
    else:
        outcome.must_fail(OUTPUT, "another run is writing")
        assert client.get(lock(buckets)) == foreign_lease()


def test_lease_of_a_process_that_lives_here(gristmill, proxy, client, buckets, on_s3, local, tmp_path):
    """The number of a process may be that of another one by now: its start tells them apart."""
    hold = held(proxy, "reading")
    with gristmill.start(*gristmill.run_words(*on_s3, buckets.output)) as first:
        assert hold.reached.wait(60)
        text = client.get(lock(buckets)).decode()
        hold.until.set()
        gristmill.finish(first).must(OK)
    proxy.begin()
    machine = re.search("^machine (.*)$", text, re.M)[1]
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        start = open(f"/proc/{sleeper.pid}/stat").read().rpartition(")")[2].split()[19]
        client.put(lock(buckets), foreign_lease(machine, f"{sleeper.pid}/{start}"))
        gristmill.run(*on_s3, buckets.output).must_fail(OUTPUT, "another run is writing")
        client.put(lock(buckets), foreign_lease(machine, f"{sleeper.pid}/{int(start) - 1}"))
        gristmill.run(*on_s3, buckets.output).must(OK)
        sleeper.kill()
    same(local, published(client, buckets.output, tmp_path / "there"))


@pytest.mark.parametrize("text", [b"", b"mine", b"gristmill lease\nid \n", b"\xff" * 3000])
def test_lease_that_nobody_can_read(gristmill, proxy, client, buckets, on_s3, local, tmp_path, text):
    """It is somebody's, for a minute."""
    client.put(lock(buckets), text)
    gristmill.run(*on_s3, buckets.output).must_fail(OUTPUT, "another run is writing")
    proxy.begin(shifted(70))
    gristmill.run(*on_s3, buckets.output).must(OK)
    same(local, published(client, buckets.output, tmp_path / "there"))


@pytest.mark.parametrize("there", [False, True], ids=["removed", "another's"])
def test_lease_that_is_lost_before_publishing(gristmill, proxy, client, buckets, on_s3, tmp_path, there):
    old = write_lines(tmp_path / "old.jsonl", [collection("old")])
    gristmill.run(old, (), buckets.output).must(OK)
    before = client.tree(buckets.output)
    seen = []

    def plan(request):
        if MOMENTS["staging"](request) and not seen:
            seen.append(request)
            client.put(lock(buckets), foreign_lease()) if there else client.remove(lock(buckets))
            if there:
                client.put(buckets.output + others, b"{}\n")

    others = "/_staging/20300101T000000Z-00000000/labels/profile-id=p/collections.jsonl"
    proxy.begin(plan)
    gristmill.run(*on_s3, buckets.output).must_fail(OUTPUT, "lock", buckets.output)
    proxy.begin()
    after = client.tree(buckets.output)
    assert {name: data for name, data in after.items() if not name.startswith("_staging/")} == before
    if there:
        assert others[1:] in after, "what the other run has staged was removed"
        assert after.get("_staging/lock") == foreign_lease(), "the other run's lease was removed"


def test_server_without_conditions(gristmill, proxy, client, buckets, on_s3, local, tmp_path):
    """It says that it does not know If-None-Match; a lease is taken and respected all the same."""
    def plan(request):
        conditions = {"if-none-match", "if-match"} & request.headers.keys()
        return Answer(501, "NotImplemented") if conditions and request.changes else None

    proxy.begin(plan)
    gristmill.run(*on_s3, buckets.output).must(OK)
    same(local, published(client, buckets.output, tmp_path / "there"))
    client.put(lock(buckets), foreign_lease())
    gristmill.run(*on_s3, buckets.output).must_fail(OUTPUT, "another run is writing")


def test_server_that_ignores_conditions(gristmill, proxy, client, buckets, on_s3, local, tmp_path):
    proxy.begin(lambda request: Forward(without=("if-none-match", "if-match")) if request.changes else None)
    gristmill.run(*on_s3, buckets.output).must(OK)
    same(local, published(client, buckets.output, tmp_path / "there"))


@pytest.mark.parametrize("lost", [False, True], ids=["once", "always"])
def test_conflict_when_leasing(gristmill, proxy, client, buckets, on_s3, lost):
    """S3 answers 409 where another put of the same key is under way."""
    seen = []

    def plan(request):
        if request.kind == "PutObject" and request.key.endswith("/lock") and (lost or not seen):
            seen.append(request)
            return Answer(409, "ConditionalRequestConflict")
        return None

    proxy.begin(plan)
    outcome = gristmill.run(*on_s3, buckets.output)
    outcome.must_fail(OUTPUT, buckets.output) if lost else outcome.must(OK)
    nothing_left_over(client, buckets.output)


@pytest.mark.long
def test_lease_is_renewed(gristmill, proxy, client, buckets, server, on_s3, local, tmp_path):
    """A run that takes longer than a lease lives keeps it: here its reads are never answered, and are tried again."""
    hold = Hold()
    proxy.begin(lambda request: hold if MOMENTS["reading"](request) and not hold.until.is_set() else None)
    with gristmill.start(*gristmill.run_words(*on_s3, buckets.output)) as first:
        assert hold.reached.wait(60)
        etags = set()
        for _ in range(8):
            time.sleep(10)
            head = client.head(lock(buckets))
            etags.add(head["last-modified"])
            age = time.time() - parsedate_to_datetime(head["last-modified"]).timestamp()
            assert age < LEASE
        assert len(etags) == 8
        gristmill.run(*on_s3, buckets.output, variables={"AWS_ENDPOINT_URL": server.url}).must_fail(OUTPUT, "another run")
        hold.until.set()
        gristmill.finish(first).must(OK)
    same(local, published(client, buckets.output, tmp_path / "there"))
