"""What an output that grows makes of its inputs: known, moved, changed, new, set aside; and how it lays out its rows."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from command import CHECKS, INPUT, NO_INPUT, OK, USAGE
from growing import LEDGER, add, differences, ledger, partitions, rebuild, update
from lines import collection, prediction, write_lines
from outputs import report

# ---- the ledger


def test_the_ledger_lists_what_came_when(gristmill, grown):
    assert [(entry["batch"], entry["data_set"], entry["name"], entry["lines"]) for entry in ledger(grown)] == [
        (1, "collections", "1.jsonl", 2), (1, "predictions", "1.jsonl", 1),
        (2, "collections", "2.jsonl", 2), (2, "predictions", "2.jsonl", 1)]
    assert [entry["path"] for entry in ledger(grown)[:1]] == [str(grown.parent / "in/collections/1.jsonl")]


def test_nothing_new(gristmill, grown):
    before = {path: path.stat().st_mtime_ns for path in grown.rglob("*")}
    outcome = update(gristmill).must(OK)
    assert outcome.stdout == f"nothing is new: 4 input files, all of which '{grown}' holds\n"
    assert {path: path.stat().st_mtime_ns for path in grown.rglob("*")} == before
    update(gristmill, "--require-new").must_fail(NO_INPUT, "nothing is new")
    assert not (grown / "_staging").exists()


def test_a_touched_file_is_known_by_its_bytes(gristmill, grown):
    os.utime(grown.parent / "in/collections/1.jsonl", ns=(1, 1))
    assert "nothing is new" in update(gristmill).must(OK).stdout


def test_a_moved_file_is_known_where_it_is(gristmill, grown):
    old = grown.parent / "in/collections/1.jsonl"
    new = grown.parent / "in/collections/moved/1.jsonl"
    new.parent.mkdir()
    shutil.copy(old, new)
    # There are two of them now: the new one is new.
    update(gristmill).must(OK)
    assert [entry["name"] for entry in ledger(grown) if entry["batch"] == 3] == ["moved/1.jsonl"]
    other = grown.parent / "elsewhere"
    other.mkdir()
    shutil.move(old, other / "1.jsonl")
    outcome = gristmill("update", "--collections", "elsewhere", "--predictions", "in/predictions", "--output", "out").must(OK)
    assert "nothing is new" in outcome.stdout


@pytest.mark.parametrize("how", ["appended", "same size"])
def test_a_changed_file_ends_the_update(gristmill, grown, how):
    path = grown.parent / "in/collections/1.jsonl"
    data = path.read_bytes()
    path.write_bytes(data + b"\n" if how == "appended" else data.replace(b"c1", b"cX"))
    update(gristmill).must_fail(INPUT, "1 input changed", "in/collections/1.jsonl", "--changed ignore", "--accumulate")
    assert "nothing is new" in update(gristmill, "--changed", "ignore").must(OK).stdout
    add(grown.parent, "collections", "3.jsonl", [collection("p3", "s3", "c")])
    update(gristmill, "--changed", "ignore").must(OK)
    assert partitions(grown)["labels/profile-id=p1"].count(b'"c1"') == 2


def test_a_later_file_of_the_same_name_gets_its_batch_number(gristmill, grown):
    other = write_lines(grown.parent / "other/1.jsonl", [collection("p9", "s9", "c"), "bad"])
    gristmill("update", "--collections", other.parent, "--output", "out", "--publish-anyway").must(OK)
    assert ledger(grown)[-1]["name"] == "3/1.jsonl"
    quarantined = json.loads((grown / "quarantine/collections.jsonl").read_text().splitlines()[-1])
    assert quarantined["file"] == "3/1.jsonl" and "inputs_id" not in quarantined


def test_what_is_gone_stays_in_the_output(gristmill, grown):
    rows = partitions(grown)
    (grown.parent / "in/collections/1.jsonl").unlink()
    add(grown.parent, "collections", "3.jsonl", [collection("p3", "s3", "c")])
    update(gristmill).must(OK)
    assert partitions(grown)["labels/profile-id=p1"] == rows["labels/profile-id=p1"]
    assert report(grown)["run"]["gone"]["collections"] == {"files": 1, "names": [str(grown.parent / "in/collections/1.jsonl")]}
    rebuilt = ["run", "--accumulate", "--collections", "in/collections", "--predictions", "in/predictions", "--output", "out"]
    gristmill(*rebuilt).must_fail(USAGE, "1 input that no longer", "--drop-gone")
    gristmill(*rebuilt, "--drop-gone").must(OK)
    assert len(ledger(grown)) == 4


# ---- refusals


def test_what_does_not_grow_cannot_be_updated(gristmill, small):
    gristmill.run(*small, "out").must(OK)
    gristmill("update", "--collections", small[0], "--output", "out").must_fail(USAGE, "keeps no state", "--accumulate")


def test_a_plain_run_does_not_replace_what_grows(gristmill, grown):
    plain = ["run", "--collections", "in/collections", "--output", "out"]
    gristmill(*plain).must_fail(USAGE, "grows", "gristmill update", "--drop-state")
    gristmill(*plain, "--drop-state").must(OK)
    assert not (grown / "_state").exists()


def test_other_settings_are_refused(gristmill, grown):
    add(grown.parent, "collections", "3.jsonl", [collection("p3", "s3", "c")])
    update(gristmill, "--strict").must_fail(USAGE, "strict", "gristmill run --accumulate")
    update(gristmill, "--threads", 1, "--memory", "64MiB").must(OK)


def test_standard_input_cannot_grow(gristmill):
    gristmill("update", "--collections", "-", "--output", "out").must_fail(USAGE, "standard input")


def test_a_broken_ledger_is_named(gristmill, grown):
    broken = grown.parent / "broken.jsonl"
    for line, why in (("[1]", "no JSON object"), ("{}", "data_set"), ("{", "no JSON")):
        broken.write_text(line + "\n")
        gristmill("run", "--accumulate", "--ledger", broken, "--output", "other").must_fail(INPUT, "line 1", why)
    broken.write_text("")
    gristmill("run", "--accumulate", "--ledger", broken, "--output", "other").must_fail(NO_INPUT, "lists no input")
    gristmill("run", "--accumulate", "--ledger", f"out/{LEDGER}", "--collections", "in/collections",
              "--output", "other").must_fail(USAGE, "a ledger and inputs")


def test_a_ledger_that_is_not_true_is_refused(gristmill, grown):
    text = (grown / LEDGER).read_text()
    twice = grown.parent / "twice.jsonl"
    twice.write_text(text + text.splitlines(keepends=True)[0])
    gristmill("run", "--accumulate", "--ledger", twice, "--output", "other").must_fail(INPUT, "twice")
    path = grown.parent / "in/collections/1.jsonl"
    path.write_bytes(path.read_bytes() + b"\n")
    gristmill("run", "--accumulate", "--ledger", f"out/{LEDGER}", "--output", "other").must_fail(INPUT, str(path), "bytes, where the ledger")


def test_settings_that_differ_are_told_with_both_values(gristmill, grown):
    add(grown.parent, "collections", "3.jsonl", [collection("p3", "s3", "c")])
    update(gristmill, "--swipe-models", "a", "--swipe-models", "b", "--strict").must_fail(
        USAGE, 'models.swipe (there ["swipe_model"], here ["a", "b"])', "strict (there false, here true)")


# ---- what is left out


def test_a_file_is_set_aside(gristmill, grown):
    """One that would fail every update, and the two nights after it."""
    bad = grown.parent / "in/collections/3.jsonl.gz"
    bad.write_bytes(b"no gzip at all\n")
    update(gristmill).must_fail(CHECKS, "unusable_files")
    outcome = update(gristmill, "--set-aside", "3.jsonl.gz").must(OK)
    assert f"1 input set aside, none of whose lines is read: '{bad}'" in outcome.stderr
    entry = ledger(grown)[-1]
    assert (entry["name"], entry["set_aside"], entry["lines"], entry["size"]) == ("3.jsonl.gz", True, 0, 15)
    listed = {file["file"]: file for file in report(grown)["accounting"]["files"]}
    assert listed["3.jsonl.gz"]["set_aside"] and "set_aside" not in listed["1.jsonl"]
    assert "nothing is new: 5 input files" in update(gristmill).must(OK).stdout
    # A recipe may go on naming it.
    add(grown.parent, "collections", "4.jsonl", [collection("p1", "s1", "c4")])
    update(gristmill, "--set-aside", "3.jsonl.gz").must(OK)
    rebuild(gristmill)
    assert differences(grown, grown.parent / "rebuilt") == []
    assert "the same tables and report" in gristmill("verify", "out", "--state").must(OK).stdout


def test_the_first_run_sets_aside_too(gristmill, tmp_path):
    add(tmp_path, "collections", "1.jsonl", [collection("p1", "s1", "c")])
    add(tmp_path, "collections", "2.jsonl", [collection("p2", "s2", "c")])
    gristmill("run", "--accumulate", "--collections", "in/collections", "--output", "out", "--set-aside", "2.jsonl").must(OK)
    assert list(partitions(tmp_path / "out")) == ["labels/profile-id=p1"]
    rebuild(gristmill)
    assert differences(tmp_path / "out", tmp_path / "rebuilt") == []


def test_what_cannot_be_set_aside_is_told(gristmill, grown, small):
    add(grown.parent, "collections", "3.jsonl", [collection("p3", "s3", "c")])
    update(gristmill, "--set-aside", "4.jsonl").must_fail(USAGE, "no new input has the name '4.jsonl'", "gristmill explain --update")
    update(gristmill, "--set-aside", "1.jsonl").must_fail(USAGE, "'1.jsonl' cannot be set aside", "run --accumulate")
    gristmill.run(*small, "plain", "--set-aside", "collections.jsonl").must_fail(USAGE, "keeps no ledger")
    gristmill("run", "--accumulate", "--ledger", f"out/{LEDGER}", "--output", "other",
              "--set-aside", "1.jsonl").must_fail(USAGE, "a ledger and files to set aside")


def test_a_folder_whose_files_have_expired_brings_nothing_new(gristmill, grown):
    shutil.rmtree(grown.parent / "in/predictions")
    (grown.parent / "in/predictions").mkdir()
    assert "nothing is new" in update(gristmill).must(OK).stdout
    add(grown.parent, "collections", "3.jsonl", [collection("p3", "s3", "c")])
    update(gristmill).must(OK)
    assert len(partitions(grown)["predictions/profile-id=p1"].splitlines()) == 2
    (grown.parent / "in/predictions/p.csv").write_text("a,b\n")
    update(gristmill).must_fail(NO_INPUT, "1 file passed over (p.csv)")
    gristmill("update", "--collections", "in/misspelled", "--output", "out").must_fail(NO_INPUT, "does not exist")


def test_a_recipe_may_name_what_is_gone(gristmill, grown):
    gristmill("run", "--accumulate", "--collections", "in/collections", "--output", "new", "--set-aside", "gone.jsonl").must(OK)


def test_a_file_is_set_aside_by_the_name_that_it_has_in_its_folder(gristmill, grown):
    """Its name in the ledger has its batch before it, since an earlier file has that name."""
    other = write_lines(grown.parent / "other/1.jsonl", ["no line"])
    words = ["update", "--collections", other.parent, "--output", "out"]
    gristmill(*words).must(CHECKS)
    gristmill(*words, "--set-aside", "1.jsonl").must(OK)
    assert (ledger(grown)[-1]["name"], ledger(grown)[-1]["set_aside"]) == ("3/1.jsonl", True)


def test_a_name_of_both_data_sets_is_not_guessed(gristmill, grown):
    for dataset in ("collections", "predictions"):
        add(grown.parent, dataset, "3.jsonl", [collection("p3", "s3", "c") if dataset == "collections" else prediction("p3", "s3", "c")])
    update(gristmill, "--set-aside", "3.jsonl").must_fail(USAGE, "several new files", "predictions/3.jsonl")
    update(gristmill, "--set-aside", "predictions/3.jsonl").must(OK)
    assert [(entry["data_set"], entry.get("set_aside")) for entry in ledger(grown)[4:]] == [("collections", None), ("predictions", True)]


def test_what_was_set_aside_may_be_deleted(gristmill, grown):
    bad = grown.parent / "in/collections/3.jsonl"
    bad.write_text("no line\n")
    update(gristmill, "--set-aside", "3.jsonl").must(OK)
    bad.unlink()
    gristmill("run", "--accumulate", "--collections", "in/collections", "--predictions", "in/predictions", "--output", "out").must(OK)


def test_the_same_bytes_are_read_again_or_skipped(gristmill, grown):
    path = grown.parent / "in/collections"
    rows = partitions(grown)
    for name in ("3.jsonl", "4.jsonl"):
        shutil.copy(path / "1.jsonl", path / name)
    # One of the other data set is another matter.
    shutil.copy(path / "1.jsonl", grown.parent / "in/predictions/3.jsonl")
    assert "left out" in gristmill("explain", "--update", "--collections", "in/collections", "--output", "out",
                                   "--same-content", "skip").must(OK).stdout
    update(gristmill, "--same-content", "skip", "--publish-anyway").must(OK)
    skipped = [(entry["data_set"], entry["name"], entry.get("same_as")) for entry in ledger(grown) if entry["batch"] == 3]
    assert skipped == [("collections", "3.jsonl", "1.jsonl"), ("collections", "4.jsonl", "1.jsonl"), ("predictions", "3.jsonl", None)]
    assert partitions(grown)["labels/profile-id=p1"] == rows["labels/profile-id=p1"]
    rebuild(gristmill)
    assert differences(grown, grown.parent / "rebuilt") == []
    shutil.copy(path / "1.jsonl", path / "5.jsonl")
    update(gristmill, "--publish-anyway").must(OK)
    assert len(partitions(grown)["labels/profile-id=p1"]) > len(rows["labels/profile-id=p1"])


def test_the_same_bytes_of_a_file_that_is_gone_are_skipped(gristmill, grown):
    path = grown.parent / "in/collections"
    (path / "1.jsonl").rename(path / "3.jsonl")
    update(gristmill, "--same-content", "skip").must(OK)
    assert ledger(grown)[-1]["same_as"] == "1.jsonl"


def test_same_bytes_within_one_batch_are_read_once(gristmill, tmp_path):
    for name in ("1.jsonl", "2.jsonl"):
        add(tmp_path, "collections", name, [collection("p1", "s1", "c")])
    gristmill("update", "--collections", "in/collections", "--output", "out", "--same-content", "skip").must(OK)
    assert [entry.get("same_as") for entry in ledger(tmp_path / "out")] == [None, "1.jsonl"]
    assert all(len(entry["sha256"]) == 64 for entry in ledger(tmp_path / "out"))
    assert partitions(tmp_path / "out")["labels/profile-id=p1"].count(b"\n") == 1


def test_ignored_changes_are_told(gristmill, grown):
    path = grown.parent / "in/collections/1.jsonl"
    path.write_bytes(path.read_bytes() + b"\n")
    add(grown.parent, "collections", "3.jsonl", [collection("p3", "s3", "c")])
    told = update(gristmill, "--changed", "ignore").must(OK).stderr
    assert f"1 input changed, and what was read of it stays: 'in/collections/1.jsonl'" in told
    assert "; 1 other changed, and left out" in update(gristmill, "--changed", "ignore").must(OK).stdout


# ---- layout


def names(root):
    return sorted(path.relative_to(root).as_posix() for base in ("labels", "predictions") for path in (root / base).rglob("*.jsonl"))


def test_a_whole_layout_has_one_file_a_partition(gristmill, tmp_path):
    root = tmp_path / "out"
    for day in (1, 2, 3):
        add(tmp_path, "collections", f"{day}.jsonl", [collection("p1", "s1", f"c{day}"), collection(f"p{day}", f"s{day}", "c")])
        add(tmp_path, "predictions", "1.jsonl", [prediction("p1", "s1", "c")])
        # It stays what it is once it was said.
        update(gristmill, *(["--layout", "whole"] if day == 1 else []), "--sha256").must(OK)
        gristmill("verify", "out").must(OK)
    assert names(root) == [f"labels/profile-id=p{number}/collections.jsonl" for number in (1, 2, 3)] + [
        "predictions/profile-id=p1/predictions.jsonl"]
    gristmill("compact", "out").must(OK)
    plain = tmp_path / "plain"
    gristmill("run", "--collections", "in/collections", "--predictions", "in/predictions", "--output", plain).must(OK)
    assert {path: (root / path).read_bytes() for path in names(root)} == {path: (plain / path).read_bytes() for path in names(plain)}
    rebuild(gristmill)
    assert differences(root, tmp_path / "rebuilt") == []


def test_an_old_file_is_never_written_to(gristmill, grown):
    update_day(gristmill, grown, 3, "--layout", "whole")
    path = grown / "labels/profile-id=p1/collections.jsonl"
    with path.open("rb") as old:
        rows = path.read_bytes()
        update_day(gristmill, grown, 4)
        assert path.read_bytes().startswith(rows) and len(path.read_bytes()) > len(rows)
        assert old.read() == rows


def update_day(gristmill, root, day, *words):
    add(root.parent, "collections", f"{day}.jsonl", [collection("p1", "s1", f"c{day}")])
    update(gristmill, *words).must(OK)


def test_the_layout_may_change(gristmill, grown):
    """What an update does not touch stays as it is; what it touches reads on in order."""
    update_day(gristmill, grown, 3, "--layout", "whole")
    assert names(grown) == ["labels/profile-id=p1/collections.jsonl", "labels/profile-id=p2/collections-000002.jsonl",
                            "predictions/profile-id=p1/predictions-000001.jsonl", "predictions/profile-id=p1/predictions-000002.jsonl"]
    update_day(gristmill, grown, 4, "--layout", "parts")
    assert "labels/profile-id=p1/collections-000001-000004.jsonl" in names(grown)
    update_day(gristmill, grown, 5)
    assert "labels/profile-id=p1/collections-000005.jsonl" in names(grown)
    rebuild(gristmill)
    assert differences(grown, grown.parent / "rebuilt") == []
    update_day(gristmill, grown, 6, "--layout", "whole")
    gristmill("compact", "out").must(OK)
    assert names(grown) == ["labels/profile-id=p1/collections.jsonl", "labels/profile-id=p2/collections.jsonl",
                            "predictions/profile-id=p1/predictions.jsonl"]
    assert len(gristmill("show", "out", "labels", "--profile", "p1", "--format", "json").must(OK).stdout.splitlines()) == \
        partitions(grown)["labels/profile-id=p1"].count(b"\n")


def test_the_report_lists_ten_thousand_files(gristmill, tmp_path):
    folder = tmp_path / "in/collections"
    folder.mkdir(parents=True)
    line = collection("p1", "s1", "c")
    for number in range(10_002):
        write_lines(folder / f"{number:05}.jsonl", [line] if number in (0, 10_000) else [])
    gristmill("update", "--collections", "in/collections", "--output", "out", "--publish-anyway", "--quiet").must(OK)
    accounting = report(tmp_path / "out")["accounting"]
    assert len(accounting["files"]) == 10_000
    assert accounting["further_files"]["files"] == 2 and accounting["further_files"]["lines"] == 1
    assert accounting["totals"]["collections"]["lines"] == 2
