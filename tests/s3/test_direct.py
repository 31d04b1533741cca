"""An output that replaces none is written at its places, without a copy. What is not published in the end is removed, or
moved into staging to be kept; a stranger's object stays, whatever its name and whenever it came."""

import json
import signal

import pytest
from command import CHECKS, INPUT, INTERRUPTED, OK, OUTPUT
from lines import collection, write_lines
from on_s3 import nothing_left_over, published, same
from outputs import contents
from proxy import Answer, Forward, KillAfter, KillBefore

MEBIBYTE = 1 << 20
STEADY = ["--threads", 1, "--s3-connections", 1]
IN_PARTS = {"S3_PART_SIZE": 5 * MEBIBYTE}
FAILING = ["--checks-unmatched-sessions-severity", "fail"]
LABELS = "labels/profile-id=p1/collections.jsonl"


def objects(client, buckets) -> dict[str, bytes]:
    return client.tree(buckets.output)


def must_be_published(gristmill, client, buckets, small) -> None:
    """The output of the sample, and nothing beside it."""
    gristmill.run(*small, "local").must(OK)
    same(contents(gristmill.folder / "local"), published(client, buckets.output, gristmill.folder / "there"))


@pytest.fixture
def unmatched(tmp_path):
    """Collections of three profiles without predictions."""
    return write_lines(tmp_path / "in/unmatched.jsonl", [collection(f"p{n}") for n in range(3)])


@pytest.fixture
def large(tmp_path):
    """A profile of more than 12 MiB, whose objects go up in parts."""
    return write_lines(tmp_path / "in/large.jsonl", [collection("large", f"s{n}", f"c{n}", entries=100) for n in range(600)])


# ---- the requests

def test_nothing_is_copied_but_the_manifest(gristmill, proxy, client, buckets, small, on_s3):
    proxy.begin()
    gristmill.run(*on_s3, buckets.output).must(OK)
    proxy.settle()
    copied = [request.key for request in proxy.requests if request.kind == "CopyObject"]
    assert copied == ["daily/_manifest.json"]
    puts = [request for request in proxy.requests if request.kind == "PutObject" and "/_staging/" not in request.key]
    assert all(request.headers.get("if-none-match") == "*" for request in puts)
    must_be_published(gristmill, client, buckets, small)


def test_an_output_that_is_there_is_replaced_from_staging(gristmill, proxy, buckets, on_s3, unmatched):
    gristmill.run(unmatched, (), buckets.output).must(OK)
    proxy.begin()
    gristmill.run(*on_s3, buckets.output).must(OK)
    proxy.settle()
    # What readers list while it is written is the old output alone.
    before = [request for request in proxy.requests if "/_staging/COMMIT" in request.key][0].number
    assert not [request for request in proxy.requests
                if request.number < before and request.changes and "/_staging/" not in request.key + request.told]


def test_staged_on_demand(gristmill, proxy, client, buckets, small, on_s3):
    proxy.begin()
    gristmill.run(*on_s3, buckets.output, "--s3-publish", "staged").must(OK)
    proxy.settle()
    assert {LABELS, "_manifest.json", "_SUCCESS"} <= {
        request.key.removeprefix("daily/") for request in proxy.requests if request.kind == "CopyObject"}
    must_be_published(gristmill, client, buckets, small)


@pytest.mark.parametrize("words, way", [([], "direct"), (["--s3-publish", "staged"], "journal")])
def test_explain_says_which(gristmill, buckets, on_s3, words, way):
    inputs = ["--collections", on_s3[0], "--output", buckets.output]
    assert f"published by  {way} (" in gristmill("explain", *inputs, *words).must(OK).stdout
    gristmill.run(*on_s3, buckets.output, *words).must(OK)
    assert "published by  journal (" in gristmill("explain", *inputs, *words).must(OK).stdout


# ---- a check that fails

@pytest.mark.parametrize("hooks", [None, IN_PARTS], ids=["whole", "in parts"])
def test_what_is_kept_is_moved_into_staging(gristmill, client, buckets, large, unmatched, tmp_path, hooks):
    gristmill.run([large, unmatched], (), buckets.output, *FAILING, hooks=hooks).must(CHECKS)
    assert all(name.startswith("_staging/") for name in objects(client, buckets))
    gristmill("show", buckets.output, "checks", "--kept").must(OK)
    gristmill("publish", buckets.output).must(OK)
    gristmill.run([large, unmatched], (), "local", *FAILING).must(CHECKS)
    gristmill("publish", "local").must(OK)
    same(contents(tmp_path / "local"), published(client, buckets.output, tmp_path / "there"))


def test_what_is_kept_goes_with_the_next_run(gristmill, client, buckets, small, unmatched):
    gristmill.run(unmatched, (), buckets.output, *FAILING).must(CHECKS)
    gristmill.run(*small, buckets.output).must(OK)
    must_be_published(gristmill, client, buckets, small)


@pytest.mark.parametrize("action", [KillBefore(), KillAfter()], ids=["before", "after"])
def test_killed_while_it_is_moved_into_staging(gristmill, proxy, client, buckets, unmatched, action):
    words = gristmill.run_words(unmatched, (), buckets.output, *FAILING, *STEADY)
    proxy.begin()
    gristmill(*words).must(CHECKS)
    proxy.settle()
    requests = list(proxy.requests)
    first = next(request.number for request in requests if request.kind == "CopyObject")
    for number in [request.number for request in requests[first - 1:] if request.changes]:
        for name in objects(client, buckets):
            client.remove(f"{buckets.output}/{name}")
        proxy.begin(lambda request, number=number: action if request.number == number else None)
        with gristmill.start(*words) as process:
            proxy.victim.set_result(process)
            outcome = gristmill.finish(process)
        assert outcome.code in (-signal.SIGKILL, CHECKS)
        proxy.begin()
        if gristmill("publish", buckets.output).code != OK:
            gristmill("recover", buckets.output)
            assert objects(client, buckets) == {}, number
        else:
            gristmill("verify", buckets.output).must(OK)
            nothing_left_over(client, buckets.output)


# ---- strangers

def stranger_before(client, buckets, name, data=b"a stranger's\n"):
    """A plan: an object that somebody puts there just before the run's first object is sent."""
    def put():
        if not client.head(f"{buckets.output}/{name}"):
            client.put(f"{buckets.output}/{name}", data)
    return lambda request: Forward(first=put) if request.kind == "PutObject" and "/_staging/" not in request.key else None


def failing_after(change):
    """A plan: something is done once the run has written its labels; later it may not write its report."""
    def plan(request):
        if request.kind == "PutObject" and request.key.endswith(LABELS):
            return Forward(change=change)
        return Answer(403, "AccessDenied") if request.kind == "PutObject" and "/validation/" in request.key else None
    return plan


@pytest.mark.parametrize("far", [True, False], ids=["inputs on S3", "inputs on disk"])
@pytest.mark.parametrize("name", [LABELS, "labels/profile-id=p1/mine.jsonl", "notes.txt", "validation/report.json"])
def test_a_strangers_object_stays(gristmill, proxy, client, buckets, small, on_s3, name, far):
    """Also where it has a name of one of the run's."""
    proxy.begin(stranger_before(client, buckets, name))
    gristmill.run(*(on_s3 if far else small), buckets.output, *STEADY).must_fail(OUTPUT, name)
    proxy.begin()
    left = {each: data for each, data in objects(client, buckets).items() if not each.startswith("_staging/")}
    assert left == {name: b"a stranger's\n"}


def test_a_strangers_object_in_the_place_of_the_runs(gristmill, proxy, client, buckets, on_s3):
    """It replaced the run's own after that was written, in a run that fails afterwards."""
    def replace(reply):
        client.put(f"{buckets.output}/{LABELS}", b"a stranger's\n")

    proxy.begin(failing_after(replace))
    gristmill.run(*on_s3, buckets.output, *STEADY).must_fail(OUTPUT, "access is denied")
    assert objects(client, buckets) == {LABELS: b"a stranger's\n"}


def test_a_strangers_object_in_what_would_be_kept(gristmill, proxy, client, buckets, unmatched):
    """It is not taken along into staging, nor are the run's own without it."""
    def replace(reply):
        client.put(f"{buckets.output}/{LABELS}", b"a stranger's\n")

    proxy.begin(lambda request: Forward(change=replace)
                if request.kind == "PutObject" and request.key.endswith(LABELS) else None)
    gristmill.run(unmatched, (), buckets.output, *FAILING, *STEADY).must_fail(OUTPUT, LABELS, "another program")
    assert objects(client, buckets) == {LABELS: b"a stranger's\n"}


def test_a_server_that_ignores_conditions(gristmill, proxy, client, buckets, small, on_s3):
    """It could not keep a stranger's object from being overwritten: the output is staged."""
    proxy.begin(lambda request: Forward(without=("if-none-match",)) if "/_direct/" in request.key else None)
    gristmill.run(*on_s3, buckets.output).must(OK)
    proxy.settle()
    assert LABELS in {request.key.removeprefix("daily/") for request in proxy.requests if request.kind == "CopyObject"}
    must_be_published(gristmill, client, buckets, small)


def test_a_conflict_with_another_request(gristmill, proxy, client, buckets, small, on_s3):
    """S3 says so where two requests for one new object are under way: the second is to be repeated."""
    met = []

    def conflict(request):
        if request.key.endswith(LABELS) and not met:
            met.append(1)
            return Answer(409, "ConditionalRequestConflict")
        return None

    proxy.begin(conflict)
    gristmill.run(*on_s3, buckets.output).must(OK)
    assert met
    must_be_published(gristmill, client, buckets, small)


def test_a_copy_that_a_stranger_made_of_the_runs_object(gristmill, proxy, client, buckets, on_s3):
    """It has the same metadata under another name."""
    def copy(reply):
        client.call("PUT", f"{buckets.output}/labels/backup.jsonl",
                    headers={"x-amz-copy-source": f"/{buckets.output.removeprefix('s3://')}/{LABELS}"})

    proxy.begin(failing_after(copy))
    gristmill.run(*on_s3, buckets.output, *STEADY).must_fail(OUTPUT, "access is denied")
    assert list(objects(client, buckets)) == ["labels/backup.jsonl"]


def test_an_output_that_a_stranger_puts_there(gristmill, proxy, client, buckets, on_s3):
    """A manifest of somebody's comes while the run writes: it publishes nothing, and keeps what it wrote."""
    proxy.begin(stranger_before(client, buckets, "_manifest.json", b"{}\n"))
    gristmill.run(*on_s3, buckets.output, *STEADY).must_fail(OUTPUT, "_manifest.json", "gristmill publish")
    proxy.begin()
    assert [name for name in objects(client, buckets) if not name.startswith("_staging/")] == ["_manifest.json"]
    client.remove(buckets.output + "/_manifest.json")
    gristmill("publish", buckets.output).must(OK)
    gristmill("verify", buckets.output).must(OK)


# ---- runs that end early

def dead_run(gristmill, proxy, words, dies_at, hooks=None):
    proxy.begin(lambda request: KillAfter() if dies_at(request) else None)
    with gristmill.start(*words, hooks=hooks) as process:
        proxy.victim.set_result(process)
        assert gristmill.finish(process).code == -signal.SIGKILL
    proxy.begin()


@pytest.mark.parametrize("after", ["recover", "run"])
def test_what_a_dead_run_wrote_is_removed(gristmill, proxy, client, buckets, small, on_s3, after):
    words = gristmill.run_words(*on_s3, buckets.output, *STEADY)
    dead_run(gristmill, proxy, words, lambda request: "/validation/" in request.key)
    assert LABELS in objects(client, buckets)
    client.put(buckets.output + "/labels/mine.txt", b"a stranger's\n")
    gristmill("show", buckets.output).must_fail(INPUT, "a run is writing it, or was cut off", "gristmill recover")
    outcome = gristmill("recover", buckets.output).must(OK)
    assert "removed what run " in outcome.stdout + outcome.stderr
    assert objects(client, buckets) == {"labels/mine.txt": b"a stranger's\n"}
    client.remove(buckets.output + "/labels/mine.txt")
    if after == "run":
        dead_run(gristmill, proxy, words, lambda request: "/validation/" in request.key)
        gristmill.run(*on_s3, buckets.output).must(OK)
        must_be_published(gristmill, client, buckets, small)


def test_parts_of_a_dead_run_are_removed_and_a_strangers_are_not(gristmill, proxy, client, buckets, large):
    words = gristmill.run_words(large, (), buckets.output, *STEADY)
    dead_run(gristmill, proxy, words, lambda request: request.kind == "UploadPart", hooks=IN_PARTS)
    client.call("POST", buckets.output + "/labels/mine.jsonl", {"uploads": ""})
    assert len(client.uploads(buckets.output)) == 2
    gristmill("recover", buckets.output).must(OK)
    assert len(client.uploads(buckets.output)) == 1 and "mine.jsonl" in client.uploads(buckets.output)[0]
    assert objects(client, buckets) == {}


def test_a_run_that_died_after_it_had_published(gristmill, proxy, client, buckets, small, on_s3):
    """Its record is still there: what is published is not taken for what a dead run had written."""
    words = gristmill.run_words(*on_s3, buckets.output, *STEADY)
    dead_run(gristmill, proxy, words, lambda request: request.method == "DELETE" and request.key.endswith("/COMMIT"))
    assert any("/_direct/" in name for name in objects(client, buckets))
    gristmill("recover", buckets.output).must(OK)
    must_be_published(gristmill, client, buckets, small)


def test_interrupted(gristmill, proxy, client, buckets, on_s3):
    proxy.begin()
    with gristmill.start(*gristmill.run_words(*on_s3, buckets.output)) as process:
        proxy.wait_for(lambda request: request.kind == "PutObject" and "/labels/" in request.key)
        process.send_signal(signal.SIGINT)
        outcome = gristmill.finish(process)
    assert outcome.code in (INTERRUPTED, OK)
    if outcome.code == INTERRUPTED:
        assert objects(client, buckets) == {}


def test_an_answer_that_was_lost(gristmill, proxy, client, buckets, small, on_s3):
    """The object is there, so that the second try is refused: it is the run's own."""
    lost = []

    def lose(reply):
        lost.append(1)
        reply.status, reply.body = 500, b""

    proxy.begin(lambda request: Forward(change=lose) if request.key.endswith(LABELS) and not lost else None)
    gristmill.run(*on_s3, buckets.output).must(OK)
    assert lost
    must_be_published(gristmill, client, buckets, small)


def test_the_report_says_how_it_was_published(gristmill, client, buckets, on_s3):
    gristmill.run(*on_s3, buckets.output).must(OK)
    assert json.loads(client.get(buckets.output + "/validation/report.json"))["run"]["publish_way"] == "direct"
