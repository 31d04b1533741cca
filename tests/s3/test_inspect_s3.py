"""`gristmill inspect` on S3 says what it says of the same files on a disk."""

import json

import pytest
from command import NO_INPUT, OK
from lines import collection, write_lines


def without_places(text: str) -> dict:
    found = json.loads(text)
    del found["recipe"]  # it names the arguments
    for file in found["files"]:
        del file["path"]
    return found


def test_as_on_a_disk(gristmill, client, buckets, tmp_path):
    write_lines(tmp_path / "in/a.jsonl", [collection(f"p{n}", f"s{n}", f"c{n}", entries=40) for n in range(2000)])
    write_lines(tmp_path / "in/b.jsonl.gz", [collection(f"p{n}") for n in range(300)] + ["{"])
    write_lines(tmp_path / "in/c.jsonl.zst", ['{"prediction":{"score":1}}'] * 200)
    client.upload(tmp_path / "in", f"{buckets.incoming}/data")
    here = gristmill("inspect", "in", "--format", "json").must(OK).stdout
    there = gristmill("inspect", f"{buckets.incoming}/data/", "--format", "json").must(OK).stdout
    assert without_places(there) == without_places(here)
    assert f'"{buckets.incoming}/data/a.jsonl"' in json.loads(there)["recipe"]


def test_what_is_not_there(gristmill, buckets):
    gristmill("inspect", f"{buckets.incoming}/nothing/").must_fail(NO_INPUT, "nothing")


@pytest.mark.root
def test_recipe_on_s3(gristmill, client, buckets, on_s3, tmp_path):
    gristmill("inspect", *on_s3, "--write-recipe", f"{buckets.incoming}/found.yaml").must(OK)
    gristmill("run", "--recipe", f"{buckets.incoming}/found.yaml", "--output", "out", "--quiet").must(OK)
