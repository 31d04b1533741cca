"""`gristmill show`: what an output holds, for people and programs."""

import csv
import io
import json
import re
import subprocess
import unicodedata

import pyarrow.parquet
import pytest
from command import BUILD, CHECKS, INPUT, OK, OUTPUT, USAGE, environment
from lines import collection, compact, metadata, prediction, write_bytes, write_lines
from outputs import aggregates, quarantine, report
from terminal import seen_on_terminal

COLUMNS = ["profile_id", "session_id", "number_of_collections", "weighted_mean_model_score", "mean_swipe_score",
           "failed_keystroke_predictions"]
HOSTILE = ["\x1b[31mred", "a\nb", "\u202egnp", "say \"so\", twice", "=1+1", " padded", "中文", "tab\there", "nul\0"]


@pytest.fixture
def output(gristmill, tmp_path):
    """A published output: ordinary sessions, hostile ids, sessions without scores, rejected lines."""
    collections = [collection(f"p{number % 4}", f"s{number:02}", f"c{number}") for number in range(30)]
    collections += [collection(name, "odd", "c") for name in HOSTILE]
    collections += ["no JSON \x1b[2J", '{"metadata":{"profile_id":"p","timestamp":"never"}}', b"\xff\xfe", "[" * 200]
    predictions = [prediction(f"p{number % 4}", f"s{number:02}", f"c{number}", score=(number * 7 % 23) / 100)
                   for number in range(20)]
    run = gristmill.run(write_lines(tmp_path / "c.jsonl", collections), write_lines(tmp_path / "p.jsonl", predictions), "out",
                        "--publish-anyway", "--quiet")
    run.must(OK)
    return tmp_path / "out"


def on_terminal(gristmill, *words, columns=100, variables=None) -> str:
    """What is printed where stdout is a terminal."""
    return seen_on_terminal(gristmill, *words, stream="stdout", columns=columns,
                            variables={"TERM": "xterm", **(variables or {})})


def width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in text)


# ---- sessions

def test_json_is_the_aggregates(gristmill, output):
    outcome = gristmill("show", output, "--format", "json").must(OK)
    assert outcome.stdout == (output / "aggregated-json/part-00000.json").read_text()
    assert outcome.stderr == ""


def test_csv_holds_what_parquet_holds(gristmill, output):
    outcome = gristmill("show", output, "--format", "csv").must(OK)
    rows = list(csv.reader(io.StringIO(outcome.stdout, newline=""), strict=True))
    assert rows[0] == COLUMNS
    table = pyarrow.parquet.read_table(output / "aggregated-result/data.parquet").to_pylist()
    assert len(rows) - 1 == len(table) == 30 + len(HOSTILE)
    for row, wanted in zip(rows[1:], table):
        assert row[:2] == [wanted["profile_id"], wanted["session_id"]]
        assert [float(value) if value else None for value in row[2:]] == [wanted[name] for name in COLUMNS[2:]]
    assert outcome.stdout.count("\r\n") == len(rows)


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("descending", [False, True])
def test_sort(gristmill, output, column, descending):
    words = ["--format", "json", "--sort", column + (":desc" if descending else "")]
    rows = [json.loads(line) for line in gristmill("show", output, *words).must(OK).stdout.splitlines()]
    present = [row for row in aggregates(output) if row[column] is not None]
    missing = [row for row in aggregates(output) if row[column] is None]

    def key(row):
        return row[column].encode() if isinstance(row[column], str) else row[column]
    assert rows == sorted(present, key=key, reverse=descending) + missing if not descending else \
        [row for row in rows] == stable_reverse(present, key) + missing
    first = gristmill("show", output, *words, "--limit", 3).must(OK).stdout.splitlines()
    assert [json.loads(line) for line in first] == rows[:3]


def stable_reverse(rows, key):
    """The greatest first, equal ones in the order of the output."""
    return list(reversed(sorted(reversed(rows), key=key)))


def test_a_sort_that_does_not_fit_its_memory(gristmill, tmp_path):
    """More rows than the sort keeps: what it spilled is gone afterwards (the fixture looks)."""
    rows = [{"profile_id": f"p{number:07}" + "x" * 400, "session_id": "s", "number_of_collections": number * 7919 % 100_003}
            for number in range(150_000)]
    output = published_with(tmp_path, rows)
    outcome = gristmill("show", output, "--format", "json", "--sort", "number_of_collections", "--limit", 0).must(OK)
    found = [json.loads(line)["number_of_collections"] for line in outcome.stdout.splitlines()]
    assert found == sorted(row["number_of_collections"] for row in rows)


def published_with(tmp_path, rows):
    """As an output with these sessions looks to a reader."""
    absent = {"weighted_mean_model_score": None, "mean_swipe_score": None, "failed_keystroke_predictions": 0}
    text = "".join(json.dumps({**row, **absent}, separators=(",", ":")) + "\n" for row in rows)
    return published_file(tmp_path, "aggregated-json/part-00000.json", text.encode())


def published_file(tmp_path, name, content):
    """As an output with this one file looks to a reader."""
    output = tmp_path / "made"
    write_bytes(output / name, content)
    size, checksum = len(content), "0" * 32
    write_bytes(output / "_manifest.json", f'''{{"manifest":1,"run_id":"made",
"recipe":{{}},
"files":[
{{"path":"{name}","size":{size},"xxh3_128":"{checksum}"}}
],
"file_count":1,"byte_count":{size}}}
'''.encode())
    write_bytes(output / "_SUCCESS", b"")
    return output


def test_filters(gristmill, output):
    rows = aggregates(output)
    for words, wanted in [
        (["--profile", "p2"], [row for row in rows if row["profile_id"] == "p2"]),
        (["--session", "odd"], [row for row in rows if row["session_id"] == "odd"]),
        (["--profile", "p2", "--session", "s06"], [row for row in rows if row["session_id"] == "s06"]),
        (["--profile", HOSTILE[3]], [row for row in rows if row["profile_id"] == HOSTILE[3]]),
    ]:
        found = gristmill("show", output, "--format", "json", *words).must(OK).stdout.splitlines()
        assert [json.loads(line) for line in found] == wanted and wanted


@pytest.mark.parametrize("form", ["table", "csv", "json"])
@pytest.mark.parametrize("words, message", [
    (["--profile", "nobody"], "no session is of profile 'nobody'"),
    (["--profile", "P 2"], "no session is of profile 'P 2', did you mean 'p2'?"),
    (["--profile", "p2", "--session", "s066"], "profile 'p2' has no session 's066', did you mean 's06'?"),
    (["--session", "od"], "there is no session 'od', did you mean 'odd'?"),
])
def test_what_is_not_there_is_told_with_what_is_near(gristmill, output, words, message, form):
    outcome = gristmill("show", output, "--format", form, *words).must_fail(USAGE, message)
    assert outcome.stdout == ""


def test_nothing_is_cut_that_no_terminal_shows(gristmill, tmp_path):
    profile = "a-profile-of-more-than-thirty-six-letters-" + "x" * 100
    write_lines(tmp_path / "c.jsonl", [collection(profile, "s" * 90), "x" * 300])
    gristmill.run("c.jsonl", (), "out", "--publish-anyway").must(OK)
    text = gristmill("show", "out").must(OK).stdout
    assert profile in text and "s" * 90 in text
    assert "x" * 300 in gristmill("show", "out", "quarantine").must(OK).stdout


def test_a_table_has_twenty_rows_and_says_so(gristmill, output):
    outcome = gristmill("show", output).must(OK)
    assert len(outcome.stdout.splitlines()) == 3 + 20
    assert outcome.stderr == "gristmill: these are the first 20; --limit 0 shows all\n"
    whole = gristmill("show", output, "--limit", 0).must(OK)
    assert len(whole.stdout.splitlines()) == 3 + 30 + len(HOSTILE) and whole.stderr == ""
    assert len(gristmill("show", output, "--limit", 2).must(OK).stdout.splitlines()) == 3 + 2


@pytest.mark.parametrize("columns", [72, 80, 100, 200])
@pytest.mark.parametrize("view", [["sessions", "--limit", "0"], ["quarantine"], ["checks"]])
def test_tables_fit_the_terminal_and_cannot_harm_it(gristmill, output, view, columns):
    text = on_terminal(gristmill, "show", output, *view, columns=columns, variables={"NO_COLOR": "1"})
    assert text.strip()
    assert all(width(line) <= columns for line in text.splitlines()), text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", text)
    piped = gristmill("show", output, *view, variables={"COLUMNS": str(columns)}).must(OK).stdout
    assert piped == text
    plain = gristmill("show", output, *view, variables={"LC_ALL": "C"}).must(OK).stdout
    assert plain.isascii()


# ---- quarantine

def test_quarantine(gristmill, output):
    lines = quarantine(output, "collections")
    assert len(lines) == 4
    table = gristmill("show", output, "quarantine").must(OK)
    for line in lines:
        assert f"collections  c.jsonl:{line['line']}  byte {line['offset']}" in table.stdout
        assert f"{line['reason']}: {line['message'][:40]}" in table.stdout
    assert "no JSON \\x1b[2J" in table.stdout
    outcome = gristmill("show", output, "quarantine", "--format", "json").must(OK)
    assert outcome.stdout == (output / "quarantine/collections.jsonl").read_text()
    rows = list(csv.DictReader(io.StringIO(gristmill("show", output, "quarantine", "--format", "csv").stdout, newline=""), strict=True))
    assert [{name: value for name, value in row.items() if value} for row in rows] == [
        {name: str(value) for name, value in line.items() if name != "inputs_id"} for line in lines]


def test_quarantine_by_reason(gristmill, output):
    found = gristmill("show", output, "quarantine", "--reason", "invalid_utf8", "--format", "json").must(OK).stdout
    assert [json.loads(line)["reason"] for line in found.splitlines()] == ["invalid_utf8"]
    outcome = gristmill("show", output, "quarantine", "--reason", "duplicate_key").must(OK)
    assert outcome.stdout == "" and "no line was rejected for this reason" in outcome.stderr
    limited = gristmill("show", output, "quarantine", "--limit", 1).must(OK)
    assert len(limited.stdout.splitlines()) == 3 and "--limit 0" in limited.stderr


def test_no_rejected_lines(gristmill, small, tmp_path):
    gristmill.run(*small, "out", "--quiet").must(OK)
    outcome = gristmill("show", "out", "quarantine").must(OK)
    assert outcome.stdout == "" and "no rejected lines" in outcome.stderr
    assert gristmill("show", "out", "quarantine", "--format", "csv").must(OK).stdout.startswith("dataset,file,line,offset,reason,")


# ---- checks

def test_checks(gristmill, output):
    checks = report(output)["checks"]
    table = gristmill("show", output, "checks").must(OK).stdout
    for check in checks:
        assert re.search(rf"^  {check['number']}\. .* {check['findings'].get('predictions', '')} +{check['status']}\b", table,
                         re.MULTILINE) or check["name"] == "range", table
        for culprit in check["culprits"][:5]:
            assert f"{culprit['file']}:{culprit['line']} " in table
    found = gristmill("show", output, "checks", "--format", "json").must(OK).stdout
    assert [json.loads(line) for line in found.splitlines()] == checks
    rows = list(csv.DictReader(io.StringIO(gristmill("show", output, "checks", "--format", "csv").stdout, newline="")))
    assert [(row["name"], row["status"], row["severity"]) for row in rows] == [
        (check["name"], check["status"], check["severity"]) for check in checks]


def test_culprits_are_told_of_as_by_the_run(gristmill, small, tmp_path):
    flawed = write_lines(tmp_path / "flawed.jsonl", [
        collection("p1", "s1", ""), collection("p2", "s1", "c"), collection("p3", "only here", "c")])
    run = gristmill.run(flawed, small[1], "out", "--publish-anyway", "--tables", variables={"COLUMNS": "120"}).must(OK).stdout
    shown = gristmill("show", "out", "checks", "--limit", 3, variables={"COLUMNS": "120"}).must(OK).stdout
    told = [line for line in run.split("\nFurther checks\n")[0].splitlines() if re.match(r"    \S+:\d+ ", line)]
    assert len(told) >= 3 and [line for line in told if line.split() not in [each.split() for each in shown.splitlines()]] == []


def test_culprits_of_checks_are_limited(gristmill, output):
    unmatched = next(check for check in report(output)["checks"] if check["name"] == "unmatched_sessions")
    assert len(unmatched["culprits"]) > 5

    def shown(*words):
        text = gristmill("show", output, "checks", *words).must(OK).stdout
        block = text.split("\n3. Sessions missing on the other side\n")[1].split("\n\n")[0]
        return len(re.findall(r"^    \S+:\d+ ", block, re.MULTILINE))
    assert shown() == 5 and shown("--limit", 1) == 1 and shown("--limit", 0) == len(unmatched["culprits"])


# ---- which output

def test_a_kept_output(gristmill, small, tmp_path):
    strict = ["--checks-unmatched-sessions-severity", "fail", "--quiet"]
    gristmill.run(small[0], (), "out", *strict).must(CHECKS)
    outcome = gristmill("show", "out", "--format", "json").must(OK)
    assert outcome.stdout and "kept back by a failed check" in outcome.stderr
    assert "failed, fail above 0" in gristmill("show", "out", "checks").must(OK).stdout

    gristmill.run(*small, "out", "--quiet").must(OK)
    assert gristmill("show", "out", "--format", "json").must(OK).stderr == ""
    gristmill("show", "out", "--kept").must_fail(USAGE, f"{tmp_path}/out", "--kept")

    one = write_lines(tmp_path / "one.jsonl", [collection("only", "one", "c")])
    gristmill.run(one, (), "out", *strict).must(CHECKS)
    outcome = gristmill("show", "out", "--format", "json").must(OK)
    assert len(outcome.stdout.splitlines()) == len(aggregates(tmp_path / "out")) > 1
    assert "--kept" in outcome.stderr
    kept = gristmill("show", "out", "--kept", "--format", "json").must(OK)
    assert [json.loads(line)["profile_id"] for line in kept.stdout.splitlines()] == ["only"] and kept.stderr == ""


@pytest.mark.parametrize("view", ["sessions", "quarantine", "checks"])
def test_what_is_no_output(gristmill, tmp_path, view):
    gristmill("show", "nowhere", view).must_fail(INPUT, f"{tmp_path}/nowhere", "--output")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").touch()
    gristmill("show", "mine", view).must_fail(INPUT, f"{tmp_path}/mine", "_SUCCESS")
    (tmp_path / "file").touch()
    gristmill("show", "file", view).must_fail(OUTPUT, f"{tmp_path}/file")


def test_a_half_published_output(gristmill, small, tmp_path):
    words = gristmill.run_words(*small, "out", "--quiet")
    hooks = {"PUBLISH_WAY": "journal"}
    gristmill(*words, hooks={**hooks, "FAULT": "count", "FAULT_LOG": tmp_path / "log"}).must(OK)
    operations = (tmp_path / "log").read_text().splitlines()[1:]
    number = next(number for number, name in enumerate(operations, 1) if name.startswith("rename") and "COMMIT" in name)
    subprocess.run(["rm", "-r", tmp_path / "out"], check=True)
    assert gristmill(*words, hooks={**hooks, "FAULT": f"kill:{number + 3}"}).code == -9
    gristmill("show", "out").must_fail(OUTPUT, f"{tmp_path}/out", "gristmill recover")
    gristmill("recover", "out").must(OK)
    gristmill("show", "out").must(OK)


@pytest.mark.parametrize("file, content, view", [
    ("aggregated-json/part-00000.json", b'{"profile_id":"p"', "sessions"),
    ("aggregated-json/part-00000.json", b"not JSON\n", "sessions"),
    ("aggregated-json/part-00000.json", None, "sessions"),
    ("quarantine/collections.jsonl", b"[]\n", "quarantine"),
    ("validation/report.json", b"{}", "checks"),
    ("validation/report.json", b'{"checks":[1]}', "checks"),
    ("validation/report.json", b'{"checks":[{"culprits":3,"findings":[]}]}', "checks"),
    ("validation/report.json", b'{"checks":[{"name":"x","culprits":[3]}]', "checks"),
    ("validation/report.json", None, "checks"),
])
def test_a_damaged_output(gristmill, output, file, content, view):
    if content is None:
        (output / file).unlink()
    else:
        (output / file).write_bytes(content)
    for form in ("table", "csv", "json"):
        gristmill("show", output, view, "--format", form).must_fail(OUTPUT, file.split("/")[0])


@pytest.mark.parametrize("file, view", [("aggregated-json/part-00000.json", "sessions"), ("quarantine/collections.jsonl", "quarantine"),
                                        ("validation/report.json", "checks")])
def test_files_are_those_of_the_manifest(gristmill, output, file, view):
    path = output / file
    whole = path.read_bytes()
    for content in (b"", whole.splitlines(keepends=True)[0], whole + whole):
        if content != whole:
            path.write_bytes(content)
            gristmill("show", output, view).must_fail(OUTPUT, f"'{path}'", f"{len(content)} bytes", "gristmill verify")
    path.write_bytes(whole)
    gristmill("show", output, view).must(OK)
    if view != "checks":
        (path.parent / ("part-00001.json" if view == "sessions" else "predictions.jsonl")).write_bytes(whole)
        gristmill("show", output, view).must_fail(OUTPUT, "not in the manifest")


@pytest.mark.parametrize("command", ["show", "report", "ddl"])
def test_a_manifest_without_its_end(gristmill, output, command):
    words = ["ddl", "duckdb", output] if command == "ddl" else [command, output]
    whole = (output / "_manifest.json").read_bytes()
    for length in (len(whole) - 1, len(whole) - 20, len(whole) // 2, 200):
        (output / "_manifest.json").write_bytes(whole[:length])
        gristmill(*words).must_fail(OUTPUT, f"{output}/_manifest.json", "broken")


LINE = {"inputs_id": "x", "dataset": "collections", "file": "f", "line": 3, "offset": 9, "reason": "too_deep", "message": "m", "raw": "["}
ROW = {name: name if name.endswith("_id") else 1 for name in COLUMNS}


@pytest.mark.parametrize("view, change, wanted", [
    ("quarantine", {"dataset": 5}, "'dataset' is a number"),
    ("quarantine", {"line": "x"}, "'line' is a string"),
    ("quarantine", {"message": None}, "'message' is null"),
    ("quarantine", {"raw": ...}, "neither 'raw' nor 'raw_base64'"),
    ("quarantine", {"offset": ...}, "no 'offset'"),
    ("sessions", {"profile_id": 5}, "'profile_id' is a number"),
    ("sessions", {"mean_swipe_score": "high"}, "'mean_swipe_score' is a string"),
    ("sessions", {"number_of_collections": ...}, "no 'number_of_collections'"),
])
def test_fields_are_judged(gristmill, tmp_path, view, change, wanted):
    good = LINE if view == "quarantine" else ROW
    name = "quarantine/collections.jsonl" if view == "quarantine" else "aggregated-json/part-00000.json"
    bad = {key: value for key, value in {**good, **change}.items() if value is not ...}
    output = published_file(tmp_path, name, b"".join(json.dumps(each).encode() + b"\n" for each in (good, bad)))
    for form in ("table", "csv", "json"):
        gristmill("show", output, view, "--format", form).must_fail(OUTPUT, f"'{output}/{name}'", "line 2", wanted)


@pytest.mark.parametrize("member", ["raw", "raw_base64"])
def test_a_long_line_takes_its_memory_once(gristmill, tmp_path, member):
    length = 40 << 20
    line = {key: value for key, value in LINE.items() if key != "raw"}
    text = json.dumps({**line, member: "€\\u20ac,\"" * (length // 12)}, ensure_ascii=False).encode() + b"\n"
    output = published_file(tmp_path, "quarantine/collections.jsonl", text * 2)
    most = 1.2 * len(text) + (15 << 20)
    table = gristmill.measured("show", output, "quarantine", "--limit", 1).must(OK)
    assert table.peak < most and len(table.stdout.splitlines()) == 3
    for form in ("json", "csv"):
        with open(tmp_path / form, "wb") as file:
            assert gristmill.measured("show", output, "quarantine", "--format", form, stdout=file).must(OK).peak < most
    assert (tmp_path / "json").read_bytes() == text * 2
    csv.field_size_limit(2 * length)
    with open(tmp_path / "csv", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    assert [row[member] for row in rows] == [json.loads(text)[member]] * 2


def test_memory_that_is_short_is_told_of_with_what_helps(gristmill, tmp_path):
    output = published_file(tmp_path, "quarantine/collections.jsonl", json.dumps({**LINE, "raw": "x" * (200 << 20)}).encode() + b"\n")
    outcome = gristmill("show", output, "quarantine", wrap=["sh", "-c", 'ulimit -v 150000; exec "$@"', "sh"])
    outcome.must_fail(1, "not enough memory", "ulimit -v")
    assert "--memory" not in outcome.stderr and "--threads" not in outcome.stderr


# ---- models, labels, predictions

def test_models_are_the_rows_of_their_table(gristmill, output):
    table = pyarrow.parquet.read_table(output / "aggregated-models/data.parquet").to_pylist()
    found = gristmill("show", output, "models", "--format", "json").must(OK).stdout.splitlines()
    assert [json.loads(line) for line in found] == table and len(table) == 20
    of_one = gristmill("show", output, "models", "--format", "json", "--profile", "p2", "--session", "s06").must(OK).stdout
    assert [json.loads(line) for line in of_one.splitlines()] == [
        row for row in table if (row["profile_id"], row["session_id"]) == ("p2", "s06")]
    csv_rows = list(csv.reader(io.StringIO(gristmill("show", output, "models", "--format", "csv", "--limit", 3).must(OK).stdout)))
    assert csv_rows[0] == list(table[0]) and len(csv_rows) == 4
    outcome = gristmill("show", output, "models", "--limit", 3).must(OK)
    assert "the first 3" in outcome.stderr and "swipe_model" in outcome.stdout
    gristmill("show", output, "models", "--profile", "nobody").must_fail(USAGE, "profile")


def test_models_of_many_row_groups(gristmill, tmp_path):
    """A profile's rows are found wherever they lie, and row groups that cannot have them are passed over."""
    lines = [prediction(f"p{number:05}", "s" * 500, "c") for number in range(9000)]
    gristmill.run(write_lines(tmp_path / "c.jsonl", [collection("p00000", "x", "c")]), write_lines(tmp_path / "p.jsonl", lines),
                  "out", "--publish-anyway", "-q", "--sessions", "all").must(OK)
    file = pyarrow.parquet.ParquetFile(tmp_path / "out/aggregated-models/data.parquet")
    assert file.metadata.num_row_groups > 1
    for number in (0, 4000, 8999):
        found = gristmill("show", "out", "models", "--format", "json", "--profile", f"p{number:05}").must(OK).stdout
        assert json.loads(found)["profile_id"] == f"p{number:05}"


@pytest.mark.parametrize("view, file", [("labels", "collections.jsonl"), ("predictions", "predictions.jsonl")])
def test_rows_of_a_profile(gristmill, output, view, file):
    whole = (output / view / "profile-id=p2" / file).read_text()
    assert gristmill("show", output, view, "--profile", "p2", "--format", "json").must(OK).stdout == whole
    rows = [json.loads(line) for line in whole.splitlines()]
    of_session = gristmill("show", output, view, "--profile", "p2", "--session", "s06", "--format", "json").must(OK).stdout
    assert [json.loads(line) for line in of_session.splitlines()] == [row for row in rows if row["session_id"] == "s06"] != []
    found = list(csv.DictReader(io.StringIO(gristmill("show", output, view, "--profile", "p2", "--format", "csv").must(OK).stdout)))
    assert [row["session_id"] for row in found] == [row["session_id"] for row in rows]
    assert set(found[0]) == {name for row in rows for name in row}
    assert "the first 1" in gristmill("show", output, view, "--profile", "p2", "--limit", 1).must(OK).stderr
    gristmill("show", output, view).must_fail(USAGE, "--profile")
    gristmill("show", output, view, "--profile", "nobody").must_fail(USAGE, "nobody")
    gristmill("show", output, view, "--profile", "p2", "--session", "none").must_fail(USAGE, "'none'")


def test_rows_of_hostile_profiles(gristmill, output):
    """The one file is opened, whatever its folder is called; nothing else is read."""
    for name in HOSTILE[:-1]:
        shown = gristmill("show", output, "labels", "--profile", name.strip(), "--format", "json").must(OK).stdout
        assert [json.loads(line)["profile_id"] for line in shown.splitlines()] == [name.strip()]
    (output / "aggregated-json/part-00000.json").unlink()
    gristmill("show", output, "labels", "--profile", "p2").must(OK)


def test_fields_that_few_rows_have(gristmill, tmp_path):
    entries = [{"x": 1}, {"y": {"a": [1, "b"]}}, 7]
    line = compact({"metadata": metadata(), "behaviour": {"web": {"taps": entries}}})
    gristmill.run(write_lines(tmp_path / "c.jsonl", [line]), (), "out", "-q").must(OK)
    found = gristmill("show", "out", "labels", "--profile", json.loads(line)["metadata"]["profile_id"], "--format", "csv").must(OK)
    rows = list(csv.DictReader(io.StringIO(found.stdout)))
    assert [(row["x"], row["y"], row["value"]) for row in rows] == [("1", "", ""), ("", '{"a":[1,"b"]}', ""), ("", "", "7")]


def test_quarantine_of_a_profile(gristmill, output):
    found = gristmill("show", output, "quarantine", "--profile", "p", "--format", "json").must(OK).stdout.splitlines()
    assert [json.loads(line)["reason"] for line in found] == ["timestamp_invalid"]
    assert "no rejected line" in gristmill("show", output, "quarantine", "--profile", "nobody").must(OK).stderr


# ---- mistakes

@pytest.mark.parametrize("words, wanted", [
    ("quarantin", ["'quarantin'", "'quarantine'"]),
    ("--format jsn", ["'jsn'", "'json'", "table, csv, json"]),
    ("--sort session_id:des", ["'session_id:desc'"]),
    ("quarantine --reason to_deep", ["'to_deep'", "'too_deep'"]),
    ("--limit many", ["--limit", "'many'"]),
    ("--limit -1", ["--limit"]),
    ("--profil x", ["'--profil'", "'--profile'"]),
    ("--reason too_deep", ["--reason", "'sessions'", "quarantine"]),
    ("checks --sort session_id", ["--sort", "'checks'"]),
    ("checks --sort x", ["--sort does not belong", "'checks'", "sessions"]),
    ("models --sort x", ["--sort does not belong", "'models'", "sessions"]),
    ("quarantine --session x", ["--session does not belong", "'quarantine'", "labels"]),
    ("checks --reason x", ["--reason does not belong", "'checks'", "quarantine"]),
    ("checks --profile x", ["--profile", "'checks'"]),
    ("--color alway", ["--color", "'alway'", "'always'"]),
    ("sessions more", ["more"]),
])
def test_mistakes(gristmill, words, wanted):
    outcome = gristmill("show", "out", *words.split()).must_fail(USAGE, *wanted)
    assert outcome.stdout == "" and len(outcome.stderr.splitlines()) == 2


@pytest.mark.parametrize("column, wanted", [
    ("mean_swip", ["'mean_swip'", "'mean_swipe_score'"]),
    ("colour", ["'colour'", "profile_id, session_id"]),
])
def test_a_column_that_the_sessions_have_not(gristmill, output, column, wanted):
    outcome = gristmill("show", output, "--sort", column).must_fail(USAGE, *wanted)
    assert outcome.stdout == ""


def test_columns_of_a_recipe(gristmill, output):
    rows = ("{lines: {of: collections, count: rows}, last_seen: {of: predictions, max: timestamp}, "
            "tap: {of: predictions, mean: score, models: [tap_model]}}")
    gristmill.run(output.parent / "c.jsonl", output.parent / "p.jsonl", "out", "--publish-anyway", "-q", "--aggregates", rows).must(OK)
    shown = gristmill("show", output, "--format", "csv", "--sort", "last_seen:desc", "--limit", 1).must(OK).stdout
    assert shown.splitlines()[0] == "profile_id,session_id,lines,last_seen,tap"
    assert re.fullmatch(r"p\d,s\d\d,1,\d{13},", shown.splitlines()[1])
    assert "tap" in gristmill("show", output).must(OK).stdout
    gristmill("show", output, "--sort", "mean_swipe_score").must_fail(USAGE, "they have", "last_seen")


# ---- pipes and terminals

def test_a_reader_that_goes_away(gristmill, tmp_path):
    rows = [{"profile_id": f"p{number:07}", "session_id": "s", "number_of_collections": 1} for number in range(100_000)]
    output = published_with(tmp_path, rows)
    for form in ("csv", "json", "table"):
        done = subprocess.run(["bash", "-o", "pipefail", "-c", f'"$0" show "$1" --limit 0 --format {form} | head -n 1',
                               BUILD / "gristmill", output], capture_output=True, env=environment(), timeout=60)
        assert done.returncode == 0 and done.stderr == b"" and done.stdout.count(b"\n") == 1


def test_a_run_that_publishes_meanwhile_is_noticed(gristmill, tmp_path):
    lines = [collection(f"p{number:05}", "s", "c") for number in range(5000)]
    path = write_lines(tmp_path / "c.jsonl", lines)
    gristmill.run(path, (), "out", "--quiet").must(OK)
    with gristmill.start("show", "out", "--format", "json", bufsize=0) as process:  # it fills the pipe and waits
        assert json.loads(process.stdout.readline())["profile_id"] == "p00000"
        gristmill.run(path, (), "out", "--quiet").must(OK)
        outcome = gristmill.finish(process)
    assert len(outcome.must(OK).stdout.splitlines()) == 5000 - 1
    assert "another run published meanwhile" in outcome.stderr


def test_a_place_that_cannot_be_written(gristmill, output):
    with open("/dev/full", "wb") as full:
        for words in (["show", output], ["completion", "bash"]):
            gristmill(*words, stdout=full).must_fail(OUTPUT, "standard output", "No space left")


def test_colours(gristmill, output):
    words = ["show", output, "checks"]
    assert "\x1b[" in on_terminal(gristmill, *words)
    for variables in ({"NO_COLOR": "1"}, {"TERM": "dumb"}, {"GRISTMILL_COLOR": "never"}):
        assert "\x1b" not in on_terminal(gristmill, *words, variables=variables)
    assert "\x1b[" in on_terminal(gristmill, *words, variables={"NO_COLOR": ""})
    assert "\x1b" not in on_terminal(gristmill, *words, "--color", "never")
    assert "\x1b" not in gristmill(*words).must(OK).stdout
    assert "\x1b[" in gristmill(*words, "--color", "always", variables={"NO_COLOR": "1"}).must(OK).stdout


def test_colours_of_a_run(gristmill, small):
    assert "\x1b" not in gristmill.run(*small, "out").must(OK).stdout
    assert "\x1b[" in gristmill.run(*small, "out", "--color", "always").must(OK).stdout


def test_show_changes_nothing(gristmill, output):
    before = {path: path.stat().st_mtime_ns for path in output.parent.rglob("*")}
    for view in ("sessions", "quarantine", "checks"):
        gristmill("show", output, view).must(OK)
    assert {path: path.stat().st_mtime_ns for path in output.parent.rglob("*")} == before
