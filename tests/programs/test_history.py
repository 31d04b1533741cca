"""What runs leave behind for those after them, and what they say of a run that differs (check drift)."""

from __future__ import annotations

import csv
import io
import json

import pytest
from command import CHECKS, OK, OUTPUT, USAGE
from lines import collection, prediction, write_lines
from outputs import report, report_without_run

HISTORY = "validation/history.jsonl"


def day(root, number, lines=200, bad=0, model="swipe_model"):
    """The inputs of one day, and nothing but these."""
    made = [collection(f"p{i % 20}", f"s{number}-{i % 40}", f"c{number}-{i}") for i in range(lines - bad)]
    write_lines(root / "in/collections/day.jsonl", made + [f"bad {number}"] * bad)
    write_lines(root / "in/predictions/day.jsonl", [prediction(f"p{i}", f"s{number}-{i}", "c", model, 0.5) for i in range(20)])


def run(gristmill, *words, output="out", command="run"):
    return gristmill(command, "--collections", "in/collections", "--predictions", "in/predictions", "--output", output, *words)


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def week(gristmill, tmp_path):
    """An output that was replaced seven times."""
    for number in range(8):
        day(tmp_path, number)
        run(gristmill, "--quiet").must(OK)
    return tmp_path / "out"


def test_each_run_leaves_a_line_and_takes_those_before_over(gristmill, tmp_path, week):
    history = lines_of(week / HISTORY)
    assert [line["collections"]["lines"] for line in history] == [200] * 8
    assert len({line["run_id"] for line in history}) == len({line["inputs_id"] for line in history}) == 8
    assert history[-1]["run_id"] == json.loads((week / "_manifest.json").read_text())["run_id"]
    assert history[0]["collections"]["shapes"] == ["lines"] and history[0]["sessions"] == 40
    assert report(week)["run"]["drift"]["runs"] == 7
    gristmill("verify", "out").must(OK)


def test_nothing_else_depends_on_it(gristmill, tmp_path, week):
    run(gristmill, "--quiet", output="fresh").must(OK)
    fresh = tmp_path / "fresh"
    assert report_without_run((week / "validation/report.json").read_bytes()) == \
        report_without_run((fresh / "validation/report.json").read_bytes())
    assert (week / "validation/report.html").read_bytes() == (fresh / "validation/report.html").read_bytes()
    assert len(lines_of(fresh / HISTORY)) == 1


def test_a_run_that_differs_is_told(gristmill, tmp_path, week):
    day(tmp_path, 8, lines=600, bad=60, model="fraud_model")
    outcome = run(gristmill, "--publish-anyway").must(OK)
    sentence = ("check drift warned: collections.lines is 600, usual is 160 to 240; collections.rejected is 10.00 %, usual is "
                "0.00 % to 2.00 %; collections.rejected.invalid_json is 10.00 %, usual is 0.00 % to 2.00 %; and ")
    assert sentence in outcome.stderr
    drift = report(week)["run"]["drift"]
    flagged = {measure["name"]: measure for measure in drift["measures"] if measure["flagged"]}
    assert flagged["models"]["added"] == ["fraud_model"] and flagged["models"]["gone"] == ["swipe_model"]
    assert flagged["collections.lines"]["before"] == [200] * 7 + [200]
    assert set(lines_of(week / HISTORY)[-1]["drift"]) == set(flagged)
    # One that failed a check counts for nobody, though it was published.
    assert not lines_of(week / HISTORY)[-1]["passed"]
    rows = list(csv.DictReader(io.StringIO(gristmill("history", "out", "--format", "csv").must(OK).stdout)))
    assert rows[-1]["lines"] == "620" and "collections.lines" in rows[-1]["drift"] and rows[0]["drift"] == ""


def test_the_same_input_counts_once(gristmill, tmp_path):
    day(tmp_path, 0)
    for _ in range(9):
        run(gristmill, "--quiet").must(OK)
    assert report(tmp_path / "out")["run"]["drift"]["runs"] == 0
    day(tmp_path, 1, lines=2000)
    assert "drift" not in run(gristmill, "--quiet").must(OK).stderr
    assert report(tmp_path / "out")["run"]["drift"]["runs"] == 1


def test_what_is_accepted_is_the_new_level(gristmill, tmp_path, week):
    gristmill("history", "out", "--accept").must_fail(USAGE, "its last run differs in nothing from those before it")
    day(tmp_path, 8, lines=600)
    run(gristmill, "--quiet").must(OK)
    before = (week / "labels/profile-id=p1/collections.jsonl").read_bytes()
    outcome = gristmill("history", "out", "--accept").must(OK)
    assert "collections.lines: the new level, against which runs are held from the seventh on" in outcome.stdout
    assert lines_of(week / HISTORY)[-1]["accepted"] is True
    assert (week / "labels/profile-id=p1/collections.jsonl").read_bytes() == before
    gristmill("verify", "out").must(OK)
    assert "accepted, collections.lines" in gristmill("history", "out").must(OK).stdout
    gristmill("history", "out", "--accept").must_fail(USAGE, "is accepted already")
    day(tmp_path, 9, lines=600)
    assert "drift" not in run(gristmill, "--quiet").must(OK).stderr


def test_drift_may_fail_a_run(gristmill, tmp_path, week):
    (tmp_path / "gristmill.yaml").write_text("checks: {drift: {severity: fail}}\ndrift: {ignore: [collections.rejected]}\n")
    day(tmp_path, 8, bad=8)
    run(gristmill, "--quiet").must(OK)
    day(tmp_path, 9, lines=600)
    outcome = run(gristmill).must_fail(CHECKS, "not published, these checks failed: drift")
    assert "checks    FAILED: drift\n" in outcome.stdout
    assert "check drift failed: collections.lines is 600" in outcome.stderr
    assert len(lines_of(week / HISTORY)) == 9
    gristmill("publish", "out").must(OK)
    assert [line["passed"] for line in lines_of(week / HISTORY)][-2:] == [True, False]


def test_what_was_published_in_spite_of_its_drift_can_be_accepted(gristmill, tmp_path, week):
    day(tmp_path, 8, lines=600)
    fails = ("--checks-drift-severity", "fail", "--quiet")
    run(gristmill, *fails).must_fail(CHECKS, "drift")
    gristmill("publish", "out").must(OK)
    gristmill("history", "out", "--accept").must(OK)
    day(tmp_path, 9, lines=600)
    run(gristmill, *fails).must(OK)


def test_a_median_score_that_moves_is_told(gristmill, tmp_path, week):
    day(tmp_path, 8)
    write_lines(tmp_path / "in/predictions/day.jsonl", [prediction(f"p{i}", f"s8-{i}", "c", "swipe_model", 0.9) for i in range(20)])
    assert "models.swipe_model.median_score is 0.90, usual is 0.46 to 0.54" in run(gristmill, "--quiet").must(OK).stderr


def test_batches_are_the_history_of_an_output_that_grows(gristmill, tmp_path):
    for number in range(9):
        for dataset in ("collections", "predictions"):
            (tmp_path / "in" / dataset).mkdir(parents=True, exist_ok=True)
        day(tmp_path, number, lines=600 if number == 8 else 200)
        for dataset in ("collections", "predictions"):
            (tmp_path / "in" / dataset / "day.jsonl").rename(tmp_path / "in" / dataset / f"{number}.jsonl")
        outcome = run(gristmill, command="update").must(OK)
        assert ("check drift warned: collections.lines is 600" in outcome.stderr) == (number == 8)
    out = tmp_path / "out"
    assert not (out / HISTORY).exists()
    assert "collections.lines" in lines_of(out / "validation/batches.jsonl")[-1]["drift"]
    gristmill("verify", "out", "--state").must(OK)
    assert "collections.lines" in gristmill("history", "out").must(OK).stdout
    gristmill("history", "out", "--accept").must(OK)
    gristmill("verify", "out", "--state").must(OK)
    # The promise holds: one run over the ledger gives the same report.
    run_words = ("run", "--accumulate", "--ledger", "out/_state/inputs.jsonl", "--output", "again", "--quiet", "--publish-anyway")
    gristmill(*run_words).must(OK)
    assert report_without_run((out / "validation/report.json").read_bytes()) == \
        report_without_run((tmp_path / "again/validation/report.json").read_bytes())


def test_four_hundred_runs_are_kept(gristmill, tmp_path, week):
    path = week / HISTORY
    first = path.read_text().splitlines()[0]
    path.write_text((first + "\n") * 450)
    day(tmp_path, 8)
    run(gristmill, "--quiet").must(OK)
    assert len(lines_of(path)) == 400


def test_a_history_that_is_gone_or_broken_begins_anew(gristmill, tmp_path, week):
    (week / HISTORY).unlink()
    gristmill("history", "out").must_fail(OUTPUT, HISTORY, "is missing, which the manifest lists")
    day(tmp_path, 8)
    run(gristmill, "--quiet").must(OK)
    assert len(lines_of(week / HISTORY)) == 1
    (week / HISTORY).write_text("not JSON\n\n{}\n")
    day(tmp_path, 9)
    run(gristmill, "--quiet").must(OK)
    assert report(week)["run"]["drift"]["runs"] == 0
    gristmill("history", "out").must(OK)  # what was no line is gone
