"""Damage is not published as "passed": checks that fail by default, and what they say."""

import json

import pytest
from command import CHECKS, NO_INPUT, OK
from lines import collection, compact, prediction, write_bytes, write_lines
from outputs import check, contents, differences, report

GOOD = [collection(f"p{number % 5}", f"s{number % 9}", f"c{number}") for number in range(400)]
SCORED = [prediction(f"p{number % 5}", f"s{number % 9}") for number in range(400)]


@pytest.fixture
def good(gristmill, tmp_path):
    write_lines(tmp_path / "in/c/a.jsonl", GOOD)
    write_lines(tmp_path / "in/p/a.jsonl", SCORED)
    return tmp_path / "in/c", tmp_path / "in/p"


def check_lines(outcome) -> list[str]:
    return [line for line in outcome.stderr.splitlines() if line.startswith("gristmill: check ")]


def status(output, name: str) -> str:
    return check(output, name)["status"]


# ---- 12. Volume

def test_nothing_does_not_replace_something(gristmill, good, tmp_path):
    gristmill.run(*good, "out").must(OK)
    before = contents(tmp_path / "out")
    write_bytes(tmp_path / "empty.jsonl", b"\n")
    outcome = gristmill.run("empty.jsonl", good[1], "out", "--quiet").must_fail(CHECKS, "volume", "the previous output is untouched")
    assert "gristmill: check volume failed: collections: 0 accepted lines, the published output has 400" in check_lines(outcome)
    assert differences(before, contents(tmp_path / "out")) == []
    gristmill.run("empty.jsonl", good[1], "out", "--publish-anyway").must(OK)
    assert report(tmp_path / "out")["run"]["volume"]["collections"] == {"lines": 0, "lines_before": 400, "status": "failed"}


@pytest.mark.parametrize("lines, words, code", [(150, [], OK), (250, [], OK), (150, ["--checks-volume-fail-below", "40%"], CHECKS),
                                               (150, ["--checks-volume-warn-below", "30%"], OK),
                                               (0, ["--checks-volume-severity", "warn"], OK)])
def test_less_than_half_is_warned_of(gristmill, good, tmp_path, lines, words, code):
    gristmill.run(*good, "out").must(OK)
    write_lines(tmp_path / "fewer.jsonl", GOOD[:lines])
    outcome = gristmill.run("fewer.jsonl", good[1], "out", "--quiet", *words).must(code)
    told = [line for line in check_lines(outcome) if "volume" in line]
    expected = "failed" if code == CHECKS else "warned" if lines < 200 and "30%" not in words else None
    assert [line.split()[3].rstrip(":") for line in told] == ([expected] if expected else [])


def test_a_data_set_that_is_not_given_is_not_compared(gristmill, good):
    gristmill.run(*good, "out").must(OK)
    outcome = gristmill.run(good[0], (), "out").must(OK)
    assert not any("volume" in line for line in check_lines(outcome))


def test_the_first_run_has_nothing_to_compare_with(gristmill, good, tmp_path):
    write_bytes(tmp_path / "empty.jsonl", b"")
    outcome = gristmill.run("empty.jsonl", (), "out", "--quiet").must(OK)
    assert check_lines(outcome) == []


# ---- 10. Unusable files among good ones

UNUSABLE = {
    "UTF-16 or UTF-32": ["\ufeff".encode("utf-16-le") + "\n".join(GOOD[:5]).encode("utf-16-le"), "\n".join(GOOD[:5]).encode("utf-16-be")],
    "a Git LFS pointer": [b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"],
    "HTML or XML": [b"<!DOCTYPE html>\n<html><body>403 Forbidden</body></html>\n", b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"],
    "a long run of NULs": [bytes(4096)],
    "JSON encoded twice": ["\n".join(json.dumps(line) for line in GOOD[:5]).encode()],
    "Python literals": ["\n".join(str(json.loads(line)) for line in GOOD[:5]).encode()],
    "a text before the JSON": ["\n".join("2025-05-15T08:51:59Z INFO " + line for line in GOOD[:5]).encode()],
    "CSV": [b"profile_id,session_id,x\np,s,1\np,s,2\n"],
}


@pytest.mark.parametrize("look, data", [(look, data) for look, all_data in UNUSABLE.items() for data in all_data])
def test_a_file_of_which_nothing_can_be_read(gristmill, good, tmp_path, look, data):
    write_bytes(good[0] / "b.jsonl", data)
    # So little that no other check minds.
    for number in range(20):
        write_lines(good[0] / f"more-{number}.jsonl", GOOD)
    outcome = gristmill.run(*good, "out", "--quiet").must_fail(CHECKS, "unusable_files")
    assert any(line.startswith("gristmill: check unusable_files failed: collections 1") for line in check_lines(outcome))
    gristmill.run(*good, "out", "--publish-anyway", "--quiet").must(OK)
    [culprit] = check(tmp_path / "out", "unusable_files")["culprits"]
    assert culprit["file"] == "b.jsonl" and culprit["what"].startswith(f"looks like {look}: ")


@pytest.mark.parametrize("data", [
    "[" + ",".join(GOOD[:50]) + "]", "".join(GOOD[:50]), "[\n" + ",\n".join(GOOD[:50]) + "\n]\n",
    "\n".join(json.dumps(json.loads(line), indent=2) for line in GOOD[:50]), "".join(f"\x1e{line}\n" for line in GOOD[:50]), "\r".join(GOOD[:50])])
def test_values_that_are_no_lines_are_read(gristmill, tmp_path, data):
    write_bytes(tmp_path / "c.jsonl", data.encode())
    write_lines(tmp_path / "lines.jsonl", GOOD[:50])
    for name in ("c", "lines"):
        gristmill.run(f"{name}.jsonl", (), name).must(OK)
    assert {path: data for path, data in contents(tmp_path / "c").items() if path.startswith(("labels/", "aggregated-json/"))} == \
        {path: data for path, data in contents(tmp_path / "lines").items() if path.startswith(("labels/", "aggregated-json/"))}


# ---- 1, 5 and 11

def test_swapped_inputs(gristmill, good, tmp_path):
    outcome = gristmill.run(good[1], good[0], "out", "--quiet").must_fail(CHECKS, "nothing_recognised")
    assert any("check nothing_recognised failed: collections 400 (100%), predictions 400 (100%); up to 50% pass; the first: "
               in line and "no behaviour, but a prediction: are the two inputs swapped?" in line for line in check_lines(outcome))
    gristmill.run(good[1], good[0], "out", "--publish-anyway").must(OK)
    assert any("prediction" in culprit["what"] for culprit in check(tmp_path / "out", "nothing_recognised")["culprits"])


def test_fields_that_nobody_mapped(gristmill, tmp_path):
    write_lines(tmp_path / "c.jsonl", [compact({"meta": {"user": "u"}, "events": {}})] * 20)
    outcome = gristmill.run("c.jsonl", (), "out").must_fail(CHECKS, "missing_ids", "nothing_recognised")
    assert len([line for line in check_lines(outcome) if " failed: " in line]) == 2


def test_few_bad_lines_of_many_bytes(gristmill, tmp_path):
    """One line of a hundred, but half of the bytes."""
    write_lines(tmp_path / "c.jsonl", [*GOOD[:99], "x" * sum(map(len, GOOD[:99]))])
    outcome = gristmill.run("c.jsonl", (), "out").must_fail(CHECKS, "rejected_lines")
    assert any("check rejected_lines failed: collections 1 (50%)" in line for line in check_lines(outcome))


# ---- How it is told

def test_each_check_is_an_event_of_a_json_log(gristmill, tmp_path):
    write_lines(tmp_path / "c.jsonl", [*GOOD[:9], "x" * 2000])
    for words in ([], ["--quiet"]):
        outcome = gristmill.run("c.jsonl", (), "out", "--log-format", "json", *words).must(CHECKS)
        entries = [json.loads(line) for line in outcome.stderr.splitlines()]
        told = {entry["message"].split(":")[0]: entry["level"] for entry in entries if entry["message"].startswith("check ")}
        assert told == {"check unmatched_sessions warned": "warning", "check rejected_lines failed": "error"}


def test_what_is_not_there_and_what_is_passed_over(gristmill, good, tmp_path):
    gristmill.run("nowhere", (), "out").must_fail(NO_INPUT, "'nowhere'")
    (tmp_path / "others").mkdir()
    for name in ("a.csv", "_b.jsonl", "c.JSON"):
        write_bytes(tmp_path / "others" / name, b"x")
    gristmill.run("others", (), "out").must_fail(NO_INPUT, "3 files passed over (_b.jsonl, a.csv, c.JSON)")
    write_lines(tmp_path / "others/d.jsonl", GOOD)
    for outcome in (gristmill.run("others", (), "out").must(OK), gristmill("explain", "--collections", "others", "--output", "out").must(OK)):
        assert all(name in outcome.stdout for name in ("passed over", "a.csv", "_b.jsonl", "c.JSON"))
    assert report(tmp_path / "out")["run"]["passed_over"]["collections"] == {"files": 3, "names": ["_b.jsonl", "a.csv", "c.JSON"]}


def test_files_of_one_name_are_told_apart(gristmill, tmp_path):
    for folder in ("monday/in", "tuesday/in", "tuesday/late"):
        write_lines(tmp_path / folder / "a.jsonl", [*GOOD[:9], "bad"])
    gristmill.run([tmp_path / "monday/in", tmp_path / "tuesday/in", tmp_path / "tuesday/late"], (), "out", "--publish-anyway").must(OK)
    names = [json.loads(line)["file"] for line in (tmp_path / "out/quarantine/collections.jsonl").read_text().splitlines()]
    assert names == ["1:a.jsonl", "2:a.jsonl", "late/a.jsonl"]
