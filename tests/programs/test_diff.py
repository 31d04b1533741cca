"""gristmill diff: in what two outputs differ, and two runs of one."""

from __future__ import annotations

import json

import pytest
from command import INPUT, OK, USAGE
from growing import add, update
from lines import collection, prediction, write_lines


@pytest.fixture
def two(gristmill, tmp_path):
    for name, more in (("one", [("p9", "s9")]), ("other", [("p8", "s8"), ("p1", "s1-more")])):
        lines = [collection(f"p{i}", f"s{i}", f"c{i}") for i in range(4)] + [collection(*ids) for ids in more]
        write_lines(tmp_path / name / "collections/a.jsonl", lines)
        scores = [prediction(f"p{i}", f"s{i}", score=0.5 if name == "one" or i else 0.25) for i in range(2)]
        write_lines(tmp_path / name / "predictions/a.jsonl", scores)
        gristmill.run(tmp_path / name / "collections", tmp_path / name / "predictions", f"{name}-out", "--quiet").must(OK)


def diff(gristmill, *words):
    return json.loads(gristmill("diff", *words, "--format", "json").must(OK).stdout)


def test_two_outputs(gristmill, two):
    found = diff(gristmill, "one-out", "other-out")
    assert found["counts"]["collections.lines"] == [5, 6] and found["counts"]["sessions"] == [5, 6]
    assert found["labels"] == {"same": 3, "changed": 1, "only_first": 1, "only_second": 1,
                               "names": [
                                   {"change": "changed", "partition": "labels/profile-id=p1"},
                                   {"change": "only_second", "partition": "labels/profile-id=p8"},
                                   {"change": "only_first", "partition": "labels/profile-id=p9"}]}
    assert found["predictions"]["names"] == [{"change": "changed", "partition": "predictions/profile-id=p0"}]
    assert [found["sessions"][name] for name in ("same", "changed", "only_first", "only_second")] == [3, 1, 1, 2]
    assert [tuple(name.values()) for name in found["sessions"]["names"]] == [
        ("changed", "p0", "s0"), ("only_second", "p1", "s1-more"), ("only_second", "p8", "s8"), ("only_first", "p9", "s9")]
    table = gristmill("diff", "one-out", "other-out", "--limit", 1).must(OK).stdout
    assert "partitions of labels: 3 the same, 1 changed, 1 in the first alone, 1 in the second alone\n" in table
    assert "  ~ labels/profile-id=p1\n  and 2 more (--limit)\n" in table
    assert "+1" in next(line for line in table.splitlines() if line.startswith("collections.lines"))


def test_profiles_whose_ids_begin_alike(gristmill, tmp_path):
    """Folders are in the order of their files: `u1-x/` comes before `u1/`."""
    everyone = ["u1", "u1-x", "u1.y", "u1 z", "u10"]
    for name, profiles in (("one", everyone), ("other", ["u1", "u10"])):
        write_lines(tmp_path / f"{name}.jsonl", [collection(profile, "s", "c") for profile in profiles])
        gristmill.run(f"{name}.jsonl", (), f"{name}-out", "--quiet").must(OK)
    found = diff(gristmill, "one-out", "other-out")["labels"]
    assert (found["same"], found["changed"], found["only_first"], found["only_second"]) == (2, 0, 3, 0)


def test_what_is_the_same_is_not_read(gristmill, two, tmp_path):
    gristmill.run(tmp_path / "one/collections", tmp_path / "one/predictions", "again", "--quiet").must(OK)
    for path in (*(tmp_path / "again").glob("labels/*/*"), *(tmp_path / "again").glob("aggregated-json/*")):
        path.write_bytes(b"x" * path.stat().st_size)
    found = diff(gristmill, "one-out", "again")
    assert [found[kind]["names"] for kind in ("labels", "predictions", "sessions")] == [[], [], []]
    assert found["same_inputs"] and found["sessions"]["same"] == 5
    assert "both are of the same inputs and settings" in gristmill("diff", "one-out", "again").must(OK).stdout


def test_parts_count_as_their_partition(gristmill, tmp_path):
    for number in range(3):
        add(tmp_path, "collections", f"{number}.jsonl", [collection("p", f"s{number}", f"c{number}"), collection(f"q{number}", "s", "c")])
        add(tmp_path, "predictions", f"{number}.jsonl", [prediction("p", f"s{number}")])
        update(gristmill, "--quiet").must(OK)
    gristmill.run(tmp_path / "in/collections", tmp_path / "in/predictions", "plain", "--quiet").must(OK)
    found = diff(gristmill, "out", "plain")
    assert found["labels"]["same"] == 4 and found["labels"]["names"] == []
    runs = diff(gristmill, "out", "--runs", "1, 3")
    assert runs["counts"]["collections.lines"] == [2, 2] and runs["counts"]["new_sessions"] == [2, 2]
    table = gristmill("diff", "out", "--runs", "1,3").must(OK).stdout
    assert "collections.lines" in table and "partitions of labels" not in table


def test_what_cannot_be_compared(gristmill, two):
    gristmill("diff", "one-out").must_fail(USAGE, "a second output is missing", "--runs")
    gristmill("diff", "one-out", "nothing").must_fail(INPUT, "nothing")
    gristmill("diff", "one-out", "--runs", "1").must_fail(USAGE, "--runs")
    gristmill("diff", "one-out", "--runs", "1,2,3").must_fail(USAGE, "--runs")
    gristmill("diff", "one-out", "--runs", "1,2").must_fail(USAGE, "has no run '1' in its history")
    gristmill("diff", "one-out", "other-out", "--limit", "some").must_fail(USAGE, "--limit")
