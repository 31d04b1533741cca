"""How runs on Spark end that do not simply publish: errors, failed checks, and what another run does meanwhile."""

from __future__ import annotations

import os
import shutil

import inputs
import pytest
from command import CHECKS, OK, OUTPUT, REPOSITORY
from comparison import must_be_same
from lines import collection, prediction, write_lines
from outputs import contents, differences, nothing_left_over, report
from test_output_roots import paused, wait_for

EXAMPLE = str(REPOSITORY / "examples/collections")
FAILING = {"checks__unmatched_sessions": "fail"}


@pytest.fixture
def small(tmp_path):
    ids = [(f"p{number % 3}", f"s{number % 5}{number % 3}", f"c{number}") for number in range(12)]
    return {"collections": write_lines(tmp_path / "in/c.jsonl", [collection(*each, entries=2) for each in ids]),
            "predictions": write_lines(tmp_path / "in/p.jsonl", [prediction(*each) for each in ids])}


@pytest.fixture
def root(tmp_path):
    """An output in a folder of its own, which does not exist yet."""
    (tmp_path / "place").mkdir()
    return tmp_path / "place/out"


@pytest.fixture
def old(gristmill, root):
    """An earlier output there; returns what it says."""
    gristmill.run(write_lines(root.parents[1] / "old.jsonl", [collection("before")]), (), root).must(OK)
    return contents(root)


def must_be_untouched(root, old) -> None:
    assert differences(old, contents(root)) == []
    nothing_left_over(root)


# ---- errors of whoever asks

@pytest.mark.parametrize("words, kind, said", [
    ({"collections": "/nowhere/a.jsonl"}, "InputError", ["/nowhere/a.jsonl"]),
    ({"collections": "/nowhere/*.jsonl"}, "InputError", ["/nowhere/"]),
    ({}, "UsageError", ["collections"]),
    ({"collections": "x", "thraeds": 2}, "UsageError", ["thraeds", "threads"]),
    ({"collections": "x", "threads": "many"}, "UsageError", ["threads"]),
    ({"collections": "x", "recipe": "/nowhere.yaml"}, "UsageError", ["/nowhere.yaml"]),
    *(({"collections": EXAMPLE, "split_size": size}, "UsageError", ["split_size"]) for size in (1000, 0, -(1 << 20), (1 << 20) + 1)),
    *(({"collections": EXAMPLE, "partitions": number}, "UsageError", ["partitions"]) for number in (0, -3)),
    ({"collections": [1]}, "UsageError", ["collections"]),
    ({"collections": [collection()]}, "UsageError", ["collections", "lines"]),
    ({"collections": EXAMPLE, "credentials": {"access_key": "k"}}, "UsageError", []),
], ids=lambda value: "-".join(f"{name}={str(each)[:20]}" for name, each in value.items()) if isinstance(value, dict) else "")
def test_errors(spark, tmp_path, words, kind, said):
    spark.run(output=tmp_path / "out", **{"collections": None, "predictions": None, **words}).must_fail(kind, *said)
    assert not (tmp_path / "out").exists() and not list(tmp_path.glob(".out*"))


def test_without_an_output(spark, small):
    spark.run(**small, output=None).must_fail("UsageError", "output")


def test_sizes_that_are_good_from_their_edge_on(twin, small):
    twin.both(small["collections"], small["predictions"], {"split_size": 1 << 20, "partitions": 1})


def test_output_with_a_strangers_file(spark, small, root, old):
    (root / "mine.txt").write_text("mine")
    spark.run(**small, output=root).must_fail("OutputError", "mine.txt")
    assert (root / "mine.txt").read_text() == "mine"
    (root / "mine.txt").unlink()
    must_be_untouched(root, old)


def test_output_that_is_a_file(spark, small, root):
    root.write_text("a file")
    spark.run(**small, output=root).must_fail("OutputError", str(root))
    assert root.read_text() == "a file" and os.listdir(root.parent) == ["out"]


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_compressed_stream_that_is_cut_off(spark, tmp_path, root, old, suffix):
    """Found out by an executor, told as the driver tells it."""
    path = write_lines(tmp_path / f"in/c.jsonl{suffix}", [collection(collection=f"c{number}") for number in range(5000)])
    path.write_bytes(path.read_bytes()[:-20])
    spark.run(collections=path, predictions=None, output=root).must_fail("InputError", path.name)
    must_be_untouched(root, old)


# ---- checks that fail

def test_failed_check_waits_for_publish(twin, spark, gristmill, small, root, old, tmp_path):
    extra = write_lines(tmp_path / "in/extra.jsonl", [collection("p9", "s9", "c9")])
    words = {**small, "collections": [small["collections"], extra]}
    outcome = spark.run(**words, output=root, **FAILING).must_keep()
    assert outcome.report["verdict"]["failed_checks"] == ["unmatched_sessions"]
    assert differences(old, contents(root)) == []
    staged = root.parent / ".out.gristmill"
    assert outcome.reply["output"].startswith(str(staged)) and outcome.reply["rows"]["sessions"] > 0
    gristmill("publish", root).must(OK)
    gristmill("verify", root).must(OK)
    nothing_left_over(root)
    twin.expect([small["collections"], extra], small["predictions"], checks__unmatched_sessions__severity="fail",
                publish_anyway=True)
    must_be_same(twin.native, root)


def test_kept_output_goes_with_the_next_run(spark, gristmill, small, root, old, tmp_path):
    extra = write_lines(tmp_path / "in/extra.jsonl", [collection("p9", "s9", "c9")])
    spark.run(collections=extra, predictions=None, output=root, **FAILING).must_keep()
    assert list(root.parent.glob(".out.gristmill/*/validation"))
    spark.run(**small, output=root, **FAILING).must_publish()
    gristmill("verify", root).must(OK)
    nothing_left_over(root)


# ---- inputs that change

def changes(path):
    data = path.read_bytes()

    def grow():
        path.write_bytes(data + b"{}\n")

    def shrink():
        path.write_bytes(data[:len(data) // 2])

    def rewrite():
        """Of the same size: only the time tells."""
        path.write_bytes(data.replace(b'"c1"', b'"c2"'))

    def replace():
        other = path.with_name("_other")
        shutil.copyfile(path, other)
        os.replace(other, path)

    def remove():
        path.unlink()

    return {each.__name__: each for each in (grow, shrink, rewrite, replace, remove)}


@pytest.mark.parametrize("change", ["grow", "rewrite", pytest.param("shrink", marks=pytest.mark.long),
                                    pytest.param("replace", marks=pytest.mark.long), pytest.param("remove", marks=pytest.mark.long)])
def test_input_that_changes_after_it_was_listed(spark, tmp_path, root, old, change):
    """Its last split is read long after the first one: the file is another by then."""
    first, _ = inputs.write_plain(tmp_path / "in", megabytes=14)
    last = write_lines(tmp_path / "in/last.jsonl", [collection(collection=f"c{number}") for number in range(40)])
    os.utime(last, (1e9, 1e9))
    pending = spark.start(collections=[first, last], predictions=None, output=root, split_size=1 << 20)
    met = spark.freeze("route", completed=2)
    assert met["completed"] < met["tasks"] - 2, "too late: the last file may have been read"
    changes(last)[change]()
    spark.thaw()
    pending.result().must_fail("InputError", "last.jsonl")
    must_be_untouched(root, old)


# ---- two runs at a time

def test_command_is_refused_while_spark_writes(twin, gristmill, spark, small, tmp_path):
    paths = inputs.write_plain(tmp_path / "in", megabytes=6)
    twin.expect(*paths)
    pending = spark.start(**twin.words(*paths, split_size=1 << 20))
    spark.freeze("grind")
    gristmill.run(small["collections"], (), twin.root).must_fail(OUTPUT, "another run", str(twin.root))
    assert not pending.ended
    spark.thaw()
    twin.compare(pending.result())


def test_spark_is_refused_while_spark_writes(twin, spark, small, tmp_path):
    """From another thread of the same program."""
    paths = inputs.write_plain(tmp_path / "in", megabytes=6)
    twin.expect(*paths)
    pending = spark.start(**twin.words(*paths, split_size=1 << 20))
    spark.freeze("route")
    other = spark.start(**{**small, "output": twin.root}, beside=True)
    other.result().must_fail("OutputError", "another run", str(twin.root))
    assert not pending.ended
    spark.thaw()
    twin.compare(pending.result())


def test_spark_is_refused_while_the_command_writes(gristmill, spark, small, root):
    words = gristmill.run_words(small["collections"], small["predictions"], root, "--threads", 1)
    process = paused(gristmill, words, f"open {small['collections']}", 30_000)
    try:
        wait_for((root.parent / ".out.gristmill/lock").exists)
        spark.run(**small, output=root).must_fail("OutputError", "another run", str(root))
        assert process.poll() is None, "the first run ended too early for this test to say anything"
    finally:
        process.kill()
        gristmill.finish(process)
    spark.run(**small, output=root).must_publish()
    nothing_left_over(root)


# ---- surroundings

def test_in_another_thread(twin, small):
    twin.both(small["collections"], small["predictions"], {"in_thread": True})


def test_settings_of_the_surroundings_do_not_count(twin, small, tmp_path):
    (tmp_path / "gristmill.yaml").write_text("threads: nonsense\n")
    (tmp_path / ".env").write_text("GRISTMILL_THREADS=nonsense\n")
    twin.command.folder = tmp_path / "in"
    twin.both(small["collections"], small["predictions"],
              {"folder": tmp_path, "variables": {"GRISTMILL_THREADS": "nonsense"}})


def test_settings_reach_the_executors(twin, spark, tmp_path):
    """The limits decide where lines are read; the memory too."""
    paths = inputs.write_plain(tmp_path / "in", megabytes=5)
    twin.both(*paths, {"split_size": 1 << 20, "memory": "1MiB"}, limits__line=300, publish_anyway=True)
    assert report(twin.root)["run"]["memory_budget"] == 1 << 20
    assert report(twin.root)["accounting"]["totals"]["collections"]["rejected"] > 100


def test_new_output_takes_the_place_of_the_old_one(twin, spark, gristmill, small, tmp_path):
    """Of the command's by Spark's, and the other way round, through a link too."""
    examples = REPOSITORY / "examples"
    place = tmp_path / "on_spark"
    place.mkdir()
    (tmp_path / "link").symlink_to(twin.root)
    gristmill.run(small["collections"], (), twin.root).must(OK)
    twin.expect(examples / "collections", examples / "predictions")
    words = twin.words(examples / "collections", examples / "predictions")
    twin.compare(spark.run(**{**words, "output": tmp_path / "link"}))
    gristmill.run(small["collections"], (), twin.root).must(OK)
    gristmill("verify", twin.root).must(OK)
    nothing_left_over(twin.root)


def test_threshold_in_percent_is_of_all_splits(spark, gristmill, tmp_path, root):
    """One split alone would fail, all together do not; and the other way round with one line more."""
    good = [inputs.record("collections", number, "g" * 4000) for number in range(600)]
    bad = ["no line"] * 31
    for count, published in ((31, True), (32, False)):
        path = write_lines(tmp_path / f"in/{count}.jsonl", [*good[:589], *bad[:31], *["no line"] * (count - 31)])
        outcome = spark.run(collections=path, predictions=None, output=root, split_size=1 << 20)
        code = gristmill.run(path, (), tmp_path / f"native/{count}").code
        assert (code == OK) == published == outcome.reply["published"], (code, outcome.reply["report"]["verdict"])
        assert code in (OK, CHECKS)
