"""`python -m gristmill.spark` and spark-submit: flags, settings, exit codes and words of the command."""

from __future__ import annotations

import os
import re
import signal
import time

import inputs
import pytest
from cluster import wait_for
from command import CHECKS, INTERNAL, INTERRUPTED, NO_INPUT, OK, OUTPUT, REPOSITORY, USAGE
from comparison import must_be_same
from driver import Submission
from lines import collection, prediction, write_lines
from outputs import contents, differences, manifest, nothing_left_over
from test_signals import endless  # noqa: F401: a fixture

EXAMPLES = ["--collections", REPOSITORY / "examples/collections", "--predictions", REPOSITORY / "examples/predictions"]
VARYING = re.compile(r"^( +(time|memory|output) |published: ).*$", re.MULTILINE)  # of the printed summary
ENDS_WITHIN = 20.0  # seconds


def printed(text: str, place) -> str:
    """What the command prints, without what a run may take and where its output lies."""
    return VARYING.sub(r"\1…", text.replace(str(place), "OUT"))


def must_have_said_one_thing(outcome) -> None:
    for noise in ("Traceback", "py4j", "Exception"):
        assert noise not in outcome.stderr, outcome.stderr[-4000:]


@pytest.fixture
def submit(spark, tmp_path):
    """Starts the program; all that is left of it is killed after the test."""
    started = []

    def start(*words, **options) -> Submission:
        started.append(Submission(spark, tmp_path, *words, version=int(spark.about["version"][0]), **options))
        return started[-1]
    yield start
    for each in started:
        each.kill()


@pytest.mark.parametrize("master", ["local[2]", pytest.param("", id="cluster", marks=pytest.mark.long)])
def test_as_a_module(twin, submit, master):
    """One program from its start to its end, with the settings of all sources."""
    folder = twin.command.folder
    (folder / ".env").write_text("GRISTMILL_SESSIONS=all\n")
    (folder / "gristmill.yaml").write_text("carry: [app_version]\nsessions: collections\nchecks: {repeated_lines: ignore}\n")
    variables = {"GRISTMILL_SHA256": "yes"}
    words = [*EXAMPLES, "--swipe-models", "swipe_model"]
    native = twin.command("run", *words, "--output", twin.native, variables=variables).must(OK)
    twin.root.parent.mkdir()
    outcome = submit("--name", "nightly", "--split-size", "1MiB", "--partitions", 3, *words, "--output", twin.root,
                     variables=variables, master=master).finish().must(OK)
    assert printed(outcome.stdout, twin.root) == printed(native.stdout, twin.native)
    must_have_said_one_thing(outcome)
    must_be_same(twin.native, twin.root)
    assert "sha256" in manifest(twin.root)["files"][0] and manifest(twin.root)["recipe"]["carry"] == ["app_version"]
    twin.command("verify", twin.root).must(OK)
    nothing_left_over(twin.root)


@pytest.mark.long
def test_by_spark_submit(twin, submit):
    twin.expect(*EXAMPLES[1::2])
    twin.root.parent.mkdir()
    submit(*EXAMPLES, "--output", twin.root, by="spark-submit").finish().must(OK)
    must_be_same(twin.native, twin.root)
    nothing_left_over(twin.root)


@pytest.mark.long
@pytest.mark.parametrize("words, code, said", [
    (["--colections", "x"], USAGE, ["--colections"]),
    (["--collections", "x", "--partitions", "0"], USAGE, ["--partitions"]),
    (["--collections", "x", "--split-size", "1"], USAGE, ["--split-size"]),
    (["--collections", "x", "--threads", "many"], USAGE, ["threads"]),
    (["--collections", "/nowhere"], NO_INPUT, ["/nowhere"]),
    ([*EXAMPLES, "--output", "/proc/out"], OUTPUT, ["/proc"]),
    ([*EXAMPLES, "--output", "kept/out", "--checks-rejected-lines-fail-above", "0"], CHECKS, ["rejected_lines", "gristmill publish kept/out"]),
], ids=lambda value: str(value) if isinstance(value, int) else None)
def test_exit_codes(submit, tmp_path, words, code, said):
    (tmp_path / "kept").mkdir()
    output = [] if "--output" in words else ["--output", "out"]
    outcome = submit(*words, *output, master="local[1]").finish()
    outcome.must_fail(code, *said)
    assert not (tmp_path / "out").exists() and not list(tmp_path.glob(".out*"))


@pytest.mark.long
def test_master_that_cannot_be(submit):
    outcome = submit(*EXAMPLES, "--output", "out", master="nonsense").finish()
    assert outcome.code in (USAGE, INTERNAL)
    assert "gristmill: error: Spark cannot be started" in outcome.stderr and "--master" in outcome.stderr


def begun(spark, root):
    """Waits until executors of another application are at work on it."""
    before = {each.pid for each in spark.running.executors()}
    wait_for(lambda: list(root.parent.glob(".out.gristmill/2*")), "the staging folder")
    wait_for(lambda: [worker for executor in spark.running.executors() if executor.pid not in before
                      for worker in spark.running.python_workers(executor)], "a Python worker of its executors")
    time.sleep(1)


@pytest.fixture
def root(gristmill, tmp_path):
    """A root with an earlier output."""
    gristmill.run(write_lines(tmp_path / "earlier.jsonl", [collection("before")]), (), "place/out").must(OK)
    return tmp_path / "place/out"


@pytest.mark.long
@pytest.mark.parametrize("way", ["SIGINT", "SIGTERM", "group", "twice"])
def test_interrupted_while_reading(spark, submit, gristmill, endless, root, way):  # noqa: F811
    """Of the process alone, and of its group, as a terminal does it: the JVM is in it too."""
    before = contents(root)
    executors = len(spark.running.executors())
    program = submit("--collections", endless, "--output", root)
    begun(spark, root)
    assert program.process.poll() is None
    started = time.monotonic()
    if way == "group":
        os.killpg(program.process.pid, signal.SIGINT)
    else:
        program.send(signal.SIGTERM if way == "SIGTERM" else signal.SIGINT)
    if way == "twice":
        time.sleep(0.1)
        program.send(signal.SIGINT)
    outcome = program.finish(ENDS_WITHIN)
    assert time.monotonic() - started < ENDS_WITHIN
    assert outcome.code in ((INTERRUPTED, -signal.SIGINT) if way == "twice" else (INTERRUPTED,)), outcome.stderr[-3000:]
    wait_for(lambda: len(spark.running.executors()) <= executors, "the end of its executors")
    assert differences(before, contents(root)) == []
    if way == "twice":
        gristmill("recover", root).must(OK)
    else:
        assert "interrupted" in outcome.stderr
        must_have_said_one_thing(outcome)
    time.sleep(1)
    nothing_left_over(root)


@pytest.mark.long
@pytest.mark.parametrize("seconds", [1.0, 3.0, 6.0, 8.0, 10.0])
def test_interrupted_at_its_start(spark, submit, endless, tmp_path, seconds):  # noqa: F811
    """While the JVM, the session or the first task starts: a JVM of its own must go with it."""
    (tmp_path / "place").mkdir()
    program = submit("--collections", endless, "--output", tmp_path / "place/out", master="local[1]")
    time.sleep(seconds)
    program.send(signal.SIGINT)
    outcome = program.finish(ENDS_WITHIN)
    assert outcome.code == INTERRUPTED, outcome.stderr[-3000:]
    must_have_said_one_thing(outcome)
    assert not list((tmp_path / "place").iterdir())


@pytest.mark.long
def test_package_that_executors_do_not_have(submit, tmp_path):
    outcome = submit(*EXAMPLES, "--output", tmp_path / "out", confs=("spark.executorEnv.PYTHONPATH=/nowhere",)).finish()
    outcome.must_fail(USAGE, "no package gristmill")
    assert not list(tmp_path.glob("*out*/*")) and not list(tmp_path.glob(".out*"))


@pytest.mark.long
def test_killed_driver(spark, submit, gristmill, endless, root, tmp_path):  # noqa: F811
    """The old output stays; the next run removes what was begun, and executors that live on a while write nothing."""
    before = contents(root)
    executors = len(spark.running.executors())
    program = submit("--collections", endless, "--output", root)
    begun(spark, root)
    program.process.kill()
    program.process.wait()
    assert differences(before, contents(root)) == []
    gristmill.run(write_lines(tmp_path / "next.jsonl", [collection("next")]), (), root).must(OK)
    program.finish()
    wait_for(lambda: len(spark.running.executors()) <= executors, "the end of its executors")
    time.sleep(2)
    gristmill("verify", root).must(OK)
    nothing_left_over(root)


@pytest.mark.long
def test_killed_driver_while_rows_are_written(spark, submit, gristmill, root, tmp_path):
    """The next run comes while executors of the dead one still write to its staging folder."""
    paths = inputs.write_skewed(tmp_path / "in", 4000, 200)
    program = submit("--collections", paths[0], "--predictions", paths[1], "--output", root, "--partitions", "4")
    wait_for(lambda: list(root.parent.glob(".out.gristmill/**/labels/*/*")), "a file of rows", every=0.005)
    program.process.kill()
    program.process.wait()
    small = write_lines(tmp_path / "next.jsonl", [collection("next")]), write_lines(tmp_path / "p.jsonl", [prediction("next")])
    for _ in range(10):
        gristmill.run(*small, root).must(OK)
        time.sleep(0.3)
    program.finish()
    time.sleep(3)
    gristmill("verify", root).must(OK)
    gristmill("recover", root).must(OK)
    nothing_left_over(root)
