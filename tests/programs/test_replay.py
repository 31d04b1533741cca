"""`gristmill replay`: rejected lines come back mended, and the output is that of one run over all inputs and replays."""

from __future__ import annotations

import base64
import gzip
import json
import random
import shutil
import signal
from pathlib import Path

import pytest
from command import CHECKS, INPUT, NO_INPUT, OK, OUTPUT, USAGE
from growing import DATASETS, add, batches, cut, differences, ledger, partitions, rebuild, update
from lines import collection, prediction
from outputs import check, report

BROKEN = collection("p1", "s1", "broken", entries=2)[:-1]
FAR = "also broken"


@pytest.fixture
def rejected(gristmill, tmp_path):
    """An output with three rejected lines of collections and one of predictions, of two batches."""
    add(tmp_path, "collections", "1.jsonl", [collection("p1", "s1", "c1"), BROKEN, collection("p2", "s2", "c2"), FAR])
    add(tmp_path, "predictions", "1.jsonl", [prediction("p1", "s1", "c1"), "null"])
    update(gristmill, "--publish-anyway", "--quiet").must(OK)
    add(tmp_path, "collections", "2.jsonl", ["null", collection("p1", "s3", "c3")])
    update(gristmill, "--publish-anyway", "--quiet").must(OK)
    return tmp_path / "out"


def quarantine(output: Path, dataset="collections", folder="quarantine") -> list[dict]:
    path = output / folder / f"{dataset}.jsonl"
    return [json.loads(line) for line in path.read_text().split("\n")[:-1]] if path.exists() else []


def resolved(output: Path, dataset="collections") -> list[dict]:
    return quarantine(output, dataset, "quarantine/resolved")


def mend(folder: Path, *entries: dict, name="mended.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return path


def replay(gristmill, *words, **options):
    return gristmill("replay", "out", "--collections", "mended.jsonl", *words, **options)


def as_it_was(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


# ---- what comes back


def test_a_mended_line_comes_back(gristmill, rejected):
    first = quarantine(rejected)[0]
    mend(rejected.parent, first | {"raw": first["raw"] + "}"})
    assert "3 (1 resolved)" in replay(gristmill).must(OK).stdout
    assert "1 rejected line of collections resolved" in (rejected / "validation/report.html").read_text()
    assert [entry["raw"] for entry in quarantine(rejected)] == [FAR, "null"]
    assert resolved(rejected) == [{"batch": 3} | first]
    # Its rows are there, in a part of the batch.
    rows = (rejected / "labels/profile-id=p1/collections-000003.jsonl").read_text().splitlines()
    assert [json.loads(row)["collection_id"] for row in rows] == ["broken", "broken"]
    # Rejected where it came from, accepted in the replay; check 5 leaves it out.
    totals = report(rejected)["accounting"]["totals"]["collections"]
    assert (totals["lines"], totals["accepted"], totals["rejected"], totals["resolved"]) == (7, 4, 3, 1)
    assert check(rejected, "rejected_lines")["counts"]["collections"]["lines"] == 2
    entry = ledger(rejected)[-1]
    assert (entry["name"], entry["batch"], entry["lines"], entry["accepted"], entry["replay"]) == ("replay-000003", 3, 1, 1, 3)
    assert Path(entry["path"]).read_text() == BROKEN + "}\n"
    assert batches(rejected)[-1]["collections"]["accepted"] == 1 and batches(rejected)[-1]["collections"]["rejections"] == {}
    assert "the same tables and report" in gristmill("verify", "out", "--state").must(OK).stdout
    rebuild(gristmill)
    assert differences(rejected, rejected.parent / "rebuilt") == []


def test_all_of_a_quarantine_comes_back(gristmill, rejected):
    lines = [entry | {"raw": collection("p9", "s9", str(number))} for number, entry in enumerate(quarantine(rejected))]
    mend(rejected.parent, *lines)
    mend(rejected.parent, quarantine(rejected, "predictions")[0] | {"raw": prediction("p9", "s9", "0")}, name="predictions.jsonl")
    replay(gristmill, "--predictions", "predictions.jsonl").must(OK)
    assert not (rejected / "quarantine/collections.jsonl").exists() and not (rejected / "quarantine/predictions.jsonl").exists()
    assert len(resolved(rejected)) == 3 and len(resolved(rejected, "predictions")) == 1
    assert check(rejected, "rejected_lines")["status"] == "passed"
    assert check(rejected, "rejected_lines")["counts"]["collections"] == {"lines": 0, "bytes": 0, "reasons": {}}
    assert [entry["name"] for entry in ledger(rejected)[-2:]] == ["replay-000003", "replay-000003"]
    gristmill("verify", "out", "--state").must(OK)
    rebuild(gristmill)
    assert differences(rejected, rejected.parent / "rebuilt") == []
    # What is rejected later stands in a new quarantine.
    add(rejected.parent, "collections", "3.jsonl", ["bad"])
    update(gristmill, "--publish-anyway", "--quiet").must(OK)
    assert [entry["file"] for entry in quarantine(rejected)] == ["3.jsonl"] and len(resolved(rejected)) == 3
    rebuild(gristmill)
    assert differences(rejected, rejected.parent / "rebuilt") == []


def test_order_is_that_of_the_mended_lines(gristmill, rejected):
    """The bytes of a replay are its lines as they were given; resolved ones stand in the order of the inputs."""
    entries = quarantine(rejected)
    mend(rejected.parent, entries[2] | {"raw": collection("p1", "s1", "last")}, entries[0] | {"raw": collection("p1", "s1", "first")})
    replay(gristmill).must(OK)
    assert Path(ledger(rejected)[-1]["path"]).read_text() == collection("p1", "s1", "last") + "\n" + collection("p1", "s1", "first") + "\n"
    assert [entry["file"] for entry in resolved(rejected)] == ["1.jsonl", "2.jsonl"]
    rebuild(gristmill)
    assert differences(rejected, rejected.parent / "rebuilt") == []


def test_a_mended_line_may_name_another_profile(gristmill, rejected):
    mend(rejected.parent, quarantine(rejected)[0] | {"raw": collection("somebody else", "s1", "c")})
    replay(gristmill).must(OK)
    assert "labels/profile-id=somebody else" in partitions(rejected)
    rebuild(gristmill)
    assert differences(rejected, rejected.parent / "rebuilt") == []


def test_line_ends_between_tokens_are_white_space(gristmill, rejected):
    entry = quarantine(rejected)[0]
    mend(rejected.parent, entry | {"raw": json.dumps(json.loads(entry["raw"] + "}"), indent=1).replace("\n", "\r\n") + "\n"})
    replay(gristmill).must(OK)
    kept = Path(ledger(rejected)[-1]["path"]).read_bytes()
    assert kept.count(b"\n") == 1 and b"\r" not in kept and json.loads(kept) == json.loads(entry["raw"] + "}")


def test_mended_files_are_read_as_inputs_are(gristmill, rejected):
    """Compressed, pretty-printed, several of them, with Base64."""
    first, second, third = quarantine(rejected)
    folder = rejected.parent / "mended"
    folder.mkdir()
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(json.dumps(first | {"raw": collection("p1", "s1", "a")}).encode()))
    (folder / "b.json").write_text(json.dumps([second | {"raw": collection("p1", "s1", "b")}], indent=2))
    del third["raw"]
    (folder / "c.jsonl").write_text(json.dumps(third | {"raw_base64": base64.b64encode(collection("p1", "s1", "ü").encode()).decode()}))
    gristmill("replay", "out", "--collections", "mended").must(OK)
    assert len(resolved(rejected)) == 3
    rebuild(gristmill)
    assert differences(rejected, rejected.parent / "rebuilt") == []


def test_two_replays_and_updates_between(gristmill, rejected):
    mend(rejected.parent, quarantine(rejected)[1] | {"raw": collection("p1", "s1", "x")})
    replay(gristmill).must(OK)
    add(rejected.parent, "collections", "3.jsonl", [collection("p3", "s1", "c"), "bad"])
    update(gristmill, "--publish-anyway", "--quiet").must(OK)
    mend(rejected.parent, quarantine(rejected)[0] | {"raw": collection("p1", "s1", "y")}, quarantine(rejected)[-1] | {"raw": collection("p1", "s1", "z")})
    replay(gristmill).must(OK)
    assert [entry["batch"] for entry in resolved(rejected)] == [3, 5, 5]
    gristmill("compact", "out").must(OK)
    gristmill("verify", "out", "--state").must(OK)
    rebuild(gristmill)
    assert differences(rejected, rejected.parent / "rebuilt") == []
    assert resolved(rejected.parent / "rebuilt") == resolved(rejected)


# ---- what does not


def test_a_line_that_is_rejected_again_stays(gristmill, rejected):
    before = quarantine(rejected)
    mend(rejected.parent, before[0] | {"raw": "[1]"}, before[1] | {"raw": " "}, before[2] | {"raw": collection("p1", "s1", "c")})
    said = replay(gristmill).must(OK).stderr
    assert "'mended.jsonl' line 1 ('1.jsonl', offset" in said and "is rejected again: not_an_object" in said
    assert "line 2" in said and "it is blank" in said
    assert quarantine(rejected) == before[:2]
    assert report(rejected)["accounting"]["totals"]["collections"]["rejected"] == 3
    rebuild(gristmill)
    assert differences(rejected, rejected.parent / "rebuilt") == []


def test_nothing_accepted_changes_nothing(gristmill, rejected):
    mend(rejected.parent, quarantine(rejected)[0])
    before = as_it_was(rejected)
    outcome = replay(gristmill).must(OK)
    assert "no mended line is accepted" in outcome.stdout and "rejected again" in outcome.stderr
    replay(gristmill, "--require-new").must_fail(NO_INPUT)
    assert as_it_was(rejected) == before and sorted(path.name for path in rejected.parent.iterdir()) == ["in", "mended.jsonl", "out", "spill"]


def test_replaying_twice_changes_nothing(gristmill, rejected):
    entry = quarantine(rejected)[0]
    mend(rejected.parent, entry | {"raw": entry["raw"] + "}"})
    replay(gristmill).must(OK)
    before = as_it_was(rejected)
    replay(gristmill).must_fail(INPUT, "'mended.jsonl' line 1", f"offset {entry['offset']} of '1.jsonl'", "was resolved before")
    assert as_it_was(rejected) == before


@pytest.mark.parametrize("change, words", [
    ({"offset": 1}, ["offset 1 of '1.jsonl' is not in the quarantine"]),
    ({"offset": 10**15}, ["is not in the quarantine"]),
    ({"file": "9.jsonl"}, ["no input '9.jsonl' is in the output"]),
    ({"offset": None}, ["its 'offset' is no whole number"]),
    ({"offset": 0.5}, ["its 'offset' is no whole number"]),
    ({"dataset": "predictions"}, ["it is of 'predictions'", "given as one of collections"]),
    ({"raw": {"metadata": 1}}, ["its 'raw' is no text"]),
    ({"raw": '{"a\nb": 1}'}, ["line end within a string"]),
    ({"raw": '{"a\\\nb": 1}'}, ["line end within a string"]),
])
def test_a_wrong_line_is_an_error_that_names_it(gristmill, rejected, change, words):
    first, second, _ = quarantine(rejected)
    mend(rejected.parent, second | {"raw": collection("p1", "s1", "good")}, first | {"raw": collection("p1", "s1", "c")} | change)
    before = as_it_was(rejected)
    replay(gristmill).must_fail(INPUT, "'mended.jsonl' line 2", *words)
    assert as_it_was(rejected) == before
    gristmill("verify", "out").must(OK)


@pytest.mark.parametrize("text, words", [
    ("not json\n", ["'mended.jsonl' line 1", "it is no JSON"]),
    ("[]\n", ["it is no"]),
    ('{"file": "1.jsonl"}\n', ["it has no 'offset'"]),
    ('{"file": "1.jsonl", "offset": 1}\n', ["it has no 'raw'"]),
    ('{"file": "1.jsonl", "offset": 1, "raw_base64": "!"}\n', ["no Base64"]),
])
def test_what_is_no_line_of_a_quarantine(gristmill, rejected, text, words):
    (rejected.parent / "mended.jsonl").write_text(text)
    if text != "[]\n":
        replay(gristmill).must_fail(INPUT, *words)
    else:
        replay(gristmill).must(OK)


def test_a_line_that_is_there_twice(gristmill, rejected):
    entry = quarantine(rejected)[0] | {"raw": collection("p1", "s1", "c")}
    mend(rejected.parent, entry, entry)
    replay(gristmill).must_fail(INPUT, "'mended.jsonl' line", "is there twice")


def test_an_output_that_does_not_grow(gristmill, small):
    gristmill.run(*small, "out").must(OK)
    mend(gristmill.folder, {"file": "a", "offset": 0, "raw": "{}"})
    gristmill("replay", "out", "--collections", "mended.jsonl").must_fail(USAGE, "keeps no state")
    gristmill("replay", "nowhere", "--collections", "mended.jsonl").must_fail(USAGE, "keeps no state")
    assert not (gristmill.folder / "nowhere").exists()
    gristmill("replay", "out").must_fail(USAGE, "collections")


def test_a_failed_replay_waits(gristmill, rejected):
    """A replay is judged by its own lines."""
    lines = [collection("", "", "c"), collection("", "", "d")]
    mend(rejected.parent, *(entry | {"raw": line} for entry, line in zip(quarantine(rejected), lines)))
    replay(gristmill).must(CHECKS)
    assert len(quarantine(rejected)) == 3
    gristmill("publish", "out").must(OK)
    assert len(quarantine(rejected)) == 1 and len(resolved(rejected)) == 2
    rebuild(gristmill)
    assert differences(rejected, rejected.parent / "rebuilt") == []


# ---- the settings are those of the output


def test_a_recipe_at_hand_is_that_of_updates(gristmill, rejected):
    (rejected.parent / "gristmill.yaml").write_text("collections: in/collections\npredictions: in/predictions\nstrict: true\n")
    mend(rejected.parent, quarantine(rejected)[0] | {"raw": collection("p1", "s1", "c").replace("metadata", "Metadata")})
    replay(gristmill).must(OK)
    assert len(resolved(rejected)) == 1


# ---- rebuilding


def test_a_rebuild_has_what_was_replayed(gristmill, rejected):
    entry = quarantine(rejected)[0]
    mend(rejected.parent, entry | {"raw": entry["raw"] + "}"})
    replay(gristmill).must(OK)
    gristmill("run", "--accumulate", "--collections", "in/collections", "--predictions", "in/predictions", "--output", "out",
              "--publish-anyway", "--quiet").must(OK)
    assert [line["batch"] for line in resolved(rejected)] == [3] and len(quarantine(rejected)) == 2
    assert ledger(rejected)[2]["name"] == "replay-000003" and ledger(rejected)[2]["batch"] == 1
    assert Path(ledger(rejected)[2]["path"]).read_text() == BROKEN + "}\n"
    gristmill("verify", "out", "--state").must(OK)
    rebuild(gristmill)
    assert differences(rejected, rejected.parent / "rebuilt") == []
    # Moved elsewhere, its replays go along.
    rejected.rename(rejected.parent / "moved")
    gristmill("run", "--accumulate", "--ledger", "moved/_state/inputs.jsonl", "--output", "out", "--publish-anyway", "--quiet").must(OK)
    assert differences(rejected, rejected.parent / "moved") == []
    # Another third batch: its replay has a name of its own.
    add(rejected.parent, "collections", "3.jsonl", [collection("p5", "s5", "c")])
    update(gristmill, "--publish-anyway", "--quiet").must(OK)
    mend(rejected.parent, quarantine(rejected)[0] | {"raw": collection("p1", "s1", "again")})
    replay(gristmill).must(OK)
    assert [entry["name"] for entry in ledger(rejected)][-1] == "3/replay-000003"
    rebuild(gristmill)
    assert differences(rejected, rejected.parent / "rebuilt") == []


def test_a_rebuild_whose_inputs_have_other_names(gristmill, tmp_path):
    """Two folders with a file of the same name each, one a day; in one run their names begin with their folders'."""
    for day in (1, 2):
        (tmp_path / f"d{day}").mkdir()
        (tmp_path / f"d{day}/p.jsonl").write_text(collection("p1", f"s{day}", "c") + "\n" + collection("p1", "s1", f"b{day}")[:-1] + "\n")
        gristmill("update", "--collections", f"d{day}", "--output", "out", "--publish-anyway", "--quiet").must(OK)
    output = tmp_path / "out"
    mend(tmp_path, *(entry | {"raw": entry["raw"] + "}"} for entry in quarantine(output)))
    replay(gristmill).must(OK)
    before = check(output, "rejected_lines")
    gristmill("run", "--accumulate", "--collections", "d1", "--collections", "d2", "--output", "out", "--publish-anyway", "--quiet").must(OK)
    assert [entry["file"] for entry in resolved(output)] == ["d1/p.jsonl", "d2/p.jsonl"] and quarantine(output) == []
    assert check(output, "rejected_lines") == before
    gristmill("verify", "out", "--state").must(OK)


def test_a_replay_of_bytes_that_an_input_has_stays(gristmill, rejected):
    mend(rejected.parent, quarantine(rejected)[0] | {"raw": collection("p7", "s7", "c")})
    replay(gristmill).must(OK)
    add(rejected.parent, "collections", "3.jsonl", [collection("p7", "s7", "c")])
    gristmill("run", "--accumulate", "--collections", "in/collections", "--predictions", "in/predictions", "--output", "out",
              "--same-content", "skip", "--publish-anyway", "--quiet").must(OK)
    assert len(resolved(rejected)) == 1 and len(list((rejected / "_state/replays").iterdir())) == 2
    gristmill("verify", "out", "--state").must(OK)


def test_a_ledger_without_the_replays_would_lose_them(gristmill, rejected):
    shutil.copy(rejected / "_state/inputs.jsonl", rejected.parent / "before.jsonl")
    mend(rejected.parent, quarantine(rejected)[0] | {"raw": collection("p7", "s7", "c")})
    replay(gristmill).must(OK)
    words = ["run", "--accumulate", "--ledger", "before.jsonl", "--output", "out", "--publish-anyway", "--quiet"]
    gristmill(*words).must_fail(USAGE, "replay-000003", "--drop-gone")
    gristmill(*words, "--drop-gone").must(OK)
    assert resolved(rejected) == [] and len(quarantine(rejected)) == 3


def test_a_rejected_line_whose_file_is_set_aside(gristmill, rejected):
    mend(rejected.parent, quarantine(rejected)[-1] | {"raw": collection("p7", "s7", "c")})
    replay(gristmill).must(OK)
    gristmill("run", "--accumulate", "--collections", "in/collections", "--predictions", "in/predictions", "--output", "out",
              "--set-aside", "2.jsonl", "--publish-anyway", "--quiet").must(OK)
    assert resolved(rejected) == [] and "labels/profile-id=p7" in partitions(rejected)


def test_a_line_that_was_mended_at_its_source_too_would_count_twice(gristmill, rejected):
    entry = quarantine(rejected)[0]
    mend(rejected.parent, entry | {"raw": entry["raw"] + "}"})
    replay(gristmill).must(OK)
    add(rejected.parent, "collections", "1.jsonl", [collection("p1", "s1", "c1"), BROKEN + "}", collection("p2", "s2", "c2")])
    before = as_it_was(rejected)
    gristmill("run", "--accumulate", "--collections", "in/collections", "--predictions", "in/predictions", "--output", "out",
              "--publish-anyway").must_fail(INPUT, f"offset {entry['offset']} of '1.jsonl' is not rejected any more", "replay-000003")
    assert as_it_was(rejected) == before


def test_another_rejected_line_at_its_place_is_not_resolved(gristmill, rejected):
    entry = quarantine(rejected)[0]
    mend(rejected.parent, entry | {"raw": entry["raw"] + "}"})
    replay(gristmill).must(OK)
    add(rejected.parent, "collections", "1.jsonl", [collection("p1", "s1", "c1"), BROKEN.replace("broken", "other1"), FAR])
    before = as_it_was(rejected)
    gristmill("run", "--accumulate", "--collections", "in/collections", "--predictions", "in/predictions", "--output", "out",
              "--publish-anyway").must_fail(INPUT, f"offset {entry['offset']} of '1.jsonl' is another one now", "replay-000003")
    assert as_it_was(rejected) == before


@pytest.mark.parametrize("is_moved", [False, True])
def test_a_file_that_comes_back_finds_its_lines_resolved(gristmill, rejected, is_moved):
    """Given up by a rebuild while it was away, and added by an update later; between replays of other files."""
    first, _, third = quarantine(rejected)
    for number, entry in enumerate((third, first)):
        mend(rejected.parent, entry | {"raw": collection("p1", "s1", f"mended{number}")})
        replay(gristmill, "--quiet").must(OK)
    away = (rejected.parent / "in/collections/2.jsonl").rename(rejected.parent / "away.jsonl")
    gristmill("run", "--accumulate", "--drop-gone", "--collections", "in/collections", "--predictions", "in/predictions",
              "--output", "out", "--publish-anyway", "--quiet").must(OK)
    assert [line["batch"] for line in resolved(rejected)] == [4]
    rebuild(gristmill)
    assert differences(rejected, rejected.parent / "rebuilt") == []
    folder = rejected.parent / ("elsewhere" if is_moved else "in/collections")
    folder.mkdir(exist_ok=True)
    away.rename(folder / "2.jsonl")
    gristmill("update", "--collections", str(folder), "--output", "out", "--publish-anyway", "--quiet").must(OK)
    assert [(line["batch"], line["file"]) for line in resolved(rejected)] == [(3, "2.jsonl"), (4, "1.jsonl")]
    assert [entry["raw"] for entry in quarantine(rejected)] == [FAR]
    assert check(rejected, "rejected_lines")["findings"] == {"collections": 1, "predictions": 1}
    replay(gristmill).must_fail(INPUT, "was resolved before")
    gristmill("verify", "out", "--state").must(OK)
    shutil.rmtree(rejected.parent / "rebuilt")
    rebuild(gristmill)
    assert differences(rejected, rejected.parent / "rebuilt") == []
    # What lies elsewhere in the rebuilt one is known by the names that it has.
    shutil.rmtree(rejected)
    (rejected.parent / "rebuilt").rename(rejected)
    rebuild(gristmill)
    assert differences(rejected, rejected.parent / "rebuilt") == []


def test_a_file_that_comes_back_is_judged_by_what_is_left(gristmill, rejected):
    """Its resolved line is the larger part of its bytes, and no reason to refuse it."""
    good = [collection(f"p{number}", "s", "c") for number in range(60)]
    add(rejected.parent, "collections", "3.jsonl", [*good, collection("p1", "s1", "long", entries=400)[:-1]])
    update(gristmill, "--publish-anyway", "--quiet").must(OK)
    entry = quarantine(rejected)[-1]
    mend(rejected.parent, entry | {"raw": entry["raw"] + "}"})
    replay(gristmill, "--quiet").must(OK)
    away = (rejected.parent / "in/collections/3.jsonl").rename(rejected.parent / "away.jsonl")
    gristmill("run", "--accumulate", "--drop-gone", "--collections", "in/collections", "--predictions", "in/predictions",
              "--output", "out", "--publish-anyway", "--quiet").must(OK)
    away.rename(rejected.parent / "in/collections/3.jsonl")
    gristmill("validate", "--update", "--collections", "in/collections", "--output", "out", "--quiet").must(OK)
    gristmill("update", "--collections", "in/collections", "--output", "out", "--quiet").must(OK)
    assert entry["offset"] in [line["offset"] for line in resolved(rejected)]
    rebuild(gristmill)
    assert differences(rejected, rejected.parent / "rebuilt") == []


def test_another_file_at_the_path_of_one_that_is_gone(gristmill, rejected):
    mend(rejected.parent, quarantine(rejected)[-1] | {"raw": collection("p7", "s7", "c")})
    replay(gristmill, "--quiet").must(OK)
    (rejected.parent / "in/collections/2.jsonl").unlink()
    gristmill("run", "--accumulate", "--drop-gone", "--collections", "in/collections", "--predictions", "in/predictions",
              "--output", "out", "--publish-anyway", "--quiet").must(OK)
    add(rejected.parent, "collections", "2.jsonl", [collection("p8", "s8", "c")])
    gristmill("update", "--collections", "in/collections", "--output", "out", "--publish-anyway", "--quiet").must(OK)
    assert resolved(rejected) == [] and "labels/profile-id=p8" in partitions(rejected)
    rebuild(gristmill)
    assert differences(rejected, rejected.parent / "rebuilt") == []


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        (".places.jsonl", lambda text: text[: text.index(b"\n") + 1]),
        (".places.jsonl", lambda text: text[text.index(b"\n") + 1 :]),
        (".places.jsonl", lambda text: b"x" + text),
        (".places.jsonl", None),
        (".jsonl", lambda text: text.replace(b"mended", b"marred")),
        (".jsonl", None),
    ],
)
def test_a_rebuild_from_damaged_replays_is_refused(gristmill, rejected, name, damage):
    mend(rejected.parent, *(entry | {"raw": collection("p1", "s1", "mended")} for entry in quarantine(rejected)[:2]))
    replay(gristmill).must(OK)
    path = rejected / f"_state/replays/collections-replay-000003{name}"
    path.write_bytes(damage(path.read_bytes())) if damage else path.unlink()
    before = as_it_was(rejected)
    gristmill("run", "--accumulate", "--collections", "in/collections", "--predictions", "in/predictions", "--output", "out",
              "--publish-anyway").must_fail(OUTPUT, path.name, "another folder")
    assert as_it_was(rejected) == before


def test_no_mended_lines_are_given(gristmill, rejected):
    (rejected.parent / "gristmill.yaml").write_text("collections: in/collections\n")
    gristmill("replay", "out").must_fail(USAGE, "no mended lines are given", "'gristmill show out quarantine'")
    (rejected.parent / "mended.jsonl").write_text("")
    assert "or none was given" in replay(gristmill).must(OK).stdout


def test_a_run_over_a_ledger_that_does_not_accumulate(gristmill, rejected):
    entry = quarantine(rejected)[0]
    mend(rejected.parent, entry | {"raw": entry["raw"] + "}"})
    replay(gristmill).must(OK)
    gristmill("run", "--ledger", "out/_state/inputs.jsonl", "--output", "plain", "--publish-anyway", "--quiet").must(OK)
    plain = rejected.parent / "plain"
    assert check(plain, "rejected_lines") == check(rejected, "rejected_lines")
    assert [line["batch"] for line in resolved(plain)] == [3] and resolved(plain)[0]["inputs_id"] == quarantine(plain)[0]["inputs_id"]


# ---- killed


def kill(gristmill, folder: Path, plan: str) -> None:
    """Killed so, the output is the old one or the new one; who repeats the command has the new one."""
    output = folder / "out"
    shutil.rmtree(output)
    shutil.copytree(folder / "old", output)
    assert replay(gristmill, "--threads", 1, hooks={"FAULT": plan}).code in (-signal.SIGKILL, OK)
    gristmill("recover", "out").must(OK)
    gristmill("verify", "out").must(OK)
    assert differences(output, folder / "old") == [] or differences(output, folder / "new") == []
    again = replay(gristmill, "--threads", 1)
    if again.code != OK:
        again.must_fail(INPUT, "was resolved before")
    gristmill("verify", "out", "--state").must(OK)
    assert differences(output, folder / "new") == [] and len(batches(output)) == 3
    assert not (output / "_staging").exists() and not list(folder.glob(".out*"))


def operations(gristmill, rejected: Path) -> int:
    """How many there are in the replay of two lines, one of which is accepted; before and after lie in `old` and `new`."""
    first, second, _ = quarantine(rejected)
    mend(rejected.parent, first | {"raw": first["raw"] + "}"}, second)
    shutil.copytree(rejected, rejected.parent / "old")
    log = rejected.parent / "operations"
    replay(gristmill, "--threads", 1, hooks={"FAULT": "count", "FAULT_LOG": log}).must(OK)
    shutil.copytree(rejected, rejected.parent / "new")
    return len(log.read_text().splitlines()) - 1


def test_killed_at_some_operations_of_a_replay(gristmill, rejected):
    count = operations(gristmill, rejected)
    for number in sorted(random.Random(count).sample(range(1, count + 1), 10)):
        kill(gristmill, rejected.parent, f"kill:{number}")


@pytest.mark.long
@pytest.mark.parametrize("plan", ["kill", "kill-after"])
def test_killed_at_every_operation_of_a_replay(gristmill, rejected, plan):
    for number in range(1, operations(gristmill, rejected) + 1):
        kill(gristmill, rejected.parent, f"{plan}:{number}")


# ---- the promise


def grow_and_replay(gristmill, folder: Path, seed: int, lines: int) -> None:
    rng = random.Random(seed)
    words = ["--publish-anyway", "--quiet"]
    for number, batch in enumerate(cut(rng, rng.randrange(1, 6), lines, {})):
        for dataset in DATASETS:
            (folder / "in" / dataset).mkdir(parents=True, exist_ok=True)
            for place, data in enumerate(batch.get(dataset, [])):
                (folder / "in" / dataset / f"{number}-{place}.jsonl").write_bytes(data)
        inputs = [word for dataset in DATASETS if any((folder / "in" / dataset).iterdir()) for word in (f"--{dataset}", f"in/{dataset}")]
        if inputs:
            gristmill("update", *inputs, "--output", "out", *words).must(OK)
        mended = {}
        for dataset in DATASETS:
            make = collection if dataset == "collections" else prediction
            chosen = [entry for entry in quarantine(folder / "out", dataset) if rng.random() < 0.4]
            rng.shuffle(chosen)
            for entry in chosen:
                entry.pop("raw_base64", None)
                line = make(f"p{rng.randrange(3)}", f"s{rng.randrange(3)}", f"c{rng.randrange(5)}")
                entry["raw"] = rng.choice([line, line, json.dumps(json.loads(line), indent=1), line[:-1]])
            if chosen:
                mend(folder, *chosen, name=f"{dataset}.jsonl")
                mended[dataset] = f"{dataset}.jsonl"
        if mended and rng.random() < 0.7:
            gristmill("replay", "out", *(word for dataset, name in mended.items() for word in (f"--{dataset}", name)), *words).must(OK)
    if not (folder / "out").exists():
        return
    gristmill("verify", "out", "--state").must(OK)
    rebuild(gristmill)
    assert differences(folder / "out", folder / "rebuilt") == []


@pytest.mark.parametrize("seed", range(6))
def test_any_replays_give_the_same_bytes(gristmill, tmp_path, seed):
    grow_and_replay(gristmill, tmp_path, seed, 60)


@pytest.mark.long
@pytest.mark.parametrize("block", range(10))
def test_any_replays_give_the_same_bytes_at_length(gristmill, tmp_path, block):
    for seed in range(100 + 10 * block, 110 + 10 * block):
        for left in ("in", "out", "rebuilt"):
            shutil.rmtree(tmp_path / left, ignore_errors=True)
        grow_and_replay(gristmill, tmp_path, seed, 150)
