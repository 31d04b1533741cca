"""SIGINT and SIGTERM: acknowledged within a second, nothing published, staging removed, exit code 130."""

import gzip
import signal
import time

import pytest
from command import INTERRUPTED, OK
from lines import collection, write_lines
from outputs import contents, differences, manifest, nothing_left_over
from test_output_roots import paused, wait_for

BOTH = [signal.SIGINT, signal.SIGTERM]


@pytest.fixture
def endless(tmp_path):
    """Input that takes a worker many seconds to read, in a file of some hundred kB: 3 GB of lines."""
    member = gzip.compress(("".join(collection(f"p{n}", f"s{n}", f"c{n}") + "\n" for n in range(50)) * 400).encode(), 1)
    path = tmp_path / "endless.jsonl.gz"
    path.write_bytes(member * 600)
    return path


@pytest.fixture
def root(gristmill, tmp_path):
    """A root with an earlier output."""
    gristmill.run(write_lines(tmp_path / "earlier.jsonl", [collection("before")]), (), "place/out").must(OK)
    return tmp_path / "place/out"


def interrupt(gristmill, process, number) -> float:
    """Sends the signal and checks how the process ends; the seconds it took."""
    started = time.monotonic()
    process.send_signal(number)
    outcome = gristmill.finish(process, 20)
    took = time.monotonic() - started
    assert outcome.code == INTERRUPTED, outcome.stderr
    assert "interrupted" in outcome.stderr
    assert "Traceback" not in outcome.stderr and "terminate called" not in outcome.stderr
    return took


@pytest.mark.parametrize("number", BOTH)
@pytest.mark.parametrize("words", [[], ["--threads", 1], ["--memory", "1MiB"]])
def test_while_reading(gristmill, endless, root, number, words):
    before = contents(root)
    process = gristmill.start(*gristmill.run_words(endless, (), root, *words))
    wait_for(lambda: list(root.parent.glob(".out.gristmill/2*")))
    time.sleep(0.3)
    assert process.poll() is None
    assert interrupt(gristmill, process, number) < 1
    assert differences(before, contents(root)) == []
    nothing_left_over(root)


def test_while_validating(gristmill, endless, tmp_path):
    process = gristmill.start("validate", "--collections", endless)
    time.sleep(0.5)
    assert interrupt(gristmill, process, signal.SIGINT) < 1


@pytest.mark.parametrize("memory", ["1MiB", "1GiB"])
def test_while_grinding(gristmill, root, tmp_path, memory):
    """100,000 rows a file: a bucket takes its time, and is left in its midst."""
    line = collection("p", "s", "c", entries=2000)
    path = write_lines(tmp_path / "c.jsonl", [line.replace('"p"', f'"p{n % 2}"') for n in range(3000)])
    before = contents(root)
    process = gristmill.start(*gristmill.run_words(path, (), root, "--memory", memory))
    wait_for(lambda: list(root.parent.glob(".out.gristmill/2*/labels/profile-id=p*/*")))
    assert interrupt(gristmill, process, signal.SIGTERM) < 1
    assert differences(before, contents(root)) == []
    nothing_left_over(root)


@pytest.mark.parametrize("way", ["exchange", "journal"])
def test_just_before_the_point_of_no_return(gristmill, small, root, way):
    words = gristmill.run_words(*small, root, "--threads", 1)
    process = paused(gristmill, words, "/COMMIT.new", 300, way)
    before = contents(root)
    staging = root / "_staging" if way == "journal" else root.parent / ".out.gristmill"
    wait_for(lambda: list(staging.glob("*/_SUCCESS")))
    process.send_signal(signal.SIGINT)
    outcome = gristmill.finish(process)
    assert outcome.code in (OK, INTERRUPTED)
    gristmill("verify", root).must(OK)
    nothing_left_over(root)
    if outcome.code == INTERRUPTED:
        assert differences(before, contents(root)) == []


def test_after_the_point_of_no_return_the_publish_is_finished(gristmill, small, root):
    words = gristmill.run_words(*small, root, "--threads", 1)
    process = paused(gristmill, words, "remove " + str(root) + "/_SUCCESS", 400, "journal")
    before = manifest(root)["run_id"]
    wait_for((root / "_staging/COMMIT").exists)
    process.send_signal(signal.SIGTERM)
    outcome = gristmill.finish(process).must(OK)
    assert outcome.stderr.endswith("gristmill: interrupted after the commit point: the publication was finished\n")
    gristmill("verify", root).must(OK)
    assert manifest(root)["run_id"] != before
    nothing_left_over(root)


def test_second_signal_ends_at_once(gristmill, small, root):
    """What is left then is the next run's to remove."""
    words = gristmill.run_words(*small, root, "--threads", 1)
    process = paused(gristmill, words, "open " + str(small[0]), 5000)
    wait_for((root.parent / ".out.gristmill/lock").exists)
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    assert interrupt(gristmill, process, signal.SIGINT) < 1
    gristmill("verify", root).must(OK)
    gristmill(*words).must(OK)
    nothing_left_over(root)
