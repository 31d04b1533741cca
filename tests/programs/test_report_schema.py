"""docs/guide/report.schema.json describes what reports of varied runs hold, and they hold nothing else.

The schema that users get is open: a later version may add members. Here it is closed, so that a member which
nobody described is found.
"""

import json
import subprocess
import sys

import jsonschema
import pytest
from command import CHECKS, OK, REPOSITORY
from lines import collection, prediction, write_lines

SCHEMA = json.loads((REPOSITORY / "docs/guide/report.schema.json").read_text())


def closed(schema, whole=True):
    """The schema without room for members that it does not name.

    `whole` is False in the branches of allOf and oneOf, which describe an object together with others.
    """
    if not isinstance(schema, dict):
        return schema
    result = dict(schema)
    for word in ("properties", "$defs"):
        if word in schema:
            # The definition that all checks share is a branch of each of them.
            result[word] = {name: closed(part, not (word == "$defs" and name == "check")) for name, part in schema[word].items()}
    for word in ("items", "additionalProperties"):
        if word in schema:
            result[word] = closed(schema[word])
    describes = "properties" in schema
    for word in ("allOf", "oneOf", "anyOf"):
        if word in schema:
            describes |= any("properties" in part or "$ref" in part for part in schema[word])
            alternatives = word == "oneOf" and "properties" not in schema
            result[word] = [closed(part, alternatives) for part in schema[word]]
    if "prefixItems" in schema:
        result["prefixItems"] = [closed(part) for part in schema["prefixItems"]]
    if whole and describes and "additionalProperties" not in schema:
        result["unevaluatedProperties"] = False
    return result


VALIDATOR = jsonschema.Draft202012Validator(closed(SCHEMA))


def check_report(path):
    report = json.loads(path.read_bytes())
    faults = [f"{list(error.absolute_path)}: {error.message[:300]}" for error in VALIDATOR.iter_errors(report)]
    assert not faults, faults[:5]
    assert not list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(report))
    return report


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_sample(gristmill, tmp_path):
    examples = REPOSITORY / "examples"
    gristmill.run(examples / "collections", examples / "predictions", "out", "--quiet").must(OK)
    report = check_report(tmp_path / "out/validation/report.json")
    without = {check["name"] for check in report["checks"] if not check["culprits"]}
    assert without == {"unusable_files", "nothing_recognised"}  # those below: they would hold the sample back


def test_files_and_records_that_are_not_the_data_set(gristmill, small, tmp_path):
    """The checks that the sample passes, and the one that compares with what is published."""
    gristmill.run(*small, "out", "--quiet").must(OK)
    for name, text in {"a.jsonl": "<html>\n", "b.jsonl": "neither\n", "c.jsonl": '{"x":1}\n' * 2 + prediction() + "\n"}.items():
        (tmp_path / "other").mkdir(exist_ok=True)
        (tmp_path / "other" / name).write_text(text)
    empty = write_lines(tmp_path / "empty.jsonl", [])
    gristmill.run(tmp_path / "other", empty, "out", "--quiet", "--publish-anyway").must(OK)
    report = check_report(tmp_path / "out/validation/report.json")
    assert {"unusable_files", "nothing_recognised"} <= set(report["verdict"]["failed_checks"])
    found = {check["name"]: check["culprits"] for check in report["checks"]}
    assert len(found["unusable_files"]) == 2 and len(found["nothing_recognised"]) == 3
    assert [report["run"]["volume"][dataset]["status"] for dataset in ("collections", "predictions")] == ["warned", "failed"]


def test_nothing_found(gristmill, small, tmp_path):
    gristmill.run(*small, "out", "--quiet").must(OK)
    report = check_report(tmp_path / "out/validation/report.json")
    assert not any(check["culprits"] for check in report["checks"])


@pytest.mark.parametrize("lines", [[], ["", " "], ["{"]])
def test_no_line_is_used(gristmill, tmp_path, lines):
    path = write_lines(tmp_path / "c.jsonl", lines)
    gristmill.run(path, (), "out", "--quiet", "--publish-anyway").must(OK)
    check_report(tmp_path / "out/validation/report.json")


def test_predictions_alone(gristmill, small, tmp_path):
    gristmill.run((), small[1], "out", "--quiet", "--sessions", "all", "--carry", "app").must(OK)
    check_report(tmp_path / "out/validation/report.json")


def test_failed_checks(gristmill, small, tmp_path):
    severities = [word for name in ("missing-ids", "unmatched-sessions", "repairs", "range")
                  for word in (f"--checks-{name}-fail-above", "0.1%")]
    lines = ["{", b"\xff", collection(None), collection("p", " padded "), collection(app="x"), collection("q", "s1")]
    path = write_lines(tmp_path / "c.jsonl", [*lines, *[collection("p", f"s{number}", "c") for number in range(150)]])
    wide = write_lines(tmp_path / "p.jsonl", [prediction(score=3)])
    gristmill.run(path, wide, "out", "--quiet", *severities, "--checks-time-severity", "ignore").must(CHECKS)
    [kept] = tmp_path.glob(".out.gristmill/*/validation/report.json")
    report = check_report(kept)
    assert set(report["verdict"]["failed_checks"]) >= {"missing_ids", "unmatched_sessions", "repairs", "range"}
    assert not report["verdict"]["passed"]


@pytest.mark.parametrize("way", ["exchange", "journal"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_hostile_inputs(gristmill, tmp_path, seed, way):
    words = ["--seed", seed, "--lines", 150, "--output", tmp_path / "in"]
    subprocess.run([sys.executable, REPOSITORY / "tests/reference/hostile.py", *map(str, words)], check=True)
    gristmill.run(tmp_path / "in/collections.jsonl", tmp_path / "in/predictions.jsonl", "out", "--quiet", "--publish-anyway",
                  *(["--strict"] if seed == 3 else []), hooks={"PUBLISH_WAY": way}).must(OK)
    check_report(tmp_path / "out/validation/report.json")


def test_a_member_that_is_not_described_is_found(gristmill, small, tmp_path):
    """The tests above can fail."""
    gristmill.run(*small, "out", "--quiet").must(OK)
    report = json.loads((tmp_path / "out/validation/report.json").read_bytes())
    for place in (report, report["run"], report["accounting"]["totals"]["collections"], report["checks"][2],
                  report["checks"][2]["counts"]["predictions"], report["verdict"]):
        place["surprise"] = 1
        assert list(VALIDATOR.iter_errors(report))
        del place["surprise"]
    assert not list(VALIDATOR.iter_errors(report))
