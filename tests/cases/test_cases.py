"""Runs every case, and sees that the reference still writes what it is said to have written.

A case is a folder of this one; README.md says what lies in it. What is told by no file of a case is the same for all:
inputs stay as they are, nothing is left over, an output is what its manifest says, and a command that fails says why
in one message and changes no output.
"""

import json
import re
import shlex
import shutil
import subprocess
import sys

import compare
import pytest
from command import INPUT, OK, OUTPUT, REPOSITORY, USAGE
from outputs import contents, differences, nothing_left_over, report

TEXTS = ("exit", "stdout", "stderr")
ROWS = ("labels", "predictions", "aggregated-json")


def commands(case) -> list[list[str]]:
    """The words of each line of the command, without the program's name."""
    lines = [shlex.split(line, comments=True) for line in (case / "command").read_text().splitlines()]
    lines = [words for words in lines if words]
    assert lines and all(words[0] == "gristmill" for words in lines), "a line of `command` is `gristmill ...`"
    return [words[1:] for words in lines]


def test_case(case, gristmill, tmp_path):
    shutil.copytree(case / "in", tmp_path / "in")
    before = contents(tmp_path / "in")
    root, expected = tmp_path / "out", case / "expected"
    *earlier, last = commands(case)
    for words in earlier:
        gristmill(*words).must(OK)
    published = contents(root)

    outcome = gristmill(*last)
    code = int((expected / "exit").read_text()) if (expected / "exit").exists() else OK
    outcome.must(code) if code == OK else outcome.must_fail(code)
    for name in ("stdout", "stderr"):
        if (expected / name).exists():
            says(getattr(outcome, name), (expected / name).read_text())

    assert differences(before, contents(tmp_path / "in")) == []
    if code != OK:
        assert differences(published, contents(root)) == []
    if code in (USAGE, INPUT, OUTPUT) or root.exists():
        nothing_left_over(root, "in", "spill")
    if root.exists():
        gristmill("verify", "out").must(OK)
    compare_output(expected, root)


def says(text: str, expected: str) -> None:
    """Fails unless the text is the expected one, in which `...` stands for anything."""
    pattern = ".*".join(re.escape(part) for part in expected.split("..."))
    assert re.fullmatch(pattern, text, re.DOTALL), f"expected:\n{expected}\nfound:\n{text}"


def compare_output(expected, root) -> None:
    """Fails unless the output is the expected one: all of its data beside a verdict, else the folders that are there."""
    whole = (expected / "verdict.json").exists()
    for folder in ROWS:
        if whole or (expected / folder).exists():
            assert differences(contents(expected, folder), contents(root, folder)) == []
    for dataset in ("collections", "predictions"):
        if whole or (expected / f"quarantine/{dataset}.jsonl").exists():
            compare_quarantine(expected / f"quarantine/{dataset}.jsonl", root / f"quarantine/{dataset}.jsonl", root)
    if whole:
        found = compare.Differences()
        compare.compare_aggregates(expected, root, found)
        assert found.count == 0, found.summary()
        compare_numbers(json.loads((expected / "verdict.json").read_bytes()), root)


def compare_quarantine(expected, actual, root) -> None:
    """The message is gristmill's own: it must be there. The rest is the reference's."""
    found = entries(actual)
    for entry in found:
        assert entry.pop("inputs_id") == report(root)["inputs_id"]
        assert entry.pop("message").strip()
    wanted = [{name: value for name, value in entry.items() if name not in ("inputs_id", "message")}
              for entry in entries(expected)]
    assert [list(entry.items()) for entry in found] == [list(entry.items()) for entry in wanted]


def entries(path) -> list[dict]:
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


def compare_numbers(expected, root) -> None:
    """The numbers of the verdict, in the report and, those that it has, in the manifest."""
    del expected["columns"]  # which the Parquet files have
    actual = compare.numbers_from_report(report(root))
    assert actual.keys() == expected.keys()
    for name in expected:
        assert actual[name] == expected[name], name
    accounting = json.loads((root / "_manifest.json").read_bytes())["accounting"]
    assert (accounting["sessions"], accounting["models"]) == (expected["rows"]["sessions"], expected["rows"]["models"])
    for dataset, folder in (("collections", "labels"), ("predictions", "predictions")):
        assert accounting[dataset] == {**expected["totals"][dataset], "rows": expected["rows"][folder],
                                       "partitions": expected["partitions"][folder]}


def test_expected_is_what_the_reference_writes(case, tmp_path):
    if not (case / "expected/verdict.json").exists():
        pytest.skip("no case of the reference")
    [words] = commands(case)
    inputs = [word for flag, value in zip(words, words[1:]) if flag in ("--collections", "--predictions", "--recipe")
              for word in (flag, value)]
    subprocess.run([sys.executable, REPOSITORY / "tests/reference/reference.py", *inputs, "--output", tmp_path / "expected"],
                   cwd=case, check=True)
    written = contents(tmp_path / "expected")
    assert differences(written, {name: data for name, data in contents(case / "expected").items() if name not in TEXTS}) == []
