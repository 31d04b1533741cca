"""A bad network and a busy server: what can be mended by trying again is, and the output is the same."""

import random
import signal

import pytest
from command import INPUT, INTERRUPTED, OK, OUTPUT
from lines import collection, prediction, write_lines
from on_s3 import GristmillOnS3, nothing_left_over, published, same
from outputs import contents
from proxy import Answer, Delay, Forward, LoseAnswer, Reply, ResetAnswer, ResetBefore, Slowly, Stall

MEBIBYTE = 1 << 20
IN_PARTS = {"S3_PART_SIZE": 5 * MEBIBYTE, "S3_COPY_LIMIT": 5 * MEBIBYTE}
BUSY, BROKEN = Answer(503, "SlowDown"), Answer(500, "InternalError")


@pytest.fixture(scope="module")
def data(tmp_path_factory, server):
    """Inputs of some MiB with one large profile and some small ones, and what comes of them."""
    folder = tmp_path_factory.mktemp("data")
    lines = [collection("large", f"s{n % 50}", f"c{n}", entries=100) for n in range(720)]
    lines += [collection(f"p{n % 5}", f"s{n}", f"c{n}") for n in range(50)]
    write_lines(folder / "in/collections/c.jsonl", lines)
    write_lines(folder / "in/predictions/p.jsonl", [prediction(f"p{n % 5}", f"s{n}", f"c{n}") for n in range(50)])
    write_lines(folder / "old/collections.jsonl", [collection(f"gone{n}") for n in range(3)] + [collection("p1", "before")])
    command = GristmillOnS3(folder, server)
    command.run(folder / "in/collections", folder / "in/predictions", "out").must(OK)
    assert (folder / "out/labels/profile-id=large/collections.jsonl").stat().st_size > 12 * MEBIBYTE
    return folder


@pytest.fixture
def scene(gristmill, proxy, client, buckets, server, data):
    """Runs over an old output by a plan; the output must be the usual one."""
    def run(plan, *words, hooks=IN_PARTS):
        gristmill.run(data / "old/collections.jsonl", (), buckets.output, variables={"AWS_ENDPOINT_URL": server.url}).must(OK)
        client.upload(data / "in", buckets.incoming)
        proxy.begin(plan)
        outcome = gristmill.run(buckets.incoming + "/collections", buckets.incoming + "/predictions", buckets.output,
                                "--memory", "32MiB", *words, hooks=hooks).must(OK)
        proxy.settle()
        same(contents(data / "out"), published(client, buckets.output, gristmill.folder / "there"))
        gristmill("verify", buckets.output, variables={"AWS_ENDPOINT_URL": server.url}).must(OK)
        return outcome
    return run


def every(step, *actions):
    """Every so many requests, one of the actions in turn."""
    return lambda request: actions[request.number // step % len(actions)] if request.number % step == 0 else None


def first_tries(action, *kinds, tries=1, most=4, where=lambda request: True):
    """The first tries of some requests of these kinds."""
    seen = {}

    def plan(request):
        name = (request.method, request.target)
        if request.kind not in kinds or not where(request) or (len(seen) == most and name not in seen):
            return None
        seen[name] = seen.get(name, 0) + 1
        return action if seen[name] <= tries else None

    plan.seen = seen
    return plan


def is_told(outcome):
    """Retries stand in the log, and are counted in the summary."""
    assert "; try 2 of " in outcome.stderr
    assert "tried again" in outcome.stdout


# ---- now and then

@pytest.mark.parametrize("plan", [every(7, BUSY), every(7, BROKEN), every(6, ResetBefore()), every(6, LoseAnswer()),
                                  every(5, BUSY, ResetBefore(), LoseAnswer(), Answer(503, ""), Answer(429, "TooManyRequests"))],
                         ids=["503", "500", "reset", "lost answer", "all of them"])
def test_every_so_many_requests(scene, plan):
    is_told(scene(plan))


KINDS = ["GetObject", "HeadObject", "ListObjectsV2", "PutObject", "CopyObject", "DeleteObject", "DeleteObjects",
         "CreateMultipartUpload", "UploadPart", "UploadPartCopy", "CompleteMultipartUpload", "ListMultipartUploads"]


@pytest.mark.parametrize("kind", KINDS)
def test_lost_answers(scene, kind):
    """The server has done what it was asked to, and is asked again (at times by libcurl, which tells nobody)."""
    plan = first_tries(LoseAnswer(), kind, most=100)
    scene(plan)
    assert any(tries > 1 for tries in plan.seen.values())


def test_lost_answer_to_the_end_of_an_upload(scene):
    """S3 may have forgotten an upload that has ended."""
    lose = first_tries(LoseAnswer(), "CompleteMultipartUpload")
    gone = Answer(404, "NoSuchUpload")
    scene(lambda request: lose(request) or (gone if request.kind == "CompleteMultipartUpload" else None))
    assert len(lose.seen) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_busy_twice(scene, kind):
    plan = first_tries(BUSY, kind, tries=2, most=2)
    is_told(scene(plan))
    assert plan.seen


def test_lost_answer_to_taking_the_lease(scene):
    plan = first_tries(LoseAnswer(), "PutObject", where=lambda request: request.key.endswith("/lock"))
    scene(plan)
    assert list(plan.seen.values()) == [2]


@pytest.mark.parametrize("after", [0, 1, 1000, 700_000])
def test_answers_that_break_off(scene, proxy, after):
    """A read goes on where it stopped, and asks for no byte twice."""
    plan = first_tries(ResetAnswer(after), "GetObject", tries=3, where=lambda request: request.bucket.startswith("in-"))
    is_told(scene(plan))
    if after == 700_000:
        ranges = [request.headers["range"] for request in proxy.of_kind("GetObject") if request.key == "collections/c.jsonl"]
        begins = [int(each.removeprefix("bytes=").split("-")[0]) for each in ranges]
        assert any(begin % MEBIBYTE for begin in begins), ranges


@pytest.mark.parametrize("kind", ["ListObjectsV2", "CopyObject", "DeleteObjects", "CompleteMultipartUpload"])
def test_documents_that_break_off(scene, kind):
    is_told(scene(first_tries(ResetAnswer(30), kind)))


def test_bodies_that_break_off(scene):
    plan = first_tries(ResetBefore(after=1000), "PutObject", "UploadPart", tries=2)
    is_told(scene(plan))


@pytest.mark.parametrize("kind", ["CopyObject", "UploadPartCopy", "CompleteMultipartUpload"])
def test_errors_with_status_200(scene, kind):
    """S3 begins to answer some requests before it knows how they end."""
    is_told(scene(first_tries(Answer(200, "InternalError"), kind)))


def test_slow_network(scene):
    scene(lambda request: Slowly(8 * MEBIBYTE))


def test_far_network(scene):
    scene(lambda request: Delay(0.01))


def test_one_connection(scene):
    scene(every(7, BUSY, LoseAnswer()), "--s3-connections", 1, "--threads", 1)


def disorder(seed):
    """Anything at any time."""
    rng = random.Random(seed)
    actions = [BUSY, BROKEN, ResetBefore(), ResetBefore(after=100), LoseAnswer(), ResetAnswer(10), Delay(0.2),
               Slowly(4 * MEBIBYTE)]
    return lambda request: rng.choice(actions) if rng.random() < 0.2 else None


@pytest.mark.parametrize("seed", range(2))
def test_disorder(scene, seed):
    scene(disorder(seed))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 130))
def test_much_disorder(scene, seed):
    scene(disorder(seed))


# ---- for ever

@pytest.mark.parametrize("kind, code", [
    ("GetObject", INPUT), ("HeadObject", INPUT), ("ListObjectsV2", INPUT), ("PutObject", OUTPUT)])
@pytest.mark.parametrize("action, words", [
    (BUSY, ["503 SlowDown"]), (BROKEN, ["500 InternalError"]), (ResetBefore(), ["connection"])], ids=["503", "500", "reset"])
def test_for_ever(gristmill, proxy, client, buckets, on_s3, kind, code, action, words):
    bucket = (buckets.incoming if code == INPUT else buckets.outgoing).removeprefix("s3://")
    proxy.begin(lambda request: action if request.kind == kind and request.bucket == bucket else None)
    folders = [uri.rpartition("/")[0] for uri in on_s3]
    outcome = gristmill.run(*folders, buckets.output, variables={"AWS_MAX_ATTEMPTS": "2"})
    if kind == "HeadObject":  # whose answers have no text
        words = [word.split(" ")[0] for word in words]
    outcome.must_fail(code, "after 2 tries", "s3://", *words)
    proxy.begin()
    assert not client.keys_below(buckets.outgoing) or code == OUTPUT
    gristmill.run(*folders, buckets.output).must(OK)
    nothing_left_over(client, buckets.output)


@pytest.mark.parametrize("kind", ["CopyObject", "DeleteObject", "DeleteObjects"])
def test_for_ever_in_the_midst(gristmill, proxy, client, buckets, small, on_s3, tmp_path, kind):
    """After the point of no return: when the server is well again, `recover` goes on."""
    gristmill.run(write_lines(tmp_path / "old.jsonl", [collection(f"gone{n}") for n in range(4)]), (), buckets.output).must(OK)
    proxy.begin(lambda request: BUSY if request.kind == kind and "/lock" not in request.key and "COMMIT" not in request.key
                and "KEPT" not in request.key else None)
    gristmill.run(*on_s3, buckets.output, variables={"AWS_MAX_ATTEMPTS": "2"}).must_fail(OUTPUT, "503 SlowDown", "after 2 tries")
    proxy.begin()
    gristmill("recover", buckets.output).must(OK)
    gristmill.run(*small, "local").must(OK)
    same(contents(tmp_path / "local"), published(client, buckets.output, tmp_path / "there"))


@pytest.mark.parametrize("code", ["InternalError", "AccessDenied"])
def test_error_of_one_object_in_a_batch(gristmill, proxy, client, buckets, small, on_s3, tmp_path, code):
    """A DeleteObjects that is answered with 200, and an error for one object in it."""
    gristmill.run(write_lines(tmp_path / "old.jsonl", [collection(f"gone{n}") for n in range(4)]), (), buckets.output).must(OK)
    names = []

    def refuse(reply):
        reply.status = 200
        reply.body = (f'<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Error><Key>daily/labels/profile-id=gone1/'
                      f"collections.jsonl</Key><Code>{code}</Code><Message>No.</Message></Error></DeleteResult>").encode()

    class Refuse(Forward):
        def act(self, exchange):
            body = exchange.receive()
            if b"gone1" in body and not names:
                names.append(body)
                reply = Reply(200, [("content-type", "application/xml")])
                refuse(reply)
                return exchange.send(reply)
            return exchange.send(exchange.forward())

    proxy.begin(lambda request: Refuse() if request.kind == "DeleteObjects" else None)
    outcome = gristmill.run(*on_s3, buckets.output)
    assert names
    if code == "AccessDenied":
        outcome.must_fail(OUTPUT, "profile-id=gone1", "access is denied", "s3:DeleteObject")
        gristmill("recover", buckets.output).must(OK)
    else:
        outcome.must(OK)
    gristmill.run(*small, "local").must(OK)
    same(contents(tmp_path / "local"), published(client, buckets.output, tmp_path / "there"))


# ---- interrupted

STALLED = {
    "listing": lambda request: request.kind == "ListObjectsV2" and request.bucket.startswith("in-"),
    "reading": lambda request: request.kind == "GetObject" and request.bucket.startswith("in-"),
    "leasing": lambda request: request.kind == "PutObject" and request.key.endswith("/lock"),
    "staging": lambda request: request.kind == "PutObject" and "/labels/" in request.key,
}


@pytest.mark.parametrize("moment", STALLED)
def test_interrupted_while_a_request_stalls(gristmill, proxy, client, buckets, on_s3, moment):
    """It does not wait for what never comes (20 seconds, and then again)."""
    proxy.begin(lambda request: Stall() if STALLED[moment](request) else None)
    folders = [uri.rpartition("/")[0] for uri in on_s3]
    with gristmill.start(*gristmill.run_words(*folders, buckets.output)) as process:
        proxy.wait_for(STALLED[moment])
        process.send_signal(signal.SIGINT)
        outcome = gristmill.finish(process, 12)
    assert outcome.code == INTERRUPTED, outcome.stderr
    assert "interrupted" in outcome.stderr
    assert client.keys_below(buckets.outgoing) == []


def test_interrupted_while_the_server_is_busy(gristmill, proxy, client, buckets, on_s3):
    """Nor for the pauses between its tries."""
    proxy.begin(lambda request: BUSY if STALLED["reading"](request) else None)
    with gristmill.start(*gristmill.run_words(*on_s3, buckets.output)) as process:
        proxy.wait_for(STALLED["reading"])
        process.send_signal(signal.SIGINT)
        outcome = gristmill.finish(process, 12)
    assert outcome.code == INTERRUPTED, outcome.stderr
    assert client.keys_below(buckets.outgoing) == []


@pytest.mark.parametrize("way, moment", [("staged", "/labels/"), ("direct", "daily/_manifest.json")])
def test_interrupted_after_the_point_of_no_return(gristmill, proxy, client, buckets, small, on_s3, tmp_path, way, moment):
    proxy.begin(lambda request: Delay(0.5) if request.kind == "CopyObject" else None)
    with gristmill.start(*gristmill.run_words(*on_s3, buckets.output, "--s3-publish", way)) as process:
        proxy.wait_for(lambda request: request.kind == "CopyObject" and moment in request.key)
        process.send_signal(signal.SIGINT)
        outcome = gristmill.finish(process, 60)
    outcome.must(OK)
    gristmill.run(*small, "local").must(OK)
    same(contents(tmp_path / "local"), published(client, buckets.output, tmp_path / "there"))
