"""What goes wrong is told once, clearly, with the right exit code and without a secret."""

import subprocess
import time
from email.utils import formatdate

import pytest
from command import INPUT, OK, OUTPUT, USAGE
from lines import collection, write_lines
from on_s3 import nothing_left_over, published, same
from outputs import contents
from proxy import Answer, Forward
from server import Server

PLACES = pytest.mark.parametrize("place, code", [("input", INPUT), ("output", OUTPUT)])


def run_with(gristmill, buckets, small, place, *words, bucket=None, **options):
    """A run with either its input or its output on S3, and what it says."""
    bucket = bucket or (buckets.incoming if place == "input" else buckets.outgoing)
    if place == "input":
        outcome = gristmill.run(bucket + "/collections/", (), "out", *words, **options)
    else:
        outcome = gristmill.run(*small, bucket + "/daily", *words, **options)
    said = outcome.stdout + outcome.stderr
    assert gristmill.server.keys.secret not in said and "Signature=" not in said and "AWS4-HMAC" not in said
    return outcome


def nothing_happened(gristmill, buckets):
    assert not (gristmill.folder / "out").exists()
    assert buckets.client.keys_below(buckets.outgoing) == []


# ---- keys

@PLACES
def test_no_credentials(gristmill, buckets, small, on_s3, place, code):
    variables = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    outcome = run_with(gristmill, buckets, small, place, variables=variables)
    outcome.must_fail(code, "credentials", "AWS_ACCESS_KEY_ID")
    nothing_happened(gristmill, buckets)


@PLACES
def test_wrong_access_key(gristmill, proxy, buckets, small, on_s3, place, code):
    proxy.begin(lambda request: Answer(403, "InvalidAccessKeyId"))
    outcome = run_with(gristmill, buckets, small, place, variables={"AWS_ACCESS_KEY_ID": "SOMEBODYELSE"})
    outcome.must_fail(code, "access key", "environment variables")
    assert "; try " not in outcome.stderr and len(proxy.requests) <= 3
    nothing_happened(gristmill, buckets)


@pytest.mark.root
@PLACES
def test_refusal_in_words_of_the_server(gristmill, buckets, small, on_s3, place, code):
    """versitygw has 404 for an access key that it does not know."""
    outcome = run_with(gristmill, buckets, small, place, variables={"AWS_ACCESS_KEY_ID": "SOMEBODYELSE"})
    outcome.must_fail(code, "XAdminUserNotFound", "environment variables")
    nothing_happened(gristmill, buckets)


@PLACES
def test_wrong_secret(gristmill, proxy, buckets, small, on_s3, place, code):
    outcome = run_with(gristmill, buckets, small, place, variables={"AWS_SECRET_ACCESS_KEY": "mistyped-secret"})
    outcome.must_fail(code, "secret key")
    assert "mistyped-secret" not in outcome.stderr and len(proxy.requests) <= 3
    nothing_happened(gristmill, buckets)


@PLACES
def test_half_of_the_credentials(gristmill, buckets, small, place, code):
    outcome = run_with(gristmill, buckets, small, place, variables={"AWS_SECRET_ACCESS_KEY": None})
    assert outcome.code in (USAGE, code)
    outcome.must_fail(outcome.code, "AWS_SECRET_ACCESS_KEY")
    nothing_happened(gristmill, buckets)


@pytest.mark.root
@PLACES
def test_no_such_bucket(gristmill, buckets, small, place, code):
    outcome = run_with(gristmill, buckets, small, place, bucket="s3://nowhere-at-all")
    outcome.must_fail(code, "there is no bucket 'nowhere-at-all'")
    nothing_happened(gristmill, buckets)


@pytest.mark.root
@pytest.mark.parametrize("command", ["verify", "recover", "show", "ddl duckdb", "publish"])
def test_no_such_bucket_for_other_commands(gristmill, command):
    outcome = gristmill(*command.split(), "s3://nowhere-at-all/daily")
    assert outcome.code in (OUTPUT, USAGE)
    outcome.must_fail(outcome.code, "there is no bucket 'nowhere-at-all'")


# ---- permissions

DENIED = Answer(403, "AccessDenied")


@pytest.mark.parametrize("kind, permission", [("GetObject", "s3:GetObject"), ("ListObjectsV2", "s3:ListBucket")])
def test_input_that_may_not_be_read(gristmill, proxy, buckets, small, on_s3, kind, permission):
    proxy.begin(lambda request: DENIED if request.kind == kind else None)
    run_with(gristmill, buckets, small, "input").must_fail(
        INPUT, buckets.incoming, "access is denied", permission, "environment variables")
    nothing_happened(gristmill, buckets)


def test_one_input_object_that_may_not_be_read(gristmill, proxy, buckets, on_s3):
    """The answer to a HEAD has no text of its own."""
    proxy.begin(lambda request: DENIED if request.key.endswith("collections.jsonl") else None)
    gristmill.run(on_s3[0], (), "out").must_fail(INPUT, on_s3[0], "access is denied", "s3:GetObject")
    nothing_happened(gristmill, buckets)


@pytest.mark.parametrize("kind, permission", [
    ("PutObject", "s3:PutObject"), ("ListObjectsV2", "s3:ListBucket"), ("HeadObject GetObject", "s3:GetObject")])
def test_output_that_may_not_be_written(gristmill, proxy, buckets, small, kind, permission):
    proxy.begin(lambda request: DENIED if request.kind in kind.split() else None)
    outcome = run_with(gristmill, buckets, small, "output")
    outcome.must_fail(OUTPUT, buckets.outgoing, "access is denied", permission)
    assert "; try " not in outcome.stderr
    proxy.begin()
    assert [key for key in buckets.client.keys_below(buckets.outgoing) if "_staging" not in key] == []


@pytest.mark.parametrize("kind, permission, marked", [
    ("CopyObject", "s3:PutObject", "labels/"), ("DeleteObjects", "s3:DeleteObject", "")])
def test_permission_that_is_missing_in_the_midst(gristmill, proxy, buckets, client, small, tmp_path, kind, permission, marked):
    """After the point of no return; once it is granted, `recover` goes on."""
    proxy.begin(lambda request: DENIED if request.kind == kind and marked in request.key else None)
    outcome = run_with(gristmill, buckets, small, "output", "--s3-publish", "staged")
    outcome.must_fail(OUTPUT, buckets.outgoing, "access is denied", permission)
    assert not client.head(buckets.output + "/_SUCCESS")
    proxy.begin()
    gristmill("verify", buckets.output).must_fail(OUTPUT, "gristmill recover")
    gristmill("recover", buckets.output).must(OK)
    gristmill.run(*small, "local").must(OK)
    same(contents(tmp_path / "local"), published(client, buckets.output, tmp_path / "there"))


def test_refusal_that_says_what_is_missing(gristmill, proxy, buckets, small):
    """AWS often does; whom it refuses is of no interest."""
    key, action = "arn:aws:kms:eu-west-1:111122223333:key/2", "kms:GenerateDataKey"
    why = f"because no identity-based policy allows the {action} action"
    for resource in key, f'"{key}"':
        denied = Answer(403, "AccessDenied", message=f"User: arn:aws:sts::111122223333:assumed-role/night/i-1 is not "
                                                     f"authorized to perform: {action} on resource: {resource} {why}")
        proxy.begin(lambda request, denied=denied: denied if request.kind == "PutObject" else None)
        outcome = run_with(gristmill, buckets, small, "output")
        outcome.must_fail(OUTPUT, f"access is denied (AccessDenied), {why}", f"allow {action} on {key}, or use")
        assert "assumed-role" not in outcome.stderr


@pytest.mark.parametrize("words, further", [
    (["--s3-tag-staging"], "s3:PutObjectTagging"), (["--s3-encryption", "kms"], "kms:GenerateDataKey and kms:Decrypt")])
def test_refusal_of_what_settings_ask_for(gristmill, proxy, buckets, small, words, further):
    proxy.begin(lambda request: DENIED if request.kind == "PutObject" else None)
    run_with(gristmill, buckets, small, "output", *words).must_fail(OUTPUT, "allow s3:PutObject, " + further, "arn:aws:s3:::")


def test_refusal_of_an_acl(gristmill, proxy, buckets, small):
    """And of reading what is copied: a copy needs both."""
    proxy.begin(lambda request: DENIED if request.kind == "CopyObject" and "/labels/" in request.key else None)
    words = ["--s3-acl", "bucket-owner-full-control", "--s3-publish", "staged"]
    outcome = run_with(gristmill, buckets, small, "output", *words)
    outcome.must_fail(OUTPUT, "s3:PutObject", "s3:PutObjectAcl", "s3:GetObject")


# ---- region and clock

def malformed(request, named=True):
    """What S3 says of a request that was signed for another region."""
    if "/us-east-1/s3/" not in request.scope:
        return Answer(400, "AuthorizationHeaderMalformed", "<Region>us-east-1</Region>" if named else "",
                      {"x-amz-bucket-region": "us-east-1"} if named else {})
    return None


def redirected(request):
    if "/us-east-1/s3/" not in request.scope:
        return Answer(301, "PermanentRedirect", "<Endpoint>elsewhere.s3.amazonaws.com</Endpoint>",
                      {"x-amz-bucket-region": "us-east-1"})
    return None


@pytest.mark.parametrize("plan", [malformed, redirected])
def test_other_region_is_found(gristmill, proxy, client, buckets, small, on_s3, tmp_path, plan):
    proxy.begin(plan)
    gristmill.run(*on_s3, buckets.output, variables={"AWS_REGION": "eu-west-1"}).must(OK)
    wrong = [request for request in proxy.requests if plan(request)]
    assert 1 <= len(wrong) <= 4, "each bucket is asked once in vain, not every object"
    gristmill.run(*small, "local").must(OK)
    same(contents(tmp_path / "local"), published(client, buckets.output, tmp_path / "there"))


@PLACES
def test_other_region_that_is_not_named(gristmill, proxy, buckets, small, on_s3, place, code):
    proxy.begin(lambda request: malformed(request, named=False))
    run_with(gristmill, buckets, small, place, "--s3-region", "eu-west-1").must_fail(code, "'eu-west-1'", "--s3-region")
    assert len(proxy.requests) <= 3
    nothing_happened(gristmill, buckets)


class WrongClock:
    """S3's clock is an hour ahead of this machine's; `for_ever`: it refuses whatever the time."""

    def __init__(self, for_ever=False):
        self.for_ever = for_ever

    def __call__(self, request):
        theirs = time.time() + 3600
        signed_at = request.signed_at
        within = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(theirs - 900)) < signed_at
        if within and not self.for_ever:
            return Forward(without=("x-amz-date",), headers={"date": formatdate(theirs, usegmt=True)})
        return Answer(403, "RequestTimeTooSkewed", headers={"date": formatdate(theirs, usegmt=True)})


@pytest.mark.parametrize("first", ["ListObjectsV2", "HeadObject"])
def test_wrong_clock_is_corrected(gristmill, proxy, client, buckets, small, on_s3, tmp_path, first):
    """Whichever request finds it out; the refusal of a HEAD does not say why."""
    proxy.begin(WrongClock())
    inputs = on_s3 if first == "HeadObject" else [uri.rpartition("/")[0] + "/" for uri in on_s3]
    outcome = gristmill.run(*inputs, buckets.output).must(OK)
    assert proxy.requests[0].kind == first
    assert "clock" in outcome.stderr and outcome.stderr.count("clock") <= 2
    assert sum(request.status == 403 for request in proxy.requests) <= 3
    gristmill.run(*small, "local").must(OK)
    same(contents(tmp_path / "local"), published(client, buckets.output, tmp_path / "there"))


@PLACES
def test_clock_that_cannot_be_corrected(gristmill, proxy, buckets, small, on_s3, place, code):
    proxy.begin(WrongClock(for_ever=True))
    run_with(gristmill, buckets, small, place).must_fail(code, "clock", "NTP")
    assert len(proxy.requests) <= 5
    nothing_happened(gristmill, buckets)


# ---- endpoints

@PLACES
@pytest.mark.parametrize("endpoint, words", [
    ("http://127.0.0.1:1", ["127.0.0.1:1", "does not answer"]),
    ("http://something.invalid:9000", ["something.invalid", "not known"])])
def test_endpoint_that_is_not_there(gristmill, buckets, small, place, code, endpoint, words):
    gristmill.endpoint = endpoint
    run_with(gristmill, buckets, small, place).must_fail(code, *words)
    nothing_happened(gristmill, buckets)


@pytest.mark.parametrize("endpoint", ["127.0.0.1:9000", "ftp://127.0.0.1", "http://", "http://me:hush@127.0.0.1:9000"])
def test_endpoint_that_is_no_url(gristmill, buckets, small, endpoint):
    outcome = run_with(gristmill, buckets, small, "input", "--s3-endpoint", endpoint).must_fail(USAGE, "endpoint")
    assert "hush" not in outcome.stderr
    nothing_happened(gristmill, buckets)


def test_endpoint_that_is_no_s3(gristmill, proxy, buckets, small):
    """Somebody else's web server answers everything with a page."""
    def page(reply):
        reply.status, reply.headers, reply.body = 200, [("content-type", "text/html")], b"<html><body>It works!</body></html>"
    proxy.begin(lambda request: Forward(change=page))
    run_with(gristmill, buckets, small, "input").must_fail(INPUT, "listing", "endpoint")
    nothing_happened(gristmill, buckets)


# ---- TLS

@pytest.fixture(scope="module")
def secure(tmp_path_factory, server):
    """The server over TLS, and the certificate that it made itself."""
    folder = tmp_path_factory.mktemp("secure")
    certificate = folder / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", certificate],
                   check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes((folder / "key.pem").read_bytes() + certificate.read_bytes())
    twin = Server(folder, both, server)
    yield twin.url, certificate
    twin.stop()


@PLACES
def test_certificate_that_nobody_knows(gristmill, buckets, small, on_s3, secure, place, code):
    gristmill.endpoint = secure[0]
    run_with(gristmill, buckets, small, place).must_fail(code, "not secure", "--s3-ca-bundle")
    nothing_happened(gristmill, buckets)


@pytest.mark.root
@pytest.mark.parametrize("way", ["flag", "variable", "profile"])
def test_certificate_of_an_own_authority(gristmill, client, buckets, small, on_s3, secure, tmp_path, way):
    gristmill.endpoint, certificate = secure
    words = ["--s3-ca-bundle", certificate] if way == "flag" else []
    variables = {"AWS_CA_BUNDLE": str(certificate)} if way == "variable" else {}
    if way == "profile":
        (gristmill.home / ".aws").mkdir()
        (gristmill.home / ".aws/config").write_text(f"[default]\nca_bundle = {certificate}\n")
    gristmill.run(*on_s3, buckets.output, *words, variables=variables).must(OK)
    gristmill.run(*small, "local").must(OK)
    same(contents(tmp_path / "local"), published(client, buckets.output, tmp_path / "there"))


def test_certificates_that_are_not_there(gristmill, on_s3, secure, tmp_path):
    gristmill.endpoint = secure[0]
    outcome = gristmill.run(on_s3[0], (), "out", "--s3-ca-bundle", tmp_path / "nothing.pem")
    assert outcome.code in (USAGE, INPUT)
    outcome.must_fail(outcome.code, "nothing.pem")


@PLACES
def test_server_without_tls(gristmill, buckets, small, on_s3, place, code):
    gristmill.endpoint = gristmill.endpoint.replace("http:", "https:")
    run_with(gristmill, buckets, small, place).must_fail(code, gristmill.endpoint.removeprefix("https://"))
    nothing_happened(gristmill, buckets)


# ---- inputs that change

def replaced(client, uri, number):
    """A plan that puts another object in the place of `uri` before its `number`-th read; 0: after all of them."""
    new = b"".join(collection("new", f"s{n}", "c").encode() + b"\n" for n in range(30))
    reads, done = [], []

    def plan(request):
        reads.extend([request] if request.kind == "GetObject" and uri.endswith(request.path) else [])
        late = number == 0 and request.changes and "/labels/" in request.key
        if not done and (late or (number and len(reads) == number)):
            done.append(client.put(uri, new))

    plan.done = done
    return plan


@pytest.mark.parametrize("number", [1, 2, 0])
@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz"])
def test_object_that_is_replaced_while_it_is_read(gristmill, proxy, client, buckets, tmp_path, number, suffix):
    lines = [collection(f"p{n % 3}", f"s{n}", f"c{n}-{hash((n, 1))}-{hash((n, 2)) ** 3}", 1 + n % 60) for n in range(7000)]
    uri = client.upload(write_lines(tmp_path / ("large" + suffix), lines), buckets.incoming + "/large" + suffix)
    assert suffix.endswith("gz") or int(client.head(uri)["content-length"]) > 6 << 20
    if suffix.endswith("gz") and number == 2:
        number = 1 if int(client.head(uri)["content-length"]) < 1 << 20 else 2
    plan = replaced(client, uri, number)
    proxy.begin(plan)
    outcome = gristmill.run(uri, (), buckets.output, "--memory", "4MiB", "--s3-connections", 1)
    assert plan.done
    outcome.must_fail(INPUT, uri, "changed while it was read")
    assert "; try " not in outcome.stderr
    nothing_left_over(client, buckets.output)
    nothing_happened(gristmill, buckets)


def test_object_that_is_removed_while_it_is_read(gristmill, proxy, client, buckets, on_s3):
    done = []
    proxy.begin(lambda request: done.append(client.remove(on_s3[0])) if request.kind == "GetObject" and not done else None)
    gristmill.run(*on_s3, buckets.output).must_fail(INPUT, on_s3[0], "changed while it was read")
    nothing_happened(gristmill, buckets)


def test_object_that_is_replaced_by_itself(gristmill, proxy, client, buckets, on_s3):
    """A copy of the same bytes is the same."""
    data, done = client.get(on_s3[0]), []
    proxy.begin(lambda request: done.append(client.put(on_s3[0], data)) if request.kind == "GetObject" and not done else None)
    gristmill.run(*on_s3, buckets.output).must(OK)


def test_damaged_object(gristmill, client, buckets, on_s3):
    client.put(buckets.incoming + "/broken.jsonl.gz", b"\x1f\x8b\x08 and then something else")
    uri = buckets.incoming + "/broken.jsonl.gz"
    gristmill.run(uri, (), buckets.output).must_fail(INPUT, uri)
    nothing_happened(gristmill, buckets)
