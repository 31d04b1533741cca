"""Names of files, settings and changed reports cannot draw on a terminal, break a log or forge a message."""

import json

import pytest
from command import NO_INPUT, OK, USAGE
from lines import collection, write_lines

ESCAPE = "\x1b]0;x\x07"
OVERRIDE = "\u202e"
NAME = f"a{ESCAPE}b\nforged{OVERRIDE}d\x9b31m"


@pytest.fixture
def output(tmp_path, gristmill):
    """An output whose only input has that name; it has a line to reject."""
    lines = [collection("p1", "s1", f"c{number}") for number in range(300)]
    path = write_lines(tmp_path / "in" / (NAME + ".jsonl"), [*lines, "{no line}"])
    gristmill.run(path, (), "out", "--quiet").must(OK)
    return tmp_path / "out"


def draws_nothing(text: str) -> None:
    for mark in ("\x1b", "\x07", OVERRIDE, "\x9b", "\x7f"):
        assert mark not in text, (mark, text)
    assert "\nforged" not in text


def test_name_of_a_file_that_cannot_be_read(gristmill, tmp_path):
    for words in ([], ["--verbose"], ["--log-format", "json"], ["--log-format", "json", "--log-file", "log"]):
        outcome = gristmill.run(f"missing{NAME}.jsonl", (), "out", *words)
        assert outcome.code == NO_INPUT
        log = (tmp_path / "log").read_text() if "log" in words else ""
        draws_nothing(outcome.stdout + outcome.stderr + log)
        assert "\\x1b]0;x\\x07" in outcome.stderr + log or "\\\\x1b]0;x\\\\x07" in outcome.stderr + log
        for line in [line for line in (outcome.stderr + log).splitlines() if line.startswith("{")]:
            assert json.loads(line)["message"]


@pytest.mark.parametrize("words", [
    ["explain", "--collections", "in/*", "--output", f"out{NAME}"],
    ["verify", "out" + NAME], ["recover", "out" + NAME], ["publish", "out" + NAME], ["show", "out" + NAME],
    ["show", "out", "nothing" + NAME], ["run" + NAME], ["run", "--" + NAME], ["run", "--threads", NAME],
    ["run", "--collections", "in/*", "--output", "out2", "--log-file", f"missing{NAME}/log"],
    ["show", "out", "quarantine"], ["show", "out", "checks"], ["inspect", "in"], ["report", "out" + NAME],
    ["validate", "--collections", "in/*"],
], ids=lambda words: " ".join(words).encode("unicode_escape").decode()[:40])
def test_names_in_every_command(gristmill, output, words):
    outcome = gristmill(*words)
    draws_nothing(outcome.stdout + outcome.stderr)


def test_variables_and_recipes(gristmill, tmp_path):
    (tmp_path / "recipe.yaml").write_text('threads: "a\\u001b]0;x\\u0007\\u202e"\n', encoding="utf-8")
    outcome = gristmill("run", "--recipe", "recipe.yaml")
    assert outcome.code == USAGE
    draws_nothing(outcome.stdout + outcome.stderr)
    outcome = gristmill("run", variables={"GRISTMILL_THREADS": NAME})
    assert outcome.code == USAGE
    draws_nothing(outcome.stdout + outcome.stderr)


def test_changed_report(gristmill, output):
    path = output / "validation/report.json"
    text = path.read_text()
    escaped = json.dumps(NAME)[1:-1]
    for before, after in (('"run_id": "', f'"run_id": "{escaped}'), ('"collections"', f'"{escaped}"'), ('"output": "', f'"output": "{escaped}')):
        assert before in text, before
        text = text.replace(before, after, 1)
    path.write_text(text)
    for words in (["report", "out"], ["show", "out"], ["show", "out", "checks"], ["verify", "out"]):
        outcome = gristmill(*words)
        draws_nothing(outcome.stdout + outcome.stderr)


def test_changed_manifest(gristmill, output):
    path = output / "_manifest.json"
    lines = path.read_text().splitlines(keepends=True)
    for before, after in (('"run_id":"', f'"run_id":"{json.dumps(ESCAPE + OVERRIDE)[1:-1]}'), ("labels/", "labels\\u001b\\u202e/")):
        assert any(before in line for line in lines)
        path.write_text("".join(line.replace(before, after) for line in lines))
        for words in (["verify", "out"], ["show", "out"], ["recover", "out"]):
            outcome = gristmill(*words)
            draws_nothing(outcome.stdout + outcome.stderr)


def test_page_of_a_report(gristmill, output):
    draws_nothing(gristmill("report", "out").must(OK).stdout)
