"""What a run tells other programs at its end: its result, metrics, and the command of on_end."""

from __future__ import annotations

import json
import re
import signal
import time
from pathlib import Path

import jsonschema
import pytest
from command import CHECKS, INPUT, INTERRUPTED, NO_INPUT, OK, OUTPUT, REPOSITORY, USAGE
from lines import collection, prediction, write_lines
from test_output_roots import paused, wait_for

SCHEMA = json.loads((REPOSITORY / "docs/guide/result.schema.json").read_text())


@pytest.fixture
def data(tmp_path):
    write_lines(tmp_path / "in/collections/a.jsonl", [collection("p1", f"s{i}", f"c{i}") for i in range(20)])
    write_lines(tmp_path / "in/predictions/a.jsonl", [prediction("p1", f"s{i}", f"c{i}") for i in range(20)])
    return tmp_path


def run(gristmill, *words, command="run", told="result.json", **options):
    place = () if command == "validate" else ("--output", "out")
    return gristmill(command, "--collections", "in/collections", "--predictions", "in/predictions", *place, "--quiet",
                     "--result", told, *words, **options)


def result(folder: Path) -> dict:
    told = json.loads((folder / "result.json").read_text())
    jsonschema.validate(told, SCHEMA)
    return told


def test_a_published_run(gristmill, data):
    run(gristmill).must(OK)
    told = result(data)
    manifest = json.loads((data / "out/_manifest.json").read_text())
    assert (told["status"], told["exit_code"], told["error"], told["retryable"]) == ("published", 0, None, False)
    assert told["run_id"] == manifest["run_id"] and told["inputs_id"] == manifest["inputs_id"]
    assert told["output"] == str(data / "out") and told["command"] == "run"
    assert told["counts"]["collections"]["accepted"] == 20 and told["counts"]["sessions"] == 20
    assert told["verdict"] == {"passed": True, "failed_checks": [], "warned_checks": [], "changed": None}
    run(gristmill, command="validate").must(OK)
    assert result(data)["status"] == "validated"
    run(gristmill, command="update").must_fail(USAGE, "gristmill run --accumulate")
    assert result(data)["status"] == "failed" and result(data)["exit_code"] == USAGE


def test_an_update(gristmill, data):
    run(gristmill, command="update").must(OK)
    assert result(data)["batch"] == 1 and result(data)["counts"]["touched_sessions"] == 20
    run(gristmill, command="update").must(OK)
    told = result(data)
    assert told["status"] == "unchanged" and told["verdict"] is None and "counts" not in told


def test_a_verdict_that_changed(gristmill, data):
    run(gristmill).must(OK)
    write_lines(data / "in/collections/b.jsonl", ["bad"] * 10)
    run(gristmill).must_fail(CHECKS)
    told = result(data)
    assert (told["status"], told["exit_code"]) == ("staged", CHECKS)
    assert told["staging"] and told["verdict"]["failed_checks"] == ["rejected_lines", "unusable_files"]
    assert told["verdict"]["changed"] is True and "not published" in told["error"]["message"]
    assert told["checks"]["rejected_lines"] == {"status": "failed", "collections": 10, "predictions": 0}
    run(gristmill).must_fail(CHECKS)
    assert result(data)["verdict"]["changed"] is False


def test_errors_have_their_place(gristmill, data):
    run(gristmill, "--collections", "nothing-*").must_fail(NO_INPUT)
    assert result(data)["exit_code"] == NO_INPUT and result(data)["retryable"] is False
    (data / "in/collections/b.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00broken")
    run(gristmill).must_fail(INPUT)
    told = result(data)
    assert told["error"]["file"].endswith("b.jsonl.gz") and told["retryable"] is False and told["run_id"]
    (data / "gristmill.yaml").write_text("threads: many\n")
    run(gristmill).must_fail(USAGE, "gristmill.yaml")
    told = result(data)
    assert (told["error"]["key"], told["error"]["line"]) == ("threads", 1)


def test_another_run_on_the_same_output_may_be_waited_for(gristmill, data):
    first = paused(gristmill, ["run", "--collections", "in/collections", "--output", "out"], "/COMMIT.new", 3000, "journal")
    wait_for(lambda: list((data / "out/_staging").glob("*/_SUCCESS")))
    run(gristmill).must_fail(OUTPUT, "another run is writing")
    assert result(data)["retryable"] is True and result(data)["exit_code"] == OUTPUT
    gristmill.finish(first).must(OK)


def test_an_interrupted_run(gristmill, data):
    words = ["run", "--collections", "in/collections", "--output", "out", "--result", "result.json"]
    process = paused(gristmill, words, "open in/collections", 500)
    wait_for((data / ".out.gristmill/lock").exists)
    process.send_signal(signal.SIGINT)
    gristmill.finish(process).must(INTERRUPTED)
    assert result(data)["status"] == "interrupted" and result(data)["exit_code"] == INTERRUPTED


def test_metrics(gristmill, data):
    run(gristmill, "--metrics", "run.prom").must(OK)
    text = (data / "run.prom").read_text()
    values = {match[1]: float(match[2]) for match in re.finditer(r"^(\S+) (\S+)$", text, re.MULTILINE) if not match[0].startswith("#")}
    of_output = f'output="{data}/out"'
    assert values[f"gristmill_last_run_exit_code{{{of_output}}}"] == 0
    assert values[f'gristmill_last_run_lines{{{of_output},dataset="collections",state="accepted"}}'] == 20
    success = values[f"gristmill_last_success_timestamp_seconds{{{of_output}}}"]
    assert abs(success - time.time()) < 600
    for family in re.findall(r"^# TYPE (\S+) gauge$", text, re.MULTILINE):
        assert f"# HELP {family} " in text and re.search(rf"^{family}\{{", text, re.MULTILINE)
    run(gristmill, "--metrics", "run.prom", "--collections", "nothing-*").must_fail(NO_INPUT)
    text = (data / "run.prom").read_text()
    assert f"gristmill_last_success_timestamp_seconds{{{of_output}}} {success:.0f}\n" in text
    assert f"gristmill_last_run_exit_code{{{of_output}}} 6\n" in text


def test_the_command_of_on_end(gristmill, data):
    command = "cat > told.json; echo $RUN_STATUS $RUN_EXIT_CODE $RUN_VERDICT_CHANGED > told.txt"
    run(gristmill, "--on-end", command).must(OK)
    assert (data / "told.json").read_text() == (data / "result.json").read_text()
    assert (data / "told.txt").read_text() == "published 0\n"
    run(gristmill, "--on-end", command).must(OK)
    assert (data / "told.txt").read_text() == "published 0 false\n"
    outcome = run(gristmill, "--on-end", "exit 3").must(OK)
    assert "warning: the command of on_end: it ended with 3" in outcome.stderr
    run(gristmill, "--on-end", "true").must(OK)  # reads nothing
    run(gristmill, "--on-end", command, "--threads", "many").must_fail(USAGE, "--threads")
    assert (data / "told.txt").read_text() == "failed 2\n"


def test_places_that_are_refused(gristmill, data):
    for place in ("in/collections/result.json", "out/result.json"):
        run(gristmill, told=place).must_fail(USAGE, "result file", "which this run reads or writes")
        assert not (data / place).exists()
    run(gristmill, "--metrics", "in/predictions/x").must_fail(USAGE, "file of metrics")
    gristmill("run", "--collections", "in/*/*.json*", "--output", "out", "--result", "in/collections/r.json").must_fail(
        USAGE, "result file", "in/*/*.json*")
    run(gristmill, "--metrics", "result.json").must_fail(USAGE, "two of log file, result file, file of metrics")
    grown = [*("--collections", "in/collections", "--predictions", "in/predictions"), "--output", "grown", "--quiet"]
    gristmill("update", *grown).must(OK)
    before = (data / "in/collections/a.jsonl").read_bytes()
    for place in ("in/collections/a.jsonl", "grown/_state/inputs.jsonl"):
        gristmill("run", "--accumulate", "--ledger", "grown/_state/inputs.jsonl", "--output", "again", "--metrics", place).must_fail(
            USAGE, "which this run reads or writes")
    assert (data / "in/collections/a.jsonl").read_bytes() == before
    run(gristmill, told="s3://bucket/x").must_fail(USAGE, "--result")
    outcome = run(gristmill, told="no/such/folder.json").must(OK)
    assert "warning: the result could not be written" in outcome.stderr and "does not exist" in outcome.stderr
    assert (data / "out/_SUCCESS").exists()
