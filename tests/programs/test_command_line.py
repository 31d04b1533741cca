"""The command as its user meets it: help, mistakes, messages, progress."""

import json
import re

import pytest
from command import CHECKS, INPUT, NO_INPUT, OK, USAGE
from lines import collection, write_lines
from outputs import contents, differences, nothing_left_over
from terminal import seen_on_terminal

COMMANDS = ["init", "run", "validate", "explain", "generate", "show", "ddl", "verify", "publish", "recover", "completion"]


# ---- help

def test_version(gristmill):
    outcome = gristmill("--version").must(OK)
    assert re.fullmatch(r"gristmill \d+\.\d+\.\d+\n", outcome.stdout)
    assert outcome.stderr == ""


def test_help_of_a_command_as_other_tools_have_it(gristmill):
    assert gristmill("help", "run").must(OK).stdout == gristmill("run", "--help").must(OK).stdout
    assert gristmill("help").must(OK).stdout == gristmill("--help").must(OK).stdout


def test_empty_value_behind_an_equals_sign(gristmill):
    """As a variable that is not set leaves it in a script: the next flag is none."""
    gristmill("run", "--collections=", "--output", "out").must_fail(USAGE, "--collections", "empty value")


def test_inputs_without_their_flag(gristmill):
    gristmill("run", "a.jsonl", "--output", "out").must_fail(USAGE, "'a.jsonl'", "name inputs with --collections and --predictions")


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_names_the_commands_and_exit_codes(gristmill, flag):
    text = gristmill(flag).must(OK).stdout
    for word in [*COMMANDS, "Exit codes", "130 interrupted", "gristmill run --collections"]:
        assert word in text


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_has_examples(gristmill, command):
    outcome = gristmill(command, "--help").must(OK)
    examples = outcome.stdout.split("Examples:\n")[1]
    assert f"gristmill {command} " in examples
    assert "Exit codes" in outcome.stdout and outcome.stderr == ""


@pytest.mark.parametrize("command", ["run", "validate", "explain", "generate", "init", "show", "ddl"])
def test_flags_of_the_examples_exist(gristmill, command):
    text = gristmill(command, "--help").stdout
    flags, examples = text.split("Examples:\n")
    for flag in re.findall(r"--[a-z-]+", examples):
        assert re.search(rf"^ +(-\w, )?{flag}\b", flags, re.MULTILINE), flag


@pytest.mark.parametrize("command", [None, *COMMANDS])
@pytest.mark.parametrize("columns", [60, 80, 132])
def test_help_fits_the_terminal(gristmill, command, columns):
    words = [command, "--help"] if command else ["--help"]
    text = seen_on_terminal(gristmill, *words, stream="stdout", columns=columns)
    told, examples = text.split("\nExamples:\n" if command else "\nTry it:\n")
    # What is one word, or a flag with its value, is not cut.
    wide = [line for line in told.splitlines() if len(line) > columns and len(line.split()) > 2]
    assert wide == []
    usage = f"Usage: gristmill {command} [OPTIONS]" if command else "Usage: gristmill COMMAND"
    assert usage in text and "REQUIRED" not in text and "{true}" not in text
    if columns == 80:
        assert gristmill(*words).must(OK).stdout == text
        assert gristmill(*words, variables={"COLUMNS": "60"}).must(OK).stdout != text or command == "completion"


def test_usage_names_the_words(gristmill):
    assert "Usage: gristmill show [OPTIONS] OUT [VIEW]\n" in gristmill("show", "--help").must(OK).stdout
    assert "Usage: gristmill verify [OPTIONS] OUT\n" in gristmill("verify", "--help").must(OK).stdout


# ---- mistakes

MISTAKES = {
    "--version extra": ["--version", "'extra'"],
    "run --collections x -o out --threads 0": ["--threads", "'0'", "auto"],
    "run --collections x -o out --memory 0": ["--memory", "'0'", "auto"],
    "explain --recipe .": ["--recipe", "'.'", "folder"],
    "runn": ["'runn'", "'run'"],
    "rnu": ["'rnu'", "'run'"],
    "--versoin": ["'--versoin'", "'--version'"],
    "init --froce": ["'--froce'", "'--force'"],
    "publish out --fsnyc": ["'--fsnyc'", "'--fsync'"],
    "run --collections x -o out --color alway": ["--color", "'alway'", "'always'"],
    "run --collections x -o out --checks-range-severity fial": ["'fial'", "'fail'"],
    "validate --collections x --log-format jsno": ["'jsno'", "'json'"],
    "verfy out": ["'verfy'", "'verify'"],
    "dance": ["'dance'", "--help"],
    "": ["no command", "--help"],
    "run --colections x -o out": ["'--colections'", "'--collections'"],
    "run --collections=x --ouput=out": ["'--ouput'", "'--output'"],
    "validate --thread 3": ["'--thread'", "'--threads'"],
    "verify --fast out": ["'--fast'", "verify"],
    "verify": ["OUT"],
    "verify a b": ["b"],
    "run": ["collections", "--collections", "GRISTMILL_COLLECTIONS"],
    "run --collections in/collections.jsonl": ["output", "--output", "GRISTMILL_OUTPUT"],
    "run --collections": ["--collections"],
    "run --collections x -o out --threads many": ["--threads", "'many'"],
    "run --collections x -o out --threads -1": ["--threads"],
    "run --collections x -o out --memory 3XB": ["--memory", "'3XB'"],
    "run --collections x -o out --memory 1": ["--memory"],
    "run --collections x -o out --sessions some": ["--sessions", "'some'", "all"],
    "run --collections x -o out --strict=maybe": ["--strict", "'maybe'"],
    "run --collections x -o out --limits-depth 5000": ["--limits-depth", "1024"],
    "run --collections x -o out --checks-range-severity fatal": ["--checks-range-severity", "'fatal'", "fail"],
    "run --collections x -o out --checks-range-fail-above 101%": ["--checks-range-fail-above", "100%"],
    "run --collections x -o out --checks-range-fail-above -1": ["--checks-range-fail-above"],
    "run --collections x -o out --quiet --verbose": ["quiet", "verbose"],
    "run --collections x -o a -o b": ["output"],
    "run --collections x -o out --recipe nowhere.yaml": ["--recipe", "'nowhere.yaml'"],
    "run --collections x -o out --env-file nowhere": ["--env-file", "'nowhere'"],
    "run --collections x -o out --carry score,score": ["--carry", "score"],
    "run stray --collections x -o out": ["stray"],
}


@pytest.mark.parametrize("words", MISTAKES)
def test_mistake_is_told_with_what_to_do(gristmill, small, tmp_path, words):
    before = sorted(tmp_path.rglob("*"))
    outcome = gristmill(*words.split()).must_fail(USAGE, *MISTAKES[words])
    assert outcome.stdout == ""
    assert len(outcome.stderr.splitlines()) == 2, "no advice"
    assert sorted(tmp_path.rglob("*")) == before


# ---- credentials

@pytest.mark.parametrize("words", [
    ["--collections", "s3://AKIAKEY:hush@bucket/x", "--output", "out"],
    ["--collections", "c.jsonl", "--output", "s3://AKIAKEY:hush@bucket/x"],
    ["--collections", "nowhere", "--output", "out"],
])
@pytest.mark.parametrize("command", ["run", "explain"])
def test_no_message_holds_a_credential(gristmill, tmp_path, command, words):
    (tmp_path / ".env").write_text("AWS_SECRET_ACCESS_KEY=hush\nAWS_SESSION_TOKEN=hush\nno assignment hush\nMY_PASSWORD='hush'\n")
    variables = {"AWS_SECRET_ACCESS_KEY": "hush", "AWS_SESSION_TOKEN": "hush"}
    outcome = gristmill(command, *words, "--verbose", variables=variables)
    assert outcome.code != OK
    assert "hush" not in outcome.stdout + outcome.stderr


def test_output_holds_no_credential(gristmill, small, tmp_path):
    (tmp_path / ".env").write_text("AWS_SECRET_ACCESS_KEY=hush\n")
    outcome = gristmill.run(*small, "out", "--verbose", variables={"AWS_SESSION_TOKEN": "hush"}).must(OK)
    assert "hush" not in outcome.stdout + outcome.stderr
    assert not any(b"hush" in path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())


# ---- what a run says

def test_tables_summary_and_place_on_stdout(gristmill, small, tmp_path):
    outcome = gristmill.run(*small, "out", "--tables").must(OK)
    for text in ("1. Missing or blank ids", "2. ", "3. Sessions missing on the other side", "4. ", "Summary", "collections",
                 f"published: {tmp_path}/out"):
        assert text in outcome.stdout
    assert outcome.stderr == ""
    assert "\x1b" not in outcome.stdout


def test_quiet_says_nothing_but_what_checks_found(gristmill, small):
    outcome = gristmill.run(*small, "out", "--quiet").must(OK)
    assert (outcome.stdout, outcome.stderr) == ("", "")
    outcome = gristmill.run(small[0], (), "out", "--quiet").must(OK)
    assert (outcome.stdout, outcome.stderr) == ("", "gristmill: check unmatched_sessions warned: collections 12, predictions 0\n")


def test_quiet_says_errors(gristmill, tmp_path):
    outcome = gristmill.run("nowhere", (), "out", "-q").must_fail(NO_INPUT, "nowhere")
    assert outcome.stdout == ""


def test_verbose_says_every_step(gristmill, small):
    usual, verbose = (gristmill.run(*small, "out", *words).must(OK).stderr for words in ([], ["--verbose"]))
    assert len(verbose.splitlines()) > len(usual.splitlines())


def test_json_log_parses(gristmill, small, tmp_path):
    bad = write_lines(tmp_path / "bad.jsonl", ["no JSON \"\\"])
    outcome = gristmill.run([small[0], bad], (), "out \"odd\"", "--log-format", "json", "--verbose", "--publish-anyway").must(OK)
    entries = [json.loads(line) for line in outcome.stderr.splitlines()]
    assert any(entry["level"] == "warning" and "rejected_lines" in entry["message"] for entry in entries)
    codes = [entry["event"] for entry in entries]
    assert codes[0] == "run_begun" and {"inputs_listed", "stage_ended", "check_warned", "published", "run_ended"} <= set(codes)
    (ended,) = [entry for entry in entries if entry["event"] == "run_ended"]
    assert (ended["collections_lines"], ended["collections_rejected"], ended["sessions"], ended["passed"]) == (13, 1, 12, False)
    run_id = json.loads((tmp_path / 'out "odd"/_manifest.json').read_text())["run_id"]
    for entry in entries:
        assert {"time", "level", "event", "message"} <= entry.keys() and entry["run_id"] == run_id
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d", entry["time"])


@pytest.mark.parametrize("words, code, what", [
    (["--output", "out", "--checks-unmatched-sessions-severity", "fail"], CHECKS, "unmatched_sessions"),
    (["--output", "in"], USAGE, "collections.jsonl"),
    (["--output", "out", "--predictions", "nowhere"], NO_INPUT, "nowhere"),
])
def test_json_log_holds_the_error(gristmill, small, words, code, what):
    outcome = gristmill("run", "--collections", small[0], *words, "--log-format", "json").must(code)
    entries = [json.loads(line) for line in outcome.stderr.splitlines()]
    errors = [entry["message"] for entry in entries if entry["level"] == "error"]
    checks = ["check unmatched_sessions failed: collections 12, predictions 0; the first: collections.jsonl:1, in no prediction, "
              "2 rows: session \"s00\""] if code == CHECKS else []
    assert errors[:-1] == checks
    assert what in errors[-1]


def test_json_log_tells_of_success(gristmill, small, tmp_path):
    outcome = gristmill.run(*small, "out", "--log-format", "json").must(OK)
    entries = [json.loads(line) for line in outcome.stderr.splitlines()]
    assert [entry["message"] for entry in entries if entry["message"].startswith("published")] == [f"published: {tmp_path}/out"]
    assert gristmill.run(*small, "out", "--log-format", "json", "--quiet").must(OK).stderr == ""


def test_log_file_is_appended_to(gristmill, small, tmp_path):
    for _ in range(2):
        outcome = gristmill.run(*small, "out", "--log-file", "run.log", "--log-format", "json").must(OK)
        assert outcome.stderr == ""
    entries = [json.loads(line) for line in (tmp_path / "run.log").read_text().splitlines()]
    assert len(entries) >= 2 and len(entries) % 2 == 0
    gristmill.run(*small, "out", "--log-file", "in").must_fail(USAGE, "'in'", "--log-file")


@pytest.mark.parametrize("place", ["in/collections.jsonl", "out/_manifest.json", "out/log", ".out.gristmill/log", "gristmill.yaml"])
def test_log_file_where_it_would_do_harm(gristmill, small, tmp_path, place):
    (tmp_path / "gristmill.yaml").write_text("sessions: all\n")
    gristmill.run(*small, "out").must(OK)
    path = tmp_path / place
    before = path.read_bytes() if path.exists() else None
    gristmill.run(*small, "out", "--log-file", place).must_fail(USAGE, f"'{place}'", "--log-file")
    assert (path.read_bytes() if path.exists() else None) == before
    gristmill("verify", "out").must(OK)


def test_log_file_in_another_output(gristmill, small, tmp_path):
    gristmill.run(*small, "other").must(OK)
    for place in ("other/log", "other/labels/log", "other/labels/new"):
        gristmill.run(*small, "out", "--log-file", place).must_fail(USAGE, f"'{place}'", f"'{tmp_path}/other'", "--log-file")
    gristmill("verify", "other").must(OK)


def test_spill_folder_is_tried_at_the_start(gristmill, small, tmp_path):
    (tmp_path / "file").touch()
    for place in ("nowhere", "file"):
        for words in (["run", "--output", "out"], ["validate"], ["inspect"], ["explain", "--output", "out"]):
            gristmill(words[0], "--collections", small[0], *words[1:], "--spill-directory", place).must_fail(4, f"'{place}'")
    assert not (tmp_path / "out").exists()
    gristmill.run(*small, "out", "--spill-directory", gristmill.spill).must(OK)


# ---- validate

@pytest.mark.parametrize("words, code", [
    ([], OK), (["--checks-unmatched-sessions-severity", "fail"], CHECKS), (["--threads", "x"], USAGE)])
def test_validate_has_the_exit_code_of_run_and_writes_nothing(gristmill, small, tmp_path, words, code):
    before = sorted(tmp_path.rglob("*"))
    outcome = gristmill("validate", "--collections", small[0], "--output", "out", *words).must(code)
    assert sorted(tmp_path.rglob("*")) == before
    if code != USAGE:
        assert "3. Sessions missing on the other side" in outcome.stdout
    if code == CHECKS:
        outcome.must_fail(CHECKS, "unmatched_sessions")
    assert gristmill.run(small[0], (), "out", *words).code == code


def test_validate_prints_its_report_as_json(gristmill, small, tmp_path):
    """For programs: one object on stdout, the same that a run writes but for its own run, whatever the exit code."""
    inputs = ["--collections", small[0], "--predictions", small[1]]
    gristmill("run", *inputs, "--output", "out", "--publish-anyway").must(OK)
    written = json.loads((tmp_path / "out/validation/report.json").read_bytes())
    for words, code in (([], OK), (["--quiet"], OK), (["--checks-missing-ids-severity", "fail", "--checks-unmatched-sessions-fail-above", "0"], None)):
        outcome = gristmill("validate", *inputs, "--format", "json", *words)
        outcome.must(code) if code is not None else None
        printed = json.loads(outcome.stdout)
        assert printed["checks"][4]["findings"] == written["checks"][4]["findings"]
        assert printed["accounting"]["totals"] == written["accounting"]["totals"] and printed["recipe"] == written["recipe"]
        assert printed["verdict"]["passed"] == (outcome.code == OK)
    assert json.loads(gristmill("validate", *inputs, "--format", "json").stdout)["distributions"]["sessions"] == \
        written["distributions"]["sessions"]


def test_validate_says_what_run_says(gristmill, small, tmp_path):
    extra = write_lines(tmp_path / "extra.jsonl", ["{", collection(None), collection(), collection()])

    def tables(*words):
        return gristmill(*words).stdout.split("Session aggregates")[0].split("Summary")[0]
    inputs = ["--collections", small[0], "--collections", extra, "--predictions", small[1]]
    assert tables("validate", *inputs) == tables("run", *inputs, "--output", "out", "--publish-anyway", "--tables")


def test_the_end_of_a_run_fits_one_screen(gristmill, small, tmp_path):
    extra = write_lines(tmp_path / "extra.jsonl", ["{", collection(None), collection(), collection()])
    inputs = ["--collections", small[0], "--collections", extra, "--predictions", small[1], "--output", "out"]
    outcome = gristmill("run", *inputs, "--publish-anyway", variables={"COLUMNS": "80"}).must(OK)
    lines = (outcome.stdout + outcome.stderr).splitlines()
    assert len(lines) <= 24 and all(len(line) <= 100 for line in outcome.stdout.splitlines()), outcome.stdout
    assert lines[0] == "Summary"
    look = outcome.stdout[outcome.stdout.index("  look at "):]
    for command in ("gristmill show out quarantine", "gristmill show out checks"):
        assert command in look
        gristmill(*command.split()[1:]).must(OK)
    assert "gristmill report out --open" in look


def test_thresholds(gristmill, tmp_path):
    """19 of 20 lines are good: 5% rejected passes, one more does not."""
    path = write_lines(tmp_path / "c.jsonl", [collection("p", f"s{n}") for n in range(19)] + ["{", "", " "])
    gristmill("validate", "--collections", path).must(OK)
    gristmill("validate", "--collections", path, "--checks-rejected-lines-fail-above", "4.9%").must(CHECKS)
    gristmill("validate", "--collections", path, "--checks-rejected-lines-fail-above", 0).must(CHECKS)
    gristmill("validate", "--collections", path, "--checks-rejected-lines-fail-above", 1).must(OK)
    gristmill("validate", "--collections", path, "--checks-rejected-lines-fail-above", 0,
              "--checks-rejected-lines-severity", "warn").must(OK)
    gristmill("validate", "--collections", path, "--checks-unmatched-sessions-fail-above", 18).must(CHECKS)
    gristmill("validate", "--collections", path, "--checks-unmatched-sessions-fail-above", 19).must(OK)


# ---- explain and recover

def test_explain_shows_files_and_plan_and_does_nothing(gristmill, small, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    outcome = gristmill("explain", "--collections", "in/c*", "--predictions", "in/p*", "--output", "place/out", "--threads", 5)
    outcome.must(OK)
    assert sorted(tmp_path.rglob("*")) == before
    for word in ("in/collections.jsonl", "in/predictions.jsonl", f"{tmp_path}/place/out", "exchange", "flag --threads",
                 "default"):
        assert word in outcome.stdout


def test_explain_refuses_what_run_would_refuse(gristmill, small, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("mine")
    gristmill("explain", "--collections", small[0], "--output", "mine").must_fail(4, "notes.txt")
    gristmill("explain", "--collections", "nowhere*", "--output", "out").must_fail(NO_INPUT, "nowhere*")


def test_recover_with_nothing_to_do(gristmill, small, tmp_path):
    gristmill.run(*small, "place/out").must(OK)
    before = contents(tmp_path / "place/out")
    assert "nothing to recover" in gristmill("recover", "place/out").must(OK).stdout
    assert differences(before, contents(tmp_path / "place/out")) == []
    gristmill("recover", "place/nowhere").must_fail(INPUT, "there is no output", "place/nowhere")
    nothing_left_over(tmp_path / "place/out")


# ---- progress

def slow_run(gristmill, small):
    """A run that rests for 600 ms in its midst."""
    return gristmill.run_words(*small, "out", "--threads", 1), {"FAULT": "pause:40:600"}


def test_progress_bar_on_a_terminal(gristmill, small, tmp_path):
    words, hooks = slow_run(gristmill, small)
    text = on_terminal(gristmill, words, hooks)
    assert "\r\x1b[K" in text, "no line was drawn over"
    assert re.search(r"(list|route|grind|settle|audit|publish)", text)
    assert text.rstrip("\n").endswith("\r\x1b[K"), "the bar was not wiped away"


def test_no_progress_bar_in_a_pipe_or_when_quiet(gristmill, small):
    words, hooks = slow_run(gristmill, small)
    assert "\x1b" not in gristmill(*words, hooks=hooks).must(OK).stderr
    assert "\x1b" not in on_terminal(gristmill, [*words, "--quiet"], hooks)
    assert "\x1b" not in seen_on_terminal(gristmill, *words, "--log-format", "json", stream="stderr", columns=80,
                                         hooks=hooks)


def test_bar_shows_how_far_the_run_is(gristmill, tmp_path):
    line = collection("p", "s", "c", entries=500)
    path = write_lines(tmp_path / "c.jsonl", [line] * 300)
    text = on_terminal(gristmill, gristmill.run_words(path, (), "out", "--threads", 1), {"BLOCK_SIZE": 7})
    assert re.search(r"\[#*\.*\] +\d+%, route, about \d+:\d\d left", text), text[-300:]
    shares = [int(share) for share in re.findall(r"(\d+)%", text)]
    assert len(set(shares)) > 2 and shares == sorted(shares), "it went backwards"


def on_terminal(gristmill, words, hooks, columns=80):
    """What a run writes to stderr where that is a terminal."""
    text = seen_on_terminal(gristmill, *words, stream="stderr", columns=columns, hooks=hooks)
    assert all(len(part) < columns for part in re.split(r"\r\x1b\[K|\n", text)), "wider than the terminal"
    return text
