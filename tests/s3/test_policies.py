"""The permissions that docs/operate/s3.md names, on a server that enforces them: they suffice for all that they are said to
suffice for, each of them is needed, and without it one message says what to allow.
"""

import json
import re
import signal

import pytest
from command import CHECKS, INPUT, OK, OUTPUT, REPOSITORY
from lines import collection, prediction, write_lines
from on_s3 import published, same
from outputs import contents
from policy_server import KMS_KEY, PolicyServer
from proxy import Forward, KillAfter, Reply

pytestmark = pytest.mark.long

PAGE = (REPOSITORY / "docs/operate/s3.md").read_text()
STATEMENTS = {statement["Sid"]: statement
              for block in re.findall(r"```json\n(.*?)```", PAGE.partition("## Permissions")[2].partition("\n## ")[0], re.DOTALL)
              for statement in json.loads(block)["Statement"]}
READING = ("ReadInputs", "ListInputs")
WRITING = ("WriteOutput", "ListOutput", "ListUploads")
LOOKING = ("ReadOutput", "ListOutput")
IN_PARTS = {"S3_COPY_LIMIT": 5 << 20, "S3_PART_SIZE": 5 << 20}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = PolicyServer(tmp_path_factory.mktemp("minio"))
    yield server
    server.stop()


@pytest.fixture
def allow(server, gristmill, buckets):
    """Gives the command keys for these statements of the page, without the `but` of them (a Sid and an action)."""
    def allow(*sids, but=None, more=()):
        policy = {"Version": "2012-10-17", "Statement": list(more)}
        for sid in sids:
            statement = dict(STATEMENTS[sid])
            if but and but[0] == sid:
                statement["Action"] = [action for action in statement["Action"] if action != but[1]]
                if not statement["Action"]:
                    continue
            policy["Statement"].append(statement)
        text = json.dumps(policy)
        for name, bucket in (("recordings", buckets.incoming), ("results", buckets.outgoing)):
            text = text.replace(f":::{name}", ":::" + bucket.removeprefix("s3://"))
        gristmill.keys = server.keys_for(json.loads(text))
    return allow


@pytest.fixture
def later(tmp_path):
    """Other lines than `small`, of which an object of more than one part comes."""
    ids = [("p1", f"t{number}", f"d{number}") for number in range(3)]
    lines = [collection(*each) for each in ids] + [collection("large", f"l{n}", f"e{n}", 100) for n in range(720)]
    return (write_lines(tmp_path / "later/collections.jsonl", lines),
            write_lines(tmp_path / "later/predictions.jsonl", [prediction(*each) for each in ids]))


def hides_what_is_not_there(request):
    """S3's answer to whoever may not list the name: the strictest reading of `s3:prefix`."""
    def change(reply: Reply):
        if reply.status == 404:
            reply.status, reply.body = 403, b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
    return Forward(change=change) if request.kind in ("HeadObject", "GetObject") else None


# ---- what suffices

@pytest.mark.parametrize("form", ["/collections/", "/collections", "/collections/*.jsonl", "/collections/collections.jsonl",
                                  "/collections/**", "/collections/[c]*"])
@pytest.mark.parametrize("plan", [None, hides_what_is_not_there])
def test_reading_inputs(gristmill, proxy, buckets, on_s3, allow, form, plan):
    proxy.begin(plan)
    allow(*READING)
    gristmill.run(buckets.incoming + form, (), "out").must(OK)


def test_an_object_that_is_named_needs_no_listing(gristmill, on_s3, allow):
    allow("ReadInputs")
    gristmill.run(*on_s3, "out").must(OK)


@pytest.mark.parametrize("plan", [None, hides_what_is_not_there])
def test_writing(gristmill, proxy, client, buckets, small, later, on_s3, tmp_path, allow, plan):
    """A new output, and another in its place, with parts."""
    proxy.begin(plan)
    allow(*READING, *WRITING)
    folders = [uri.rpartition("/")[0] + "/" for uri in on_s3]
    gristmill("explain", "--collections", folders[0], "--output", buckets.output).must(OK)
    for number, inputs in enumerate((folders, later, folders)):
        gristmill.run(*inputs, buckets.output, hooks=IN_PARTS).must(OK)
        gristmill.run(*(inputs if inputs is later else small), f"local-{number}").must(OK)
        same(contents(tmp_path / f"local-{number}"), published(client, buckets.output, tmp_path / f"there-{number}"))
    gristmill("verify", buckets.output).must(OK)


@pytest.mark.parametrize("plan", [None, hides_what_is_not_there])
@pytest.mark.parametrize("old", [False, True])
def test_keeping_and_publishing(gristmill, proxy, client, buckets, small, later, tmp_path, allow, old, plan):
    allow(*WRITING)
    if old:
        gristmill.run(*later, buckets.output).must(OK)
    bad = write_lines(tmp_path / "bad.jsonl", ["no JSON"])
    proxy.begin(plan)
    gristmill.run([small[0], bad], small[1], buckets.output, "--checks-rejected-lines-fail-above", 0).must(CHECKS)
    gristmill("show", buckets.output, "quarantine", "--kept").must(OK)
    gristmill("publish", buckets.output).must(OK)
    gristmill("verify", buckets.output).must(OK)
    assert "_SUCCESS" in published(client, buckets.output, tmp_path / "there")


# What a request that is answered last says of how far the run had come.
KILLS = {"the first object is staged": lambda request: request.kind == "PutObject" and "/labels/" in request.key,
         "an upload in parts has begun": lambda request: request.kind == "CreateMultipartUpload",
         "the point of no return": lambda request: request.changes and request.key.endswith("/_staging/COMMIT"),
         "a first object is published": lambda request: request.kind == "CopyObject" and "/labels/" in request.key,
         "a copy in parts has begun": lambda request: request.kind == "UploadPartCopy"}


def kill_at_its_first(gristmill, proxy, inputs, output, request):
    proxy.begin(lambda each: KillAfter() if request(each) else None)
    with gristmill.start(*gristmill.run_words(*inputs, output), hooks=IN_PARTS) as process:
        proxy.victim.set_result(process)
        gristmill.finish(process).must(-signal.SIGKILL)
    proxy.begin()


@pytest.mark.parametrize("plan", [None, hides_what_is_not_there])
@pytest.mark.parametrize("command", ["recover", "run"])
@pytest.mark.parametrize("when", KILLS)
def test_what_a_killed_run_left(gristmill, proxy, client, buckets, small, later, tmp_path, allow, when, command, plan):
    allow(*WRITING)
    gristmill.run(*small, buckets.output).must(OK)
    kill_at_its_first(gristmill, proxy, later, buckets.output, KILLS[when])
    proxy.begin(plan)
    if command == "recover":
        gristmill("recover", buckets.output, hooks=IN_PARTS).must(OK)
    else:
        gristmill.run(*later, buckets.output, hooks=IN_PARTS).must(OK)
    there = published(client, buckets.output, tmp_path / "there")
    before = command == "recover" and when in list(KILLS)[:2]
    gristmill.run(*(small if before else later), "local").must(OK)
    same(contents(tmp_path / "local"), there)


@pytest.mark.parametrize("plan", [None, hides_what_is_not_there])
@pytest.mark.parametrize("words", ["verify", "show", "show checks", "show quarantine", "ddl duckdb", "ddl athena"])
def test_reading_an_output(gristmill, proxy, buckets, small, allow, words, plan):
    allow(*WRITING)
    gristmill.run(*small, buckets.output).must(OK)
    allow(*LOOKING)
    proxy.begin(plan)
    command, *rest = words.split()
    gristmill(command, *([*rest, buckets.output] if command == "ddl" else [buckets.output, *rest])).must(OK)
    assert not [request for request in proxy.requests if request.changes]


@pytest.mark.parametrize("command", ["verify", "show", "ddl duckdb", "recover", "publish"])
def test_an_output_that_is_not_there(gristmill, proxy, buckets, allow, command):
    """It is missing, not forbidden."""
    allow(*(WRITING if command in ("recover", "publish") else LOOKING))
    proxy.begin(hides_what_is_not_there)
    outcome = gristmill(*command.split(), buckets.output)
    assert "denied" not in outcome.stderr, outcome.stderr


def test_nobody_asks_for_an_object_of_the_output_s_name(gristmill, proxy, buckets, small, allow):
    """Each such question would be a refusal in somebody's log; that for an output around this one is asked all the same."""
    allow(*WRITING)
    for _ in range(2):
        gristmill.run(*small, buckets.output).must(OK)
    refused = [request for request in proxy.requests if request.status == 403]
    # The object itself, then a listing of its name, which tells a missing one from one that may not be seen.
    assert not [str(request) for request in refused if (request.key or request.query.get("prefix")) != "_manifest.json"]


def test_encryption_by_a_key(gristmill, client, buckets, small, later, on_s3, tmp_path, allow):
    """MinIO enforces nothing about keys; that the objects are encrypted and readable it can tell."""
    allow(*READING, *WRITING)
    words = ["--s3-encryption", "kms", "--s3-kms-key", KMS_KEY]
    for inputs in (on_s3, later):
        gristmill.run(*inputs, buckets.output, *words, hooks=IN_PARTS).must(OK)
    for key in client.keys_below(buckets.output + "/"):
        assert client.head(f"{buckets.outgoing}/{key}")["x-amz-server-side-encryption"] == "aws:kms", key
    gristmill.run(*later, "local").must(OK)
    same(contents(tmp_path / "local"), published(client, buckets.output, tmp_path / "there"))


def test_tags(gristmill, proxy, client, buckets, small, allow):
    allow(*WRITING, more=[tagging(buckets)])
    gristmill.run(*small, buckets.output, "--s3-tag-staging").must(OK)
    assert any("x-amz-tagging" in request.headers for request in proxy.requests)
    client.put(buckets.output + "/other", b"", x_amz_tagging="a=b")
    assert client.tags(buckets.output + "/other") == {"a": "b"}
    client.remove(buckets.output + "/other")
    assert not any(client.tags(f"{buckets.outgoing}/{key}") for key in client.keys_below(buckets.output + "/"))


def tagging(buckets):
    return {"Effect": "Allow", "Action": ["s3:PutObjectTagging"],
            "Resource": [f"arn:aws:s3:::{buckets.outgoing.removeprefix('s3://')}/daily/*"]}


# ---- what is needed

EACH = [(sid, action) for sid in (*READING, *WRITING) for action in STATEMENTS[sid]["Action"]]


def must_ask_for(outcome, code, bucket, action):
    outcome.must_fail(code, bucket, "access is denied", f"allow {action}", "arn:aws:s3:::" + bucket.removeprefix("s3://"))
    assert "; try " not in outcome.stderr


@pytest.mark.parametrize("sid, action", [each for each in EACH if each[1] != "s3:AbortMultipartUpload"])
def test_each_permission_is_needed(gristmill, buckets, small, on_s3, allow, sid, action):
    allow(*WRITING)
    gristmill.run(*small, buckets.output).must(OK)
    allow(*READING, *WRITING, but=(sid, action))
    outcome = gristmill.run(on_s3[0].rpartition("/")[0] + "/", (), buckets.output)
    must_ask_for(outcome, *((INPUT, buckets.incoming) if sid in READING else (OUTPUT, buckets.outgoing)), action)


@pytest.mark.parametrize("command", ["verify", "show", "ddl duckdb"])
@pytest.mark.parametrize("sid", LOOKING)
def test_each_permission_is_needed_to_read_an_output(gristmill, buckets, small, allow, sid, command):
    allow(*WRITING)
    gristmill.run(*small, buckets.output).must(OK)
    action, = STATEMENTS[sid]["Action"]
    allow(*LOOKING, but=(sid, action))
    must_ask_for(gristmill(*command.split(), buckets.output), OUTPUT, buckets.outgoing, action)


def test_what_may_not_be_looked_at_is_not_missing(gristmill, proxy, client, buckets, small, later, allow):
    """A COMMIT that is hidden from a run: what it says must be done first, not dropped."""
    kill_at_its_first(gristmill, proxy, later, buckets.output, KILLS["the point of no return"])
    bucket = buckets.outgoing.removeprefix("s3://")
    hidden = {"Effect": "Deny", "Action": ["s3:GetObject"], "Resource": [f"arn:aws:s3:::{bucket}/daily/_staging/COMMIT"]}
    unlisted = {"Effect": "Deny", "Action": ["s3:ListBucket"], "Resource": [f"arn:aws:s3:::{bucket}"],
                "Condition": {"StringEquals": {"s3:prefix": "daily/_staging/COMMIT"}}}
    before = client.keys_below(buckets.output)
    allow(*WRITING, more=[hidden, unlisted])
    for outcome in gristmill.run(*small, buckets.output), gristmill("recover", buckets.output), gristmill("verify", buckets.output):
        must_ask_for(outcome, OUTPUT, buckets.outgoing, "s3:GetObject")
    assert [key for key in client.keys_below(buckets.output) if not key.endswith("/lock")] == \
           [key for key in before if not key.endswith("/lock")]


def test_aborting_uploads_is_needed(gristmill, proxy, buckets, small, later, allow):
    """MinIO finds uploads by their exact names only: as a copy in parts looks for one that was broken off."""
    kill_at_its_first(gristmill, proxy, later, buckets.output, KILLS["a copy in parts has begun"])
    allow(*WRITING, but=("WriteOutput", "s3:AbortMultipartUpload"))
    outcome = gristmill("recover", buckets.output, hooks=IN_PARTS)
    must_ask_for(outcome, OUTPUT, buckets.outgoing, "s3:AbortMultipartUpload")


def test_an_object_that_may_not_be_read(gristmill, buckets, on_s3, allow):
    """Named by itself, and there, or not: who may not list cannot know."""
    allow("ListInputs")
    must_ask_for(gristmill.run(on_s3[0], (), "out"), INPUT, buckets.incoming, "s3:GetObject")
    allow("ListOutput")
    for uri in on_s3[0], buckets.incoming + "/nothing.jsonl":
        outcome = gristmill.run(uri, (), "out")
        must_ask_for(outcome, INPUT, buckets.incoming, "s3:GetObject")
        assert uri in outcome.stderr and "or it does not exist" in outcome.stderr and "s3:ListBucket" in outcome.stderr
