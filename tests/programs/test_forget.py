"""`gristmill forget`: people go out of an output that grows, and what is left is that of a run without their lines."""

from __future__ import annotations

import base64
import gzip
import json
import os
import random
import re
import shutil
import signal
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from command import INPUT, NO_INPUT, OK, USAGE
from growing import DATASETS, LEDGER, add, batches, cut, differences, ledger, partitions, update
from lines import collection, prediction
from outputs import check, report

KEY = "ab" * 32
FORGOTTEN = "_state/forgotten.jsonl"


@pytest.fixture
def key(tmp_path) -> list[str]:
    """The words that name a key."""
    path = tmp_path / "key"
    path.write_text(KEY + "\n")
    path.chmod(0o600)
    return ["--forget-key-file", "key"]


def day(folder: Path, number: int) -> None:
    """Lines of ann, of bob, of ids that occur all over, and of nobody that can be read; in both data sets."""
    collections = [collection(profile, f"s{number}", f"c-{profile}-{number}", entries=2) for profile in ("ann-7f3", "bob", "1", "null", "e")]
    rejected = [collections[0].replace('"timestamp":', '"timestamp":"yesterday","ignored":', 1),
                collections[1].replace('"timestamp":', '"timestamp":"yesterday","ignored":', 1), collections[0][:-1],
                '{"metadata":{"profile_id":["ann-7f3"]}}', "ann-7f3"]
    add(folder, "collections", f"{number}.jsonl", [*collections, collections[0], *rejected])
    add(folder, "predictions", f"{number}.jsonl", [prediction(profile, f"s{number}", "c", score=number / 8, confidence=0.5)
                                                   for profile in ("ann-7f3", "bob", "cy")])


@pytest.fixture
def grown(gristmill, tmp_path) -> Path:
    for number in (1, 2, 3):
        day(tmp_path, number)
        update(gristmill, "--publish-anyway", "--quiet").must(OK)
    return tmp_path / "out"


def forget(gristmill, *people, words=(), **options):
    return gristmill("forget", "out", *(word for person in people for word in ("--profile", person)), *words, **options)


def must_be_a_run_without_them(gristmill, folder: Path, key) -> None:
    gristmill("verify", "out", "--state").must(OK)
    gristmill("run", "--accumulate", "--ledger", f"out/{LEDGER}", "--output", "without", "--publish-anyway", "--quiet", "--forgotten",
              f"out/{FORGOTTEN}", *key).must(OK)
    assert differences(folder / "out", folder / "without") == []
    assert (folder / "out" / FORGOTTEN).read_bytes() == (folder / "without" / FORGOTTEN).read_bytes()


# ---- what is left


def strings_of(value) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.items() for part in item for text in strings_of(part)]
    if isinstance(value, list):
        return [text for each in value for text in strings_of(each)]
    return [value] if isinstance(value, str) else []


def readings(data: bytes) -> list[bytes]:
    """All that a file's bytes say: as they are, JSON unescaped, Base64 decoded, frames of Zstandard decompressed."""
    found = [data]
    for begin in (match.start() for match in re.finditer(rb"\x28\xb5\x2f\xfd", data)):
        found.append(b"")
        stream = pyarrow.CompressedInputStream(pyarrow.BufferReader(data[begin:]), "zstd")
        try:
            while piece := stream.read(1 << 12):
                found[-1] += piece
        except OSError:  # what follows the frame
            pass
    for line in data.split(b"\n"):
        try:
            texts = strings_of(json.loads(line))
        except ValueError:
            continue
        for text in texts:
            found.append(text.encode("utf-8", "surrogatepass"))
            if len(text) % 4 == 0 and re.fullmatch(r"[A-Za-z0-9+/]+=*", text):
                found.append(base64.b64decode(text))
    return found


def scan(root: Path, wanted: bytes) -> list[str]:
    """Files of an output that tell the id, anywhere: in a name, a row, a cell, a dictionary, a statistic, a run of the state."""
    found = []
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if wanted in name.encode() or wanted in re.sub(r"%([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), name).encode():
            found.append(name)
        elif path.is_file():
            texts = readings(path.read_bytes())
            if path.suffix == ".parquet":
                texts += [json.dumps(pyarrow.parquet.read_table(path).to_pylist(), default=str).encode()]
            if any(wanted in text for text in texts):
                found.append(name)
    return found


def test_the_scanner_finds_what_is_there(grown):
    found = scan(grown, b"ann-7f3")
    for name in ("labels/profile-id=ann-7f3", "quarantine/collections.jsonl", "aggregated-result/data.parquet", "_state/profiles-000001-000001",
                 "_state/sessions-000002-000002", "_state/models-000003-000003", "validation/report.json"):
        assert name in found, found


def test_a_person_goes(gristmill, grown, key):
    before = {name: data for name, data in partitions(grown).items() if "ann" not in name}
    told = forget(gristmill, "ann-7f3", words=key).must(OK).stdout
    assert "15 accepted lines" not in told and "9 accepted lines, 3 rejected lines, 15 rows, 3 sessions" in told, told
    assert scan(grown, b"ann-7f3") == []
    assert partitions(grown) == before
    totals = report(grown)["accounting"]["totals"]["collections"]
    assert totals["forgotten"] == 9 and totals["lines"] == totals["accepted"] + totals["rejected"] + totals["blank"] + totals["forgotten"]
    assert [entry["forgotten"] for entry in ledger(grown)] == [3, 1] * 3
    lines = [json.loads(line) for line in (grown / "quarantine/collections.jsonl").read_text().splitlines()]
    assert len(lines) == 12 and sum("withheld" in line for line in lines) == 9
    assert all("bob" in line["raw"] for line in lines if "withheld" not in line)
    assert all(line["length"] > 0 and "raw" not in line for line in lines if "withheld" in line)
    must_be_a_run_without_them(gristmill, grown.parent, key)


@pytest.mark.parametrize("people", [["1"], ["null"], ["e"], ["bob", "cy"], ["ann-7f3", "bob", "1", "null", "e", "cy"]])
def test_ids_that_occur_all_over(gristmill, grown, key, people):
    forget(gristmill, *people, words=key).must(OK)
    must_be_a_run_without_them(gristmill, grown.parent, key)


ANN, BOB = collection("ann-7f3", "s1", "c"), collection("bob", "s1", "c")
SHAPES = {  # a recipe, and the lines of files, one a day
    "compressed": ({}, [gzip.compress(f"{ANN}\n{BOB}\nbad ann-7f3\n".encode())]),
    "values": ({}, [("[\n" + ",\n".join(json.dumps(json.loads(line), indent=1) for line in (ANN, BOB)) + "]\n").encode()]),
    "wrapped": ({"unwrap": "payload.after"}, [[json.dumps({"payload": {"after": line}, "who": "ann-7f3"}) for line in (ANN, BOB)]]),
    "strict": ({"strict": True}, [[ANN, BOB, *(line.replace("metadata", "Metadata") for line in (ANN, BOB))]]),
    "carried": ({"carry": ["who"]}, [[f'{line[:-1]},"who":"{who}"}}' for line, who in ((ANN, "ann-7f3"), (BOB, "bob"))]]),
    "escaped": ({}, [[ANN.replace("ann", "a\\u006en"), ANN.replace("ann-7f3", "  ann-7f3 "), BOB]]),
    "too long": ({"limits": {"line": "1KiB"}}, [[collection(profile, "s", "c", entries=40) for profile in ("ann-7f3", "bob")] + [ANN, BOB]]),
    "unreadable": ({}, [['{"metadata":{"profile_id":"ann-7f3","profile_id":"bob"}}', '{"ann-7f3":1', '"ann-7f3"', "ann-7f3,1,2", '["ann-7f3"]',
                         '{"metadata":"ann-7f3"}', '{"metadata":{"profile_id":{"ann-7f3":1}}}', ANN, BOB]]),
    "names": ({}, [[ANN.replace("taps", "ann-7f3"), f'{ANN[:-1]},"ann-7f3":1}}', BOB]]),
    "the same files": ({"same_content": "skip"}, [[ANN, BOB], [ANN, BOB]]),
    "repeated": ({}, [[ANN] * 5 + [BOB] * 3] * 2),
    "whole": ({"layout": "whole"}, [[ANN, BOB], [collection("ann-7f3", "s2", "d")]]),
    "nobody else": ({}, [[ANN]]),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_lines_of_every_shape(gristmill, tmp_path, key, shape):
    recipe, files = SHAPES[shape]
    (tmp_path / "recipe.yaml").write_text(json.dumps(recipe))
    for number, lines in enumerate(files):
        path = tmp_path / f"{number}.jsonl{'.gz' if shape == 'compressed' else ''}"
        path.write_bytes(lines if isinstance(lines, bytes) else "".join(line + "\n" for line in lines).encode())
        gristmill("update", "--recipe", "recipe.yaml", "--collections", path, "--output", "out", "--publish-anyway", "--quiet").must(OK)
    forget(gristmill, "ann-7f3", words=key).must(OK)
    assert scan(tmp_path / "out", b"ann-7f3") == []
    must_be_a_run_without_them(gristmill, tmp_path, ["--recipe", "recipe.yaml", *key])


def test_one_after_the_other(gristmill, grown, key):
    for person in ("bob", "ann-7f3", "cy"):
        forget(gristmill, person, words=key).must(OK)
    assert scan(grown, b"ann-7f3") == []
    must_be_a_run_without_them(gristmill, grown.parent, key)


def test_the_lines_of_batches(gristmill, grown, key, tmp_path):
    """As updates of the same files write them that leave the person out, but for sessions and verdicts."""
    forget(gristmill, "ann-7f3", "bob", words=key).must(OK)
    other = tmp_path / "other"
    (other / "in").mkdir(parents=True)
    gristmill("update", "--collections", "in/none", "--output", "other/out", *key)
    add(other, "collections", "0.jsonl", [collection("someone", "s", "c")])
    gristmill("update", "--collections", "other/in/collections", "--output", "other/out", "--quiet").must(OK)
    gristmill("forget", "other/out", "--profile", "ann-7f3", "--profile", "bob", "--remember", *key).must(OK)
    for number in (1, 2, 3):
        gristmill("update", "--collections", f"in/collections/{number}.jsonl", "--predictions", f"in/predictions/{number}.jsonl", "--output",
                  "other/out", "--publish-anyway", "--quiet", *key).must(OK)
    for mine, theirs in zip(batches(grown), batches(other / "out")[1:], strict=True):
        for name in (*DATASETS, "models"):
            assert mine[name] == theirs[name]


def grow_and_forget(gristmill, folder: Path, key, seed: int, lines: int) -> None:
    rng = random.Random(seed)
    number = 0
    for batch in cut(rng, rng.randrange(1, 5), lines, {}):
        for dataset, files in batch.items():
            for data in files:
                path = folder / "in" / dataset / f"{number}.jsonl"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                number += 1
        inputs = [word for dataset in DATASETS if (folder / "in" / dataset).is_dir() for word in (f"--{dataset}", f"in/{dataset}")]
        if inputs:
            gristmill("update", *inputs, "--output", "out", "--publish-anyway", "--quiet", *key).must(OK)
        if (folder / "out").exists() and rng.random() < 0.6:
            ids = sorted({json.loads(line).get("profile_id") for data in partitions(folder / "out").values() for line in data.decode().split("\n")[:-1]} - {None, ""})
            chosen = [each for each in rng.sample(ids, min(len(ids), rng.randrange(1, 4))) if each.strip()]
            (folder / "ids").write_text("".join(json.dumps(each) + "\n" for each in chosen))
            if chosen:
                gristmill("forget", "out", "--profiles", "ids", *key).must(OK)
    if (folder / "out" / FORGOTTEN).exists():
        must_be_a_run_without_them(gristmill, folder, key)


@pytest.mark.parametrize("seed", range(8))
def test_anybody_may_go(gristmill, tmp_path, key, seed):
    grow_and_forget(gristmill, tmp_path, key, seed, 60)


@pytest.mark.long
@pytest.mark.parametrize("block", range(10))
def test_anybody_may_go_at_length(gristmill, tmp_path, key, block):
    for seed in range(100 + 10 * block, 110 + 10 * block):
        for left in ("in", "out", "without"):
            shutil.rmtree(tmp_path / left, ignore_errors=True)
        grow_and_forget(gristmill, tmp_path, key, seed, 150)


# ---- who is forgotten stays so


def test_later_lines_are_left_out(gristmill, grown, key):
    forget(gristmill, "ann-7f3", words=key).must(OK)
    day(grown.parent, 4)
    update(gristmill, "--publish-anyway", "--quiet", *key).must(OK)
    assert scan(grown, b"ann-7f3") == []
    assert [entry["forgotten"] for entry in ledger(grown)][-2:] == [3, 1]
    must_be_a_run_without_them(gristmill, grown.parent, key)
    gristmill("run", "--accumulate", "--collections", "in/collections", "--predictions", "in/predictions", "--output", "out",
              "--publish-anyway", "--quiet", *key).must(OK)
    assert scan(grown, b"ann-7f3") == []


def test_a_mended_line_of_theirs(gristmill, grown, key):
    """What was replayed goes, and what is replayed later does not come back."""
    entry = json.loads((grown / "quarantine/collections.jsonl").read_text().splitlines()[1])
    (grown.parent / "mended.jsonl").write_text(json.dumps(entry | {"raw": collection("ann-7f3", "s1", "mended")}) + "\n")
    gristmill("replay", "out", "--collections", "mended.jsonl").must(OK)
    forget(gristmill, "ann-7f3", words=key).must(OK)
    assert scan(grown, b"ann-7f3") == []
    must_be_a_run_without_them(gristmill, grown.parent, key)
    again = json.loads((grown / "quarantine/collections.jsonl").read_text().splitlines()[0])
    (grown.parent / "mended.jsonl").write_text(json.dumps(again | {"raw": collection("ann-7f3", "s1", "again")}) + "\n")
    gristmill("replay", "out", "--collections", "mended.jsonl", *key)
    assert [name for name in scan(grown, b"ann-7f3") if not name.startswith("_state/replays")] == []


def test_who_is_not_there(gristmill, grown, key):
    before = (grown / "_manifest.json").read_bytes()
    outcome = forget(gristmill, "nobody", words=key).must(OK)
    assert "1 id of 1 is not in" in outcome.stderr and (grown / "_manifest.json").read_bytes() == before
    forget(gristmill, "nobody", words=["--remember", *key]).must(OK)
    add(grown.parent, "collections", "9.jsonl", [collection("nobody", "s", "c"), collection("bob", "s", "c")])
    update(gristmill, "--publish-anyway", "--quiet", *key).must(OK)
    assert scan(grown, b"nobody") == [] and ledger(grown)[-1]["forgotten"] == 1
    must_be_a_run_without_them(gristmill, grown.parent, key)


def test_an_output_that_does_not_accumulate(gristmill, grown, key):
    forget(gristmill, "ann-7f3", words=key).must(OK)
    gristmill("run", "--collections", "in/collections", "--predictions", "in/predictions", "--output", "plain", "--publish-anyway", "--quiet",
              "--forgotten", f"out/{FORGOTTEN}", *key).must(OK)
    assert scan(grown.parent / "plain", b"ann-7f3") == []
    assert report(grown.parent / "plain")["accounting"]["totals"]["predictions"]["forgotten"] == 3
    words = ["run", "--collections", "in/collections", "--output", "out", "--drop-state", "--publish-anyway", "--quiet"]
    gristmill(*words).must_fail(USAGE, "--forgotten")


# ---- keys


def test_keys(gristmill, grown, key):
    forget(gristmill, "ann-7f3").must_fail(USAGE, "--forget-key-file")
    gristmill("init", "--key", "key").must_fail(USAGE, "never overwritten")
    gristmill("init", "--key", "other").must(OK)
    assert (grown.parent / "other").stat().st_mode & 0o777 == 0o600
    forget(gristmill, "ann-7f3", words=key).must(OK)
    other = ["--forget-key-file", "other"]
    day(grown.parent, 4)
    update(gristmill, "--publish-anyway").must_fail(USAGE, "--forget-key-file")
    update(gristmill, "--publish-anyway", *other).must_fail(USAGE, "is not the key")
    forget(gristmill, "bob", words=other).must_fail(USAGE, "is not the key")
    gristmill("compact", "out").must_fail(USAGE, "--forget-key-file")
    gristmill("compact", "out", *key).must(OK)
    os.chmod(grown.parent / "key", 0o640)
    forget(gristmill, "bob", words=key).must_fail(USAGE, "chmod 600")
    for text in ("", "x" * 64, "ab" * 31, KEY + "00"):
        (grown.parent / "bad").write_text(text)
        os.chmod(grown.parent / "bad", 0o600)
        forget(gristmill, "bob", words=["--forget-key-file", "bad"]).must_fail(USAGE, "'bad' is no file of a key")
    (grown.parent / "base64").write_text(base64.b64encode(bytes.fromhex(KEY)).decode())
    os.chmod(grown.parent / "base64", 0o600)
    forget(gristmill, "bob", words=["--forget-key-file", "base64"]).must(OK)


@pytest.mark.parametrize("place", ["out/key", "in/collections/key"])
def test_a_key_beside_the_data(gristmill, grown, key, place):
    (grown.parent / "key").rename(grown.parent / place)
    words = ["--forget-key-file", place]
    if place.startswith("out"):
        forget(gristmill, "bob", words=words).must_fail(USAGE, "lies in")
    (grown.parent / place).rename(grown.parent / "key")
    forget(gristmill, "bob", words=key).must(OK)
    (grown.parent / "key").rename(grown.parent / place)
    update(gristmill, *words).must_fail(USAGE, "lies in")


def test_an_input_that_is_called_after_the_person(gristmill, grown, key):
    add(grown.parent, "collections", "of-ann-7f3.jsonl", [collection("ann-7f3", "s", "c")])
    update(gristmill, "--publish-anyway", "--quiet").must(OK)
    assert "1 path of inputs in the ledger hold" in forget(gristmill, "ann-7f3", words=key).must(OK).stderr
    assert [name for name in scan(grown, b"ann-7f3") if name not in (LEDGER, "validation/report.json", "validation/report.html")] == []


@pytest.mark.parametrize("text", ["\n", "a\n\nb\n", '"a\n', '" "\n', "null-but-fine\n \n"])
def test_ids_that_are_none(gristmill, grown, key, text):
    (grown.parent / "ids").write_text(text)
    gristmill("forget", "out", "--profiles", "ids", *key).must_fail(USAGE, "'ids' line")
    gristmill("forget", "out", *key).must_fail(USAGE, "nobody is named")
    gristmill("forget", "out", "--profile", " ", *key).must_fail(USAGE, "missing or blank")


# ---- what is told


def test_a_dry_run(gristmill, grown, key):
    before = {path: path.stat().st_mtime_ns for path in grown.rglob("*")}
    told = forget(gristmill, "ann-7f3", words=["--dry-run", *key]).must(OK).stdout
    assert "would go: 9 accepted lines, 3 rejected lines" in told
    places = re.findall(r"in '(.*)': line (\d+), offset (\d+)", told)
    assert len(places) == 12
    for path, line, offset in places:
        text = Path(path).read_bytes()[int(offset):].split(b"\n")[0].decode()
        assert "ann-7f3" in text and Path(path).read_text().splitlines()[int(line) - 1] == text
    assert {path: path.stat().st_mtime_ns for path in grown.rglob("*")} == before


def test_the_receipt(gristmill, grown, key):
    before = {path.relative_to(grown).as_posix(): path.stat().st_size for path in grown.rglob("*") if path.is_file()}
    forget(gristmill, "ann-7f3", "nobody", words=["--receipt", "receipt.json", *key]).must(OK)
    text = (grown.parent / "receipt.json").read_text()
    assert "ann-7f3" not in text and "nobody" not in text
    receipt = json.loads(text)
    assert [person["found"] for person in receipt["people"]] == [True, False]
    assert receipt["removed"] | {"findings": 0} == {"accepted_lines": 9, "rejected_lines": 3, "rows": 15, "sessions": 3, "findings": 0}
    assert len(receipt["own_files"]) == 6
    shared = {file["path"]: file for file in receipt["shared_files"]}
    assert "quarantine/collections.jsonl" in shared and "aggregated-result/data.parquet" in shared
    for path, file in shared.items():
        assert file["size_before"] == before[path]
        assert file["size_after"] == ((grown / path).stat().st_size if (grown / path).exists() else 0)


def test_a_kept_output_goes(gristmill, grown, key):
    add(grown.parent, "collections", "8.jsonl", ["bad"] * 30 + [collection("ann-7f3", "s8", "c8")])
    update(gristmill, "--quiet")
    assert list(grown.parent.glob(".out.gristmill/*")) or list(grown.glob("_staging/*"))
    forget(gristmill, "ann-7f3", words=key).must(OK)
    assert not list(grown.glob("_staging/*")) and not list(grown.parent.glob(".out.gristmill/*"))
    gristmill("publish", "out").must_fail(USAGE, "nothing is staged")
    assert scan(grown, b"ann-7f3") == []


# ---- killed


def kill(gristmill, folder: Path, key, plan: str) -> None:
    """Killed so, the output is the old one or the new one; who repeats the command has the new one, and nothing of the person is left."""
    output = folder / "out"
    shutil.rmtree(output)
    shutil.copytree(folder / "old", output)
    assert forget(gristmill, "ann-7f3", words=["--threads", "1", *key], hooks={"FAULT": plan}).code in (-signal.SIGKILL, OK)
    gristmill("recover", "out").must(OK)
    gristmill("verify", "out", "--state").must(OK)
    assert differences(output, folder / "old") == [] or differences(output, folder / "new") == []
    forget(gristmill, "ann-7f3", words=key).must(OK)
    assert differences(output, folder / "new") == [] and scan(output, b"ann-7f3") == []
    assert not (output / "_staging").exists() and not list(folder.glob(".out*"))


def operations(gristmill, grown: Path, key) -> int:
    """How many there are in forgetting one person; before and after lie in `old` and `new`."""
    shutil.copytree(grown, grown.parent / "old")
    log = grown.parent / "operations"
    forget(gristmill, "ann-7f3", words=["--threads", "1", *key], hooks={"FAULT": "count", "FAULT_LOG": log}).must(OK)
    shutil.copytree(grown, grown.parent / "new")
    return len(log.read_text().splitlines()) - 1


def test_killed_at_some_operations(gristmill, grown, key):
    count = operations(gristmill, grown, key)
    for number in sorted(random.Random(count).sample(range(1, count + 1), 10)):
        kill(gristmill, grown.parent, key, f"kill:{number}")


@pytest.mark.long
@pytest.mark.parametrize("plan", ["kill", "kill-after"])
def test_killed_at_every_operation(gristmill, grown, key, plan):
    for number in range(1, operations(gristmill, grown, key) + 1):
        kill(gristmill, grown.parent, key, f"{plan}:{number}")


def test_an_output_that_does_not_grow(gristmill, tmp_path, key):
    add(tmp_path, "collections", "1.jsonl", [collection("ann-7f3", "s", "c")])
    gristmill("run", "--collections", "in/collections", "--output", "out", "--quiet").must(OK)
    forget(gristmill, "ann-7f3", words=key).must_fail(USAGE, "keeps no state")
