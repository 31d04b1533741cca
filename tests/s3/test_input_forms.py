"""Input that is not one line a record, and input that is no object: the same bytes as on disk, in as few requests."""

import json

import pytest
from command import OK
from lines import collection, prediction, write_bytes, write_lines
from on_s3 import published, same
from outputs import contents, report

SUFFIXES = ["", ".gz", ".zst"]


def array_of(lines) -> bytes:
    """One array over many lines, which `json.dump(..., indent=1)` writes."""
    return json.dumps([json.loads(line) for line in lines], indent=1).encode()


@pytest.fixture
def values(tmp_path, client, buckets):
    """Writes and uploads two files of values for each data set, one of them larger than what is looked at."""
    def write(suffix):
        folder = tmp_path / "values"
        for dataset, line in (("collections", collection), ("predictions", prediction)):
            lines = [line(f"p{n % 7}", f"s{n % 40}", f"c{n}") for n in range(6000)]
            write_bytes(folder / dataset / f"array.json{suffix}", array_of(lines))
            write_bytes(folder / dataset / f"separated.json{suffix}", "\n,\n".join(
                json.dumps(json.loads(line), indent=2) for line in lines[:50]).encode() + b"\n}\n")
        assert suffix or (folder / "collections/array.json").stat().st_size > 1 << 20
        return folder, client.upload(folder, f"{buckets.incoming}/values")
    return write


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_values_are_the_same_as_on_disk(gristmill, client, buckets, tmp_path, values, suffix):
    here, there = values(suffix)

    def run(place, output, *words):
        gristmill.run(f"{place}/collections/", f"{place}/predictions/", output, *words).must(OK)
    run(here, "local")
    assert report(tmp_path / "local")["accounting"]["totals"]["collections"]["accepted"] == 6050
    assert report(tmp_path / "local")["accounting"]["totals"]["collections"]["rejected"] == 1
    expected = contents(tmp_path / "local")
    for number, words in enumerate([["--threads", 1], ["--threads", 4, "--memory", "16MiB"]]):
        run(there, f"{buckets.outgoing}/{number}", *words)
        same(expected, published(client, f"{buckets.outgoing}/{number}", tmp_path / str(number)))


def test_compression_is_known_by_content(gristmill, client, buckets, small, tmp_path):
    """Whatever the key and Content-Encoding say."""
    data = small[0].read_bytes()
    write_bytes(tmp_path / "folder/a.jsonl.gz", data).rename(tmp_path / "folder/a.jsonl")
    write_bytes(tmp_path / "folder/b.jsonl", data).rename(tmp_path / "folder/b.jsonl.zst")
    client.upload(tmp_path / "folder", f"{buckets.incoming}/folder")
    client.put(f"{buckets.incoming}/folder/b.jsonl.zst", data, content_encoding="gzip")
    gristmill.run("folder", (), "local").must(OK)
    gristmill.run(f"{buckets.incoming}/folder/", (), buckets.output).must(OK)
    same(contents(tmp_path / "local"), published(client, buckets.output, tmp_path / "there"))
    assert all(file["name_and_content_differ"] for file in report(tmp_path / "local")["accounting"]["files"])


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("form", ["lines", "array"])
def test_small_objects_are_read_by_one_request_each(gristmill, proxy, client, buckets, tmp_path, form, suffix):
    """The look at how an object begins is no request of its own; HeadObject asks whether one changed meanwhile."""
    for number in range(9):
        lines = [collection(f"p{n}", f"s{number}", f"c{n}") for n in range(20)]
        path = tmp_path / f"many/{number}.json{suffix}"
        write_lines(path, lines) if form == "lines" else write_bytes(path, array_of(lines))
    there = client.upload(tmp_path / "many", f"{buckets.incoming}/many")
    proxy.begin()
    gristmill.run(f"{there}/", (), "out").must(OK)
    assert proxy.counts() == {"ListObjectsV2": 2, "GetObject": 9, "HeadObject": 9}, list(map(str, proxy.requests))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_standard_input_to_s3(gristmill, client, buckets, small, tmp_path, suffix):
    """One data set comes through a pipe, the other from a bucket or from disk."""
    piped = write_bytes(tmp_path / f"piped{suffix}", small[0].read_bytes())
    there = client.upload(small[1], f"{buckets.incoming}/predictions.jsonl")
    pipe = ["sh", "-c", f'cat {piped} | "$@"', "sh"]
    gristmill.run("-", small[1], "local", wrap=pipe).must(OK)
    gristmill.run("-", there, buckets.output, wrap=pipe).must(OK)
    same(contents(tmp_path / "local"), published(client, buckets.output, tmp_path / "there"))
    gristmill("verify", buckets.output).must(OK)
    gristmill.run(*small, "files").must(OK)
    same(contents(tmp_path / "files", "labels", "predictions", "aggregated-result"),
         contents(tmp_path / "there", "labels", "predictions", "aggregated-result"))
