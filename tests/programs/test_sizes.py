"""Much and nothing: memory stays within its bound whatever the input, and small oddities are no errors."""

import gzip
import json

import pyarrow.parquet
import pytest
from command import NO_INPUT, OK
from lines import collection, compact, metadata, prediction, write_bytes, write_lines
from outputs import (aggregates, check, contents, differences, manifest, nothing_left_over, quarantine,
                     report)

MIB = 1 << 20
BUDGET = 16 * MIB
BESIDE_BUDGET = 64 * MIB


def bound(longest_line=0, budget=BUDGET) -> int:
    """The memory that a run may take at its peak, in bytes."""
    return budget + BESIDE_BUDGET + 6 * longest_line


@pytest.fixture
def bounded(gristmill, tmp_path):
    """Runs with a budget of 16 MiB and checks the peak; `kept`: no line is left in its input file."""
    def run(collections, predictions=(), *words, longest_line=0, limits=(), kept=False):
        outcome = gristmill.measured(*gristmill.run_words(collections, predictions, "out", *words),
                                     "--memory", BUDGET, limits=limits,
                                     hooks={"SHORTEST_LINE_IN_INPUT": 1 << 40} if kept else {}).must(OK)
        allowed = bound(longest_line)
        assert outcome.peak <= allowed, f"peak {outcome.peak / MIB:.0f} MiB, bound {allowed / MIB:.0f} MiB"
        return tmp_path / "out"
    return run


def write_each(path, count, line):
    """Writes `line(number)` so many times without holding them all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", buffering=MIB) as file:
        file.writelines(line(number) + "\n" for number in range(count))
    return path


# ---- memory

@pytest.mark.parametrize("kept", [False, True])
def test_one_profile_larger_than_memory(bounded, tmp_path, kept):
    path = write_each(tmp_path / "c.jsonl", 60_000,
                      lambda n: compact({"metadata": metadata("p", "s", f"c{n}", note="x" * 1000), "behaviour": {}}))
    assert path.stat().st_size > 3 * BUDGET
    root = bounded(path, kept=kept)
    rows = (root / "labels/profile-id=p/collections.jsonl").read_bytes().splitlines()
    assert [json.loads(row)["collection_id"] for row in rows[::1000]] == [f"c{n}" for n in range(0, 60_000, 1000)]
    assert len(rows) == 60_000
    assert aggregates(root)[0]["number_of_collections"] == 60_000
    assert (report(root)["run"]["spilled_bytes"] > path.stat().st_size / 2) == kept


LONG_LINES = {
    "one-string": lambda size: '"' + "x" * size + '"',
    "numbers": lambda size: "[" + "1," * (size // 2) + "1]",
    "escapes": lambda size: '"' + "\\u00e9" * (size // 6) + '"',
    "white-space": lambda size: " " * size + "1",
}


@pytest.mark.parametrize("kind", LONG_LINES)
def test_one_line_of_60_mib(bounded, tmp_path, kind):
    long_value = LONG_LINES[kind](60 * MIB)
    line = '{"metadata":' + compact(metadata()) + ',"behaviour":{"mobile":{"swipes":[{"x":' + long_value + "}]}}}"
    path = write_lines(tmp_path / "c.jsonl", [collection(), line, collection()])
    root = bounded(path, longest_line=len(line))
    rows = (root / "labels/profile-id=p1/collections.jsonl").read_text().splitlines()
    assert len(rows) == 3
    assert rows[1].endswith('"x":' + long_value.strip() + "}")


@pytest.mark.parametrize("entry", ["0", "{}"])
def test_one_line_of_a_million_entries(bounded, tmp_path, entry):
    """A line of 2 or 3 MB that becomes 120 MB of rows."""
    line = '{"metadata":' + compact(metadata()) + ',"behaviour":{"mobile":{"swipes":[' + ",".join([entry] * 1_000_000) + "]}}}"
    root = bounded(write_lines(tmp_path / "c.jsonl", [line]), longest_line=len(line))
    assert report(root)["accounting"]["rows"]["labels"] == 1_000_000
    assert (root / "labels/profile-id=p1/collections.jsonl").stat().st_size > 100_000_000


@pytest.mark.parametrize("kept", [False, True])
def test_several_long_lines_at_once(bounded, tmp_path, kept):
    """Lines over 1 MiB are parsed one at a time, however many workers there are."""
    line = '{"metadata":' + compact(metadata()) + ',"behaviour":{"mobile":{"swipes":{"x":[' + "1," * (5 * MIB) + "1]}}}}"
    for number in range(8):
        write_lines(tmp_path / f"in/{number}.jsonl", [line])
    bounded(tmp_path / "in", (), "--threads", 4, longest_line=len(line), kept=kept)


@pytest.fixture(scope="module")
def plain_lines(tmp_path_factory):
    """40 MB in 1,009 profiles and 80,000 sessions."""
    folder = tmp_path_factory.mktemp("plain")
    write_each(folder / "0.jsonl", 40_000, lambda n: collection(f"p{n % 1009}", f"s{n}", f"c{n}", entries=6))
    write_each(folder / "1.jsonl", 40_000, lambda n: collection(f"p{n % 997}", f"t{n}", f"c{n}", entries=6))
    return folder


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("threads", [1, 2, 8])
def test_many_workers_in_little_memory(bounded, plain_lines, threads, kept):
    bounded(plain_lines, (), "--threads", threads, kept=kept)


def test_line_over_the_limit_is_not_held(bounded, tmp_path):
    member = gzip.compress(b"x" * (16 * MIB), 1)
    path = tmp_path / "c.jsonl.gz"
    path.write_bytes(member * 20 + gzip.compress(b"\n" + collection().encode() + b"\n"))
    root = bounded(path, (), "--limits-line", MIB, "--publish-anyway", longest_line=MIB)
    [entry] = quarantine(root, "collections")
    assert (entry["reason"], entry["length"]) == ("line_too_long", 320 * MIB)
    assert report(root)["accounting"]["totals"]["collections"]["accepted"] == 1


@pytest.mark.long
def test_a_million_names_of_other_fields(bounded, tmp_path):
    path = write_each(tmp_path / "c.jsonl", 1_000_000,
                      lambda n: collection(f"p{n % 9}", "s", "c", 0, **{f"field {n:07} {'x' * 30}": 0}))
    fields = report(bounded(path))["fields_not_carried"]["collections"]
    assert list(fields["names"]) == [f'field {n:07} {"x" * 30}' for n in range(1000)]
    assert fields["other"] == 999_000


def test_long_names_of_other_fields(bounded, tmp_path):
    path = write_each(tmp_path / "c.jsonl", 1500, lambda n: collection(**{f"{'x' * 100_000}{n:05}": 0}))
    assert report(bounded(path, longest_line=100_300))["accounting"]["totals"]["collections"]["accepted"] == 1500


@pytest.mark.long
@pytest.mark.parametrize("what", ["sessions", "collections", "profiles_of_a_session", "rejected", "repeated",
                                  "predictions"])
def test_a_million_of_anything(bounded, tmp_path, what):
    lines = {
        "sessions": lambda n: collection("p", f"session-{n}-{'x' * 40}", "c", 0),
        "collections": lambda n: collection("p", "s", f"collection-{n}-{'x' * 40}", 0),
        "profiles_of_a_session": lambda n: collection(f"p{n % 1000}", f"s{n % 1003}", f"c{n}", 0),
        "rejected": lambda n: f"{{ no JSON {n} {'x' * 60}",
        "repeated": lambda n: collection("p", f"s{n % 500_000}", "c", 0),
        "predictions": lambda n: prediction("p", f"s{n % 1000}", f"c{n}", score=n / 7, confidence=n / 3),
    }
    path = write_each(tmp_path / "in.jsonl", 1_000_000, lines[what])
    inputs = ((), path) if what == "predictions" else (path, ())
    root = bounded(*inputs, "--publish-anyway")
    totals = report(root)["accounting"]["totals"]["predictions" if what == "predictions" else "collections"]
    assert totals["lines"] == 1_000_000
    assert totals["rejected"] == (1_000_000 if what == "rejected" else 0)


@pytest.mark.parametrize("what", ["sessions", "models", "rejected"])
def test_many_long_texts_in_the_report(bounded, tmp_path, what):
    """What the report shows of a line is cut; what it counts is not held."""
    long = "x" * 100_000
    path = write_each(tmp_path / "in.jsonl", 1500, {
        "sessions": lambda n: compact({"metadata": metadata(f"p{n % 7}", f"{long[:65_000]}{n}"), "behaviour": {}}),
        "models": lambda n: compact({"metadata": metadata(), "prediction": {"model_name": f"{long}{n}", "score": 7}}),
        "rejected": lambda n: f"{long}{n}",
    }[what])
    inputs = ((), path) if what == "models" else (path, ())
    root = bounded(*inputs, "--publish-anyway", longest_line=101_000)
    assert (root / "validation/report.json").stat().st_size < 20_000_000


@pytest.mark.long
def test_100_000_profiles_with_256_file_handles(bounded, gristmill, tmp_path):
    collections = write_each(tmp_path / "c.jsonl", 100_000, lambda n: collection(f"p{n}", f"s{n}", f"c{n}"))
    predictions = write_each(tmp_path / "p.jsonl", 100_000, lambda n: prediction(f"p{n}", f"s{n}", f"c{n}"))
    root = bounded(collections, predictions, limits=["ulimit -n 256"])
    assert report(root)["accounting"]["partitions"] == {"labels": 100_000, "predictions": 100_000}
    assert manifest(root)["file_count"] > 200_000
    outcome = gristmill.measured("verify", root, limits=["ulimit -n 256"]).must(OK)
    assert outcome.peak <= bound()


def test_1_000_input_files_with_64_file_handles(bounded, tmp_path):
    for number in range(1000):
        write_lines(tmp_path / f"in/{number:04}.jsonl", [collection(f"p{number % 500}", f"s{number}")])
    root = bounded(tmp_path / "in", (), limits=["ulimit -n 64"])
    assert report(root)["accounting"]["partitions"]["labels"] == 500


# ---- nothing, little, twice

@pytest.mark.parametrize("name", ["c.jsonl", "c.jsonl.gz", "c.jsonl.zst"])
@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf"])
def test_empty_file(gristmill, tmp_path, name, data):
    path = tmp_path / name
    write_bytes(path, data) if data else path.write_bytes(b"")
    gristmill.run(path, path, "out").must(OK)
    assert report(tmp_path / "out")["accounting"]["totals"]["collections"]["lines"] == 0
    assert aggregates(tmp_path / "out") == []
    assert not (tmp_path / "out/quarantine").exists()
    gristmill("verify", "out").must(OK)


def test_compressed_nothing(gristmill, tmp_path):
    gristmill.run(write_bytes(tmp_path / "c.jsonl.gz", b""), (), "out").must(OK)
    assert report(tmp_path / "out")["accounting"]["totals"]["collections"]["lines"] == 0


@pytest.mark.parametrize("argument", ["in/*.json", "in/**/*.gz", "in", "in/none.jsonl", "nowhere/*.jsonl"])
def test_no_file_matched(gristmill, tmp_path, argument):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/_hidden.jsonl").write_text("")
    (tmp_path / "in/text.txt").write_text("")
    gristmill.run(argument, (), "out").must_fail(NO_INPUT, argument)
    nothing_left_over(tmp_path / "out", "in", "spill")
    assert not (tmp_path / "out").exists()


def test_only_collections(gristmill, tmp_path, small):
    gristmill.run(*small, "both").must(OK)
    gristmill.run(small[0], (), "out").must(OK)
    assert differences(contents(tmp_path / "both", "labels"), contents(tmp_path / "out", "labels")) == []
    assert not (tmp_path / "out/predictions").exists()
    assert {row["weighted_mean_model_score"] for row in aggregates(tmp_path / "out")} == {None}
    assert len(aggregates(tmp_path / "out")) == 12


@pytest.mark.parametrize("sessions, rows", [("collections", 0), ("all", 12)])
def test_only_predictions(gristmill, tmp_path, small, sessions, rows):
    gristmill.run(*small, "both").must(OK)
    gristmill.run((), small[1], "out", "--sessions", sessions).must(OK)
    assert differences(contents(tmp_path / "both", "predictions"), contents(tmp_path / "out", "predictions")) == []
    assert not (tmp_path / "out/labels").exists()
    assert len(aggregates(tmp_path / "out")) == rows
    assert check(tmp_path / "out", "unmatched_sessions")["counts"]["predictions"]["sessions"] == 12


@pytest.mark.parametrize("second", ["in/collections.jsonl", "./in/collections.jsonl", "in", "in/c*.jsonl", "link.jsonl"])
def test_file_matched_twice_is_read_once(gristmill, tmp_path, small, second):
    (tmp_path / "link.jsonl").symlink_to(small[0])
    small[1].rename(tmp_path / "predictions.jsonl")
    gristmill.run("in/collections.jsonl", (), "once").must(OK)
    gristmill.run(["in/collections.jsonl", second], (), "twice").must(OK)
    assert differences(contents(tmp_path / "once"), contents(tmp_path / "twice")) == []


# ---- lines over the limit

def test_default_limit_is_64_mib(gristmill, tmp_path):
    lines = [b" " * (size - 2) + b"{}" for size in (64 * MIB, 64 * MIB + 1)]
    gristmill.run(write_lines(tmp_path / "c.jsonl", lines), (), "out", "--publish-anyway").must(OK)
    assert [entry["line"] for entry in quarantine(tmp_path / "out", "collections")] == [2]


@pytest.mark.parametrize("models", [50_000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_a_session_with_many_models(gristmill, bounded, tmp_path, models):
    """They are handed on early, and come to the same table as where all of them are kept."""
    def line(number):
        return prediction("p", "s", "c", model=f"model {number * 7919 % models} of many", score=(number % 100) / 100)

    predictions = write_each(tmp_path / "p.jsonl", 2 * models, line)
    collections = write_lines(tmp_path / "c.jsonl", [collection("p", "s", "c")])
    out = bounded(collections, predictions, "--checks-repeated-lines-severity", "ignore")
    table = pyarrow.parquet.read_table(out / "aggregated-models/data.parquet")
    names = table.column("model_name").to_pylist()
    assert names == sorted({f"model {number} of many" for number in range(models)}, key=str.encode)
    assert set(table.column("predictions").to_pylist()) == {2}
    small = contents(out, "aggregated-models")
    gristmill.run(collections, predictions, "out", "-q", "--memory", "1GiB").must(OK)
    assert differences(small, contents(out, "aggregated-models")) == []
