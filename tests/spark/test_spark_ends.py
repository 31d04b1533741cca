"""How runs on Spark end that do not simply publish: errors, failed checks, and what another run does meanwhile."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import time

import inputs
import pytest
from command import CHECKS, OK, OUTPUT, REPOSITORY
from comparison import must_be_same
from driver import connected
from lines import collection, prediction, write_lines
from outputs import contents, differences, nothing_left_over, report
from test_output_roots import paused, wait_for

LONG = pytest.mark.long  # also what takes a few seconds only: there are many
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


@pytest.mark.long
def test_an_output_that_is_not_shared(tmp_path_factory, small):
    """The folder is there on every machine, and each has another one."""
    place = tmp_path_factory.mktemp("private")
    spark = connected(tmp_path_factory.mktemp("machines"), private=str(place))
    try:
        outcome = spark.run(**small, output=place / "out").must_fail("OutputError", "which a task on another machine wrote",
                                                                     "see the same files, or on s3://")
        assert outcome.error["exit_code"] == OUTPUT
    finally:
        spark.close()
    assert list(place.iterdir()) == []


# ---- errors of whoever asks

ERRORS = {  # arguments, exception, what it says
    "missing file": ({"collections": "/nowhere/a.jsonl"}, "NoInputError", ["/nowhere/a.jsonl"]),
    "nothing matches": ({"collections": "/nowhere/*.jsonl"}, "NoInputError", ["/nowhere/"]),
    "no inputs": ({}, "UsageError", ["collections"]),
    "unknown setting": ({"collections": "x", "thraeds": 2}, "UsageError", ["thraeds", "threads"]),
    "wrong value": ({"collections": "x", "threads": "many"}, "UsageError", ["threads"]),
    "missing recipe": ({"collections": "x", "recipe": "/nowhere.yaml"}, "UsageError", ["/nowhere.yaml"]),
    "small split": ({"collections": EXAMPLE, "split_size": 1000}, "UsageError", ["split_size"]),
    "odd split": ({"collections": EXAMPLE, "split_size": (1 << 20) + 1}, "UsageError", ["split_size"]),
    "no split": ({"collections": EXAMPLE, "split_size": 0}, "UsageError", ["split_size"]),
    "negative split": ({"collections": EXAMPLE, "split_size": -(1 << 20)}, "UsageError", ["split_size"]),
    "split in words": ({"collections": EXAMPLE, "split_size": "64MiB"}, "UsageError", ["split_size", "64 << 20"]),
    "half a partition": ({"collections": EXAMPLE, "partitions": 2.5}, "UsageError", ["partitions"]),
    "no partition": ({"collections": EXAMPLE, "partitions": 0}, "UsageError", ["partitions"]),
    "negative partitions": ({"collections": EXAMPLE, "partitions": -3}, "UsageError", ["partitions"]),
    "numbers": ({"collections": [1]}, "UsageError", ["collections"]),
    "lines from memory": ({"collections": [collection()]}, "UsageError", ["collections", "lines"]),
    "half a key": ({"collections": EXAMPLE, "credentials": {"access_key": "k"}}, "UsageError", []),
}


@pytest.mark.parametrize("error", ERRORS)
def test_errors(spark, tmp_path, error):
    words, kind, said = ERRORS[error]
    spark.run(output=tmp_path / "out", **{"collections": None, "predictions": None, **words}).must_fail(kind, *said)
    assert not (tmp_path / "out").exists() and not list(tmp_path.glob(".out*"))


def test_without_an_output(spark, small):
    spark.run(**small, output=None).must_fail("UsageError", "output")


@LONG
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


@pytest.mark.parametrize("suffix", [".gz", pytest.param(".zst", marks=LONG)])
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


@LONG
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


@pytest.mark.parametrize("change", ["rewrite", *(pytest.param(each, marks=LONG) for each in ("grow", "shrink", "replace", "remove"))])
def test_input_that_changes_after_it_was_listed(spark, tmp_path, root, old, change):
    """Its last split is read long after the first one: the file is another by then."""
    first, _ = inputs.write_plain(tmp_path / "in", megabytes=14)
    last = write_lines(tmp_path / "in/last.jsonl", [collection(collection=f"c{number}") for number in range(40)])
    os.utime(last, (1e9, 1e9))
    pending = spark.start(collections=[first, last], predictions=None, output=root, split_size=1 << 20)
    met = pending.freeze("route", completed=2)
    assert met["completed"] < met["tasks"] - 2, "too late: the last file may have been read"
    changes(last)[change]()
    spark.thaw()
    pending.result().must_fail("InputError", "last.jsonl")
    must_be_untouched(root, old)


# ---- two runs at a time

def test_command_is_refused_while_spark_writes(twin, gristmill, spark, small, tmp_path):
    paths = inputs.write_plain(tmp_path / "in", megabytes=40)
    twin.expect(*paths)
    pending = spark.start(**twin.words(*paths, split_size=1 << 20, partitions=2))
    pending.freeze("grind")
    gristmill.run(small["collections"], (), twin.root).must_fail(OUTPUT, "another run", str(twin.root))
    assert not pending.ended
    spark.thaw()
    twin.compare(pending.result())


@LONG
def test_spark_is_refused_while_spark_writes(twin, spark, small, tmp_path):
    """From another thread of the same program."""
    paths = inputs.write_plain(tmp_path / "in", megabytes=6)
    twin.expect(*paths)
    pending = spark.start(**twin.words(*paths, split_size=1 << 20))
    pending.freeze("route")
    other = spark.start(**{**small, "output": twin.root}, beside=True)
    other.result().must_fail("OutputError", "another run", str(twin.root))
    assert not pending.ended
    spark.thaw()
    twin.compare(pending.result())


@LONG
def test_two_runs_beside_each_other(twin, spark, tmp_path):
    """In two threads of one program, to different outputs."""
    paths = inputs.write_plain(tmp_path / "in", megabytes=4)
    twin.expect(*paths)
    with spark.alone():
        others = [spark.start(**{**twin.words(*paths, split_size=1 << 20, partitions=3), "output": tmp_path / f"beside/{number}"},
                              beside=True) for number in range(2)]
        twin.again(*paths, on_spark={"split_size": 1 << 20, "partitions": 2})
    for number, other in enumerate(others):
        other.result().must_publish()
        must_be_same(twin.native, tmp_path / f"beside/{number}")
    nothing_left_over(tmp_path / "beside/0", "1")


@LONG
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


# ---- stopped from outside

@LONG
@pytest.mark.parametrize("stage", ["route", "grind"])
def test_interrupted_session_goes_on(twin, spark, tmp_path, root, old, stage):
    """Ctrl-C in a program, or a notebook's stop button: the session is good for the next run."""
    paths = inputs.write_plain(tmp_path / "in", megabytes=8)
    pending = spark.start(collections=paths[0], predictions=paths[1], output=root, split_size=1 << 20, partitions=4)
    pending.freeze(stage, completed=1)
    os.kill(spark.about["pid"], signal.SIGINT)
    time.sleep(0.5)
    spark.thaw()
    outcome = pending.result()
    assert outcome.error and outcome.error["kind"] == "KeyboardInterrupt", outcome.error and outcome.error["trace"]
    time.sleep(2)
    must_be_untouched(root, old)
    twin.both(*paths)


@LONG
def test_stage_cancelled_by_somebody_else(twin, spark, tmp_path, root, old):
    """In Spark's web interface, say."""
    paths = inputs.write_plain(tmp_path / "in", megabytes=8)
    pending = spark.start(collections=paths[0], predictions=paths[1], output=root, split_size=1 << 20, partitions=4)
    pending.freeze("grind", completed=1)
    spark.ask("cancel")
    spark.thaw()
    pending.result().must_fail("CancelledError", "was cancelled", "nothing was published")
    time.sleep(2)
    must_be_untouched(root, old)
    twin.both(*paths)


@LONG
def test_group_of_the_caller_is_cancelled(spark, tmp_path, root, old):
    """A program's own way to stop what it has begun."""
    paths = inputs.write_plain(tmp_path / "in", megabytes=8)
    pending = spark.start(collections=paths[0], predictions=paths[1], output=root, split_size=1 << 20, partitions=4)
    pending.freeze("grind", completed=1)
    spark.ask("cancel group")
    spark.thaw()
    pending.result().must_fail("CancelledError", "was cancelled")
    must_be_untouched(root, old)


@LONG
def test_jobs_of_others_go_on(spark, tmp_path, root, old):
    """A task of a program's own job waits for something, while a run fails in its tasks."""
    lines = write_lines(tmp_path / "cut.jsonl", [collection(f"p{number}") for number in range(2000)])
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(lines.read_bytes())[:-100])
    there = tmp_path / "there"
    there.touch()
    spark.ask("other job", file=str(there))
    spark.run(collections=cut, predictions=None, output=root).must_fail("InputError", "cut.jsonl.gz", "an executor on")
    assert [each["active"] for each in spark.ask("stages")["stages"]] == [1]
    there.unlink()
    must_be_untouched(root, old)


@LONG
def test_session_is_left_as_it_was(twin, small):
    """Its settings, and the group that the program's jobs are in."""
    outcome = twin.both(small["collections"], small["predictions"], {"in_thread": True})
    assert outcome.reply["changed"] == []
    assert twin.both(small["collections"], small["predictions"]).reply["changed"] == []


# ---- surroundings

@LONG
def test_in_another_thread(twin, small):
    twin.both(small["collections"], small["predictions"], {"in_thread": True})


@LONG
def test_settings_of_the_surroundings_do_not_count(twin, small, tmp_path):
    (tmp_path / "gristmill.yaml").write_text("threads: nonsense\n")
    (tmp_path / ".env").write_text("GRISTMILL_THREADS=nonsense\n")
    twin.command.folder = tmp_path / "in"
    twin.both(small["collections"], small["predictions"],
              {"folder": tmp_path, "variables": {"GRISTMILL_THREADS": "nonsense"}})


@LONG
def test_settings_reach_the_executors(twin, spark, tmp_path):
    """The limits decide where lines are read; the memory too."""
    paths = inputs.write_plain(tmp_path / "in", megabytes=5)
    twin.both(*paths, {"split_size": 1 << 20, "memory": "1MiB"}, limits__line=300, publish_anyway=True)
    assert report(twin.root)["run"]["memory_budget"] == 1 << 20
    assert report(twin.root)["accounting"]["totals"]["collections"]["rejected"] > 100


@LONG
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


@LONG
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
