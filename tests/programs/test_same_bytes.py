"""The output is a function of the input's bytes, their names and the recipe, and of nothing else."""

import random

import hostile
import pytest
from command import OK, Gristmill
from lines import collection, compact, compressed, metadata, prediction, write_bytes, write_lines
from outputs import DATA, contents, differences, quarantine, report

WAYS = {
    "threads-1": (["--threads", 1], {}),
    "threads-2": (["--threads", 2], {}),
    "threads-7": (["--threads", 7], {}),
    "memory-1MiB": (["--memory", "1MiB"], {}),
    "memory-16MiB": (["--memory", "16MiB"], {}),
    "memory-4GiB": (["--memory", "4GiB"], {}),
    "no-fast-path": ([], {"NO_FAST_PATH": 1}),
    "block-1": ([], {"BLOCK_SIZE": 1}),
    "block-7": ([], {"BLOCK_SIZE": 7}),
    "block-4096": ([], {"BLOCK_SIZE": 4096}),
    "one-hash": ([], {"HASH_MASK": 0}),
    "two-hashes": (["--memory", "1MiB"], {"HASH_MASK": 1}),
    "lines-in-input": ([], {"SHORTEST_LINE_IN_INPUT": 0}),
    "lines-kept": ([], {"SHORTEST_LINE_IN_INPUT": 1 << 40}),
    "journal": ([], {"PUBLISH_WAY": "journal"}),
    "all-at-once": (["--threads", 7, "--memory", "1MiB", "--sha256", "--fsync", "--verbose"],
                    {"HASH_MASK": 0, "BLOCK_SIZE": 7, "NO_FAST_PATH": 1, "PUBLISH_WAY": "journal",
                     "SHORTEST_LINE_IN_INPUT": 200}),
}
WAYS_OF_MANY_LINES = ["threads-1", "threads-7", "memory-1MiB", "memory-16MiB", "memory-4GiB", "no-fast-path",
                      "block-4096", "one-hash", "lines-in-input"]


class Baseline:
    """Two input files with the output of a usual run."""

    def __init__(self, folder):
        self.inputs = folder / "collections.jsonl", folder / "predictions.jsonl"
        self.root = folder / "out"
        self.command = Gristmill(folder)

    def publish(self):
        self.command.run(*self.inputs, self.root, "--publish-anyway").must(OK)
        self.contents = contents(self.root)
        return self


@pytest.fixture(scope="module")
def hostile_lines(tmp_path_factory):
    """800 lines a file, most of them wrong in some way."""
    baseline = Baseline(tmp_path_factory.mktemp("hostile"))
    rng = random.Random(20250515)
    for path, dataset in zip(baseline.inputs, ("collections", "predictions")):
        path.write_bytes(hostile.make_file(rng, hostile.LineMaker(rng, dataset, {}), 800))
    return baseline.publish()


@pytest.fixture(scope="module")
def many_lines(tmp_path_factory):
    """9 MB in 300 profiles and one that has a third of it, in lines of two shapes."""
    baseline = Baseline(tmp_path_factory.mktemp("many"))
    rng = random.Random(1)
    collections, predictions = [], []
    for number in range(15_000):
        ids = ("giant" if rng.random() < 0.3 else f"p{rng.randrange(300)}", f"s{rng.randrange(3000)}", f"c{number}")
        collections.append(collection(*ids, entries=rng.randrange(8)))
        predictions.append(prediction(*ids, rng.choice(hostile.MODELS), rng.random(), rng.random()))
        if number % 3 == 0:
            predictions[-1] = predictions[-1].replace('":', '": ').replace(',"', ', "')
    write_lines(baseline.inputs[0], collections)
    write_lines(baseline.inputs[1], predictions)
    return baseline.publish()


@pytest.mark.parametrize("way", WAYS)
def test_hostile_lines_in_every_way(hostile_lines, gristmill, tmp_path, way):
    words, hooks = WAYS[way]
    gristmill.run(*hostile_lines.inputs, "out", "--publish-anyway", *words, hooks=hooks).must(OK)
    assert differences(hostile_lines.contents, contents(tmp_path / "out")) == []


@pytest.mark.parametrize("way", WAYS_OF_MANY_LINES)
def test_many_lines_in_every_way(many_lines, gristmill, tmp_path, way):
    words, hooks = WAYS[way]
    gristmill.run(*many_lines.inputs, "out", *words, hooks=hooks).must(OK)
    assert differences(many_lines.contents, contents(tmp_path / "out")) == []
    if "1MiB" in words or "16MiB" in words:
        assert report(tmp_path / "out")["run"]["spilled_bytes"] > 0


def test_twice_the_same_way(hostile_lines, gristmill, tmp_path):
    gristmill.run(*hostile_lines.inputs, "again", "--publish-anyway").must(OK)
    assert differences(hostile_lines.contents, contents(tmp_path / "again")) == []


# ---- the same lines, stored otherwise: the same rows; what names files and offsets differs

@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Hostile lines that mean the same with any line end, at any place of a file, with their output."""
    baseline = Baseline(tmp_path_factory.mktemp("stored"))
    rng = random.Random(7)
    baseline.lines = []
    for path, dataset in zip(baseline.inputs, ("collections", "predictions")):
        data = hostile.make_file(rng, hostile.LineMaker(rng, dataset, {}), 400)
        lines = [line.rstrip(b"\r").removeprefix(hostile.BYTE_ORDER_MARK) for line in data.split(b"\n")]
        baseline.lines.append([line for line in lines if not line.startswith(hostile.BYTE_ORDER_MARK)])
        write_lines(path, baseline.lines[-1])
    return baseline.publish()


def as_gzip(folder, lines):
    return [write_lines(folder / "part.jsonl.gz", lines)]


def as_zstandard(folder, lines):
    return [write_lines(folder / "part.ndjson.zst", lines)]


def as_members(suffix, end=b"\n"):
    """Many members or frames, cut without regard to lines, some of them empty."""
    def write(folder, lines):
        data = b"".join(line + end for line in lines)
        members = [compressed(data[at:at + 777], suffix) for at in range(0, len(data), 777)]
        members.insert(3, compressed(b"", suffix))
        path = folder / f"part.json{suffix}"
        path.write_bytes(b"".join(members))
        return [path]
    return write


def as_crlf(folder, lines):
    return [write_bytes(folder / "part.jsonl", b"".join(line + b"\r\n" for line in lines))]


def as_no_last_end(folder, lines):
    return [write_bytes(folder / "part.jsonl", b"\n".join(lines))]


def as_byte_order_mark(folder, lines):
    return [write_bytes(folder / "part.jsonl", b"\xef\xbb\xbf" + b"".join(line + b"\n" for line in lines))]


def in_files(folder, lines):
    """37 lines a file, in a folder, in three compressions."""
    for number, start in enumerate(range(0, len(lines), 37)):
        suffix = ("", ".gz", ".zst")[number % 3]
        write_lines(folder / f"{number // 5}" / f"{number:03}.jsonl{suffix}", lines[start:start + 37])
    (folder / "_ignored.jsonl").write_bytes(b"no line\n")
    (folder / ".ignored.jsonl").write_bytes(b"no line\n")
    (folder / "ignored.txt").write_bytes(b"no line\n")
    return [folder]


def in_glob(folder, lines):
    in_files(folder, lines)
    return [f"{folder}/**/[0-9]*.jsonl*"]


def in_arguments(folder, lines):
    """Two files whose names sort against the order in which they are given."""
    return [write_lines(folder / "z.jsonl", lines[:100]), write_lines(folder / "a.jsonl", lines[100:])]


FORMS = {form.__name__: form for form in (as_gzip, as_zstandard, as_crlf, as_no_last_end, as_byte_order_mark,
                                          in_files, in_glob, in_arguments)}
FORMS.update({"as_gzip_members": as_members(".gz"), "as_zstandard_frames": as_members(".zst"),
              "as_crlf_in_gzip_members": as_members(".gz", b"\r\n")})


@pytest.mark.parametrize("form", FORMS)
def test_same_rows_from_the_same_lines(stored, gristmill, tmp_path, form):
    arguments = []
    for lines, name in zip(stored.lines, ("collections", "predictions")):
        (tmp_path / name).mkdir()
        arguments.append(FORMS[form](tmp_path / name, lines))
    gristmill.run(*arguments, "out", "--publish-anyway").must(OK)
    assert differences(contents(stored.root, *DATA), contents(tmp_path / "out", *DATA)) == []
    for name in ("collections", "predictions"):
        assert rejected(tmp_path / "out", name) == rejected(stored.root, name)


def rejected(root, dataset):
    return [(entry["reason"], entry.get("raw"), entry.get("raw_base64")) for entry in quarantine(root, dataset)]


def test_rows_of_a_profile_stand_in_input_order(gristmill, tmp_path):
    lines = [collection("p", f"s{number}", f"c{number}") for number in range(20_000)]
    for number in range(40):
        write_lines(tmp_path / f"in/{number:02}.jsonl", lines[number * 500:number * 500 + 500])
    gristmill.run(tmp_path / "in", (), "out", "--threads", 7, "--memory", "1MiB").must(OK)
    rows = (tmp_path / "out/labels/profile-id=p/collections.jsonl").read_text().splitlines()
    assert [row.split('"collection_id":"')[1].split('"')[0] for row in rows] == [f"c{n}" for n in range(20_000)]


def test_recipe_in_the_parquet_leaves_out_threads_memory_and_places(gristmill, tmp_path, small):
    gristmill.run(*small, "a", "--threads", 1, "--memory", "16MiB").must(OK)
    gristmill.run(*small, "b", "--threads", 3, "--memory", "1GiB", "--checks-range-severity", "fail").must(OK)
    a, b = (contents(tmp_path / name, "aggregated-result") for name in "ab")
    assert a == b
    gristmill.run(*small, "c", "--sessions", "all").must(OK)
    assert contents(tmp_path / "c", "aggregated-result") != a


def test_inputs_id_changes_with_name_bytes_and_recipe(gristmill, tmp_path):
    line = compact({"metadata": metadata(), "behaviour": None})
    ids = []
    for number, (name, lines, words) in enumerate([
            ("a.jsonl", [line], []), ("b.jsonl", [line], []), ("a.jsonl", [line + " "], []),
            ("a.jsonl", [line], ["--strict"]), ("a.jsonl.gz", [line], [])]):
        gristmill.run(write_lines(tmp_path / f"{number}/{name}", lines), (), f"out{number}", *words).must(OK)
        ids.append(report(tmp_path / f"out{number}")["inputs_id"])
    assert len(set(ids)) == len(ids)
    gristmill.run(write_lines(tmp_path / "other/a.jsonl", [line]), (), "again", "--threads", 5).must(OK)
    assert report(tmp_path / "again")["inputs_id"] == ids[0]
