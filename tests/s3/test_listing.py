"""Inputs are found on S3 as they are on a disk: many of them, with any names, by folder and by glob."""

import re
from urllib.parse import quote_plus

import pytest
from command import INPUT, NO_INPUT, OK, USAGE
from lines import collection, write_lines
from on_s3 import published, same
from outputs import contents
from proxy import Forward

NAMES = ["a b.jsonl", "a+b.jsonl", "a%20b.jsonl", "a&b.jsonl", "a&amp;b.jsonl", "a<b>.jsonl", "a'\"b.jsonl", "é/ü.jsonl",
         "日本/😀.jsonl", "a=b/c.jsonl", "a?b.jsonl", "a*b.jsonl", "a[b].jsonl", "a{b}.jsonl", "a#b.jsonl", "a~b.jsonl",
         "a\\b.jsonl", "a;b,c:d@e!f$g(h).jsonl", "..a.jsonl", "deep/er/and/deep/er/a.jsonl", "%.jsonl", "+.jsonl"]


def as_aws_lists(reply) -> None:
    """Keys in a listing encoded as for a URL, which gristmill asks for and versitygw does not do."""
    if b"<EncodingType>url" in reply.body:
        return

    def encode(found):
        text = found[2].decode()
        for entity, char in (("&lt;", "<"), ("&gt;", ">"), ("&#34;", '"'), ("&#39;", "'"), ("&amp;", "&")):
            text = text.replace(entity, char)
        return found[1] + quote_plus(text, safe="/*").encode() + found[3]
    reply.body = re.sub(rb"(<(?:Key|Prefix)>)([^<]*)(</)", encode, reply.body)
    reply.body = reply.body.replace(b"<EncodingType></EncodingType>", b"<EncodingType>url</EncodingType>")


def listed_as_by_aws(request):
    return Forward(change=as_aws_lists) if request.kind == "ListObjectsV2" else None


def write_all(folder, names):
    for number, name in enumerate(names):
        write_lines(folder / name, [collection(f"p{number % 7}", f"s{number % 100}", f"c{number}")])
    return folder


def same_as_local(gristmill, client, buckets, folder, source, *words):
    """Runs over the folder here and there."""
    gristmill.run(folder, (), "local", *words).must(OK)
    gristmill.run(source, (), buckets.output, *words).must(OK)
    expected = contents(folder.parent / "local")
    same(expected, published(client, buckets.output, folder.parent / "there"))
    return expected


def test_more_than_one_page(gristmill, proxy, client, buckets, tmp_path):
    """1,203 objects in one folder and some beside it; a page of a listing has 1,000."""
    names = [f"part={number % 50 if number % 50 < 3 else 0}/{number:04}.jsonl" for number in range(1280)]
    folder = write_all(tmp_path / "data", names)
    source = client.upload(folder, buckets.incoming + "/data")
    expected = same_as_local(gristmill, client, buckets, folder, source, "--threads", 4)
    assert expected["validation/report.json"].count(b"part=") >= 1203
    pages = [request for request in proxy.of_kind("ListObjectsV2") if request.bucket in buckets.incoming]
    assert any("continuation-token" in request.query for request in pages)


@pytest.mark.parametrize("plan", [lambda request: None, listed_as_by_aws], ids=["as versitygw lists", "as AWS lists"])
def test_names_of_every_kind(gristmill, proxy, client, buckets, tmp_path, plan):
    folder = write_all(tmp_path / "da ta+%&", NAMES)
    source = client.upload(folder, buckets.incoming + "/da ta+%&")
    proxy.begin(plan)
    expected = same_as_local(gristmill, client, buckets, folder, source)
    assert b"deep/er/and/deep/er/a.jsonl" in expected["validation/report.json"]


def test_output_listed_as_by_aws(gristmill, proxy, client, buckets, tmp_path):
    """The staged objects and those of an earlier output."""
    proxy.begin(listed_as_by_aws)
    for entries in (1, 2):
        path = write_lines(tmp_path / "c.jsonl", [collection(f"a b+c%&<é>{n % 50}", f"s{n}", f"c{n}", entries)
                                                  for n in range(100 // entries)])
        gristmill.run(path, (), "local").must(OK)
        gristmill.run(path, (), buckets.output).must(OK)
        same(contents(tmp_path / "local"), published(client, buckets.output, tmp_path / f"there{entries}"))


def test_two_slashes(gristmill, proxy, client, buckets, tmp_path):
    """A key may have an empty part. versitygw cannot keep such a one, so the proxy has `data/a/` known as `data//`."""
    path = write_lines(tmp_path / "data/a/b.jsonl", [collection()])
    client.upload(path, buckets.incoming + "/data/a/b.jsonl")

    def double(reply):
        reply.body = reply.body.replace(b"data/a/", b"data//")

    def plan(request):
        target = request.target.replace("data%2F%2F", "data%2Fa%2F").replace("data//", "data/a/")
        return Forward(change=double if request.kind == "ListObjectsV2" else lambda reply: None, target=target)

    for pattern in ("", "*/*.jsonl", "/*.jsonl", "**/*.jsonl"):
        proxy.begin(plan)
        gristmill.run(f"{buckets.incoming}/data/{pattern}", (), "out").must(OK)
        wanted = {request.path for request in proxy.requests if request.path.endswith("b.jsonl")}
        assert wanted and all("/data//b.jsonl" in path for path in wanted), wanted
    gristmill.run(f"{buckets.incoming}/data/*.jsonl", (), "out").must_fail(NO_INPUT, "no file matches", "does not cross")


@pytest.mark.parametrize("pattern", [
    "*.jsonl", "**/*.jsonl", "2025-05-1?.jsonl", "2025-05-*", "*/[ab].jsonl", "part=*/a.jsonl", "**/a.jsonl", "**",
    "part=[!1]/*", "part=2/**/a.jsonl", "a[[]b].jsonl", "[a]?b.jsonl", ".*/*.jsonl"])
def test_globs(gristmill, client, buckets, tmp_path, pattern):
    folder = write_all(tmp_path / "data", [
        "2025-05-14.jsonl", "2025-05-15.jsonl", "2025-05-15.json", "2025-06-01.jsonl", "part=1/a.jsonl", "part=1/b.jsonl",
        "part=2/a.jsonl", "part=2/deep/a.jsonl", "part=2/c.jsonl", ".hidden/a.jsonl", "_skipped/a.jsonl",
        "a[b].jsonl", "a b.jsonl"])
    source = client.upload(folder, buckets.incoming + "/data")
    told = [gristmill("explain", "--collections", f"{place}/{pattern}", "--output", "out").must(OK).stdout
            .replace(str(place), "DATA") for place in (folder, source)]
    files = [[line for line in text.split("\nFiles")[1].split("\nPlan")[0].splitlines() if "S3:" not in line] for text in told]
    assert files[0] == files[1] and len(files[0]) > 1


@pytest.mark.parametrize("path", ["/nothing", "/nothing/", "/data/*.txt", "/data/a", "/dat", "/data/empty/"])
def test_what_is_not_there(gristmill, client, buckets, small, path):
    client.upload(small[0], buckets.incoming + "/data/a.jsonl")
    client.put(buckets.incoming + "/data/empty/", b"")
    gristmill.run(buckets.incoming + path, (), buckets.output).must_fail(NO_INPUT, buckets.incoming + path.rstrip("/"))
    assert client.tree(buckets.output) == {}


@pytest.mark.parametrize("path, word", [
    ("s3://", "names no bucket"), ("s3:///key", "names no bucket"), ("s3://?", "s3://?"), ("s3://a b/key", "a b"),
    ("S3://bucket/key", "S3://"), ("gs://bucket/key", "gs://")])
def test_what_is_no_uri(gristmill, tmp_path, path, word):
    outcome = gristmill.run(path, (), "out")
    assert outcome.code in (USAGE, INPUT)
    outcome.must_fail(outcome.code, word)
    assert not (tmp_path / "out").exists()


def test_hadoops_name_for_it(gristmill, client, buckets, small):
    client.upload(small[0], buckets.incoming + "/data/a.jsonl")
    gristmill.run(buckets.incoming.replace("s3:", "s3a:") + "/data/", (), buckets.output.replace("s3:", "s3a:")).must(0)
    assert "_SUCCESS" in client.tree(buckets.output)
