"""The committed cases: what the engine makes of three hostile inputs, byte for byte.

`tests/conformance/` holds the inputs and what an independent program made of them.
"""

import json

import compare
import pytest
from command import CHECKS, OK, REPOSITORY
from outputs import contents, differences, nothing_left_over, report

CASES = REPOSITORY / "tests/conformance"


@pytest.fixture(params=[path.name for path in sorted(CASES.glob("case-*"))])
def case(request):
    return CASES / request.param


@pytest.fixture
def published(case, gristmill, tmp_path):
    gristmill.run(case / "collections.jsonl", case / "predictions.jsonl", "out", "--publish-anyway").must(OK)
    return tmp_path / "out"


@pytest.mark.parametrize("folder", ["labels", "predictions", "aggregated-json"])
def test_rows_are_those_of_the_reference(case, published, folder):
    assert differences(contents(case / "expected", folder), contents(published, folder)) == []


@pytest.mark.parametrize("dataset", ["collections", "predictions"])
def test_quarantine_is_that_of_the_reference(case, published, dataset):
    def entries(root):
        lines = (root / "quarantine" / f"{dataset}.jsonl").read_bytes().splitlines()
        return [[member for member in json.loads(line).items() if member[0] not in ("inputs_id", "message")]
                for line in lines]

    assert entries(published) == entries(case / "expected")


def test_quarantine_names_the_inputs_and_says_why(case, published):
    for dataset in ("collections", "predictions"):
        for line in (published / "quarantine" / f"{dataset}.jsonl").read_bytes().splitlines():
            entry = json.loads(line)
            assert entry["inputs_id"] == report(published)["inputs_id"]
            assert entry["message"].strip()


def test_numbers_are_those_of_the_reference(case, published):
    expected = json.loads((case / "expected/verdict.json").read_bytes())
    actual = compare.numbers_from_report(report(published))
    assert actual.keys() == expected.keys()
    for name in expected:
        assert actual[name] == expected[name], name


def test_manifest_has_the_same_numbers(case, published):
    expected = json.loads((case / "expected/verdict.json").read_bytes())
    accounting = json.loads((published / "_manifest.json").read_bytes())["accounting"]
    assert accounting["sessions"] == expected["rows"]["sessions"]
    for dataset, folder in (("collections", "labels"), ("predictions", "predictions")):
        assert accounting[dataset] == {**expected["totals"][dataset], "rows": expected["rows"][folder],
                                       "partitions": expected["partitions"][folder]}


def test_too_many_rejected_lines_publish_nothing(case, gristmill, tmp_path):
    outcome = gristmill.run(case / "collections.jsonl", case / "predictions.jsonl", tmp_path / "beside/out")
    outcome.must_fail(CHECKS, "rejected_lines", f"gristmill publish {tmp_path}/beside/out")
    assert not (tmp_path / "beside/out").exists()


def test_published_output_is_what_its_manifest_says(published, gristmill):
    gristmill("verify", published).must(OK)
    nothing_left_over(published, "spill")
