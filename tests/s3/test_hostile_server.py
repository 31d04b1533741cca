"""Whatever a server answers, the command ends soon, with one clear message, little memory and no secret told."""

import json
import os
import signal
import time
from types import SimpleNamespace

import pytest
from command import INPUT, INTERRUPTED, NO_INPUT, OK, OUTPUT
from hostile_server import ETAG, HostileServer, answer, endless, listed, listing, refusal
from lines import collection
from on_s3 import GristmillOnS3
from proxy import Answer, Forward
from signing import Keys

KEY = "collections/a.jsonl"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SESSION_TOKEN = "FwoGZXIvYXdzEBYaDH/session+token=="
MEBIBYTE = 1 << 20
DATA = b"".join(collection(f"p{n}", f"s{n}", f"c{n}", entries=2).encode() + b"\n" for n in range(20))


@pytest.fixture
def hostile():
    server = HostileServer(KEY, DATA)
    yield server
    server.stop()


@pytest.fixture
def command(tmp_path, hostile):
    server = SimpleNamespace(user=Keys("TESTACCESSKEY", SECRET), url=hostile.url)
    command = GristmillOnS3(tmp_path, server)
    command.usual = {"AWS_MAX_ATTEMPTS": "2", "AWS_SESSION_TOKEN": SESSION_TOKEN}
    return command


def run(command, code, *words, source="s3://bucket/collections/", variables=None, **options):
    """A run that must end within a minute, with this code, in one message and 200 MiB."""
    begun = time.monotonic()
    outcome = command.measured("run", "--collections", source, "--output", "out", "--memory", "64MiB",
                               "--threads", "2", "--quiet", variables={**command.usual, **(variables or {})}, timeout=90,
                               **options)
    seconds = time.monotonic() - begun
    outcome.must_fail(code, *words)
    tells_nothing(outcome.stdout + outcome.stderr)
    assert outcome.peak < 200 * MEBIBYTE, f"{outcome.peak >> 20} MiB"
    assert seconds < 60, f"{seconds} seconds"
    return outcome


def tells_nothing(said: str) -> None:
    for secret in (SECRET, SESSION_TOKEN, "%2Fsession%2Btoken", "%2FK7MDENG%2B", "AWS4-HMAC", "\x1b", "\x07", "\u202e"):
        assert secret not in said, repr(secret)


def of_list(*answers):
    """The listings in their order, the last of them again and again."""
    given = list(answers)

    def mode(asked):
        if not asked.lists:
            return None
        now = given.pop(0) if len(given) > 1 else given[0]
        return [now] if isinstance(now, bytes) else now()
    return mode


def of_get(told):
    return lambda asked: ([told] if isinstance(told, bytes) else told(asked)) if asked.gets else None


def chunked(piece: bytes):
    return lambda: endless(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"10000\r\n" + piece + b"\r\n")


LISTINGS = {
    "size below zero": (listing(listed(KEY, -5)), "a size that no object can have"),
    "size of all bits": (listing(listed(KEY, 2**64 - 1)), "a size that no object can have"),
    "size beyond all bits": (listing(listed(KEY, 2**64 + 5)), "a size that no object can have"),
    "size of no digits": (listing(listed(KEY, "1e3")), "a size that no object can have"),
    "no size": (listing(f"<Contents><Key>{KEY}</Key></Contents>"), "a size that no object can have"),
    "size above the limit": (listing(listed(KEY, 51 << 40)), "a size that no object can have"),
    "no XML": (answer(b"hello"), "is no listing"),
    "nothing": (answer(b""), "is no listing"),
    "another document": (answer(b"<Other/>"), "is no listing"),
    "cut off": (answer(b"<ListBucketResult><Contents><Key>"), "is no listing"),
    "depth": (answer(b"<ListBucketResult>" + b"<a>" * 300_000), "is no listing"),
    "many elements": (answer(b"<ListBucketResult>" + b"<a/>" * 1_000_000 + b"</ListBucketResult>"), "is no listing"),
    "a key outside": (listing(listed("other/a.jsonl")), "a key that was not asked for"),
    "a key shorter than its prefix": (listing(listed("coll")), "a key that was not asked for"),
    "no key": (listing(listed("")), "a key that no object can have"),
    "a key of 2000 bytes": (listing(listed("collections/" + "x" * 2000)), "a key that no object can have"),
    "a key that is badly encoded": (listing("<EncodingType>url</EncodingType>", listed("collections/%GG")), "not encoded"),
    "keys in no order": (listing(listed("collections/b"), listed("collections/a")), "not in order"),
    "the same key twice": (listing(listed(KEY), listed(KEY)), "not in order"),
    "a long ETag": (listing(listed(KEY, etag="x" * 300)), "an ETag"),
    "an ETag of two lines": (listing(listed(KEY, etag="x&#13;&#10;x-evil: 1")), "an ETag"),
    "no token": (listing(listed(KEY), "<IsTruncated>true</IsTruncated>"), "not how to ask"),
    "a token of a mebibyte": (listing(listed(KEY), token="t" * MEBIBYTE), "not how to ask"),
    "the same token": (listing(token="again"), "circles"),
    "a body without end": (chunked(b" " * 65536), "longer than 8 MiB"),
    "a length of a lie": (lambda: endless(answer(length=1 << 50), b" " * 65536), "longer than 8 MiB"),
    "a refusal without end": (lambda: endless(answer(status=400, length=1 << 50), b" " * 65536), "longer than 64 KiB"),
    "a failure without end": (lambda: endless(answer(status=500, length=1 << 50), b" " * 65536), "longer than 64 KiB"),
    "headers without end": (lambda: endless(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n" * 100), "header lines"),
    "a header without end": (lambda: endless(b"HTTP/1.1 200 OK\r\nx: ", b"y" * 1000), ""),
    "a header of 20 KB": (answer(headers="x: " + "y" * 20_000 + "\r\n"), "header lines"),
    "interim answers without end": (lambda: endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 10), ""),
    "a header that holds an escape": (answer(headers="x: \x1b]0;x\x07\r\n"), "control characters"),
    "no HTTP": (b"220 ready \x1b]0;x\x07\r\n" * 3, ""),
    "closed at once": (b"", ""),
    "a redirection": (answer(status=307, headers="location: http://127.0.0.1:1/\r\n"), ""),
}


@pytest.mark.parametrize("name", LISTINGS)
def test_listing(hostile, command, name):
    told, words = LISTINGS[name]
    hostile.mode = of_list(told)
    run(command, INPUT, words, "s3://bucket/collections/")


def test_listing_in_circles_of_two_pages(hostile, command):
    one, other = (listing(listed(f"collections/{name}"), token=name) for name in "ab")
    hostile.mode = of_list(one, other, one, other)
    run(command, INPUT, "in circles")


def test_error_that_is_a_region_with_a_header(hostile, command):
    more = "<Region>eu-west-1&#13;&#10;x-evil: 1</Region>"
    hostile.mode = lambda asked: [refusal("AuthorizationHeaderMalformed", more=more)]
    run(command, INPUT, "another region")
    assert not any("x-evil" in asked.headers for asked in hostile.asked)


def test_region_of_another_host(hostile, command):
    hostile.mode = lambda asked: [answer(status=301, headers="x-amz-bucket-region: evil.example/\r\n")]
    run(command, INPUT, "another region")
    assert not any("evil" in asked.headers.get("authorization", "") for asked in hostile.asked)


def test_object_of_five_tebibytes(hostile, command):
    """It is read until its end comes too early, and not planned for."""
    hostile.mode = of_list(listing(listed(KEY, 5 << 40)))
    run(command, INPUT, "changed")


def test_archived_object(hostile, command):
    """The keys are not at fault, nor what they may do."""
    hostile.mode = of_get(refusal("InvalidObjectState", status=403))
    assert "keys" not in run(command, INPUT, KEY, "it is archived", "restore it first").stderr


def test_empty_object_named_like_a_prefix(hostile, command):
    """Consoles and tools make one where they want a folder; what lies below it would be left out."""
    hostile.mode = lambda asked: [answer(headers=f"etag: {ETAG}\r\n")] if asked.path.endswith("/collections") else None
    run(command, NO_INPUT, "'s3://bucket/collections' is an empty object", "name 's3://bucket/collections/'",
        source="s3://bucket/collections")


def ranged(asked, first=0, last=0, body=DATA, etag=ETAG, status=206):
    return [answer(body, status, f"etag: {etag}\r\ncontent-range: bytes {first}-{last}/{len(DATA)}\r\n")]


RANGES = {
    "other bytes": (lambda asked: ranged(asked, 5, len(DATA) - 1, DATA[5:]), "instead of"),
    "bytes that are not there": (lambda asked: ranged(asked, 5, 5 + len(DATA) - 1), "which bytes"),
    "more bytes": (lambda asked: ranged(asked, 0, len(DATA) + 5), "which bytes"),
    "a range of words": (answer(DATA, 206, f"etag: {ETAG}\r\ncontent-range: bytes all\r\n"), "which bytes"),
    "no range": (answer(DATA, 206, f"etag: {ETAG}\r\n"), "which bytes"),
    "a range that ends before it begins": (lambda asked: ranged(asked, 9, 3), "which bytes"),
    "another object": (lambda asked: ranged(asked, 0, len(DATA) - 1, etag='"other"'), "changed"),
    "a longer body": (lambda asked: ranged(asked, 0, len(DATA) - 1, DATA * 2), "longer than"),
    "a body without end": (lambda asked: endless(answer(status=200, length=1 << 50), b"x" * 65536), "longer than"),
    "a shorter body": (lambda asked: ranged(asked, 0, 4, DATA[:5]), "changed"),
}


@pytest.mark.parametrize("name", RANGES)
def test_range(hostile, command, name):
    told, words = RANGES[name]
    hostile.mode = of_get(told)
    run(command, INPUT, words, KEY)


# ---- words

def test_server_that_quotes_the_request(hostile, command):
    """Secrets as they are and as a URL has them, and what draws on a terminal, in every text that can be shown."""
    quoted = f"{SECRET} {SECRET.replace('/', '%2F').replace('+', '%2b')} {SESSION_TOKEN} \x7f&#x9b;31m &#x202e;evil"

    def mode(asked):
        words = f"{quoted} authorization: {asked.headers['authorization']} X-Amz-Signature=0123abc&amp;x"
        return [refusal("Quoted", words, headers="date: \x80\r\n")]
    hostile.mode = mode
    said = run(command, INPUT, "Quoted", "***", "\\u{9b}", "\\u{202e}").stderr
    assert "0123abc" not in said and "Signature=0" not in said


@pytest.mark.parametrize("words", [(), ("--verbose",), ("--log-format", "json"), ("--log-format", "json", "--verbose")], ids=str)
def test_code_that_draws_on_the_terminal(hostile, command, words):
    """Where it is told of a try that failed, and where of the run."""
    hostile.mode = lambda asked: [refusal("A&#x202e;B&#x9b;31m&#10;C" + SECRET, status=503)]
    outcome = command("run", "--collections", "s3://bucket/collections/", "--output", "out", *words, variables=command.usual)
    outcome.must(INPUT)
    tells_nothing(outcome.stdout + outcome.stderr)
    lines = outcome.stderr.splitlines()
    assert len(lines) <= 6 and outcome.stderr.count("u{202e}B") >= 2
    for line in lines if "json" in words else []:
        assert json.loads(line)["message"]


def test_password_in_the_endpoint(command):
    for url in ("ftp://me:pass-word@127.0.0.1:1", "http://me:pass-word@127.0.0.1:1", "http://me:pass-w/ord@h"):
        outcome = command("run", "--collections", "s3://bucket/x/", "--output", "out", variables={"AWS_ENDPOINT_URL": url})
        assert outcome.code in (2, 3)
        assert "pass-w" not in outcome.stdout + outcome.stderr


def test_password_of_a_proxy(command):
    outcome = command("explain", "--collections", "s3://bucket/x/", "--output", "out",
                      variables={"HTTP_PROXY": "http://me:pass-word@127.0.0.1:1", "AWS_MAX_ATTEMPTS": "1"})
    outcome.must(INPUT)
    assert "pass-word" not in outcome.stdout + outcome.stderr


def test_credential_process_that_tells_its_keys(command):
    config = command.home / ".aws/config"
    config.parent.mkdir()
    tell = f"printf 'failed \\033]0;x\\007 aws_secret_access_key = {SECRET}\\n' >&2; exit 1"
    config.write_text(f"[default]\ncredential_process = {tell}\n")
    run(command, INPUT, "credential_process",
        variables={name: None for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")})


# ---- time

def interrupted(command, hostile, what, variables=None, words=()):
    """SIGTERM once such a request has come: the seconds until the end."""
    with command.start("run", "--collections", "s3://bucket/collections/", "--output", "out", *words,
                       variables={**command.usual, **(variables or {})}) as process:
        if callable(what):
            hostile.wait_for(what)
        else:
            what.wait_for()
        time.sleep(0.3)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        outcome = command.finish(process, 30)
    assert outcome.code == INTERRUPTED, outcome.stderr
    return time.monotonic() - begun


SOON = 3.0  # seconds, of which a busy machine takes most


def test_interruption_of_a_listing_without_end(hostile, command):
    pages = iter(range(10**9))

    def mode(asked):
        number = next(pages)
        return [listing(listed(f"collections/{number:012}"), token=str(number))] if asked.lists else None
    hostile.mode = mode
    assert interrupted(command, hostile, lambda asked: asked.number > 20) < SOON


def test_interruption_of_a_listing_that_does_not_come(hostile, command):
    hostile.mode = lambda asked: hostile.hang() if asked.lists else None
    assert interrupted(command, hostile, lambda asked: asked.lists) < SOON


def test_interruption_of_a_read_that_does_not_come(hostile, command):
    hostile.mode = lambda asked: hostile.hang() if asked.gets else None
    assert interrupted(command, hostile, lambda asked: asked.gets) < SOON


NO_KEYS = {name: None for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")}


def test_interruption_of_credentials_that_do_not_come(hostile, command):
    hostile.mode = lambda asked: hostile.hang() if asked.path == "/keys" else None
    variables = {**NO_KEYS, "AWS_CONTAINER_CREDENTIALS_FULL_URI": hostile.url + "/keys"}
    assert interrupted(command, hostile, lambda asked: asked.path == "/keys", variables) < SOON


def test_credentials_without_end(hostile, command):
    hostile.mode = lambda asked: endless(answer(length=1 << 50), b" " * 65536) if asked.path == "/keys" else None
    run(command, INPUT, "longer than 1 MiB",
        variables={**NO_KEYS, "AWS_CONTAINER_CREDENTIALS_FULL_URI": hostile.url + "/keys"})


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Written:
    """A file of numbers of processes that a program writes at its start."""

    def __init__(self, path, lines):
        self.path, self.lines = path, lines

    def pids(self) -> list[int]:
        return [int(line) for line in self.path.read_text().split()] if self.path.exists() else []

    def wait_for(self) -> None:
        until = time.monotonic() + 30
        while len(self.pids()) < self.lines:
            assert time.monotonic() < until, "the program did not start"
            time.sleep(0.02)


def test_interruption_of_a_program_for_keys_ends_it_and_its_children(tmp_path, hostile, command):
    started = Written(tmp_path / "pids", 2)
    config = command.home / ".aws/config"
    config.parent.mkdir()
    config.write_text(f"[default]\ncredential_process = sleep 300 & echo $! >> {started.path}; echo $$ >> {started.path}; wait\n")
    try:
        assert interrupted(command, hostile, started, NO_KEYS) < SOON
        until = time.monotonic() + 10
        while any(map(alive, started.pids())):
            assert time.monotonic() < until, "they live on"
            time.sleep(0.05)
    finally:
        for pid in started.pids():
            if alive(pid):
                os.kill(pid, signal.SIGKILL)


def test_program_that_prints_without_end(tmp_path, hostile, command):
    config = command.home / ".aws/config"
    config.parent.mkdir()
    config.write_text("[default]\ncredential_process = while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done\n")
    run(command, INPUT, "more than 1 MiB", variables=NO_KEYS)


@pytest.mark.long
def test_a_byte_now_and_then(hostile, command):
    """No stall, and no progress either."""
    hostile.mode = lambda asked: hostile.trickle(answer(length=1 << 20), 0.4) if asked.lists else None
    begun = time.monotonic()
    outcome = command("run", "--collections", "s3://bucket/collections/", "--output", "out", variables=command.usual)
    outcome.must_fail(INPUT, "too slow")
    assert time.monotonic() - begun < 150


# ---- what is written

@pytest.mark.parametrize("kind, body, words", [
    ("CreateMultipartUpload", "<InitiateMultipartUploadResult><UploadId>a&#13;&#10;x-evil: 1</UploadId>"
                              "</InitiateMultipartUploadResult>", "upload"),
    ("CreateMultipartUpload", "<InitiateMultipartUploadResult><UploadId></UploadId></InitiateMultipartUploadResult>", "upload"),
    ("CreateMultipartUpload", "<InitiateMultipartUploadResult><UploadId>" + "x" * 5000 +
                              "</UploadId></InitiateMultipartUploadResult>", "upload"),
    ("UploadPartCopy", "<CopyPartResult/>", "ETag"),
    ("UploadPartCopy", "<CopyPartResult><ETag>a&#10;b</ETag></CopyPartResult>", "ETag"),
    ("DeleteObjects", "thanks", "removed"),
    ("ListMultipartUploads", "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>daily/a"
                             "</NextKeyMarker><NextUploadIdMarker>1</NextUploadIdMarker></ListMultipartUploadsResult>", "circles"),
    ("ListMultipartUploads", "<ListMultipartUploadsResult><Upload><Key>daily/a</Key><UploadId>a&#10;b</UploadId></Upload>"
                             "</ListMultipartUploadsResult>", "id that no upload can have"),
], ids=str)
def test_answer_to_what_is_written(gristmill, proxy, buckets, small, kind, body, words):
    def change(reply):
        reply.status, reply.body = 200, body.encode()
    proxy.begin(lambda request: Forward(change=change) if request.kind == kind else None)
    hooks = {"S3_COPY_LIMIT": 100} if kind in ("UploadPartCopy", "CreateMultipartUpload", "ListMultipartUploads") else {}
    outcome = gristmill.run(*small, buckets.output, "--s3-publish", "staged", hooks=hooks, timeout=120)
    outcome.must_fail(OUTPUT, words, "check the S3 endpoint")
    assert not any("x-evil" in request.headers for request in proxy.requests)


def test_honest_server(hostile, command):
    """What the modes are measured against."""
    command("run", "--collections", "s3://bucket/collections/", "--output", "out", variables=command.usual).must(OK)
