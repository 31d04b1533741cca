"""Every count is made twice, by different code; where the two differ, the run fails and publishes nothing."""

import hashlib

import pytest
from command import INTERNAL, OK
from lines import collection, compressed, prediction
from outputs import contents, differences, manifest, nothing_left_over, report

MEANS = {"lines": "lines of ", "bytes": "bytes routed and ground", "rows": "rows counted and written"}


@pytest.mark.parametrize("side", MEANS)
@pytest.mark.parametrize("way", ["exchange", "journal"])
def test_miscount_publishes_nothing(gristmill, small, tmp_path, side, way):
    root = tmp_path / "place/out"
    gristmill.run(*small, root).must(OK)
    before = contents(root), manifest(root)["run_id"]
    hooks = {"BREAK_ACCOUNTING": side, "PUBLISH_WAY": way}
    outcome = gristmill.run(*small, root, "--publish-anyway", hooks=hooks)
    outcome.must_fail(INTERNAL, "the accounting does not add up", MEANS[side], "nothing was published")
    assert differences(before[0], contents(root)) == []
    assert manifest(root)["run_id"] == before[1]
    nothing_left_over(root)


@pytest.mark.parametrize("side", ["lines", "bytes"])
def test_miscount_fails_validate_too(gristmill, small, side):
    outcome = gristmill("validate", "--collections", small[0], hooks={"BREAK_ACCOUNTING": side})
    outcome.must_fail(INTERNAL, "the accounting does not add up")


def test_counts_of_files_add_up_to_those_of_the_data_set(gristmill, tmp_path):
    parts = {"a.jsonl": [collection(), "", "no JSON", collection()], "b.jsonl": [" \t", collection(), "{"],
             "c.jsonl.gz": ["x"], "d.jsonl.zst": [], "e.jsonl": [collection()]}
    (tmp_path / "in").mkdir()
    stored = {}
    for name, lines in parts.items():
        data = "".join(line + "\n" for line in lines).encode()
        stored[name] = compressed(data, "." + name.split(".")[-1])
        (tmp_path / "in" / name).write_bytes(stored[name])
    (tmp_path / "p.jsonl").write_text(prediction() + "\n\n")
    gristmill.run(tmp_path / "in", tmp_path / "p.jsonl", "out", "--publish-anyway").must(OK)
    accounting = report(tmp_path / "out")["accounting"]
    files = {file["file"]: file for file in accounting["files"] if file["dataset"] == "collections"}
    assert list(files) == sorted(parts)
    for name, lines in parts.items():
        file = files[name]
        assert file["lines"] == len(lines) == file["accepted"] + file["rejected"] + file["blank"]
        assert file["bytes"] == sum(len(line) + 1 for line in lines)
        assert file["stored_bytes"] == len(stored[name])
    for count in ("lines", "accepted", "rejected", "blank", "bytes", "stored_bytes"):
        assert accounting["totals"]["collections"][count] == sum(file[count] for file in files.values())
    assert accounting["totals"]["predictions"]["blank"] == 1
    rows = sum(path.read_bytes().count(b"\n") for path in (tmp_path / "out/labels").glob("*/*"))
    assert accounting["rows"]["labels"] == rows == 4


def test_manifest_counts_files_and_bytes(gristmill, small, tmp_path):
    gristmill.run(*small, "out").must(OK)
    listed = manifest(tmp_path / "out")
    found = {path.relative_to(tmp_path / "out").as_posix(): path.stat().st_size
             for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert found.pop("_SUCCESS") == 0
    assert found.pop("_manifest.json") > 0
    assert {file["path"]: file["size"] for file in listed["files"]} == found
    assert (listed["file_count"], listed["byte_count"]) == (len(found), sum(found.values()))
    assert [file["path"].encode() for file in listed["files"]] == sorted(name.encode() for name in found)


def test_sha256_in_the_manifest(gristmill, small, tmp_path):
    gristmill.run(*small, "out", "--sha256").must(OK)
    for file in manifest(tmp_path / "out")["files"]:
        assert file["sha256"] == hashlib.sha256((tmp_path / "out" / file["path"]).read_bytes()).hexdigest()
