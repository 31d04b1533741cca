"""`gristmill verify`: a published output against its manifest."""

import json

import pytest
from command import CHECKS, INPUT, OK, OUTPUT
from outputs import manifest
from privileges import bound_by_modes


@pytest.fixture
def output(gristmill, small, tmp_path):
    gristmill.run(*small, "out", "--quiet").must(OK)
    return tmp_path / "out"


def test_success_is_an_empty_file(gristmill, output):
    success = output / "_SUCCESS"
    success.write_text("content")
    outcome = gristmill("verify", output).must_fail(CHECKS, "differs")
    assert "size: _SUCCESS (7 bytes instead of 0)" in outcome.stdout
    success.unlink()
    success.mkdir()
    outcome = gristmill("verify", output).must_fail(CHECKS, "differs")
    assert "missing: _SUCCESS (what is there is no file)" in outcome.stdout
    gristmill("show", output).must_fail(INPUT, "_SUCCESS")


@pytest.mark.parametrize("name", ["lines", "accepted", "rejected", "blank"])
@pytest.mark.parametrize("dataset", ["collections", "predictions"])
def test_numbers_of_the_manifest_add_up(gristmill, output, dataset, name):
    number = manifest(output)["accounting"][dataset][name]
    path = output / "_manifest.json"
    head, found, tail = path.read_text().partition(f'"{dataset}":{{"lines"')
    changed = (found + tail).replace(f'"{name}":{number}', f'"{name}":{number + 1}', 1)
    path.write_text(head + changed)
    assert json.loads(path.read_text())["accounting"][dataset][name] == number + 1
    gristmill("verify", output).must_fail(OUTPUT, f"{path}", "broken", "sum")


def test_a_file_that_may_not_be_read(gristmill, output):
    """It is not known whether it differs."""
    (output / "aggregated-json/part-00000.json").chmod(0)
    outcome = gristmill("verify", output, **bound_by_modes()).must_fail(OUTPUT, "part-00000.json", "Permission denied", "permission")
    assert "unreadable: aggregated-json/part-00000.json" in outcome.stdout
