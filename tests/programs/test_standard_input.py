"""`-` is standard input: the same bytes as from a file, however they arrive."""

import gzip
import signal
import subprocess
import time

import pytest
from command import INTERRUPTED, OK, USAGE, environment
from lines import collection, prediction, write_lines
from outputs import contents

LINES = [collection(f"p{number % 7}", f"s{number % 31}", f"c{number}") for number in range(3000)]


def piped(gristmill, tmp_path, data: bytes, *words):
    return subprocess.run([gristmill.binary, *map(str, words)], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          cwd=tmp_path, env=environment(variables={"TMPDIR": str(gristmill.spill)}))


def rows(output) -> dict:
    """What an output holds of the data, not of names, places and times."""
    return {path: data for path, data in contents(output).items()
            if path.startswith(("labels/", "predictions/", "aggregated"))}


@pytest.fixture
def from_file(gristmill, tmp_path):
    write_lines(tmp_path / "c.jsonl", LINES)
    write_lines(tmp_path / "p.jsonl", [prediction("p1", "s1")])
    gristmill.run("c.jsonl", "p.jsonl", "file").must(OK)
    return rows(tmp_path / "file")


@pytest.mark.parametrize("form", ["pipe", "gzip", "array", "redirected"])
def test_the_same_rows_as_from_a_file(gristmill, tmp_path, from_file, form):
    words = ["run", "--collections", "-", "--predictions", "p.jsonl", "--output", "out", "--quiet"]
    data = "\n".join(LINES).encode()
    if form == "redirected":
        with open(tmp_path / "c.jsonl", "rb") as file:
            subprocess.run([gristmill.binary, *words], stdin=file, cwd=tmp_path, env=environment(), check=True)
    else:
        if form == "gzip":
            data = gzip.compress(data)
        elif form == "array":
            data = b"[" + data.replace(b"\n", b",\n") + b"]"
        outcome = piped(gristmill, tmp_path, data, *words)
        assert outcome.returncode == OK, outcome.stderr
    assert rows(tmp_path / "out") == from_file


def test_it_is_named_stdin_and_nothing_is_left(gristmill, tmp_path):
    outcome = piped(gristmill, tmp_path, b"no JSON\n" + LINES[0].encode(), "run", "--collections", "-", "--output", "out", "--publish-anyway")
    assert outcome.returncode == OK
    assert '"file":"stdin"' in (tmp_path / "out/quarantine/collections.jsonl").read_text()
    assert "name_and_content_differ" not in (tmp_path / "out/validation/report.json").read_text()
    assert list(gristmill.spill.iterdir()) == []
    assert piped(gristmill, tmp_path, LINES[0].encode(), "validate", "--predictions", "-", "--publish-anyway").stdout


def test_one_stream_is_one_data_set(gristmill, tmp_path):
    gristmill.run("-", "-", "out").must_fail(USAGE, "'-'", "both data sets")


def test_a_file_of_that_name(gristmill, tmp_path):
    write_lines(tmp_path / "-", LINES[:3])
    gristmill.run("./-", (), "out").must(OK)
    assert "/profile-id=p1" in "".join(str(path) for path in (tmp_path / "out/labels").iterdir())


def test_explain_takes_nothing_from_it(gristmill, tmp_path):
    outcome = piped(gristmill, tmp_path, b"", "explain", "--collections", "-", "--output", "out")
    assert outcome.returncode == OK and b"standard input" in outcome.stdout


def test_waiting_for_it_is_interrupted_at_once(gristmill, tmp_path):
    process = subprocess.Popen([gristmill.binary, "run", "--collections", "-", "--output", "out"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, env=environment())
    process.stdin.write(LINES[0].encode())
    process.stdin.flush()
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == INTERRUPTED
    process.communicate()
    assert not (tmp_path / "out").exists()
