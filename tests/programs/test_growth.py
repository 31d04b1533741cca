"""`gristmill update`: whatever the cut into updates, the output is that of one run over all inputs."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
from pathlib import Path

import hostile
import pytest
import xxhash
from command import CHECKS, INPUT, OK, OUTPUT, REPOSITORY, USAGE
from growing import DATASETS, LEDGER, add, batches, cut, differences, ledger, partitions, rebuild, update
from lines import collection, prediction, write_lines
from outputs import check, report

# ---- the promise


def grow(gristmill, folder: Path, seed: int, lines: int) -> None:
    rng = random.Random(seed)
    recipe = hostile.make_recipe(rng) if seed % 3 else {}
    (folder / "recipe.yaml").write_text(json.dumps(recipe, ensure_ascii=False))
    words = ["--recipe", "recipe.yaml", "--publish-anyway", "--quiet", "--compact-above", rng.choice([1, 2, 16])]
    layouts = rng.choice([["auto"], ["auto"], ["whole"], ["parts", "whole", "auto"]])
    # A line that comes again in another batch is a repetition there; one that came late belongs to an old session.
    shared = {dataset: hostile.make_file(rng, hostile.LineMaker(rng, dataset, recipe), 20) for dataset in DATASETS}
    number = 0
    for batch in cut(rng, rng.randrange(1, 7), lines, recipe):
        for dataset, files in batch.items():
            for data in files:
                # Late files sort before those that are known.
                path = folder / "in" / dataset / f"{rng.choice('abz')}/{rng.randrange(3)}-{number}.jsonl"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data + (b"\n" + shared[dataset] if rng.random() < 0.5 else b""))
                number += 1
        for dataset in DATASETS:
            (folder / "in" / dataset).mkdir(parents=True, exist_ok=True)
        inputs = [word for dataset in DATASETS if any((folder / "in" / dataset).rglob("*.jsonl"))
                  for word in (f"--{dataset}", f"in/{dataset}")]
        if inputs:
            gristmill("update", *inputs, "--output", "out", *words, "--threads", rng.randrange(1, 4), "--layout", rng.choice(layouts)).must(OK)
            if rng.random() < 0.3:
                gristmill("compact", "out").must(OK)
    if number == 0:
        return
    gristmill("run", "--accumulate", "--ledger", f"out/{LEDGER}", "--output", "rebuilt", *words).must(OK)
    assert differences(folder / "out", folder / "rebuilt") == []
    assert "the same tables and report" in gristmill("verify", "out", "--state").must(OK).stdout


@pytest.mark.parametrize("seed", range(10))
def test_any_cut_gives_the_same_bytes(gristmill, tmp_path, seed):
    grow(gristmill, tmp_path, seed, 80)


@pytest.mark.long
@pytest.mark.parametrize("block", range(20))
def test_any_cut_gives_the_same_bytes_at_length(gristmill, tmp_path, block):
    for seed in range(1000 + 10 * block, 1010 + 10 * block):
        for left in ("in", "out", "rebuilt"):
            shutil.rmtree(tmp_path / left, ignore_errors=True)
        grow(gristmill, tmp_path, seed, 200)


def test_a_batch_adds_parts_and_touches_no_other(gristmill, grown):
    assert sorted(part.name for part in (grown / "labels/profile-id=p1").iterdir()) == [
        "collections-000001.jsonl", "collections-000002.jsonl"]
    assert [part.name for part in (grown / "labels/profile-id=p2").iterdir()] == ["collections-000002.jsonl"]
    assert report(grown)["accounting"]["partitions"] == {"labels": 2, "predictions": 1}
    before = (grown / "labels/profile-id=p1/collections-000001.jsonl").stat()
    add(grown.parent, "collections", "3.jsonl", [collection("p3", "s3", "c")])
    update(gristmill).must(OK)
    after = (grown / "labels/profile-id=p1/collections-000001.jsonl").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_many_batches_merge_their_runs(gristmill, tmp_path):
    """A level of sixteen runs becomes one; a collection id in every batch counts once."""
    add(tmp_path, "predictions", "all.jsonl", [prediction("p1", "s1", "c", score=0.5, confidence=1)])
    for day in range(35):
        add(tmp_path, "collections", f"{day:02}.jsonl", [collection("p1", "s1", "again"), collection("p1", f"s{day}", "c"), "bad"])
        update(gristmill, "--quiet", "--publish-anyway").must(OK)
    runs = sorted(file.name for file in (tmp_path / "out/_state").iterdir() if file.name.startswith("sessions-"))
    assert runs == ["sessions-000001-000016", "sessions-000017-000032", "sessions-000033-000033", "sessions-000034-000034",
                    "sessions-000035-000035"]
    rows = [json.loads(line) for line in (tmp_path / "out/aggregated-json/part-00000.json").read_text().splitlines()]
    assert {row["session_id"]: row["number_of_collections"] for row in rows}["s1"] == 2
    assert check(tmp_path / "out", "repeated_lines")["counts"]["collections"]["lines"] == 34
    # Where there were more than sixteen parts they became one.
    assert sorted(part.name for part in (tmp_path / "out/labels/profile-id=p1").iterdir()) == [
        "collections-000001-000033.jsonl", "collections-000034.jsonl", "collections-000035.jsonl"]
    rebuild(gristmill)
    assert differences(tmp_path / "out", tmp_path / "rebuilt") == []


def test_a_plain_run_keeps_its_bytes(gristmill, small):
    """What is not to grow has no state, and one file a partition."""
    gristmill.run(*small, "out").must(OK)
    assert not (gristmill.folder / "out/_state").exists()
    assert (gristmill.folder / "out/labels/profile-id=p0/collections.jsonl").exists()
    assert not (gristmill.folder / "out/validation/batches.jsonl").exists()


# ---- compaction


def test_compact_makes_one_file_a_partition(gristmill, grown):
    before = partitions(grown)
    shutil.copytree(grown, grown.parent / "before")
    assert "merged 4 parts of 2 partitions" in gristmill("compact", "out").must(OK).stdout
    assert [part.name for part in (grown / "labels/profile-id=p1").iterdir()] == ["collections-000001-000002.jsonl"]
    assert [part.name for part in (grown / "labels/profile-id=p2").iterdir()] == ["collections-000002.jsonl"]
    assert partitions(grown) == before and differences(grown, grown.parent / "before") == []
    gristmill("verify", "out").must(OK)
    assert "nothing to merge" in gristmill("compact", "out").must(OK).stdout
    add(grown.parent, "collections", "3.jsonl", [collection("p1", "s1", "c3")])
    update(gristmill).must(OK)
    assert sorted(part.name for part in (grown / "labels/profile-id=p1").iterdir()) == [
        "collections-000001-000002.jsonl", "collections-000003.jsonl"]
    assert "merged 2 parts of 1 partition" in gristmill("compact", "out").must(OK).stdout
    rebuild(gristmill)
    assert differences(grown, grown.parent / "rebuilt") == []


def test_an_update_merges_where_there_are_many(gristmill, grown):
    for day in (3, 4):
        add(grown.parent, "collections", f"{day}.jsonl", [collection("p1", "s1", f"c{day}")])
        update(gristmill, "--compact-above", 3).must(OK)
    assert [part.name for part in (grown / "labels/profile-id=p1").iterdir()] == ["collections-000001-000004.jsonl"]
    # What it did not touch stays.
    assert len(list((grown / "predictions/profile-id=p1").iterdir())) == 2
    gristmill("verify", "out").must(OK)
    rebuild(gristmill)
    assert differences(grown, grown.parent / "rebuilt") == []


def test_what_does_not_grow_is_not_compacted(gristmill, small):
    gristmill.run(*small, "out").must(OK)
    gristmill("compact", "out").must_fail(USAGE, "does not grow")
    gristmill("verify", "out").must(OK)


def test_killed_at_any_operation_compact_leaves_the_old_or_the_new(gristmill, grown):
    shutil.copytree(grown, grown.parent / "old")
    log = grown.parent / "operations"
    gristmill("compact", "out", hooks={"FAULT": "count", "FAULT_LOG": log}).must(OK)
    rows = partitions(grown)
    for number in range(1, len(log.read_text().splitlines()), 5):
        shutil.rmtree(grown)
        shutil.copytree(grown.parent / "old", grown)
        assert gristmill("compact", "out", hooks={"FAULT": f"kill:{number}"}).code in (-signal.SIGKILL, OK)
        gristmill("recover", "out").must(OK)
        gristmill("verify", "out").must(OK)
        assert partitions(grown) == rows
        gristmill("compact", "out").must(OK)
        assert len(list((grown / "labels/profile-id=p1").iterdir())) == 1


# ---- verdict


def test_a_batch_is_judged_by_itself(gristmill, grown):
    bad = add(grown.parent, "collections", "3.jsonl", ["bad"] * 2 + [collection("p3", "s3", "c")])
    before = partitions(grown)
    update(gristmill).must_fail(CHECKS, "rejected_lines")
    assert partitions(grown) == before and len(batches(grown)) == 2
    gristmill("publish", "out").must(OK)
    gristmill("verify", "out").must(OK)
    assert [batch["passed"] for batch in batches(grown)] == [True, True, False]
    assert batches(grown)[2]["collections"]["rejections"] == {"invalid_json": 2}
    # The whole is bad, the next batch is not.
    assert not report(grown)["verdict"]["passed"]
    add(grown.parent, "collections", "4.jsonl", [collection("p3", "s3", "c4")])
    update(gristmill).must(OK)
    assert bad.exists() and batches(grown)[3]["passed"]
    rebuild(gristmill)
    assert differences(grown, grown.parent / "rebuilt") == []


def test_a_kept_update_is_not_published_over_another(gristmill, grown):
    bad = add(grown.parent, "collections", "3.jsonl", ["bad"])
    update(gristmill).must_fail(CHECKS, "rejected_lines")
    bad.unlink()
    add(grown.parent, "collections", "4.jsonl", [collection("p4", "s4", "c")])
    update(gristmill).must(OK)
    gristmill("publish", "out").must_fail(USAGE, "nothing is staged")


def test_a_kept_update_waits_until_another_comes(gristmill, grown):
    bad = add(grown.parent, "collections", "3.jsonl", ["bad"])
    failed = update(gristmill).must(CHECKS)
    assert "up to 5% pass; the first: 3.jsonl:1" in failed.stderr
    words = ["update", "--collections", "in/collections/1.jsonl", "--output", "out"]
    assert "nothing is new" in gristmill(*words).must(OK).stdout
    gristmill(*words, "--strict").must(USAGE)
    gristmill("run", "--collections", "in/collections/1.jsonl", "--output", "out").must(USAGE)
    gristmill("compact", "nowhere").must_fail(INPUT, "no output")
    update(gristmill).must(CHECKS)  # it takes the place of the one before
    gristmill("publish", "out").must(OK)
    assert bad.exists() and len(batches(grown)) == 3
    gristmill("verify", "out", "--state").must(OK)


def test_checks_of_the_whole_fail_only_what_makes_them_worse(gristmill, grown):
    strict = ["--checks-duplicate-ids-severity", "fail"]
    twice = add(grown.parent, "collections", "3.jsonl", [collection("p7", "s1", "c")])
    update(gristmill, *strict).must_fail(CHECKS, "duplicate_ids")
    gristmill("publish", "out").must(OK)
    add(grown.parent, "collections", "4.jsonl", [collection("p8", "s8", "c")])
    update(gristmill, *strict).must(OK)
    assert twice.exists() and batches(grown)[-1]["checks"]["duplicate_ids"]["status"] == "warned"


def test_repeated_lines_count_once_a_batch(gristmill, grown):
    line = collection("p1", "s1", "c1", entries=2)
    for day in (3, 4):
        add(grown.parent, "collections", f"{day}.jsonl", [line, line])
        update(gristmill).must(OK)
    assert [batch["checks"]["repeated_lines"]["collections"] for batch in batches(grown)] == [0, 0, 2, 2]
    assert [batch["new_sessions"] for batch in batches(grown)] == [1, 1, 0, 0]
    assert [batch["touched_sessions"] for batch in batches(grown)] == [1, 2, 1, 1]


# ---- killed, interrupted, at the same time


class Growing:
    """An output of two batches and the inputs of a third, put back before each kill."""

    def __init__(self, gristmill, folder: Path):
        self.gristmill, self.folder = gristmill, folder
        self.root = folder / "out"
        add(folder, "collections", "3.jsonl", [collection("p1", "s1", "c3"), collection("p3", "s3", "c"), "bad"])
        add(folder, "predictions", "3.jsonl", [prediction("p2", "s2", "c", score=0.75, confidence=1)])
        self.words = ["--publish-anyway", "--threads", 1]
        shutil.copytree(self.root, folder / "old")
        update(gristmill, *self.words).must(OK)
        shutil.copytree(self.root, folder / "new")

    def reset(self):
        shutil.rmtree(self.root)
        shutil.copytree(self.folder / "old", self.root)

    def operations(self) -> list[str]:
        self.reset()
        log = self.folder / "operations"
        update(self.gristmill, *self.words, hooks={"FAULT": "count", "FAULT_LOG": log}).must(OK)
        return log.read_text().splitlines()[1:]

    def kill(self, plan: str) -> None:
        """Killed so, the output is the old one, the new one or unfinished; the next update makes it the new one."""
        self.reset()
        assert update(self.gristmill, *self.words, hooks={"FAULT": plan}).code in (-signal.SIGKILL, OK)
        verified = self.gristmill("verify", "out")
        if verified.code == OK:
            assert differences(self.root, self.folder / "old") == [] or differences(self.root, self.folder / "new") == []
        else:
            verified.must_fail(OUTPUT, "gristmill recover")
        update(self.gristmill, *self.words).must(OK)
        self.gristmill("verify", "out").must(OK)
        assert differences(self.root, self.folder / "new") == []
        assert len(batches(self.root)) == 3
        assert not (self.root / "_staging").exists() and not list(self.folder.glob(".out*"))


def test_killed_at_some_operations_of_an_update(gristmill, grown):
    it = Growing(gristmill, grown.parent)
    count = len(it.operations())
    for number in sorted(random.Random(count).sample(range(1, count + 1), 12)):
        it.kill(f"kill:{number}")


@pytest.mark.long
@pytest.mark.parametrize("plan", ["kill", "kill-after"])
def test_killed_at_every_operation_of_an_update(gristmill, grown, plan):
    it = Growing(gristmill, grown.parent)
    for number in range(1, len(it.operations()) + 1):
        it.kill(f"{plan}:{number}")


def test_what_fails_changes_nothing(gristmill, grown):
    """An error at any of some operations before the point of no return leaves the old output; the next update works."""
    it = Growing(gristmill, grown.parent)
    operations = it.operations()
    commit = next(number for number, text in enumerate(operations, 1) if "COMMIT" in text and text.startswith("rename"))
    for number in sorted(random.Random(commit).sample(range(1, commit), 12)):
        it.reset()
        outcome = update(gristmill, *it.words, hooks={"FAULT": f"error:{number}"})
        if outcome.code != OK:
            assert "gristmill: error: " in outcome.stderr
            assert differences(it.root, it.folder / "old") == []
        gristmill("recover", "out")
        update(gristmill, *it.words).must(OK)
        assert differences(it.root, it.folder / "new") == []


def test_two_updates_at_once(gristmill, grown):
    add(grown.parent, "collections", "3.jsonl", [collection("p3", "s3", f"c{number}", entries=500) for number in range(2000)])
    words = ["update", "--collections", "in/collections", "--predictions", "in/predictions", "--output", "out", "--quiet"]
    processes = [gristmill.start(*words) for _ in range(2)]
    codes = sorted(gristmill.finish(process).code for process in processes)
    # The second is refused, or comes when the first is done and finds nothing new.
    assert codes in ([OK, OUTPUT], [OK, OK])
    assert len(batches(grown)) == 3
    gristmill("verify", "out").must(OK)


def test_of_lines_and_ids_only_what_touched_sessions_have_is_read(gristmill, grown):
    many = [collection(f"p{i % 50}", f"s{i}", f"c{i}") for i in range(20_000)]
    add(grown.parent, "collections", "3.jsonl", many)
    update(gristmill).must(OK)
    # In the middle of each run lies nothing of the next batch's session: lines are in the order of hashes.
    for run in (*grown.glob("_state/lines-000003-*"), *grown.glob("_state/ids-000003-*")):
        data = bytearray(run.read_bytes())
        assert len(data) > 300_000
        data[len(data) // 2 - 100_000:len(data) // 2 + 100_000] = bytes(200_000)
        run.write_bytes(data)
    first = min((f"n{i}" for i in range(1000)), key=lambda name: xxhash.xxh3_128_digest(name.encode()))
    add(grown.parent, "collections", "4.jsonl", [collection(first, "s", "c")])
    update(gristmill).must(OK)
    add(grown.parent, "collections", "5.jsonl", [collection(f"p{i}", f"s{i}", "c") for i in range(50)])
    update(gristmill).must_fail(OUTPUT, "-000003-000003", "gristmill run --accumulate")


def test_a_state_that_is_damaged_is_named(gristmill, grown):
    add(grown.parent, "collections", "3.jsonl", [collection("p3", "s3", "c")])
    counts = grown / "_state/counts"
    whole = counts.read_bytes()
    numbers = json.loads(whole.split(b"\n")[0])
    table = (REPOSITORY / "docs/operate/upgrading.md").read_text()
    for name in ("format", "data_revision"):
        assert re.search(rf"`{name}`, [^|]* \| {numbers[name]} \|", table), "the page on upgrades tells another number"
    for damaged in (whole[:-1], b"{}\n", b"", whole.replace(b'"format": %d' % numbers["format"], b'"format": 1'),
                    whole.replace(b'"data_revision": 1', b'"data_revision": 9')):
        counts.write_bytes(damaged)
        outcome = update(gristmill)
        assert outcome.code in (USAGE, OUTPUT), outcome.stderr
        assert "gristmill run --accumulate" in outcome.stderr
    counts.write_bytes(whole)
    for kind in ("sessions", "lines", "ids"):
        run = next(grown.glob(f"_state/{kind}-*"))
        whole = run.read_bytes()
        run.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        update(gristmill).must_fail(OUTPUT, run.name, "gristmill run --accumulate")
        run.write_bytes(whole)
    update(gristmill).must(OK)


@pytest.mark.parametrize("name", ["_state/inputs.jsonl", "validation/batches.jsonl", "quarantine/collections.jsonl"])
def test_what_an_update_goes_on_from_is_held_against_the_manifest(gristmill, grown, name):
    add(grown.parent, "collections", "3.jsonl", ["bad", collection("p3", "s3", "c")])
    update(gristmill, "--publish-anyway").must(OK)
    add(grown.parent, "collections", "4.jsonl", [collection("p4", "s4", "c")])
    file = grown / name
    file.write_bytes(file.read_bytes().replace(b"1", b"2", 1))
    before = partitions(grown)
    update(gristmill).must_fail(OUTPUT, name, "not as it was written", "gristmill run --accumulate")
    file.unlink()
    update(gristmill).must_fail(OUTPUT)
    assert partitions(grown) == before and not (grown / "_staging").exists()
    if name == LEDGER:  # the guards hold without it
        words = ["run", "--collections", "in/collections", "--predictions", "in/predictions", "--output", "out"]
        gristmill(*words).must_fail(USAGE, "--drop-state")
        gristmill(*words, "--accumulate").must_fail(USAGE, "--drop-gone")


def test_a_damaged_part_is_not_merged(gristmill, grown):
    part = grown / "labels/profile-id=p1/collections-000001.jsonl"
    part.write_bytes(part.read_bytes().replace(b"c1", b"cX", 1))
    gristmill("compact", "out").must_fail(OUTPUT, "collections-000001.jsonl", "not what the manifest says", "gristmill verify")
    add(grown.parent, "collections", "3.jsonl", [collection("p1", "s3", "c")])
    update(gristmill, "--compact-above", 1).must_fail(OUTPUT, "collections-000001.jsonl")
    assert part.exists() and not (grown / "_staging").exists()


def test_an_update_looks_only_at_what_it_touches(gristmill, grown):
    """What it does not need may be missing or strange: `verify` looks at all."""
    (grown / "labels/profile-id=p2/collections-000002.jsonl").unlink()
    (grown / "labels/profile-id=p2/strange").write_text("")
    add(grown.parent, "collections", "3.jsonl", [collection("p1", "s3", "c")])
    update(gristmill).must(OK)
    told = gristmill("verify", "out").must_fail(CHECKS, "2 places").stdout
    assert "missing: labels/profile-id=p2/collections-000002.jsonl" in told and "labels/profile-id=p2/strange" in told


def test_an_update_does_not_replace_a_strangers_file(gristmill, grown):
    stranger = grown / "labels/profile-id=p1/collections-000003.jsonl"
    stranger.write_text("mine")
    add(grown.parent, "collections", "3.jsonl", [collection("p1", "s3", "c")])
    update(gristmill).must_fail(OUTPUT, "did not write", "collections-000003.jsonl")
    assert stranger.read_text() == "mine" and len(batches(grown)) == 2


def test_publishing_a_kept_update_does_not_replace_a_strangers_file(gristmill, grown):
    add(grown.parent, "collections", "3.jsonl", ["bad", collection("p1", "s3", "c")])
    update(gristmill).must(CHECKS)
    strangers = [grown / "labels/profile-id=p1/collections-000003.jsonl", grown / "quarantine/collections.jsonl"]
    for stranger in strangers:
        stranger.parent.mkdir(exist_ok=True)
        stranger.write_text("mine")
    gristmill("publish", "out").must_fail(OUTPUT, "did not write", "2 files", "quarantine/collections.jsonl")
    assert [stranger.read_text() for stranger in strangers] == ["mine", "mine"]
    for stranger in strangers:
        stranger.unlink()
    gristmill("publish", "out").must(OK)
    gristmill("verify", "out").must(OK)


def test_compact_says_that_it_removes_a_kept_update(gristmill, grown):
    add(grown.parent, "collections", "3.jsonl", ["bad", collection("p1", "s3", "c")])
    update(gristmill).must(CHECKS)
    outcome = gristmill("compact", "out").must(OK)
    assert "which a failed check had kept back" in outcome.stdout + outcome.stderr


def test_damaged_lists_are_named_with_a_way_out(gristmill, grown):
    add(grown.parent, "collections", "3.jsonl", [collection("p1", "s3", "c")])
    update(gristmill, hooks={"MOST_FILES_IN_MANIFEST": 1}).must(OK)
    path, = (grown / "_state").glob("files-*")
    whole = path.read_bytes()
    add(grown.parent, "collections", "4.jsonl", [collection("p1", "s4", "c")])
    for damaged in (whole[:-40], None):
        path.unlink() if damaged is None else path.write_bytes(damaged)
        update(gristmill).must_fail(OUTPUT, str(path), "move this output away")
    path.write_bytes(whole)
    update(gristmill).must(OK)
    with (grown / LEDGER).open("a") as file:
        file.write("x\n")
    gristmill("run", "--accumulate", "--collections", "in/collections", "--output", "out").must_fail(USAGE, "line 7", "--drop-gone")


def test_a_manifest_of_many_files_is_a_head_with_lists(gristmill, grown):
    """The same output, by the same commands, killed on the way too."""
    lists = {"MOST_FILES_IN_MANIFEST": 1}
    for day in range(3, 8):
        add(grown.parent, "collections", f"{day}.jsonl", [collection("p1", f"s{day}", "c"), collection(f"p{day}", "s", "c")])
        if day == 5:
            shutil.copytree(grown, grown.parent / "old")
        update(gristmill, "--compact-above", 3, hooks=lists).must(OK)
        gristmill("verify", "out").must(OK)
    head = json.loads((grown / "_manifest.json").read_text())
    assert head["manifest"] == 2 and "files" not in head
    assert head["file_count"] == len([path for path in grown.rglob("*") if path.is_file()]) - 2
    assert all((grown / each["path"]).stat().st_size == each["size"] for each in head["lists"])
    rebuild(gristmill)
    assert differences(grown, grown.parent / "rebuilt") == []
    gristmill("compact", "out").must(OK)
    assert differences(grown, grown.parent / "rebuilt") == []
    for command in (["verify", "out", "--state"], ["show", "out", "labels", "--profile", "p1"], ["ddl", "duckdb", "out"], ["recover", "out"]):
        gristmill(*command).must(OK)
    # A kept one waits with its lists.
    add(grown.parent, "collections", "8.jsonl", ["bad", collection("p1", "s8", "c")])
    update(gristmill).must(CHECKS)
    gristmill("publish", "out").must(OK)
    gristmill("verify", "out").must(OK)
    # A plain run replaces it, lists and all.
    gristmill("run", "--collections", "in/collections/1.jsonl", "--output", "out", "--drop-state").must(OK)
    gristmill("verify", "out").must(OK)
    assert not (grown / "_state").exists()


@pytest.mark.parametrize("most_files", [1, 1000])
def test_killed_while_it_publishes_an_update_is_finished_or_gone(gristmill, grown, most_files):
    add(grown.parent, "collections", "3.jsonl", [collection("p1", "s3", "c"), collection("p3", "s3", "c")])
    update(gristmill, hooks={"MOST_FILES_IN_MANIFEST": most_files}).must(OK)
    add(grown.parent, "collections", "4.jsonl", [collection("p1", "s4", "c"), collection("p4", "s4", "c")])
    shutil.copytree(grown, grown.parent / "old")
    log = grown.parent / "operations"
    hooks = {"MOST_FILES_IN_MANIFEST": most_files}
    update(gristmill, "--compact-above", 1, hooks={**hooks, "FAULT": "count", "FAULT_LOG": log}).must(OK)
    rows = partitions(grown)
    operations = log.read_text().splitlines()
    for number in range(len(operations) // 2, len(operations), 3):
        shutil.rmtree(grown)
        shutil.copytree(grown.parent / "old", grown)
        assert update(gristmill, "--compact-above", 1, hooks={**hooks, "FAULT": f"kill:{number}"}).code in (-signal.SIGKILL, OK)
        update(gristmill, "--compact-above", 1, hooks=hooks).must(OK)
        gristmill("verify", "out").must(OK)
        assert partitions(grown) == rows


def test_names_that_are_not_utf8_are_known(gristmill, grown):
    folder = grown.parent / "in/collections"
    for name in (b"\xff.jsonl", b"\xfe.jsonl", "\ufffd.jsonl".encode()):
        (folder / os.fsdecode(name)).write_text(collection("p9", "s9", name.hex()) + "\n")
    update(gristmill).must(OK)
    assert "nothing is new: 7 input files" in update(gristmill).must(OK).stdout
    rebuild(gristmill)
    assert differences(grown, grown.parent / "rebuilt") == []


def test_the_state_is_held_against_the_tables(gristmill, grown, small):
    assert "its state gives the same tables and report" in gristmill("verify", "out", "--state").must(OK).stdout
    whole = {name: (grown / name).read_bytes() for name in ("validation/report.json", LEDGER, "_manifest.json")}

    def told_of(name, before, after):
        """With a count that is another one; the manifest is told of it, so that only the state can say so."""
        for each, data in whole.items():
            (grown / each).write_bytes(data)
        data = whole[name].replace(before, after, 1)
        assert data != whole[name] and len(data) == len(whole[name])
        (grown / name).write_bytes(data)
        manifest = grown / "_manifest.json"
        lines = manifest.read_text().splitlines(keepends=True)
        at = next(number for number, line in enumerate(lines) if f'"{name}"' in line)
        lines[at] = re.sub('"xxh3_128":"[0-9a-f]*"', f'"xxh3_128":"{xxhash.xxh3_128_hexdigest(data)}"', lines[at])
        manifest.write_text("".join(lines))
        told = gristmill("verify", "out", "--state")
        told.must_fail(CHECKS, "gives other files")
        return told.stdout

    told = told_of("validation/report.json", b'"sessions": 2', b'"sessions": 3')
    assert "other from the state: validation/report.json" in told and "_state/counts" not in told
    # A line that no profile has: what profiles counted does not add up.
    accepted = ledger(grown)[0]["accepted"]
    told = told_of(LEDGER, b'"accepted": %d, "rejected": 0' % accepted, b'"accepted": %d, "rejected": 1' % (accepted - 1))
    assert "other from the state: _state/counts" in told
    gristmill.run(*small, "plain").must(OK)
    gristmill("verify", "plain", "--state").must_fail(USAGE, "keeps no state")


# ---- looking


def test_explain_and_validate_look_without_touching(gristmill, grown):
    new = add(grown.parent, "collections", "3.jsonl", ["bad", collection("p1", "s9", "c")])
    before = {path: path.stat().st_mtime_ns for path in grown.rglob("*")}
    words = ["--collections", "in/collections", "--predictions", "in/predictions", "--output", "out"]
    shown = gristmill("explain", "--update", *words).must(OK).stdout
    assert "batch 3: 1 new file, 4 known, 0 of them moved" in shown and str(new) in shown
    assert "published by  journal (an update" in shown
    checked = gristmill("validate", "--update", "--format", "json", *words).must(CHECKS)
    told = json.loads(checked.stdout)
    assert told["run"]["batch"] == {"number": 3, "new_files": 1, "known_files": 4, "moved_files": 0, "changed_files": 0,
                                    "passed": False}
    assert "rejected_lines failed: collections 1 (50%)" in checked.stderr
    assert {path: path.stat().st_mtime_ns for path in grown.rglob("*")} == before
    new.unlink()
    assert "nothing is new" in gristmill("validate", "--update", *words).must(OK).stdout


def test_batches_are_listed(gristmill, grown):
    table = gristmill("batches", "out").must(OK).stdout
    assert table.splitlines()[1].split()[:3] == ["batch", "started", "files"]
    assert [json.loads(line)["batch"] for line in gristmill("batches", "out", "--format", "json").must(OK).stdout.splitlines()] == [1, 2]
    assert gristmill("batches", "out", "--format", "csv", "--limit", 1).must(OK).stdout.splitlines()[1].startswith("2,")
    assert len(gristmill("show", "out", "labels", "--profile", "p1", "--format", "json").must(OK).stdout.splitlines()) == 5


def test_a_plain_output_has_no_batches(gristmill, small):
    gristmill.run(*small, "out").must(OK)
    gristmill("batches", "out").must_fail(USAGE, "does not grow", "--accumulate")
