"""Limits on a process (ulimit): each ends a run as one message, and what was staged is removed."""

import os
import re
import resource

import pytest
from command import INTERNAL, OK, OUTPUT
from lines import collection, prediction, write_lines
from outputs import contents, differences, nothing_left_over

KIB = 1024


def limited(limit, value):
    """For Popen's preexec_fn: the soft limit alone, as `ulimit -S` sets it."""
    def act():
        resource.setrlimit(limit, (value, resource.getrlimit(limit)[1]))
    return act


@pytest.fixture
def inputs(tmp_path):
    """20 MB of lines of some kB, of many profiles, and their predictions."""
    ids = [(f"p{number % 500}", f"s{number}", f"c{number}") for number in range(6000)]
    return (write_lines(tmp_path / "in/collections.jsonl", [collection(*each, entries=40) for each in ids]),
            write_lines(tmp_path / "in/predictions.jsonl", [prediction(*each) for each in ids]))


@pytest.fixture
def root(gristmill, tmp_path):
    """A root with an earlier output."""
    gristmill.run(write_lines(tmp_path / "earlier.jsonl", [collection("before")]), (), "place/out").must(OK)
    return tmp_path / "place/out"


# ---- the size of a file (ulimit -f)

@pytest.mark.parametrize("largest", [0, 1, 64, 200])
@pytest.mark.parametrize("words", [[], ["--memory", "1MiB", "--threads", 1]])
def test_files_of_limited_size(gristmill, inputs, root, largest, words):
    """The signal of that limit would kill the process and leave what it staged."""
    before = contents(root)
    outcome = gristmill.run(*inputs, root, *words, preexec_fn=limited(resource.RLIMIT_FSIZE, largest * KIB))
    if outcome.code != OK:
        outcome.must_fail(OUTPUT, "File too large", "ulimit -f")
        assert differences(before, contents(root)) == []
    else:
        assert largest == 200 and not words
    nothing_left_over(root)


def test_generated_files_of_limited_size(gristmill, tmp_path):
    outcome = gristmill("generate", "data", preexec_fn=limited(resource.RLIMIT_FSIZE, 64 * KIB))
    outcome.must_fail(OUTPUT, "File too large", "ulimit -f")


# ---- memory (ulimit -v)

def test_memory_of_limited_size(gristmill, inputs, root):
    """From too little to begin with to enough: whichever allocation fails, in whichever thread."""
    enough = 0
    least = None
    for size in range(40_000, 640_000, 20_000):
        if enough == 2:
            break
        before = contents(root)
        outcome = gristmill.run(*inputs, root, "--threads", 4,
                                preexec_fn=limited(resource.RLIMIT_AS, size * KIB))
        if outcome.code == 127:
            # The C library's loader ends the process by itself: before the program begins, or in a thread of it.
            assert re.search("error while loading shared libraries|thread-local data", outcome.stderr), outcome.stderr
            gristmill("recover", root).must(OK)
            continue
        if outcome.code == OK:
            nothing_left_over(root)
            enough += 1
            continue
        outcome.must_fail(INTERNAL, "--threads", "ulimit")
        nothing_left_over(root)
        assert "not enough memory: " in outcome.stderr or "no more threads can be started: " in outcome.stderr
        assert differences(before, contents(root)) == []
        least = least or size
    assert least and enough, "the limits lie beside those that matter"


# ---- threads

def no_more_threads():
    """As `ulimit -u` makes it, which does not bind root: no stack that a thread asks for fits."""
    resource.setrlimit(resource.RLIMIT_STACK, (1 << 40, resource.getrlimit(resource.RLIMIT_STACK)[1]))
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, resource.getrlimit(resource.RLIMIT_AS)[1]))


@pytest.mark.parametrize("command", ["run", "validate"])
def test_no_more_threads(gristmill, inputs, root, command):
    before = contents(root)
    words = gristmill.run_words(*inputs, root, "--threads", 4)
    words = words if command == "run" else ["validate", *words[1:-4], *words[-2:]]
    outcome = gristmill(*words, preexec_fn=no_more_threads)
    outcome.must_fail(INTERNAL, "no more threads can be started", "--threads", "ulimit -u")
    assert differences(before, contents(root)) == []
    nothing_left_over(root)


# ---- where the results are printed

@pytest.fixture
def commands(small, root):
    """A good call of every command that prints something, by name."""
    collections, predictions = small
    both = ["--collections", collections, "--predictions", predictions]
    return {
        "run": ["run", *both, "--output", root],
        "validate": ["validate", *both],
        "explain": ["explain", *both, "--output", root],
        "inspect": ["inspect", *both],
        "inspect as JSON": ["inspect", *both, "--format", "json"],
        "show": ["show", root, "sessions"],
        "show checks": ["show", root, "checks"],
        "ddl": ["ddl", "duckdb", root],
        "report": ["report", root],
        "verify": ["verify", root],
        "recover": ["recover", root],
        "init": ["init", "started"],
        "completion": ["completion", "bash"],
        "help": ["--help"],
        "help of a command": ["run", "--help"],
        "version": ["--version"],
    }


def test_stdout_that_is_full(gristmill, commands, root):
    """What is asked for is done all the same, but whoever looks at the exit code knows that the words are lost."""
    for name, words in commands.items():
        with open("/dev/full", "wb") as full:
            outcome = gristmill(*words, stdout=full)
        assert outcome.code == OUTPUT, f"{name}: {outcome.code} {outcome.stderr}"
        outcome.must_fail(OUTPUT, "standard output", "No space left on device")
        gristmill("verify", root).must(OK)


def test_reader_of_stdout_that_goes_away(gristmill, commands, root):
    """As for `| head`: no error, and no word about it."""
    for name, words in commands.items():
        reading, writing = os.pipe()
        process = gristmill.start(*words, stdout=writing)
        os.close(reading)
        os.close(writing)
        outcome = gristmill.finish(process)
        assert outcome.code == OK, f"{name}: {outcome.code} {outcome.stderr}"
        assert "error" not in outcome.stderr.lower(), f"{name}: {outcome.stderr}"
        gristmill("verify", root).must(OK)


def test_streams_that_are_closed(gristmill, small, root):
    """No file that a run opens takes their place: words would end up in it."""
    outcome = gristmill.run(*small, root, wrap=["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"])
    assert outcome.code == OK
    gristmill("verify", root).must(OK)


def test_full_stdout_in_a_log(gristmill, commands, tmp_path):
    log = tmp_path / "log"
    with open("/dev/full", "wb") as full:
        gristmill(*commands["run"], "--log-file", log, stdout=full).must(OUTPUT)
        outcome = gristmill(*commands["run"], "--log-format", "json", stdout=full).must(OUTPUT)
    assert "standard output" in log.read_text()
    assert all(line.startswith("{") for line in outcome.stderr.splitlines())
