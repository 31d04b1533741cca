"""What stands in the requests: content types, encryption, storage class, access, owners, checksums."""

import base64
import zlib

import pytest
from command import CHECKS, OK, USAGE
from lines import collection, write_lines
from on_s3 import nothing_left_over, published, same
from outputs import contents
from proxy import Forward

MEBIBYTE = 1 << 20
IN_PARTS = {"S3_PART_SIZE": 5 * MEBIBYTE, "S3_COPY_LIMIT": 5 * MEBIBYTE}

# Headers that versitygw refuses: the proxy leaves them out and signs anew.
REFUSED = ("x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id", "x-amz-storage-class", "x-amz-acl",
           "x-amz-request-payer", "x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner")
NEW_OBJECT = ("PutObject", "CopyObject", "CreateMultipartUpload")


def requests_of(gristmill, proxy, buckets, inputs, *words, hooks=None):
    """The requests of a run over an earlier output, of which something changes and something goes."""
    earlier = write_lines(gristmill.folder / "earlier.jsonl", [collection(f"gone{n}") for n in range(3)])
    gristmill.run(earlier, (), buckets.output, hooks=hooks).must(OK)
    proxy.begin(lambda request: Forward(without=tuple(name for name in REFUSED if name in request.headers)))
    gristmill.run(*inputs, buckets.output, *words, hooks=hooks).must(OK)
    nothing_left_over(buckets.client, buckets.output)
    return list(proxy.requests)


@pytest.fixture
def large(tmp_path):
    """A profile of more than 12 MiB, whose objects go up and are copied in parts, and a small one."""
    lines = [collection("large", f"s{n}", f"c{n}", entries=100) for n in range(600)]
    return (write_lines(tmp_path / "in/small.jsonl", [collection("small")]),
            write_lines(tmp_path / "in/large.jsonl", lines))


def is_published(request) -> bool:
    return "/_staging/" not in request.key


def test_content_types(gristmill, proxy, client, buckets, on_s3):
    proxy.begin()
    bad = "no JSON\n" + collection() + "\n" * 30
    client.put(buckets.incoming + "/bad.jsonl", bad.encode())
    gristmill.run([on_s3[0], buckets.incoming + "/bad.jsonl"], on_s3[1], buckets.output, "--publish-anyway").must(OK)
    types = {}
    for key in client.keys_below(buckets.output + "/"):
        types[key.removeprefix("daily/")] = client.head(f"{buckets.outgoing}/{key}")["content-type"]
    lines, json = "application/x-ndjson", "application/json"
    assert types.pop("_SUCCESS")
    assert types == {
        **{f"labels/profile-id=p{n}/collections.jsonl": lines for n in range(3)},
        **{f"predictions/profile-id=p{n}/predictions.jsonl": lines for n in range(3)},
        "quarantine/collections.jsonl": lines, "aggregated-json/part-00000.json": lines,
        "aggregated-parquet/part-00000.parquet": "application/vnd.apache.parquet",
        "aggregated-result/data.parquet": "application/vnd.apache.parquet",
        "aggregated-models/data.parquet": "application/vnd.apache.parquet",
        "validation/report.json": json, "validation/history.jsonl": lines, "validation/report.html": "text/html; charset=utf-8", "_manifest.json": json,
    }


@pytest.mark.parametrize("way", ["staged", "direct"])
def test_content_types_of_objects_in_parts(gristmill, proxy, client, buckets, large, way):
    gristmill.run(large, (), buckets.output, "--s3-publish", way, hooks=IN_PARTS).must(OK)
    kinds = proxy.counts()
    assert kinds["UploadPart"] > 1 and (kinds["UploadPartCopy"] > 1) == (way == "staged"), kinds
    assert client.head(buckets.output + "/labels/profile-id=large/collections.jsonl")["content-type"] == "application/x-ndjson"


@pytest.mark.root
def test_nothing_that_was_not_asked_for(gristmill, proxy, buckets, on_s3, large):
    """Beside what a request must have, there is nothing."""
    usual = {"host", "accept", "authorization", "x-amz-date", "x-amz-content-sha256", "content-type", "content-length"}
    more = {"PutObject": {"x-amz-sdk-checksum-algorithm", "x-amz-checksum-crc32", "if-none-match", "if-match"},
            "UploadPart": {"x-amz-sdk-checksum-algorithm", "x-amz-checksum-crc32"},
            "CreateMultipartUpload": {"x-amz-checksum-algorithm"},
            "DeleteObjects": {"x-amz-sdk-checksum-algorithm", "x-amz-checksum-crc32", "content-md5"},
            "DeleteObject": {"if-match"},
            "CompleteMultipartUpload": {"if-none-match", "if-match"},
            "CopyObject": {"x-amz-copy-source", "if-none-match", "if-match"},
            "UploadPartCopy": {"x-amz-copy-source", "x-amz-copy-source-range"},
            "GetObject": {"range", "if-match"}}
    for request in requests_of(gristmill, proxy, buckets, [large, on_s3[1]], hooks=IN_PARTS):
        over = request.headers.keys() - usual - more.get(request.kind, set())
        assert not over, f"{request}: {over}"


@pytest.mark.parametrize("words, expected", [
    (["--s3-encryption", "aes256"], {"x-amz-server-side-encryption": "AES256"}),
    (["--s3-encryption", "kms"], {"x-amz-server-side-encryption": "aws:kms"}),
    (["--s3-encryption", "kms", "--s3-kms-key", "arn:aws:kms:eu-west-1:111122223333:key/1"],
     {"x-amz-server-side-encryption": "aws:kms",
      "x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:eu-west-1:111122223333:key/1"}),
    (["--s3-encryption", "kms-dsse", "--s3-kms-key", "k"],
     {"x-amz-server-side-encryption": "aws:kms:dsse", "x-amz-server-side-encryption-aws-kms-key-id": "k"}),
])
def test_encryption_of_every_new_object(gristmill, proxy, buckets, on_s3, large, words, expected):
    requests = requests_of(gristmill, proxy, buckets, [large, on_s3[1]], *words, hooks=IN_PARTS)
    seen = set()
    for request in requests:
        found = {name: value for name, value in request.headers.items() if name.startswith("x-amz-server-side")}
        assert found == (expected if request.kind in NEW_OBJECT else {}), request
        seen |= {request.kind}
    assert seen >= {*NEW_OBJECT, "UploadPart", "UploadPartCopy"}


@pytest.mark.parametrize("words, name, value", [
    (["--s3-storage-class", "INTELLIGENT_TIERING"], "x-amz-storage-class", "INTELLIGENT_TIERING"),
    (["--s3-acl", "bucket-owner-full-control"], "x-amz-acl", "bucket-owner-full-control")])
def test_class_and_access_of_published_objects_alone(gristmill, proxy, buckets, on_s3, large, words, name, value):
    """What lies in `_staging/` lies there a moment, for which other classes would be charged by the month."""
    for request in requests_of(gristmill, proxy, buckets, [large, on_s3[1]], *words, hooks=IN_PARTS):
        wanted = value if request.kind in NEW_OBJECT and is_published(request) else None
        assert request.headers.get(name) == wanted, request


def test_tag_of_staged_objects_alone(gristmill, proxy, client, buckets, on_s3, large):
    """A lifecycle rule may remove what has it: nothing that is published does."""
    seen = set()
    for request in requests_of(gristmill, proxy, buckets, [large, on_s3[1]], "--s3-tag-staging", hooks=IN_PARTS):
        wanted = "gristmill=staging" if request.kind in NEW_OBJECT and not is_published(request) else None
        assert request.headers.get("x-amz-tagging") == wanted, request
        wanted = "REPLACE" if request.kind == "CopyObject" else None
        assert request.headers.get("x-amz-tagging-directive") == wanted, request
        seen |= {request.kind}
    assert seen >= {*NEW_OBJECT, "UploadPart", "UploadPartCopy"}
    for key in client.keys_below(buckets.output + "/"):
        assert client.tags(f"{buckets.outgoing}/{key}") == {}, key


def test_tag_of_what_waits(gristmill, client, buckets, on_s3):
    client.put(buckets.incoming + "/bad.jsonl", b"no JSON\n")
    gristmill.run([on_s3[0], buckets.incoming + "/bad.jsonl"], on_s3[1], buckets.output, "--s3-tag-staging",
                  "--checks-rejected-lines-fail-above", "0").must(CHECKS)
    waiting = client.keys_below(buckets.output + "/_staging/")
    assert waiting
    for key in waiting:
        assert client.tags(f"{buckets.outgoing}/{key}") == {"gristmill": "staging"}, key
    # Published by somebody who knows nothing of tags: the rule for what is staged must not take these.
    gristmill("publish", buckets.output).must(OK)
    assert "daily/_SUCCESS" in client.keys_below(buckets.output + "/")
    for key in client.keys_below(buckets.output + "/"):
        assert client.tags(f"{buckets.outgoing}/{key}") == {}, key


def test_standard_class_needs_no_header(gristmill, proxy, buckets, on_s3):
    for request in requests_of(gristmill, proxy, buckets, on_s3, "--s3-storage-class", "STANDARD", "--s3-acl", "none"):
        assert "x-amz-storage-class" not in request.headers and "x-amz-acl" not in request.headers


def test_requester_pays_for_every_request(gristmill, proxy, buckets, on_s3, large):
    for request in requests_of(gristmill, proxy, buckets, [large, on_s3[1]], "--s3-requester-pays", hooks=IN_PARTS):
        assert request.headers.get("x-amz-request-payer") == "requester", request


def test_owner_of_every_bucket(gristmill, proxy, buckets, on_s3, large):
    words = ["--s3-bucket-owners", "111122223333"]
    for request in requests_of(gristmill, proxy, buckets, [large, on_s3[1]], *words, hooks=IN_PARTS):
        assert request.headers.get("x-amz-expected-bucket-owner") == "111122223333", request
        copies = request.kind in ("CopyObject", "UploadPartCopy")
        assert request.headers.get("x-amz-source-expected-bucket-owner") == ("111122223333" if copies else None), request


def test_owners_of_some_buckets(gristmill, proxy, buckets, on_s3):
    incoming, outgoing = (uri.removeprefix("s3://") for uri in (buckets.incoming, buckets.outgoing))
    owners = {incoming: "111122223333", outgoing: "444455556666"}
    words = [word for bucket, owner in owners.items() for word in ("--s3-bucket-owners", f"{bucket}={owner}")]
    for more in ([], ["--s3-bucket-owners", "999999999999"], ["--s3-bucket-owners", f"{outgoing}-2=777788889999"]):
        for request in requests_of(gristmill, proxy, buckets, on_s3, *more, *words):
            assert request.headers.get("x-amz-expected-bucket-owner") == owners[request.bucket], request
            if request.kind == "CopyObject":
                assert request.headers["x-amz-source-expected-bucket-owner"] == owners[outgoing], request


def test_owner_of_one_bucket_alone(gristmill, proxy, buckets, on_s3):
    outgoing = buckets.outgoing.removeprefix("s3://")
    for request in requests_of(gristmill, proxy, buckets, on_s3, "--s3-bucket-owners", f"{outgoing[:-1]}=111122223333"):
        assert "x-amz-expected-bucket-owner" not in request.headers, request
        assert "x-amz-source-expected-bucket-owner" not in request.headers, request


def test_checksums_are_those_of_the_bodies(gristmill, proxy, buckets, on_s3, large):
    wrong = []

    def first(request):
        expected = base64.b64encode(zlib.crc32(request.body).to_bytes(4, "big")).decode()
        if request.headers.get("x-amz-checksum-crc32") != expected:
            wrong.append(str(request))

    def plan(request):
        if request.kind in ("PutObject", "UploadPart", "DeleteObjects") and not request.key.endswith("/lock"):
            return Forward(first=lambda: first(request))

    proxy.begin(plan)
    gristmill.run(large, on_s3[1], buckets.output, hooks=IN_PARTS).must(OK)
    assert not wrong
    assert proxy.counts()["UploadPart"] > 1


def test_unsigned_requests(gristmill, proxy, buckets, on_s3):
    """versitygw lets nobody in without a signature; what is sent is looked at alone."""
    variables = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    gristmill.run(*on_s3, buckets.output, "--s3-anonymous", variables=variables).must_fail(3, "access is denied")
    assert proxy.requests
    assert all("authorization" not in request.headers and "x-amz-date" not in request.headers and
               not any(name.startswith("X-Amz-") for name in request.query) for request in proxy.requests)


def test_path_and_virtual_addressing(gristmill, proxy, buckets, on_s3):
    gristmill.run(*on_s3, buckets.output, "--s3-addressing", "path").must(OK)
    names = {uri.removeprefix("s3://") for uri in (buckets.incoming, buckets.outgoing)}
    assert {request.bucket for request in proxy.requests} == names


@pytest.mark.parametrize("words", [["--s3-encryption", "rot13"], ["--s3-storage-class", "FROZEN"], ["--s3-acl", "everybody"],
                                   ["--s3-bucket-owners", "bucket="], ["--s3-connections", "0"], ["--s3-kms-key", "k"]])
def test_settings_that_cannot_be(gristmill, proxy, buckets, on_s3, words):
    outcome = gristmill.run(*on_s3, buckets.output, *words)
    outcome.must_fail(USAGE, words[0])
    assert not proxy.requests


def test_many_settings_together_give_the_same_bytes(gristmill, proxy, client, buckets, small, on_s3, tmp_path):
    requests_of(gristmill, proxy, buckets, on_s3, "--s3-encryption", "aes256", "--s3-acl", "private", "--s3-requester-pays",
                "--s3-storage-class", "STANDARD_IA", "--s3-bucket-owners", "111122223333", "--s3-connections", 1)
    gristmill.run(*small, "local").must(OK)
    same(contents(tmp_path / "local"), published(client, buckets.output, tmp_path / "there"))
